/** Plain SQL at either kind of database. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPGliteBackend, type PGliteBackend } from '../../../local/database/pglite-backend.ts'
import { quoteLiteral, type SqlSession, withSqlSession } from '../../../local/database/sql-session.ts'
import { superuserUrl } from '../../support/provided.ts'

let pglite: PGliteBackend
beforeAll(async () => {
  pglite = await openPGliteBackend()
})
afterAll(() => pglite.close())

describe.each([
  {
    name: 'Postgres',
    use: <T>(run: (session: SqlSession) => Promise<T>) => withSqlSession(superuserUrl('postgres'), run),
  },
  { name: 'PGlite', use: <T>(run: (session: SqlSession) => Promise<T>) => pglite.asSuperuser(run) },
])('a session at $name', ({ use }) => {
  test.each([
    { sql: `SELECT 1, 't'::bool, NULL`, rows: [['1', 't', null]] },
    { sql: 'SELECT 1; SELECT 2 UNION ALL SELECT 3', rows: [['2'], ['3']] },
    { sql: 'SELECT 1; SET lock_timeout = 1', rows: [] },
    { sql: '', rows: [] },
  ])('"$sql" gives the rows of its last statement, as text', async ({ sql, rows }) => {
    expect(await use((session) => session.execute(sql))).toEqual(rows)
  })

  test('a quoted literal is read as the text that it was', async () => {
    const text = `it's a \\ "quote"; --`
    expect(await use((session) => session.execute(`SELECT ${quoteLiteral(text)}`))).toEqual([[text]])
  })
})
