/** The dispute as Paystack prints it: in its events, in the list, by its id and by its transaction. */
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import type { Dispute } from './disputes.ts'
import { customerAnswer, disputedTransaction } from './transaction-wire.ts'

/** `data` of a dispute event: snake-case times, one entry of history. */
export function disputeEventBody(books: Books, account: Account, dispute: Dispute) {
  const { createdAt, ...transaction } = disputedTransaction(books, account, dispute.transaction)
  const opened = dispute.createdAt.toISOString()
  return {
    ...commonFields(dispute),
    domain: account.domain,
    transaction,
    customer: customerAnswer(dispute.transaction),
    history: [{ status: 'pending', by: dispute.transaction.customer.email, createdAt: opened }],
    messages: [{ sender: dispute.transaction.customer.email, body: COMPLAINT, createdAt: opened }],
    created_at: opened,
    updated_at: updatedAt(dispute),
  }
}

/** A row of the dispute list. */
export function listedDispute(books: Books, account: Account, dispute: Dispute) {
  const { created_at, updated_at, ...body } = disputeEventBody(books, account, dispute)
  const { requested_amount, ...transaction } = disputedTransaction(books, account, dispute.transaction)
  return { ...body, transaction: { ...transaction, customer: null }, createdAt: created_at, updatedAt: updated_at }
}

/** A dispute fetched by its id. */
export function fetchedDispute(books: Books, account: Account, dispute: Dispute) {
  const { created_at, updated_at, ...body } = disputeEventBody(books, account, dispute)
  const transaction = disputedTransaction(books, account, dispute.transaction)
  return { ...body, transaction, createdAt: created_at, updatedAt: updated_at }
}

/** The dispute of a transaction: history and messages are rows with ids. */
export function disputeOfTransaction(books: Books, account: Account, dispute: Dispute) {
  const { customer, ...body } = fetchedDispute(books, account, dispute)
  const { pos_transaction_data, ...transaction } = body.transaction
  const opened = dispute.createdAt.toISOString()
  const row = { dispute: dispute.id, createdAt: opened }
  const [history] = body.history
  const [message] = body.messages
  return {
    ...body,
    transaction,
    history: [{ ...history, ...row, id: dispute.id, updatedAt: opened }],
    messages: [{ ...message, ...row, id: dispute.id, is_deleted: 0, updatedAt: opened }],
    merchant_transaction_reference: null,
    integration: account.integration,
    created_by: null,
  }
}

const COMPLAINT = 'The customer says that the order never arrived'

function commonFields(dispute: Dispute) {
  const card = dispute.transaction.paidWith?.method
  const isCard = card?.channel === 'card'
  return {
    id: dispute.id,
    refund_amount: dispute.refundAmount,
    currency: dispute.transaction.currency,
    status: dispute.status,
    resolution: dispute.resolution,
    transaction_reference: null,
    category: dispute.category,
    bin: isCard ? card.id.slice(0, 6) : null,
    last4: isCard ? card.id.slice(-4) : null,
    dueAt: dispute.dueAt.toISOString(),
    resolvedAt: dispute.resolvedAt?.toISOString() ?? null,
    evidence: null,
    attachments: null,
    note: null,
  }
}

function updatedAt(dispute: Dispute): string {
  return (dispute.resolvedAt ?? dispute.createdAt).toISOString()
}
