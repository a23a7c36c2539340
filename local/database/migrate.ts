/**
 * Brings a database up to the numbered SQL files, forward only. What is in the database must be the beginning of what is
 * in the folder, byte for byte: a file that was changed, removed or slipped in between is refused by name.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { quoteLiteral, type SqlSession } from './sql-session.ts'

type Migration = { name: string; sha256: string; sql: string }

const appliedRows = z.array(z.tuple([z.string(), z.string()]))

/** `0001_roles.sql`: four digits, an underscore, a plain name. */
const migrationName = /^\d{4}_[a-z0-9_]+\.sql$/

/** Any number that nothing else in the project locks. */
const lockKey = 7_226_534

/** The folder and the database disagree about the past. The message names the file. */
export class MigrationHistoryDiffers extends Error {}

/** A file failed, and left nothing behind. The message names it; `cause` is Postgres's error. */
export class MigrationFailed extends Error {}

/**
 * Applies every file that the database lacks, each in a transaction of its own with its row in
 * `public.schema_migrations`. Two runners at once are safe: the second waits, and finds nothing left to do.
 *
 * @param session of the role that is to own the schema
 * @param folder with files named `NNNN_name.sql`; other kinds of file are ignored
 * @returns the names applied, in order
 * @throws MigrationHistoryDiffers, MigrationFailed
 */
export async function migrate(session: SqlSession, folder: string): Promise<string[]> {
  const migrations = await readMigrations(folder)
  await session.execute(`SELECT pg_advisory_lock(${lockKey})`)
  try {
    const pending = migrations.slice(await countApplied(session, migrations))
    for (const migration of pending) await apply(session, migration)
    return pending.map(({ name }) => name)
  } finally {
    await session.execute(`SELECT pg_advisory_unlock(${lockKey})`)
  }
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(
    names.map(async (name) => {
      if (!migrationName.test(name)) throw new Error(`${name} is not named NNNN_name.sql`)
      const sql = await readFile(join(folder, name), 'utf8')
      return { name, sha256: createHash('sha256').update(sql).digest('hex'), sql }
    }),
  )
}

/** How many of the migrations the database has, after seeing that they are the same ones. */
async function countApplied(session: SqlSession, migrations: Migration[]): Promise<number> {
  await session.execute(`
    CREATE TABLE IF NOT EXISTS public.schema_migrations (
      name text PRIMARY KEY,
      sha256 text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now()
    )`)
  const applied = appliedRows.parse(
    await session.execute('SELECT name, sha256 FROM public.schema_migrations ORDER BY name COLLATE "C"'),
  )
  for (const [index, [name, sha256]] of applied.entries()) {
    const file = migrations[index]
    if (file === undefined || file.name > name) {
      throw new MigrationHistoryDiffers(`${name} is applied but its file is missing`)
    }
    if (file.name < name) throw new MigrationHistoryDiffers(`${file.name} comes before ${name}, which is applied`)
    if (file.sha256 !== sha256) throw new MigrationHistoryDiffers(`${name} has changed since it was applied`)
  }
  return applied.length
}

async function apply(session: SqlSession, { name, sha256, sql }: Migration): Promise<void> {
  await session.execute('BEGIN')
  try {
    await session.execute(sql)
    await session.execute(
      `INSERT INTO public.schema_migrations (name, sha256) VALUES (${quoteLiteral(name)}, ${quoteLiteral(sha256)})`,
    )
    await session.execute('COMMIT')
  } catch (error) {
    await session.execute('ROLLBACK')
    throw new MigrationFailed(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
  // What a file sets must not reach the next one, which may run alone elsewhere.
  await session.execute('RESET ROLE; RESET ALL')
}
