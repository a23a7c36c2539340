/** Writes down what a provider said about a payment: the attempt, the transaction, and when to ask again. */

import type { BatchItem } from 'drizzle-orm/batch'
import type { Db } from '../../db/client.ts'
import {
  failAttempt,
  lockPayment,
  type Move,
  markDuplicate,
  moveTransaction,
  scheduleAttemptCheck,
  scheduleCheck,
  succeedAttempt,
  watchOpenPages,
} from '../../db/statements/outcomes.ts'
import { askAfterRefunds } from '../../db/statements/refunds.ts'
import { nextCheckAt } from '../../domain/retry.ts'
import { attemptMayBecome, type TransactionStatus, transactionMayBecome } from '../../domain/transaction.ts'
import { type Decision, decide } from '../../domain/verdict.ts'
import type { Confirmation } from '../../providers/contract.ts'
import { converse } from '../../providers/exchange.ts'
import type { Deps } from '../deps.ts'
import { askedOf, knownOf, type Payment } from './payment.ts'

/** Asks the provider what became of the attempt. It changes nothing. */
export async function askProvider(deps: Deps, payment: Payment): Promise<Confirmation> {
  const { gateway, credentials } = payment
  return converse(deps.exchange, gateway, gateway.confirm(knownOf(payment), credentials))
}

/**
 * Whether the provider gave a clear answer. That it knows nothing of the payment is one only where it gave us a page: before
 * that, our call may be under way to it.
 */
export function isClear({ attemptStatus }: Payment, confirmation: Confirmation): boolean {
  return confirmation.kind === 'found' || (confirmation.kind === 'not_found' && attemptStatus === 'open')
}

/** The statements that apply a provider's answer. Without a clear one only the next question is scheduled. */
export function settle(db: Db, payment: Payment, confirmation: Confirmation, now: Date): BatchItem<'pg'>[] {
  const decision = heeded(payment, decisionFor(payment, confirmation, now))
  return [
    lockPayment(db, payment.transactionId),
    ...attemptStatements(db, payment, confirmation, decision),
    ...transactionStatements(db, payment, confirmation, decision),
    ...nextQuestion(db, payment, confirmation, decision, now),
  ]
}

/**
 * An attempt that was paid or given up can't fail any more, so its failure is not the transaction's either. Of one that was
 * left for another, only money is news.
 */
function heeded({ attemptStatus, isLatest }: Payment, decision: Decision): Decision {
  const isNoNews = decision.transaction === 'failed' && !attemptMayBecome(attemptStatus, 'failed')
  const isOfTheLeft = !isLatest && decision.attempt !== 'succeeded'
  return isNoNews || isOfTheLeft ? { attempt: undefined, transaction: undefined } : decision
}

function attemptStatements(
  db: Db,
  payment: Payment,
  confirmation: Confirmation,
  decision: Decision,
): BatchItem<'pg'>[] {
  if (confirmation.kind === 'found' && decision.attempt === 'succeeded') {
    return [
      succeedAttempt(db, payment.attemptId, confirmation.reported),
      ...(confirmation.status === 'paid_twice' ? [markDuplicate(db, payment.attemptId)] : []),
      watchOpenPages(db, payment.transactionId, payment.attemptId),
    ]
  }
  if (decision.attempt !== 'failed') return []
  const words = confirmation.kind === 'found' ? confirmation.message : undefined
  return [failAttempt(db, payment.attemptId, decision.transaction ?? 'failed', words)]
}

function transactionStatements(
  db: Db,
  { transactionId, attemptId }: Payment,
  confirmation: Confirmation,
  decision: Decision,
): BatchItem<'pg'>[] {
  const move = moveOf(decision, confirmation, attemptId)
  const isReversed = confirmation.kind === 'found' && confirmation.status === 'reversed'
  return [
    ...(move === undefined ? [] : [moveTransaction(db, transactionId, move)]),
    ...(isReversed ? [askAfterRefunds(db, transactionId)] : []),
  ]
}

/** A transaction asks after its latest attempt; one that was left is asked after by itself. */
function nextQuestion(
  db: Db,
  payment: Payment,
  confirmation: Confirmation,
  decision: Decision,
  now: Date,
): BatchItem<'pg'>[] {
  const { transactionId, attemptId, expiresAt, checks, attemptChecks, isLatest } = payment
  const isConfirmed = isClear(payment, confirmation)
  const status = statusAfter(payment.transactionStatus, decision)
  const ofTransaction = scheduleCheck(db, transactionId, nextCheckAt(status, checks, now, expiresAt), isConfirmed)
  if (isLatest && isAskedAfter(status)) return [ofTransaction]
  const isSettled = decision.attempt === 'succeeded' || payment.attemptStatus === 'succeeded'
  const next = isSettled ? undefined : nextCheckAt('cancelled', attemptChecks, now, expiresAt)
  return [...(isLatest ? [ofTransaction] : []), scheduleAttemptCheck(db, attemptId, next)]
}

/** Whether the transaction's own schedule goes on; it ends with the money. */
const isAskedAfter = (status: TransactionStatus): boolean => status !== 'succeeded' && status !== 'requires_review'

function statusAfter(status: TransactionStatus, { transaction: next }: Decision): TransactionStatus {
  return next !== undefined && transactionMayBecome(status, next) ? next : status
}

function decisionFor(payment: Payment, confirmation: Confirmation, now: Date): Decision {
  switch (confirmation.kind) {
    case 'found':
      return decide(askedOf(payment), confirmation.status, confirmation.reported, now, payment.expiresAt)
    case 'not_found':
      // Past the deadline, and the provider knows nothing of it: nobody can have paid.
      return now >= payment.expiresAt
        ? { attempt: 'failed', transaction: 'expired' }
        : { attempt: undefined, transaction: undefined }
    case 'refused':
    case 'unknown':
      return { attempt: undefined, transaction: undefined }
  }
}

function moveOf(decision: Decision, confirmation: Confirmation, attemptId: string): Move | undefined {
  switch (decision.transaction) {
    case undefined:
    case 'pending':
      return undefined
    case 'processing':
    case 'expired':
    case 'cancelled':
      return { to: decision.transaction }
    case 'failed':
      return { to: 'failed', failureReason: confirmation.kind === 'found' ? confirmation.message : undefined }
    case 'requires_review':
      return { to: 'requires_review', reviewReason: decision.reviewReason ?? 'unexplained' }
    case 'succeeded':
      return { to: 'succeeded', attemptId }
  }
}
