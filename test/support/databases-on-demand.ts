/**
 * A backend in which every database named `t_…` exists as soon as somebody logs in to it, as a copy of the migrated
 * template. A test file has a database of its own by naming one.
 */
import type { Backend } from '../../local/database/backend.ts'
import { asPostgresError } from '../../local/database/postgres-error.ts'

const DUPLICATE_DATABASE = '42P04'

/** Plain enough to stand in SQL unquoted; Postgres cuts names at 63 bytes. */
const testDatabase = /^t_[a-z0-9_]{1,61}$/

/**
 * @param backend of the Postgres in which the databases are made
 * @param copyTemplate makes a database of that name
 */
export function withDatabasesOnDemand(backend: Backend, copyTemplate: (name: string) => Promise<unknown>): Backend {
  const copies = new Map<string, Promise<void>>()

  function ensure(name: string): Promise<void> {
    const copy = copies.get(name) ?? copyOnce(name)
    copies.set(name, copy)
    return copy
  }

  async function copyOnce(name: string): Promise<void> {
    try {
      await copyTemplate(name)
    } catch (error) {
      if (asPostgresError(error)?.code === DUPLICATE_DATABASE) return
      copies.delete(name)
      throw error
    }
  }

  return {
    async execute(credentials, work) {
      if (testDatabase.test(credentials.database)) await ensure(credentials.database)
      return backend.execute(credentials, work)
    },
    close: () => backend.close(),
  }
}
