/**
 * The transaction as Paystack prints it: one object in several dialects (verify, fetch, list, event), with the fields,
 * the double spellings and the gaps of the recorded bodies.
 */
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { isFields } from './call.ts'
import type { MetadataShape } from './faults.ts'
import { metadataObject, type Transaction } from './transactions.ts'

/** Documentation addresses (RFC 5737): nobody's. */
const PAYER_IP = '203.0.113.7'
const API_SOURCE = { source: 'merchant_api', type: 'api', identifier: null, entry_point: 'transaction_initialize' }
const ELSEWHERE_SOURCE = { source: 'checkout', type: 'web', identifier: null, entry_point: 'request_inline' }

/** `data` of verify. */
export function verifiedTransaction(books: Books, account: Account, transaction: Transaction) {
  const common = commonFields(account, transaction)
  return {
    ...common,
    receipt_number: null,
    createdAt: common.created_at,
    transaction_date: common.created_at,
    metadata: metadataAnswer(books, account, transaction, ''),
    log: logAnswer(transaction),
    customer: customerAnswer(transaction),
    plan: null,
    plan_object: {},
    source: null,
    fees_breakdown: null,
    connect: null,
  }
}

/** `data` of a fetch by id. */
export function fetchedTransaction(books: Books, account: Account, transaction: Transaction) {
  const common = commonFields(account, transaction)
  return {
    ...common,
    receipt_number: null,
    helpdesk_link: null,
    createdAt: common.created_at,
    metadata: metadataAnswer(books, account, transaction, ''),
    log: logAnswer(transaction),
    customer: customerAnswer(transaction),
    plan: {},
    source: sourceAnswer(transaction),
    fees_breakdown: null,
    connect: null,
  }
}

/** A row of the list. */
export function listedTransaction(books: Books, account: Account, transaction: Transaction) {
  const common = commonFields(account, transaction)
  const { international_format_phone, ...customer } = customerAnswer(transaction)
  return {
    ...common,
    createdAt: common.created_at,
    metadata: metadataAnswer(books, account, transaction, null),
    log: logAnswer(transaction),
    customer,
    plan: {},
    source: sourceAnswer(transaction),
    connect: null,
  }
}

/** `data` of `charge.success`, as recorded: no `createdAt`, and a log for cards only. */
export function chargedTransaction(books: Books, account: Account, transaction: Transaction) {
  return {
    ...commonFields(account, transaction),
    metadata: metadataAnswer(books, account, transaction, ''),
    log: transaction.channel === 'card' ? logAnswer(transaction) : null,
    customer: customerAnswer(transaction),
    plan: {},
    source: sourceAnswer(transaction),
    fees_breakdown: null,
  }
}

/** The transaction inside a dispute. */
export function disputedTransaction(books: Books, account: Account, transaction: Transaction) {
  const common = commonFields(account, transaction)
  return {
    ...common,
    createdAt: common.created_at,
    metadata: metadataAnswer(books, account, transaction, ''),
    log: null,
    authorization: {},
    customer: { international_format_phone: null },
    plan: {},
  }
}

/** The transaction inside the answer to a new refund. */
export function refundedTransaction(account: Account, transaction: Transaction) {
  const { id, domain, reference, amount, paid_at, channel, currency, paidAt } = commonFields(account, transaction)
  return {
    ...{ id, domain, reference, amount, paid_at, channel, currency, paidAt },
    authorization: { exp_month: null, exp_year: null, account_name: null },
    customer: { international_format_phone: null },
    plan: {},
    subaccount: { currency: null },
    split: {},
    order_id: null,
    pos_transaction_data: null,
    source: null,
    fees_breakdown: null,
  }
}

/** `data` of the timeline, and `log` of everything else. */
export function logAnswer({ log }: Transaction) {
  if (log === null) return null
  const secondsIn = (at: Date) => Math.round((at.getTime() - log.startedAt.getTime()) / 1000)
  return {
    start_time: Math.floor(log.startedAt.getTime() / 1000),
    time_spent: secondsIn(log.history.at(-1)?.at ?? log.startedAt),
    attempts: log.attempts,
    errors: log.errors,
    success: log.success,
    mobile: false,
    input: [],
    history: log.history.map(({ type, message, at }) => ({ type, message, time: secondsIn(at) })),
  }
}

