/** What only many connections show: requests side by side, and connections that Postgres ends. */
import { afterAll, expect, inject, test } from 'vitest'
import { openPgBackend } from '../../../local/database/pg-backend.ts'
import { withSqlSession } from '../../../local/database/sql-session.ts'
import { superuserUrl } from '../../support/provided.ts'

const backend = openPgBackend({ host: '127.0.0.1', port: inject('postgresPort') })
afterAll(() => backend.close())

const { username: user, password } = new URL(superuserUrl('postgres'))

async function query(text: string) {
  const statement = { query: text, params: [] }
  const [result] = await backend.execute({ user, password, database: 'postgres' }, { kind: 'statement', statement })
  return result?.rows
}

test('a request does not wait for another to end', async () => {
  await query('CREATE TABLE rendezvous (arrived bool)')
  const waiting = query(`DO $$
    BEGIN
      SET LOCAL statement_timeout = '10s';
      WHILE NOT EXISTS (SELECT FROM rendezvous) LOOP PERFORM pg_sleep(0.001); END LOOP;
    END $$`)
  await query('INSERT INTO rendezvous VALUES (true)')
  await waiting
  expect(await query('SELECT count(*) FROM rendezvous')).toEqual([['1']])
})

test('a connection that Postgres ends fails its own request and no other', async () => {
  await expect(query('SELECT pg_terminate_backend(pg_backend_pid())')).rejects.toThrow(/terminat/i)
  expect(await query('SELECT 1')).toEqual([['1']])
})

test('a connection that ends between requests is replaced', async () => {
  const pid = await query('SELECT pg_backend_pid()')
  await withSqlSession(superuserUrl('postgres'), (session) =>
    session.execute(`SELECT pg_terminate_backend(${pid?.[0]?.[0]}, 5000)`),
  )
  await expect.poll(() => query('SELECT 1').catch(() => 'refused')).toEqual([['1']])
})
