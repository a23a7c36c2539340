/** Statements about refunds: written before the provider is asked, and brought up to what it says. */

import { and, desc, eq, type SQL, sql } from 'drizzle-orm'
import { LIMITS } from '../../domain/limits.ts'
import { REFUND_STATUSES, type RefundStatus } from '../../domain/refund.ts'
import { REFUND_LOOKS_BACK_MS } from '../../domain/retry.ts'
import type { Mode } from '../../domain/transaction.ts'
import type { Db } from '../client.ts'
import { transactions } from '../schema/payments.ts'
import { refunds } from '../schema/refunds.ts'
import { refuseWhere } from './claims.ts'
import { insertWhere, textArray } from './insert-where.ts'
import { afterCursor, asIs, jsonObject, newestOf, oneOrAll, type Page, rowsFor } from './page.ts'
import { paidAttempt } from './payments.ts'

export interface NewRefund {
  id: string
  transactionId: string
  /** Minor units; undefined for all that is left. */
  amount: bigint | undefined
  reason: string | null
}

/** What providers ask of refunds, as far as they ask anything. */
export interface RefundTerms {
  providers: readonly { provider: string; partial: boolean; modes: readonly Mode[] }[]
  /** Minor units: the least that is sent back, and what it must be a multiple of. */
  amounts: readonly { provider: string; currency: string; minimum: number; step: number }[]
}

const object = jsonObject(sql`app.refund_object(${refunds})`)

/** A refund of a payment, where `first` holds; refuses the batch where it can't be. What is left is held by the database. */
export function insertRefund(db: Db, first: SQL, refund: NewRefund, terms: RefundTerms) {
  const { transactionId } = refund
  const payment = sql`transactions t where t.id = ${transactionId}`
  const left = sql`(t.amount - t.amount_refunded - t.amount_refunding)`
  const amount = refund.amount === undefined ? left : sql`${refund.amount}::bigint`
  const unless = (condition: SQL, status: number, code: string, detail = '') =>
    refuseWhere(db, sql`${first} and not exists (select from ${payment} and (${condition}))`, status, code, detail)
  const provider = sql`jsonb_to_recordset(${JSON.stringify(terms.providers)}::jsonb)
                       as p (provider text, partial boolean, modes jsonb)`
  const amounts = sql`jsonb_to_recordset(${JSON.stringify(terms.amounts)}::jsonb)
                      as m (provider text, currency text, minimum bigint, step bigint)`
  const isOurs = sql`m.provider = t.provider and m.currency = t.currency`
  const count = sql`(select count(*) from refunds r where r.transaction_id = t.id)`
  return [
    // Those who come at once wait here for each other, so that all that follows sees the same sums.
    db
      .select({ id: transactions.id })
      .from(transactions)
      .where(and(eq(transactions.id, transactionId), first))
      .for('no key update'),
    unless(sql`true`, 404, 'transaction_not_found'),
    unless(sql`t.status = 'succeeded'`, 409, 'transaction_not_refundable'),
    unless(sql`${count} < ${LIMITS.refundsPerTransaction}`, 409, 'refunds_too_many'),
    unless(sql`${left} > 0 and ${amount} <= ${left}`, 422, 'refund_exceeds_payment'),
    unless(
      sql`exists (select from ${provider} where p.provider = t.provider and p.modes ? t.mode)`,
      422,
      'refund_not_supported',
      'The provider refunds nothing in this mode.',
    ),
    unless(
      sql`${amount} = t.amount or exists (select from ${provider} where p.provider = t.provider and p.partial)`,
      422,
      'refund_not_supported',
      'The provider refunds a payment as a whole only.',
    ),
    unless(
      sql`not exists (select from ${amounts} where ${isOurs} and m.minimum > ${amount})`,
      422,
      'refund_below_minimum',
    ),
    unless(
      sql`not exists (select from ${amounts} where ${isOurs} and ${amount} % m.step <> 0)`,
      422,
      'amount_not_payable',
    ),
    insertWhere(
      db,
      refunds,
      {
        id: refund.id,
        merchantId: sql`app.merchant_id()`,
        mode: sql`app.mode()`,
        transactionId,
        attemptId: sql`a.id`,
        connectionId: sql`a.connection_id`,
        provider: sql`a.provider`,
        amount,
        currency: sql`t.currency`,
        reason: refund.reason,
        sentAt: sql`app.now()`,
      },
      sql`t.id = ${transactionId} and ${first}`,
      sql`transactions t, ${paidAttempt(transactionId)} a`,
    ),
  ] as const
}

const known = {
  id: refunds.id,
  amount: refunds.amount,
  status: refunds.status,
  reason: refunds.reason,
  providerRefundId: sql<string | null>`${refunds.providerRefundId}`,
  failureCode: refunds.failureCode,
  origin: refunds.origin,
  sentAt: refunds.sentAt,
  createdAt: refunds.createdAt,
}

export type RefundRow = Awaited<ReturnType<typeof findRefund>>[number]

export function findRefund(db: Db, id: string | SQL) {
  return db.select(known).from(refunds).where(eq(refunds.id, id))
}

/** All refunds of the payment, however they stand. */
export function findRefundsOf(db: Db, transactionId: string | SQL) {
  return findRefundsWhere(db, eq(refunds.transactionId, transactionId))
}

export function findRefundsWhere(db: Db, condition: SQL) {
  return db.select(known).from(refunds).where(condition).orderBy(refunds.id)
}

/** Our refunds that a page of the provider's list is about, by the provider's id or by ours. */
export function findListedRefunds(
  db: Db,
  connectionId: string,
  theirIds: readonly string[],
  ourIds: readonly string[],
) {
  return findRefundsWhere(
    db,
    sql`connection_id = ${connectionId}
        and (provider_refund_id = any(${textArray(theirIds)}) or id = any(${textArray(ourIds)}))`,
  )
}

