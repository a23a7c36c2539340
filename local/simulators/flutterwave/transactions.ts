/** Transactions: each try to pay is one, with an id of its own under the reference that it shares with the others. */
import { randomText } from '../kit/world.ts'
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import type { Fields } from './call.ts'
import type { Checkout } from './checkouts.ts'
import type { PaymentMethod } from './payment-methods.ts'

export interface Customer {
  readonly id: number
  readonly email: string
  readonly name: string
  readonly phone: string | null
  readonly createdAt: Date
}

/** The first three are those that Flutterwave documents for every transaction (sheet, section 4). */
export const TRANSACTION_STATUSES = [
  'pending',
  'successful',
  'failed',
  'cancelled',
  'pending auth',
  'success-pending-validation',
] as const
export type TransactionStatus = (typeof TRANSACTION_STATUSES)[number]

export interface Transaction {
  readonly id: number
  readonly txRef: string
  /** Null for a charge that was made elsewhere. */
  readonly checkout: Checkout | null
  readonly customer: Customer
  readonly meta: Fields | null
  readonly method: PaymentMethod
  readonly createdAt: Date
  readonly history: { note: string; at: Date }[]
  status: TransactionStatus
  flwRef: string
  /** Minor units, as `charged` and `settled`: what was asked, whoever bears the fee. */
  amount: number
  /** What the payer paid. */
  charged: number
  currency: string
  /** Tenths of a minor unit; null before success, as is `settled`. */
  fee: number | null
  settled: number | null
  processorResponse: string | null
  stepsDone: number
}

export type NewTransaction = Pick<
  Transaction,
  'txRef' | 'checkout' | 'customer' | 'meta' | 'method' | 'amount' | 'currency'
>

export function addTransaction(books: Books, account: Account, wanted: NewTransaction): Transaction {
  const createdAt = books.world.now()
  const transaction: Transaction = {
    ...wanted,
    id: books.nextId(),
    createdAt,
    history: [{ note: `Attempted to pay with ${wanted.method.paymentType}`, at: createdAt }],
    status: 'pending',
    flwRef: 'N/A',
    charged: wanted.amount,
    fee: null,
    settled: null,
    processorResponse: null,
    stepsDone: 0,
  }
  account.transactions.push(transaction)
  return transaction
}

/** `FLW-MOCK-…` hints at test mode. */
export function flwReference(books: Books, account: Account): string {
  if (account.mode === 'test') return `FLW-MOCK-${randomText(books.world, 32, '0123456789abcdef')}`
  return `${account.settings.businessName.replace(/\W/g, '')}/FLW${randomText(books.world, 9, '0123456789')}`
}

export function customerOf(
  books: Books,
  account: Account,
  { email, name, phone }: { email: string; name?: string | undefined; phone?: string | undefined },
): Customer {
  const known = account.customers.get(email)
  if (known) return known
  const customer: Customer = {
    id: books.nextId(),
    email,
    name: name ?? 'Anonymous customer',
    phone: phone ?? null,
    createdAt: books.world.now(),
  }
  account.customers.set(email, customer)
  return customer
}

/** The tries under a reference, oldest first. */
export function triesOf(account: Account, txRef: string): Transaction[] {
  return account.transactions.filter((transaction) => transaction.txRef === txRef)
}

export function transactionById(account: Account, id: string): Transaction | undefined {
  return account.transactions.find((transaction) => String(transaction.id) === id)
}
