/**
 * What stands behind the bridge: something that logs a role in and performs its statements. Every value travels as
 * Postgres's own text, because that is what Neon's protocol carries; nothing here knows HTTP or a type's meaning.
 */

/** A value as Postgres prints and reads it; `null` is SQL's NULL. */
export type TextValue = string | null

export type Statement = { query: string; params: TextValue[] }

/** A column as Postgres describes it (RowDescription, protocol 3.0 "Message Formats"). */
export type Field = {
  name: string
  tableID: number
  columnID: number
  dataTypeID: number
  dataTypeSize: number
  dataTypeModifier: number
}

export type StatementResult = {
  /** The first word of the command tag, `SELECT` or `CREATE`; empty for an empty statement. */
  command: string
  /** Rows returned or changed; null for a command that doesn't count. */
  rowCount: number | null
  fields: Field[]
  rows: TextValue[][]
}

export type Credentials = { user: string; password: string; database: string }

export type Isolation = 'READ UNCOMMITTED' | 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE'

/** One statement in its own implicit transaction, or several in one explicit transaction. */
export type Work =
  | { kind: 'statement'; statement: Statement }
  | {
      kind: 'transaction'
      statements: Statement[]
      /** The server's default where undefined. */
      isolation: Isolation | undefined
      readOnly: boolean
      deferrable: boolean
    }

export type Backend = {
  /**
   * Logs in and performs the work, all of it or nothing. Whatever the statements leave in their connection (settings, a
   * role, an open transaction) is gone before another call can see it.
   *
   * @returns one result per statement, in order
   * @throws an error with Postgres's fields (`postgres-error.ts`) when Postgres, or the login, refuses
   */
  execute(credentials: Credentials, work: Work): Promise<StatementResult[]>
  close(): Promise<void>
}

/** Runs one statement on a connection that is already logged in. */
export type Run = (statement: Statement) => Promise<StatementResult>

/** Performs the work over one connection; after an error the caller must roll back what is open. */
export async function perform(run: Run, work: Work): Promise<StatementResult[]> {
  if (work.kind === 'statement') return [await run(work.statement)]
  const results: StatementResult[] = []
  await run({ query: begin(work), params: [] })
  for (const statement of work.statements) results.push(await run(statement))
  await run({ query: 'COMMIT', params: [] })
  return results
}

function begin({ isolation, readOnly, deferrable }: Extract<Work, { kind: 'transaction' }>): string {
  return [
    'BEGIN',
    isolation === undefined ? '' : `ISOLATION LEVEL ${isolation}`,
    readOnly ? 'READ ONLY' : '',
    deferrable ? 'DEFERRABLE' : '',
  ].join(' ')
}
