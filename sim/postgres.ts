/** A throwaway Postgres for runs, with a migrated database for each process that runs seeds. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../local/database/embedded-postgres.ts'
import { migrate } from '../local/database/migrate.ts'
import { setRolePasswords } from '../local/database/roles.ts'
import { withSqlSession } from '../local/database/sql-session.ts'

export const PASSWORDS = { paybridge_api: 'password-of-the-api', paybridge_worker: 'password-of-the-worker' }

const TEMPLATE = 'sim_template'
const MEMORY = '/dev/shm'

export interface SimPostgres {
  passwords: typeof PASSWORDS
  /** @returns the superuser's URL of a database of its own */
  newDatabase(name: string): Promise<string>
  stop(): Promise<void>
}

export async function startSimPostgres(): Promise<SimPostgres> {
  // In memory, where the machine has it: tables are made anew for each seed.
  const postgres = await startEmbeddedPostgres(existsSync(MEMORY) ? MEMORY : undefined)
  const admin = postgres.superuserUrl('postgres')
  // Statistics change plans, and plans the order of rows that nobody ordered.
  await withSqlSession(admin, async (session) => {
    await session.execute('alter system set autovacuum = off')
    await session.execute('select pg_reload_conf()')
    await session.execute(`create database ${TEMPLATE}`)
  })
  await withSqlSession(postgres.superuserUrl(TEMPLATE), async (session) => {
    await migrate(session, join(import.meta.dirname, '../migrations'))
    await setRolePasswords(session, PASSWORDS)
  })
  return {
    passwords: PASSWORDS,
    async newDatabase(name) {
      await withSqlSession(admin, (session) => session.execute(`create database ${name} template ${TEMPLATE}`))
      return postgres.superuserUrl(name)
    },
    stop: () => postgres.stop(),
  }
}
