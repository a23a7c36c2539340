/** Paystack's API: each path, the name that faults know it by, and what it answers. */

import type { Call, Handler, Reply } from './call.ts'
import { integerField } from './call.ts'
import { disputeOfTransaction, fetchedDispute, listedDispute } from './dispute-wire.ts'
import { page } from './paging.ts'
import { createdRefundAnswer, refundAnswer, retriedRefundAnswer } from './refund-wire.ts'
import { createRefund, findTransaction, retryRefund } from './refunds.ts'
import { invalidParameter, missingParameter, notFound, Refusal, referenceNotFound } from './refusal.ts'
import { balanceAnswer, ledgerAnswer, settlementAnswer } from './settlements.ts'
import { fetchedTransaction, listedTransaction, logAnswer, verifiedTransaction } from './transaction-wire.ts'
import { initialize, type Transaction } from './transactions.ts'
import { fetchEvent, listEvents, resendEvents } from './webhook-log.ts'

export interface ApiRoute {
  method: 'GET' | 'POST' | 'PUT'
  path: string
  /** What a fault names to strike only here. */
  operation: string
  handle: Handler
}

const route = (method: ApiRoute['method'], path: string, operation: string, handle: Handler): ApiRoute => ({
  method,
  path,
  operation,
  handle,
})

/** Fixed words go before `:id`. */
export const API_ROUTES: readonly ApiRoute[] = [
  route('POST', '/transaction/initialize', 'initialize', initializeTransaction),
  route('GET', '/transaction/verify/:reference', 'verify', verifyTransaction),
  route('GET', '/transaction/timeline/:name', 'timeline', readTimeline),
  route('GET', '/transaction', 'list_transactions', listTransactions),
  route('GET', '/transaction/:id', 'fetch_transaction', fetchTransaction),
  route('POST', '/refund', 'create_refund', postRefund),
  route('GET', '/refund', 'list_refunds', listRefunds),
  route('GET', '/refund/:id', 'fetch_refund', fetchRefund),
  route('POST', '/refund/retry_with_customer_details/:id', 'retry_refund', postRefundRetry),
  route('GET', '/dispute', 'list_disputes', listDisputes),
  route('GET', '/dispute/transaction/:id', 'dispute_of_transaction', fetchDisputeOfTransaction),
  route('GET', '/dispute/:id', 'fetch_dispute', fetchDispute),
  route('GET', '/settlement', 'list_settlements', listSettlements),
  route('GET', '/settlement/:id/transactions', 'settlement_transactions', listSettlementTransactions),
  route('GET', '/balance', 'balance', readBalance),
  route('GET', '/balance/ledger', 'ledger', readLedger),
  route('GET', '/integration/payment_session_timeout', 'session_timeout', readSessionTimeout),
  route('PUT', '/integration/payment_session_timeout', 'session_timeout', writeSessionTimeout),
  route('GET', '/integration/webhooks/events', 'list_webhook_events', listEvents),
  route('POST', '/integration/webhooks/events/resend', 'resend_webhook_events', resendEvents),
  route('GET', '/integration/webhooks/events/:id', 'fetch_webhook_event', fetchEvent),
]

function initializeTransaction({ books, account, fields }: Call): Reply | Refusal {
  const transaction = initialize(books, account, fields)
  if (transaction instanceof Refusal) return transaction
  return {
    message: 'Authorization URL created',
    data: {
      authorization_url: `${books.baseUrl}/checkout/${transaction.accessCode}`,
      access_code: transaction.accessCode,
      reference: transaction.reference,
    },
  }
}

function verifyTransaction({ books, account, params }: Call): Reply | Refusal {
  const transaction = account.transactionsByReference.get(params.reference ?? '')
  if (transaction) {
    return { message: 'Verification successful', data: verifiedTransaction(books, account, transaction) }
  }
  const by404 = books.faults.take('unknown_reference_404', { account: account.secretKey, operation: 'verify' })
  return referenceNotFound(by404 ? 404 : 400)
}

function fetchTransaction({ books, account, params }: Call): Reply | Refusal {
  if (!/^\d+$/.test(params.id ?? '')) return invalidParameter('Transaction ID should be numeric.')
  const transaction = account.transactions.find(({ id }) => String(id) === params.id)
  if (transaction === undefined) return notFound('Transaction not found')
  return { message: 'Transaction retrieved', data: fetchedTransaction(books, account, transaction) }
}

function readTimeline({ account, params }: Call): Reply | Refusal {
  const transaction = findTransaction(account, params.name ?? '')
  if (transaction === undefined) return notFound('Transaction ID or reference is invalid')
  return { message: 'Timeline retrieved', data: logAnswer(transaction) }
}

