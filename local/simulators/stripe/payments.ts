/**
 * What payers do on the hosted page, and what their banks do later. The page's forms, the control API and the driver all
 * come through here. The order of the events is the sheet's (section 13.7).
 */
import type { MoneyAccident } from '../kit/driver.ts'
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { chargeWire } from './charge-wire.ts'
import { addCharge, type Charge, type Intent, intentOf } from './charges.ts'
import { openDispute } from './disputes.ts'
import { announce } from './events.ts'
import { intentWire } from './intent-wire.ts'
import { enterCharge } from './ledger.ts'
import { drawMoney, type Money } from './money.ts'
import { CHALLENGE_REFUSED, type Failure, NO_MONEY, PAYMENT_METHODS, type PaymentMethod } from './payment-methods.ts'
import { sessionWire } from './session-wire.ts'
import type { Session } from './sessions.ts'

export type PaymentResult =
  | { kind: 'paid' }
  | { kind: 'processing' }
  /** The bank asks the payer to confirm. */
  | { kind: 'challenge' }
  /** This try brought no money; the page stays open. */
  | { kind: 'refused'; reason: string }
  /** The page takes no payment any more, or not this one. */
  | { kind: 'closed'; reason: string }

/** The methods that the page shows. */
export function methodsFor(session: Session): PaymentMethod[] {
  return PAYMENT_METHODS.filter(({ type }) => session.methodTypes.includes(type))
}

/** A payer confirms with a method. `accident` counts in what the wire counts. */
export function pay(
  books: Books,
  account: Account,
  session: Session,
  method: PaymentMethod,
  accident?: MoneyAccident,
): PaymentResult {
  if (session.status !== 'open') return closedBy(session)
  const intent = intentOf(books, account, session)
  intent.challenge = null
  intent.status = 'requires_payment_method'
  if (!method.challenge) return attempt(books, account, intent, { method, challenged: false }, accident)
  intent.challenge = method
  intent.status = 'requires_action'
  announceIntent(books, account, 'payment_intent.requires_action', intent)
  return { kind: 'challenge' }
}

/** The payer answers the bank. */
export function answerChallenge(books: Books, account: Account, session: Session, passed: boolean): PaymentResult {
  const { intent } = session
  if (session.status !== 'open') return closedBy(session)
  const method = intent?.challenge ?? null
  if (intent === null || method === null) return { kind: 'closed', reason: 'No bank asks for a confirmation' }
  intent.challenge = null
  if (passed) return attempt(books, account, intent, { method, challenged: true })
  refuse(books, account, intent, CHALLENGE_REFUSED, null)
  return { kind: 'refused', reason: CHALLENGE_REFUSED.message }
}

/** A payment that had begun comes to its end. False when there is none that waits. */
export function endDelayed(
  books: Books,
  account: Account,
  session: Session,
  end: 'paid' | 'failed',
  at: Date,
): boolean {
  const { intent } = session
  const charge = intent?.latestCharge ?? null
  if (intent === null || charge === null || intent.status !== 'processing') return false
  if (end === 'paid') {
    session.paymentStatus = 'paid'
    charge.amountCaptured = charge.amount
    succeed(books, account, intent, charge, at)
  } else {
    const failure = charge.method.failure ?? NO_MONEY
    charge.status = 'failed'
    charge.failure = failure
    announce(books, account, 'charge.failed', chargeWire(account, charge), { at })
    refuse(books, account, intent, failure, charge, at)
  }
  const type = `checkout.session.async_payment_${end === 'paid' ? 'succeeded' : 'failed'}`
  announce(books, account, type, sessionWire(books, account, session), { at })
  return true
}

type Try = Pick<Charge, 'method' | 'challenged'>

