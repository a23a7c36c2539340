/** Statements about what providers posted. All of them run as the worker. */

import { and, eq, sql } from 'drizzle-orm'
import { LIMITS } from '../../domain/limits.ts'
import type { Db } from '../client.ts'
import { attempts, connections } from '../schema/payments.ts'
import { providerEvents, providerWebhookRefusals } from '../schema/provider-events.ts'
import { refunds } from '../schema/refunds.ts'
import { insertWhere } from './insert-where.ts'
import { findRefundsWhere } from './refunds.ts'

const withSecrets = {
  id: connections.id,
  provider: connections.provider,
  sealedCredentials: connections.sealedCredentials,
  sealedPrevious: connections.sealedPrevious,
  previousValidUntil: connections.previousValidUntil,
}

/** The connection that a webhook's URL names. A disabled one still hears of payments that are under way. */
export function findConnection(db: Db, id: string, provider: string) {
  return db
    .select(withSecrets)
    .from(connections)
    .where(and(eq(connections.id, id), eq(connections.provider, provider)))
}

/** The connection through which the payment that the provider names so was started. */
export function findConnectionOfPayment(db: Db, named: NamedPayment, provider: string) {
  return db
    .select(withSecrets)
    .from(connections)
    .innerJoin(attempts, eq(attempts.connectionId, connections.id))
    .where(
      and(
        named.reference === undefined
          ? eq(attempts.providerTransactionId, named.providerTransactionId ?? '')
          : eq(attempts.reference, named.reference),
        eq(attempts.provider, provider),
      ),
    )
    .limit(1)
}

/** How a webhook names a payment: by our reference or, where it lacks that, by the provider's id. */
export interface NamedPayment {
  reference: string | undefined
  providerTransactionId: string | undefined
}

export interface NewProviderEvent {
  id: string
  dedupeKey: string
  type: string
  about: 'payment' | 'refund' | 'nothing'
  reference: string | undefined
  providerTransactionId: string | undefined
  rawBody: Uint8Array
}

/** Stores the event for its connection; the same again only counts as a repeat. */
export function storeProviderEvent(db: Db, connectionId: string, event: NewProviderEvent) {
  const { reference, providerTransactionId, ...rest } = event
  return insertWhere(
    db,
    providerEvents,
    {
      ...rest,
      reference: reference ?? null,
      providerTransactionId: providerTransactionId ?? null,
      connectionId,
      merchantId: sql`c.merchant_id`,
      mode: sql`c.mode`,
      provider: sql`c.provider`,
      nextAttemptAt: sql`app.now()`,
    },
    sql`c.id = ${connectionId}
        on conflict on constraint provider_events_once do update set repeats = provider_events.repeats + 1`,
    sql`connections c`,
  )
}

/** The stored event, the first one or this: what is to be applied. */
export function findProviderEvent(db: Db, connectionId: string, dedupeKey: string) {
  return db
    .select({ id: providerEvents.id, status: providerEvents.status })
    .from(providerEvents)
    .where(and(eq(providerEvents.connectionId, connectionId), eq(providerEvents.dedupeKey, dedupeKey)))
}

/** Takes an event to apply it; nothing where it is applied already or somebody else is at it. */
export function leaseProviderEvent(db: Db, id: string) {
  return db
    .update(providerEvents)
    .set({
      leasedUntil: sql`app.now() + make_interval(secs => ${LIMITS.leaseSeconds})`,
      attempts: sql`${providerEvents.attempts} + 1`,
    })
    .where(
      and(eq(providerEvents.id, id), sql`status = 'received' and (leased_until is null or leased_until <= app.now())`),
    )
    .returning({ attempts: providerEvents.attempts, about: providerEvents.about })
}

/** The refunds of the payment that the event is about. */
export function findRefundsOfEvent(db: Db, id: string) {
  return findRefundsWhere(
    db,
    sql`${refunds.transactionId} in (
      select a.transaction_id from provider_events e join attempts a
        on a.connection_id = e.connection_id
           and (a.reference = e.reference or a.provider_transaction_id = e.provider_transaction_id)
      where e.id = ${id} and e.about = 'refund')`,
  )
}

export type FinalStatus = 'applied' | 'ignored' | 'unmatched' | 'abandoned'

export function finishProviderEvent(db: Db, id: string, status: FinalStatus) {
  return db
    .update(providerEvents)
    .set({ status, nextAttemptAt: null, leasedUntil: null, finishedAt: sql`app.now()` })
    .where(and(eq(providerEvents.id, id), eq(providerEvents.status, 'received')))
}

export function retryProviderEvent(db: Db, id: string, at: Date) {
  return db
    .update(providerEvents)
    .set({ nextAttemptAt: at, leasedUntil: null })
    .where(and(eq(providerEvents.id, id), eq(providerEvents.status, 'received')))
}

/** What the nudge missed. */
export function listDueProviderEvents(db: Db) {
  return db
    .select({ id: providerEvents.id })
    .from(providerEvents)
    .where(sql`status = 'received' and next_attempt_at <= app.now()
               and (leased_until is null or leased_until <= app.now())`)
    .orderBy(providerEvents.nextAttemptAt)
    .limit(LIMITS.sweepRowsMax)
}

/** Counts a post that was refused. */
export function countRefusal(db: Db, provider: string, reason: string) {
  const table = providerWebhookRefusals
  return db
    .insert(table)
    .values({ day: sql`app.now()::date`, provider, reason })
    .onConflictDoUpdate({ target: [table.day, table.provider, table.reason], set: { count: sql`${table.count} + 1` } })
}

/** Removes what need not be kept, a bounded number of rows at a time. */
export function removeOutdated(db: Db, at: Date): ReturnType<typeof db.execute> {
  return db.execute(sql`select app.remove_outdated(${at.toISOString()}::timestamptz, ${LIMITS.retentionRowsMax})`)
}