function listTransactions({ books, account, query }: Call): Reply {
  // A customer's code, where the number is meant, finds nothing and is no error (observed).
  const filters: Record<string, (transaction: Transaction) => unknown> = {
    status: ({ status }) => status,
    customer: ({ customer }) => customer.id,
    amount: ({ amount }) => amount,
    settlement: ({ settlementId }) => settlementId,
    channel: ({ channel }) => channel,
  }
  const asked = Object.entries(filters).filter(([name]) => query.has(name))
  const wanted = account.transactions.filter((transaction) =>
    asked.every(([name, read]) => String(read(transaction)) === query.get(name)),
  )
  const { rows, meta } = page(wanted, query, 'cursors')
  return { message: 'Transactions retrieved', data: rows.map((row) => listedTransaction(books, account, row)), meta }
}

function postRefund({ books, account, fields }: Call): Reply | Refusal {
  const refund = createRefund(books, account, fields)
  if (refund instanceof Refusal) return refund
  return { message: 'Refund has been queued for processing', data: createdRefundAnswer(account, refund) }
}

function listRefunds({ account, query }: Call): Reply {
  // Filtered by number only: a reference finds nothing and is no error (observed).
  const id = query.get('transaction')
  const wanted = account.refunds.filter(({ transaction }) => id === null || String(transaction.id) === id)
  const { rows, meta } = page(wanted, query, 'pages')
  return { message: 'Refunds retrieved', data: rows.map((row) => refundAnswer(account, row, 'listed')), meta }
}

function fetchRefund({ account, params }: Call): Reply | Refusal {
  const refund = account.refunds.find(({ id }) => String(id) === params.id)
  if (refund === undefined) return notFound('Refund not found')
  return { message: 'Refund retrieved', data: refundAnswer(account, refund, 'fetched') }
}

function postRefundRetry({ books, account, params, fields }: Call): Reply | Refusal {
  const refund = account.refunds.find(({ id }) => String(id) === params.id)
  if (refund === undefined) return notFound('Refund not found')
  const retried = retryRefund(books, account, refund, fields)
  if (retried instanceof Refusal) return retried
  const message = 'Refund retried and has been queued for processing'
  return { message, data: retriedRefundAnswer(account, retried) }
}

function listDisputes({ books, account, query }: Call): Reply {
  const id = query.get('transaction')
  const status = query.get('status')
  const wanted = account.disputes.filter(
    (dispute) =>
      (id === null || String(dispute.transaction.id) === id) && (status ?? dispute.status) === dispute.status,
  )
  const { rows, meta } = page(wanted, query, 'cursors')
  return { message: 'Disputes retrieved', data: rows.map((row) => listedDispute(books, account, row)), meta }
}

function fetchDispute({ books, account, params }: Call): Reply | Refusal {
  const dispute = account.disputes.find(({ id }) => String(id) === params.id)
  if (dispute === undefined) return notFound('Dispute not found')
  return { message: 'Dispute retrieved', data: fetchedDispute(books, account, dispute) }
}

function fetchDisputeOfTransaction({ books, account, params }: Call): Reply | Refusal {
  const dispute = account.disputes.find(({ transaction }) => String(transaction.id) === params.id)
  if (dispute === undefined) return notFound('Dispute not found')
  return { message: 'Dispute retrieved successfully', data: disputeOfTransaction(books, account, dispute) }
}

function listSettlements({ account, query }: Call): Reply {
  const { rows, meta } = page(account.settlements, query, 'pages')
  return { message: 'Settlements retrieved', data: rows.map((row) => settlementAnswer(account, row)), meta }
}

function listSettlementTransactions({ books, account, params, query }: Call): Reply | Refusal {
  const settlement = account.settlements.find(({ id }) => String(id) === params.id)
  if (settlement === undefined) return notFound('Settlement not found')
  const { rows, meta } = page(settlement.transactions, query, 'pages')
  const data = rows.map((row) => listedTransaction(books, account, row))
  return { message: 'Transactions retrieved', data, meta }
}

function readBalance({ account }: Call): Reply {
  return { message: 'Balances retrieved', data: balanceAnswer(account) }
}

function readLedger({ account, query }: Call): Reply {
  const { rows, meta } = page(account.ledger, query, 'pages')
  return { message: 'Balance ledger retrieved', data: rows.map((row) => ledgerAnswer(account, row)), meta }
}

function readSessionTimeout({ account }: Call): Reply {
  const data = { payment_session_timeout: account.settings.paymentSessionTimeoutSeconds }
  return { message: 'Payment session timeout retrieved', data }
}

function writeSessionTimeout({ account, fields }: Call): Reply | Refusal {
  const seconds = integerField(fields, 'timeout')
  if (seconds instanceof Refusal) return seconds
  if (seconds === undefined) return missingParameter('timeout')
  if (seconds < 0) return invalidParameter('"timeout" must not be negative')
  account.settings.paymentSessionTimeoutSeconds = seconds
  return { message: 'Payment session timeout updated', data: { payment_session_timeout: seconds } }
}