export function customerAnswer({ customer }: Transaction) {
  return {
    id: customer.id,
    first_name: null,
    last_name: null,
    email: customer.email,
    customer_code: customer.code,
    phone: null,
    metadata: null,
    risk_action: 'default',
    international_format_phone: null,
  }
}

function commonFields(account: Account, transaction: Transaction) {
  const paidAt = transaction.paidAt?.toISOString() ?? null
  return {
    id: transaction.id,
    domain: account.domain,
    status: transaction.status,
    reference: transaction.reference,
    amount: transaction.amount,
    message: transaction.message,
    gateway_response: transaction.gatewayResponse,
    paid_at: paidAt,
    paidAt,
    created_at: transaction.createdAt.toISOString(),
    channel: transaction.channel,
    currency: transaction.currency,
    ip_address: transaction.log === null ? null : PAYER_IP,
    fees: transaction.fees,
    fees_split: null,
    authorization: authorizationAnswer(transaction),
    split: {},
    subaccount: {},
    order_id: null,
    requested_amount: transaction.requestedAmount,
    pos_transaction_data: null,
  }
}

/** `{}` until paid. */
function authorizationAnswer({ paidWith, paidAt }: Transaction): Record<string, unknown> {
  if (paidWith === null || paidAt === null) return {}
  const { method, authorizationCode, signature } = paidWith
  const isCard = method.channel === 'card'
  const answer = {
    authorization_code: authorizationCode,
    bin: isCard ? method.id.slice(0, 6) : `${method.id.slice(0, 3)}XXX`,
    last4: isCard ? method.id.slice(-4) : `X${method.id.slice(-3)}`,
    exp_month: '12',
    exp_year: isCard ? String(paidAt.getUTCFullYear() + 4) : '9999',
    channel: method.channel,
    // The blank is Paystack's own.
    card_type: isCard ? `${method.brand} ` : method.channel === 'bank_transfer' ? 'transfer' : '',
    bank: method.channel === 'bank_transfer' ? null : isCard ? 'TEST BANK' : method.brand,
    country_code: 'NG',
    brand: method.brand,
    reusable: isCard,
    signature: isCard ? signature : null,
    account_name: null,
  }
  if (method.channel !== 'bank_transfer') return answer
  return {
    ...answer,
    sender_country: 'NG',
    sender_bank: null,
    sender_bank_account_number: 'XXXXXX0417',
    sender_name: 'Simulated Payer',
    narration: 'Simulated transfer',
  }
}

function sourceAnswer({ origin }: Transaction) {
  return origin === 'api' ? API_SOURCE : ELSEWHERE_SOURCE
}

function metadataAnswer(books: Books, account: Account, transaction: Transaction, absent: '' | null): unknown {
  const fault = books.faults.take('metadata_shape', { account: account.secretKey, operation: 'metadata' })
  return shapeMetadata(fault?.shape ?? 'as_sent', transaction, absent, books.baseUrl)
}

function shapeMetadata(shape: MetadataShape, { metadata }: Transaction, absent: '' | null, baseUrl: string): unknown {
  const sent = metadata === undefined ? absent : (metadataObject(metadata) ?? metadata)
  switch (shape) {
    // The numbers of an object come back as strings even so; those of stringified JSON do not (observed).
    case 'as_sent':
      return typeof metadata === 'string' ? sent : numbersAsStrings(sent)
    case 'numbers_as_strings':
      return numbersAsStrings(sent)
    case 'with_referrer':
      return { ...(isFields(sent) ? sent : {}), referrer: `${baseUrl}/checkout` }
    case 'string':
      return JSON.stringify(sent)
    case 'empty':
      return ''
    case 'null':
      return null
    case 'zero':
      return 0
  }
}

function numbersAsStrings(value: unknown): unknown {
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return value.map(numbersAsStrings)
  if (!isFields(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, numbersAsStrings(item)]))
}
