/** Chapa's API: each path, the name that faults know it by, and what it answers. */
import { type Call, type Handler, type Reply, success } from './call.ts'
import { pageUrl } from './checkout.ts'
import { initialize } from './initialize.ts'
import { BANKS, balances, listPage, SUPPORTED_CURRENCIES } from './merchant-data.ts'
import { whyBarred } from './payer.ts'
import { byChapaReference, isPaid, logEvent } from './payment.ts'
import { cancelledPayment, loggedEvents, verifiedPayment } from './payment-wire.ts'
import { refundAnswer } from './refund-wire.ts'
import { createRefund } from './refunds.ts'
import {
  currencyNotFound,
  linkExpired,
  linkNotFound,
  notPaidYet,
  otherMode,
  Refusal,
  refundNotFound,
  unknownTransaction,
  unknownTxRef,
  wrongContentType,
} from './refusal.ts'

export interface ApiRoute {
  method: 'GET' | 'POST' | 'PUT'
  path: string
  /** What a fault names to strike only here. */
  operation: string
  handle: Handler
  /** Where the field is that `field_missing` takes away. */
  fieldThatMatters: string
}

const route = (
  method: ApiRoute['method'],
  path: string,
  operation: string,
  handle: Handler,
  fieldThatMatters = 'data',
): ApiRoute => ({ method, path: `/v1${path}`, operation, handle, fieldThatMatters })

export const API_ROUTES: readonly ApiRoute[] = [
  route('POST', '/transaction/initialize', 'initialize', postInitialize, 'data.checkout_url'),
  route('GET', '/transaction/verify/:txRef', 'verify', getVerify, 'data.status'),
  route('PUT', '/transaction/cancel/:txRef', 'cancel', putCancel, 'status'),
  route('GET', '/transaction/events/:refId', 'events', getEvents),
  route('GET', '/transactions', 'transactions', getTransactions, 'data.transactions'),
  route('POST', '/refund/:reference', 'refund', postRefund, 'data.status'),
  route('GET', '/refund/:refId/verify', 'refund_verify', getRefund, 'data.status'),
  route('GET', '/currency_supported', 'currency_supported', () => SUPPORTED_CURRENCIES, 'status'),
  route('GET', '/banks', 'banks', () => ({ message: 'Banks retrieved', data: BANKS })),
  route('GET', '/balances', 'balances', ({ account }) => success('Balance retrieved', balances(account))),
  route('GET', '/balances/:currency', 'balances', getBalance),
]

function postInitialize({ books, account, contentType, fields }: Call): Reply | Refusal {
  if (contentType !== 'application/json') return wrongContentType()
  const payment = initialize(books, account, fields)
  if (payment instanceof Refusal) return payment
  return success('Hosted Link', { checkout_url: pageUrl(books, payment) })
}

function getVerify({ books, account, params }: Call): Reply | Refusal {
  const txRef = params.txRef ?? ''
  const dialect = account.settings.verifyDialect
  const payment = account.paymentsByTxRef.get(txRef)
  if (payment === undefined) {
    const other = books.accounts.otherModeOf(account)
    if (other?.paymentsByTxRef.has(txRef)) return otherMode(account.mode, other.mode)
    return dialect === 'measured' ? unknownTxRef() : unknownTransaction()
  }
  const isPending = payment.status === 'pending'
  if (isPending && dialect === 'documented') return notPaidYet()
  const wrongMode = books.faults.take('wrong_mode', { account: account.secretKey, operation: 'verify' })
  const mode = wrongMode === undefined ? account.mode : account.mode === 'test' ? 'live' : 'test'
  const message = isPending ? 'Payment details fetched successfully' : 'Payment details'
  return success(message, verifiedPayment(mode, payment, dialect))
}

/** What Chapa says of a paid one is unconfirmed; here it is no longer active, as one that expired. */
function putCancel({ books, account, params }: Call): Reply | Refusal {
  const payment = account.paymentsByTxRef.get(params.txRef ?? '')
  if (payment === undefined) return linkNotFound()
  if (isPaid(payment) || whyBarred(books, account, payment) !== undefined) return linkExpired()
  const now = books.world.now()
  payment.cancelledAt = now
  payment.updatedAt = now
  payment.progress = null
  logEvent(payment, 'log', 'The merchant cancelled the link', now)
  return success('Checkout link expired successfully', cancelledPayment(payment))
}

function getEvents({ account, params }: Call): Reply | Refusal {
  const payment = byChapaReference(account, params.refId ?? '')
  if (payment === undefined) return unknownTransaction()
  return success('Transaction events fetched', loggedEvents(payment))
}

function getTransactions({ books, account, query }: Call): Reply {
  const asked = query.get('page') ?? '1'
  const page = /^[1-9]\d{0,8}$/.test(asked) ? Number(asked) : 1
  return success('Transactions retrieved successfully', listPage(account, books.baseUrl, page))
}

/** By Chapa's reference only: whether the merchant's would do is unconfirmed. */
function postRefund({ books, account, params, fields }: Call): Reply | Refusal {
  const payment = byChapaReference(account, params.reference ?? '')
  if (payment === undefined) return unknownTransaction()
  const refund = createRefund(books, account, payment, fields)
  if (refund instanceof Refusal) return refund
  return success('Refund initiated', refundAnswer(account.settings.refundShape, refund))
}

function getRefund({ account, params }: Call): Reply | Refusal {
  const refund = account.refunds.find(({ refId }) => refId === params.refId)
  if (refund === undefined) return refundNotFound()
  return success('Refund verified successfully', refundAnswer(account.settings.refundShape, refund))
}

function getBalance({ account, params }: Call): Reply | Refusal {
  const wanted = balances(account).filter(({ currency }) => currency === params.currency?.toUpperCase())
  return wanted.length === 0 ? currencyNotFound() : success('Balance retrieved', wanted)
}
