/** Refunds: what Stripe accepts, and the machine that takes one to its end (sheet, section 5). */
import type { Account } from './account.ts'
import type { Books, Cause } from './books.ts'
import { chargeWire } from './charge-wire.ts'
import type { Charge } from './charges.ts'
import { moneyText, requireWhole } from './currencies.ts'
import { announce } from './events.ts'
import { newId } from './ids.ts'
import { enter, type LedgerEntry } from './ledger.ts'
import { refundWire } from './refund-wire.ts'
import { invalidRequest } from './refusal.ts'

export type RefundReason = 'duplicate' | 'fraudulent' | 'requested_by_customer'

export interface Refund {
  readonly id: string
  readonly createdAt: Date
  readonly charge: Charge
  readonly amount: number
  readonly reason: RefundReason | null
  metadata: Readonly<Record<string, string>>
  status: 'pending' | 'requires_action' | 'succeeded' | 'failed' | 'canceled'
  failureReason: 'expired_or_canceled_card' | null
  balanceTransaction: LedgerEntry | null
  failureTransaction: LedgerEntry | null
  /** What the payer's bank knows it by; comes later. */
  bankReference: string | null
}

interface Wanted {
  charge: Charge
  /** Undefined for all that is left. */
  amount?: number | undefined
  reason?: RefundReason | undefined
  metadata?: Readonly<Record<string, string>> | undefined
}

/** `POST /v1/refunds`, and the refund button of the Dashboard. @throws Refusal */
export function createRefund(books: Books, account: Account, wanted: Wanted, cause: Cause): Refund {
  const { charge } = wanted
  const amount = requireRefundable(charge, wanted.amount)
  const { amountRefunded } = charge
  const at = books.world.now()
  const course = courseOf(charge)
  const refund: Refund = {
    id: newId(books.world, charge.method.type === 'card' ? 're' : 'pyr'),
    createdAt: at,
    charge,
    amount,
    reason: wanted.reason ?? null,
    metadata: wanted.metadata ?? {},
    status: course.begins,
    failureReason: null,
    balanceTransaction: null,
    failureTransaction: null,
    bankReference: null,
  }
  refund.balanceTransaction = enterRefund(books, account, refund, -amount, 'refund', at)
  account.refunds.push(refund)
  charge.amountRefunded += amount
  announce(books, account, 'refund.created', refundWire(refund), { at, cause })
  const previous = { amount_refunded: amountRefunded }
  announce(books, account, 'charge.refunded', chargeWire(account, charge), { at, cause, previous })
  if (course.ends !== undefined) scheduleEnd(books, account, refund, course.ends)
  return refund
}

/** `POST /v1/refunds/{id}`: an empty value unsets its key, an empty text all of them. */
export function updateRefund(
  books: Books,
  account: Account,
  refund: Refund,
  change: Readonly<Record<string, string>> | '',
  cause: Cause,
): void {
  const previous = { metadata: refund.metadata }
  const merged = change === '' ? {} : { ...refund.metadata, ...change }
  refund.metadata = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''))
  announceUpdate(books, account, refund, previous, books.world.now(), cause)
}

/** `POST /v1/refunds/{id}/cancel`. @throws Refusal unless the payer has still to act */
export function cancelRefund(books: Books, account: Account, refund: Refund, cause: Cause): void {
  if (refund.status !== 'requires_action') {
    throw invalidRequest(`A refund with a status of \`${refund.status}\` can't be canceled.`)
  }
  const at = books.world.now()
  refund.status = 'canceled'
  giveBack(books, account, refund, at)
  announceUpdate(books, account, refund, { status: 'requires_action' }, at, cause)
}

