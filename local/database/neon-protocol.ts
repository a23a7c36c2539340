/**
 * Neon's SQL-over-HTTP protocol as `@neondatabase/serverless` 1.2 speaks it (its `neon()` and `processQueryResult`):
 * what a request asks for, and how results and errors are written. Pure; the server is `bridge.ts`.
 */
import { z } from 'zod'
import type { Credentials, Field, Isolation, Statement, StatementResult, Work } from './backend.ts'

/** A request's headers by lower-case name, as `node:http` gives them. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>

export type NeonRequest = { credentials: Credentials; work: Work; rowAsArray: boolean }

/** A request that no driver would send; the message says what is wrong with it. */
export class MalformedRequest extends Error {}

/** A NUL ends a string in Postgres's protocol, so what follows it would be read as something else. */
const withoutNul = z.string().refine((text) => !text.includes('\0'), 'must not contain NUL')

/** The driver sends text and null; numbers and booleans print as Postgres reads them. */
const param = z.union([z.string(), z.null(), z.number().transform(String), z.boolean().transform(String)])

const statement = z.strictObject({ query: withoutNul, params: z.array(param).default([]) })

const body = z.union([statement, z.strictObject({ queries: z.array(statement) })])

const isolations: Readonly<Record<string, Isolation>> = {
  ReadUncommitted: 'READ UNCOMMITTED',
  ReadCommitted: 'READ COMMITTED',
  RepeatableRead: 'REPEATABLE READ',
  Serializable: 'SERIALIZABLE',
}

/**
 * @param headers of a `POST /sql`
 * @param text its body
 * @throws MalformedRequest
 */
export function readRequest(headers: Headers, text: string): NeonRequest {
  if (headers['neon-raw-text-output'] !== 'true') {
    throw new MalformedRequest('Neon-Raw-Text-Output must be true: values are answered as text only')
  }
  return {
    credentials: readConnectionString(headers['neon-connection-string']),
    work: readWork(headers, text),
    rowAsArray: headers['neon-array-mode'] === 'true',
  }
}

/** @throws MalformedRequest whose message never repeats the string: it carries a password */
function readConnectionString(header: string | string[] | undefined): Credentials {
  const url = typeof header === 'string' ? URL.parse(header) : null
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    throw new MalformedRequest('Neon-Connection-String must be a postgres: URL')
  }
  const [user, password, database] = [url.username, url.password, url.pathname.slice(1)].map(decode)
  if (!user || !password || !database) {
    throw new MalformedRequest('Neon-Connection-String must have a user, a password and a database')
  }
  return { user, password, database }
}

function decode(part: string): string | undefined {
  try {
    return withoutNul.safeParse(decodeURIComponent(part)).data
  } catch {
    return undefined
  }
}

function readWork(headers: Headers, text: string): Work {
  const parsed = body.safeParse(parseJson(text))
  if (!parsed.success) throw new MalformedRequest(`Malformed body: ${z.prettifyError(parsed.error)}`)
  if (!('queries' in parsed.data)) return { kind: 'statement', statement: parsed.data }
  return transaction(headers, parsed.data.queries)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new MalformedRequest('Malformed body: not JSON')
  }
}

function transaction(headers: Headers, statements: Statement[]): Work {
  const level = headers['neon-batch-isolation-level']
  const isolation = typeof level === 'string' ? isolations[level] : undefined
  if (level !== undefined && isolation === undefined) {
    throw new MalformedRequest(`Neon-Batch-Isolation-Level must be one of ${Object.keys(isolations).join(', ')}`)
  }
  return {
    kind: 'transaction',
    statements,
    isolation,
    readOnly: headers['neon-batch-read-only'] === 'true',
    deferrable: headers['neon-batch-deferrable'] === 'true',
  }
}

/** The body of a 200. */
export function printResults({ work, rowAsArray }: NeonRequest, results: StatementResult[]): object {
  const printed = results.map((result) => printResult(result, rowAsArray))
  return work.kind === 'transaction' ? { results: printed } : { ...printed[0] }
}

function printResult({ command, rowCount, fields, rows }: StatementResult, rowAsArray: boolean): object {
  return {
    command,
    rowCount,
    fields: fields.map(printField),
    rows: rowAsArray ? rows : rows.map((row) => Object.fromEntries(fields.map(({ name }, i) => [name, row[i]]))),
    rowAsArray,
  }
}

function printField({ name, tableID, columnID, dataTypeID, dataTypeSize, dataTypeModifier }: Field): object {
  return { name, tableID, columnID, dataTypeID, dataTypeSize, dataTypeModifier, format: 'text' }
}
