/** PaymentIntents and their Charges, one for each try that reached a bank (sheet, section 4). */
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { announce } from './events.ts'
import { newId } from './ids.ts'
import { intentWire } from './intent-wire.ts'
import type { LedgerEntry } from './ledger.ts'
import type { Failure, PaymentMethod } from './payment-methods.ts'
import type { Session } from './sessions.ts'

export interface Intent {
  readonly id: string
  readonly clientSecret: string
  readonly createdAt: Date
  readonly session: Session
  readonly metadata: Readonly<Record<string, string>>
  amount: number
  amountReceived: number
  currency: string
  status: 'requires_payment_method' | 'requires_action' | 'processing' | 'succeeded' | 'canceled'
  /** The method that waits for the payer at the bank. */
  challenge: PaymentMethod | null
  paymentMethodId: string | null
  lastError: { failure: Failure; chargeId: string | null } | null
  latestCharge: Charge | null
  canceledAt: Date | null
  cancellationReason: 'expired' | null
}

export interface Charge {
  readonly id: string
  readonly createdAt: Date
  readonly intent: Intent
  readonly method: PaymentMethod
  readonly paymentMethodId: string
  readonly metadata: Readonly<Record<string, string>>
  /** The payer has passed a challenge. */
  readonly challenged: boolean
  amount: number
  /** What the bank gave. */
  amountCaptured: number
  currency: string
  status: 'succeeded' | 'pending' | 'failed'
  failure: Failure | null
  amountRefunded: number
  disputed: boolean
  /** Null until the account's ledger has it. */
  balanceTransaction: LedgerEntry | null
}

/** The session's PaymentIntent, made when a payer first confirms. */
export function intentOf(books: Books, account: Account, session: Session): Intent {
  if (session.intent !== null) return session.intent
  const id = newId(books.world, 'pi')
  const intent: Intent = {
    id,
    clientSecret: `${id}_${newId(books.world, 'secret')}`,
    createdAt: books.world.now(),
    session,
    metadata: session.intentData.metadata ?? {},
    amount: session.amountTotal,
    amountReceived: 0,
    currency: session.currency,
    status: 'requires_payment_method',
    challenge: null,
    paymentMethodId: null,
    lastError: null,
    latestCharge: null,
    canceledAt: null,
    cancellationReason: null,
  }
  session.intent = intent
  account.intents.push(intent)
  announce(books, account, 'payment_intent.created', intentWire(account, intent), { at: intent.createdAt })
  return intent
}

export function addCharge(
  books: Books,
  account: Account,
  intent: Intent,
  made: Pick<Charge, 'method' | 'status' | 'failure' | 'challenged'>,
): Charge {
  const charge: Charge = {
    ...made,
    // That other methods than cards have a prefix of their own is unconfirmed.
    id: newId(books.world, made.method.type === 'card' ? 'ch' : 'py'),
    createdAt: books.world.now(),
    intent,
    paymentMethodId: newId(books.world, 'pm'),
    metadata: account.settings.metadataReachesCharges ? intent.metadata : {},
    amount: intent.amount,
    amountCaptured: 0,
    currency: intent.currency,
    amountRefunded: 0,
    disputed: false,
    balanceTransaction: null,
  }
  intent.latestCharge = charge
  account.charges.push(charge)
  return charge
}
