/** Statements of the live stream: tickets, and what they let their holders read. */

import { type SQL, sql } from 'drizzle-orm'
import { LIMITS } from '../../domain/limits.ts'
import type { Mode } from '../../domain/transaction.ts'
import type { Db } from '../client.ts'
import type { Credential } from '../gate.ts'
import { streamTickets } from '../schema/streams.ts'
import { insertWhere } from './insert-where.ts'

export interface NewStreamTicket {
  hash: string
  eventTypes: readonly string[]
  transactionId: string | null
  isPublic: boolean
  expiresAt: Date
}

/** Makes a ticket of the caller's, where the condition holds. */
export function insertStreamTicket(db: Db, first: SQL, credential: Credential, ticket: NewStreamTicket) {
  const maker =
    credential.kind === 'api_key'
      ? { apiKeyId: sql`app.context() ->> 'actor_id'` }
      : { sessionId: credential.sessionId, userId: sql`app.user_id()` }
  return insertWhere(
    db,
    streamTickets,
    {
      ...ticket,
      ...maker,
      eventTypes: [...ticket.eventTypes],
      merchantId: sql`app.merchant_id()`,
      mode: sql`app.mode()`,
    },
    first,
  )
}

/** In SQL: the number of the last event there is; 0 before the first. */
export const lastEventNumber = sql`(select coalesce(max(e.number), 0) from events e)`

/** What a ticket stands for. */
export interface Redeemed {
  merchant_id: string
  mode: Mode
  event_types: string[]
  transaction_id: string | null
  is_public: boolean
  key_hash: string | null
  session_id: string | null
  user_id: string | null
}

/** Takes the ticket, once. Its own gate: refuses the batch where the ticket is not, or no longer, good. */
export function redeemTicket(db: Db, at: Date, hash: string, ipAddress: string | undefined) {
  const time = at.toISOString()
  return db
    .select({ redeemed: sql<Redeemed>`redeemed` })
    .from(sql`app.redeem_ticket(${time}::timestamptz, ${hash}, ${ipAddress ?? null}) redeemed`)
}

/** What comes after a number, of these types, of this payment where one is named. */
export interface Question {
  after: number
  eventTypes: readonly string[]
  transactionId: string | null
}

/**
 * Answers up to a page of events to each question, and tells the last number there was: whoever's page is not full has
 * seen everything up to it. One statement sees one moment, and numbers are committed in their order.
 */
export function readEventsAfter(db: Db, questions: readonly Question[]) {
  const asked = questions.map(({ after, eventTypes, transactionId }, place) => {
    const types = eventTypes.includes('*') ? null : eventTypes
    return { place, after, types, transaction: transactionId }
  })
  // Each half is skipped as a whole where it is not asked for, and each has its index.
  const found = (condition: SQL) => sql`
    (select e.number, app.event_object(e)::text as object from events e
     where ${condition} and e.number > q.after
       and (q.types is null or app.wants(array(select jsonb_array_elements_text(q.types)), e.type))
     order by e.number limit ${LIMITS.streamPageEvents})`
  return db
    .select({
      last: sql`last.number`.mapWith(Number),
      place: sql<number | null>`told.place`,
      number: sql`told.number`.mapWith(Number),
      object: sql<string>`told.object`,
    })
    .from(
      sql`(select ${lastEventNumber} as number) last left join lateral (
        select q.place, e.number, e.object
        from jsonb_to_recordset(${JSON.stringify(asked)}::jsonb)
               as q (place integer, after bigint, types jsonb, transaction text)
        cross join lateral (
          ${found(sql`q.transaction is null`)}
          union all
          ${found(sql`q.transaction is not null and e.transaction_id = q.transaction`)}) e
      ) told on true`,
    )
    .orderBy(sql`told.place, told.number`)
}

/** What a public stream has seen of its payment. */
export interface Watch {
  /** The hash of its ticket. */
  ticket: string
  after: number
}

/** The changes of payments for their public streams, and which of the tickets no longer hold. Its own gate. */
export function watchPayments(db: Db, at: Date, watches: readonly Watch[]) {
  const time = at.toISOString()
  return db
    .select({
      ticket: sql<string>`ticket`,
      refusal: sql<string | null>`refusal`,
      number: sql`number`.mapWith(Number),
      object: sql<string>`object`,
    })
    .from(sql`app.watch_payments(${time}::timestamptz, ${JSON.stringify(watches)}::jsonb, ${LIMITS.streamPageEvents})`)
}

/** Removes tickets that are of no use any more, a bounded number at a time. */
export function removeStreamTickets(db: Db, at: Date): ReturnType<typeof db.execute> {
  return db.execute(sql`select app.remove_stream_tickets(${at.toISOString()}::timestamptz, ${LIMITS.retentionRowsMax})`)
}
