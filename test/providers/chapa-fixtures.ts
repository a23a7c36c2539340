/**
 * Bodies of Chapa's form with values of our own: the fields, types, nulls and spellings of what it really sends, the quirks
 * included (amounts as numbers and as texts of two or three decimals, two names for one thing, messages of two kinds).
 * Sources: developer.chapa.co, the pages on payments, refunds, transactions and webhooks.
 */

import { parseId } from '../../src/domain/ids.ts'
import type { CheckoutRequest, Conversation, ProviderAnswer, ProviderCall } from '../../src/providers/contract.ts'
import { parseExactJson } from '../../src/providers/kit/exact-json.ts'

export const REFERENCE = 'pb-01kb4t9n2vxq6w8r3y5z7m1hcd'
export const CHAPAS_ID = 'APk7Wm2Xq9Tb'

const idOrThrow = (text: string) => {
  const id = parseId('ref', text)
  if (id === undefined) throw new TypeError(`${text} is no id of a refund`)
  return id
}
export const REFUND_ID = idOrThrow('ref_01kb4v0c8d2e5f7g9h1j3k6m8n')

export const REQUEST: CheckoutRequest = {
  reference: REFERENCE,
  amount: 125_050n,
  currency: 'ETB',
  customer: { email: 'sara@customer.test', name: 'Sara Abebe Kassa', phone: '+251911402233' },
  description: 'Order 7, two baskets',
  callbackUrl: 'https://shop.test/thanks',
  method: 'card',
  metadata: { transaction_id: 'txn_01kb4t9n2v', reference: 'order "7"' },
  createdAt: new Date('2026-11-04T07:00:00Z'),
  expiresAt: new Date('2026-11-04T08:00:00Z'),
}

/** What arrives: a body as the wire carries it. */
export const answered = (status: number, body: unknown): ProviderAnswer => ({
  status,
  body: parseExactJson(typeof body === 'string' ? body : JSON.stringify(body)),
})

/** Feeds the answers one after another; the calls that were made, and what came of them. */
export function drive<T>(conversation: Conversation<T>, ...answers: ProviderAnswer[]) {
  const calls: ProviderCall[] = []
  let turn = conversation.next()
  for (const answer of answers) {
    if (turn.done === true) throw new Error('an answer for which nobody asked')
    calls.push(turn.value)
    turn = conversation.next(answer)
  }
  if (turn.done !== true) throw new Error(`one call more: ${turn.value.method} ${turn.value.path}`)
  return { calls, result: turn.value }
}

export const envelope = <Data>(data: Data, message: unknown = 'Done', status: unknown = 'success') => ({
  message,
  status,
  data,
})

/** An error in a sentence, or by field. */
export const problem = (message: unknown) => envelope(null, message, 'failed')

export const initialized = (url = 'https://checkout.chapa.co/checkout/payment/t7Yq3Lw9Zk') =>
  envelope({ checkout_url: url }, 'Hosted Link')

/** Paid by a wallet: 1,250.50 ETB, the fee on the merchant. */
export const PAYMENT = {
  first_name: 'Sara',
  last_name: 'Kassa',
  email: 'sara@customer.test',
  phone_number: null,
  currency: 'ETB',
  amount: 1250.5,
  charge: 37.52,
  mode: 'test',
  method: 'test',
  type: 'API',
  status: 'success',
  reference: CHAPAS_ID,
  tx_ref: REFERENCE,
  customization: { title: null, description: 'Order 7', logo: null },
  meta: null,
  created_at: '2026-11-04T07:01:10.000000Z',
  updated_at: '2026-11-04T07:03:44.000000Z',
}

export const verified = (changes: object = {}) => envelope({ ...PAYMENT, ...changes }, 'Payment details')

/** A page that nobody tried to pay at. */
export const PENDING = envelope(
  { ...PAYMENT, charge: null, method: null, type: 'Unknown', status: 'pending', reference: null },
  'Payment details fetched successfully',
)

export const NOT_PAID = envelope(null, 'Payment not paid yet', null)

