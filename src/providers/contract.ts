/**
 * What a provider's plug-in is: our words to its words and back. It does no I/O, and knows neither routes nor database.
 * What it needs to ask it yields, one call after another; `exchange.ts` sends each and hands back what was answered. Where
 * a call gets no clear answer the conversation ends there, as unknown, whatever the plug-in would have said next.
 */

import type { Currency } from '../domain/currencies.ts'
import type { Id } from '../domain/ids.ts'
import type { PaymentMethod } from '../domain/payment-method.ts'
import type { ReportedRefund } from '../domain/refund.ts'
import type { Mode } from '../domain/transaction.ts'
import type { Reported, ReportedStatus } from '../domain/verdict.ts'

/** A request to a provider, below its origin. */
export interface ProviderCall {
  method: 'GET' | 'POST' | 'PUT'
  /** Begins with a slash, and holds the version of the API; every part is percent-encoded. */
  path: string
  headers: Record<string, string>
  /** Text, in the content type that the headers say. */
  body?: string
}

/** An answer that arrived whole, is JSON, and is no fault of the server's (below 500, and not 408). */
export interface ProviderAnswer {
  status: number
  body: unknown
}

/**
 * A plug-in's side of one errand: it yields calls and returns what came of it. It is given each answer; a call that got
 * none ends it.
 */
export type Conversation<T> = Generator<ProviderCall, T, ProviderAnswer>

/** Why we don't know what a provider did. */
export type UnknownCause = 'timed_out' | 'unreachable' | 'server_error' | 'answer_not_json' | 'answer_unrecognised'

export interface Unknown {
  kind: 'unknown'
  cause: UnknownCause
}

/** Why a provider certainly did not do what it was asked. `rate_limited`: the same call may work later. */
export type RefusalReason = 'credentials_refused' | 'currency_not_supported' | 'request_refused' | 'rate_limited'

/** Nothing was done: nobody was charged, and no money moved. `message` is the provider's, fit to be kept and shown. */
export interface Refused {
  kind: 'refused'
  reason: RefusalReason
  message: string
}

/** What the payer is asked to pay, and where they go. The same attempt always gives the same request, to the byte. */
export interface CheckoutRequest {
  /** Ours, one per attempt: `pb-` and 26 of `[0-9a-z]`. */
  reference: string
  /** Minor units. */
  amount: bigint
  currency: Currency
  customer: { email: string; name: string | undefined; phone: string | undefined }
  description: string | undefined
  /** Where the payer returns to. There wherever `needsCallbackUrl` says that it must be. */
  callbackUrl: string | undefined
  /** The page offers this method only, where the provider can be told so. */
  method: PaymentMethod | undefined
  /** Shown on the provider's dashboard beside the payment. */
  metadata: Record<string, string>
  /** When the attempt was written down. */
  createdAt: Date
  /** Until when the payment is wanted: 5 minutes to 7 days after the payment was made. */
  expiresAt: Date
}

export type CheckoutAnswer =
  /** `checkoutId` is the provider's name of the page, where it has one. */
  | { kind: 'opened'; checkoutUrl: string; checkoutId: string | undefined }
  | Refused
  /** The reference was sent before, and the address of its page is not told again. */
  | { kind: 'exists' }
  | Unknown

/** An attempt as its provider may know it. What it has not told us yet is undefined. */
export interface AttemptKnown {
  reference: string
  amount: bigint
  currency: Currency
  checkoutId: string | undefined
  checkoutUrl: string | undefined
  providerTransactionId: string | undefined
  createdAt: Date
  expiresAt: Date
}

/** What became of a payment. `message` is the provider's own, fit to be kept and shown. */
export type Confirmation =
  | { kind: 'found'; status: ReportedStatus; reported: Reported; message: string | undefined }
  /** Nobody has paid under this reference, and the provider may never have heard of it. */
  | { kind: 'not_found' }
  | Refused
  | Unknown

export type ClosedAnswer =
  /** Nobody can pay there any more. */
  | { kind: 'closed' }
  /** It was paid, or is being paid: what became of it is to be asked. */
  | { kind: 'too_late' }
  | Refused
  | Unknown

/** A payment whose money was taken. */
export interface PaidPayment extends AttemptKnown {
  providerTransactionId: string
}

export interface RefundRequest {
  /** Ours: the provider carries it with the refund wherever it can, so that the refund is found again. */
  id: Id<'ref'>
  payment: PaidPayment
  /** Minor units of the payment's currency. */
  amount: bigint
  reason: string | undefined
}

export type { ReportedRefund }

export type RefundAnswer =
  | { kind: 'made'; refund: ReportedRefund }
  /** This refund of ours is there already, and the answer does not say how it stands. */
  | { kind: 'exists' }
  | Refused
  | Unknown

/** Refunds that we know of already, ours and others. */
export interface KnownRefund {
  refundId: string
  providerRefundId: string | undefined
}

export type RefundList =
  /** `isComplete`: a refund that is not in the list was not made. Otherwise absence proves nothing. */
  { kind: 'listed'; refunds: ReportedRefund[]; isComplete: boolean } | Refused | Unknown

