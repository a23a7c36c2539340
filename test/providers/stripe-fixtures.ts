/**
 * Bodies of Stripe's form with values of our own: the fields, types and nulls of what version 2026-10-28.endive really
 * sends. Sources: docs.stripe.com/api, on Checkout Sessions, PaymentIntents, charges, refunds, disputes, payouts, events.
 */

import { newId } from '../../src/domain/ids.ts'
import type {
  AttemptKnown,
  Conversation,
  PaidPayment,
  ProviderAnswer,
  ProviderCall,
  RefundRequest,
} from '../../src/providers/contract.ts'
import { parseExactJson } from '../../src/providers/kit/exact-json.ts'
import { stripe } from '../../src/providers/stripe/index.ts'

export const REFERENCE = 'pb-01kc9v4t2mdx7q0h5z8r3w6e1f'
export const REFUND_ID = newId('ref', 1_793_692_795_000, (length) => new Uint8Array(length).fill(0x5a))
export const SESSION_ID = 'cs_test_b7Hq2LxN9vRk4TzWm1YpDc8JsFa6Ug3EoKi5'
export const INTENT_ID = 'pi_4QmZ7xKd2VtNc9Lr1HsYb6Wf'
export const CHARGE_ID = 'ch_4QmZ81Kd2VtNc9Lr0TgPj3Xa'

/** What arrives: a body as the wire carries it. */
export const answered = (status: number, body: unknown): ProviderAnswer => ({
  status,
  body: parseExactJson(typeof body === 'string' ? body : JSON.stringify(body)),
})

/** Feeds a conversation exactly as many answers as it wants: the calls that it made, and what came of them. */
export function converse<T>(
  conversation: Conversation<T>,
  ...answers: ProviderAnswer[]
): { calls: ProviderCall[]; result: T } {
  const calls: ProviderCall[] = []
  const waiting = [...answers]
  let turn = conversation.next()
  while (!turn.done) {
    calls.push(turn.value)
    const answer = waiting.shift()
    if (answer === undefined) throw new Error(`nobody answers ${turn.value.method} ${turn.value.path}`)
    turn = conversation.next(answer)
  }
  if (waiting.length > 0) throw new Error(`${waiting.length} answers were not asked for`)
  return { calls, result: turn.value }
}

/** The first call of a conversation. */
export function firstCall(conversation: Conversation<unknown>): ProviderCall {
  const turn = conversation.next()
  if (turn.done) throw new Error('nothing was asked')
  return turn.value
}

/** The fields of a form, decoded and in order, with the brackets as they stand. */
export const fieldsOf = (form: string | undefined): [string, string][] => [...new URLSearchParams(form)]

export const CHARGE = {
  id: CHARGE_ID,
  object: 'charge',
  amount: 7_250,
  amount_captured: 7_250,
  amount_refunded: 0,
  application: null,
  application_fee: null,
  application_fee_amount: null,
  balance_transaction: null,
  billing_details: { address: { country: 'KE', city: null }, email: 'ada@customer.test', name: 'Ada O', phone: null },
  calculated_statement_descriptor: 'ADA SHOP',
  captured: true,
  created: 1_793_606_402,
  currency: 'usd',
  customer: null,
  description: null,
  disputed: false,
  failure_balance_transaction: null,
  failure_code: null,
  failure_message: null,
  fraud_details: {},
  livemode: false,
  metadata: { transaction_id: 'txn_01kc9v4t2m', reference: REFERENCE },
  on_behalf_of: null,
  outcome: { network_status: 'approved_by_network', reason: null, risk_level: 'normal', type: 'authorized' },
  paid: true,
  payment_intent: INTENT_ID,
  payment_method: 'pm_4QmZ80Kd2VtNc9LrQ7',
  payment_method_details: { type: 'card', card: { brand: 'visa', last4: '4242', exp_month: 4, exp_year: 2031 } },
  receipt_email: null,
  receipt_number: null,
  receipt_url: 'https://pay.stripe.com/receipts/payment/of-our-own',
  refunded: false,
  review: null,
  shipping: null,
  source: null,
  source_transfer: null,
  statement_descriptor: null,
  statement_descriptor_suffix: null,
  status: 'succeeded',
  transfer_data: null,
  transfer_group: null,
}

