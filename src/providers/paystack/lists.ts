/**
 * Paystack's own lists of refunds and of transactions. Nothing there protects a refund from being made twice, so our id goes
 * into the merchant's note, by which the list is searched before anything is sent again.
 */

import * as z from 'zod'
import { type Conversation, type Credentials, type Provider, type ReportedRefund, UNRECOGNISED } from '../contract.ts'
import { getJson, postJson } from '../kit/bearer.ts'
import { listedRefunds, type Page, readAll, readNumbered } from '../kit/reply.ts'
import { readReply } from './call.ts'
import * as wire from './wire.ts'

const ROWS_PER_PAGE = '100'

/** The amount is always sent: left out it means the whole, also after a part has gone back. */
export const createRefund: Provider['createRefund'] = function* ({ payment, amount, reason, id }, credentials) {
  const body = {
    transaction: payment.reference,
    amount: wire.toWire(amount, payment.currency),
    currency: payment.currency,
    customer_note: reason,
    merchant_note: `refund:${id}`,
  }
  const reply = readReply(yield postJson('/refund', body, credentials), wire.RefundRow)
  return reply.kind === 'done' ? { kind: 'made', refund: toReportedRefund(reply.data) } : reply.outcome
}

/** Filtered by the transaction's number: a reference there would find nothing. */
export const readRefunds: Provider['readRefunds'] = function* ({ providerTransactionId: transaction }, _, credentials) {
  const list = yield* readAll((page) => readRefundPage({ transaction }, page, credentials))
  if (list.kind !== 'rows') return list
  // The filter is not documented: what it lets through of other payments is none of this one's.
  const own = list.rows.filter((row) => (row.transaction ?? transaction) === transaction)
  return { kind: 'listed', refunds: own.map(toReportedRefund), isComplete: true }
}

/** By pages, for refunds have no cursors. One that turns up meanwhile may show a row twice, and passes none over. */
export const listRefunds: Required<Provider>['listRefunds'] = function* ({ from, to }, cursor, credentials) {
  const range = { from: from.toISOString(), to: to.toISOString() }
  const read = yield* readNumbered(cursor, (page) => readRefundPage(range, page, credentials))
  return listedRefunds(read, (row) => [toReportedRefund(row), row.transaction])
}

function* readRefundPage(
  filter: Record<string, string>,
  page: number,
  credentials: Credentials,
): Conversation<Page<wire.RefundRow>> {
  const query = { ...filter, perPage: ROWS_PER_PAGE, page: `${page}` }
  const reply = readReply(yield getJson('/refund', credentials, query), z.array(wire.RefundRow))
  if (reply.kind === 'not_done') return reply.outcome
  const { data: rows, meta } = reply
  const { total = Infinity, skipped = 0 } = wire.PageMeta.parse(meta) ?? {}
  // How many rows a page may have is not documented: a page that is not full need not be the last.
  return { kind: 'page', rows, isLast: rows.length === 0 || skipped + rows.length >= total }
}

function toReportedRefund(row: wire.RefundRow): ReportedRefund {
  return {
    providerRefundId: row.id,
    refundId: /\brefund:(ref_\w+)/.exec(row.merchant_note ?? '')?.[1],
    amount: wire.fromWire(row.amount, row.currency),
    status: wire.refundReport(row.status),
    message: row.reason ?? undefined,
    createdAt: row.createdAt ?? row.created_at ?? undefined,
  }
}

/** Newest first, by Paystack's cursors. */
export const listPayments: Provider['listPayments'] = function* ({ from, to }, cursor, credentials) {
  const range = { from: from.toISOString(), to: to.toISOString(), perPage: ROWS_PER_PAGE, use_cursor: 'true' }
  const query = cursor === undefined ? range : { ...range, next: cursor }
  const reply = readReply(yield getJson('/transaction', credentials, query), z.array(wire.Transaction))
  if (reply.kind === 'not_done') return reply.outcome
  const next = wire.Cursor.safeParse(reply.meta)
  if (!next.success) return UNRECOGNISED
  const payments = reply.data.map((row) => {
    const status = wire.reportedStatus(row.status)
    return {
      reference: row.reference,
      providerTransactionId: row.id,
      status,
      amount: wire.fromWire(row.requested_amount ?? row.amount, row.currency),
      currency: row.currency.toUpperCase(),
      isRefunded: status === 'reversed',
    }
  })
  return { kind: 'page', payments, next: payments.length === 0 ? undefined : next.data }
}
