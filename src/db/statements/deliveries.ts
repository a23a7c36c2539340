/** Statements about deliveries: their log for the merchant; their lease and their record for the worker. */

import { and, desc, eq, type SQL, sql } from 'drizzle-orm'
import {
  DELIVERY_STATUSES,
  type DeliveryOutcome,
  type DeliveryStatus,
  EVENT_TYPES,
  type EventType,
} from '../../domain/event.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { Db } from '../client.ts'
import { deliveries, events, webhookEndpoints } from '../schema/webhooks.ts'
import { refuseWhere } from './claims.ts'
import { textArray } from './insert-where.ts'
import { afterCursor, asIs, jsonObject, madeWithin, newestOf, oneOrAll, type Page, rowsFor } from './page.ts'

/** The endpoint, removed or not. */
export function findEndpointOfLog(db: Db, id: string) {
  return db.select({ id: webhookEndpoints.id }).from(webhookEndpoints).where(eq(webhookEndpoints.id, id))
}

export interface DeliveryFilters {
  endpointId: string | undefined
  eventId: string | undefined
  type: EventType | undefined
  status: DeliveryStatus | undefined
  createdFrom: Date | undefined
  createdBefore: Date | undefined
}

/** Each with all of its attempts. */
export function listDeliveries(db: Db, filters: DeliveryFilters, page: Page) {
  const made = madeWithin(deliveries.id, 'del', filters.createdFrom, filters.createdBefore)
  return db
    .select({ id: deliveries.id, object: deliveryObject })
    .from(deliveries)
    .where(
      filters.eventId === undefined
        ? (newestOfLog(filters, page, made) ?? and(made, afterCursor(deliveries.id, page)))
        : // Of one event they are few.
          and(
            eq(deliveries.eventId, filters.eventId),
            filters.endpointId === undefined ? undefined : eq(deliveries.endpointId, filters.endpointId),
            asIs(deliveries.eventType, filters.type),
            asIs(deliveries.status, filters.status),
            made,
            afterCursor(deliveries.id, page),
          ),
    )
    .orderBy(desc(deliveries.id))
    .limit(rowsFor(page))
}

/** The newest of each endpoint and, where one of them is asked for, of each type and status; undefined for the whole log. */
function newestOfLog(filters: DeliveryFilters, page: Page, made: SQL | undefined): SQL | undefined {
  const { endpointId, type, status } = filters
  const endpoints = endpointId === undefined ? sql`webhook_endpoints endpoint` : oneOrAll('id', endpointId, [])
  const ofEndpoint = sql`${deliveries.endpointId} = ${endpointId === undefined ? sql`endpoint.id` : sql`id.id`}`
  if (type !== undefined || status !== undefined) {
    const branches = sql`${endpoints} cross join ${oneOrAll('type', type, EVENT_TYPES)}
                         cross join ${oneOrAll('status', status, DELIVERY_STATUSES)}`
    const ofBranch = sql`${deliveries.eventType} = type.type and ${deliveries.status} = status.status`
    return newestOf(deliveries.id, page, branches, and(ofEndpoint, ofBranch, made))
  }
  return endpointId === undefined ? undefined : newestOf(deliveries.id, page, endpoints, and(ofEndpoint, made))
}

const deliveryObject = jsonObject(sql`app.delivery_object(${deliveries})`)

export function findDelivery(db: Db, id: string) {
  return db.select({ object: deliveryObject }).from(deliveries).where(eq(deliveries.id, id))
}

/** In SQL: what is under way to the endpoint `e`, and whether it makes somebody wait. */
const busy = sql`(
  select count(*) as count,
         coalesce(min(l.leased_until) < app.now() + make_interval(
           secs => ${LIMITS.deliveryLeaseSeconds - LIMITS.endpointSlowSeconds}), false) as is_slow
  from deliveries l where l.endpoint_id = e.id and l.status = 'pending' and l.leased_until > app.now()) busy`

/** In SQL, for the delivery `d`: nothing that happened earlier to its transaction waits for the same endpoint. */
const isInTurn = sql`not exists (
  select from deliveries b join events be on be.id = b.event_id, events de
  where b.endpoint_id = d.endpoint_id and b.transaction_id = d.transaction_id and b.status = 'pending'
    and de.id = d.event_id and be.number < de.number)`

/**
 * Takes deliveries that are due, a batch at most; nobody else takes them while the lease lasts. Endpoints take turns, those
 * that fail come last and one at a time, and those that are slow or paused not at all: a dead one delays nobody.
 * @param ids only these; undefined for whatever is due
 */
