/** The refund as Paystack prints it: in the answer that makes it, fetched, listed and retried. */
import type { Account } from './account.ts'
import type { Refund } from './refunds.ts'
import { customerAnswer, refundedTransaction } from './transaction-wire.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** `data` of a new refund: its transaction is an object. */
export function createdRefundAnswer(account: Account, refund: Refund) {
  const { integration, domain, id, amount, currency, status, refunded_by, customer_note, merchant_note } = commonFields(
    account,
    refund,
  )
  return {
    transaction: refundedTransaction(account, refund.transaction),
    integration,
    deducted_amount: 0,
    channel: null,
    ...{ merchant_note, customer_note, status, refunded_by },
    expected_at: expectedAt(refund),
    ...{ currency, domain, amount },
    fully_deducted: false,
    id,
    createdAt: refund.createdAt.toISOString(),
    updatedAt: refund.updatedAt.toISOString(),
  }
}

/** A refund fetched by id, or a row of the list, where `fully_deducted` is 0 or 1. Its transaction is a number. */
export function refundAnswer(account: Account, refund: Refund, place: 'fetched' | 'listed') {
  const { transaction } = refund
  const deducted = isDeducted(refund)
  return {
    ...commonFields(account, refund),
    dispute: null,
    settlement: null,
    transaction: transaction.id,
    transaction_reference: transaction.reference,
    transaction_amount: transaction.amount,
    refund_type: refund.amount < transaction.amount ? 'partial' : 'full',
    reason: refund.status.toUpperCase(),
    channel: transaction.channel,
    refund_channel: transaction.channel,
    refunded_at: refund.refundedAt?.toISOString() ?? null,
    expected_at: expectedAt(refund),
    deducted_amount: deducted ? refund.amount : 0,
    fully_deducted: place === 'fetched' ? deducted : Number(deducted),
    bank_reference: null,
    customer: customerAnswer(transaction),
    initiated_by: refund.refundedBy,
    session_id: null,
    collect_account_number: refund.status === 'needs-attention',
    createdAt: refund.createdAt.toISOString(),
    updatedAt: refund.updatedAt.toISOString(),
  }
}

/** `data` of a retry. */
export function retriedRefundAnswer(account: Account, refund: Refund) {
  const { createdAt, updatedAt, transaction_reference, transaction_amount, refund_type, ...rest } = refundAnswer(
    account,
    refund,
    'fetched',
  )
  const { refund_channel, collect_account_number, ...answer } = rest
  return { ...answer, customer: null, reversed_at: null }
}

function commonFields(account: Account, refund: Refund) {
  return {
    id: refund.id,
    integration: account.integration,
    domain: account.domain,
    currency: refund.transaction.currency,
    amount: refund.amount,
    status: refund.status,
    refunded_by: refund.refundedBy,
    customer_note: refund.customerNote,
    merchant_note: refund.merchantNote,
  }
}

function isDeducted({ status }: Refund): boolean {
  return status === 'processing' || status === 'processed' || status === 'needs-attention'
}

/** Bank may need ten days. */
function expectedAt({ createdAt }: Refund): string {
  return new Date(createdAt.getTime() + 10 * DAY_MS).toISOString()
}
