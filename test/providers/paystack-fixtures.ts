/**
 * Bodies of Paystack's form with values of our own: the fields, types, nulls and spellings of what it really sends, the
 * quirks included (fields that come twice, amounts as text, metadata of any kind). Sources: paystack.com/docs, the pages
 * on transactions, refunds, disputes and webhooks.
 */

export const REFERENCE = 'pb-01kb3s7m5qzr4w8x2y6v9t0nhc'

/** An answer to verify: paid by card, 1,500.00 NGN, the fee on the merchant. */
export const TRANSACTION = {
  id: 5_550_001_234,
  domain: 'test',
  status: 'success',
  reference: REFERENCE,
  receipt_number: null,
  amount: 150_000,
  message: null,
  gateway_response: 'Successful',
  paid_at: '2026-11-02T08:15:30.000Z',
  created_at: '2026-11-02T08:14:02.000Z',
  channel: 'card',
  currency: 'NGN',
  ip_address: '203.0.113.7, 198.51.100.20',
  metadata: '',
  log: {
    start_time: 1_793_607_242,
    time_spent: 9,
    attempts: 1,
    errors: 0,
    success: true,
    mobile: true,
    input: [],
    history: [{ type: 'action', message: 'Attempted to pay with card', time: 8 }],
  },
  fees: 2_250,
  fees_split: null,
  authorization: {
    authorization_code: 'AUTH_k3v9q1m7xz',
    bin: '408408',
    last4: '4081',
    exp_month: '07',
    exp_year: '2031',
    channel: 'card',
    card_type: 'visa ',
    bank: 'TEST BANK',
    country_code: 'NG',
    brand: 'visa',
    reusable: true,
    signature: 'SIG_Yb7Lk2Pq9Rt4',
    account_name: null,
  },
  customer: {
    id: 240_118_903,
    first_name: null,
    last_name: null,
    email: 'ada@customer.test',
    customer_code: 'CUS_p4n8w2k6j0',
    phone: '',
    metadata: null,
    risk_action: 'default',
    international_format_phone: null,
  },
  plan: null,
  split: {},
  order_id: null,
  paidAt: '2026-11-02T08:15:30.000Z',
  createdAt: '2026-11-02T08:14:02.000Z',
  requested_amount: 150_000,
  pos_transaction_data: null,
  source: null,
  fees_breakdown: null,
  connect: null,
  transaction_date: '2026-11-02T08:14:02.000Z',
  plan_object: {},
  subaccount: {},
}

export const initialized = (reference: string) => ({
  status: true,
  message: 'Authorization URL created',
  data: {
    authorization_url: 'https://checkout.paystack.com/q8w2e5r1t9y3u7i',
    access_code: 'q8w2e5r1t9y3u7i',
    reference,
  },
})

export const verified = (changes: object = {}) => ({
  status: true,
  message: 'Verification successful',
  data: { ...TRANSACTION, ...changes },
})

export const BALANCE = {
  status: true,
  message: 'Balances retrieved',
  data: [{ currency: 'NGN', balance: 7_412_500 }],
}

/** The full form of an error. */
export const problem = (message: string, type: string, code: string) => ({
  status: false,
  message,
  meta: { nextStep: 'Check what you sent and try again.' },
  type,
  code,
})

/** The form in which only the text says what happened. */
export const shortProblem = (message: string) => ({ status: false, message })

/** A row of the list of refunds, as newer ones are. */
export const REFUND_ROW = {
  id: 61_002_003,
  integration: 530_211,
  domain: 'test',
  currency: 'NGN',
  amount: 45_000,
  status: 'pending',
  refunded_by: 'owner@shop.test',
  customer_note: 'Size was wrong',
  merchant_note: 'refund:ref_01kb3s7m5qzr4w8x2y6v9t0nhc',
  dispute: null,
  settlement: null,
  transaction: TRANSACTION.id,
  transaction_reference: REFERENCE,
  transaction_amount: 150_000,
  refund_type: 'partial',
  reason: null,
  channel: 'card',
  refund_channel: 'card',
  refunded_at: null,
  expected_at: '2026-11-12T09:21:17.016Z',
  deducted_amount: 45_000,
  fully_deducted: 1,
  bank_reference: null,
  customer: { id: 240_118_903, email: 'ada@customer.test', customer_code: 'CUS_p4n8w2k6j0' },
  createdAt: '2026-11-02T09:21:17.122Z',
  updatedAt: '2026-11-02T09:21:17.122Z',
}

/** A page of them. */
export const refundPage = (rows: object[], meta: unknown) => ({
  status: true,
  message: 'Refunds retrieved',
  data: rows,
  meta,
})

/** The answer that makes a refund: its transaction is an object there. */
export const refundMade = (changes: object = {}) => {
  const { dispute: _d, settlement: _s, transaction_reference: _r, reason: _n, refund_type: _t, ...row } = REFUND_ROW
  const { id, domain, reference, amount, currency, channel, paid_at, paidAt } = TRANSACTION
  const transaction = { id, domain, reference, amount, currency, channel, paid_at, paidAt, plan: {}, split: {} }
  return {
    status: true,
    message: 'Refund has been queued for processing',
    data: { ...row, transaction, deducted_amount: 0, fully_deducted: false, channel: null, ...changes },
  }
}

