/** Writes down what a provider said about a payment: the attempt, the transaction, and when to ask again. */

import type { BatchItem } from 'drizzle-orm/batch'
import type { Db } from '../../db/client.ts'
import { failAttempt, type Move, moveTransaction, scheduleCheck, succeedAttempt } from '../../db/statements/outcomes.ts'
import { nextCheckAt } from '../../domain/retry.ts'
import { attemptMayBecome, type TransactionStatus, transactionMayBecome } from '../../domain/transaction.ts'
import { type Decision, decide } from '../../domain/verdict.ts'
import type { Confirmation } from '../../providers/contract.ts'
import { exchange } from '../../providers/exchange.ts'
import type { Deps } from '../deps.ts'
import { askedOf, type Payment } from './payment.ts'

/** Asks the provider what became of the attempt. It changes nothing. */
export async function askProvider(deps: Deps, payment: Payment): Promise<Confirmation> {
  const { gateway, credentials, reference } = payment
  const exchanged = await exchange(deps.exchange, gateway, gateway.confirm(reference, credentials))
  return exchanged.kind === 'unknown' ? exchanged : gateway.readConfirmation(exchanged.answer)
}

/** The statements that apply a provider's answer. Without a clear one only the next question is scheduled. */
export function settle(db: Db, payment: Payment, confirmation: Confirmation, now: Date): BatchItem<'pg'>[] {
  const { transactionId, attemptId, expiresAt, checks } = payment
  const decision = heeded(payment, decisionFor(payment, confirmation, now))
  const statements: BatchItem<'pg'>[] = []
  if (decision.attempt === 'succeeded' && confirmation.kind === 'found') {
    statements.push(succeedAttempt(db, attemptId, confirmation.reported))
  }
  if (decision.attempt === 'failed') {
    const words = confirmation.kind === 'found' ? confirmation.message : undefined
    statements.push(failAttempt(db, attemptId, decision.transaction ?? 'failed', words))
  }
  const move = moveOf(decision, confirmation, attemptId)
  if (move !== undefined) statements.push(moveTransaction(db, transactionId, move))
  const status = statusAfter(payment.transactionStatus, decision)
  statements.push(scheduleCheck(db, transactionId, nextCheckAt(status, checks, now, expiresAt)))
  return statements
}

/** An attempt that was paid or given up can't fail any more, so its failure is not the transaction's either. */
function heeded({ attemptStatus }: Payment, decision: Decision): Decision {
  return decision.transaction === 'failed' && !attemptMayBecome(attemptStatus, 'failed')
    ? { attempt: undefined, transaction: undefined }
    : decision
}

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
