/** Flutterwave's API: each path, the name that faults know it by, and what it answers. */
import type { Account } from './account.ts'
import type { Call, Handler, Reply } from './call.ts'
import { textField } from './call.ts'
import { answerChargeback, chargebackAnswer } from './chargebacks.ts'
import { createCheckout, disableLink, linkOf } from './checkouts.ts'
import { announceTransaction } from './events.ts'
import type { ApiOperation } from './faults.ts'
import { listReply } from './lists.ts'
import { CURRENCIES, feeOf, major, majorOfTenths, readMajor, stampDutyOf } from './money.ts'
import { createdRefundAnswer, refundAnswer } from './refund-wire.ts'
import { createRefund, refundedOf } from './refunds.ts'
import { invalid, Refusal, required, transactionUnknown } from './refusal.ts'
import { eventsAnswer, listedTransaction, verifiedTransaction } from './transaction-wire.ts'
import { type Transaction, transactionById, triesOf } from './transactions.ts'

export interface ApiRoute {
  method: 'GET' | 'POST' | 'PUT'
  path: string
  /** What a fault names to strike only here; the list has two purposes. */
  operation(query: URLSearchParams): ApiOperation
  handle: Handler
}

const route = (
  method: ApiRoute['method'],
  path: string,
  operation: ApiOperation | ApiRoute['operation'],
  handle: Handler,
): ApiRoute => ({
  method,
  path,
  operation: typeof operation === 'string' ? () => operation : operation,
  handle,
})

const listOperation = (query: URLSearchParams) => (query.get('tx_ref') ? 'list_by_reference' : 'list_transactions')

/** Fixed words go before `:id`. */
export const API_ROUTES: readonly ApiRoute[] = [
  route('POST', '/v3/payments', 'payments', postPayment),
  route('POST', '/v3/payments/link/disable', 'disable_link', postDisable),
  route('GET', '/v3/transactions', listOperation, listTransactions),
  route('GET', '/v3/transactions/verify_by_reference', 'verify_by_reference', verifyByReference),
  route('GET', '/v3/transactions/fee', 'fee', readFee),
  route('GET', '/v3/transactions/:id/verify', 'verify', verify),
  route('GET', '/v3/transactions/:id/events', 'transaction_events', readEvents),
  route('POST', '/v3/transactions/:id/resend-hook', 'resend_hook', resendHook),
  route('POST', '/v3/transactions/:id/refund', 'create_refund', postRefund),
  route('GET', '/v3/refunds', 'list_refunds', listRefunds),
  route('GET', '/v3/refunds/:id', 'fetch_refund', fetchRefund),
  route('GET', '/v3/chargebacks', 'list_chargebacks', listChargebacks),
  route('PUT', '/v3/chargebacks/:id', 'answer_chargeback', putChargeback),
  route('GET', '/v3/balances', 'balances', listBalances),
  route('GET', '/v3/balances/:currency', 'balances', readBalance),
]

function postPayment({ books, account, fields }: Call): Reply | Refusal {
  const checkout = createCheckout(books, account, fields)
  return checkout instanceof Refusal ? checkout : { message: 'Hosted Link', data: { link: linkOf(books, checkout) } }
}

function postDisable({ books, account, fields }: Call): Reply | Refusal {
  const link = textField(fields, 'link')
  if (link === undefined) return required('link')
  return disableLink(books, account, link) ?? { message: 'Payment link disabled', data: null }
}

function verify({ books, account, params }: Call): Reply | Refusal {
  const transaction = transactionById(account, params.id ?? '')
  if (transaction === undefined) return transactionUnknown()
  return { message: 'Transaction fetched successfully', data: verifiedTransaction(books, account, transaction) }
}

function verifyByReference({ books, account, query }: Call): Reply | Refusal {
  const tries = triesOf(account, query.get('tx_ref') ?? '')
  if (tries.length === 0) return transactionUnknown()
  const message = 'Transaction fetched successfully'
  const print = (transaction: Transaction) => verifiedTransaction(books, account, transaction)
  if (account.settings.byReferencePicks === 'all') return { message, data: tries.map(print) }
  const picked = pick(tries, account.settings.byReferencePicks)
  return picked === undefined ? transactionUnknown() : { message, data: print(picked) }
}

function pick(tries: readonly Transaction[], which: 'newest' | 'oldest' | 'successful'): Transaction | undefined {
  if (which === 'oldest') return tries[0]
  const successful = which === 'successful' ? tries.find(({ status }) => status === 'successful') : undefined
  return successful ?? tries.at(-1)
}

