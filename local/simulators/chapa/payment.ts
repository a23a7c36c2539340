/** A payment: what is kept of each from the moment that its page is made. */
import { randomText } from '../kit/world.ts'
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import type { PaymentMethod } from './payment-methods.ts'

/** As webhooks word it; an untouched page is `pending`, and a cancelled one stays so (measured). */
export type PaymentStatus = 'pending' | 'success' | 'failed/cancelled' | 'refunded' | 'reversed'

/** How a refund of this payment will go on. */
export type RefundEnd = 'refunded' | 'reversed' | 'never'

export interface Customization {
  readonly title: string | null
  readonly description: string | null
  readonly logo: string | null
}

/** What initialize was asked for. */
export interface PaymentWanted {
  readonly txRef: string
  /** Cents. */
  readonly amount: number
  readonly currency: string
  readonly email: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  readonly phoneNumber: string | null
  readonly callbackUrl: string | null
  readonly returnUrl: string | null
  readonly customization: Customization
  /** As it was sent. */
  readonly meta: unknown
  /** Made through this API, or on a page of Chapa's own that the merchant's system knows nothing of. */
  readonly origin: 'API' | 'Payment Link'
}

export interface Payment extends Omit<PaymentWanted, 'amount' | 'currency'> {
  /** Names the checkout page. */
  readonly token: string
  readonly customerId: number
  readonly createdAt: Date
  updatedAt: Date
  amount: number
  currency: string
  status: PaymentStatus
  /** Chapa's own, `AP…`; null until somebody tried to pay. */
  reference: string | null
  /** Chapa's fee in cents; null until somebody tried to pay. */
  charge: number | null
  /** Of the last try. */
  triedWith: { method: PaymentMethod; number: string } | null
  failureReason: string | null
  failedTries: number
  firstFailedAt: Date | null
  paidAt: Date | null
  cancelledAt: Date | null
  /** The try that waits for the payer's next answer. */
  progress: { method: PaymentMethod; stepsDone: number; number: string } | null
  refundEnd: RefundEnd
  readonly log: { type: 'log' | 'error'; message: string; at: Date }[]
}

const TOKEN_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

export function addPayment(books: Books, account: Account, wanted: PaymentWanted): Payment {
  const now = books.world.now()
  const payment: Payment = {
    ...wanted,
    token: randomText(books.world, 45, TOKEN_LETTERS),
    customerId: books.nextId(),
    createdAt: now,
    updatedAt: now,
    status: 'pending',
    reference: null,
    charge: null,
    triedWith: null,
    failureReason: null,
    failedTries: 0,
    firstFailedAt: null,
    paidAt: null,
    cancelledAt: null,
    progress: null,
    refundEnd: 'refunded',
    log: [],
  }
  account.payments.push(payment)
  account.paymentsByTxRef.set(payment.txRef, payment)
  return payment
}

/** The kinds of reference begin with two letters each, and go on with ten. */
export function chapaReference(books: Books, kind: 'AP' | 'RF'): string {
  return `${kind}${randomText(books.world, 10, TOKEN_LETTERS)}`
}

export function logEvent(payment: Payment, type: 'log' | 'error', message: string, at: Date): void {
  payment.log.push({ type, message, at })
}

export function isPaid(payment: Payment): boolean {
  return payment.paidAt !== null
}

/** By the merchant's reference or by Chapa's. */
export function findPayment(account: Account, reference: string): Payment | undefined {
  return account.paymentsByTxRef.get(reference) ?? byChapaReference(account, reference)
}

export function byChapaReference(account: Account, reference: string): Payment | undefined {
  return account.payments.find((payment) => payment.reference === reference)
}

export function isWebUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}
