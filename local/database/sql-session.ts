/**
 * A database session that runs plain SQL, for what sets a database up: migrations and roles. The callers know neither
 * PGlite nor `pg`.
 */
import pg from 'pg'
import type { TextValue } from './backend.ts'
import { textTypes } from './pg-backend.ts'

export type SqlSession = {
  /**
   * Runs one or more statements, without parameters.
   *
   * @returns the rows of the last statement
   */
  execute(sql: string): Promise<TextValue[][]>
}

/**
 * Opens a session at any Postgres and closes it after use.
 *
 * @param url `postgres://user:password@host:port/database`, with `?sslmode=` where the server asks for TLS
 */
export async function withSqlSession<T>(url: string, use: (session: SqlSession) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await use({
      async execute(sql) {
        const results = await client.query<TextValue[]>({ text: sql, rowMode: 'array', types: textTypes })
        return [results].flat().at(-1)?.rows ?? []
      },
    })
  } finally {
    await client.end()
  }
}

/** Text as a literal of SQL, whatever `standard_conforming_strings` says. */
export function quoteLiteral(text: string): string {
  return pg.escapeLiteral(text)
}
