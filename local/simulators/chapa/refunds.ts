/** Refunds: what Chapa accepts, and the machine that takes one from `initiated` to its end (sheet, section 5). */
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { type Fields, textField } from './call.ts'
import { announcePayment } from './events.ts'
import { readAmount } from './money.ts'
import { chapaReference, isPaid, type Payment, type RefundEnd } from './payment.ts'
import {
  invalidFields,
  liveRefundsOnly,
  nothingToRefund,
  type Refusal,
  refundTooLarge,
  usedReference,
} from './refusal.ts'

export type RefundStatus = 'initiated' | 'processing' | 'refunded' | 'reversed'

export interface Refund {
  readonly id: number
  /** Chapa's. */
  readonly refId: string
  /** The merchant's. */
  readonly reference: string | null
  readonly payment: Payment
  /** Cents. */
  readonly amount: number
  readonly reason: string | null
  readonly createdAt: Date
  status: RefundStatus
  updatedAt: Date
}

/** `POST /v1/refund/{reference}`, and the refund button of the dashboard. */
export function createRefund(books: Books, account: Account, payment: Payment, fields: Fields): Refund | Refusal {
  if (account.mode === 'test' && !account.settings.refundsInTestMode) return liveRefundsOnly()
  if (!isPaid(payment) || payment.status === 'reversed') return nothingToRefund()
  const asked = readAmount(fields.amount)
  if (asked === 'not_numeric') return invalidFields({ amount: ['validation.numeric'] })
  const left = payment.amount - refundedCents(account, payment)
  const amount = asked === 'absent' ? left : asked
  if (amount <= 0 || amount > left) return refundTooLarge()
  const reference = textField(fields, 'reference') ?? null
  if (reference !== null && account.refunds.some((refund) => refund.reference === reference)) return usedReference()

  const now = books.world.now()
  const refund: Refund = {
    id: books.nextId(),
    refId: chapaReference(books, 'RF'),
    reference,
    payment,
    amount,
    reason: textField(fields, 'reason') ?? null,
    createdAt: now,
    status: 'initiated',
    updatedAt: now,
  }
  account.refunds.push(refund)
  scheduleStep(books, account, refund, 'processing', payment.refundEnd, now)
  return refund
}

export function refundsOf(account: Account, payment: Payment): Refund[] {
  return account.refunds.filter((refund) => refund.payment === payment)
}

/** What went or is going back; a reversed refund didn't. */
export function refundedCents(account: Account, payment: Payment): number {
  return refundsOf(account, payment)
    .filter(({ status }) => status !== 'reversed')
    .reduce((sum, { amount }) => sum + amount, 0)
}

function scheduleStep(
  books: Books,
  account: Account,
  refund: Refund,
  next: RefundStatus,
  end: RefundEnd,
  from: Date,
): void {
  books.agenda.schedule(new Date(from.getTime() + account.settings.refundStepMs), (at) => {
    refund.status = next
    refund.updatedAt = at
    if (next === 'processing' && end !== 'never') scheduleStep(books, account, refund, end, end, at)
    if (next === 'refunded') markRefunded(books, account, refund.payment, at)
  })
}

/** Verify and the event tell that a refund happened, in part or whole, and never how much. */
function markRefunded(books: Books, account: Account, payment: Payment, at: Date): void {
  payment.status = 'refunded'
  payment.updatedAt = at
  announcePayment(books, account, payment, 'charge.refunded', at)
}

/** The charge itself goes back to the payer, without a refund. */
export function reverseCharge(books: Books, account: Account, payment: Payment): void {
  const now = books.world.now()
  payment.status = 'reversed'
  payment.updatedAt = now
  announcePayment(books, account, payment, 'charge.reversed', now)
}
