/**
 * Bodies of Flutterwave's form with values of our own: the fields, types, nulls and spellings of what it really sends,
 * the quirks included (ids as text in lists, fees with three decimals, JSON inside of JSON). Sources:
 * developer.flutterwave.com, v3, the pages on Standard checkout, verification, refunds and webhooks.
 */

import { newId } from '../../src/domain/ids.ts'
import type {
  CheckoutRequest,
  Conversation,
  PaidPayment,
  ProviderAnswer,
  ProviderCall,
} from '../../src/providers/contract.ts'
import { flutterwave } from '../../src/providers/flutterwave/index.ts'
import { parseExactJson } from '../../src/providers/kit/exact-json.ts'

export const REFERENCE = 'pb-01kb3s7m5qzr4w8x2y6v9t0nhc'
export const LINK = 'https://checkout.flutterwave.com/v3/hosted/pay/flwlnk-01kb3s9q4c8e2m6t'
export const REFUND_ID = newId('ref', 1_793_607_300_000, (length) => new Uint8Array(length).fill(7))
export const CREDENTIALS = { secret_key: 'FLWSECK_TEST-4c81f0a7d29be653-X', webhook_hash: 'kola nuts & 3 drums' }

export const REQUEST: CheckoutRequest = {
  reference: REFERENCE,
  amount: 150_050n,
  currency: 'NGN',
  customer: { email: 'ada@customer.test', name: 'Ada Obi', phone: '+2348030000001' },
  description: 'Two lamps',
  callbackUrl: 'https://shop.test/thanks?order=7',
  method: undefined,
  metadata: { transaction_id: 'txn_01kb3s7m5q', reference: 'order "7"' },
  createdAt: new Date('2026-11-02T08:14:00.000Z'),
  expiresAt: new Date('2026-11-02T09:14:00.001Z'),
}

export const PAYMENT: PaidPayment = {
  reference: REFERENCE,
  amount: 150_050n,
  currency: 'NGN',
  checkoutId: undefined,
  checkoutUrl: LINK,
  providerTransactionId: '640112233',
  createdAt: REQUEST.createdAt,
  expiresAt: REQUEST.expiresAt,
}

/** Paid by card, 1,500.50 NGN, the fee on the merchant. */
export const TRANSACTION = {
  id: 640_112_233,
  tx_ref: REFERENCE,
  flw_ref: 'FLW-MOCK-7d0e51c2',
  device_fingerprint: 'N/A',
  amount: 1500.5,
  currency: 'NGN',
  charged_amount: 1500.5,
  app_fee: 21.01,
  merchant_fee: 0,
  processor_response: 'Approved',
  auth_model: 'PIN',
  ip: '::ffff:203.0.113.7',
  narration: 'CARD Transaction ',
  status: 'successful',
  payment_type: 'card',
  created_at: '2026-11-02T08:15:30.000Z',
  account_id: 55_021,
  card: {
    first_6digits: '408408',
    last_4digits: '4081',
    issuer: 'TEST BANK PLC',
    country: 'NG',
    type: 'VISA',
    token: 'flw-t1nf-9b2c-secret',
    expiry: '07/31',
  },
  meta: null,
  amount_settled: 1477.92,
  customer: {
    id: 310_448,
    name: 'Ada Obi',
    phone_number: 'N/A',
    email: 'ada@customer.test',
    created_at: '2026-11-02T08:15:29.000Z',
  },
}

/** The same as a row of the list, where ids are texts and the payer is flat. */
export const ROW = {
  ...TRANSACTION,
  id: '640112233',
  account_id: '55021',
  customer: undefined,
  meta: undefined,
  card: undefined,
  customer_name: 'Ada Obi',
  customer_email: 'ada@customer.test',
}

/** A try that failed before it. */
export const FAILED_ROW = {
  ...ROW,
  id: '640112200',
  status: 'failed',
  app_fee: null,
  amount_settled: null,
  processor_response: 'Insufficient Funds',
  created_at: '2026-11-02T08:14:40.000Z',
}

export const hosted = { status: 'success', message: 'Hosted Link', data: { link: LINK } }

export const verified = (changes: object = {}) => ({
  status: 'success',
  message: 'Transaction fetched successfully',
  data: { ...TRANSACTION, ...changes },
})

export const listed = (rows: unknown[], page = 1, pages = 1) => ({
  status: 'success',
  message: 'Transactions fetched',
  meta: { page_info: { total: 10 * pages, current_page: page, total_pages: pages } },
  data: rows,
})

export const problem = (message: string, data: unknown = null) => ({ status: 'error', message, data })

export const NOT_FOUND = problem('No transaction was found for this id')

export const BALANCES = {
  status: 'success',
  message: 'Wallet balances fetched',
  data: [{ currency: 'NGN', available_balance: 41_200, ledger_balance: 980.55 }],
}

