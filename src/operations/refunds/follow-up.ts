/**
 * Brings the refunds of a payment up to what the provider says: ours, and those that somebody made on its dashboard. One
 * that the provider never got is sent again, under the same id. Safe at any time, any number of times.
 */

import { sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import { enterWorker } from '../../db/gate.ts'
import { correctDrifts, isOurs, type NewDrift, recordDrift } from '../../db/statements/drifts.ts'
import { lockPayment } from '../../db/statements/outcomes.ts'
import { findPaidPayment, readOutcome } from '../../db/statements/payments.ts'
import {
  adoptRefund,
  findRefundsOf,
  isAskedForSince,
  type RefundRow,
  scheduleRefundCheck,
  updateRefund,
} from '../../db/statements/refunds.ts'
import { newId } from '../../domain/ids.ts'
import { matchRefunds, type ReportedRefund } from '../../domain/refund.ts'
import { nextRefundCheckAt, REFUND_RESEND_MS, REFUND_UNCLEAR_MS } from '../../domain/retry.ts'
import { converse } from '../../providers/exchange.ts'
import type { Deps } from '../deps.ts'
import { tell } from '../events/tell.ts'
import { openPayment, type Payment } from '../payments/payment.ts'
import { newsOf, ourRefundOf, paidOf, REFUND_EXISTS, recordRefund, sendRefund } from './send.ts'

/** Two round trips, and the provider's calls between them. False where the provider gave no clear answer. */
export async function followUpRefunds(deps: Deps, transactionId: string): Promise<boolean> {
  const { db } = deps.worker
  const found = await deps.worker.run(enterWorker(db, deps.clock.now()), [
    findPaidPayment(db, transactionId),
    findRefundsOf(db, transactionId),
  ])
  if (!found.ok) throw new Error(`refunds of ${transactionId} were not read: ${found.problem.code}`)
  const [[row], refunds] = found.rows
  if (row === undefined) return true
  const { statements, isClear } = await learnRefunds(deps, await openPayment(deps, row), refunds)
  const batch = await deps.worker.runFor(enterWorker(db, deps.clock.now()), statements, readOutcome(db, transactionId))
  if (!batch.ok) throw new Error(`refunds of ${transactionId} were not brought up to date: ${batch.problem.code}`)
  const [news] = batch.rows
  if (news !== undefined) await tell(deps, news)
  return isClear
}

export interface Learned {
  statements: BatchItem<'pg'>[]
  /** Whether the provider told of its refunds. */
  isClear: boolean
}

/** Asks the provider, and says what to write down. */
export async function learnRefunds(deps: Deps, payment: Payment, refunds: readonly RefundRow[]): Promise<Learned> {
  const { gateway, credentials, transactionId } = payment
  const { db } = deps.worker
  const known = refunds
    // One that was refused was never made there, so nothing of it shows there.
    .filter(({ status, providerRefundId }) => status !== 'failed' || providerRefundId !== null)
    .map(({ id, providerRefundId }) => ({ refundId: id, providerRefundId: providerRefundId ?? undefined }))
  const list = await converse(deps.exchange, gateway, gateway.readRefunds(paidOf(payment), known, credentials))
  const now = deps.clock.now()
  const next = scheduleRefundCheck(db, transactionId, nextRefundCheckAt(payment.refundChecks, now))
  if (list.kind !== 'listed') return { statements: [next], isClear: false }
  const rows = new Map(refunds.map((row) => [row.id, row]))
  const { pairs, missing, ambiguous, foreign } = matchRefunds(refunds.map(ourRefundOf), list.refunds)
  const statements: BatchItem<'pg'>[] = [lockPayment(db, transactionId)]
  for (const { ours, theirs } of pairs) {
    const row = rows.get(ours.id)
    if (row !== undefined) statements.push(updateRefund(db, ours.id, newsOf(row, theirs)))
  }
  for (const { id } of missing) {
    const row = rows.get(id)
    if (row !== undefined) statements.push(...(await seekMissing(deps, payment, row, now, list.isComplete)))
  }
  const doubtful = ambiguous.ours.filter(({ id }) => isOverdue(rows.get(id), now))
  for (const { id } of doubtful) {
    statements.push(updateRefund(db, id, { status: 'requires_action', failureCode: 'ambiguous_at_provider' }))
  }
  if (doubtful.length > 0) {
    for (const reported of ambiguous.theirs) statements.push(recordDrift(db, driftOf(payment, reported)))
  }
  for (const reported of foreign) statements.push(...takeIn(deps, payment, reported, refunds))
  return { statements: [...statements, next], isClear: true }
}

/**
 * A refund of ours that the provider did not list.
 * @param isComplete whether that means that it was not made
 */
async function seekMissing(
  deps: Deps,
  payment: Payment,
  refund: RefundRow,
  now: Date,
  isComplete: boolean,
): Promise<BatchItem<'pg'>[]> {
  const { db } = deps.worker
  // The provider took it once: that it is not in the list by now says nothing.
  if (!isUnheardOf(refund)) return []
  if (now.getTime() - refund.createdAt.getTime() >= REFUND_UNCLEAR_MS) {
    return [updateRefund(db, refund.id, { status: 'requires_action', failureCode: 'no_clear_answer' })]
  }
  if (refund.failureCode === REFUND_EXISTS || !isOverdue(refund, now)) return []
  const answer = await sendRefund(deps, payment, refund)
  // What is refused the second time may have been made the first time: all of the money may be gone already.
  const isInTheDark = answer.kind === 'refused' && !isComplete
  const learned = isInTheDark
    ? [updateRefund(db, refund.id, { failureCode: answer.reason, failureMessage: answer.message })]
    : recordRefund(db, refund, answer)
  return [updateRefund(db, refund.id, { sentAt: now }), ...learned]
}

/** Asked for here, and the provider has never answered that it took it. */
function isUnheardOf({ status, origin, providerRefundId }: RefundRow): boolean {
  return status === 'pending' && origin !== 'provider' && providerRefundId === null
}

/** Until then its call may be under way, and lists may lag. */
function isOverdue(refund: RefundRow | undefined, now: Date): boolean {
  if (refund === undefined || !isUnheardOf(refund)) return false
  return now.getTime() - (refund.sentAt ?? refund.createdAt).getTime() >= REFUND_RESEND_MS
}

/** A refund that was made at the provider: it becomes one here, or, where it can't, a drift for a person. */
function takeIn(
  deps: Deps,
  payment: Payment,
  reported: ReportedRefund,
  refunds: readonly RefundRow[],
): BatchItem<'pg'>[] {
  const { db } = deps.worker
  const { transactionId } = payment
  const { providerRefundId, amount, status } = reported
  // It came to nothing, and nobody here knows of it.
  if (status === 'failed') return []
  if (providerRefundId === undefined || amount === undefined) {
    // That something went back, where the provider doesn't say what, is explained by what we know of, if we know of any.
    return refunds.some((refund) => refund.status !== 'failed') ? [] : [recordDrift(db, driftOf(payment, reported))]
  }
  const id = newId('ref', deps.clock.now().getTime(), deps.random)
  const drift = driftOf(payment, reported)
  const compared = refunds.map((refund) => refund.id)
  const isExplained = sql`${isOurs(drift.connectionId, providerRefundId)} or ${isAskedForSince(transactionId, compared)}`
  return [
    adoptRefund(db, { id, transactionId, amount, providerRefundId, compared }),
    // Only where it could not be taken in, for want of room; and once it could be, the books agree.
    recordDrift(db, drift, isExplained),
    correctDrifts(db, drift.connectionId, [drift.subject], providerRefundId),
    ...(status === 'pending' || status === 'unrecognised' ? [] : [updateRefund(db, id, { status })]),
  ]
}

function driftOf(payment: Payment, { providerRefundId, amount, status }: ReportedRefund): NewDrift {
  return {
    connectionId: payment.connection.id,
    attemptId: payment.attemptId,
    cause: 'refunded_there',
    subject: `${payment.reference}:${providerRefundId ?? 'refunded'}`,
    theirs: { status, amount: amount === undefined ? null : Number(amount), currency: payment.currency },
  }
}