/** The amount to refund. @throws Refusal */
function requireRefundable(charge: Charge, wanted: number | undefined): number {
  const { id, currency, amountCaptured, amountRefunded, disputed } = charge
  if (disputed) {
    const message = `Charge ${id} has been charged back; cannot issue a refund.`
    throw invalidRequest(message, { code: 'charge_disputed' })
  }
  const left = amountCaptured - amountRefunded
  if (left <= 0) throw invalidRequest(`Charge ${id} has already been refunded.`, { code: 'charge_already_refunded' })
  const amount = wanted ?? left
  requireWhole(amount, currency, 'amount')
  if (amount > left) {
    const what = amountRefunded === 0 ? 'charge amount' : 'unrefunded amount on charge'
    const message = `Refund amount (${moneyText(amount, currency)}) is greater than ${what} (${moneyText(left, currency)})`
    throw invalidRequest(message, { param: 'amount' })
  }
  return amount
}

interface Course {
  begins: 'pending' | 'requires_action' | 'succeeded'
  /** Where it goes by itself one step later; undefined where it stays. */
  ends?: 'succeeded' | 'failed'
}

/** What was set for the payment goes before what its card is known for. */
function courseOf({ intent, method }: Charge): Course {
  switch (intent.session.refundCourse ?? method.refundEnd) {
    case 'succeeds':
      return { begins: 'succeeded', ends: 'succeeded' }
    case 'pending_then_succeeds':
      return { begins: 'pending', ends: 'succeeded' }
    case 'fails':
    case 'succeeds_then_fails':
      return { begins: 'succeeded', ends: 'failed' }
    case 'stays_pending':
      return { begins: 'pending' }
    case 'requires_action':
      return { begins: 'requires_action' }
  }
}

function scheduleEnd(books: Books, account: Account, refund: Refund, end: 'succeeded' | 'failed'): void {
  books.agenda.schedule(new Date(refund.createdAt.getTime() + account.settings.refundStepMs), (at) => {
    const { status, bankReference } = refund
    if (end === 'failed') {
      refund.status = 'failed'
      refund.failureReason = 'expired_or_canceled_card'
      refund.failureTransaction = enterRefund(books, account, refund, refund.amount, 'refund_failure', at)
      giveBack(books, account, refund, at)
      announce(books, account, 'charge.refund.updated', refundWire(refund), { at, previous: { status } })
      announce(books, account, 'refund.failed', refundWire(refund), { at, previous: { status } })
      return
    }
    refund.status = 'succeeded'
    refund.bankReference = newId(books.world, 'arn', 12).slice(4)
    const previous = status === 'succeeded' ? referenceBefore(bankReference) : { status }
    announceUpdate(books, account, refund, previous, at, null)
  })
}

/** An update that tells no progress: only the bank's reference has come. */
function referenceBefore(bankReference: string | null) {
  return { destination_details: { card: { reference: bankReference, reference_status: 'pending' } } }
}

/** The charge can be refunded again. A refund of a cancelled kind never left, so its entry is undone, too. */
function giveBack(books: Books, account: Account, refund: Refund, at: Date): void {
  if (account.settings.failedRefundsLeaveCharge) refund.charge.amountRefunded -= refund.amount
  if (refund.status === 'canceled') {
    refund.failureTransaction = enterRefund(books, account, refund, refund.amount, 'refund_failure', at)
  }
}

function enterRefund(
  books: Books,
  account: Account,
  { id, charge }: Refund,
  amount: number,
  kind: 'refund' | 'refund_failure',
  at: Date,
): LedgerEntry {
  const type = kind === 'refund' && charge.method.type !== 'card' ? 'payment_refund' : kind
  return enter(books, account, { amount, fee: 0, currency: charge.currency, type, source: id, availableOn: at }, at)
}

function announceUpdate(
  books: Books,
  account: Account,
  refund: Refund,
  previous: Readonly<Record<string, unknown>>,
  at: Date,
  cause: Cause,
): void {
  announce(books, account, 'refund.updated', refundWire(refund), { at, cause, previous })
  announce(books, account, 'charge.refund.updated', refundWire(refund), { at, cause, previous })
}
