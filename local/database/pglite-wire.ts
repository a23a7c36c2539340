/**
 * Postgres's own protocol with PGlite, so that parameters and values pass as text. PGlite's `query` would translate them
 * by type, and not every type.
 */
import { messages as backend, type PGlite, protocol } from '@electric-sql/pglite'
import type { Field, Statement, StatementResult, TextValue } from './backend.ts'

const { serialize } = protocol

type Reply = Awaited<ReturnType<PGlite['execProtocol']>>['messages']

/** One statement with its parameters; Postgres finds their types. */
export function extendedQuery({ query, params }: Statement): Uint8Array {
  return Buffer.concat([
    serialize.parse({ text: query }),
    serialize.bind({ values: params }),
    serialize.describe({ type: 'P' }),
    serialize.execute(),
    // `COPY … FROM STDIN` would wait for its data for ever; elsewhere Postgres ignores the message.
    serialize.copyFail('COPY from standard input is not possible here'),
    serialize.sync(),
  ])
}

/** One or more statements without parameters. */
export function simpleQuery(sql: string): Uint8Array {
  return serialize.query(sql)
}

/** @throws PGlite's DatabaseError, with Postgres's fields */
export async function send(db: PGlite, request: Uint8Array): Promise<Reply> {
  const { messages } = await db.execProtocol(request)
  return messages
}

/** The result of the last statement that the reply is about. */
export function readResult(reply: Reply): StatementResult {
  let result: StatementResult = { command: '', rowCount: null, fields: [], rows: [] }
  let fields: Field[] = []
  let rows: TextValue[][] = []
  for (const message of reply) {
    if (message instanceof backend.RowDescriptionMessage) fields = message.fields
    if (message instanceof backend.DataRowMessage) rows.push(message.fields)
    if (message instanceof backend.CommandCompleteMessage) {
      result = { ...readCommandTag(message.text), fields, rows }
      fields = []
      rows = []
    }
  }
  return result
}

/** `SELECT 2`, `INSERT 0 5`, `CREATE TABLE`: the command comes first, a count last. */
function readCommandTag(tag: string): Pick<StatementResult, 'command' | 'rowCount'> {
  return { command: tag.split(' ', 1).join(), rowCount: /\d$/.test(tag) ? Number(tag.split(' ').at(-1)) : null }
}
