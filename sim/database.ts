/**
 * The database of a run: a real Postgres, spoken to as the bridge does, over one connection for each role, all statements of
 * a batch at once. One batch runs at a time, for the scheduler lets only one go on. Between two seeds it is emptied.
 */

import pg from 'pg'
import type { Backend, Statement, StatementResult, TextValue, Work } from '../local/database/backend.ts'
import { printResults, readRequest } from '../local/database/neon-protocol.ts'
import { textTypes } from '../local/database/pg-backend.ts'
import { asPostgresError } from '../local/database/postgres-error.ts'

export type Row = Record<string, unknown>

export interface SimDatabase {
  /** For the driver's settings: `postgres://role:password@task/database`. */
  urlOf(role: 'paybridge_api' | 'paybridge_worker', task: string): string
  /** Answers a request of the driver's in Neon's place. */
  answer(init: RequestInit): Promise<Response>
  /** As the superuser, past all policies. */
  query(text: string, values?: unknown[]): Promise<Row[]>
  /** As freshly migrated. */
  empty(): Promise<void>
  close(): Promise<void>
}

/** @param superuserUrl of a migrated database that nobody else uses */
export async function openSimDatabase(
  superuserUrl: string,
  passwords: Readonly<Record<string, string>>,
): Promise<SimDatabase> {
  const { hostname, port, pathname } = new URL(superuserUrl)
  const database = pathname.slice(1)
  const owner = new pg.Client({ connectionString: superuserUrl })
  await owner.connect()
  const empty = await prepare(owner)
  let emptied = 0
  const sessions = new Map<string, Promise<Session>>()
  const sessionOf = (user: string): Promise<Session> => {
    const opened =
      sessions.get(user) ??
      openSession({ user, password: passwords[user], database, host: hostname, port: Number(port) })
    sessions.set(user, opened)
    return opened
  }
  const backend: Pick<Backend, 'execute'> = {
    execute: async ({ user }, work) => (await sessionOf(user)).execute(work),
  }
  return {
    urlOf: (role, task) => `postgres://${role}:${passwords[role]}@${task}/${database}`,
    async answer({ headers, body }) {
      const lower = Object.fromEntries(
        Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
      )
      try {
        const request = readRequest(lower, String(body))
        return jsonAnswer(200, printResults(request, await backend.execute(request.credentials, request.work)))
      } catch (error) {
        const refusal = asPostgresError(error)
        if (refusal === undefined) throw error
        return jsonAnswer(400, refusal)
      }
    },
    query: async (text, values = []) => (await owner.query<Row>({ text, values })).rows,
    async empty() {
      emptied += 1
      await owner.query(emptied % TRUNCATE_EVERY === 0 ? empty.byTruncating : empty.byDeleting)
    },
    async close() {
      for (const session of sessions.values()) await (await session).close()
      await owner.end()
    },
  }
}

/** Deleting is faster, for new files cost every plan; but what is deleted lies about until they come. */
const TRUNCATE_EVERY = 25

/** Makes what is drawn in SQL repeatable, and returns the statements that empty the tables. */
async function prepare(owner: pg.Client): Promise<{ byDeleting: string; byTruncating: string }> {
  await owner.query('set session_replication_role = replica; set client_min_messages = warning')
  await owner.query('create sequence if not exists app.drawn; grant usage on sequence app.drawn to public')
  const { rows } = await owner.query<{ text: string }>(`
    select replace(pg_get_functiondef(p.oid), 'gen_random_uuid()::text', 'md5(nextval(''app.drawn'')::text)') as text
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'app' and p.proname = 'new_id'`)
  for (const { text } of rows) await owner.query(text)
  const tables = await owner.query<{ name: string }>(`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname = 'public' and tablename <> 'schema_migrations' order by 1`)
  const names = tables.rows.map(({ name }) => name)
  const restart = "select setval('app.drawn', 1)"
  return {
    byDeleting: [...names.map((name) => `delete from ${name}`), restart].join('; '),
    byTruncating: `truncate ${names.join(', ')}; ${restart}`,
  }
}

/** As much of a response as the driver reads; the value is handed over as it is. */
function jsonAnswer(status: number, value: object): Response {
  const answer = new Response(null, { status })
  return Object.assign(answer, { json: async () => value })
}

/** What `pg` doesn't declare of its clients. */
function connectionOf(client: object): pg.Connection {
  const connection = 'connection' in client ? client.connection : undefined
  if (!(connection instanceof pg.Connection)) throw new TypeError('pg has changed')
  return connection
}

const ordered = new Map<string, boolean>()

/** Whether the statement itself, and not only a part of it in parentheses, says in which order its rows come. */
function isOrdered(query: string): boolean {
  const known = ordered.get(query)
  if (known !== undefined) return known
  let outermost = query
  for (let before = ''; before !== outermost; ) {
    before = outermost
    outermost = outermost.replaceAll(/\([^()]*\)/g, '')
  }
  const found = /order by/i.test(outermost)
  ordered.set(query, found)
  return found
}

/** Where nobody asked for an order, Postgres takes one from where the rows lie: here it is the same in every run. */
function inSomeOrder(rows: TextValue[][]): TextValue[][] {
  if (rows.length < 2) return rows
  return rows
    .map((row) => ({ row, text: JSON.stringify(row) }))
    .sort((one, other) => (one.text < other.text ? -1 : 1))
    .map(({ row }) => row)
}

interface Session {
  execute(work: Work): Promise<StatementResult[]>
  close(): Promise<void>
}

async function openSession(options: pg.ClientConfig): Promise<Session> {
  const client = new pg.Client({
    ...options,
    pipeline: true,
    options: '-c plan_cache_mode=force_generic_plan -c jit=off',
  } as pg.ClientConfig)
  await client.connect()
  const { stream } = connectionOf(client)
  const names = new Map<string, string>()
  let named = 0
  const run = async ({ query, params }: Statement): Promise<StatementResult> => {
    const name = names.get(query) ?? `s${named++}`
    names.set(query, name)
    const result = await client.query<TextValue[], TextValue[]>({
      name,
      text: query,
      values: params,
      rowMode: 'array',
      types: textTypes,
    })
    const rows = isOrdered(query) ? result.rows : inSomeOrder(result.rows)
    return { command: result.command ?? '', rowCount: result.rowCount, fields: result.fields, rows }
  }
  return {
    async execute(work) {
      if (work.kind === 'statement') return [await run(work.statement)]
      const fresh = work.statements.filter(({ query }) => !names.has(query))
      // All of them are one write.
      stream.cork()
      const begun = client.query('begin')
      const results = work.statements.map(run)
      const ended = client.query('commit')
      stream.uncork()
      const settled = await Promise.allSettled([begun, ...results, ended])
      const failed = settled.find((result) => result.status === 'rejected')
      if (failed === undefined) return Promise.all(results)
      // Behind a statement that failed none was prepared.
      for (const { query } of fresh) names.delete(query)
      throw failed.reason
    },
    close: () => client.end(),
  }
}
