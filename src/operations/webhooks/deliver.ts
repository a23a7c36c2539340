/**
 * Delivers what the outbox holds: lease, prepare, send, record. A delivery is sent at least once; should this crash
 * between sending and recording, the lease runs out and the same webhook id is sent again, by which a receiver knows it.
 */

import { webhookHeaders } from '../../crypto/standard-webhooks.ts'
import { enterWorker } from '../../db/gate.ts'
import { type AttemptRecord, findNextDue, leaseDeliveries, recordAttempts } from '../../db/statements/deliveries.ts'
import type { DeliveryOutcome } from '../../domain/event.ts'
import { LIMITS } from '../../domain/limits.ts'
import { fraction } from '../../domain/random.ts'
import { nextDeliveryAt } from '../../domain/retry.ts'
import type { Deps, Posted } from '../deps.ts'
import { nudgeLater } from '../nudge.ts'
import { endpointRecords } from './endpoint-record.ts'
import { openEndpointHeaders, openEndpointSecret } from './endpoint-secret.ts'
import { inLanes, type Run } from './lanes.ts'

export interface Delivered {
  /** How many deliveries were taken. */
  leased: number
  /** How many of them their endpoints accepted, as far as it is known by now. */
  accepted: number
}

/**
 * Tries deliveries that are due, at most `LIMITS.deliveriesPerBatch` of them. Two round trips; one where none is due. Posts
 * that hold a batch up are waited for in the background, and recorded by one more.
 * @param deliveryIds only these; undefined for whatever is due
 */
export async function deliverDue(deps: Deps, deliveryIds?: readonly string[]): Promise<Delivered> {
  const { db } = deps.worker
  const leased = await deps.worker.run(enterWorker(db, deps.clock.now()), [leaseDeliveries(db, deliveryIds)])
  if (!leased.ok) throw new Error(`deliveries were not leased: ${leased.problem.code}`)
  const [deliveries] = leased.rows
  if (deliveries.length === 0) return { leased: 0, accepted: 0 }
  const run = inLanes(deliveries, (delivery) => tryDelivery(deps, delivery))
  const isOver = await isOverWhileItMoves(deps, run)
  // What was not sent by now would wait behind the slow ones: another batch takes it.
  if (!isOver) run.giveBack()
  const tried = run.take()
  await record(deps, tried)
  if (!isOver) deps.defer(run.over.then(() => record(deps, run.take())))
  return {
    leased: deliveries.length,
    accepted: tried.filter(({ made }) => typeof made !== 'string' && made.status === 'succeeded').length,
  }
}

/** False once nothing has been finished for as long as a batch is patient, though something is under way. */
async function isOverWhileItMoves(deps: Deps, run: Run): Promise<boolean> {
  for (;;) {
    const before = run.done()
    const isOver = await Promise.race([run.over.then(() => true), passed(deps, LIMITS.deliveryPatienceMs)])
    if (isOver || run.done() === before) return isOver
  }
}

function passed(deps: Deps, ms: number): Promise<false> {
  const signal = deps.clock.deadline(ms)
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(false), { once: true }))
}

type LeasedDelivery = Awaited<ReturnType<typeof leaseDeliveries>>[number]

/** What became of a delivery that was taken. */
export interface Tried {
  deliveryId: string
  endpointId: string
  /**
   * `given_back`: untried, because its endpoint had just failed or held the batch up. `kept`: untried, because our own side
   * failed; it comes up again when its lease has run out.
   */
  made: AttemptRecord | 'given_back' | 'kept'
}

async function record(deps: Deps, tried: readonly Tried[]): Promise<void> {
  const made = tried.flatMap((one) => (typeof one.made === 'string' ? [] : one.made))
  const givenBack = tried.flatMap((one) => (one.made === 'given_back' ? one.deliveryId : []))
  if (tried.length === 0) return
  const { db } = deps.worker
  const endpoints = endpointRecords(made)
  const recorded = await deps.worker.runFor(
    enterWorker(db, deps.clock.now()),
    [...recordAttempts(db, made, endpoints, givenBack)],
    findNextDue(db, [...new Set(tried.map(({ endpointId }) => endpointId))]),
  )
  if (!recorded.ok) throw new Error(`attempts were not recorded: ${recorded.problem.code}`)
  await nudgeLater(deps, recorded.rows)
}

