/** The account's money at Stripe: balance transactions, and the balance that they add up to (sheet, section 7). */
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import type { Charge } from './charges.ts'
import { newId, seconds } from './ids.ts'

export interface LedgerEntry {
  readonly id: string
  readonly createdAt: Date
  readonly availableOn: Date
  /** Gross and signed. */
  readonly amount: number
  readonly fee: number
  readonly currency: string
  readonly type: 'charge' | 'payment' | 'refund' | 'payment_refund' | 'refund_failure' | 'adjustment'
  /** The id of what it is for. */
  readonly source: string
}

const DAY_MS = 24 * 60 * 60 * 1000
const SETTLED_AFTER_MS = 2 * DAY_MS

export function enterCharge(books: Books, account: Account, charge: Charge, at: Date): LedgerEntry {
  const type = charge.method.type === 'card' ? 'charge' : 'payment'
  const availableOn = charge.method.availableAtOnce ? at : new Date(at.getTime() + SETTLED_AFTER_MS)
  const { amountCaptured: amount, currency, id: source } = charge
  return enter(books, account, { amount, fee: feeOf(amount), currency, type, source, availableOn }, at)
}

export function enter(
  books: Books,
  account: Account,
  entry: Omit<LedgerEntry, 'id' | 'createdAt'>,
  at: Date,
): LedgerEntry {
  const entered = { ...entry, id: newId(books.world, 'txn'), createdAt: at }
  account.ledger.push(entered)
  return entered
}

/** The simulator's own price, the same in every currency: 2.9 per cent, begun units counted whole. */
function feeOf(amount: number): number {
  return Math.ceil((amount * 29) / 1000)
}

export function balanceTransactionWire(entry: LedgerEntry, now: Date) {
  const { amount, fee, currency } = entry
  const feeDetail = {
    amount: fee,
    application: null,
    currency,
    description: 'Stripe processing fees',
    type: 'stripe_fee',
  }
  return {
    id: entry.id,
    object: 'balance_transaction',
    amount,
    available_on: seconds(entry.availableOn),
    balance_type: 'payments',
    created: seconds(entry.createdAt),
    currency,
    description: null,
    exchange_rate: null,
    fee,
    fee_details: fee === 0 ? [] : [feeDetail],
    net: amount - fee,
    reporting_category: entry.type === 'payment' ? 'charge' : entry.type,
    source: entry.source,
    status: entry.availableOn <= now ? 'available' : 'pending',
    type: entry.type,
  }
}

export function balanceWire(account: Account, now: Date) {
  const currencies = [...new Set(['usd', ...account.ledger.map(({ currency }) => currency)])]
  const sums = (isWanted: (entry: LedgerEntry) => boolean) =>
    currencies.map((currency) => {
      const amount = account.ledger
        .filter((entry) => entry.currency === currency && isWanted(entry))
        .reduce((sum, entry) => sum + entry.amount - entry.fee, 0)
      return { amount, currency, source_types: { card: amount } }
    })
  return {
    object: 'balance',
    available: sums(({ availableOn }) => availableOn <= now),
    connect_reserved: [],
    livemode: account.mode === 'live',
    pending: sums(({ availableOn }) => availableOn > now),
  }
}
