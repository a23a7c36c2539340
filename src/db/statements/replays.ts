/** Statements that have events delivered again: what was missed, what failed, or one that is asked for. */

import { type SQL, sql } from 'drizzle-orm'
import { LIMITS } from '../../domain/limits.ts'
import type { Db } from '../client.ts'
import { webhookReplays } from '../schema/webhooks.ts'
import { insertion } from './insert-where.ts'

/** Which events are delivered again, and how. */
export interface Replay {
  id: string
  kind: 'replay' | 'recover' | 'resend'
  /** Undefined for every active endpoint that wants the event. */
  endpointId: string | undefined
  /** Which events `e`. */
  events: SQL
  /** Which of the deliveries `d` that are there already count as done, and are left alone. */
  done: SQL
  /** Deliveries a minute. */
  perMinute: number
}

/**
 * Where `first` holds: schedules a delivery of each event to each endpoint that wants it, spaced as asked, and notes what
 * was scheduled. A delivery that is there begins its schedule anew; what waits already is left alone. Bounded: the record's
 * last number is where the next replay goes on.
 */
export function scheduleReplay(db: Db, first: SQL, { id, kind, endpointId, events, done, perMinute }: Replay) {
  const isEndpoint = endpointId === undefined ? sql`true` : sql`w.id = ${endpointId}`
  const tenant = { merchantId: sql`app.merchant_id()`, mode: sql`app.mode()` }
  const noted = insertion(
    webhookReplays,
    {
      ...tenant,
      id,
      kind,
      endpointId: endpointId ?? null,
      firstNumber: sql`(select min(number) from wanted)`,
      lastNumber: sql`(select max(number) from wanted)`,
      scheduled: sql`(select count(*) from scheduled)`,
    },
    first,
  )
  return db.execute(sql`
    with wanted as (
      select e.id, e.merchant_id, e.mode, e.number, e.type, e.transaction_id, w.id as endpoint_id
      from events e join webhook_endpoints w
        on w.merchant_id = e.merchant_id and w.mode = e.mode and w.status = 'active' and w.deleted_at is null
           and (app.wants(w.event_types, e.type) or e.type = 'webhook.test' and e.subject_id = w.id) and ${isEndpoint}
      -- Whose events these are, row-level security says. Said twice, Postgres believes that they are next to none, and
      -- reads all of them for one.
      where ${first} and ${events}
        and not exists (select from deliveries d where d.endpoint_id = w.id and d.event_id = e.id
                        and (d.status = 'pending' or ${done}))
      order by e.number limit ${LIMITS.replayEventsMax}),
    scheduled as (
      insert into deliveries (id, merchant_id, mode, endpoint_id, event_id, event_type, transaction_id, next_attempt_at)
      select app.new_id('del'), w.merchant_id, w.mode, w.endpoint_id, w.id, w.type, w.transaction_id,
             app.now() + make_interval(secs => (row_number() over (order by w.number) - 1) * 60.0 / ${perMinute})
      from wanted w
      on conflict on constraint deliveries_once_per_endpoint do update set
        status = 'pending', next_attempt_at = excluded.next_attempt_at, finished_at = null, leased_until = null,
        attempts_before = deliveries.attempts
      returning id)
    ${noted}`)
}

/** The record of a replay as JSON, for an answer. */
export function replayObject(id: string): SQL {
  return sql`(select app.webhook_replay_object(r) from webhook_replays r where r.id = ${id})`
}
