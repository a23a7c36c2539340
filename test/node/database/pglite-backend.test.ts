/** What PGlite leaves to its backend: logins, turns on the one connection, and a folder to keep it all in. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrate } from '../../../local/database/migrate.ts'
import { openPGliteBackend, type PGliteBackend } from '../../../local/database/pglite-backend.ts'
import { setRolePasswords } from '../../../local/database/roles.ts'

const admin = (backend: PGliteBackend, sql: string) => backend.asSuperuser((session) => session.execute(sql))

async function query(backend: PGliteBackend, user: string, password: string, text: string) {
  const statement = { query: text, params: [] }
  const [result] = await backend.execute({ user, password, database: 'postgres' }, { kind: 'statement', statement })
  return result?.rows
}

describe('a login at PGlite', () => {
  let backend: PGliteBackend
  beforeAll(async () => {
    backend = await openPGliteBackend()
  })
  afterAll(() => backend.close())

  test('needs the password that the role has, not one that it had', async () => {
    await admin(backend, `CREATE ROLE carol LOGIN PASSWORD 'first'`)
    expect(await query(backend, 'carol', 'first', 'SELECT 1')).toEqual([['1']])
    await admin(backend, `ALTER ROLE carol PASSWORD 'second'`)
    expect(await query(backend, 'carol', 'second', 'SELECT 1')).toEqual([['1']])
    await expect(query(backend, 'carol', 'first', 'SELECT 1')).rejects.toMatchObject({ code: '28P01' })
  })

  test.each([
    { who: 'without a password', role: `LOGIN`, code: '28P01' },
    { who: 'whose password has expired', role: `LOGIN PASSWORD 'word' VALID UNTIL '2000-01-01'`, code: '28P01' },
    { who: 'that may not log in', role: `NOLOGIN PASSWORD 'word'`, code: '28000' },
  ])('is refused to a role $who', async ({ role, code }) => {
    await admin(backend, `DROP ROLE IF EXISTS dora; CREATE ROLE dora ${role}`)
    await expect(query(backend, 'dora', 'word', 'SELECT 1')).rejects.toMatchObject({ code })
  })

  test('is refused to the superuser, who has no password', async () => {
    await expect(query(backend, 'postgres', '', 'SELECT 1')).rejects.toMatchObject({ code: '28P01' })
  })

  test('is refused to a role that may not connect', async () => {
    await admin(backend, `CREATE ROLE ed LOGIN PASSWORD 'word'; REVOKE CONNECT ON DATABASE postgres FROM PUBLIC`)
    await expect(query(backend, 'ed', 'word', 'SELECT 1')).rejects.toMatchObject({ code: '42501' })
    await admin(backend, 'GRANT CONNECT ON DATABASE postgres TO PUBLIC')
  })

  test('brings the settings of the role, those for the database before the others', async () => {
    await admin(
      backend,
      `CREATE ROLE fay LOGIN PASSWORD 'word';
       ALTER ROLE fay IN DATABASE postgres SET search_path = here, "$user";
       ALTER ROLE fay SET search_path = elsewhere;
       ALTER ROLE fay SET lock_timeout = '7s'`,
    )
    const shown = await query(
      backend,
      'fay',
      'word',
      `SELECT current_setting('search_path'), current_setting('lock_timeout')`,
    )
    expect(shown).toEqual([['here, "$user"', '7s']])
  })

  test('lasts no longer than its request, even one that changed who it was', async () => {
    await admin(backend, `CREATE ROLE gus LOGIN PASSWORD 'word'`)
    await query(backend, 'gus', 'word', 'SET ROLE NONE')
    await expect(query(backend, 'gus', 'word', 'CREATE ROLE hal')).rejects.toMatchObject({ code: '42501' })
    expect(await admin(backend, 'SELECT current_user, session_user')).toEqual([['postgres', 'postgres']])
  })

  test('waits while the superuser has the connection', async () => {
    await admin(
      backend,
      `CREATE ROLE ida LOGIN PASSWORD 'word'; CREATE TABLE seen (n int); GRANT SELECT ON seen TO ida`,
    )
    // The first login takes long enough to let the superuser finish in any case.
    await query(backend, 'ida', 'word', 'SELECT 1')
    const held = backend.asSuperuser(async (session) => {
      await session.execute('BEGIN')
      for (const n of [1, 2, 3]) await session.execute(`INSERT INTO seen VALUES (${n})`)
      await session.execute('COMMIT')
    })
    const [, count] = await Promise.all([held, query(backend, 'ida', 'word', 'SELECT count(*) FROM seen')])
    expect(count).toEqual([['3']])
  })
})

test('a folder keeps the data, the roles and the migrations until it is opened again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'paybridge-pglite-'))
  const [migrations, data] = [join(folder, 'migrations'), join(folder, 'data', 'deep')]
  const passwords = { paybridge_api: 'word of the api', paybridge_worker: 'word of the worker' }
  try {
    await mkdir(migrations)
    await writeFile(
      join(migrations, '0001_names.sql'),
      `CREATE ROLE paybridge_api NOLOGIN; CREATE TABLE names AS SELECT 'kept' AS name; GRANT SELECT ON names TO paybridge_api`,
    )
    const first = await openPGliteBackend(data)
    expect(await first.asSuperuser((session) => migrate(session, migrations))).toEqual(['0001_names.sql'])
    expect(await first.asSuperuser((session) => setRolePasswords(session, passwords))).toEqual(['paybridge_api'])
    await first.close()

    const second = await openPGliteBackend(data)
    expect(await second.asSuperuser((session) => migrate(session, migrations))).toEqual([])
    expect(await query(second, 'paybridge_api', 'word of the api', 'SELECT name FROM names')).toEqual([['kept']])
    await second.close()
  } finally {
    await rm(folder, { recursive: true })
  }
})
