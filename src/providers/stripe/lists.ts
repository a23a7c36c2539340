/** Refunds, which carry our id in their metadata, and Stripe's own lists of refunds and of sessions. */

import type * as z from 'zod'
import type {
  Conversation,
  Credentials,
  KnownRefund,
  ListedPayment,
  ListedPayments,
  ListedRefunds,
  PaidPayment,
  Range,
  RefundAnswer,
  RefundList,
  RefundRequest,
  ReportedRefund,
} from '../contract.ts'
import { listedRefunds } from '../kit/reply.ts'
import { Words } from '../kit/words.ts'
import { getCall, postCall, readPage, readReply } from './call.ts'
import { fromWire, toWire } from './money.ts'
import { SESSIONS } from './sessions.ts'
import { Refund, refundReport, reportedStatus, Session, unixSeconds } from './wire.ts'

const REFUNDS = '/v1/refunds'

/** Stripe's reasons. `fraudulent` also blocks the payer's card, so none is chosen that the merchant did not write. */
const REASONS: readonly string[] = ['duplicate', 'fraudulent', 'requested_by_customer']

export function* createRefund(
  { id, payment, amount, reason }: RefundRequest,
  credentials: Credentials,
): Conversation<RefundAnswer> {
  const isTheirs = reason !== undefined && REASONS.includes(reason)
  const form = {
    payment_intent: payment.providerTransactionId,
    // Left out it would mean all that is left.
    amount: toWire(amount, payment.currency),
    reason: isTheirs ? reason : undefined,
    metadata: {
      refund_id: id,
      reference: payment.reference,
      reason: isTheirs || !reason ? undefined : Words.parse(reason),
    },
  }
  const reply = readReply(Refund, yield postCall(REFUNDS, form, credentials, `${id}:refund`))
  return reply.kind === 'done' ? { kind: 'made', refund: toReportedRefund(reply.value) } : reply
}

/** All of them, those of the dashboard too: what is not among them was not made. */
export function* readRefunds(
  { providerTransactionId }: PaidPayment,
  _known: readonly KnownRefund[],
  credentials: Credentials,
): Conversation<RefundList> {
  const refunds: ReportedRefund[] = []
  let after: string | undefined
  do {
    const query = { payment_intent: providerTransactionId, limit: 100, starting_after: after }
    const page = readPage(Refund, yield getCall(REFUNDS, query, credentials))
    if (page.kind !== 'done') return page
    refunds.push(...page.value.rows.map(toReportedRefund))
    after = page.value.next
  } while (after !== undefined)
  return { kind: 'listed', refunds, isComplete: true }
}

function toReportedRefund(refund: z.output<typeof Refund>): ReportedRefund {
  return {
    providerRefundId: refund.id,
    refundId: refund.metadata?.refund_id ?? undefined,
    amount: fromWire(refund.amount, refund.currency),
    status: refundReport(refund.status ?? ''),
    message: refund.failure_reason ?? undefined,
    createdAt: new Date(refund.created * 1000),
  }
}

/** A session with all that is expanded in it takes some ten thousand bytes: twice as many would not fit an answer's bound. */
const SESSIONS_PER_PAGE = 50

export function* listPayments(
  range: Range,
  cursor: string | undefined,
  credentials: Credentials,
): Conversation<ListedPayments> {
  const query = {
    created: createdIn(range),
    limit: SESSIONS_PER_PAGE,
    expand: ['data.payment_intent.latest_charge'],
    starting_after: cursor,
  }
  const page = readPage(Session, yield getCall(SESSIONS, query, credentials))
  if (page.kind !== 'done') return page
  const { rows, next } = page.value
  return { kind: 'page', payments: rows.flatMap(toListedPayments), next }
}

export function* listRefunds(
  range: Range,
  cursor: string | undefined,
  credentials: Credentials,
): Conversation<ListedRefunds> {
  const query = { created: createdIn(range), limit: 100, starting_after: cursor }
  const page = readPage(Refund, yield getCall(REFUNDS, query, credentials))
  if (page.kind !== 'done') return page
  return listedRefunds({ kind: 'page', ...page.value }, (row) => [toReportedRefund(row), row.payment_intent])
}

const createdIn = ({ from, to }: Range) => ({ gte: unixSeconds(from), lte: unixSeconds(to) })

/** Nothing where the session is of no payment: it saves a card, or starts a subscription. */
function toListedPayments(session: z.output<typeof Session>): ListedPayment[] {
  const { mode, currency, payment_intent: intent } = session
  if (mode !== 'payment' || !currency) return []
  const payment = {
    reference: session.client_reference_id ?? undefined,
    providerTransactionId: intent?.id ?? session.id,
    status: reportedStatus(session),
    amount: fromWire(session.amount_total, currency),
    currency,
    isRefunded: (intent?.latest_charge?.amount_refunded ?? '0') !== '0',
  }
  return [payment]
}
