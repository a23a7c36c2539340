/**
 * A backend over PGlite: Postgres in this process, in memory or in a folder. It has one connection, opened as superuser,
 * so calls wait for one another, and each logs in by hand. That keeps honest code to its rights; it can't hold SQL that
 * resets the session's role, which on a real Postgres leads back to the same role.
 */
import { mkdir } from 'node:fs/promises'
import { PGlite } from '@electric-sql/pglite'
import { type Backend, perform, type Run } from './backend.ts'
import { createLogin } from './pglite-login.ts'
import { extendedQuery, readResult, send, simpleQuery } from './pglite-wire.ts'
import type { SqlSession } from './sql-session.ts'

/** Whom PGlite's own connection belongs to. */
const SUPERUSER = 'postgres'

export type PGliteBackend = Backend & {
  /** Gives a superuser's session, alone on the connection while in use: for migrations and roles. */
  asSuperuser<T>(use: (session: SqlSession) => Promise<T>): Promise<T>
}

/** @param dataFolder is made where missing; everything is in memory where unsaid */
export async function openPGliteBackend(dataFolder?: string): Promise<PGliteBackend> {
  if (dataFolder !== undefined) await mkdir(dataFolder, { recursive: true })
  const db = await PGlite.create(dataFolder ?? 'memory://', { username: SUPERUSER })
  const run: Run = async (statement) => readResult(await send(db, extendedQuery(statement)))
  const session: SqlSession = { execute: async (sql) => readResult(await send(db, simpleQuery(sql))).rows }
  const logIn = createLogin(run)

  /** Gives the connection to one caller, and takes it back as it was opened. */
  function exclusively<T>(use: () => Promise<T>): Promise<T> {
    return db.runExclusive(async () => {
      try {
        return await use()
      } finally {
        if (db.isInTransaction()) await session.execute('ROLLBACK')
        // In single-user mode `DISCARD ALL` has no session user to go back to.
        await session.execute(`SET SESSION AUTHORIZATION ${SUPERUSER}`)
        await session.execute('DISCARD ALL')
      }
    })
  }

  return {
    execute: (credentials, work) =>
      exclusively(async () => {
        await logIn(credentials)
        return perform(run, work)
      }),
    asSuperuser: (use) => exclusively(() => use(session)),
    close: () => db.close(),
  }
}