/** A PaymentIntent that was paid, as a webhook has it: the charge is an id. */
export const INTENT = {
  id: INTENT_ID,
  object: 'payment_intent',
  allowed_payment_method_types: null,
  amount: 7_250,
  amount_capturable: 0,
  amount_details: { tip: {} },
  amount_received: 7_250,
  application: null,
  application_fee_amount: null,
  automatic_payment_methods: null,
  canceled_at: null,
  cancellation_reason: null,
  capture_method: 'automatic_async',
  client_secret: `${INTENT_ID}_secret_Zq8`,
  confirmation_method: 'automatic',
  created: 1_793_606_400,
  currency: 'usd',
  customer: null,
  customer_account: null,
  description: null,
  excluded_payment_method_types: null,
  last_payment_error: null,
  latest_charge: CHARGE_ID,
  livemode: false,
  managed_payments: null,
  metadata: { transaction_id: 'txn_01kc9v4t2m', reference: REFERENCE },
  next_action: null,
  on_behalf_of: null,
  payment_method: 'pm_4QmZ80Kd2VtNc9LrQ7',
  payment_method_options: {},
  payment_method_types: ['card'],
  payment_record: null,
  processing: null,
  receipt_email: null,
  review: null,
  setup_future_usage: null,
  shipping: null,
  source: null,
  statement_descriptor: null,
  statement_descriptor_suffix: null,
  status: 'succeeded',
  transfer_group: null,
}

/** A try that the bank refused. */
export const DECLINE = {
  charge: 'ch_4QmZ7yKd2VtNc9Lr1Ba5Nq',
  code: 'card_declined',
  decline_code: 'insufficient_funds',
  doc_url: 'https://docs.stripe.com/error-codes/card-declined',
  message: 'There is not enough money behind this card.',
  payment_method: { id: 'pm_4QmZ7xKd2VtNc9LrA1', object: 'payment_method', type: 'card' },
  type: 'card_error',
}

/** A session whose page waits, as its creation is answered. */
export const SESSION = {
  id: SESSION_ID,
  object: 'checkout.session',
  adaptive_pricing: { enabled: false },
  after_expiration: null,
  allow_promotion_codes: null,
  allowed_payment_method_types: null,
  amount_subtotal: 7_250,
  amount_total: 7_250,
  automatic_tax: { enabled: false, liability: null, provider: null, status: null },
  billing_address_collection: null,
  cancel_url: 'https://shop.test/thanks?order=7',
  client_reference_id: REFERENCE,
  client_secret: null,
  collected_information: null,
  consent: null,
  consent_collection: null,
  created: 1_793_606_380,
  currency: 'usd',
  currency_conversion: null,
  custom_fields: [],
  custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
  customer: null,
  customer_account: null,
  customer_creation: 'if_required',
  customer_details: null,
  customer_email: 'ada@customer.test',
  discounts: [],
  expires_at: 1_793_609_980,
  integration_identifier: null,
  invoice: null,
  invoice_creation: null,
  livemode: false,
  locale: null,
  managed_payments: null,
  metadata: { transaction_id: 'txn_01kc9v4t2m', reference: REFERENCE },
  mode: 'payment',
  origin_context: null,
  payment_intent: null as unknown,
  payment_link: null,
  payment_method_collection: 'if_required',
  payment_method_configuration_details: { id: 'pmc_2WnYt', parent: null },
  payment_method_options: {},
  payment_method_types: ['card', 'link'],
  payment_status: 'unpaid',
  permissions: null,
  recovered_from: null,
  saved_payment_method_options: null,
  setup_intent: null,
  shipping_address_collection: null,
  shipping_cost: null,
  shipping_options: [],
  status: 'open',
  submit_type: null,
  subscription: null,
  success_url: 'https://shop.test/thanks?order=7',
  total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
  ui_mode: 'hosted_page',
  url: `https://checkout.stripe.com/c/pay/${SESSION_ID}#fidkdWxOYHwnPyd1blpxYHZxWjA0`,
  wallet_options: null,
}

/** With its charge in it. */
export const expandedIntent = (changes: object = {}) => ({ ...INTENT, latest_charge: CHARGE, ...changes })

/** A session as reading it gives it: paid, unless something else is said. */
export const readSession = (changes: object = {}) => ({
  ...SESSION,
  status: 'complete',
  payment_status: 'paid',
  url: null,
  customer_details: { email: 'ada@customer.test', name: 'Ada O', phone: null, tax_exempt: 'none', tax_ids: [] },
  payment_intent: expandedIntent() as unknown,
  ...changes,
})

