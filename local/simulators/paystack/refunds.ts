/**
 * Refunds: what Paystack accepts, the machine that takes one from `pending` to its end, and what it does to the status
 * of the transaction meanwhile (sheet, section 5).
 */
import { randomText } from '../kit/world.ts'
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { type Fields, integerField, isFields, textField } from './call.ts'
import { announceRefund } from './events.ts'
import type { RefundCourse } from './payment-methods.ts'
import { invalidAmount, invalidParameter, missingParameter, notFound, Refusal, refundRefused } from './refusal.ts'
import { addLedgerRow } from './settlements.ts'
import type { Transaction } from './transactions.ts'

export type RefundStatus = 'pending' | 'processing' | 'processed' | 'failed' | 'needs-attention'

export interface Refund {
  readonly id: number
  readonly transaction: Transaction
  readonly amount: number
  readonly customerNote: string
  readonly merchantNote: string
  /** Of whoever asked: the account, by its e-mail. */
  readonly refundedBy: string
  readonly createdAt: Date
  course: RefundCourse
  status: RefundStatus
  updatedAt: Date
  refundedAt: Date | null
  refundReference: string | null
}

/** Paystack's minimums with its own words for them, in subunits. */
const MINIMUM: Readonly<Record<string, { amount: number; message: string }>> = {
  NGN: { amount: 5000, message: 'Cannot refund less than NGN50' },
  GHS: { amount: 100, message: 'Minimum refund amount is: GHS1.00' },
}

/** `POST /refund`, and the refund button of the Dashboard. */
export function createRefund(books: Books, account: Account, fields: Fields): Refund | Refusal {
  const name = textField(fields, 'transaction')
  if (name === undefined) return missingParameter('transaction')
  const transaction = findTransaction(account, name)
  if (transaction === undefined) return notFound('Transaction not found')
  if (transaction.paidAt === null) return refundRefused('Transaction has not been paid')
  const amount = integerField(fields, 'amount') ?? transaction.amount
  if (amount instanceof Refusal) return amount
  const refusal = whyRefused(account, transaction, amount, textField(fields, 'currency'))
  if (refusal) return refusal

  const now = books.world.now()
  const note = `Refund for transaction ${transaction.reference}`
  const refund: Refund = {
    id: books.nextId(),
    transaction,
    amount,
    customerNote: textField(fields, 'customer_note') ?? note,
    merchantNote: textField(fields, 'merchant_note') ?? `${note} by ${account.settings.email}`,
    refundedBy: account.settings.email,
    createdAt: now,
    course: transaction.refundCourse ?? transaction.paidWith?.method.refundEnd ?? 'processed',
    status: 'pending',
    updatedAt: now,
    refundedAt: null,
    refundReference: null,
  }
  account.refunds.push(refund)
  transaction.status = 'reversal-pending'
  addLedgerRow(books, account, refundRow(refund, -amount), now)
  announceRefund(books, account, refund, now)
  if (refund.course !== 'stays-pending') scheduleStep(books, account, refund, 'processing', now)
  return refund
}

/** What the next refunds of the transaction come to; those that were to stay pending go on with them. */
export function setRefundCourse(books: Books, account: Account, transaction: Transaction, course: RefundCourse): void {
  transaction.refundCourse = course
  if (course === 'stays-pending') return
  for (const refund of account.refunds) {
    if (refund.transaction !== transaction || refund.course !== 'stays-pending') continue
    refund.course = course
    scheduleStep(books, account, refund, 'processing', books.world.now())
  }
}

/** `POST /refund/retry_with_customer_details/{id}`: only a refund that needs attention goes on, to its good end. */
export function retryRefund(books: Books, account: Account, refund: Refund, fields: Fields): Refund | Refusal {
  const details = fields.refund_account_details
  if (!isFields(details) || !textField(details, 'account_number')) return missingParameter('refund_account_details')
  if (refund.status !== 'needs-attention') {
    return invalidParameter('Invalid Refund state, refund status should be "needs-attention"', 422)
  }
  const now = books.world.now()
  enter(books, account, refund, 'processing', now)
  scheduleStep(books, account, refund, 'processed', now)
  return refund
}

export function findTransaction(account: Account, referenceOrId: string): Transaction | undefined {
  const byReference = account.transactionsByReference.get(referenceOrId)
  return byReference ?? account.transactions.find((transaction) => String(transaction.id) === referenceOrId)
}

function whyRefused(
  account: Account,
  transaction: Transaction,
  amount: number,
  currency?: string,
): Refusal | undefined {
  if (amount <= 0) return invalidAmount()
  const refunded = account.refunds
    .filter((refund) => refund.transaction === transaction && refund.status !== 'failed')
    .reduce((sum, refund) => sum + refund.amount, 0)
  if (refunded >= transaction.amount || isChargedBack(account, transaction)) {
    return refundRefused('Transaction has been fully reversed', 'transaction_reversed')
  }
  if (refunded + amount > transaction.amount) {
    return refundRefused('Total refund amount cannot exceed original transaction amount')
  }
  if (currency !== undefined && currency !== transaction.currency) {
    return refundRefused('Transaction currency must match refund currency')
  }
  const minimum = MINIMUM[transaction.currency]
  return minimum && amount < minimum.amount ? refundRefused(minimum.message) : undefined
}

function isChargedBack(account: Account, transaction: Transaction): boolean {
  return account.disputes.some((dispute) => dispute.transaction === transaction && dispute.chargedBack)
}

function scheduleStep(books: Books, account: Account, refund: Refund, next: RefundStatus, from: Date): void {
  books.agenda.schedule(new Date(from.getTime() + account.settings.refundStepMs), (at) => {
    enter(books, account, refund, next, at)
    if (next === 'processing' && refund.course !== 'stays-pending') {
      scheduleStep(books, account, refund, refund.course, at)
    }
  })
}

function enter(books: Books, account: Account, refund: Refund, status: RefundStatus, at: Date): void {
  refund.status = status
  refund.updatedAt = at
  switch (status) {
    case 'processed':
      refund.refundedAt = at
      refund.refundReference = randomText(books.world, 12, '0123456789')
      break
    case 'failed':
      refund.refundReference = `TRF_${randomText(books.world, 15)}`
      addLedgerRow(books, account, refundRow(refund, refund.amount), at)
      break
    case 'pending':
    case 'processing':
    case 'needs-attention':
  }
  refund.transaction.status = statusAmongRefunds(books, account, refund.transaction)
  announceRefund(books, account, refund, at)
}

/** What a paid transaction reads, given its refunds and disputes. */
function statusAmongRefunds(books: Books, account: Account, transaction: Transaction): Transaction['status'] {
  const refunds = account.refunds.filter((refund) => refund.transaction === transaction)
  const processed = refunds.filter((refund) => refund.status === 'processed')
  const refunded = processed.reduce((sum, refund) => sum + refund.amount, 0)
  if (refunded >= transaction.amount || isChargedBack(account, transaction)) return 'reversed'
  if (refunds.some((refund) => refund.status !== 'processed' && refund.status !== 'failed')) return 'reversal-pending'
  const target = { account: account.secretKey, operation: 'refund' }
  return processed.length > 0 && books.faults.take('partial_refund_reverses', target) ? 'reversed' : 'success'
}

function refundRow(refund: Refund, difference: number) {
  const { currency } = refund.transaction
  return { difference, currency, model: 'Refund', modelId: refund.id } as const
}
