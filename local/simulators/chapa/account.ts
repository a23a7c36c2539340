/**
 * Chapa accounts. A secret key stands for one business in one mode, with a store of its own; what follows the prefix
 * names the business here, so that its other mode can be told from a stranger's. The settings are what a merchant types
 * into the dashboard, and where Chapa's documentation and its answers disagree.
 */
import { z } from 'zod'
import type { Payment } from './payment.ts'
import type { Refund } from './refunds.ts'

export const accountSettings = z.strictObject({
  businessName: z.string().min(1),
  /** Receives this mode's webhooks; null sends none. */
  webhookUrl: z.url().nullable(),
  /** The secret hash: any text. Null leaves webhooks unsigned. */
  webhookSecret: z.string().min(1).nullable(),
  /** How long a payer may try again after a first failure. */
  retryMinutes: z.int().min(5).max(60),
  /**
   * `measured`: 200 and `pending` for an unpaid payment, 400 for an unknown one. `documented`: 404 for both (sheet,
   * section 4).
   */
  verifyDialect: z.enum(['measured', 'documented']),
  /** `page`: as on Chapa's page of refunds. `preview`: as in its preview documentation (sheet, section 5). */
  refundShape: z.enum(['page', 'preview']),
  /** Chapa refuses refunds in test mode; true lets them through. */
  refundsInTestMode: z.boolean(),
  /** How long a refund stays in each of its states. */
  refundStepMs: z.int().nonnegative(),
})
export type AccountSettings = z.infer<typeof accountSettings>

export type Mode = 'test' | 'live'

export interface Account {
  readonly secretKey: string
  readonly mode: Mode
  readonly business: string
  settings: AccountSettings
  readonly payments: Payment[]
  readonly paymentsByTxRef: Map<string, Payment>
  readonly refunds: Refund[]
}

const PREFIX: Readonly<Record<Mode, string>> = { test: 'CHASECK_TEST-', live: 'CHASECK-' }
const SECRET_KEY = /^CHASECK(_TEST)?-([A-Za-z0-9_-]+)$/

export class AccountBook {
  /** Refuses keys that were not configured, instead of opening an account for each. */
  strict = false
  readonly #accounts = new Map<string, Account>()

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

  /** The same business in its other mode, where it has been used. */
  otherModeOf({ mode, business }: Account): Account | undefined {
    return this.#accounts.get(secretKeyOf(mode === 'test' ? 'live' : 'test', business))
  }

  #open(secretKey: string): Account | undefined {
    const parts = SECRET_KEY.exec(secretKey)
    if (parts === null) return undefined
    const account: Account = {
      secretKey,
      mode: parts[1] === undefined ? 'live' : 'test',
      business: parts[2] ?? '',
      settings: defaultSettings(this.#accounts.size + 1),
      payments: [],
      paymentsByTxRef: new Map(),
      refunds: [],
    }
    this.#accounts.set(secretKey, account)
    return account
  }
}

export function secretKeyOf(mode: Mode, business: string): string {
  return `${PREFIX[mode]}${business}`
}

function defaultSettings(number: number): AccountSettings {
  return {
    businessName: `Merchant ${number}`,
    webhookUrl: null,
    webhookSecret: null,
    retryMinutes: 60,
    verifyDialect: 'measured',
    refundShape: 'page',
    refundsInTestMode: false,
    refundStepMs: 60_000,
  }
}
