/**
 * Delivers what the outbox holds: lease, prepare, send, record. A delivery is sent at least once; should this crash
 * between sending and recording, the lease runs out and the same webhook id is sent again, by which a receiver knows it.
 */

import { webhookHeaders } from '../../crypto/standard-webhooks.ts'
import { enterWorker } from '../../db/gate.ts'
import { type AttemptRecord, leaseDeliveries, recordAttempts } from '../../db/statements/deliveries.ts'
import type { DeliveryOutcome } from '../../domain/event.ts'
import { fraction } from '../../domain/random.ts'
import { nextDeliveryAt } from '../../domain/retry.ts'
import { concurrently } from '../concurrently.ts'
import type { Deps, Posted } from '../deps.ts'
import { openEndpointSecret } from './endpoint-secret.ts'

export interface Delivered {
  /** How many deliveries were taken. */
  leased: number
  /** How many of them their endpoints accepted. */
  accepted: number
}

/**
 * Tries deliveries that are due, at most `LIMITS.deliveriesPerBatch` of them. Two round trips; one where none is due.
 * @param deliveryIds only these; undefined for whatever is due
 */
export async function deliverDue(deps: Deps, deliveryIds?: readonly string[]): Promise<Delivered> {
  const { db } = deps.worker
  const leased = await deps.worker.run(enterWorker(db, deps.clock.now()), [leaseDeliveries(db, deliveryIds)])
  if (!leased.ok) throw new Error(`deliveries were not leased: ${leased.problem.code}`)
  const [deliveries] = leased.rows
  const tried = await concurrently(deliveries, (delivery) => tryDelivery(deps, delivery))
  const records = tried.filter((record) => record !== undefined)
  if (records.length > 0) {
    const recorded = await deps.worker.run(enterWorker(db, deps.clock.now()), recordAttempts(db, records))
    if (!recorded.ok) throw new Error(`attempts were not recorded: ${recorded.problem.code}`)
  }
  return { leased: deliveries.length, accepted: records.filter(({ status }) => status === 'succeeded').length }
}

type LeasedDelivery = Awaited<ReturnType<typeof leaseDeliveries>>[number]

/** Undefined where our own side fails, such as a key that is missing: the others go on, and this one comes up again. */
async function tryDelivery(deps: Deps, delivery: LeasedDelivery): Promise<AttemptRecord | undefined> {
  try {
    const secret = await openEndpointSecret(deps, delivery.endpointId, delivery.sealedSecret)
    const attemptedAt = deps.clock.now()
    const headers = await prepareDelivery(secret, delivery, attemptedAt)
    const posted = await deps.egress.post(delivery.url, headers, delivery.body)
    return { attemptedAt, ...recordOf(delivery, posted, deps.clock.now(), fraction(deps.random)) }
  } catch (error) {
    deps.log.error('delivery_not_tried', error, { delivery_id: delivery.id })
    return undefined
  }
}

/**
 * The headers of an attempt, signed as Standard Webhooks has it.
 * @param message the event's id, which stays the same at every attempt, and the exact text that is sent
 */
export async function prepareDelivery(
  secret: string,
  { eventId, body }: Pick<LeasedDelivery, 'eventId' | 'body'>,
  at: Date,
): Promise<Record<string, string>> {
  const timestampSeconds = Math.floor(at.getTime() / 1000)
  return {
    'content-type': 'application/json',
    'user-agent': 'PayBridge-Webhooks/1',
    ...(await webhookHeaders([secret], { id: eventId, timestampSeconds, body })),
  }
}

function recordOf(
  delivery: LeasedDelivery,
  posted: Posted,
  now: Date,
  jitter: number,
): Omit<AttemptRecord, 'attemptedAt'> {
  const number = delivery.attempts + 1
  const outcome = outcomeOf(posted)
  const nextAttemptAt = outcome === 'accepted' ? undefined : nextDeliveryAt(number, now, jitter)
  return {
    deliveryId: delivery.id,
    endpointId: delivery.endpointId,
    number,
    durationMs: posted.durationMs,
    outcome,
    responseStatus: posted.kind === 'answered' ? posted.status : null,
    responseBody: posted.kind === 'answered' ? posted.body : null,
    status: outcome === 'accepted' ? 'succeeded' : nextAttemptAt === undefined ? 'exhausted' : 'pending',
    nextAttemptAt: nextAttemptAt ?? null,
  }
}

function outcomeOf(posted: Posted): DeliveryOutcome {
  if (posted.kind === 'failed') return posted.outcome
  return posted.status >= 200 && posted.status <= 299 ? 'accepted' : 'rejected'
}
