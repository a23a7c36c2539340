/** Connections: a merchant's credentials at one provider, in one mode. Once they are in, nobody is shown them again. */

import { type Caller, enter } from '../../db/gate.ts'
import {
  type ConnectionChange,
  connectionObject,
  disableConnection,
  findConnection,
  findSealed,
  insertConnection,
  listConnections,
  refuseWithoutConnection,
  replaceCredentials,
  updateConnection,
} from '../../db/statements/connections.ts'
import type { Page } from '../../db/statements/page.ts'
import { type Id, newId } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import { LIMITS } from '../../domain/limits.ts'
import { done, type Outcome, refused } from '../../domain/problem.ts'
import type { Mode } from '../../domain/transaction.ts'
import type { Credentials, Provider } from '../../providers/contract.ts'
import { isProviderName, PROVIDERS, type ProviderName } from '../../providers/registry.ts'
import { type Answer, type Requester, runClaimed } from '../claimed.ts'
import type { Deps } from '../deps.ts'
import { type List, toList } from '../list.ts'
import { openCredentials, sealCredentials } from './credentials.ts'

/** Credentials as a merchant typed them in: which fields there are is the provider's to say. */
export type TypedCredentials = Readonly<Record<string, string>>

export interface ConnectionInput {
  provider: ProviderName
  name: string
  priority: number
  credentials: TypedCredentials
}

export async function listAll(deps: Deps, caller: Caller, page: Page): Promise<Outcome<List>> {
  const { db } = deps.api
  const gate = enter(db, deps.clock.now(), caller, { scope: 'connections:read' })
  const batch = await deps.api.run(gate, [listConnections(db, page)])
  return batch.ok ? done(toList(batch.rows[0], page)) : batch
}

export async function getConnection(deps: Deps, caller: Caller, id: string): Promise<Outcome<JsonObject>> {
  const { db } = deps.api
  const gate = enter(db, deps.clock.now(), caller, { scope: 'connections:read' })
  const batch = await deps.api.run(gate, [findConnection(db, id)])
  if (!batch.ok) return batch
  const [[row]] = batch.rows
  return row === undefined ? refused('connection_not_found') : done(row.object)
}

/** One round trip. Refuses `credentials_malformed`, `credentials_wrong_mode` and `connections_too_many`. */
export async function createConnection(
  deps: Deps,
  requester: Requester,
  input: ConnectionInput,
): Promise<Outcome<Answer>> {
  const { provider, name, priority } = input
  const read = readCredentials(PROVIDERS[provider], requester.credential.mode, input.credentials)
  if (!read.ok) return read
  const { credentials, mask } = read.value
  const id = newId('con', deps.clock.now().getTime(), deps.random)
  const sealed = await sealCredentials(deps, id, credentials)
  const row = { id, provider, name, priority, credentialsMask: mask, sealedCredentials: sealed }
  return runClaimed(deps, requester, {
    permit: { scope: 'connections:write', action: 'connection.created' },
    resourceId: id,
    status: 201,
    statements: (db, first) => insertConnection(db, first, row),
    answer: connectionObject(id),
  })
}

export function disable(deps: Deps, requester: Requester, id: Id<'con'>): Promise<Outcome<Answer>> {
  return runClaimed(deps, requester, {
    permit: { scope: 'connections:write', action: 'connection.disabled' },
    resourceId: id,
    status: 200,
    statements: (db, first) => disableConnection(db, first, id),
    answer: connectionObject(id),
  })
}

/**
 * One round trip; two where credentials are changed, for it is the connection that knows whose they must be.
 * Refuses `connection_not_found` and what `createConnection` refuses of credentials.
 */
export async function changeConnection(
  deps: Deps,
  caller: Caller,
  id: Id<'con'>,
  change: ConnectionChange,
  typed: TypedCredentials | undefined,
): Promise<Outcome<JsonObject>> {
  const replacement = typed === undefined ? done([]) : await prepareReplacement(deps, caller, id, typed)
  if (!replacement.ok) return replacement
  const { db } = deps.api
  const changes = Object.values(change).some((value) => value !== undefined)
  const batch = await deps.api.runFor(
    enter(db, deps.clock.now(), caller, PERMIT),
    [refuseWithoutConnection(db, id), ...replacement.value, ...(changes ? [updateConnection(db, id, change)] : [])],
    findConnection(db, id),
  )
  if (!batch.ok) return batch
  const [row] = batch.rows
  return row === undefined ? refused('connection_not_found') : done(row.object)
}

const PERMIT = { scope: 'connections:write', action: 'connection.updated' } as const

/** The statements that replace a connection's credentials; none where it has these very ones, as in a repeat. */
async function prepareReplacement(deps: Deps, caller: Caller, id: Id<'con'>, typed: TypedCredentials) {
  const { db } = deps.api
  const now = deps.clock.now()
  const batch = await deps.api.run(enter(db, now, caller, PERMIT), [findSealed(db, id)])
  if (!batch.ok) return batch
  const [[row]] = batch.rows
  if (row === undefined) return refused('connection_not_found')
  if (!isProviderName(row.provider)) throw new Error(`connection ${id} is of no known provider`)
  const read = readCredentials(PROVIDERS[row.provider], caller.credential.mode, typed)
  if (!read.ok) return read
  const [current] = await openCredentials(deps, row)
  if (sameCredentials(current, read.value.credentials)) return done([])
  const sealed = await sealCredentials(deps, id, read.value.credentials)
  const previousValidUntil = new Date(now.getTime() + LIMITS.previousCredentialsSeconds * 1000)
  const next = { mask: read.value.mask, sealed, replaces: row.sealedCredentials, previousValidUntil }
  return done(replaceCredentials(db, id, next))
}

function readCredentials(
  provider: Provider,
  mode: Mode,
  typed: TypedCredentials,
): Outcome<{ credentials: Credentials; mask: string }> {
  const parsed = provider.parseCredentials(typed)
  if (!parsed.ok) {
    const { field, message } = parsed
    return refused('credentials_malformed', { errors: [{ field: `credentials.${field}`, message }] })
  }
  if (parsed.mode !== mode) {
    const message = `are of ${parsed.mode} mode, and this request acts in ${mode} mode`
    return refused('credentials_wrong_mode', { errors: [{ field: 'credentials', message }] })
  }
  return done(parsed)
}

function sameCredentials(a: Credentials, b: Credentials): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name])
}
