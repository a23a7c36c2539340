/** Statements about deliveries: their log for the merchant; their lease and their record for the worker. */

import { and, desc, eq, type SQL, sql } from 'drizzle-orm'
import type { DeliveryOutcome, DeliveryStatus } from '../../domain/event.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { Db } from '../client.ts'
import { deliveries, events, webhookEndpoints } from '../schema/webhooks.ts'
import { afterCursor, jsonObject, type Page, rowsFor } from './page.ts'

/** The endpoint, removed or not. */
export function findEndpointOfLog(db: Db, id: string) {
  return db.select({ id: webhookEndpoints.id }).from(webhookEndpoints).where(eq(webhookEndpoints.id, id))
}

/** Each with all of its attempts. */
export function listDeliveries(db: Db, endpointId: string, status: DeliveryStatus | undefined, page: Page) {
  return db
    .select({ id: deliveries.id, object: jsonObject(sql`app.delivery_object(${deliveries})`) })
    .from(deliveries)
    .where(
      and(
        eq(deliveries.endpointId, endpointId),
        afterCursor(deliveries.id, page),
        status === undefined ? undefined : eq(deliveries.status, status),
      ),
    )
    .orderBy(desc(deliveries.id))
    .limit(rowsFor(page))
}

/**
 * Takes deliveries that are due, a batch at most; nobody else takes them while the lease lasts.
 * @param ids only these; undefined for whatever is due
 */
export function leaseDeliveries(db: Db, ids: readonly string[] | undefined) {
  const among = ids === undefined ? sql`true` : sql`due.id = any(${textArray(ids)})`
  const leased = db.$with('leased', {}).as(sql`
    update deliveries set leased_until = app.now() + make_interval(secs => ${LIMITS.deliveryLeaseSeconds})
    where id in (select due.id from deliveries due
                 where due.status = 'pending' and due.next_attempt_at <= app.now() and ${among}
                   and (due.leased_until is null or due.leased_until <= app.now())
                 order by due.next_attempt_at limit ${LIMITS.deliveriesPerBatch} for update skip locked)
    returning id`)
  return db
    .with(leased)
    .select({
      id: deliveries.id,
      endpointId: deliveries.endpointId,
      eventId: deliveries.eventId,
      attempts: deliveries.attempts,
      url: webhookEndpoints.url,
      sealedSecret: webhookEndpoints.sealedSecret,
      // To the byte what is signed and sent, at every attempt: an event never changes, and jsonb prints alike.
      body: sql<string>`app.event_object(${events})::text`,
    })
    .from(deliveries)
    .innerJoin(webhookEndpoints, eq(webhookEndpoints.id, deliveries.endpointId))
    .innerJoin(events, eq(events.id, deliveries.eventId))
    .where(sql`${deliveries.id} in (select id from leased)`)
}

/** An attempt that was made, and what becomes of its delivery. */
export interface AttemptRecord {
  deliveryId: string
  endpointId: string
  /** Counts from 1. */
  number: number
  attemptedAt: Date
  durationMs: number
  outcome: DeliveryOutcome
  responseStatus: number | null
  responseBody: string | null
  status: 'pending' | 'succeeded' | 'exhausted'
  /** Null unless the status is `pending`. */
  nextAttemptAt: Date | null
}

/**
 * Records a batch of attempts. An attempt whose number is taken comes from a worker that was so late that another one
 * did its work: it changes nothing.
 */
export function recordAttempts(db: Db, records: readonly AttemptRecord[]) {
  const made = sql`jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as made (
    "deliveryId" text, number integer, "attemptedAt" timestamptz, "durationMs" integer, outcome text,
    "responseStatus" integer, "responseBody" text, status text, "nextAttemptAt" timestamptz)`
  return [
    touchEndpoints(db, records),
    db.execute(sql`
      insert into delivery_attempts (delivery_id, merchant_id, mode, number, attempted_at, duration_ms, outcome,
                                     response_status, response_body)
      select d.id, d.merchant_id, d.mode, made.number, made."attemptedAt", made."durationMs", made.outcome,
             made."responseStatus", made."responseBody"
      from ${made} join deliveries d on d.id = made."deliveryId"
      on conflict do nothing`),
    // What was dropped while it was under way is not tried again; that it arrived all the same is told.
    db.execute(sql`
      update deliveries d set
        attempts = made.number,
        leased_until = null,
        status = case when d.status = 'dropped' and made.status <> 'succeeded' then 'dropped' else made.status end,
        next_attempt_at = case when d.status = 'pending' then made."nextAttemptAt" end,
        finished_at = case when d.status = 'dropped' or made.status <> 'pending' then app.now() end
      from ${made}
      where d.id = made."deliveryId" and d.attempts = made.number - 1 and d.status in ('pending', 'dropped')`),
  ] as const
}

/**
 * Says when each endpoint last took something. All endpoints of the batch are locked, in one order and before their
 * deliveries, as whoever removes an endpoint locks them: the two don't wait for each other.
 */
function touchEndpoints(db: Db, records: readonly AttemptRecord[]) {
  const all = textArray(records.map(({ endpointId }) => endpointId))
  const took = textArray(records.filter(({ status }) => status === 'succeeded').map(({ endpointId }) => endpointId))
  return db
    .update(webhookEndpoints)
    .set({
      lastDeliveredAt: sql`case when id = any(${took}) then app.now() else ${webhookEndpoints.lastDeliveredAt} end`,
    })
    .where(
      sql`${webhookEndpoints.id} in (
        select e.id from webhook_endpoints e where e.id = any(${all}) order by e.id for no key update)`,
    )
}

/** A list as one parameter: Postgres takes it whatever its length, and empty too. */
function textArray(texts: readonly string[]): SQL {
  return sql`array(select jsonb_array_elements_text(${JSON.stringify(texts)}::jsonb))`
}
