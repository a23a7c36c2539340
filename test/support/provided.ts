/**
 * What the global setup gives to every test, in Node and in workerd alike: where the database is and who may log in.
 */
import { inject } from 'vitest'
import type { RoleName } from '../../local/database/roles.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The bridge to Postgres: `http://127.0.0.1:<port>/sql`. */
    bridgePort: number
    /** Postgres itself, on the loopback address; only tests in Node can reach it. */
    postgresPort: number
    /** The superuser's connection string for the database `postgres`. */
    superuserUrl: string
    /** Where a test file hands over its secrets (`secrets-at-rest.ts`). */
    secretsUrl: string
    /** FUZZ_SEED of the environment, or always the same. */
    fuzzSeed: number
  }
}

export const rolePasswords: Readonly<Record<RoleName, string>> = {
  paybridge_api: 'password-of-the-api',
  paybridge_worker: 'password-of-the-worker',
}

/**
 * A role's connection string for the bridge, and equally for Postgres itself.
 *
 * @param database named `t_…` comes into being, as a copy of the migrated template, when the bridge first sees it
 */
export function databaseUrl(role: RoleName, database: string): string {
  return `postgres://${role}:${rolePasswords[role]}@127.0.0.1:${inject('postgresPort')}/${database}`
}

/** The endpoint of the bridge, for the driver's `fetchEndpoint`. */
export function bridgeEndpoint(): string {
  return `http://127.0.0.1:${inject('bridgePort')}/sql`
}

/** The superuser's connection string for a database of Postgres itself. */
export function superuserUrl(database: string): string {
  const url = new URL(inject('superuserUrl'))
  url.pathname = database
  return url.href
}
