/**
 * What a provider's plug-in is: our words to its words and back. It builds requests and reads answers, and does no I/O:
 * `exchange.ts` sends. It knows neither routes nor database.
 */

import type { Currency } from '../domain/currencies.ts'
import type { Mode } from '../domain/transaction.ts'
import type { Reported, ReportedStatus } from '../domain/verdict.ts'

export type ProviderName = 'paystack'

/** A request to a provider, below its base URL. */
export interface ProviderCall {
  method: 'GET' | 'POST'
  /** Begins with a slash; every part is percent-encoded. */
  path: string
  headers: Record<string, string>
  /** JSON text. */
  body?: string
}

/** An answer that arrived whole and is JSON. */
export interface ProviderAnswer {
  status: number
  body: unknown
}

/** Why we don't know what a provider did. */
export type UnknownCause = 'timed_out' | 'unreachable' | 'server_error' | 'answer_not_json' | 'answer_unrecognised'

/** Why a provider certainly did not take the call. */
export type RefusalReason = 'credentials_refused' | 'currency_not_supported' | 'request_refused' | 'rate_limited'

/** What the payer is asked to pay, and where they go. */
export interface CheckoutRequest {
  reference: string
  /** Minor units. */
  amount: bigint
  currency: Currency
  customerEmail: string
  callbackUrl: string | undefined
  /** Shown on the provider's dashboard beside the payment. */
  metadata: Record<string, string>
}

export type CheckoutAnswer =
  | { kind: 'opened'; checkoutUrl: string }
  /** The provider took no order: the customer cannot have been charged. `message` is the provider's, fit to be kept. */
  | { kind: 'refused'; reason: RefusalReason; message: string }
  /** The reference was sent before: look the payment up. */
  | { kind: 'exists' }
  | { kind: 'unknown'; cause: UnknownCause }

/** What became of a payment. Every `message` is the provider's own, fit to be kept and shown. */
export type Confirmation =
  | { kind: 'found'; status: ReportedStatus; reported: Reported; message: string | undefined }
  | { kind: 'not_found' }
  | { kind: 'refused'; reason: RefusalReason; message: string }
  | { kind: 'unknown'; cause: UnknownCause }

export type CredentialCheck =
  | { kind: 'valid' }
  | { kind: 'invalid'; message: string }
  | { kind: 'unknown'; cause: UnknownCause }

/** What a verified webhook asks us to look at. It proves nothing about the money. */
export interface WebhookClaim {
  type: string
  /** The same for every repeat of the same event, unlike for any other event of the connection. */
  dedupeKey: string
  /** Our reference, where the event is about a payment; undefined where it concerns none. */
  reference: string | undefined
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
}

export interface Provider {
  readonly name: ProviderName
  /** Where the provider really is. Only the local platform replaces it. */
  readonly baseUrl: string
  readonly currencies: Partial<Record<Currency, CurrencyTerms>>
  /** Reads what a merchant typed in: the form, the mode, and a mask to recognise it by. */
  parseCredentials(input: Readonly<Record<string, unknown>>): CredentialsParse
  createCheckout(request: CheckoutRequest, credentials: Credentials): ProviderCall
  readCheckout(answer: ProviderAnswer, request: CheckoutRequest): CheckoutAnswer
  confirm(reference: string, credentials: Credentials): ProviderCall
  readConfirmation(answer: ProviderAnswer): Confirmation
  checkCredentials(credentials: Credentials): ProviderCall
  readCredentialCheck(answer: ProviderAnswer): CredentialCheck
  /** Over the raw bytes; in constant time. */
  verifyWebhook(body: Uint8Array<ArrayBuffer>, headers: Headers, credentials: Credentials): Promise<WebhookCheck>
  /** Undefined when the body is not what the provider sends. `body` need not be verified yet. */
  readWebhook(body: Uint8Array<ArrayBuffer>): Promise<WebhookClaim | undefined>
}
