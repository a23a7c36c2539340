/**
 * What a real Postgres does when a client connects, in its order and with its codes, for PGlite, which asks nobody who
 * they are. Afterwards the session is the role's own: `session_user`, row-level security and privileges apply to it.
 */
import { z } from 'zod'
import type { Credentials, Run } from './backend.ts'
import { LoginRefused } from './postgres-error.ts'
import { matchesScramVerifier } from './scram.ts'

/** The only database that PGlite has. */
export const PGLITE_DATABASE = 'postgres'

const ROLE = `
  SELECT rolpassword, rolcanlogin, coalesce(rolvaliduntil < now(), false),
    has_database_privilege(oid, current_database(), 'CONNECT')
  FROM pg_authid WHERE rolname = $1`

/** What `ALTER ROLE … SET` says, for any database first so that what is said for this one wins. */
const SETTINGS = `
  SELECT set_config(split_part(entry, '=', 1), substr(entry, strpos(entry, '=') + 1), false)
  FROM (
    SELECT unnest(setconfig) AS entry FROM pg_db_role_setting
    WHERE setrole = (SELECT oid FROM pg_roles WHERE rolname = $1)
      AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    ORDER BY setdatabase
  ) AS settings`

const BECOME = `SELECT set_config('session_authorization', $1, false)`

const flag = z.enum(['t', 'f']).transform((value) => value === 't')

const roleRow = z.tuple([z.string().nullable(), flag, flag, flag])

/**
 * @param run of a superuser's connection that nobody else uses meanwhile; `DISCARD ALL` makes it the superuser's again
 * @returns a function that turns the connection into the role's, or throws LoginRefused
 */
export function createLogin(run: Run): (credentials: Credentials) => Promise<void> {
  // Deriving a SCRAM key takes milliseconds, and every request logs in.
  const proven = new Set<string>()

  async function matches(password: string, verifier: string | null): Promise<boolean> {
    if (verifier === null) return false
    const pair = JSON.stringify([verifier, password])
    if (proven.has(pair)) return true
    const matching = await matchesScramVerifier(password, verifier)
    if (matching) proven.add(pair)
    return matching
  }

  return async ({ user, password, database }) => {
    const { rows } = await run({ query: ROLE, params: [user] })
    const [verifier, mayLogIn, expired, mayConnect] = rows[0] === undefined ? [null] : roleRow.parse(rows[0])
    if (expired || !(await matches(password, verifier))) {
      throw new LoginRefused('28P01', `password authentication failed for user "${user}"`)
    }
    if (!mayLogIn) throw new LoginRefused('28000', `role "${user}" is not permitted to log in`)
    if (database !== PGLITE_DATABASE) throw new LoginRefused('3D000', `database "${database}" does not exist`)
    if (!mayConnect) throw new LoginRefused('42501', `permission denied for database "${database}"`)
    await run({ query: SETTINGS, params: [user] })
    await run({ query: BECOME, params: [user] })
  }
}