/** A payment in the provider's own list. */
export interface ListedPayment {
  /** Undefined where the list doesn't carry it. Charges that were made elsewhere have references of any kind. */
  reference: string | undefined
  providerTransactionId: string
  status: ReportedStatus
  /** What was asked, in minor units; undefined where that can't be said in whole ones. */
  amount: bigint | undefined
  /** Upper case, as it came otherwise. */
  currency: string
  /** True where the list says that money of it went back. */
  isRefunded: boolean
}

export type ListedPayments =
  /** `next` leads to the page after this one; undefined on the last. */
  { kind: 'page'; payments: ListedPayment[]; next: string | undefined } | Refused | Unknown

/** A refund in the provider's own list: what became of it is to be read from those of its payment. */
export interface ListedRefund extends ReportedRefund {
  /** The provider's id of the payment, as confirmations report it. */
  providerTransactionId: string
  providerRefundId: string
}

export type ListedRefunds =
  /** A refund that doesn't say of which payment it is, is not in it. `next` as for payments. */
  { kind: 'page'; refunds: ListedRefund[]; next: string | undefined } | Refused | Unknown

/** What a list is asked for: from `from` up to `to`. */
export interface Range {
  from: Date
  to: Date
}

export type CredentialCheck = { kind: 'valid' } | { kind: 'invalid'; message: string } | Unknown

/** What a verified webhook asks us to look at. It proves nothing about the money. */
export interface WebhookClaim {
  type: string
  /** The same for every repeat of the same event, unlike for any other event of the connection. */
  dedupeKey: string
  /** What to look at: a payment and its state, its refunds as well, or nothing of ours. */
  about: 'payment' | 'refund' | 'nothing'
  /** Our reference, where the body carries it. */
  reference: string | undefined
  /** The provider's id of the payment, as confirmations report it, where the body carries it. */
  providerTransactionId: string | undefined
}

export type WebhookCheck = 'valid' | 'missing' | 'wrong'

/** A merchant's credentials, opened: the names of the fields are the provider's. */
export type Credentials = Readonly<Record<string, string>>

export type CredentialsParse =
  | { ok: true; credentials: Credentials; mode: Mode; mask: string }
  | { ok: false; field: string; message: string }

/** What the provider takes in one currency, in minor units. */
export interface CurrencyTerms {
  minimum: bigint
  maximum: bigint
  /** Amounts are multiples of it. */
  step?: bigint
  /** The least that can be refunded. */
  refundMinimum?: bigint
}

/** What a provider can do and what it asks for: said by `GET /payment-providers/capabilities/`, held before it is asked. */
export interface Capabilities {
  currencies: Partial<Record<Currency, CurrencyTerms>>
  /** Methods that its page offers. */
  methods: readonly PaymentMethod[]
  /** A payment without an address to return to is refused by it. */
  needsCallbackUrl: boolean
  refunds: {
    partial: boolean
    /** The modes in which it refunds at all. */
    modes: readonly Mode[]
  }
}

/**
 * A provider. Each errand is a generator that yields the calls it needs; a call that is repeated with the same arguments is
 * the same call, so that the provider can know it for a repeat.
 */
export interface Provider {
  readonly name: string
  /** Where the provider really is: scheme and host. Only the local platform replaces it. */
  readonly origin: string
  readonly capabilities: Capabilities
  /** Reads what a merchant typed in: the form, the mode, and a mask to recognise it by. */
  parseCredentials(input: Readonly<Record<string, unknown>>): CredentialsParse
  /** Safe to be repeated for the same attempt: it gives the page again or says `exists`, and never makes a second payment. */
  createCheckout(request: CheckoutRequest, credentials: Credentials): Conversation<CheckoutAnswer>
  confirm(attempt: AttemptKnown, credentials: Credentials): Conversation<Confirmation>
  /** Closes the page; absent where the provider can't, and the page lives on. */
  closeCheckout?(attempt: AttemptKnown, credentials: Credentials): Conversation<ClosedAnswer>
  /** Not repeated before `readRefunds` was asked, unless the provider refused it. */
  createRefund(request: RefundRequest, credentials: Credentials): Conversation<RefundAnswer>
  /** Every refund of the payment, whoever made it, as far as the provider tells. */
  readRefunds(payment: PaidPayment, known: readonly KnownRefund[], credentials: Credentials): Conversation<RefundList>
  /**
   * A page of the payments that the provider has within the range; more than those is no harm.
   * @param cursor `next` of the page before; undefined for the first
   */
  listPayments(range: Range, cursor: string | undefined, credentials: Credentials): Conversation<ListedPayments>
  /** As `listPayments`, of the refunds that were made within the range; absent where the provider has no such list. */
  listRefunds?(range: Range, cursor: string | undefined, credentials: Credentials): Conversation<ListedRefunds>
  checkCredentials(credentials: Credentials): Conversation<CredentialCheck>
  /** Over the raw bytes; in constant time. `now` is when they came, for signatures that age. */
  verifyWebhook(
    body: Uint8Array<ArrayBuffer>,
    headers: Headers,
    credentials: Credentials,
    now: Date,
  ): Promise<WebhookCheck>
  /** Undefined when the body is not what the provider sends. `body` need not be verified yet. */
  readWebhook(body: Uint8Array<ArrayBuffer>): Promise<WebhookClaim | undefined>
}

/** An answer that is none of those that the provider is known to give. */
export const UNRECOGNISED: Unknown = { kind: 'unknown', cause: 'answer_unrecognised' }
