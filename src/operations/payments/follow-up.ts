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
import { LIMITS } from '../../domain/limits.ts'
import { IN_FLIGHT_MS } from '../../domain/retry.ts'
import { isUnderWay, type TransactionStatus } from '../../domain/transaction.ts'
import type { ClosedAnswer, Confirmation } from '../../providers/contract.ts'
import { converse } from '../../providers/exchange.ts'
import type { Deps } from '../deps.ts'
import { tell } from '../events/tell.ts'
import { isUnresolved, openCheckout, recordCheckout } from './open-checkout.ts'
import { knownOf, openPayment, type Payment } from './payment.ts'
import { askProvider, isClear, settle } from './settle.ts'

/** The transaction after what was learned. */
export interface FollowedUp {
  status: TransactionStatus
  object: JsonObject
  /** Whether the provider gave a clear answer. */
  isConfirmed: boolean
}

/** As `followUp`, for whoever has only the id; undefined where there is no such transaction. */
export async function followUpTransaction(deps: Deps, transactionId: string): Promise<FollowedUp | undefined> {
  const { db } = deps.worker
  const found = await deps.worker.run(enterWorker(db, deps.clock.now()), [findPayment(db, transactionId)])
  if (!found.ok) throw new Error(`transaction ${transactionId} was not read: ${found.problem.code}`)
  const [[row]] = found.rows
  return row === undefined ? undefined : followUp(deps, row)
}

/** One batch where the provider has the payment open; one or two more where its page was never handed out. */
export async function followUp(deps: Deps, row: PaymentRow): Promise<FollowedUp> {
  const payment = await openPayment(deps, row)
  const confirmation = await askProvider(deps, payment)
  const now = deps.clock.now()
  if (isWaitedFor(payment, now) && wasNeverOpened(payment, confirmation, now)) {
    return openAgain(deps, payment, confirmation)
  }
  const learned = await closeWhenOver(deps, payment, confirmation)
  return commit(deps, payment, confirmation, settle(deps.worker.db, payment, learned, deps.clock.now()))
}

/** An attempt whose first call got no answer, of a payment that is still wanted. */
function isWaitedFor({ attemptStatus, transactionStatus, expiresAt, isLatest }: Payment, now: Date): boolean {
  const isUnopened = attemptStatus === 'created' || attemptStatus === 'unknown'
  return isLatest && isUnopened && isUnderWay(transactionStatus) && now < expiresAt
}

function wasNeverOpened(payment: Payment, confirmation: Confirmation, now: Date): boolean {
  if (confirmation.kind === 'found') return confirmation.status === 'unpaid'
  return confirmation.kind === 'not_found' && hasLanded(payment, now)
}

/** A call that timed out here may still be under way to the provider for a while. */
function hasLanded(payment: Payment, now: Date): boolean {
  return now.getTime() - payment.attemptCreatedAt.getTime() >= IN_FLIGHT_MS
}

/**
 * Nobody was handed a page. The same call, once more, under the same reference: it gives the page, or says that there is
 * one whose address is not told again. Nobody can pay there, so it is closed where that can be done, and another is opened.
 * So is one under whose reference no answer is to be had at all: a provider may repeat a failure for ever.
 */
async function openAgain(deps: Deps, payment: Payment, confirmation: Confirmation): Promise<FollowedUp> {
  const { db } = deps.worker
  const asked = await openCheckout(deps, payment, LIMITS.failoversPerRequest)
  const isLost = asked.answer.kind === 'exists' || (isUnresolved(asked.answer) && payment.checks >= CHECKS_MAX)
  if (!isLost || asked.payment !== payment) {
    return commit(deps, asked.payment, confirmation, recordCheckout(db, asked, deps.clock.now()))
  }
  const closed = await askToClose(deps, payment)
  if (closed === undefined || closed.kind === 'closed') return startOver(deps, payment, confirmation)
  // Somebody pays there after all, or nobody can say: it is asked again.
  return commit(deps, payment, confirmation, settle(db, payment, NO_CLEAR_ANSWER, deps.clock.now()))
}

/** How often one reference is asked for its page before another is tried. */
const CHECKS_MAX = 3

const NO_CLEAR_ANSWER: Confirmation = { kind: 'unknown', cause: 'answer_unrecognised' }

/** The payment isn't wanted any more, and the page may be open. */
function isOver({ attemptStatus, transactionStatus, expiresAt }: Payment, now: Date): boolean {
  return attemptStatus !== 'succeeded' && (!isUnderWay(transactionStatus) || now >= expiresAt)
}

/** What is known once the page of a payment that is over was closed, where it is open and the provider can close it. */
export async function closeWhenOver(deps: Deps, payment: Payment, confirmation: Confirmation): Promise<Confirmation> {
  if (!isOver(payment, deps.clock.now()) || !mayBeOpen(payment, confirmation)) return confirmation
  const closed = await askToClose(deps, payment)
  // Somebody was faster, and is paying: what becomes of it is asked again.
  if (closed?.kind === 'too_late') return NO_CLEAR_ANSWER
  return closed?.kind === 'closed' && confirmation.kind === 'found' && confirmation.status === 'unpaid'
    ? { ...confirmation, status: 'closed' }
    : confirmation
}

/** A provider may know nothing of a payment before somebody tries to pay, and have its page open all the same. */
function mayBeOpen({ attemptStatus }: Payment, confirmation: Confirmation): boolean {
  if (confirmation.kind === 'found') return confirmation.status === 'unpaid' || confirmation.status === 'declined'
  return confirmation.kind === 'not_found' && attemptStatus === 'open'
}

/** Undefined where the provider can't close pages. */
export async function askToClose(deps: Deps, payment: Payment): Promise<ClosedAnswer | undefined> {
  const { gateway, credentials } = payment
  const conversation = gateway.closeCheckout?.(knownOf(payment), credentials)
  return conversation && converse(deps.exchange, gateway, conversation)
}

/** The provider has a page whose address we never got, and never gives again: nobody can pay there. Opens another. */
async function startOver(deps: Deps, payment: Payment, confirmation: Confirmation): Promise<FollowedUp> {
  const { db } = deps.worker
  const now = deps.clock.now()
  const attemptId = newId('att', now.getTime(), deps.random)
  const leaving = {
    because: 'page_never_handed_out',
    message: undefined,
    nextCheckAt: new Date(now.getTime() + IN_FLIGHT_MS),
  }
  const batch = await deps.worker.runFor(
    enterWorker(db, now),
    [...replaceAttempt(db, payment, { id: attemptId, reference: providerReference(attemptId) }, leaving)],
    findPayment(db, payment.transactionId),
  )
  if (!batch.ok) throw new Error(`the attempt was not replaced: ${batch.problem.code}`)
  const [row] = batch.rows
  // Somebody else was faster, or too many attempts were made: what stands is the answer.
  if (row?.attemptId !== attemptId)
    return commit(deps, payment, confirmation, settle(db, payment, NO_CLEAR_ANSWER, now))
  const asked = await openCheckout(deps, await openPayment(deps, row), LIMITS.failoversPerRequest)
  return commit(deps, asked.payment, confirmation, recordCheckout(db, asked, deps.clock.now()))
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
  await tell(deps, row)
  return { status: row.status, object: row.object, isConfirmed: isClear(payment, confirmation) }
}
