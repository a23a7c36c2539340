/**
 * The actors of the SQL tests: a database of the file's own, sessions of its roles, and merchants who enter through the
 * gate. Nothing of the Worker's code is between a test and Postgres.
 */
import pg from 'pg'
import { MODES, type Mode } from '../../../src/domain/transaction.ts'
import { databaseUrl, superuserUrl } from '../../support/provided.ts'

/** The time at which everything happens unless a test says otherwise. */
export const NOW = '2026-11-24T09:00:00.000Z'

export type Row = Record<string, unknown>

let made = 0

/** An id that no other has; its time is meaningless. */
export function nextId(prefix: string): string {
  made += 1
  return `${prefix}_${String(made).padStart(26, '0')}`
}

/** A hash that no other has: 64 hexadecimal digits. */
export function nextHash(): string {
  made += 1
  return made.toString(16).padStart(64, '0')
}

/** One connection, logged in as one role. */
export class Session {
  /** What Postgres told beside the answers. */
  readonly notices: string[] = []
  readonly #client: pg.Client

  constructor(client: pg.Client) {
    this.#client = client
    client.on('notice', ({ message }) => this.notices.push(message ?? ''))
  }

  async rows(sql: string, params: unknown[] = []): Promise<Row[]> {
    return (await this.#client.query<Row>(sql, params)).rows
  }

  /** The first column of the first row. */
  async value(sql: string, params: unknown[] = []): Promise<unknown> {
    return Object.values((await this.rows(sql, params))[0] ?? {})[0]
  }

  /**
   * What becomes of a statement: the command and its count (`UPDATE 0`), or the SQLSTATE of the refusal with the name of
   * what refused (`23505 transactions_reference_unique`, `PB409 transaction_not_paid`). The transaction around it goes on.
   */
  async attempt(sql: string, params: unknown[] = []): Promise<string> {
    await this.rows('savepoint attempted')
    try {
      const { command, rowCount } = await this.#client.query(sql, params)
      return [command, rowCount].filter((part) => part !== null).join(' ')
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || error.code === undefined) throw error
      await this.rows('rollback to savepoint attempted')
      const name = error.code.startsWith('PB') ? error.message : error.constraint
      return [error.code, name].filter((part) => part !== undefined).join(' ')
    }
  }

  /** Runs the work in one transaction of which nothing stays. */
  async rehearse<T>(work: () => Promise<T>): Promise<T> {
    await this.rows('begin')
    try {
      return await work()
    } finally {
      await this.rows('rollback')
    }
  }

  /** Runs the work in one transaction, all of it or nothing. */
  async transact<T>(work: () => Promise<T>): Promise<T> {
    await this.rows('begin')
    try {
      const result = await work()
      await this.rows('commit')
      return result
    } catch (error) {
      await this.rows('rollback')
      throw error
    }
  }
}

export type Role = 'owner' | 'paybridge_api' | 'paybridge_worker'

export interface Database {
  /** The superuser who owns the schema: for arranging, and for looking at what is there. */
  readonly owner: Session
  connect(role: Role): Promise<Session>
  /** Lets all sessions go and drops the database. */
  close(): Promise<void>
}

/** Makes a copy of the migrated template. @param name starts with `t_`, and is no other file's */
export async function openDatabase(name: string): Promise<Database> {
  const clients: pg.Client[] = []
  const logIn = async (connectionString: string) => {
    const client = new pg.Client({ connectionString })
    await client.connect()
    return client
  }
  const administer = async (...statements: string[]) => {
    const client = await logIn(superuserUrl('postgres'))
    for (const statement of statements) await client.query(statement)
    await client.end()
  }
  const connect = async (role: Role) => {
    const client = await logIn(role === 'owner' ? superuserUrl(name) : databaseUrl(role, name))
    clients.push(client)
    return new Session(client)
  }

  await administer(`drop database if exists ${name}`, `create database ${name} template paybridge_template`)
  const owner = await connect('owner')
  await owner.rows(`select set_config('app.now', $1, false)`, [NOW])
  return {
    owner,
    connect,
    async close() {
      await Promise.all(clients.map((client) => client.end()))
      await administer(`drop database ${name} with (force)`)
    },
  }
}

export interface Merchant {
  readonly merchantId: string
  /** The owner of the company, signed in. */
  readonly userId: string
  readonly email: string
  readonly sessionId: string
  /** The keys by which the merchant enters, one in each mode, with every scope that an owner holds. */
  readonly keys: Readonly<Record<Mode, { id: string; hash: string }>>
}

