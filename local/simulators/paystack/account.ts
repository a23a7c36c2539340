/**
 * Paystack accounts. A secret key stands for one account in one mode, with a store of its own, so that test and live
 * objects can't meet. The settings are what a merchant would type into the Dashboard.
 */
import { z } from 'zod'
import type { Dispute } from './disputes.ts'
import type { Refund } from './refunds.ts'
import type { LedgerRow, Settlement } from './settlements.ts'
import type { Customer, Transaction } from './transactions.ts'

/** Currencies that Paystack takes (sheet, section 2). All have two decimals on its wire, XOF too. */
export const CURRENCIES = ['NGN', 'USD', 'GHS', 'ZAR', 'KES', 'XOF'] as const
export type Currency = (typeof CURRENCIES)[number]

/** How many of Paystack's subunits are one minor unit of ISO 4217, which gives the franc none. */
export function subunitsPerMinorUnit(currency: string): number {
  return currency === 'XOF' ? 100 : 1
}

export const accountSettings = z.strictObject({
  businessName: z.string().min(1),
  email: z.email(),
  /** Receives this mode's webhooks; null sends none. */
  webhookUrl: z.url().nullable(),
  /** Where a payer returns to when initialize names no `callback_url`. */
  callbackUrl: z.url().nullable(),
  /** The first one is the default of initialize. */
  currencies: z.tuple([z.enum(CURRENCIES)], z.enum(CURRENCIES)),
  feeBearer: z.enum(['account', 'customer']),
  /** 0 never times out. */
  paymentSessionTimeoutSeconds: z.int().nonnegative(),
  /** How long a refund stays in each of its states. */
  refundStepMs: z.int().nonnegative(),
})
export type AccountSettings = z.infer<typeof accountSettings>

export interface Account {
  readonly secretKey: string
  readonly domain: 'test' | 'live'
  /** Paystack's number of the business. */
  readonly integration: number
  settings: AccountSettings
  readonly transactions: Transaction[]
  readonly transactionsByReference: Map<string, Transaction>
  readonly customers: Map<string, Customer>
  readonly refunds: Refund[]
  readonly disputes: Dispute[]
  readonly settlements: Settlement[]
  readonly ledger: LedgerRow[]
}

const SECRET_KEY = /^sk_(test|live)_[A-Za-z0-9_-]+$/

export class AccountBook {
  /** Refuses keys that were not configured, instead of opening an account for each. */
  strict = false
  readonly #accounts = new Map<string, Account>()
  #nextIntegration = 500_001

  /** The account of a key, opened on first use; undefined for what is no secret key, or no known one when strict. */
  find(secretKey: string): Account | undefined {
    const known = this.#accounts.get(secretKey)
    return known ?? (this.strict ? undefined : this.#open(secretKey))
  }

  /** Changes the settings of an account, which is opened if need be; undefined for what is no secret key. */
  configure(secretKey: string, change: Partial<AccountSettings>): Account | undefined {
    const account = this.#accounts.get(secretKey) ?? this.#open(secretKey)
    if (account) account.settings = { ...account.settings, ...change }
    return account
  }

  all(): Account[] {
    return [...this.#accounts.values()]
  }

  #open(secretKey: string): Account | undefined {
    const mode = SECRET_KEY.exec(secretKey)?.[1]
    if (mode === undefined) return undefined
    const integration = this.#nextIntegration++
    const account: Account = {
      secretKey,
      domain: mode === 'live' ? 'live' : 'test',
      integration,
      settings: defaultSettings(integration),
      transactions: [],
      transactionsByReference: new Map(),
      customers: new Map(),
      refunds: [],
      disputes: [],
      settlements: [],
      ledger: [],
    }
    this.#accounts.set(secretKey, account)
    return account
  }
}

function defaultSettings(integration: number): AccountSettings {
  return {
    businessName: `Merchant ${integration}`,
    email: `owner@merchant-${integration}.example`,
    webhookUrl: null,
    callbackUrl: null,
    currencies: [...CURRENCIES],
    feeBearer: 'account',
    paymentSessionTimeoutSeconds: 0,
    refundStepMs: 60_000,
  }
}
