/** Statements that write a payment, and that find one: a transaction with an attempt and its connection. */

import { and, eq, type SQL, sql } from 'drizzle-orm'
import { LIMITS } from '../../domain/limits.ts'
import type { PaymentMethod } from '../../domain/payment-method.ts'
import type { Db } from '../client.ts'
import { idempotencyClaims } from '../schema/idempotency.ts'
import { attempts, connections, transactions } from '../schema/payments.ts'
import { type Claim, claimColumns, refuseWhere } from './claims.ts'
import { insertion } from './insert-where.ts'
import { jsonObject } from './page.ts'
import { queueForProbe, type Route, routeOf, takeProbe } from './routing.ts'

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
  country: string | null
  method: PaymentMethod | null
  onlyProvider: string | null
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
 * A transaction and its first attempt, at the connection that routing chooses: written before the provider is asked. The
 * third statement's row tells how many other connections could take it. Refuses the batch where none can.
 */
export function insertPayment(db: Db, first: SQL, transaction: NewTransaction, attempt: NewAttempt, route: Route) {
  const ours = { id: tenant.merchantId, mode: tenant.mode }
  const chosen = routeOf(ours, route, sql`array[]::text[]`)
  const written = insertion(
    transactions,
    { ...tenant, ...transaction, provider: sql`chosen.provider`, connectionId: sql`chosen.connection_id` },
    first,
    sql`chosen`,
  )
  const tried = insertion(
    attempts,
    {
      ...tenant,
      ...attempt,
      transactionId: transaction.id,
      number: 1,
      connectionId: sql`chosen.connection_id`,
      provider: sql`chosen.provider`,
      amount: transaction.amount,
      currency: transaction.currency,
      chosenBecause: sql`chosen.reason`,
    },
    sql`true`,
    sql`chosen, written`,
  )
  return [
    queueForProbe(db, ours),
    db.execute<{ alternatives: number }>(
      sql`with chosen as (select r.*, (count(*) over ())::integer - 1 as alternatives from ${chosen} r limit 1),
          written as (${written} returning id)
          ${tried} returning (select alternatives from chosen)`,
    ),
    refuseWhere(
      db,
      sql`${first} and not exists (select from transactions t where t.id = ${transaction.id})`,
      422,
      'no_usable_connection',
      `Connect one of: ${route.capable.join(', ')}.`,
    ),
    takeProbe(db, attempt.id),
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
  customerName: transactions.customerName,
  customerPhone: transactions.customerPhone,
  description: transactions.description,
  callbackUrl: transactions.callbackUrl,
  country: transactions.country,
  method: transactions.method,
  onlyProvider: transactions.onlyProvider,
  expiresAt: transactions.expiresAt,
  checks: transactions.checks,
  refundChecks: transactions.refundChecks,
  attemptId: attempts.id,
  attemptNumber: attempts.number,
  attemptStatus: attempts.status,
  attemptCreatedAt: attempts.createdAt,
  attemptChecks: attempts.checks,
  /** False of an attempt that another one followed. */
  isLatest: sql<boolean>`not exists (
    select from attempts later where later.transaction_id = ${attempts.transactionId} and later.number > ${attempts.number})`,
  reference: attempts.reference,
  checkoutUrl: attempts.checkoutUrl,
  checkoutId: attempts.checkoutId,
  providerTransactionId: attempts.providerTransactionId,
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

/** The number is looked up by an index; `isLatest` above asks row by row. */
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

/** A payment with the attempt of which this holds. */
function findPaymentWhere(db: Db, condition: SQL) {
  return db
    .select(payment)
    .from(transactions)
    .innerJoin(attempts, eq(attempts.transactionId, transactions.id))
    .innerJoin(connections, eq(connections.id, attempts.connectionId))
    .where(condition)
}

/** The payment whose attempt a provider event of this connection is about, by our reference or by the provider's id. */
export function findPaymentOfEvent(db: Db, providerEventId: string) {
  const isIt = sql`(${attempts.reference} = e.reference
                    or ${attempts.connectionId} = e.connection_id
                       and ${attempts.providerTransactionId} = e.provider_transaction_id)`
  return findPaymentWhere(
    db,
    sql`exists (select from provider_events e
                where e.id = ${providerEventId} and e.connection_id = ${attempts.connectionId} and ${isIt})`,
  )
}

/** In SQL: the attempt `a` is the one through which the transaction `t` was paid, at the connection that `t` names. */
export const paidAttempt = (transactionId: string | SQL): SQL => sql`(
  select p.* from attempts p join transactions t on t.id = p.transaction_id
  where t.id = ${transactionId} and t.status = 'succeeded' and p.status = 'succeeded'
    and p.connection_id = t.connection_id and p.confirmed_amount = p.amount and p.confirmed_currency = p.currency
  order by p.is_duplicate, p.number limit 1)`

/** The payment with the attempt through which it was paid; nothing where it was not. */
export function findPaidPayment(db: Db, transactionId: string | SQL) {
  return findPaymentWhere(db, sql`${attempts.id} = (select paid.id from ${paidAttempt(transactionId)} paid)`)
}

/** A payment with each of the attempts that these references name, of one connection. */
export function findPaymentOfReference(db: Db, connectionId: string, reference: string) {
  return findPaymentWhere(db, sql`${attempts.connectionId} = ${connectionId} and ${attempts.reference} = ${reference}`)
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

/** Takes the attempts that were left and are due to be asked after. */
export function leaseDueAttempts(db: Db) {
  const leased = db.$with('leased', {}).as(sql`
    update attempts set next_check_at = app.now() + make_interval(secs => ${LIMITS.sweepLeaseSeconds})
    where id in (select due.id from attempts due where due.next_check_at <= app.now()
                 order by due.next_check_at limit ${LIMITS.sweepRowsMax} for update skip locked)
    returning id`)
  return db
    .with(leased)
    .select(payment)
    .from(transactions)
    .innerJoin(attempts, eq(attempts.transactionId, transactions.id))
    .innerJoin(connections, eq(connections.id, attempts.connectionId))
    .where(sql`${attempts.id} in (select id from leased)`)
}

/** Takes the turn to ask the provider on the merchant's demand: nobody else does within the second. */
export function takeTurnToAsk(db: Db, id: string) {
  return db
    .update(transactions)
    .set({ askedAt: sql`app.now()` })
    .where(
      and(
        eq(transactions.id, id),
        sql`(asked_at is null or asked_at <= app.now() - make_interval(secs => ${LIMITS.verifyEverySeconds}))`,
      ),
    )
    .returning({ id: transactions.id })
}

/** The transaction as it stands, and whether the provider gave a clear answer just now. */
export function readVerified(db: Db, id: string) {
  return db
    .select({
      object: jsonObject(sql`app.transaction_object(${transactions})`),
      confirmed: sql<boolean>`coalesce(${transactions.confirmedAt} > app.now() - make_interval(secs => ${LIMITS.verifyEverySeconds}), false)`,
    })
    .from(transactions)
    .where(eq(transactions.id, id))
}

/** The transaction's JSON as an expression, for an answer. */
export function transactionObject(id: string): SQL {
  return sql`(select app.transaction_object(t) from transactions t where t.id = ${id})`
}

/** Deliveries that wait for their first try: what to nudge the queue with. */
const dueDeliveryIds = (transactionId: string | SQL) => sql<string[]>`(
  select coalesce(jsonb_agg(d.id), '[]') from deliveries d
  where d.transaction_id = ${transactionId} and d.status = 'pending' and d.next_attempt_at <= app.now())`

/** The number of the payment's last event: who follows the merchant's events is told of it. */
const lastEventNumberOf = (transactionId: string | SQL) =>
  sql`(
  select coalesce(max(e.number), 0) from events e where e.transaction_id = ${transactionId})`.mapWith(Number)

/** The answer that this request gave, as its claim remembers it, and what there is to tell; nothing where another request took the claim over. */
export function readOwnAnswer(db: Db, claim: Pick<Claim, 'key' | 'owner'>, transactionId: string) {
  return db
    .select({
      ...claimColumns,
      merchantId: idempotencyClaims.merchantId,
      mode: idempotencyClaims.mode,
      eventNumber: lastEventNumberOf(transactionId),
      deliveryIds: dueDeliveryIds(transactionId),
    })
    .from(idempotencyClaims)
    .where(and(eq(idempotencyClaims.key, claim.key), eq(idempotencyClaims.owner, claim.owner)))
}

/** The transaction as it stands, and what there is to tell of it. */
export function readOutcome(db: Db, id: string) {
  return db
    .select({
      object: jsonObject(sql`app.transaction_object(${transactions})`),
      status: transactions.status,
      merchantId: transactions.merchantId,
      mode: transactions.mode,
      transactionId: transactions.id,
      eventNumber: lastEventNumberOf(sql`${transactions.id}`),
      deliveryIds: dueDeliveryIds(sql`${transactions.id}`),
    })
    .from(transactions)
    .where(eq(transactions.id, id))
}