export const listOf = (rows: readonly unknown[], hasMore = false) => ({
  object: 'list',
  data: rows,
  has_more: hasMore,
  url: '/v1/checkout/sessions',
})

export const REFUND = {
  id: 're_4QmZt5Kd2VtNc9Lr0Fw2Mh',
  object: 'refund',
  amount: 2_000,
  balance_transaction: 'txn_4QmZt5Kd2VtNc9Lr08',
  charge: CHARGE_ID,
  created: 1_793_692_800,
  currency: 'usd',
  customer: null,
  customer_account: null,
  destination_details: { card: { type: 'refund', reference_status: 'pending' }, type: 'card' },
  metadata: { refund_id: REFUND_ID, reference: REFERENCE },
  payment_intent: INTENT_ID,
  payment_method: null,
  reason: null,
  receipt_number: null,
  source_transfer_reversal: null,
  status: 'succeeded',
  transfer_reversal: null,
}

/** An error as Stripe words it. */
export const problem = (type: string, message: string, more: object = {}) => ({
  error: { message, request_log_url: 'https://dashboard.stripe.com/test/logs/req_Yw4', type, ...more },
})

export const NOT_OPEN = problem('invalid_request_error', 'This session is not in a status in which it can be expired.')
export const INVALID_KEY = problem('invalid_request_error', 'That API key is none of ours: sk_test_****9753')
export const MISSING = problem('invalid_request_error', 'There is no such session.', {
  code: 'resource_missing',
  param: 'session',
})

export const event = (type: string, object: object, changes: object = {}) => ({
  id: 'evt_4QmZu9Kd2VtNc9Lr',
  object: 'event',
  api_version: '2026-10-28.endive',
  created: 1_793_606_410,
  data: { object },
  livemode: false,
  pending_webhooks: 1,
  request: { id: null, idempotency_key: null },
  type,
  ...changes,
})

const DISPUTE = {
  id: 'dp_4Qn0a1Kd2VtNc9Lr',
  object: 'dispute',
  amount: 7_250,
  balance_transactions: [],
  charge: CHARGE_ID,
  created: 1_793_700_000,
  currency: 'usd',
  evidence: { receipt: null, uncategorized_text: null },
  evidence_details: { due_by: 1_794_300_000, has_evidence: false, past_due: false, submission_count: 0 },
  is_charge_refundable: false,
  livemode: false,
  metadata: {},
  payment_intent: INTENT_ID,
  payment_method_details: { card: { brand: 'visa', network_reason_code: '13.1' }, type: 'card' },
  reason: 'product_not_received',
  status: 'needs_response',
}

const PAYOUT = {
  id: 'po_4Qn0b2Kd2VtNc9Lr',
  object: 'payout',
  amount: 6_900,
  arrival_date: 1_793_779_200,
  automatic: true,
  currency: 'usd',
  failure_code: null,
  livemode: false,
  metadata: { reference: 'rent' },
  status: 'paid',
  type: 'bank_account',
}

const ofPayment = { about: 'payment', reference: REFERENCE, providerTransactionId: INTENT_ID }
const ofRefundById = { about: 'refund', reference: REFERENCE, providerTransactionId: INTENT_ID }
const ofRefundByIntent = { about: 'refund', reference: undefined, providerTransactionId: INTENT_ID }
const ofNothing = { about: 'nothing', reference: undefined, providerTransactionId: undefined }

const complete = { ...SESSION, status: 'complete', url: null, payment_intent: INTENT_ID }