export const CANCELLED = envelope(
  {
    tx_ref: REFERENCE,
    amount: '1250.50',
    currency: 'ETB',
    created_at: '2026-11-04T07:01:10.000000Z',
    updated_at: '2026-11-04T08:00:05.000000Z',
  },
  'Checkout link expired successfully',
)

/** The documented shape of a refund. */
export const REFUND = {
  amount: '300.25',
  currency: 'ETB',
  ref_id: 'RFp4Nd8Hs1',
  payment_reference: CHAPAS_ID,
  status: 'initiated',
}

/** The shape of the preview documentation. */
export const REFUND_PREVIEW = {
  id: 90_412,
  ref: 'RFv6Ck3Jt5',
  chapa_reference: CHAPAS_ID,
  bank_reference: null,
  merchant_reference: REFUND_ID,
  amount: '300.25',
  currency: 'ETB',
  reason: 'Wrong size',
  status: 'Refund Initiated',
  created_at: '2026-11-05T06:30:00.000000Z',
}

export const LISTED = {
  status: 'success',
  ref_id: CHAPAS_ID,
  type: 'API',
  created_at: '2026-11-04T07:01:10.000000Z',
  currency: 'ETB',
  amount: '1250.500',
  charge: '37.520',
  trans_id: null,
  payment_method: 'telebirr',
  customer: { id: 3_107, email: 'sara@customer.test', first_name: 'Sara', last_name: 'Kassa', mobile: '0911402233' },
}

export const listed = (transactions: unknown[], next: string | null = null, page = 1) =>
  envelope({
    transactions,
    pagination: {
      per_page: 10,
      current_page: page,
      first_page_url: 'https://api.chapa.co/v1/transactions?page=1',
      next_page_url: next,
      prev_page_url: null,
    },
  })

export const CURRENCIES = { status: 'success', currency_code: [1, 2], currency_name: ['ETB', 'USD'] }

const charge = (event: string, status: string, changes: object = {}) => ({
  event,
  first_name: '',
  last_name: '',
  email: null,
  mobile: '251911402233',
  currency: 'ETB',
  amount: '1250.50',
  charge: '37.52',
  status,
  mode: 'live',
  reference: CHAPAS_ID,
  created_at: '2026-11-04T07:01:10.000000Z',
  updated_at: '2026-11-04T07:03:44.000000Z',
  type: 'API',
  tx_ref: REFERENCE,
  payment_method: 'telebirr',
  customization: { title: null, description: null, logo: null },
  meta: null,
  ...changes,
})

const payout = (event: string, status: string) => ({
  event,
  type: 'Payout',
  account_name: 'Abel Girma',
  account_number: '251922506070',
  bank_id: 855,
  bank_name: 'telebirr',
  amount: '910.00',
  charge: '27.30',
  currency: 'ETB',
  status,
  reference: 'APPLES202611',
  chapa_reference: '7k22mdt901Q',
  bank_reference: 'GH8801x2',
  created_at: '2026-11-04T09:00:00.000000Z',
  updated_at: '2026-11-04T09:00:02.000000Z',
})

/** Every event that is documented or that clients listen to, and what it asks us to look at. */
export const EVENTS = [
  [charge('charge.success', 'success'), 'payment'],
  [
    charge('charge.success', 'success', { first_name: null, last_name: null, mobile: null, failure_reason: null }),
    'payment',
  ],
  [charge('charge.failed/cancelled', 'failed/cancelled'), 'payment'],
  [charge('charge.refunded', 'refunded'), 'refund'],
  [charge('charge.reversed', 'reversed'), 'refund'],
  [charge('refund.success', 'success'), 'refund'],
  [charge('refund.failed', 'failed'), 'refund'],
  [charge('refund.reversed', 'reversed'), 'refund'],
  [charge('charge.disputed', 'disputed'), 'payment'],
  [payout('payout.success', 'success'), 'nothing'],
  [payout('payout.failed/cancelled', 'failed/cancelled'), 'nothing'],
] as const
