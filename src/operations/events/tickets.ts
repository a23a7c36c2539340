/** Tickets to the stream of events: made by whoever may read them, redeemed once by a socket. */

import { sql } from 'drizzle-orm'
import { hashStreamTicket, newStreamTicket } from '../../crypto/stream-ticket.ts'
import { insertStreamTicket, lastEventNumber, type Redeemed, redeemTicket } from '../../db/statements/streams.ts'
import { refuseUnknownTransaction } from '../../db/statements/transactions.ts'
import type { Subscription } from '../../domain/event.ts'
import type { Id } from '../../domain/ids.ts'
import { LIMITS } from '../../domain/limits.ts'
import { done, type Outcome, refused } from '../../domain/problem.ts'
import { type Answer, type Requester, runClaimed } from '../claimed.ts'
import type { Deps } from '../deps.ts'
import type { Visitor } from '../identity/visitor.ts'
import { type Subscriber, SubscriberSchema } from './subscriber.ts'

export interface StreamTicketInput {
  eventTypes: readonly Subscription[]
  /** Shows this payment's events alone. */
  transactionId: Id<'txn'> | undefined
}

/** Refuses `transaction_not_found`. One round trip, as are all of these. @param streamUrl where the ticket is good */
export function createStreamTicket(
  deps: Deps,
  requester: Requester,
  { eventTypes, transactionId }: StreamTicketInput,
  streamUrl: string,
): Promise<Outcome<Answer>> {
  const seconds = LIMITS.streamTicketSeconds
  const ticket = { eventTypes, transactionId: transactionId ?? null, isPublic: false }
  return make(deps, requester, 'events:read', ticket, seconds, streamUrl)
}

/**
 * A ticket to hand to the payer's browser: its stream tells of this one payment no more than the payer may know.
 * Refuses `transaction_not_found`.
 */
export function createPublicStreamTicket(
  deps: Deps,
  requester: Requester,
  transactionId: Id<'txn'>,
  streamUrl: string,
): Promise<Outcome<Answer>> {
  const ticket = { eventTypes: ['payment.*'], transactionId, isPublic: true } as const
  return make(deps, requester, 'transactions:read', ticket, LIMITS.publicStreamTicketSeconds, streamUrl)
}

interface Wanted {
  eventTypes: readonly Subscription[]
  transactionId: string | null
  isPublic: boolean
}

async function make(
  deps: Deps,
  requester: Requester,
  scope: 'events:read' | 'transactions:read',
  { eventTypes, transactionId, isPublic }: Wanted,
  seconds: number,
  streamUrl: string,
): Promise<Outcome<Answer>> {
  const { ticket, hash } = await newStreamTicket(deps.random)
  const expiresAt = new Date(deps.clock.now().getTime() + seconds * 1000)
  const told = {
    object: 'stream_ticket',
    mode: requester.credential.mode,
    event_types: eventTypes,
    transaction_id: transactionId,
    is_public: isPublic,
    expires_at: expiresAt.toISOString(),
  }
  const begin = isPublic ? sql`0` : lastEventNumber
  return runClaimed(deps, requester, {
    permit: { scope, action: 'stream_ticket.created' },
    resourceId: hash,
    status: 201,
    showOnce: { ticket, url: `${streamUrl}?ticket=${ticket}` },
    statements: (db, first) => [
      ...(transactionId === null ? [] : [refuseUnknownTransaction(db, transactionId)]),
      insertStreamTicket(db, first, requester.credential, { hash, eventTypes, transactionId, isPublic, expiresAt }),
    ],
    answer: sql`${JSON.stringify(told)}::jsonb || jsonb_build_object('last_number', ${begin})`,
  })
}

/** Who opens the stream. */
export type Opener = Pick<Visitor, 'ipAddress' | 'requestId'>

/** Refuses `stream_ticket_invalid`, and `ip_not_allowed` where the key that made it is not good from this address. */
export async function redeemStreamTicket(deps: Deps, opener: Opener, ticket: string): Promise<Outcome<Subscriber>> {
  const hash = await hashStreamTicket(ticket)
  if (hash === undefined) return refused('stream_ticket_invalid')
  const { db } = deps.api
  const batch = await deps.api.run(undefined, [redeemTicket(db, deps.clock.now(), hash, opener.ipAddress)])
  if (!batch.ok) return batch
  const [[row]] = batch.rows
  if (row === undefined) throw new Error('a ticket was redeemed for nothing')
  return done(subscriberOf(row.redeemed, hash, opener))
}

function subscriberOf(redeemed: Redeemed, ticketHash: string, { ipAddress, requestId }: Opener): Subscriber {
  const { key_hash, session_id, user_id } = redeemed
  const maker =
    key_hash === null
      ? { kind: 'session', sessionId: session_id, userId: user_id }
      : { kind: 'api_key', hash: key_hash }
  return SubscriberSchema.parse({
    merchantId: redeemed.merchant_id,
    mode: redeemed.mode,
    access: redeemed.is_public ? { kind: 'public', ticketHash } : maker,
    ipAddress,
    requestId,
    eventTypes: redeemed.event_types,
    transactionId: redeemed.transaction_id,
  })
}