/** The answer to the call that makes a refund. */
export const REFUND_MADE = {
  id: 91_204,
  account_id: 55_021,
  tx_id: 640_112_233,
  flw_ref: 'FLW-MOCK-7d0e51c2',
  wallet_id: 77_310,
  amount_refunded: 500.25,
  status: 'completed',
  destination: 'payment_source',
  meta: { source: 'availablebalance' },
  created_at: '2026-11-03T10:00:00.250Z',
}

export const REFUND_ROW = {
  id: 91_204,
  amount_refunded: 500.25,
  status: 'completed-mpgs',
  flw_ref: 'FLW-MOCK-7d0e51c2',
  comment: REFUND_ID,
  settlement_id: 'N/A',
  meta: '{"source":"availablebalance","disburse_status":"completed"}',
  created_at: '2026-11-03T10:00:00.000Z',
  account_id: 55_021,
  transaction_id: 640_112_233,
}

/** The flat webhook of a refund. */
export const REFUND_EVENT = {
  id: 91_204,
  AmountRefunded: 500.25,
  status: 'completed-bank-transfer',
  FlwRef: 'FLW-MOCK-7d0e51c2',
  destination: 'payment_source',
  comments: 'Never arrived',
  settlement_id: 'N/A',
  meta: '{"source":"availablebalance","disburse_status":"completed"}',
  createdAt: '2026-11-03T10:00:00.000Z',
  updatedAt: '2026-11-03T10:05:00.000Z',
  deletedAt: null,
  walletId: 77_310,
  AccountId: 55_021,
  TransactionId: 640_112_233,
}

/** The flat webhook of an older account. */
export const LEGACY_EVENT = {
  id: 640_112_233,
  txRef: REFERENCE,
  flwRef: 'FLW-MOCK-7d0e51c2',
  orderRef: 'URF_1793607330_441',
  paymentPlan: null,
  createdAt: '2026-11-02T08:15:30.000Z',
  amount: 1500.5,
  charged_amount: 1521.51,
  status: 'successful',
  IP: '203.0.113.7',
  currency: 'NGN',
  customer: { id: 310_448, phone: null, fullName: 'Ada Obi', customertoken: null, email: 'ada@customer.test' },
  entity: { card6: '408408', card_last4: '4081' },
  'event.type': 'CARD_TRANSACTION',
}

/** As the exchange hands it over: through JSON, with no digit lost. */
export const answered = (status: number, body: unknown): ProviderAnswer => ({
  status,
  body: parseExactJson(typeof body === 'string' ? body : JSON.stringify(body)),
})

export const ok = (body: unknown): ProviderAnswer => answered(200, body)

/** Carries on a conversation that asks exactly as often as there are answers. */
export function talk<T>(
  conversation: Conversation<T>,
  ...answers: ProviderAnswer[]
): { calls: ProviderCall[]; result: T } {
  const calls: ProviderCall[] = []
  let turn = conversation.next()
  for (const answer of answers) {
    if (turn.done === true) throw new Error(`it asked ${calls.length} times, of ${answers.length}`)
    calls.push(turn.value)
    turn = conversation.next(answer)
  }
  if (turn.done !== true) throw new Error(`it asks for more: ${turn.value.method} ${turn.value.path}`)
  return { calls, result: turn.value }
}

export const UNRECOGNISED = { kind: 'unknown', cause: 'answer_unrecognised' }
export const GET_HEADERS = { authorization: `Bearer ${CREDENTIALS.secret_key}`, accept: 'application/json' }
export const POST_HEADERS = { ...GET_HEADERS, 'content-type': 'application/json' }

export const REFUND = { id: REFUND_ID, payment: PAYMENT, amount: 50_025n, reason: 'Never arrived' }
export const createRefund = (answer: ProviderAnswer, changes: object = {}) =>
  talk(flutterwave.createRefund({ ...REFUND, ...changes }, CREDENTIALS), answer)
export const readRefunds = (...answers: ProviderAnswer[]) =>
  talk(flutterwave.readRefunds(PAYMENT, [], CREDENTIALS), ...answers)
export const RANGE = { from: new Date('2026-11-01T23:30:00.000Z'), to: new Date('2026-11-02T10:00:00.000Z') }
export const listPayments = (cursor: string | undefined, answer: ProviderAnswer) =>
  talk(flutterwave.listPayments(RANGE, cursor, CREDENTIALS), answer)
/** `listRefunds` is one of those that a provider may lack. */
export function listRefunds(cursor: string | undefined, answer: ProviderAnswer) {
  const conversation = flutterwave.listRefunds?.(RANGE, cursor, CREDENTIALS)
  if (conversation === undefined) throw new Error('it lists refunds')
  return talk(conversation, answer)
}

export const NONE = answered(400, NOT_FOUND)