function attempt(books: Books, account: Account, intent: Intent, tried: Try, accident?: MoneyAccident): PaymentResult {
  const { method } = tried
  if (method.delayMs !== null) return begin(books, account, intent, tried, method.delayMs)
  if (method.failure !== null) {
    const charge = addCharge(books, account, intent, { ...tried, status: 'failed', failure: method.failure })
    announce(books, account, 'charge.failed', chargeWire(account, charge), { at: charge.createdAt })
    refuse(books, account, intent, method.failure, charge)
    return { kind: 'refused', reason: method.failure.message }
  }
  const money = drawMoney(books, account, intent.session, accident)
  applyMoney(intent, money)
  const charge = addCharge(books, account, intent, { ...tried, status: 'succeeded', failure: null })
  charge.amountCaptured = money.received
  complete(intent.session, 'paid')
  succeed(books, account, intent, charge, charge.createdAt)
  announceCompleted(books, account, intent.session)
  if (method.disputed) openDispute(books, account, charge)
  return { kind: 'paid' }
}

/** The page is done, the money is on its way. */
function begin(books: Books, account: Account, intent: Intent, tried: Try, delayMs: number | 'forever'): PaymentResult {
  const { session } = intent
  const charge = addCharge(books, account, intent, { ...tried, status: 'pending', failure: null })
  intent.status = 'processing'
  intent.lastError = null
  intent.paymentMethodId = charge.paymentMethodId
  complete(session, 'unpaid')
  announce(books, account, 'charge.pending', chargeWire(account, charge), { at: charge.createdAt })
  announceIntent(books, account, 'payment_intent.processing', intent)
  announceCompleted(books, account, session)
  if (delayMs !== 'forever') {
    const end = tried.method.failure === null ? 'paid' : 'failed'
    books.agenda.schedule(new Date(charge.createdAt.getTime() + delayMs), (at) => {
      endDelayed(books, account, session, end, at)
    })
  }
  return { kind: 'processing' }
}

/** What the faults make of the money shows everywhere: on the session, the intent and, from there, the Charge. */
function applyMoney(intent: Intent, { asked, currency, received }: Money): void {
  intent.session.amountTotal = asked
  intent.session.currency = currency
  intent.amount = asked
  intent.currency = currency
  intent.amountReceived = received
}

/** The balance transaction of an asynchronous capture, which is the default, comes a little later. */
const LEDGER_AFTER_MS = 5000

function succeed(books: Books, account: Account, intent: Intent, charge: Charge, at: Date): void {
  charge.status = 'succeeded'
  intent.status = 'succeeded'
  intent.amountReceived = charge.amountCaptured
  intent.lastError = null
  intent.paymentMethodId = charge.paymentMethodId
  announce(books, account, 'charge.succeeded', chargeWire(account, charge), { at })
  announceIntent(books, account, 'payment_intent.succeeded', intent, at)
  books.agenda.schedule(new Date(at.getTime() + LEDGER_AFTER_MS), (enteredAt) => {
    charge.balanceTransaction = enterCharge(books, account, charge, enteredAt)
    const previous = { balance_transaction: null }
    announce(books, account, 'charge.updated', chargeWire(account, charge), { at: enteredAt, previous })
  })
}

/** The session stays as it is: an open one can be paid with something else. */
function refuse(
  books: Books,
  account: Account,
  intent: Intent,
  failure: Failure,
  charge: Charge | null,
  at = books.world.now(),
): void {
  intent.status = 'requires_payment_method'
  intent.paymentMethodId = null
  intent.lastError = { failure, chargeId: charge?.id ?? null }
  announceIntent(books, account, 'payment_intent.payment_failed', intent, at)
}

function complete(session: Session, paymentStatus: 'paid' | 'unpaid'): void {
  session.status = 'complete'
  session.paymentStatus = paymentStatus
  session.payer = { email: session.customerEmail ?? 'payer@customer.example', name: 'Esi Payer' }
}

function announceCompleted(books: Books, account: Account, session: Session): void {
  const at = books.world.now()
  announce(books, account, 'checkout.session.completed', sessionWire(books, account, session), { at })
}

function announceIntent(books: Books, account: Account, type: string, intent: Intent, at = books.world.now()): void {
  announce(books, account, type, intentWire(account, intent), { at })
}

function closedBy({ status, paymentStatus }: Session): PaymentResult {
  if (status === 'expired') return { kind: 'closed', reason: 'This page has expired' }
  return { kind: 'closed', reason: paymentStatus === 'paid' ? 'This payment has been made' : 'This page is done' }
}