export function leaseDeliveries(db: Db, ids: readonly string[] | undefined) {
  const among = ids === undefined ? sql`true` : sql`due.id = any(${textArray(ids)})`
  const isFree = sql`(d.leased_until is null or d.leased_until <= app.now())`
  const ripe = db.$with('ripe', {}).as(sql`
    select d.id, e.failures > 0 as failing, d.next_attempt_at,
           row_number() over (partition by d.endpoint_id order by d.next_attempt_at, d.id) as turn,
           case when busy.is_slow then 0 when e.failures > 0 then 1 - busy.count
                else least(${LIMITS.deliveriesPerEndpointTaken} - busy.count, case when e.rate_limit is not null then greatest(1, e.rate_limit / 12) end) end as turns
    from (select due.* from deliveries due
          where due.status = 'pending' and due.next_attempt_at <= app.now() and ${among}
            and (due.leased_until is null or due.leased_until <= app.now())
            and due.endpoint_id not in (
              select p.id from webhook_endpoints p
              where (p.paused_until is not null or p.next_send_at is not null)
                and greatest(p.paused_until, p.next_send_at) > app.now())
          order by due.next_attempt_at limit ${LIMITS.deliveriesLookedAt}) d
    join webhook_endpoints e on e.id = d.endpoint_id
    cross join lateral ${busy}
    where not e.ordered or d.transaction_id is null or ${isInTurn}`)
  const leased = db.$with('leased', {}).as(sql`
    update deliveries set leased_until = app.now() + make_interval(secs => ${LIMITS.deliveryLeaseSeconds})
    where id in (
      select d.id from deliveries d
      where d.status = 'pending' and ${isFree} and d.id in (
        select r.id from ripe r where r.turn <= r.turns
        order by r.failing, r.turn, r.next_attempt_at limit ${LIMITS.deliveriesPerBatch})
      for update skip locked)
    returning id, endpoint_id`)
  const paced = db.$with('paced', {}).as(sql`
    update webhook_endpoints e set next_send_at = app.now() + make_interval(secs => 60.0 * n.count / e.rate_limit)
    from (select l.endpoint_id, count(*) as count from leased l group by l.endpoint_id) n
    where e.id = n.endpoint_id and e.rate_limit is not null
    returning e.id`)
  return (
    db
      .with(ripe, leased, paced)
      .select({
        id: deliveries.id,
        endpointId: deliveries.endpointId,
        eventId: deliveries.eventId,
        attempts: deliveries.attempts,
        attemptsBefore: deliveries.attemptsBefore,
        url: webhookEndpoints.url,
        failures: webhookEndpoints.failures,
        headerNames: webhookEndpoints.headerNames,
        sealedHeaders: webhookEndpoints.sealedHeaders,
        sealedSecret: webhookEndpoints.sealedSecret,
        sealedPreviousSecret: webhookEndpoints.sealedPreviousSecret,
        previousSecretUntil: webhookEndpoints.previousSecretUntil,
        // To the byte what is signed and sent, at every attempt: an event never changes, and jsonb prints alike.
        body: sql<string>`app.event_object(${events})::text`,
      })
      .from(deliveries)
      .innerJoin(webhookEndpoints, eq(webhookEndpoints.id, deliveries.endpointId))
      .innerJoin(events, eq(events.id, deliveries.eventId))
      .where(sql`${deliveries.id} in (select id from leased)`)
      // Those that work come first; the last ones are waited for last.
      .orderBy(webhookEndpoints.failures, events.number)
  )
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
  requestUrl: string
  requestHeaders: Record<string, string>
  responseStatus: number | null
  responseBody: string | null
  status: 'pending' | 'succeeded' | 'exhausted'
  /** Null unless the status is `pending`. */
  nextAttemptAt: Date | null
}

/** What a batch learned of one endpoint. */
export interface EndpointRecord {
  endpointId: string
  accepted: number
  /** Attempts that it did not accept. */
  failed: number
  /** Of these, how many found nobody there who could answer. */
  unreached: number
  /** It answered that it is gone for good. */
  isGone: boolean
}

/**
 * Records a batch of attempts. An attempt whose number is taken comes from a worker that was so late that another one
 * did its work: it changes nothing.
 * @param givenBack taken and not tried: they are due again as soon as their endpoint is
 */
