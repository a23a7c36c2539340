/**
 * Paystack's own lists of refunds and of transactions. Nothing there protects a refund from being made twice, so our id goes
 * into the merchant's note, by which the list is searched before anything is sent again.
 */

import type * as z from 'zod'
import type { Conversation, Credentials, KnownRefund, ListedPayments, PaidPayment } from '../contract.ts'
import {
  type RefundAnswer,
  type RefundList,
  type RefundRequest,
  type ReportedRefund,
  UNRECOGNISED,
} from '../contract.ts'
import { getJson, postJson } from '../kit/bearer.ts'
import { readReply } from './call.ts'
import { Cursor, fromWire, RefundRow, refundReport, reportedStatus, Total, Transaction, toWire } from './wire.ts'

const ROWS_PER_PAGE = '100'

/** The amount is always sent: left out it means the whole, also after a part has gone back. */
export function* createRefund(
  { payment, amount, reason, id }: RefundRequest,
  credentials: Credentials,
): Conversation<RefundAnswer> {
  const body = {
    transaction: payment.reference,
    amount: toWire(amount, payment.currency),
    currency: payment.currency,
    customer_note: reason,
    merchant_note: `refund:${id}`,
  }
  const reply = readReply(yield postJson('/refund', body, credentials), RefundRow)
  return reply.kind === 'done' ? { kind: 'made', refund: toReportedRefund(reply.data) } : reply.outcome
}

/** Filtered by the transaction's number: a reference there would find nothing. */
export function* readRefunds(
  { providerTransactionId: transaction }: PaidPayment,
  _known: readonly KnownRefund[],
  credentials: Credentials,
): Conversation<RefundList> {
  const rows: z.output<typeof RefundRow>[] = []
  for (let page = 1; ; page++) {
    const query = new URLSearchParams({ transaction, perPage: ROWS_PER_PAGE, page: `${page}` })
    const reply = readReply(yield getJson(`/refund?${query}`, credentials), RefundRow.array())
    if (reply.kind === 'not_done') return reply.outcome
    rows.push(...reply.data)
    // How many rows a page may have is not documented: a page that is not full need not be the last.
    if (reply.data.length > 0 && rows.length < (Total.parse(reply.meta) ?? Infinity)) continue
    // The filter is not documented either: what it lets through of other payments is none of this one's.
    const own = rows.filter((row) => (row.transaction ?? transaction) === transaction)
    return { kind: 'listed', refunds: own.map(toReportedRefund), isComplete: true }
  }
}

function toReportedRefund(row: z.output<typeof RefundRow>): ReportedRefund {
  return {
    providerRefundId: row.id,
    refundId: /\brefund:(ref_\w+)/.exec(row.merchant_note ?? '')?.[1],
    amount: fromWire(row.amount, row.currency),
    status: refundReport(row.status),
    message: row.reason ?? undefined,
    createdAt: row.createdAt ?? row.created_at ?? undefined,
  }
}

/** Newest first, by Paystack's cursors. */
export function* listPayments(
  { from, to }: { from: Date; to: Date },
  cursor: string | undefined,
  credentials: Credentials,
): Conversation<ListedPayments> {
  const range = { from: from.toISOString(), to: to.toISOString(), perPage: ROWS_PER_PAGE, use_cursor: 'true' }
  const query = new URLSearchParams(cursor === undefined ? range : { ...range, next: cursor })
  const reply = readReply(yield getJson(`/transaction?${query}`, credentials), Transaction.array())
  if (reply.kind === 'not_done') return reply.outcome
  const next = Cursor.safeParse(reply.meta)
  if (!next.success) return UNRECOGNISED
  const payments = reply.data.map((row) => {
    const status = reportedStatus(row.status)
    return {
      reference: row.reference,
      providerTransactionId: row.id,
      status,
      amount: fromWire(row.requested_amount ?? row.amount, row.currency),
      currency: row.currency.toUpperCase(),
      isRefunded: status === 'reversed',
    }
  })
  return { kind: 'page', payments, next: payments.length === 0 ? undefined : next.data }
}
