/** Statements about events, as their merchant reads them: in the order of their numbers. */

import { and, asc, eq, gt, sql } from 'drizzle-orm'
import type { EventType } from '../../domain/event.ts'
import type { Db } from '../client.ts'
import { events } from '../schema/webhooks.ts'
import { jsonObject } from './page.ts'
import { lastEventNumber } from './streams.ts'

const object = jsonObject(sql`app.event_object(${events})`)

export interface EventRange {
  /** The number of the last event that was seen; 0 for none. */
  after: number
  limit: number
  type: EventType | undefined
}

export function listEvents(db: Db, { after, limit, type }: EventRange) {
  return db
    .select({ number: events.number, object })
    .from(events)
    .where(and(gt(events.number, BigInt(after)), type === undefined ? undefined : eq(events.type, type)))
    .orderBy(asc(events.number))
    .limit(limit)
}

/** For whom the batch acts, and the number of the last event there is; 0 before the first. */
export function findLastEvent(db: Db) {
  return db
    .select({
      merchantId: sql`app.merchant_id()`.mapWith(String),
      number: lastEventNumber.mapWith(Number),
    })
    .from(sql`(select 1) one`)
}

export function findEvent(db: Db, id: string) {
  return db.select({ object }).from(events).where(eq(events.id, id))
}
