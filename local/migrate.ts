/** `npm run migrate`: brings the database that DATABASE_URL names up to date, as the role that owns it. */

import { join } from 'node:path'
import { migrate } from './database/migrate.ts'
import { withSqlSession } from './database/sql-session.ts'

const url = process.env.DATABASE_URL
if (url === undefined || url === '') {
  console.error('Set DATABASE_URL to the connection string of the database’s owner.')
  process.exit(2)
}
const applied = await withSqlSession(url, (session) => migrate(session, join(import.meta.dirname, '../migrations')))
for (const name of applied) console.log(`applied ${name}`)
console.log(applied.length === 0 ? 'up to date' : `${applied.length} applied`)
