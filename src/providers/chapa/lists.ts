/**
 * Chapa's refunds, and its list of payments. Our id goes with a refund as `reference`, which Chapa takes once. It has no list
 * of refunds, so `listRefunds` is absent: each is asked after by Chapa's id, and one from the dashboard shows in the payment.
 */

import type * as z from 'zod'
import { LIMITS } from '../../domain/limits.ts'
import { type PaidPayment, type Provider, type ReportedRefund, UNRECOGNISED } from '../contract.ts'
import { bearerHeaders, getJson } from '../kit/bearer.ts'
import { majorToMinor } from '../kit/decimals.ts'
import { failure, readReply, USED_BEFORE } from './call.ts'
import { confirm } from './checkout.ts'
import { RefundRow, TransactionList, toWire } from './wire.ts'

/** The amount is always sent: left out it means the whole. A form is what Chapa documents here. */
export const createRefund: Provider['createRefund'] = function* ({ payment, amount, reason, id }, credentials) {
  const path = `/v1/refund/${encodeURIComponent(payment.providerTransactionId)}`
  const headers = { ...bearerHeaders(credentials), 'content-type': 'application/x-www-form-urlencoded' }
  const form = { amount: toWire(amount, payment.currency), reference: id, ...(reason !== undefined && { reason }) }
  const reply = readReply(yield { method: 'POST', path, headers, body: `${new URLSearchParams(form)}` })
  if (reply.kind !== 'unknown' && USED_BEFORE.test(reply.message)) return { kind: 'exists' }
  if (reply.kind !== 'done') return failure(reply)
  const { status, message, data } = reply
  const made = RefundRow.safeParse(data)
  if (status === 'success' && made.success) return { kind: 'made', refund: toReportedRefund(made.data, id, payment) }
  // Which HTTP status the refusal of test mode has is not documented: with any, `failed` and nothing made is a refusal.
  const isRefused = status === 'failed' && (data ?? null) === null
  return isRefused ? { kind: 'refused', reason: 'request_refused', message } : UNRECOGNISED
}

/** Of more refunds than a conversation has calls for, those known last are asked after: one call is for the payment. */
export const readRefunds: Provider['readRefunds'] = function* (payment, known, credentials) {
  const refunds: ReportedRefund[] = []
  const ids = known.flatMap(({ refundId, providerRefundId: id }) => (id === undefined ? [] : [{ refundId, id }]))
  for (const { refundId, id } of ids.slice(1 - LIMITS.callsPerConversation)) {
    const reply = readReply(yield getJson(`/v1/refund/${encodeURIComponent(id)}/verify`, credentials))
    // That Chapa doesn't know one says nothing of the others.
    if (reply.kind === 'refused' && reply.reason === 'request_refused') continue
    const row = RefundRow.safeParse(reply.kind === 'done' ? reply.data : undefined)
    if (!row.success) return failure(reply)
    refunds.push({ ...toReportedRefund(row.data, refundId, payment), providerRefundId: id })
  }
  const seen = yield* confirm(payment, credentials)
  if (seen.kind === 'refused' || seen.kind === 'unknown') return seen
  // One that could not be asked after may be the one that shows.
  const isExplained = refunds.length < known.length || refunds.some(({ status }) => status !== 'failed')
  if (seen.kind === 'found' && seen.status === 'reversed' && !isExplained) refunds.push(UNTOLD)
  return { kind: 'listed', refunds, isComplete: false }
}

const NOTHING = { providerRefundId: undefined, refundId: undefined, amount: undefined, message: undefined }
/** A refund of which only the payment tells. */
const UNTOLD: ReportedRefund = { ...NOTHING, status: 'succeeded', createdAt: undefined }

function toReportedRefund(row: z.output<typeof RefundRow>, refundId: string, payment: PaidPayment): ReportedRefund {
  const amount = row.currency === payment.currency ? majorToMinor(row.amount, row.currency) : undefined
  const [providerRefundId, createdAt] = [row.ref_id ?? row.ref, row.created_at ?? undefined]
  return { ...NOTHING, providerRefundId, refundId, amount, status: row.status, createdAt }
}

/** Newest first, by Chapa's ids alone. Its filters have names that nobody knows, so it is read until it is too old. */
export const listPayments: Provider['listPayments'] = function* ({ from }, cursor = '1', credentials) {
  const reply = readReply(yield getJson(`/v1/transactions?page=${encodeURIComponent(cursor)}`, credentials))
  const list = TransactionList.safeParse(reply.kind === 'done' && reply.status === 'success' ? reply.data : undefined)
  if (!list.success) return failure(reply)
  const { transactions, pagination } = list.data
  const payments = transactions.flatMap(({ ref_id: id, status, currency, amount }) => {
    // Nobody has tried to pay what has no id.
    if (id === undefined) return []
    const sums = { amount: majorToMinor(amount, currency), currency, isRefunded: status === 'reversed' }
    return [{ reference: undefined, providerTransactionId: id, status, ...sums }]
  })
  const isOver = transactions.every(({ created_at: at }) => at && at < from) || pagination?.next_page_url === null
  return { kind: 'page', payments, next: isOver ? undefined : `${Number(cursor) + 1}` }
}
