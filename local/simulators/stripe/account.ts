/**
 * Stripe accounts. A secret key stands for one account in one mode, with a store of its own, so that test and live
 * objects can't meet. The settings are what a merchant would type into the Dashboard, and what Stripe leaves open.
 */
import { z } from 'zod'
import type { SimulatorWorld } from '../kit/world.ts'
import type { Charge, Intent } from './charges.ts'
import type { StripeEvent } from './events.ts'
import type { SavedCall } from './idempotency.ts'
import { newId } from './ids.ts'
import type { LedgerEntry } from './ledger.ts'
import type { Refund } from './refunds.ts'
import type { Session } from './sessions.ts'

/** The version that the simulator's objects have the fields of. */
export const API_VERSION = '2026-10-28.endive'

export const accountSettings = z.strictObject({
  businessName: z.string().min(1),
  /** Of calls that name none. */
  apiVersion: z.string().min(1),
  /** The webhook endpoint: null sends no events. */
  webhookUrl: z.url().nullable(),
  webhookSecret: z.string().startsWith('whsec_'),
  webhookApiVersion: z.string().min(1),
  /** Names of events; `*` stands for all. */
  enabledEvents: z.array(z.string()),
  /** How long a refund stays in each of its states, and until the bank's reference is there. */
  refundStepMs: z.int().nonnegative(),
  /** The copy of a PaymentIntent's metadata to its Charges is unconfirmed. */
  metadataReachesCharges: z.boolean(),
  /** That a failed refund leaves `amount_refunded` again is unconfirmed. */
  failedRefundsLeaveCharge: z.boolean(),
  /** That expiry cancels the PaymentIntent that a payer left behind is unconfirmed. */
  expiryCancelsIntent: z.boolean(),
})
export type AccountSettings = z.infer<typeof accountSettings>

export interface Account {
  readonly secretKey: string
  readonly mode: 'test' | 'live'
  settings: AccountSettings
  /** Former webhook secrets, which sign too until their time is up. */
  retiringSecrets: { secret: string; until: Date }[]
  /** Each in order of creation. */
  readonly sessions: Session[]
  readonly intents: Intent[]
  readonly charges: Charge[]
  readonly refunds: Refund[]
  readonly ledger: LedgerEntry[]
  readonly events: StripeEvent[]
  /** By idempotency key. */
  readonly savedCalls: Map<string, SavedCall>
  /** Idempotency keys of calls that aren't answered yet. */
  readonly runningKeys: Set<string>
}

const SECRET_KEY = /^(?:sk|rk)_(test|live)_[A-Za-z0-9_-]+$/

export class AccountBook {
  readonly #accounts = new Map<string, Account>()
  readonly #world: Pick<SimulatorWorld, 'random'>

  constructor(world: Pick<SimulatorWorld, 'random'>) {
    this.#world = world
  }

  /** The account of a key, opened on first use; undefined for what is no secret key. */
  find(secretKey: string): Account | undefined {
    return this.#accounts.get(secretKey) ?? this.#open(secretKey)
  }

  all(): Account[] {
    return [...this.#accounts.values()]
  }

  #open(secretKey: string): Account | undefined {
    const mode = SECRET_KEY.exec(secretKey)?.[1]
    if (mode === undefined) return undefined
    const account: Account = {
      secretKey,
      mode: mode === 'live' ? 'live' : 'test',
      settings: {
        businessName: `Merchant ${this.#accounts.size + 1}`,
        apiVersion: API_VERSION,
        webhookUrl: null,
        webhookSecret: newId(this.#world, 'whsec', 32),
        webhookApiVersion: API_VERSION,
        enabledEvents: ['*'],
        refundStepMs: 60_000,
        metadataReachesCharges: true,
        failedRefundsLeaveCharge: true,
        expiryCancelsIntent: true,
      },
      retiringSecrets: [],
      sessions: [],
      intents: [],
      charges: [],
      refunds: [],
      ledger: [],
      events: [],
      savedCalls: new Map(),
      runningKeys: new Set(),
    }
    this.#accounts.set(secretKey, account)
    return account
  }
}
