/**
 * The way to Postgres: a list of statements is one HTTP request and one transaction. What the database refuses comes
 * back as a value; anything else it says is a bug or an outage, thrown without the parameters, which may be secret.
 */

import { NeonDbError, neon, neonConfig } from '@neondatabase/serverless'
import type { BatchItem, BatchResponse } from 'drizzle-orm/batch'
import { drizzle, type NeonHttpDatabase } from 'drizzle-orm/neon-http'
import type { Problem } from '../domain/problem.ts'
import { toProblem } from './refusals.ts'

/** What statements are built with. */
export type Db = NeonHttpDatabase

export type Batch<T> = { ok: true; rows: T } | { ok: false; problem: Problem }

/** One role's door to the database. */
export interface Database {
  /** Builds statements; nothing runs until they are given to `run`. */
  readonly db: Db
  /**
   * Runs the statements in order in one transaction, over one round trip.
   * @param head lets the batch in: `enter` or `enterWorker`; undefined for the functions that are their own gate
   * @returns the rows of the statements, without the head's
   */
  run<T extends readonly [BatchItem<'pg'>, ...BatchItem<'pg'>[]]>(
    head: Head | undefined,
    statements: T,
  ): Promise<Batch<BatchResponse<T>>>
  /** As `run`, for as many statements as there are, of which only the last one's rows are wanted. */
  runFor<T extends BatchItem<'pg'>>(
    head: Head,
    statements: readonly BatchItem<'pg'>[],
    last: T,
  ): Promise<Batch<T['_']['result']>>
}

/** A statement that heads a batch. Its row tells for whom the batch acts. */
export type Head = BatchItem<'pg'> & { readonly _: { readonly result: { merchantId: string | null }[] } }

/** Who watches a database's door: for the log and the round trips. */
export interface Observer {
  roundTrip(): void
  entered(merchantId: string): void
}

/** The database failed in a way that no caller can cause. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  /** SQLSTATE, or undefined where the database was not reached. */
  readonly sqlState: string | undefined

  constructor(message: string, sqlState: string | undefined) {
    super(message)
    this.sqlState = sqlState
  }
}

/** By URL, as long as the isolate lives: they hold nothing of a request. */
const made = new Map<string, Db>()

/** Connects as the role that the URL names. */
export function connect(url: string, observer: Observer): Database {
  const db = made.get(url) ?? drizzle(neon(url))
  made.set(url, db)

  async function send(head: Head | undefined, statements: readonly BatchItem<'pg'>[]): Promise<Batch<unknown[]>> {
    const [first, ...others] = head === undefined ? statements : [head, ...statements]
    if (first === undefined) return { ok: true, rows: [] }
    observer.roundTrip()
    let rows: unknown[]
    try {
      rows = await db.batch([first, ...others])
    } catch (error) {
      const problem = error instanceof NeonDbError ? toProblem(error) : undefined
      if (problem !== undefined) return { ok: false, problem }
      throw describe(error)
    }
    if (head === undefined) return { ok: true, rows }
    const [[entered]] = rows as [Head['_']['result']]
    if (entered?.merchantId) observer.entered(entered.merchantId)
    return { ok: true, rows: rows.slice(1) }
  }

  // Drizzle maps each statement's rows by its own columns, in order; a list's type can't carry that through `send`.
  return {
    db,
    run: (head, statements) => send(head, statements) as Promise<Batch<never>>,
    async runFor(head, statements, last) {
      const batch = await send(head, [...statements, last])
      return batch.ok ? { ok: true, rows: batch.rows.at(-1) as never } : batch
    },
  }
}

/** The error without its parameters: Drizzle's own message holds them. */
function describe(error: unknown): DatabaseError {
  if (error instanceof NeonDbError) {
    const where = [error.constraint, error.table, error.routine].filter(Boolean).join(', ')
    return new DatabaseError(`${error.message}${where && ` (${where})`}`, error.code)
  }
  return new DatabaseError('the database was not reached', undefined)
}

/** The local platform answers Neon's protocol itself: the driver is told where. */
export function useLocalEndpoint(endpoint: string): void {
  neonConfig.fetchEndpoint = () => endpoint
}
