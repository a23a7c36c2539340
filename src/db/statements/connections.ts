/** Statements about connections as their merchant handles them. */

import { and, desc, eq, ne, type SQL, sql } from 'drizzle-orm'
import { LIMITS } from '../../domain/limits.ts'
import type { Db } from '../client.ts'
import { connections } from '../schema/payments.ts'
import { refuseWhere } from './claims.ts'
import { insertWhere } from './insert-where.ts'
import { afterCursor, jsonObject, type Page, rowsFor } from './page.ts'

export interface NewConnectionRow {
  id: string
  provider: string
  name: string
  priority: number
  credentialsMask: string
  sealedCredentials: string
}

/** Fields that are undefined stay as they are. */
export interface ConnectionChange {
  name?: string | undefined
  priority?: number | undefined
  status?: 'active' | 'disabled' | undefined
}

/** Credentials to take the place of those that were read. */
export interface NewCredentials {
  mask: string
  sealed: string
  /** The sealed text that they replace. */
  replaces: string
  /** Until when what they replace is still good to verify with. */
  previousValidUntil: Date
}

export type CheckResult = 'valid' | 'invalid' | 'unknown'

const object = jsonObject(sql`app.connection_object(${connections})`)

export function listConnections(db: Db, page: Page) {
  return db
    .select({ id: connections.id, object })
    .from(connections)
    .where(afterCursor(connections.id, page))
    .orderBy(desc(connections.id))
    .limit(rowsFor(page))
}

export function findConnection(db: Db, id: string) {
  return db.select({ object }).from(connections).where(eq(connections.id, id))
}

/** The provider and the sealed credentials. */
export function findSealed(db: Db, id: string) {
  return db
    .select({
      id: connections.id,
      provider: connections.provider,
      sealedCredentials: connections.sealedCredentials,
      sealedPrevious: connections.sealedPrevious,
      previousValidUntil: connections.previousValidUntil,
    })
    .from(connections)
    .where(eq(connections.id, id))
}

/** The connection's JSON as an expression, for an answer. */
export function connectionObject(id: string): SQL {
  return sql`(select app.connection_object(c) from connections c where c.id = ${id})`
}

/** The connection's JSON with what the provider said of its credentials. */
export function connectionWithCheck(id: string, result: CheckResult, message: string | null): SQL {
  return sql`${connectionObject(id)} || jsonb_build_object('check_result', ${result}::text, 'check_message', ${message}::text)`
}

/** Inserts where `first` holds, unless the merchant has as many as are allowed. */
export function insertConnection(db: Db, first: SQL, connection: NewConnectionRow) {
  const enough = sql`(select count(*) from connections) >= ${LIMITS.connectionsPerMode}`
  return [
    refuseWhere(db, sql`${first} and ${enough}`, 409, 'connections_too_many'),
    insertWhere(db, connections, { ...connection, merchantId: sql`app.merchant_id()`, mode: sql`app.mode()` }, first),
  ]
}

/** Refuses the batch where there is no such connection. Connections stay: a repeat finds what the first request found. */
export function refuseWithoutConnection(db: Db, id: string) {
  return refuseWhere(db, sql`not exists (select from connections c where c.id = ${id})`, 404, 'connection_not_found')
}

export function updateConnection(db: Db, id: string, change: ConnectionChange) {
  return db
    .update(connections)
    .set({ ...change, updatedAt: sql`app.now()` })
    .where(eq(connections.id, id))
}

/** Replaces the credentials, and keeps what they replace; refuses where others have taken their place meanwhile. */
export function replaceCredentials(db: Db, id: string, next: NewCredentials) {
  return [
    db
      .update(connections)
      .set({
        credentialsMask: next.mask,
        sealedCredentials: next.sealed,
        sealedPrevious: next.replaces,
        previousValidUntil: next.previousValidUntil,
        // What was found about the credentials before says nothing about these.
        checkedAt: null,
        checkResult: null,
        updatedAt: sql`app.now()`,
      })
      .where(and(eq(connections.id, id), eq(connections.sealedCredentials, next.replaces))),
    refuseWhere(
      db,
      sql`exists (select from connections c where c.id = ${id} and c.sealed_credentials <> ${next.sealed})`,
      503,
      'try_again',
    ),
  ]
}

export function disableConnection(db: Db, first: SQL, id: string) {
  return [
    refuseWithoutConnection(db, id),
    db
      .update(connections)
      .set({ status: 'disabled', updatedAt: sql`app.now()` })
      .where(and(first, eq(connections.id, id), ne(connections.status, 'disabled'))),
  ]
}

/** Notes what the provider said of these very credentials: of others that came meanwhile it said nothing. */
export function recordCheck(db: Db, first: SQL, id: string, sealedCredentials: string, result: CheckResult) {
  return db
    .update(connections)
    .set({ checkedAt: sql`app.now()`, checkResult: result })
    .where(and(first, eq(connections.id, id), eq(connections.sealedCredentials, sealedCredentials)))
}
