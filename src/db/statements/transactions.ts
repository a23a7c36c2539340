/** Statements about transactions as their merchant reads and cancels them. */

import { and, desc, eq, type SQL, sql } from 'drizzle-orm'
import { TRANSACTION_STATUSES, type TransactionStatus } from '../../domain/transaction.ts'
import type { Db } from '../client.ts'
import { transactions } from '../schema/payments.ts'
import { refuseWhere } from './claims.ts'
import { textArray } from './insert-where.ts'
import { afterCursor, asIs, jsonObject, madeWithin, newestOf, oneOrAll, type Page, pairsOf, rowsFor } from './page.ts'

export interface TransactionFilters {
  status: TransactionStatus | undefined
  currency: string | undefined
  provider: string | undefined
  reference: string | undefined
  customerEmail: string | undefined
  createdFrom: Date | undefined
  createdBefore: Date | undefined
}

const object = jsonObject(sql`app.transaction_object(${transactions})`)

export function listTransactions(db: Db, filters: TransactionFilters, page: Page) {
  const { status, currency, provider, reference, customerEmail, createdFrom, createdBefore } = filters
  const made = madeWithin(transactions.id, 'txn', createdFrom, createdBefore)
  const hasTerms = (status ?? currency ?? provider) !== undefined
  // One reference is one payment, and one customer's are few: among these the terms are looked at row by row.
  const isNamed = reference !== undefined || customerEmail !== undefined
  const isCustomers = customerEmail === undefined ? undefined : eq(transactions.customerEmail, customerEmail)
  return db
    .select({ id: transactions.id, object })
    .from(transactions)
    .where(
      isNamed
        ? and(
            reference === undefined
              ? isCustomers
              : and(eq(transactions.reference, reference), asIs(transactions.customerEmail, customerEmail)),
            asIs(transactions.status, status),
            asIs(transactions.currency, currency),
            asIs(transactions.provider, provider),
            made,
            afterCursor(transactions.id, page),
          )
        : hasTerms
          ? newestOfTerms(filters, page, made)
          : and(made, afterCursor(transactions.id, page)),
    )
    .orderBy(desc(transactions.id))
    .limit(rowsFor(page))
}

/** The newest of each status and, unless it is only the status that is asked for, of each pair of currency and provider. */
function newestOfTerms({ status, currency, provider }: TransactionFilters, page: Page, made: SQL | undefined): SQL {
  const statuses = oneOrAll('status', status, TRANSACTION_STATUSES)
  const ofStatus = sql`${transactions.status} = status.status`
  if (currency === undefined && provider === undefined) {
    return newestOf(transactions.id, page, statuses, and(ofStatus, made))
  }
  const pairs = pairsOf({ columns: [transactions.currency, transactions.provider], asked: [currency, provider] })
  return newestOf(
    transactions.id,
    page,
    sql`${pairs} pair cross join ${statuses}`,
    and(sql`${transactions.currency} = pair.first and ${transactions.provider} = pair.second`, ofStatus, made),
  )
}

/** The transaction with its attempts and its history, which is the list of its events; nothing where there is none. */
export function findTransaction(db: Db, id: string) {
  return db.select({ object: jsonObject(sql`object`) }).from(sql`app.transaction_detail(${id}) as object`)
}

/** Refuses the batch where there is no such payment, or where it is over. */
export function refuseUncancellable(db: Db, first: SQL, id: string) {
  return [
    refuseWhere(
      db,
      sql`${first} and not exists (select from transactions t where t.id = ${id})`,
      404,
      'transaction_not_found',
    ),
    refuseWhere(
      db,
      sql`${first} and exists (select from transactions t where t.id = ${id} and t.status not in ('pending', 'processing'))`,
      409,
      'transaction_not_cancellable',
    ),
  ] as const
}

/** Calls a payment off where the payer may still be waited for, and where the condition holds. */
export function cancelTransaction(db: Db, id: string, condition: SQL) {
  return db
    .update(transactions)
    .set({ status: 'cancelled', updatedAt: sql`app.now()` })
    .where(and(eq(transactions.id, id), sql`status in ('pending', 'processing')`, condition))
}

/** In SQL: the payment is called off. */
export function isCancelled(id: string): SQL {
  return sql`exists (select from transactions t where t.id = ${id} and t.status = 'cancelled')`
}

/** In SQL: the payment has no open page at one of these providers. */
export function hasNoPageAt(id: string, providers: readonly string[]): SQL {
  return sql`not exists (select from attempts a where a.transaction_id = ${id} and a.status = 'open'
                         and a.provider = any(${textArray(providers)}))`
}

/** Refuses the batch where there is no such transaction. */
export function refuseUnknownTransaction(db: Db, id: string) {
  return refuseWhere(db, sql`not exists (select from transactions t where t.id = ${id})`, 404, 'transaction_not_found')
}