/** Every event of the documentation that concerns us, and some that don't: the object, and what it asks us to look at. */
export const EVENTS = {
  'checkout.session.completed': [{ ...complete, payment_status: 'paid' }, ofPayment],
  'checkout.session.async_payment_succeeded': [{ ...complete, payment_status: 'paid' }, ofPayment],
  'checkout.session.async_payment_failed': [complete, ofPayment],
  'checkout.session.expired': [
    { ...SESSION, status: 'expired', url: null },
    { ...ofPayment, providerTransactionId: undefined },
  ],
  'payment_intent.created': [{ ...INTENT, status: 'requires_payment_method', latest_charge: null }, ofPayment],
  'payment_intent.payment_failed': [
    { ...INTENT, status: 'requires_payment_method', amount_received: 0, last_payment_error: DECLINE },
    ofPayment,
  ],
  'payment_intent.processing': [{ ...INTENT, status: 'processing', amount_received: 0 }, ofPayment],
  'payment_intent.canceled': [{ ...INTENT, status: 'canceled', cancellation_reason: 'expired' }, ofPayment],
  'payment_intent.succeeded': [INTENT, ofPayment],
  'charge.succeeded': [CHARGE, ofPayment],
  'charge.failed': [{ ...CHARGE, status: 'failed', paid: false, failure_code: 'card_declined' }, ofPayment],
  'charge.updated': [CHARGE, ofPayment],
  'charge.refunded': [{ ...CHARGE, amount_refunded: 2_000 }, ofRefundById],
  'charge.refund.updated': [REFUND, ofRefundById],
  'refund.created': [REFUND, ofRefundById],
  'refund.updated': [{ ...REFUND, status: 'pending' }, ofRefundById],
  'refund.failed': [{ ...REFUND, status: 'failed', failure_reason: 'expired_or_canceled_card' }, ofRefundById],
  'charge.dispute.created': [DISPUTE, ofRefundByIntent],
  'charge.dispute.updated': [DISPUTE, ofRefundByIntent],
  'charge.dispute.funds_withdrawn': [DISPUTE, ofRefundByIntent],
  'charge.dispute.funds_reinstated': [DISPUTE, ofRefundByIntent],
  'charge.dispute.closed': [{ ...DISPUTE, status: 'lost' }, ofRefundByIntent],
  'payout.paid': [PAYOUT, ofNothing],
  'payout.failed': [{ ...PAYOUT, status: 'failed', failure_code: 'account_closed' }, ofNothing],
  'payout.reconciliation_completed': [PAYOUT, ofNothing],
  'review.opened': [{ id: 'prv_4Qn0c3', object: 'review', payment_intent: INTENT_ID, open: true }, ofNothing],
} as const

export const KEY = 'sk_test_8f2b6d0a4c1e9753'
export const WEBHOOK_SECRET = 'whsec_Jt6nQ2mXv8rBz4Ws'
export const CREDENTIALS = { secret_key: KEY, webhook_secret: WEBHOOK_SECRET }
export const HEADERS = {
  authorization: `Bearer ${KEY}`,
  accept: 'application/json',
  'stripe-version': '2026-10-28.endive',
}

export const CREATED_AT = new Date('2026-11-02T08:26:18.900Z')
export const CREATED = 1_793_607_978
export const later = (minutes: number): Date => new Date(CREATED_AT.getTime() + minutes * 60_000)

export const KNOWN: AttemptKnown = {
  reference: REFERENCE,
  amount: 7_250n,
  currency: 'USD',
  checkoutId: SESSION_ID,
  checkoutUrl: undefined,
  providerTransactionId: undefined,
  createdAt: CREATED_AT,
  expiresAt: later(120),
}
export const PAID: PaidPayment = { ...KNOWN, providerTransactionId: INTENT_ID }

export const REFUND_REQUEST: RefundRequest = {
  id: REFUND_ID,
  payment: PAID,
  amount: 2_000n,
  reason: undefined,
}

export const UNRECOGNISED = { kind: 'unknown', cause: 'answer_unrecognised' }
export const refused = (reason: string) => ({ kind: 'refused', reason })

export const RANGE = { from: new Date('2026-11-01T00:00:00Z'), to: new Date('2026-11-02T00:00:00Z') }
export const listing = (cursor?: string) => stripe.listPayments(RANGE, cursor, CREDENTIALS)
/** `listRefunds` is one of those that a provider may lack. */
export const listingRefunds = (cursor?: string, credentials: Record<string, string> = CREDENTIALS) => {
  if (stripe.listRefunds === undefined) throw new Error('it lists refunds')
  return stripe.listRefunds(RANGE, cursor, credentials)
}
export const ofRefund = (answer: ProviderAnswer) =>
  converse(stripe.createRefund(REFUND_REQUEST, CREDENTIALS), answer).result
export const ofRefunds = (answer: ProviderAnswer) => converse(stripe.readRefunds(PAID, [], CREDENTIALS), answer).result
export const ofListing = (answer: ProviderAnswer) => converse(listing(), answer).result
export const ofRefundListing = (answer: ProviderAnswer) => converse(listingRefunds(), answer).result