/** Registers a merchant and signs its owner in, as the API does. */
export async function newMerchant(database: Database, name: string): Promise<Merchant> {
  const key = () => ({ id: nextId('key'), hash: nextHash() })
  const merchant: Merchant = {
    merchantId: nextId('mer'),
    userId: nextId('usr'),
    email: `${name}@merchant.test`,
    sessionId: nextId('ses'),
    keys: { test: key(), live: key() },
  }
  const { owner } = database
  await owner.rows('select app.register($1, $2, $3, null, null, null)', [
    NOW,
    { id: merchant.userId, email: merchant.email, password_hash: '$scrypt$of-nothing' },
    { id: merchant.merchantId, company_name: name, country: 'ET' },
  ])
  await owner.rows('select app.finish_sign_in($1, $2, $3, null, null, null, null)', [
    NOW,
    { id: merchant.sessionId, user_id: merchant.userId, merchant_id: merchant.merchantId, expires_at: '2026-12-24' },
    nextHash(),
  ])
  for (const mode of MODES) {
    await insert(owner, 'api_keys', {
      ...merchant.keys[mode],
      merchant_id: merchant.merchantId,
      mode,
      name: 'entrance',
      mask: 'pb_…0000',
      scopes: await owner.value(`select app.scopes_of('owner')`),
    })
  }
  return merchant
}

export interface Entry {
  mode?: Mode
  at?: string
  scope?: string
  action?: string | undefined
}

/** Heads the session's transaction with the merchant's API key. */
export async function enter(session: Session, merchant: Merchant, entry: Entry = {}): Promise<void> {
  const { mode = 'test', at = NOW } = entry
  await session.rows('select app.enter_with_key($1, $2, $3)', [at, merchant.keys[mode].hash, requestOf(entry)])
}

/** Heads the session's transaction with the sign-in of the merchant's owner. */
export async function enterSignedIn(session: Session, merchant: Merchant, entry: Entry = {}): Promise<void> {
  const { mode = 'test', at = NOW } = entry
  const { sessionId, userId, merchantId } = merchant
  const params = [at, sessionId, userId, merchantId, mode, requestOf(entry)]
  await session.rows('select app.enter_with_session($1, $2, $3, $4, $5, $6)', params)
}

/** What the gate is told of a request. */
export function requestOf({ scope = 'profile:read', action = 'thing.changed' }: Entry): Row {
  return { scope, action, ip_address: '203.0.113.7', user_agent: 'tests', request_id: nextId('req') }
}

/** Heads the session's transaction as the worker. */
export async function enterWorker(session: Session, at = NOW): Promise<void> {
  await session.rows('select app.enter_worker($1)', [at])
}

/** An `insert` of this row: the statement and its parameters. */
export function insertion(table: string, row: Row): [string, unknown[]] {
  const columns = Object.keys(row)
  const places = columns.map((_, index) => `$${index + 1}`)
  return [`insert into ${table} (${columns.join(', ')}) values (${places.join(', ')})`, Object.values(row)]
}

export async function insert(session: Session, table: string, row: Row): Promise<void> {
  await session.rows(...insertion(table, row))
}

/** The process behind the session, asked before it is busy. */
export const pidOf = (session: Session): Promise<unknown> => session.value('select pg_backend_pid()')

/** Resolves once the process, which does this work, waits for a lock that another one holds. */
export async function waitsForLock(owner: Session, pid: unknown, work: Promise<unknown>): Promise<void> {
  let over = false
  const note = () => {
    over = true
  }
  work.then(note, note)
  while (!over) {
    if ((await owner.value('select cardinality(pg_blocking_pids($1)) > 0', [pid])) === true) return
  }
  throw new Error('the other session did not wait')
}

/**
 * Two sessions that do the same work at the same moment: the second waits for the first, which commits, and is taken back.
 *
 * @returns what each work comes to, the first one's first
 */
export async function atTheSameMoment<T>(
  owner: Session,
  first: Session,
  second: Session,
  work: (session: Session) => Promise<T>,
): Promise<[T, T]> {
  const pid = await pidOf(second)
  return second.rehearse(async () => {
    const [early, late] = await first.transact(async () => {
      const done = await work(first)
      const waiting = work(second)
      await waitsForLock(owner, pid, waiting)
      // Wrapped, for it ends after the first one's commit.
      return [done, { waiting }] as const
    })
    return [early, await late.waiting]
  })
}
