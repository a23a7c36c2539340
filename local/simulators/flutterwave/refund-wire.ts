/** The refund as Flutterwave prints it: in the answer that makes it, read back, and in shape C of its webhook. */
import type { Account } from './account.ts'
import { major } from './money.ts'
import type { Refund } from './refunds.ts'

const SOURCE = 'availablebalance'
const DESTINATION = 'payment_source'

/** `data` of a new refund. It names no currency: that is the transaction's. */
export function createdRefundAnswer(account: Account, refund: Refund) {
  return {
    id: refund.id,
    account_id: account.id,
    tx_id: refund.transaction.id,
    flw_ref: refund.transaction.flwRef,
    wallet_id: walletOf(account),
    amount_refunded: amountOf(refund),
    status: refund.status,
    destination: DESTINATION,
    meta: metaOf(refund),
    created_at: refund.createdAt.toISOString(),
  }
}

/** A refund read by its id, and a row of the list. */
export function refundAnswer(account: Account, refund: Refund) {
  return {
    id: refund.id,
    amount_refunded: amountOf(refund),
    status: refund.status,
    flw_ref: refund.transaction.flwRef,
    comment: refund.comment,
    settlement_id: 'N/A',
    meta: metaOf(refund),
    created_at: refund.createdAt.toISOString(),
    account_id: account.id,
    transaction_id: refund.transaction.id,
  }
}

/** Shape C: flat, capitals, and `meta` as text. */
export function refundEvent(account: Account, refund: Refund) {
  return {
    id: refund.id,
    AmountRefunded: amountOf(refund),
    status: refund.status,
    FlwRef: refund.transaction.flwRef,
    destination: DESTINATION,
    comments: refund.comment,
    settlement_id: 'N/A',
    meta: JSON.stringify(metaOf(refund)),
    createdAt: refund.createdAt.toISOString(),
    updatedAt: refund.updatedAt.toISOString(),
    deletedAt: null,
    walletId: walletOf(account),
    AccountId: account.id,
    TransactionId: refund.transaction.id,
  }
}

function amountOf({ amount, transaction }: Refund): number {
  return major(amount, transaction.currency)
}

function metaOf({ disburseStatus }: Refund) {
  return { source: SOURCE, ...(disburseStatus !== null && { disburse_status: disburseStatus }) }
}

function walletOf({ id }: Account): number {
  return id + 1000
}
