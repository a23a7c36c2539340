/** Transactions: what initialize accepts, and what is kept of each. */
import { randomText } from '../kit/world.ts'
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { type Fields, integerField, isFields, textField } from './call.ts'
import type { PaymentMethod, RefundCourse } from './payment-methods.ts'
import {
  duplicateReference,
  invalidAmount,
  invalidEmail,
  invalidParameter,
  missingParameter,
  Refusal,
  unsupportedCurrency,
} from './refusal.ts'

export interface Customer {
  readonly id: number
  readonly code: string
  readonly email: string
  readonly createdAt: Date
}

export type TransactionStatus =
  | 'abandoned'
  | 'ongoing'
  | 'pending'
  | 'success'
  | 'failed'
  | 'reversal-pending'
  | 'reversed'

export interface Transaction {
  readonly id: number
  readonly reference: string
  /** Names the checkout page. */
  readonly accessCode: string
  readonly createdAt: Date
  readonly customer: Customer
  readonly callbackUrl: string | null
  /** Null allows every channel. */
  readonly channels: readonly string[] | null
  /** As initialize got it. */
  readonly metadata: unknown
  /** Made through this API, or at a terminal, on a page or by a plugin of the same account. */
  readonly origin: 'api' | 'elsewhere'
  status: TransactionStatus
  /** Subunits asked of the payer. */
  requestedAmount: number
  /** Subunits collected; what was asked, until paid. */
  amount: number
  currency: string
  fees: number | null
  gatewayResponse: string
  message: string | null
  channel: string
  paidAt: Date | null
  /** The attempt that waits for the payer. */
  progress: { method: PaymentMethod; stepsDone: number } | null
  /** How it was paid. */
  paidWith: { method: PaymentMethod; authorizationCode: string; signature: string } | null
  log: TransactionLog | null
  settlementId: number | null
  /** What its next refunds come to; null leaves it to the method that paid. */
  refundCourse: RefundCourse | null
}

export interface TransactionLog {
  readonly startedAt: Date
  attempts: number
  errors: number
  success: boolean
  readonly history: { type: 'action' | 'auth' | 'input' | 'error' | 'success' | 'close'; message: string; at: Date }[]
}

/** Smallest amounts as documented, in subunits. The test API takes less (observed). */
const LIVE_MINIMUM: Readonly<Record<string, number>> = { NGN: 5000, USD: 200, GHS: 10, ZAR: 100, KES: 300, XOF: 100 }

const REFERENCE = /^[A-Za-z0-9.=_-]+$/
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/

/** `POST /transaction/initialize` (sheet, section 3). The transaction reads `abandoned` from here on. */
export function initialize(books: Books, account: Account, fields: Fields): Transaction | Refusal {
  const email = textField(fields, 'email')
  if (email === undefined) return missingParameter('email')
  if (!EMAIL.test(email)) return invalidEmail()
  const asked = integerField(fields, 'amount')
  if (asked instanceof Refusal) return asked
  const currency = textField(fields, 'currency') ?? account.settings.currencies[0]
  if (!account.settings.currencies.some((supported) => supported === currency)) return unsupportedCurrency()
  // The fraction of a franc is ignored, without a word (sheet, section 2).
  const amount = currency === 'XOF' && asked !== undefined ? Math.floor(asked / 100) * 100 : asked
  if (amount === undefined || amount <= 0) return invalidAmount()
  const minimum = LIVE_MINIMUM[currency] ?? 1
  if (account.domain === 'live' && amount < minimum) return invalidAmount()
  const reference = textField(fields, 'reference') ?? randomText(books.world, 10)
  if (!REFERENCE.test(reference)) return invalidParameter('Invalid character in transaction reference')
  if (account.transactionsByReference.has(reference)) return duplicateReference()
  const callbackUrl = textField(fields, 'callback_url') ?? account.settings.callbackUrl
  if (callbackUrl !== null && !isWebUrl(callbackUrl)) return invalidParameter('"callback_url" must be a valid uri')
  const channels = Array.isArray(fields.channels) ? fields.channels.map(String) : null
  const metadata = fields.metadata
  return addTransaction(books, account, { email, amount, currency, reference, callbackUrl, channels, metadata })
}

export interface NewTransaction {
  email: string
  amount: number
  currency: string
  reference: string
  callbackUrl?: string | null
  channels?: readonly string[] | null
  metadata?: unknown
  origin?: Transaction['origin']
}

export function addTransaction(books: Books, account: Account, wanted: NewTransaction): Transaction {
  const transaction: Transaction = {
    id: books.nextId(),
    reference: wanted.reference,
    accessCode: randomText(books.world, 15),
    createdAt: books.world.now(),
    customer: customerOf(books, account, wanted.email),
    callbackUrl: wanted.callbackUrl ?? null,
    channels: wanted.channels ?? null,
    metadata: wanted.metadata,
    origin: wanted.origin ?? 'api',
    status: 'abandoned',
    requestedAmount: wanted.amount,
    amount: wanted.amount,
    currency: wanted.currency,
    fees: null,
    gatewayResponse: 'The transaction was not completed',
    message: null,
    channel: 'card',
    paidAt: null,
    progress: null,
    paidWith: null,
    log: null,
    settlementId: null,
    refundCourse: null,
  }
  account.transactions.push(transaction)
  account.transactionsByReference.set(transaction.reference, transaction)
  return transaction
}

function customerOf(books: Books, account: Account, email: string): Customer {
  const known = account.customers.get(email)
  if (known) return known
  const code = `CUS_${randomText(books.world, 15)}`
  const customer = { id: books.nextId(), code, email, createdAt: books.world.now() }
  account.customers.set(email, customer)
  return customer
}

/** The object that initialize got as `metadata`, stringified or not; undefined when it got anything else. */
export function metadataObject(metadata: unknown): Fields | undefined {
  if (typeof metadata !== 'string') return isFields(metadata) ? metadata : undefined
  try {
    const parsed: unknown = JSON.parse(metadata)
    return isFields(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

export function isWebUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}
