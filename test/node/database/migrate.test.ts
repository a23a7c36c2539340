/** The migration runner over a real Postgres, with small migrations of the tests' own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MigrationFailed, MigrationHistoryDiffers, migrate } from '../../../local/database/migrate.ts'
import { type SqlSession, withSqlSession } from '../../../local/database/sql-session.ts'
import { superuserUrl } from '../../support/provided.ts'

const DATABASE = 'migrate_test'
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paybridge-migrations-'))
  await withSqlSession(superuserUrl('postgres'), (session) => session.execute(`CREATE DATABASE ${DATABASE}`))
})
afterEach(async () => {
  await withSqlSession(superuserUrl('postgres'), (session) => session.execute(`DROP DATABASE ${DATABASE} WITH (FORCE)`))
  await rm(folder, { recursive: true })
})

const write = (name: string, sql: string) => writeFile(join(folder, name), sql)
const inDatabase = <T>(use: (session: SqlSession) => Promise<T>) => withSqlSession(superuserUrl(DATABASE), use)
const run = () => inDatabase((session) => migrate(session, folder))
const select = (sql: string) => inDatabase((session) => session.execute(sql))

test('an empty folder applies nothing', async () => {
  expect(await run()).toEqual([])
})

test('files are applied in the order of their numbers, once', async () => {
  await write('0002_rows.sql', 'INSERT INTO words VALUES (1); INSERT INTO words VALUES (2)')
  await write('0001_words.sql', 'CREATE TABLE words (n int)')
  await write('README.md', 'Not a migration')
  expect(await run()).toEqual(['0001_words.sql', '0002_rows.sql'])
  await write('0003_more.sql', 'INSERT INTO words VALUES (3)')
  expect(await run()).toEqual(['0003_more.sql'])
  expect(await run()).toEqual([])
  expect(await select('SELECT n FROM words')).toEqual([['1'], ['2'], ['3']])
})

test('each file is recorded with its hash and its time', async () => {
  await write('0001_words.sql', 'CREATE TABLE words (n int)')
  await run()
  const recorded = await select(`
    SELECT name, sha256 = encode(sha256('CREATE TABLE words (n int)'), 'hex'), applied_at <= now()
    FROM public.schema_migrations`)
  expect(recorded).toEqual([['0001_words.sql', 't', 't']])
})

test('a file that fails leaves nothing of itself, and those before it stay', async () => {
  await write('0001_words.sql', 'CREATE TABLE words (n int)')
  await write('0002_rows.sql', 'INSERT INTO words VALUES (1); SELECT 1/0')
  await write('0003_more.sql', 'INSERT INTO words VALUES (3)')
  const error = await run().catch((thrown) => thrown)
  expect(error).toBeInstanceOf(MigrationFailed)
  expect(error).toMatchObject({ message: '0002_rows.sql: division by zero', cause: { code: '22012' } })
  expect(await select('SELECT n FROM words')).toEqual([])
  expect(await select('SELECT name FROM public.schema_migrations')).toEqual([['0001_words.sql']])
})

test('a file that is applied is recorded, or else not applied', async () => {
  const name = '0001_words.sql'
  await write(name, `CREATE TABLE words (n int); INSERT INTO public.schema_migrations VALUES ('${name}', 'taken')`)
  await expect(run()).rejects.toMatchObject({ cause: { constraint: 'schema_migrations_pkey' } })
  expect(await select(`SELECT to_regclass('words')`)).toEqual([[null]])
})

test.each([
  { past: 'was changed', change: () => write('0002_b.sql', 'SELECT 22'), named: /0002_b\.sql has changed/ },
  {
    past: 'was removed from the middle',
    change: () => rm(join(folder, '0001_a.sql')),
    named: /0001_a\.sql .* missing/,
  },
  {
    past: 'was removed from the end',
    change: async () => {
      await rm(join(folder, '0002_b.sql'))
      await rm(join(folder, '0003_c.sql'))
    },
    named: /0002_b\.sql .* missing/,
  },
  {
    past: 'was slipped in between',
    change: () => write('0001_z.sql', ''),
    named: /0001_z\.sql comes before 0002_b\.sql/,
  },
])('a file that $past is refused by name, and nothing is applied', async ({ change, named }) => {
  await write('0001_a.sql', 'SELECT 1')
  await write('0002_b.sql', 'SELECT 2')
  await run()
  await write('0003_c.sql', 'CREATE TABLE c ()')
  await change()
  const error = await run().catch((thrown) => thrown)
  expect(error).toBeInstanceOf(MigrationHistoryDiffers)
  expect(error).toMatchObject({ message: expect.stringMatching(named) })
  expect(await select(`SELECT to_regclass('c')`)).toEqual([[null]])
})

test('a file whose name has no number is refused rather than passed over', async () => {
  await write('words.sql', 'CREATE TABLE words (n int)')
  await expect(run()).rejects.toThrow('words.sql')
})

test('what a file sets does not reach the next', async () => {
  await write('0001_elsewhere.sql', 'CREATE SCHEMA elsewhere; SET search_path = elsewhere')
  await write('0002_words.sql', 'CREATE TABLE words (n int)')
  await run()
  expect(
    await select(`SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename = 'words'`),
  ).toHaveLength(1)
})

test('of two runners at once one applies and the other finds nothing to do', async () => {
  await write('0001_words.sql', 'SELECT pg_sleep(0.05); CREATE TABLE words (n int)')
  const applied = await Promise.all([run(), run()])
  expect(applied.flat()).toEqual(['0001_words.sql'])
})
