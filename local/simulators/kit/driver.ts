/**
 * What people and accidents do at a provider, in words that are the same for all of them: what the conformance kit, the
 * demo and a seeded simulator drive. A payment is named by the reference that the merchant's system gave it. Amounts are in
 * ISO 4217 minor units of the payment's currency, whatever the provider counts in.
 */

/** What a merchant's system asks of a provider, whatever the provider's own paths are. */
export const OPERATIONS = [
  'create_checkout',
  'confirm',
  'close_checkout',
  'create_refund',
  'read_refunds',
  'list_payments',
  'check_credentials',
] as const
export type Operation = (typeof OPERATIONS)[number]

interface Scope {
  /** Everything that this operation calls; undefined for every call. */
  operation?: Operation
  /** How often; undefined until it is cleared. */
  times?: number
}

/** Whether the call has its effect before it goes wrong: its caller can't tell. */
type When = 'before' | 'after'

/** What goes wrong with calls. */
export type CallAccident = Scope &
  (
    | { kind: 'slow'; ms: number; when: When }
    | { kind: 'down' }
    /** `reset` drops the connection at once; `hang` never answers: the caller's patience ends it. */
    | { kind: 'cut'; when: When; how: 'reset' | 'hang' }
    | { kind: 'rate_limited' }
    | { kind: 'server_error'; when: When }
    | { kind: 'html_error_page'; when: When }
    | { kind: 'malformed_json' }
    /** JSON, and a field that matters is missing from it. */
    | { kind: 'field_missing' }
  )

/** What goes wrong with webhooks on their way. */
export type WebhookAccident =
  | { kind: 'lost'; times?: number }
  | { kind: 'late'; ms: number; times?: number }
  | { kind: 'duplicate'; copies: number; times?: number }
  /** Held until the account's next webhook has gone. */
  | { kind: 'reordered'; times?: number }

/** What goes wrong with the money. */
export type MoneyAccident =
  /** So much more (or, below zero, less) was asked of the payer and collected. */
  | { kind: 'wrong_amount'; delta: number }
  | { kind: 'wrong_currency'; currency: string }
  /** The right amount was asked, so much less was collected. */
  | { kind: 'partial_payment'; shortBy: number }
  /** The payer bears the provider's fee on top. */
  | { kind: 'fee_on_payer' }

/** How a refund goes on by itself once it was made; each step is taken by `advance` of the world's clock. */
export type RefundCourse = 'succeeds' | 'stays_pending' | 'fails' | 'requires_action'

/** An account at the provider, with what a merchant types into its own system to connect it. */
export interface OpenedAccount {
  credentials: Record<string, string>
}

/** A payment in the provider's own books: what an auditor holds against ours. */
export interface BookedPayment {
  reference: string
  /** How often money was taken under this reference. */
  timesPaid: number
  /** What was collected at the first of them. */
  amount: number
  currency: string
  refunds: readonly { id: string; amount: number; state: 'pending' | 'requires_action' | 'succeeded' | 'failed' }[]
}

/** What a simulator can't show because its provider can't do it is left out of the list. */
export interface Abilities {
  money: readonly MoneyAccident['kind'][]
  /** Two payments for one reference. */
  payTwice: boolean
  /** Its page can still be paid when the merchant's own deadline has passed and nothing was closed. */
  payLate: boolean
  /** A payer can begin, and the money comes later, or doesn't. */
  payDelayed: boolean
  refundCourses: readonly RefundCourse[]
}

/** @throws where a reference or an account isn't there, or the provider can't do it */
export interface Driver {
  readonly abilities: Abilities
  /** Every call makes another account. Its webhooks go to `setWebhookUrl`, and nowhere before it is set. */
  openAccount(mode: 'test' | 'live'): OpenedAccount
  /** From there on they are signed with what the account's credentials say, whoever made the account. */
  setWebhookUrl(account: OpenedAccount, url: string): void
  accident(account: OpenedAccount, accident: CallAccident): void
  webhookAccident(account: OpenedAccount, accident: WebhookAccident): void
  /** Ends every accident of the account. */
  clear(account: OpenedAccount): void

  /** The payer opens the page and pays; `accident` befalls this payment. */
  pay(reference: string, accident?: MoneyAccident): void
  /** As `pay`, a second time under the same reference. */
  payAgain(reference: string): void
  /** A try that is refused; the page stays open where the provider leaves it so. */
  decline(reference: string): void
  /** The payer has begun, and the money is on its way. */
  beginDelayed(reference: string): void
  endDelayed(reference: string, end: 'paid' | 'failed'): void
  /** What the next refunds of this payment will come to. Without it they succeed. */
  setRefundCourse(reference: string, course: RefundCourse): void
  /** On the provider's dashboard, where the merchant's system knows nothing of it. Returns the provider's id. */
  refundOnDashboard(reference: string, amount: number): string
  /** A paid charge of this account that was made elsewhere. Returns the reference that it has. */
  chargeElsewhere(account: OpenedAccount, amount: number, currency: string): string
  /** Every payment of the account for which a page was made, paid or not. */
  books(account: OpenedAccount): BookedPayment[]
  /** A webhook as the provider would sign it for this account, with whatever body. Headers in lower case. */
  sign(account: OpenedAccount, body: string): Promise<Record<string, string>>
}
