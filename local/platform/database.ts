/** The local platform's Postgres: PGlite in a folder, brought up to the migrations, behind a server of Neon's protocol. */
import { join } from 'node:path'
import { startBridge } from '../database/bridge.ts'
import { MigrationHistoryDiffers, migrate } from '../database/migrate.ts'
import { openPGliteBackend } from '../database/pglite-backend.ts'
import { type RoleName, setRolePasswords } from '../database/roles.ts'
import { StartRefused } from './start-refused.ts'

const MIGRATIONS = join(import.meta.dirname, '../../migrations')

export interface DatabaseOptions {
  dataFolder: string
  port: number
  latencyMs: number
  passwords: Readonly<Record<RoleName, string>>
}

/**
 * Starts it; disposing of the answer ends it.
 *
 * @throws StartRefused where the folder's data is of other migrations
 */
export async function startDatabase({ dataFolder, port, latencyMs, passwords }: DatabaseOptions) {
  await using parts = new AsyncDisposableStack()
  const backend = parts.adopt(await openPGliteBackend(dataFolder), (opened) => opened.close())
  await backend.asSuperuser(async (session) => {
    await migrate(session, MIGRATIONS).catch((error) => {
      if (!(error instanceof MigrationHistoryDiffers)) throw error
      throw new StartRefused(`${error.message}. Start from an empty database: npm run dev -- --reset`)
    })
    await setRolePasswords(session, passwords)
  })
  parts.adopt(await startBridge({ backend, port, latencyMs }), (bridge) => bridge.close())
  return parts.move()
}