/** A row of the list of transactions: null, where verify has an empty text, and no receipt. */
export const TRANSACTION_ROW = { ...TRANSACTION, metadata: null, plan: {}, source: { source: 'merchant_api' } }

/** A page of them, by cursors. */
export const transactionPage = (rows: object[], meta: unknown) => ({
  status: true,
  message: 'Transactions retrieved',
  data: rows,
  meta,
})

const refund = (status: string, changes: object = {}) => ({
  status,
  transaction_reference: REFERENCE,
  refund_reference: null,
  amount: '45000',
  currency: 'NGN',
  processor: 'instant-transfer',
  customer: { first_name: 'Bola', last_name: 'Ige', email: 'bola@customer.test' },
  integration: 530_211,
  domain: 'live',
  ...changes,
})

const dispute = (changes: object = {}) => ({
  id: 771_204,
  refund_amount: 150_000,
  currency: 'NGN',
  status: 'awaiting-merchant-feedback',
  resolution: null,
  domain: 'live',
  transaction: {
    ...TRANSACTION,
    domain: 'live',
    log: null,
    ip_address: null,
    authorization: {},
    customer: { international_format_phone: null },
    plan: {},
  },
  transaction_reference: null,
  category: 'chargeback',
  customer: { id: 240_118_903, email: 'ada@customer.test', customer_code: 'CUS_p4n8w2k6j0', phone: '', metadata: {} },
  bin: '408408',
  last4: '4081',
  dueAt: '2026-11-03T01:00:00.000Z',
  resolvedAt: null,
  evidence: null,
  attachments: null,
  note: null,
  history: [{ status: 'pending', by: 'ada@customer.test', createdAt: '2026-11-02T09:00:00.000Z' }],
  messages: [{ sender: 'ada@customer.test', body: 'Never arrived', createdAt: '2026-11-02T09:00:00.000Z' }],
  created_at: '2026-11-02T09:00:00.000Z',
  updated_at: '2026-11-02T09:00:01.000Z',
  ...changes,
})

const transfer = {
  amount: 90_000,
  currency: 'NGN',
  domain: 'live',
  failures: null,
  id: 88_123_004,
  integration: { id: 530_211, is_live: true, business_name: 'Ada Shop' },
  reason: 'Rent',
  reference: '20261102001',
  source: 'balance',
  status: 'success',
  transfer_code: 'TRF_m2k5h8d1s4',
  recipient: { id: 1_900_455, recipient_code: 'RCP_v7c3x9z5', metadata: null },
}

/** Every event of the documentation, and what we make of it: the body, then what it claims. */
export const EVENTS = {
  'charge.success': {
    data: { ...TRANSACTION, metadata: 0, log: null },
    claims: { object: '5550001234', about: 'payment', reference: REFERENCE },
  },
  'refund.pending': { data: refund('pending'), claims: { object: undefined, about: 'refund', reference: REFERENCE } },
  'refund.processing': {
    data: refund('processing', { id: 61_002_003 }),
    claims: { object: '61002003', about: 'refund', reference: REFERENCE },
  },
  'refund.processed': {
    data: refund('processed', { refund_reference: '714400918273' }),
    claims: { object: undefined, about: 'refund', reference: REFERENCE },
  },
  'refund.failed': {
    data: refund('failed', { amount: 45_000, refund_reference: 'TRF_m2k5h8d1s4' }),
    claims: { object: undefined, about: 'refund', reference: REFERENCE },
  },
  'refund.needs-attention': {
    data: refund('needs-attention', { id: '61002003' }),
    claims: { object: '61002003', about: 'refund', reference: REFERENCE },
  },
  'charge.dispute.create': { data: dispute(), claims: { object: '771204', about: 'refund', reference: REFERENCE } },
  'charge.dispute.remind': { data: dispute(), claims: { object: '771204', about: 'refund', reference: REFERENCE } },
  'charge.dispute.resolve': {
    data: dispute({ status: 'resolved', resolution: 'auto-accepted' }),
    claims: { object: '771204', about: 'refund', reference: REFERENCE },
  },
  'bank.transfer.rejected': {
    data: {
      bank_transfer: {
        amount: '140000',
        message: 'incorrect amount sent',
        message_type: 'INCORRECT_AMOUNT',
        transaction_id: '5550001234',
      },
      customer: { id: 240_118_903, email: 'ada@customer.test', customer_code: 'CUS_p4n8w2k6j0', metadata: null },
    },
    claims: { object: undefined, about: 'nothing', reference: undefined },
  },
  'transfer.success': { data: transfer, claims: { object: '88123004', about: 'nothing', reference: undefined } },
  'transfer.failed': {
    data: { ...transfer, status: 'failed' },
    claims: { object: '88123004', about: 'nothing', reference: undefined },
  },
  'transfer.reversed': {
    data: { ...transfer, status: 'reversed' },
    claims: { object: '88123004', about: 'nothing', reference: undefined },
  },
  'subscription.create': {
    data: { domain: 'live', status: 'active', subscription_code: 'SUB_h5j2k8', amount: 50_000, plan: { id: 7 } },
    claims: { object: undefined, about: 'nothing', reference: undefined },
  },
  'invoice.payment_failed': {
    data: { domain: 'live', invoice_code: 'INV_r4t7', paid: 0, transaction: {}, subscription: { status: 'attention' } },
    claims: { object: undefined, about: 'nothing', reference: undefined },
  },
} as const
