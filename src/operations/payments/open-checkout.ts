/**
 * Asks providers for a checkout page, one after another, until one gives it or nobody is left to ask. What is asked is
 * written down before each call: a crash leaves it to the sweep.
 */

import type { BatchItem } from 'drizzle-orm/batch'
import type { Db } from '../../db/client.ts'
import { enterWorker } from '../../db/gate.ts'
import {
  failAttempt,
  failOver,
  type Leaving,
  lockPayment,
  loseSightOfAttempt,
  moveTransaction,
  openAttempt,
  scheduleCheck,
} from '../../db/statements/outcomes.ts'
import { findPayment } from '../../db/statements/payments.ts'
import { queueForProbe, recordFailing, recordHealthy } from '../../db/statements/routing.ts'
import { newId, providerReference } from '../../domain/ids.ts'
import { LIMITS } from '../../domain/limits.ts'
import { IN_FLIGHT_MS, nextCheckAt } from '../../domain/retry.ts'
import type { CheckoutAnswer } from '../../providers/contract.ts'
import { converse } from '../../providers/exchange.ts'
import type { Deps } from '../deps.ts'
import { checkoutRequestOf, openPayment, type Payment, routeFor } from './payment.ts'

/** The attempt that was asked last, and what its provider answered: to be written down with `recordCheckout`. */
export interface Asked {
  payment: Payment
  answer: CheckoutAnswer
}

/**
 * Asks the payment's provider, and fails over while the customer cannot have been charged: the page was refused, or never
 * handed out. Each failover is a round trip.
 * @param alternatives how many other connections could take the payment
 */
export async function openCheckout(deps: Deps, first: Payment, alternatives: number): Promise<Asked> {
  let payment = first
  for (let left = Math.min(alternatives, LIMITS.failoversPerRequest); ; left--) {
    const answer = await sendCheckout(deps, payment, left > 0)
    if (left === 0 || answer.kind === 'opened') return { payment, answer }
    const next = await leaveFor(deps, payment, answer)
    if (next === undefined) return { payment, answer }
    payment = next
  }
}

function sendCheckout(deps: Deps, payment: Payment, isFailoverLeft: boolean): Promise<CheckoutAnswer> {
  const { gateway, credentials } = payment
  const conversation = gateway.createCheckout(checkoutRequestOf(payment), credentials)
  // Where another could take the payment, a provider that is silent is not waited for long.
  const patienceMs = isFailoverLeft ? LIMITS.failoverTimeoutMs : LIMITS.providerTimeoutMs
  return converse(deps.exchange, gateway, conversation, patienceMs)
}

/** The attempt at the next connection; undefined where there is none, or somebody else was faster. */
async function leaveFor(deps: Deps, payment: Payment, answer: CheckoutAnswer): Promise<Payment | undefined> {
  const { db } = deps.worker
  const now = deps.clock.now()
  const id = newId('att', now.getTime(), deps.random)
  const next = { id, reference: providerReference(id) }
  const batch = await deps.worker.runFor(
    enterWorker(db, now),
    [
      queueForProbe(db, { id: payment.merchantId, mode: payment.mode }, payment.connection.id),
      ...recordHealth(db, payment, answer),
      ...failOver(db, payment, next, leavingOf(answer, now), routeFor(deps, payment)),
    ],
    findPayment(db, payment.transactionId),
  )
  if (!batch.ok) throw new Error(`attempt ${payment.attemptId} was not left: ${batch.problem.code}`)
  const [row] = batch.rows
  return row?.attemptId === id ? openPayment(deps, row) : undefined
}

function leavingOf(answer: CheckoutAnswer, now: Date): Leaving {
  const soon = new Date(now.getTime() + IN_FLIGHT_MS)
  switch (answer.kind) {
    case 'refused':
      // Nothing was ordered there, so there is nothing to ask after.
      return { because: answer.reason, message: answer.message, nextCheckAt: undefined }
    case 'unknown':
      return { because: answer.cause, message: undefined, nextCheckAt: soon }
    case 'exists':
    case 'opened':
      return { because: 'page_never_handed_out', message: undefined, nextCheckAt: soon }
  }
}

/** What the answer says of the connection itself. A refusal of this very payment says nothing. */
export function recordHealth(db: Db, payment: Payment, answer: CheckoutAnswer): BatchItem<'pg'>[] {
  const { id } = payment.connection
  switch (answer.kind) {
    case 'opened':
    case 'exists':
      return [recordHealthy(db, id)]
    case 'unknown':
      return [recordFailing(db, id, answer.cause)]
    case 'refused':
      return answer.reason === 'rate_limited' || answer.reason === 'credentials_refused'
        ? [recordFailing(db, id, answer.reason)]
        : []
  }
}

/** The statements that write the last answer down. */
export function recordCheckout(db: Db, { payment, answer }: Asked, now: Date): BatchItem<'pg'>[] {
  const { attemptId, transactionId, expiresAt } = payment
  const soon = new Date(now.getTime() + IN_FLIGHT_MS)
  // Health first, then the payment, as in every batch that writes them: two that lock in opposite orders would wait for
  // each other.
  const head = [...recordHealth(db, payment, answer), lockPayment(db, transactionId)]
  const askLater = (cause: string) => [
    ...head,
    loseSightOfAttempt(db, attemptId, cause),
    scheduleCheck(db, transactionId, soon),
  ]
  switch (answer.kind) {
    case 'opened':
      return [
        ...head,
        openAttempt(db, attemptId, answer.checkoutUrl, answer.checkoutId),
        scheduleCheck(db, transactionId, nextCheckAt('pending', 0, now, expiresAt)),
      ]
    case 'refused':
      if (answer.reason === 'rate_limited') return askLater(answer.reason)
      return [
        ...head,
        failAttempt(db, attemptId, answer.reason, answer.message),
        moveTransaction(db, transactionId, { to: 'failed', failureReason: answer.reason }),
        // Nothing was ordered, so there is nothing to ask after.
        scheduleCheck(db, transactionId, undefined),
      ]
    case 'exists':
      return askLater('reference_exists')
    case 'unknown':
      return askLater(answer.cause)
  }
}

/** Whether the answer leaves it open what became of the attempt. */
export function isUnresolved(answer: CheckoutAnswer): boolean {
  return answer.kind === 'unknown' || answer.kind === 'exists' || isPutOff(answer)
}

const isPutOff = (answer: CheckoutAnswer): boolean => answer.kind === 'refused' && answer.reason === 'rate_limited'
