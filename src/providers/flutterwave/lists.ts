/** What Flutterwave has of ours: every try of a payment, every refund of one, and all payments and refunds of some days. */

import type { Confirmation, Conversation, Credentials, Provider, ProviderCall, Range } from '../contract.ts'
import { UNRECOGNISED } from '../contract.ts'
import { getJson, postJson } from '../kit/bearer.ts'
import { feeToMinor } from '../kit/decimals.ts'
import { listedRefunds, type Rows, readAll, readNumbered } from '../kit/reply.ts'
import { ask, isNotFound, pagesOf } from './call.ts'
import * as wire from './wire.ts'

const TRANSACTIONS = '/v3/transactions'
const REFUNDS = '/v3/refunds'

/** Each try is a transaction: a failed one may hide a paid one, and a paid one another. All of them are looked at. */
export const confirm: Provider['confirm'] = function* ({ reference }, credentials) {
  const named = yield* verify(getJson(`${TRANSACTIONS}/verify_by_reference`, credentials, { tx_ref: reference }))
  if (named.kind !== 'rows') return named
  const listed = yield* readTries(reference, credentials)
  if (listed.kind !== 'rows') return listed
  const tries = [...listed.rows, ...named.rows.filter((row) => row.tx_ref === reference)].sort(newestFirst)
  const those = (status: string) => tries.filter((row) => wire.reportedStatus(row.status) === status)
  const paid = those('paid').at(-1)
  if (paid === undefined) {
    // What came under another reference tells only where nothing is ours: the verdict refuses it.
    const [telling] = [...those('processing'), ...those('unrecognised'), ...those('declined'), ...named.rows]
    return telling === undefined ? { kind: 'not_found' } : confirmationOf(telling)
  }
  if (those('paid').some((row) => row.id !== paid.id)) return { ...confirmationOf(paid), status: 'paid_twice' }
  return named.rows.includes(paid) ? confirmationOf(paid) : yield* settle(paid.id, credentials)
}

const newestFirst = (a: wire.Transaction, b: wire.Transaction): number => Number(BigInt(b.id) - BigInt(a.id))

/** Every transaction under the reference, and none that the list's own filter lets through besides. */
export function* readTries(reference: string, credentials: Credentials): Conversation<Rows<wire.Transaction>> {
  const listed = yield* readAll(pagesOf(TRANSACTIONS, { tx_ref: reference }, credentials, wire.Transaction))
  return listed.kind === 'rows' ? { ...listed, rows: listed.rows.filter((row) => row.tx_ref === reference) } : listed
}

function* verify(call: ProviderCall): Conversation<Rows<wire.Transaction>> {
  const reply = yield* ask(call)
  if (isNotFound(reply)) return { kind: 'rows', rows: [] }
  if (reply.kind !== 'done') return reply
  const rows = wire.Verified.safeParse(reply.data)
  return rows.success ? { kind: 'rows', rows: rows.data } : UNRECOGNISED
}

/** Money that a list tells of is believed from the transaction itself; two stories about one payment are no answer. */
function* settle(id: string, credentials: Credentials): Conversation<Confirmation> {
  const verified = yield* verify(getJson(`${TRANSACTIONS}/${id}/verify`, credentials))
  if (verified.kind !== 'rows') return verified
  const paid = verified.rows.find((row) => row.id === id && wire.reportedStatus(row.status) === 'paid')
  return paid === undefined ? UNRECOGNISED : confirmationOf(paid)
}

function confirmationOf(row: wire.Transaction): Confirmation & { kind: 'found' } {
  const { tx_ref: reference, currency, app_fee, id, processor_response: words } = row
  const amount = wire.fromWire(row.amount, currency)
  const collected = wire.fromWire(row.charged_amount, currency)
  const borne = amount === undefined || collected === undefined ? undefined : collected - amount
  const fee = app_fee && borne !== undefined ? feeToMinor(app_fee, currency, borne) : undefined
  // Only the key tells the mode.
  const reported = { reference, amount, collected, fee, currency, mode: undefined, providerTransactionId: id }
  return { kind: 'found', status: wire.reportedStatus(row.status), reported, message: words ?? undefined }
}

const dayOf = (time: Date): string => time.toISOString().slice(0, 10)

/** A day more than was asked for: whether the last one counts is undocumented. What is new shifts rows to later pages. */
const daysOf = ({ from, to }: Range) => ({ from: dayOf(from), to: dayOf(new Date(to.getTime() + 86_400_000)) })

export const listPayments: Provider['listPayments'] = function* (range, cursor, credentials) {
  const read = yield* readNumbered(cursor, pagesOf(TRANSACTIONS, daysOf(range), credentials, wire.Transaction))
  if (read.kind !== 'page') return read
  const payments = read.rows.map((row) => {
    const { status, reported } = confirmationOf(row)
    const { reference, providerTransactionId, amount, currency } = reported
    return { reference, providerTransactionId, status, amount, currency, isRefunded: false }
  })
  return { kind: 'page', payments, next: read.next }
}

/** A refund's amount is in the payment's currency, which is not told here. */
export const listRefunds: Required<Provider>['listRefunds'] = function* (range, cursor, credentials) {
  const read = yield* readNumbered(cursor, pagesOf(REFUNDS, daysOf(range), credentials, wire.ListedRefund))
  return listedRefunds(read, (row) => [refundOf(row, ''), row.transaction_id])
}

/** Nothing keeps it from being made twice, so our id goes along to be found again. Without an amount it is the whole. */
export const createRefund: Provider['createRefund'] = function* ({ payment, amount, id }, credentials) {
  const path = `${TRANSACTIONS}/${encodeURIComponent(payment.providerTransactionId)}/refund`
  const body = { amount: wire.toWire(amount, payment.currency), comments: id }
  const reply = yield* ask(postJson(path, body, credentials))
  if (reply.kind !== 'done') return reply
  const made = wire.Refund.safeParse(reply.data)
  return made.success ? { kind: 'made', refund: refundOf(made.data, payment.currency) } : UNRECOGNISED
}

export const readRefunds: Provider['readRefunds'] = function* (payment, _known, credentials) {
  const id = payment.providerTransactionId
  const listed = yield* readAll(pagesOf(REFUNDS, { id }, credentials, wire.RefundRow))
  if (listed.kind !== 'rows') return listed
  const rows = listed.rows.filter((row) => row.transaction_id === id)
  return { kind: 'listed', refunds: rows.map((row) => refundOf(row, payment.currency)), isComplete: true }
}

/** @param currency the payment's, for a refund names none */
function refundOf({ id, comment, amount_refunded, status, meta, created_at }: wire.Refund, currency: string) {
  return {
    providerRefundId: id,
    refundId: /\bref_[0-9a-z]{26}\b/.exec(comment ?? '')?.[0],
    amount: wire.fromWire(amount_refunded, currency),
    // The money may have come back under any other status.
    status: meta.disburse_status === 'failed' ? 'failed' : wire.refundReport(status),
    message: undefined,
    createdAt: created_at ?? undefined,
  }
}
