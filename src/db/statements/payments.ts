/** Statements that write a payment, and that find one: a transaction with an attempt and its connection. */

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
