/**
 * What payers do on the checkout page: pay step by step, decline, leave. The page's forms, the control API and the driver
 * come through here.
 */
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { announcePayment, sendCallback } from './events.ts'
import { chapaReference, isPaid, isWebUrl, logEvent, type Payment } from './payment.ts'
import { PAYMENT_METHODS, type PaymentMethod, type Step, type StepField, TELEBIRR } from './payment-methods.ts'

/** What the payer chose and typed. Steps without an answer wait. */
export type PaymentInput = { readonly [field in StepField | 'method']?: string | undefined }

export type PaymentResult = { kind: 'paid' } | { kind: 'waiting'; step: Step } | { kind: 'refused'; reason: string }

/** What befalls the money of one payment. */
export type MoneyMishap = { kind: 'wrong_amount'; delta: number } | { kind: 'wrong_currency'; currency: string }

/** A try that goes through. */
export const GOOD_INPUT: PaymentInput = { method: TELEBIRR.id, number: '0900123456' }
/** A number that isn't listed. */
export const BAD_INPUT: PaymentInput = { method: TELEBIRR.id, number: '0911000000' }

/** Sheet, section 3: after the first try. */
const RETRIES_MAX = 10
const MINUTE_MS = 60_000

export function pay(
  books: Books,
  account: Account,
  payment: Payment,
  input: PaymentInput,
  mishap?: MoneyMishap,
): PaymentResult {
  if (isPaid(payment)) return { kind: 'paid' }
  const barred = whyBarred(books, account, payment)
  if (barred !== undefined) return { kind: 'refused', reason: barred }

  if (input.method !== undefined || payment.progress === null) {
    const method = PAYMENT_METHODS.find(({ id }) => id === (input.method ?? TELEBIRR.id))
    if (method === undefined) return { kind: 'refused', reason: 'This payment method is not available' }
    payment.progress = { method, stepsDone: 0, number: '' }
    logEvent(payment, 'log', `The payer chose ${method.label}`, books.world.now())
  }
  return takeSteps(books, account, payment, payment.progress, input, mishap)
}

/** Whatever was begun fails; the page stays open for another try. */
export function decline(books: Books, account: Account, payment: Payment): PaymentResult {
  if (isPaid(payment)) return { kind: 'paid' }
  const barred = whyBarred(books, account, payment)
  if (barred !== undefined) return { kind: 'refused', reason: barred }
  payment.progress ??= { method: TELEBIRR, stepsDone: 0, number: '' }
  return refuse(books, account, payment, payment.progress, 'Declined by the payer')
}

/** The page stays payable, and nobody is told. */
export function leave(books: Books, payment: Payment): void {
  payment.progress = null
  logEvent(payment, 'log', 'The payer left the page', books.world.now())
}

/** Where the payer goes after paying, with Chapa's own mistake in it (sheet, section 3). */
export function returnUrl({ returnUrl: url }: Payment): string | null {
  return url !== null && isWebUrl(url) ? url.replaceAll('&', '&amp;') : null
}

/** Why nobody can pay here any more, if so. An untouched page stays open. */
export function whyBarred(books: Books, account: Account, payment: Payment): string | undefined {
  if (payment.cancelledAt !== null) return 'This payment link has expired'
  if (payment.failedTries > RETRIES_MAX) return 'This payment was tried too often'
  const intervalMs = account.settings.retryMinutes * MINUTE_MS
  const openMs = payment.firstFailedAt === null ? 0 : books.world.now().getTime() - payment.firstFailedAt.getTime()
  return openMs > intervalMs ? 'The time for another try is over' : undefined
}

function takeSteps(
  books: Books,
  account: Account,
  payment: Payment,
  progress: NonNullable<Payment['progress']>,
  input: PaymentInput,
  mishap?: MoneyMishap,
): PaymentResult {
  const { method } = progress
  for (const step of method.steps.slice(progress.stepsDone)) {
    const answer = input[step.field]
    if (answer === undefined) return { kind: 'waiting', step }
    if (step.field === 'number') progress.number = answer
    if (!step.accepts.includes(answer)) {
      return refuse(books, account, payment, progress, `The ${step.field} was not accepted`)
    }
    progress.stepsDone += 1
  }
  collect(books, account, payment, progress, mishap)
  return { kind: 'paid' }
}

function refuse(
  books: Books,
  account: Account,
  payment: Payment,
  tried: { method: PaymentMethod; number: string },
  reason: string,
): PaymentResult {
  const now = books.world.now()
  noteTry(books, payment, tried)
  payment.status = 'failed/cancelled'
  payment.failureReason = reason
  payment.failedTries += 1
  payment.firstFailedAt ??= now
  logEvent(payment, 'error', reason, now)
  announcePayment(books, account, payment, 'charge.failed/cancelled', now)
  return { kind: 'refused', reason }
}

/** The money moves, as the faults let it. */
export function collect(
  books: Books,
  account: Account,
  payment: Payment,
  tried: { method: PaymentMethod; number: string },
  mishap?: MoneyMishap,
): void {
  const target = { account: account.secretKey, operation: 'pay' }
  const wrongAmount = mishap?.kind === 'wrong_amount' ? mishap : books.faults.take('wrong_amount', target)
  const wrongCurrency = mishap?.kind === 'wrong_currency' ? mishap : books.faults.take('wrong_currency', target)
  payment.amount = Math.max(payment.amount + (wrongAmount?.delta ?? 0), 1)
  payment.currency = wrongCurrency?.currency ?? payment.currency
  noteTry(books, payment, tried)
  const now = books.world.now()
  payment.status = 'success'
  payment.failureReason = null
  payment.paidAt = now
  logEvent(payment, 'log', `Paid with ${tried.method.label}`, now)
  sendCallback(books, account, payment, now)
  announcePayment(books, account, payment, 'charge.success', now)
}

/** The simulator's own price: 3 %, rounded up. */
const FEE_PERCENT = 3

function noteTry(books: Books, payment: Payment, { method, number }: { method: PaymentMethod; number: string }): void {
  payment.reference ??= chapaReference(books, 'AP')
  payment.charge = Math.ceil((payment.amount * FEE_PERCENT) / 100)
  payment.triedWith = { method, number }
  payment.progress = null
  payment.updatedAt = books.world.now()
}
