/**
 * Flutterwave accounts. A secret key stands for one account in one mode, with a store of its own, so that test and live
 * objects can't meet. The settings are what a merchant would set in the dashboard, and what Flutterwave leaves open.
 */
import { z } from 'zod'
import type { RefundCourse } from '../kit/driver.ts'
import type { Chargeback } from './chargebacks.ts'
import type { Checkout } from './checkouts.ts'
import { CURRENCIES } from './money.ts'
import type { Refund } from './refunds.ts'
import type { Customer, Transaction } from './transactions.ts'

export const accountSettings = z.strictObject({
  businessName: z.string().min(1),
  /** An account that isn't approved has every payment refused. */
  approved: z.boolean(),
  currencies: z.array(z.enum(CURRENCIES)),
  feeBearer: z.enum(['account', 'customer']),
  /** Receives the webhooks; null sends none. */
  webhookUrl: z.url().nullable(),
  /** The secret hash of the dashboard; null sends no header. */
  webhookHash: z.string().min(1).nullable(),
  /** Off, a webhook is tried once. */
  webhookRetries: z.boolean(),
  /** `plain` is as recorded; `current` adds `meta_data` and `event.type`; `legacy` is flat (shape B). */
  webhookShape: z.enum(['current', 'plain', 'legacy']),
  /** The pages of v3 and v4 name different headers. */
  webhookHeader: z.enum(['verif-hash', 'flutterwave-signature']),
  /** `charge.completed` of a payment that is still pending. */
  pendingWebhooks: z.boolean(),
  /** Shape C; off until Flutterwave's support enables it. */
  refundWebhooks: z.boolean(),
  /** Whether initialize refuses a `tx_ref` that has a page already. */
  refuseUsedReferences: z.boolean(),
  /** Which of several transactions verify_by_reference answers; `all` answers an array. */
  byReferencePicks: z.enum(['newest', 'oldest', 'successful', 'all']),
  /** The word of the redirect after a payment; newer pages say `completed`. */
  successRedirect: z.enum(['successful', 'completed']),
  /** After how long a bank transfer pays itself. */
  transferDelayMs: z.int().nonnegative(),
  /** How long a refund stays in each of its states. */
  refundStepMs: z.int().nonnegative(),
})
export type AccountSettings = z.infer<typeof accountSettings>

/** The kit's courses that Flutterwave has, and a failure of the disbursement under a status that says `completed`. */
export const REFUND_COURSES = ['succeeds', 'stays_pending', 'fails', 'disbursement_fails'] as const
export type FlutterwaveRefundCourse = Exclude<RefundCourse, 'requires_action'> | 'disbursement_fails'

export interface Account {
  readonly secretKey: string
  readonly mode: 'test' | 'live'
  /** `account_id`. */
  readonly id: number
  settings: AccountSettings
  readonly checkouts: Checkout[]
  readonly transactions: Transaction[]
  /** By e-mail. */
  readonly customers: Map<string, Customer>
  readonly refunds: Refund[]
  /** By `tx_ref`. */
  readonly refundCourses: Map<string, FlutterwaveRefundCourse>
  readonly chargebacks: Chargeback[]
}

const SECRET_KEY = /^FLWSECK(_TEST)?-[A-Za-z0-9_-]+-X$/

export class AccountBook {
  /** Refuses keys that were not configured, instead of opening an account for each. */
  strict = false
  readonly #accounts = new Map<string, Account>()
  #nextId = 73_001

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
    const match = SECRET_KEY.exec(secretKey)
    if (match === null) return undefined
    const id = this.#nextId++
    const account: Account = {
      secretKey,
      mode: match[1] === undefined ? 'live' : 'test',
      id,
      settings: defaultSettings(id),
      checkouts: [],
      transactions: [],
      customers: new Map(),
      refunds: [],
      refundCourses: new Map(),
      chargebacks: [],
    }
    this.#accounts.set(secretKey, account)
    return account
  }
}

function defaultSettings(id: number): AccountSettings {
  return {
    businessName: `Merchant ${id}`,
    approved: true,
    currencies: [...CURRENCIES],
    feeBearer: 'account',
    webhookUrl: null,
    webhookHash: null,
    webhookRetries: true,
    webhookShape: 'current',
    webhookHeader: 'verif-hash',
    pendingWebhooks: false,
    refundWebhooks: false,
    refuseUsedReferences: false,
    byReferencePicks: 'newest',
    successRedirect: 'successful',
    transferDelayMs: 10_000,
    refundStepMs: 60_000,
  }
}
