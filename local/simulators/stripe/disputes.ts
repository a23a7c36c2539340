/** Disputes, as far as the one test card that is always disputed needs them: opened, and never decided. */
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import type { Charge } from './charges.ts'
import { announce } from './events.ts'
import { newId, seconds } from './ids.ts'
import { enter } from './ledger.ts'

interface Dispute {
  readonly id: string
  readonly charge: Charge
  readonly createdAt: Date
  readonly dueBy: Date
}

const DAY_MS = 24 * 60 * 60 * 1000
const DUE_AFTER_MS = 9 * DAY_MS

export function openDispute(books: Books, account: Account, charge: Charge): void {
  const at = books.world.now()
  const dueBy = new Date(at.getTime() + DUE_AFTER_MS)
  const dispute: Dispute = { id: newId(books.world, 'dp'), charge, createdAt: at, dueBy }
  charge.disputed = true
  const { amount, currency } = charge
  enter(
    books,
    account,
    { amount: -amount, fee: 0, currency, type: 'adjustment', source: dispute.id, availableOn: at },
    at,
  )
  announce(books, account, 'charge.dispute.created', disputeWire(account, dispute), { at })
}

const EVIDENCE = [
  ...['access_activity_log', 'billing_address', 'cancellation_policy', 'cancellation_policy_disclosure'],
  ...['cancellation_rebuttal', 'customer_communication', 'customer_email_address', 'customer_name'],
  ...['customer_purchase_ip', 'customer_signature', 'duplicate_charge_documentation', 'duplicate_charge_explanation'],
  ...['duplicate_charge_id', 'product_description', 'receipt', 'refund_policy', 'refund_policy_disclosure'],
  ...['refund_refusal_explanation', 'service_date', 'service_documentation', 'shipping_address', 'shipping_carrier'],
  ...[
    'shipping_date',
    'shipping_documentation',
    'shipping_tracking_number',
    'uncategorized_file',
    'uncategorized_text',
  ],
]

function disputeWire(account: Account, { id, charge, createdAt, dueBy }: Dispute) {
  return {
    id,
    object: 'dispute',
    amount: charge.amount,
    balance_transactions: [],
    charge: charge.id,
    created: seconds(createdAt),
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: { ...Object.fromEntries(EVIDENCE.map((name) => [name, null])), enhanced_evidence: {} },
    evidence_details: {
      due_by: seconds(dueBy),
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: false,
    livemode: account.mode === 'live',
    metadata: {},
    payment_intent: charge.intent.id,
    payment_method_details: {
      card: { brand: 'visa', case_type: 'chargeback', network: 'visa', network_reason_code: '10.4' },
      type: 'card',
    },
    reason: 'fraudulent',
    status: 'needs_response',
  }
}