/** Our own side may fail too, such as by a key that is missing: the others go on, and this one comes up again. */
async function tryDelivery(deps: Deps, delivery: LeasedDelivery): Promise<AttemptRecord | 'kept'> {
  try {
    const attemptedAt = deps.clock.now()
    const secrets = await secretsOf(deps, delivery, attemptedAt)
    const signed = await prepareDelivery(secrets, delivery, attemptedAt)
    const custom = await openEndpointHeaders(deps, delivery.endpointId, delivery.sealedHeaders)
    // Ours come last: a merchant's own can add to them, and never take their place.
    const posted = await deps.egress.post(delivery.url, { ...custom, ...signed }, delivery.body)
    return recordOf(delivery, signed, attemptedAt, posted, deps.clock.now(), fraction(deps.random))
  } catch (error) {
    deps.log.error('delivery_not_tried', error, { delivery_id: delivery.id })
    return 'kept'
  }
}

/** The secret, and during a rotation the one before it. */
async function secretsOf(deps: Deps, delivery: LeasedDelivery, now: Date): Promise<string[]> {
  const { endpointId, sealedSecret, sealedPreviousSecret, previousSecretUntil } = delivery
  const current = await openEndpointSecret(deps, endpointId, sealedSecret)
  const isOver = sealedPreviousSecret === null || previousSecretUntil === null || previousSecretUntil <= now
  return isOver ? [current] : [current, await openEndpointSecret(deps, endpointId, sealedPreviousSecret)]
}

/**
 * The headers of an attempt, signed as Standard Webhooks has it.
 * @param secrets each signs
 * @param message the event's id, which stays the same at every attempt, and the exact text that is sent
 */
export async function prepareDelivery(
  secrets: readonly string[],
  { eventId, body }: Pick<LeasedDelivery, 'eventId' | 'body'>,
  at: Date,
): Promise<Record<string, string>> {
  const timestampSeconds = Math.floor(at.getTime() / 1000)
  return {
    'content-type': 'application/json',
    'user-agent': 'PayBridge-Webhooks/1',
    ...(await webhookHeaders(secrets, { id: eventId, timestampSeconds, body })),
  }
}

function recordOf(
  delivery: LeasedDelivery,
  signed: Record<string, string>,
  attemptedAt: Date,
  posted: Posted,
  now: Date,
  jitter: number,
): AttemptRecord {
  const number = delivery.attempts + 1
  const outcome = outcomeOf(posted)
  const retryAfterSeconds = posted.kind === 'answered' ? posted.retryAfterSeconds : undefined
  const nextAttemptAt =
    outcome === 'accepted' || isGone(posted)
      ? undefined
      : nextDeliveryAt(number - delivery.attemptsBefore, now, jitter, retryAfterSeconds)
  return {
    deliveryId: delivery.id,
    endpointId: delivery.endpointId,
    number,
    attemptedAt,
    durationMs: posted.durationMs,
    outcome,
    requestUrl: delivery.url,
    requestHeaders: { ...signed, ...Object.fromEntries(delivery.headerNames.map((name) => [name, '[hidden]'])) },
    responseStatus: posted.kind === 'answered' ? posted.status : null,
    responseBody: posted.kind === 'answered' ? posted.body : null,
    status: outcome === 'accepted' ? 'succeeded' : nextAttemptAt === undefined ? 'exhausted' : 'pending',
    nextAttemptAt: nextAttemptAt ?? null,
  }
}

/** 410: the receiver says that it is gone for good. */
const isGone = (posted: Posted): boolean => posted.kind === 'answered' && posted.status === 410

function outcomeOf(posted: Posted): DeliveryOutcome {
  if (posted.kind === 'failed') return posted.outcome
  return posted.status >= 200 && posted.status <= 299 ? 'accepted' : 'rejected'
}
