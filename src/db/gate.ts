/** The statement that heads each batch: who asks, for which merchant and mode, or the refusal of the whole batch. */

import { sql } from 'drizzle-orm'
import type { Id } from '../domain/ids.ts'
import type { Scope } from '../domain/scopes.ts'
import type { Mode } from '../domain/transaction.ts'
import type { Db } from './client.ts'

/** Who asks, as far as the request alone can tell: parsed, and a token's signature checked, but not looked up. */
export type Credential =
  | { kind: 'api_key'; hash: string; mode: Mode }
  | { kind: 'session'; sessionId: Id<'ses'>; userId: Id<'usr'>; merchantId: Id<'mer'>; mode: Mode }

/** The credential and what the audit log keeps of the request. */
export interface Caller {
  credential: Credential
  ipAddress: string | undefined
  userAgent: string | undefined
  requestId: Id<'req'>
}

/** What the route asks for. Every change names its action, for the audit log; the database refuses it otherwise. */
export interface Permit {
  scope: Scope
  /** Such as `api_key.created`; undefined for reads. */
  action?: string
}

/** Lets the caller in, or refuses the batch: 401, or 403 where the scope is missing. */
export function enter(db: Db, at: Date, caller: Caller, permit: Permit) {
  const { credential } = caller
  const time = at.toISOString()
  const request = JSON.stringify({
    scope: permit.scope,
    action: permit.action,
    ip_address: caller.ipAddress,
    user_agent: caller.userAgent?.slice(0, 500),
    request_id: caller.requestId,
  })
  const gate =
    credential.kind === 'api_key'
      ? sql`app.enter_with_key(${time}::timestamptz, ${credential.hash}, ${request}::jsonb)`
      : sql`app.enter_with_session(${time}::timestamptz, ${credential.sessionId}, ${credential.userId},
              ${credential.merchantId}, ${credential.mode}, ${request}::jsonb)`
  return db.select({ merchantId: sql`merchant_id`.mapWith(String) }).from(gate)
}

/** The head of a batch that runs as the worker: for the system, at this time. */
export function enterWorker(db: Db, at: Date) {
  return db.select({ merchantId: sql<null>`null` }).from(sql`app.enter_worker(${at.toISOString()}::timestamptz)`)
}
