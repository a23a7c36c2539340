/** Statements that write down what a provider said: of an attempt, of its transaction, and when to ask again. */

import { and, eq, type SQL, sql } from 'drizzle-orm'
import { LIMITS } from '../../domain/limits.ts'
import type { Db } from '../client.ts'
import { attempts, transactions } from '../schema/payments.ts'
import { insertWhere } from './insert-where.ts'
import type { NewAttempt, PaymentRow } from './payments.ts'
import { type Route, routeOf, takeProbe } from './routing.ts'

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

/**
 * Heads what is learned of a payment: its row is locked before those of its attempts, by everybody. So news is written one
 * after the other, the second of two charges sees the first, and no two wait for each other.
 */
export function lockPayment(db: Db, transactionId: string) {
  return db
    .select({ id: transactions.id })
    .from(transactions)
    .where(eq(transactions.id, transactionId))
    .for('no key update')
}

/** The page is open: somebody can pay there. */
export function openAttempt(db: Db, attemptId: string, checkoutUrl: string, checkoutId: string | undefined) {
  return db
    .update(attempts)
    .set({
      status: 'open',
      checkoutUrl,
      checkoutId: checkoutId ?? null,
      failureCode: null,
      failureMessage: null,
      updatedAt: sql`app.now()`,
    })
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

const paidByAnother = (attemptId: string): SQL => sql`exists (
  select from attempts other where other.transaction_id = attempts.transaction_id and other.id <> ${attemptId}
    and other.status = 'succeeded' and not other.is_duplicate)`

/**
 * The attempt was paid, rightly or wrongly: what the provider says stands beside what was asked. Where another attempt was
 * paid before, this is a charge too many, and is marked so.
 */
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
      isDuplicate: paidByAnother(attemptId),
      failureCode: null,
      failureMessage: null,
      updatedAt: sql`app.now()`,
    })
    .where(and(eq(attempts.id, attemptId), may('attempt', 'succeeded')))
}

/** The provider took more than one payment under the attempt's reference. */
export function markDuplicate(db: Db, attemptId: string) {
  return db
    .update(attempts)
    .set({ isDuplicate: true, updatedAt: sql`app.now()` })
    .where(and(eq(attempts.id, attemptId), sql`status = 'succeeded' and not is_duplicate`))
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

/**
 * When the provider is asked next; a transaction with nothing left to learn is left alone.
 * @param isConfirmed whether the provider gave a clear answer just now
 */
export function scheduleCheck(db: Db, transactionId: string, nextCheckAt: Date | undefined, isConfirmed = false) {
  const at = nextCheckAt?.toISOString() ?? null
  return db
    .update(transactions)
    .set({
      checks: sql`${transactions.checks} + 1`,
      nextCheckAt: sql`case when status in ('succeeded', 'requires_review') then null else ${at}::timestamptz end`,
      ...(isConfirmed ? { confirmedAt: sql`app.now()` } : {}),
    })
    .where(eq(transactions.id, transactionId))
}

/** When an attempt that was left is asked after next; undefined when never again. */
export function scheduleAttemptCheck(db: Db, attemptId: string, nextCheckAt: Date | undefined) {
  return db
    .update(attempts)
    .set({ checks: sql`${attempts.checks} + 1`, nextCheckAt: nextCheckAt ?? null })
    .where(eq(attempts.id, attemptId))
}

/** Once the payment is over, a page of it that is still open is looked after by itself. */
export function watchOpenPages(db: Db, transactionId: string, paidAttemptId: string) {
  return db
    .update(attempts)
    .set({ nextCheckAt: sql`app.now()` })
    .where(
      and(
        eq(attempts.transactionId, transactionId),
        sql`${attempts.id} <> ${paidAttemptId} and status in ('created', 'open', 'unknown')`,
      ),
    )
}

/** Why an attempt was left for the next one. */
export interface Leaving {
  because: string
  message: string | undefined
  /** When it is asked after, should its page turn out to be paid; undefined where there can be none. */
  nextCheckAt: Date | undefined
}

const leave = (db: Db, attemptId: string, { because, message, nextCheckAt }: Leaving, condition: SQL) =>
  db
    .update(attempts)
    .set({
      status: 'failed',
      leftBecause: because.slice(0, 100),
      failureMessage: message?.slice(0, 500) ?? null,
      nextCheckAt: nextCheckAt ?? null,
      updatedAt: sql`app.now()`,
    })
    .where(and(eq(attempts.id, attemptId), sql`status in ('created', 'unknown') and ${condition}`))

type Left = Pick<PaymentRow, 'attemptId' | 'transactionId' | 'merchantId' | 'mode'>

/** Writes the attempt after one that was left just now. Does nothing where somebody else was faster. */
const insertNext = (
  db: Db,
  old: Left,
  next: NewAttempt,
  where: { connectionId: SQL; provider: SQL; because: SQL },
  source: SQL,
) =>
  insertWhere(
    db,
    attempts,
    {
      ...next,
      merchantId: sql`a.merchant_id`,
      mode: sql`a.mode`,
      transactionId: old.transactionId,
      number: sql`a.number + 1`,
      connectionId: where.connectionId,
      provider: where.provider,
      amount: sql`a.amount`,
      currency: sql`a.currency`,
      chosenBecause: where.because,
    },
    sql`a.id = ${old.attemptId} and a.status = 'failed' and a.left_because is not null
        and a.number < ${LIMITS.attemptsPerTransaction}
        and not exists (select from attempts b where b.transaction_id = a.transaction_id and b.number > a.number)`,
    source,
  )

/**
 * Gives up an attempt that nobody was handed a page for, and writes the next one, at the same connection under a new
 * reference. Returns nothing where somebody else was faster.
 */
export function replaceAttempt(db: Db, old: Left, next: NewAttempt, leaving: Leaving) {
  const same = {
    connectionId: sql`a.connection_id`,
    provider: sql`a.provider`,
    because: sql`'attempt_before_never_opened'`,
  }
  return [leave(db, old.attemptId, leaving, sql`true`), insertNext(db, old, next, same, sql`attempts a`)] as const
}

/** Leaves an attempt for the next connection that can take the payment. Does nothing where there is none. */
export function failOver(db: Db, old: Left, next: NewAttempt, leaving: Leaving, route: Route) {
  const tried = sql`array(select t.connection_id from attempts t where t.transaction_id = ${old.transactionId})`
  const chosen = sql`(select * from ${routeOf({ id: old.merchantId, mode: old.mode }, route, tried)} limit 1) chosen`
  const there = {
    connectionId: sql`chosen.connection_id`,
    provider: sql`chosen.provider`,
    because: sql`'failover, ' || chosen.reason`,
  }
  return [
    lockPayment(db, old.transactionId),
    leave(db, old.attemptId, leaving, sql`exists (select from ${chosen})`),
    insertNext(db, old, next, there, sql`attempts a, ${chosen}`),
    takeProbe(db, next.id),
    // What is shown of the transaction is where it is tried.
    db
      .update(transactions)
      .set({ connectionId: sql`n.connection_id`, provider: sql`n.provider`, updatedAt: sql`app.now()` })
      .from(sql`(select * from attempts where id = ${next.id}) n`)
      .where(eq(transactions.id, old.transactionId)),
  ] as const
}
