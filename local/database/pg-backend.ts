/**
 * A backend over any real Postgres, with a pool of connections for each role and database that has logged in. Postgres
 * itself checks the password and the rights.
 */
import pg from 'pg'
import { type Backend, type Credentials, perform, type Run, type TextValue } from './backend.ts'

/** Leaves room for several databases under the usual `max_connections`. */
const CONNECTIONS_PER_POOL_MAX = 40
const IDLE_TIMEOUT_MS = 2_000

/** Every type stays the text that Postgres sent. */
export const textTypes: pg.CustomTypesConfig = { getTypeParser: () => (value: string) => value }

/** A backend over the Postgres that listens at `host` and `port`. */
export function openPgBackend({ host, port }: { host: string; port: number }): Backend {
  const pools = new Map<string, pg.Pool>()

  function poolFor(credentials: Credentials): pg.Pool {
    // The password is part of the key: a pool that knows the right one must not serve a caller who doesn't.
    const key = JSON.stringify([credentials.user, credentials.password, credentials.database])
    const pool = pools.get(key) ?? newPool({ ...credentials, host, port })
    pools.set(key, pool)
    return pool
  }

  return {
    async execute(credentials, work) {
      const client = await poolFor(credentials).connect()
      try {
        return await perform(runOn(client), work)
      } finally {
        await giveBack(client)
      }
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.end()))
    },
  }
}

function newPool(options: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({
    ...options,
    max: CONNECTIONS_PER_POOL_MAX,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    allowExitOnIdle: true,
  })
  // A connection that Postgres ends is reported by its query, or dropped by the pool; the event, unheard, would end the
  // process.
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    client.on('error', () => {})
    endRefusedCopies(client)
  })
  return pool
}

/**
 * `pg` answers `COPY … FROM STDIN` with a refusal, and Postgres then waits for a Sync: it ignored the one that was sent
 * along with the statement. Without another the connection would hang for ever.
 */
function endRefusedCopies(client: object): void {
  const connection = 'connection' in client ? client.connection : undefined
  if (connection instanceof pg.Connection) connection.on('copyInResponse', () => connection.sync())
}

function runOn(client: pg.PoolClient): Run {
  return async ({ query, params }) => {
    // Without `extended` a statement without parameters could hold several, which Neon refuses.
    const config: pg.QueryArrayConfig<TextValue[]> & { queryMode: 'extended' } = {
      text: query,
      values: params,
      rowMode: 'array',
      types: textTypes,
      queryMode: 'extended',
    }
    const { command, rowCount, fields, rows } = await client.query<TextValue[], TextValue[]>(config)
    return { command: command ?? '', rowCount, fields, rows }
  }
}

/**
 * `DISCARD ALL` without its `DISCARD PLANS`. What functions have planned is nothing that a caller could see, and Neon's pool
 * keeps it from one request to the next: planning it again would cost more than most batches do.
 */
const DISCARD_ALL_BUT_PLANS = [
  'CLOSE ALL',
  'SET SESSION AUTHORIZATION DEFAULT',
  'RESET ALL',
  'DEALLOCATE ALL',
  'UNLISTEN *',
  'SELECT pg_advisory_unlock_all()',
  'DISCARD TEMP',
  'DISCARD SEQUENCES',
].join('; ')

/** Returns the connection to its pool as it was opened, or destroys it. */
async function giveBack(client: pg.PoolClient): Promise<void> {
  try {
    if (client.getTransactionStatus() !== 'I') await client.query('ROLLBACK')
    await client.query(DISCARD_ALL_BUT_PLANS)
    client.release()
  } catch {
    client.release(true)
  }
}
