/**
 * Finds out what became of a payment, whatever is known of it: asks the provider with the same reference, applies what
 * it says, and mends an attempt whose first call got no answer. Safe at any time, any number of times.
 */

import type { BatchItem } from 'drizzle-orm/batch'
import { enterWorker } from '../../db/gate.ts'
import { replaceAttempt } from '../../db/statements/outcomes.ts'
import { findPayment, type PaymentRow, readOutcome } from '../../db/statements/payments.ts'
import { newId, providerReference } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import { IN_FLIGHT_MS } from '../../domain/retry.ts'
import { isUnderWay, type TransactionStatus } from '../../domain/transaction.ts'
import type { Confirmation } from '../../providers/contract.ts'
import type { Deps } from '../deps.ts'
import { nudgeDeliveries } from '../nudge.ts'
import { recordCheckout, sendCheckout } from './open-checkout.ts'
import { openPayment, type Payment } from './payment.ts'
import { askProvider, settle } from './settle.ts'

/** The transaction after what was learned. */
export interface FollowedUp {
  status: TransactionStatus
  object: JsonObject
  confirmation: Confirmation
}

/** One batch where the provider has the payment open; one or two more where its page was never handed out. */
export async function followUp(deps: Deps, row: PaymentRow): Promise<FollowedUp> {
  const payment = await openPayment(deps, row)
  const confirmation = await askProvider(deps, payment)
  const now = deps.clock.now()
  if (isWaitedFor(payment, now)) {
    if (confirmation.kind === 'not_found' && hasLanded(payment, now)) {
      // It never arrived, and nothing of it is under way any more: the same call, once more.
      const answer = await sendCheckout(deps, payment)
      return commit(deps, payment, confirmation, recordCheckout(deps.worker.db, payment, answer, deps.clock.now()))
    }
    if (confirmation.kind === 'found' && confirmation.status === 'unpaid') return startOver(deps, payment, confirmation)
  }
  return commit(deps, payment, confirmation, settle(deps.worker.db, payment, confirmation, now))
}

/** An attempt whose first call got no answer, of a payment that is still wanted. */
function isWaitedFor({ attemptStatus, transactionStatus, expiresAt }: Payment, now: Date): boolean {
  return (
    (attemptStatus === 'created' || attemptStatus === 'unknown') && isUnderWay(transactionStatus) && now < expiresAt
  )
}

/** A call that timed out here may still be under way to the provider for a while. */
function hasLanded(payment: Payment, now: Date): boolean {
  return now.getTime() - payment.attemptCreatedAt.getTime() >= IN_FLIGHT_MS
}

/** The provider has a page whose address we never got, and never gives again: nobody can pay there. Opens another. */
async function startOver(deps: Deps, payment: Payment, confirmation: Confirmation): Promise<FollowedUp> {
  const { db } = deps.worker
  const now = deps.clock.now()
  const attemptId = newId('att', now.getTime(), deps.random)
  const batch = await deps.worker.runFor(
    enterWorker(db, now),
    [...replaceAttempt(db, payment, { id: attemptId, reference: providerReference(attemptId) })],
    findPayment(db, payment.transactionId),
  )
  if (!batch.ok) throw new Error(`the attempt was not replaced: ${batch.problem.code}`)
  const [row] = batch.rows
  // Somebody else was faster, or too many attempts were made: what stands is the answer.
  if (row?.attemptId !== attemptId) {
    return commit(
      deps,
      payment,
      confirmation,
      settle(db, payment, { kind: 'unknown', cause: 'answer_unrecognised' }, now),
    )
  }
  const next = await openPayment(deps, row)
  const answer = await sendCheckout(deps, next)
  return commit(deps, next, confirmation, recordCheckout(db, next, answer, deps.clock.now()))
}

async function commit(
  deps: Deps,
  payment: Payment,
  confirmation: Confirmation,
  statements: BatchItem<'pg'>[],
): Promise<FollowedUp> {
  const { db } = deps.worker
  const { transactionId } = payment
  const batch = await deps.worker.runFor(enterWorker(db, deps.clock.now()), statements, readOutcome(db, transactionId))
  if (!batch.ok) throw new Error(`what the provider said was not applied: ${batch.problem.code}`)
  const [row] = batch.rows
  if (row === undefined) throw new Error(`transaction ${transactionId} is gone`)
  await nudgeDeliveries(deps, row.deliveryIds)
  return { status: row.status, object: row.object, confirmation }
}
