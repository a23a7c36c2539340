/**
 * A throwaway Postgres of one's own on this machine, for what a single connection can't show: many connections, locks
 * and races. Nothing in it lasts: durability is off, and its data goes when it stops or when this process ends.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'

const HOST = '127.0.0.1'

export type EmbeddedPostgres = {
  host: string
  port: number
  /** The superuser's connection string for a database of this Postgres. */
  superuserUrl(database: string): string
  stop(): Promise<void>
}

/** What `embedded-postgres-process.ts` says when Postgres is ready. */
const readyLine = z.object({ port: z.number(), user: z.string(), password: z.string() })

/**
 * Starts it on a free port of the loopback address, in about a second.
 *
 * It runs under a process of its own, which ends it as soon as its standard input does: when `stop` closes that, or when
 * the operating system does because this process was interrupted or killed.
 *
 * @param folder where its own data folder is made, `tmpdir()` where unsaid. A process of root runs Postgres as the
 *   user `postgres`, which must be able to reach the folder, and creates that user where it is missing.
 */
export async function startEmbeddedPostgres(folder = tmpdir()): Promise<EmbeddedPostgres> {
  const script = join(import.meta.dirname, 'embedded-postgres-process.ts')
  // Detached: Ctrl-C reaches every process of the terminal's group, and this one must outlive it to clean up.
  const keeper = spawn(process.execPath, [script, folder], { stdio: 'pipe', detached: true })
  const closed = once(keeper, 'close')
  const errors: string[] = []
  keeper.stderr.setEncoding('utf8').on('data', (text) => errors.push(text))

  for await (const line of createInterface({ input: keeper.stdout })) {
    const { port, user, password } = readyLine.parse(JSON.parse(line))
    return {
      host: HOST,
      port,
      superuserUrl: (database) => `postgres://${user}:${password}@${HOST}:${port}/${database}`,
      async stop() {
        keeper.stdin.end()
        await closed
      },
    }
  }
  await closed
  throw new Error(`Postgres did not start: ${errors.join('')}`)
}