/** The refund's JSON as an expression, for an answer. */
export function refundObject(id: string): SQL {
  return sql`(select app.refund_object(r) from refunds r where r.id = ${id})`
}

export interface RefundFilters {
  transactionId: string | undefined
  status: RefundStatus | undefined
}

export function listRefunds(db: Db, { transactionId, status }: RefundFilters, page: Page) {
  return db
    .select({ id: refunds.id, object })
    .from(refunds)
    .where(
      transactionId === undefined
        ? status === undefined
          ? afterCursor(refunds.id, page)
          : newestOf(
              refunds.id,
              page,
              oneOrAll('status', status, REFUND_STATUSES),
              sql`${refunds.status} = status.status`,
            )
        : and(
            // Of one payment they are few.
            eq(refunds.transactionId, transactionId),
            asIs(refunds.status, status),
            afterCursor(refunds.id, page),
          ),
    )
    .orderBy(desc(refunds.id))
    .limit(rowsFor(page))
}

export function readRefund(db: Db, id: string) {
  return db.select({ object }).from(refunds).where(eq(refunds.id, id))
}

/** What is learned about a refund; fields that are undefined stay as they are. */
export interface RefundNews {
  status?: RefundStatus | undefined
  providerRefundId?: string | undefined
  failureCode?: string | null | undefined
  failureMessage?: string | null | undefined
  sentAt?: Date | undefined
}

/** Brings a refund up to date where its state allows it; stale news and repeats change nothing. */
export function updateRefund(db: Db, id: string, news: RefundNews) {
  const { status, providerRefundId, ...rest } = news
  const isFinished = status === 'succeeded' || status === 'failed'
  return db
    .update(refunds)
    .set({
      ...rest,
      ...(status === undefined ? {} : { status }),
      ...(providerRefundId === undefined
        ? {}
        : { providerRefundId: sql`coalesce(${refunds.providerRefundId}, ${providerRefundId})` }),
      ...(isFinished ? { finishedAt: sql`app.now()` } : {}),
      updatedAt: sql`app.now()`,
    })
    .where(
      and(
        eq(refunds.id, id),
        status === undefined ? undefined : sql`(status = ${status} or app.refund_may_become(status, ${status}))`,
      ),
    )
}

/** A refund that was made at the provider. */
export interface AdoptedRefund {
  id: string
  transactionId: string
  amount: bigint
  providerRefundId: string
  /** Ids of our refunds of the payment that the provider's were compared with. */
  compared: readonly string[]
}

/** In SQL: one more was asked for here than was compared with the provider's. It may be what the provider tells of. */
export const isAskedForSince = (transactionId: string, compared: readonly string[]): SQL => sql`exists (
  select from refunds r where r.transaction_id = ${transactionId} and r.origin = 'api'
    and r.id <> all (${textArray(compared)}))`

/**
 * Takes in a refund that somebody made at the provider, where it fits into what is left and is not here already. What is
 * asked for meanwhile puts it off: it is compared at the next look.
 */
export function adoptRefund(db: Db, { id, transactionId, amount, providerRefundId, compared }: AdoptedRefund) {
  return insertWhere(
    db,
    refunds,
    {
      id,
      merchantId: sql`t.merchant_id`,
      mode: sql`t.mode`,
      transactionId,
      attemptId: sql`a.id`,
      connectionId: sql`a.connection_id`,
      provider: sql`a.provider`,
      origin: 'provider',
      amount,
      currency: sql`t.currency`,
      providerRefundId,
    },
    sql`t.id = ${transactionId} and t.amount_refunded + t.amount_refunding + ${amount}::bigint <= t.amount
        and not ${isAskedForSince(transactionId, compared)}
        on conflict on constraint refunds_adopted_once do nothing`,
    sql`transactions t, ${paidAttempt(transactionId)} a`,
  )
}

/**
 * When the provider's list of refunds is read next: then, while one is under way; later and less often, once those that the
 * provider had are over; and never after that.
 */
export function scheduleRefundCheck(db: Db, transactionId: string, nextAt: Date) {
  return db
    .update(transactions)
    .set({
      refundChecks: sql`${transactions.refundChecks} + 1`,
      refundsCheckAt: sql`case when amount_refunding > 0 then ${nextAt.toISOString()}::timestamptz else (
        select min(r.finished_at + make_interval(secs => back.seconds))
        from refunds r cross join (values ${looksBack}) back (seconds)
        where r.transaction_id = ${transactions.id} and r.provider_refund_id is not null
          and r.finished_at + make_interval(secs => back.seconds) > app.now()) end`,
    })
    .where(eq(transactions.id, transactionId))
}

const looksBack = sql.raw(REFUND_LOOKS_BACK_MS.map((ms) => `(${ms / 1000})`).join(', '))

/** Money of it went back at the provider: its refunds are read at the next sweep. */
export function askAfterRefunds(db: Db, transactionId: string) {
  return db
    .update(transactions)
    .set({ refundsCheckAt: sql`app.now()` })
    .where(and(eq(transactions.id, transactionId), eq(transactions.status, 'succeeded')))
}

/** Takes the payments whose refunds are due to be asked after; nobody else takes them while the lease lasts. */
export function leaseDueRefunds(db: Db) {
  return db
    .update(transactions)
    .set({ refundsCheckAt: sql`app.now() + make_interval(secs => ${LIMITS.sweepLeaseSeconds})` })
    .where(
      sql`${transactions.id} in (
        select due.id from transactions due where due.refunds_check_at <= app.now()
        order by due.refunds_check_at limit ${LIMITS.sweepRowsMax} for update skip locked)`,
    )
    .returning({ id: transactions.id })
}
