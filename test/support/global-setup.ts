/**
 * Starts one Postgres and one bridge for the whole run, both projects included, and migrates a template of which each
 * test file gets a copy of its own.
 */
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startBridge } from '../../local/database/bridge.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../local/database/embedded-postgres.ts'
import { migrate } from '../../local/database/migrate.ts'
import { openPgBackend } from '../../local/database/pg-backend.ts'
import { setRolePasswords } from '../../local/database/roles.ts'
import { withSqlSession } from '../../local/database/sql-session.ts'
import { withDatabasesOnDemand } from './databases-on-demand.ts'
import { rolePasswords } from './provided.ts'
import { watchSecretsAtRest } from './secrets-at-rest.ts'

/** What chance begins with in the fuzz tests, unless the environment says another: a run is repeatable. */
const FUZZ_SEED = 20_261_124

const TEMPLATE = 'paybridge_template'

/** @returns what ends it all; should the run end without it, Postgres ends with the process */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startEmbeddedPostgres()
  try {
    await makeTemplate(postgres)
  } catch (error) {
    await postgres.stop()
    throw error
  }
  const superuserUrl = postgres.superuserUrl('postgres')
  const backend = withDatabasesOnDemand(openPgBackend(postgres), (name) =>
    withSqlSession(superuserUrl, (session) => session.execute(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`)),
  )
  const bridge = await startBridge({ backend, port: 0 })
  project.provide('bridgePort', bridge.port)
  project.provide('postgresPort', postgres.port)
  project.provide('superuserUrl', superuserUrl)
  const secrets = await watchSecretsAtRest(postgres, TEMPLATE)
  project.provide('secretsUrl', secrets.url)
  project.provide('fuzzSeed', Number(process.env.FUZZ_SEED ?? FUZZ_SEED))
  return async () => {
    await bridge.close()
    await backend.close()
    try {
      await secrets.search()
    } finally {
      await secrets.close()
      await postgres.stop()
    }
  }
}

async function makeTemplate(postgres: EmbeddedPostgres): Promise<void> {
  await withSqlSession(postgres.superuserUrl('postgres'), (session) => session.execute(`CREATE DATABASE ${TEMPLATE}`))
  await withSqlSession(postgres.superuserUrl(TEMPLATE), async (session) => {
    await migrate(session, join(import.meta.dirname, '../../migrations'))
    await setRolePasswords(session, rolePasswords)
  })
}
