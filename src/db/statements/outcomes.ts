/** Statements that write down what a provider said: of an attempt, of its transaction, and when to ask again. */

import { and, eq, type SQL, sql } from 'drizzle-orm'
import { LIMITS } from '../../domain/limits.ts'
import type { Db } from '../client.ts'
import { attempts, transactions } from '../schema/payments.ts'
import { insertWhere } from './insert-where.ts'
import type { NewAttempt, PaymentRow } from './payments.ts'

/** What is learned about an attempt that the provider confirmed. */
export interface ConfirmedAmounts {
  amount: bigint | undefined
  currency: string
  collected: bigint | undefined
  fee: bigint | undefined
  providerTransactionId: string
}

const may = (machine: 'attempt' | 'transaction', to: string): SQL =>
  sql`${sql.raw(`app.${machine}_may_become`)}(status, ${to})`

/** The page is open: somebody can pay there. */
export function openAttempt(db: Db, attemptId: string, checkoutUrl: string) {
  return db
    .update(attempts)
    .set({ status: 'open', checkoutUrl, updatedAt: sql`app.now()` })
    .where(and(eq(attempts.id, attemptId), may('attempt', 'open')))
}

/** We don't know whether the provider took it. */
export function loseSightOfAttempt(db: Db, attemptId: string, cause: string) {
  return db
    .update(attempts)
    .set({ status: 'unknown', failureCode: cause, updatedAt: sql`app.now()` })
    .where(and(eq(attempts.id, attemptId), may('attempt', 'unknown')))
}

export function failAttempt(db: Db, attemptId: string, failureCode: string, failureMessage: string | undefined) {
  return db
    .update(attempts)
    .set({
      status: 'failed',
      failureCode,
      failureMessage: failureMessage?.slice(0, 500) ?? null,
      updatedAt: sql`app.now()`,
    })
    .where(and(eq(attempts.id, attemptId), may('attempt', 'failed')))
}

/** The attempt was paid, rightly or wrongly: what the provider says stands beside what was asked. */
export function succeedAttempt(db: Db, attemptId: string, confirmed: ConfirmedAmounts) {
  return db
    .update(attempts)
    .set({
      status: 'succeeded',
      confirmedAmount: confirmed.amount ?? null,
      confirmedCurrency: confirmed.currency,
      collectedAmount: confirmed.collected ?? null,
      fee: confirmed.fee ?? null,
      providerTransactionId: confirmed.providerTransactionId,
      failureCode: null,
      failureMessage: null,
      updatedAt: sql`app.now()`,
    })
    .where(and(eq(attempts.id, attemptId), may('attempt', 'succeeded')))
}

/** What a transaction becomes, with what its new status needs. */
export type Move =
  | { to: 'processing' | 'expired' | 'cancelled' }
  | { to: 'failed'; failureReason: string | undefined }
  | { to: 'requires_review'; reviewReason: string }
  | { to: 'succeeded'; attemptId: string }

/**
 * Moves the transaction where its status allows it; stale news and repeats change nothing. It succeeds by an attempt that
 * was confirmed with what was asked: one that was first confirmed otherwise is somebody's to look at, and stays so.
 */
export function moveTransaction(db: Db, transactionId: string, move: Move) {
  return db
    .update(transactions)
    .set({ status: move.to, updatedAt: sql`app.now()`, ...detailsOf(move) })
    .where(
      and(
        eq(transactions.id, transactionId),
        may('transaction', move.to),
        move.to === 'succeeded' ? wasPaidAsAsked(move.attemptId) : undefined,
      ),
    )
}

const wasPaidAsAsked = (attemptId: string): SQL => sql`exists (
  select from attempts a where a.id = ${attemptId} and a.status = 'succeeded'
    and a.confirmed_amount = a.amount and a.confirmed_currency = a.currency)`

function detailsOf(move: Move) {
  switch (move.to) {
    case 'processing':
    case 'expired':
    case 'cancelled':
      return {}
    case 'failed':
      return { failureReason: move.failureReason?.slice(0, 500) ?? null }
    case 'requires_review':
      return { reviewReason: move.reviewReason }
    case 'succeeded': {
      const ofAttempt = (column: string): SQL =>
        sql`(select ${sql.raw(column)} from attempts a where a.id = ${move.attemptId})`
      return {
        succeededAt: sql`app.now()`,
        provider: ofAttempt('a.provider'),
        connectionId: ofAttempt('a.connection_id'),
        fee: ofAttempt('a.fee'),
        // What is left of what was collected: the payer may have borne the fee on top.
        netAmount: ofAttempt('a.collected_amount - coalesce(a.fee, 0)'),
        failureReason: null,
      }
    }
  }
}

/** When the provider is asked next; a transaction with nothing left to learn is left alone. */
export function scheduleCheck(db: Db, transactionId: string, nextCheckAt: Date | undefined) {
  const at = nextCheckAt?.toISOString() ?? null
  return db
    .update(transactions)
    .set({
      checks: sql`${transactions.checks} + 1`,
      nextCheckAt: sql`case when status in ('succeeded', 'requires_review') then null else ${at}::timestamptz end`,
    })
    .where(eq(transactions.id, transactionId))
}

/**
 * Gives up an attempt that nobody was handed a page for, and writes the next one, at the same connection under a new
 * reference. Returns nothing where somebody else was faster.
 */
export function replaceAttempt(db: Db, old: Pick<PaymentRow, 'attemptId' | 'transactionId'>, next: NewAttempt) {
  return [
    db
      .update(attempts)
      .set({ status: 'failed', leftBecause: 'page_never_handed_out', updatedAt: sql`app.now()` })
      .where(and(eq(attempts.id, old.attemptId), sql`status in ('created', 'unknown')`)),
    insertWhere(
      db,
      attempts,
      {
        ...next,
        merchantId: sql`a.merchant_id`,
        mode: sql`a.mode`,
        transactionId: old.transactionId,
        number: sql`a.number + 1`,
        connectionId: sql`a.connection_id`,
        provider: sql`a.provider`,
        amount: sql`a.amount`,
        currency: sql`a.currency`,
        chosenBecause: 'attempt_before_never_opened',
      },
      sql`a.id = ${old.attemptId} and a.status = 'failed' and a.number < ${LIMITS.attemptsPerTransaction}
          and not exists (select from attempts b where b.transaction_id = a.transaction_id and b.number > a.number)`,
      sql`attempts a`,
    ),
  ] as const
}