function listTransactions({ account, query }: Call): Reply {
  const filters: Record<string, (transaction: Transaction) => unknown> = {
    tx_ref: ({ txRef }) => txRef,
    status: ({ status }) => status,
    currency: ({ currency }) => currency,
    customer_email: ({ customer }) => customer.email,
  }
  const print = (transaction: Transaction) => listedTransaction(account, transaction)
  return listReply('Transactions fetched', account.transactions, query, filters, print)
}

function readEvents({ account, params }: Call): Reply | Refusal {
  const transaction = transactionById(account, params.id ?? '')
  if (transaction === undefined) return transactionUnknown()
  return { message: 'Transaction events fetched', data: eventsAnswer(account, transaction) }
}

function resendHook({ books, account, params }: Call): Reply | Refusal {
  const transaction = transactionById(account, params.id ?? '')
  if (transaction === undefined) return transactionUnknown()
  announceTransaction(books, account, transaction, books.world.now())
  return { message: 'hook sent successfully', data: 'hook sent' }
}

function readFee({ query }: Call): Reply | Refusal {
  const currency = query.get('currency') ?? 'NGN'
  const amount = readMajor(query.get('amount'), currency)
  if (amount === undefined) return invalid('amount is invalid')
  const fee = majorOfTenths(feeOf(amount), currency)
  const data = {
    charge_amount: major(amount, currency),
    fee,
    merchant_fee: 0,
    flutterwave_fee: fee,
    stamp_duty_fee: major(stampDutyOf(amount, currency), currency),
    currency,
  }
  return { message: 'Charged fee', data }
}

function postRefund({ books, account, params, fields }: Call): Reply | Refusal {
  const refund = createRefund(books, account, params.id ?? '', fields)
  if (refund instanceof Refusal) return refund
  return { message: 'Transaction refund initiated', data: createdRefundAnswer(account, refund) }
}

function listRefunds({ account, query }: Call): Reply {
  // `id` is the transaction's.
  const filters: Record<string, (refund: (typeof account.refunds)[number]) => unknown> = {
    id: ({ transaction }) => transaction.id,
    flw_ref: ({ transaction }) => transaction.flwRef,
    currency: ({ transaction }) => transaction.currency,
    status: ({ status }) => status,
  }
  return listReply('Refunds fetched', account.refunds, query, filters, (refund) => refundAnswer(account, refund))
}

function fetchRefund({ account, params }: Call): Reply | Refusal {
  const refund = account.refunds.find(({ id }) => String(id) === params.id)
  if (refund === undefined) return invalid('No refund was found for this id')
  return { message: 'Refund fetched', data: refundAnswer(account, refund) }
}

function listChargebacks({ account, query }: Call): Reply {
  const filters: Record<string, (chargeback: (typeof account.chargebacks)[number]) => unknown> = {
    id: ({ transaction }) => transaction.id,
    flw_ref: ({ transaction }) => transaction.flwRef,
    currency: ({ transaction }) => transaction.currency,
    status: ({ status }) => status,
  }
  return listReply('Chargebacks fetched', account.chargebacks, query, filters, chargebackAnswer)
}

function putChargeback({ books, account, params, fields }: Call): Reply | Refusal {
  const chargeback = answerChargeback(books, account, params.id ?? '', fields)
  if (chargeback instanceof Refusal) return chargeback
  return { message: `Chargeback ${chargeback.status}`, data: null }
}

function listBalances({ account }: Call): Reply {
  return { message: 'Wallet balances fetched', data: account.settings.currencies.map((one) => balance(account, one)) }
}

function readBalance({ account, params }: Call): Reply | Refusal {
  const currency = CURRENCIES.find((known) => known === params.currency)
  if (currency === undefined) return invalid('currency is invalid')
  return { message: 'Wallet balance fetched', data: balance(account, currency) }
}

/** Nothing is ever settled here, so that what is available is all there is. */
function balance(account: Account, currency: string) {
  const minor = account.transactions
    .filter((transaction) => transaction.status === 'successful' && transaction.currency === currency)
    .reduce((sum, transaction) => sum + (transaction.settled ?? 0) - refundedOf(account, transaction), 0)
  const amount = major(minor, currency)
  return { currency, available_balance: amount, ledger_balance: amount }
}