export function recordAttempts(
  db: Db,
  records: readonly AttemptRecord[],
  endpoints: readonly EndpointRecord[],
  givenBack: readonly string[],
) {
  const made = sql`jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as made (
    "deliveryId" text, number integer, "attemptedAt" timestamptz, "durationMs" integer, outcome text,
    "requestUrl" text, "requestHeaders" jsonb, "responseStatus" integer, "responseBody" text, status text,
    "nextAttemptAt" timestamptz)`
  return [
    recordEndpoints(db, endpoints),
    db.execute(sql`
      insert into delivery_attempts (delivery_id, merchant_id, mode, number, attempted_at, duration_ms, outcome,
                                     request_url, request_headers, response_status, response_body)
      select d.id, d.merchant_id, d.mode, made.number, made."attemptedAt", made."durationMs", made.outcome,
             made."requestUrl", made."requestHeaders", made."responseStatus", made."responseBody"
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
    db
      .update(deliveries)
      .set({ leasedUntil: null })
      .where(and(eq(deliveries.status, 'pending'), sql`${deliveries.id} = any(${textArray(givenBack)})`)),
  ] as const
}

/**
 * Says of each endpoint when it last took something, or how long it has not, and pauses one at whose place nobody is. All
 * endpoints of the batch are locked, in one order and before their deliveries, as whoever removes an endpoint locks them:
 * the two don't wait for each other.
 */
function recordEndpoints(db: Db, endpoints: readonly EndpointRecord[]) {
  const learned = sql`jsonb_to_recordset(${JSON.stringify(endpoints)}::jsonb) as learned (
    "endpointId" text, accepted integer, failed integer, unreached integer, "isGone" boolean)`
  const failures = sql`w.failures + learned.unreached`
  const pauseSeconds = sql`least(${LIMITS.endpointPauseSecondsMax}::integer,
    ${LIMITS.endpointPauseSeconds}::integer * power(2, least(${failures} - ${LIMITS.endpointFailures}, 20)))`
  return db.execute(sql`
    update webhook_endpoints w set
      last_delivered_at = case when learned.accepted > 0 then app.now() else w.last_delivered_at end,
      failing_since = case when learned.accepted > 0 then null else coalesce(w.failing_since, app.now()) end,
      failed_attempts = case when learned.accepted > 0 then 0 else w.failed_attempts + learned.failed end,
      warned_at = case when learned.accepted > 0 then null else w.warned_at end,
      failures = case when learned.accepted > 0 or learned.unreached = 0 then 0 else ${failures} end,
      paused_until = case when learned.accepted = 0 and learned.unreached > 0 and ${failures} >= ${LIMITS.endpointFailures}
                          then app.now() + make_interval(secs => ${pauseSeconds}) end,
      status = case when learned."isGone" then 'disabled' else w.status end,
      disabled_because = case when learned."isGone" and w.status = 'active' then 'gone' else w.disabled_because end
    from ${learned}, (
      select e.id from webhook_endpoints e
      where e.id = any(${textArray(endpoints.map(({ endpointId }) => endpointId))}) order by e.id for no key update) locked
    where w.id = locked.id and learned."endpointId" = w.id`)
}

/** What these endpoints could take next, and from when: to be nudged, for the sweep comes once a minute. */
export function findNextDue(db: Db, endpointIds: readonly string[]) {
  return db
    .select({
      id: deliveries.id,
      waitSeconds: sql<number>`greatest(0, ceil(extract(epoch from greatest(
        ${deliveries.nextAttemptAt}, ${webhookEndpoints.pausedUntil}, ${webhookEndpoints.nextSendAt}) - app.now())))::integer`,
    })
    .from(deliveries)
    .innerJoin(webhookEndpoints, eq(webhookEndpoints.id, deliveries.endpointId))
    .where(
      and(
        sql`${deliveries.endpointId} = any(${textArray(endpointIds)})`,
        eq(deliveries.status, 'pending'),
        sql`(${deliveries.leasedUntil} is null or ${deliveries.leasedUntil} <= app.now())`,
        sql`greatest(${deliveries.nextAttemptAt}, ${webhookEndpoints.pausedUntil}, ${webhookEndpoints.nextSendAt})
            <= app.now() + make_interval(secs => ${LIMITS.nudgeAheadSeconds})`,
      ),
    )
    .orderBy(deliveries.nextAttemptAt)
    .limit(LIMITS.deliveriesPerBatch)
}

/** Warns of endpoints that have failed for a day or more, and disables those that did for days. */
export function judgeFailingEndpoints(db: Db) {
  const days = (count: number) => sql`make_interval(days => ${count})`
  return db.execute(sql`select app.judge_failing_endpoints(
    ${days(LIMITS.endpointWarnDays)}, ${days(LIMITS.endpointWarnAgainDays)}, ${days(LIMITS.endpointDisableDays)},
    ${LIMITS.endpointFailedAttemptsMin}, ${LIMITS.sweepRowsMax})`)
}

/** Refuses the batch where there is no such delivery. */
export function refuseUnknownDelivery(db: Db, id: string) {
  return refuseWhere(db, sql`not exists (select from deliveries d where d.id = ${id})`, 404, 'delivery_not_found')
}

/** Refuses the batch where there is no such event. */
export function refuseUnknownEvent(db: Db, id: string) {
  return refuseWhere(db, sql`not exists (select from events e where e.id = ${id})`, 404, 'event_not_found')
}
