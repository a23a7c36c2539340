/** Statements about transactions and their attempts. */

import { and, eq, type SQL, sql } from 'drizzle-orm'
import { LIMITS } from '../../domain/limits.ts'
import type { Db } from '../client.ts'
import { idempotencyClaims } from '../schema/idempotency.ts'
import { attempts, connections, transactions } from '../schema/payments.ts'
import { type Claim, claimColumns, refuseWhere } from './claims.ts'
import { insertWhere } from './insert-where.ts'
import { jsonObject } from './page.ts'

export interface NewTransaction {
  id: string
  reference: string
  /** Minor units. */
  amount: bigint
  currency: string
  customerEmail: string
  customerName: string | null
  customerPhone: string | null
  description: string | null
  metadata: Record<string, string>
  callbackUrl: string | null
  expiresAt: Date
  nextCheckAt: Date
}

export interface NewAttempt {
  id: string
  /** What the provider will know it by. */
  reference: string
}

const tenant = { merchantId: sql`app.merchant_id()`, mode: sql`app.mode()` }

/**
 * A transaction and its first attempt, at the first active connection that takes it: written before the provider is
 * asked. Refuses the batch where there is no such connection.
 * @param providers those whose terms take this amount in this currency
 */
export function insertPayment(
  db: Db,
  first: SQL,
  transaction: NewTransaction,
  attempt: NewAttempt,
  providers: string[],
) {
  const chosen = sql`(
    select c.* from connections c
    where c.status = 'active' and c.provider in ${providers}
    order by c.priority, c.id limit 1) chosen`
  return [
    refuseWhere(
      db,
      sql`${first} and not exists (select from ${chosen})`,
      422,
      'no_usable_connection',
      `Connect one of: ${providers.join(', ')}.`,
    ),
    insertWhere(
      db,
      transactions,
      { ...tenant, ...transaction, provider: sql`chosen.provider`, connectionId: sql`chosen.id` },
      first,
      chosen,
    ),
    insertWhere(
      db,
      attempts,
      {
        ...tenant,
        ...attempt,
        transactionId: transaction.id,
        number: 1,
        connectionId: sql`t.connection_id`,
        provider: sql`t.provider`,
        amount: transaction.amount,
        currency: transaction.currency,
        chosenBecause: 'first_active_connection',
      },
      sql`t.id = ${transaction.id} and ${first}`,
      sql`transactions t`,
    ),
  ] as const
}

/** A transaction with one attempt and its connection: all that is needed to ask the provider about it. */
const payment = {
  transactionId: transactions.id,
  merchantId: transactions.merchantId,
  mode: transactions.mode,
  transactionStatus: transactions.status,
  transactionReference: transactions.reference,
  customerEmail: transactions.customerEmail,
  callbackUrl: transactions.callbackUrl,
  expiresAt: transactions.expiresAt,
  checks: transactions.checks,
  attemptId: attempts.id,
  attemptNumber: attempts.number,
  attemptStatus: attempts.status,
  attemptCreatedAt: attempts.createdAt,
  reference: attempts.reference,
  amount: attempts.amount,
  currency: attempts.currency,
  provider: attempts.provider,
  connection: {
    id: connections.id,
    sealedCredentials: connections.sealedCredentials,
    sealedPrevious: connections.sealedPrevious,
    previousValidUntil: connections.previousValidUntil,
  },
}

export type PaymentRow = Awaited<ReturnType<typeof findPayment>>[number]

const isLatestAttempt = sql`${attempts.number} = (
  select max(a.number) from attempts a where a.transaction_id = ${transactions.id})`

/** The payment with its latest attempt. */
export function findPayment(db: Db, transactionId: string | SQL) {
  return db
    .select(payment)
    .from(transactions)
    .innerJoin(attempts, eq(attempts.transactionId, transactions.id))
    .innerJoin(connections, eq(connections.id, attempts.connectionId))
    .where(and(eq(transactions.id, transactionId), isLatestAttempt))
}

/** The payment whose attempt a provider event of this connection is about. */
export function findPaymentOfEvent(db: Db, providerEventId: string) {
  return db
    .select(payment)
    .from(transactions)
    .innerJoin(attempts, eq(attempts.transactionId, transactions.id))
    .innerJoin(connections, eq(connections.id, attempts.connectionId))
    .where(
      sql`exists (
        select from provider_events e where e.id = ${providerEventId}
          and e.connection_id = ${attempts.connectionId} and e.reference = ${attempts.reference})`,
    )
}

/** Takes the payments that are due to be asked after; nobody else takes them while the lease lasts. */
export function leaseDuePayments(db: Db) {
  const leased = db.$with('leased', {}).as(sql`
    update transactions set next_check_at = app.now() + make_interval(secs => ${LIMITS.sweepLeaseSeconds})
    where id in (select due.id from transactions due where due.next_check_at <= app.now()
                 order by due.next_check_at limit ${LIMITS.sweepRowsMax} for update skip locked)
    returning id`)
  return db
    .with(leased)
    .select(payment)
    .from(transactions)
    .innerJoin(attempts, eq(attempts.transactionId, transactions.id))
    .innerJoin(connections, eq(connections.id, attempts.connectionId))
    .where(and(sql`${transactions.id} in (select id from leased)`, isLatestAttempt))
}

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

/** Moves the transaction where its status allows it; stale news and repeats change nothing. */
export function moveTransaction(db: Db, transactionId: string, move: Move) {
  return db
    .update(transactions)
    .set({ status: move.to, updatedAt: sql`app.now()`, ...detailsOf(move) })
    .where(and(eq(transactions.id, transactionId), may('transaction', move.to)))
}

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

/** The transaction's JSON as an expression, for an answer. */
export function transactionObject(id: string): SQL {
  return sql`(select app.transaction_object(t) from transactions t where t.id = ${id})`
}

/** Deliveries that wait for their first try: what to nudge the queue with. */
const dueDeliveryIds = (transactionId: string | SQL) => sql<string[]>`(
  select coalesce(jsonb_agg(d.id), '[]') from deliveries d
  where d.transaction_id = ${transactionId} and d.status = 'pending' and d.next_attempt_at <= app.now())`

/** The answer that this request gave, as its claim remembers it; nothing where another request took the claim over. */
export function readOwnAnswer(db: Db, claim: Pick<Claim, 'key' | 'owner'>, transactionId: string) {
  return db
    .select({ ...claimColumns, deliveryIds: dueDeliveryIds(transactionId) })
    .from(idempotencyClaims)
    .where(and(eq(idempotencyClaims.key, claim.key), eq(idempotencyClaims.owner, claim.owner)))
}

/** The transaction as it stands, and the deliveries that wait for their first try: what to nudge the queue with. */
export function readOutcome(db: Db, id: string) {
  return db
    .select({
      object: jsonObject(sql`app.transaction_object(${transactions})`),
      status: transactions.status,
      deliveryIds: dueDeliveryIds(sql`${transactions.id}`),
    })
    .from(transactions)
    .where(eq(transactions.id, id))
}
