/** Statements about events, as their merchant reads them: in the order of their numbers. */

import { asc, eq, gt, inArray, type SQL, sql } from 'drizzle-orm'
import type { EventType } from '../../domain/event.ts'
import type { Db } from '../client.ts'
import { events } from '../schema/webhooks.ts'
import { jsonObject, oneOrAll } from './page.ts'
import { lastEventNumber } from './streams.ts'

const object = jsonObject(sql`app.event_object(${events})`)

export interface EventRange {
  /** The number of the last event that was seen; 0 for none. */
  after: number
  limit: number
  type: EventType | undefined
}

export function listEvents(db: Db, { after, limit, type }: EventRange) {
  const isAfter = gt(events.number, BigInt(after))
  return db
    .select({ number: events.number, object })
    .from(events)
    .where(type === undefined ? isAfter : firstOfType(type, isAfter, limit))
    .orderBy(asc(events.number))
    .limit(limit)
}

/** By the index of types, also where Postgres believes a type to be so common that it would read all events for it. */
function firstOfType(type: EventType, isAfter: SQL, limit: number): SQL {
  const first = sql`select ${events.number} from ${events} where ${events.type} = type.type and ${isAfter}
                    order by ${events.number} limit ${limit}`
  return inArray(
    events.number,
    sql`(select first.number from ${oneOrAll('type', type, [])} cross join lateral (${first}) first)`,
  )
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
