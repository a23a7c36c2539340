/** A Refund as Stripe's API and its events show it. What doesn't apply to its state is absent. */
import { seconds } from './ids.ts'
import type { Refund } from './refunds.ts'

const DAY_SECONDS = 24 * 60 * 60
const ACT_WITHIN_SECONDS = 45 * DAY_SECONDS

export function refundWire(refund: Refund) {
  const { charge, failureReason, failureTransaction, status } = refund
  return {
    id: refund.id,
    object: 'refund',
    amount: refund.amount,
    balance_transaction: refund.balanceTransaction?.id ?? null,
    charge: charge.id,
    created: seconds(refund.createdAt),
    currency: charge.currency,
    customer: null,
    customer_account: null,
    destination_details: destinationDetails(refund),
    ...(failureTransaction !== null && { failure_balance_transaction: failureTransaction.id }),
    ...(failureReason !== null && { failure_reason: failureReason }),
    metadata: refund.metadata,
    ...(status === 'requires_action' && { next_action: nextAction(refund) }),
    payment_intent: charge.intent.id,
    payment_method: null,
    ...(status === 'pending' && { pending_reason: 'processing' }),
    reason: refund.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status,
    transfer_reversal: null,
  }
}

function destinationDetails({ charge, bankReference }: Refund) {
  if (charge.method.type !== 'card') return { type: charge.method.type }
  return {
    card: {
      ...(bankReference !== null && { reference: bankReference }),
      reference_status: bankReference === null ? 'pending' : 'available',
      reference_type: 'acquirer_reference_number',
      type: 'refund',
    },
    type: 'card',
  }
}

/** The payer has got an e-mail that asks where the money shall go. */
function nextAction({ charge, createdAt }: Refund) {
  const { payer } = charge.intent.session
  return {
    display_details: {
      email_sent: { email_sent_at: seconds(createdAt), email_sent_to: payer?.email ?? '' },
      expires_at: seconds(createdAt) + ACT_WITHIN_SECONDS,
    },
    type: 'display_details',
  }
}
