/** A throwaway Postgres with the migrations, behind the bridge, as the benchmarks' Worker finds it. */
import { join } from 'node:path'
import pg from 'pg'
import { startBridge } from '../../local/database/bridge.ts'
import { startEmbeddedPostgres } from '../../local/database/embedded-postgres.ts'
import { migrate } from '../../local/database/migrate.ts'
import { openPgBackend } from '../../local/database/pg-backend.ts'
import { type RoleName, setRolePasswords } from '../../local/database/roles.ts'
import { withSqlSession } from '../../local/database/sql-session.ts'

const MIGRATIONS = join(import.meta.dirname, '../../migrations')
const PASSWORDS = { paybridge_api: 'bench', paybridge_worker: 'bench' } as const

export interface BenchDatabase extends AsyncDisposable {
  /** Where the Worker's driver sends its requests. */
  endpoint: string
  urlOf(role: RoleName): string
  /** Where Postgres itself listens. */
  host: string
  port: number
  /** As the superuser who owns the schema: for arranging, and for looking at what is there. */
  owner: pg.Client
}

/** @param latencyMs added to each round trip */
export async function startBenchDatabase(latencyMs = 0): Promise<BenchDatabase> {
  await using parts = new AsyncDisposableStack()
  const postgres = parts.adopt(await startEmbeddedPostgres(), (started) => started.stop())
  await withSqlSession(postgres.superuserUrl('postgres'), (session) => session.execute('CREATE DATABASE bench'))
  await withSqlSession(postgres.superuserUrl('bench'), async (session) => {
    await migrate(session, MIGRATIONS)
    await setRolePasswords(session, PASSWORDS)
  })
  const backend = parts.adopt(openPgBackend(postgres), (opened) => opened.close())
  const bridge = parts.adopt(await startBridge({ backend, port: 0, latencyMs }), (started) => started.close())
  const owner = parts.adopt(new pg.Client({ connectionString: postgres.superuserUrl('bench') }), (client) =>
    client.end(),
  )
  await owner.connect()
  const running = parts.move()
  return {
    endpoint: bridge.url,
    host: postgres.host,
    port: postgres.port,
    owner,
    urlOf: (role) => `postgres://${role}:${PASSWORDS[role]}@127.0.0.1/bench`,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
