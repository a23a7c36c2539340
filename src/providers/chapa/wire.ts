/**
 * Chapa's words: the shapes of its answers, its statuses and its units. Facts: developer.chapa.co, the pages on payments,
 * refunds, transactions and webhooks, and what a published client (nestjs-chapa) measured in test mode.
 */

import * as z from 'zod'
import type { Currency } from '../../domain/currencies.ts'
import { toDecimal } from '../../domain/money.ts'
import type { RefundReport } from '../../domain/refund.ts'
import { MODES } from '../../domain/transaction.ts'
import type { ReportedStatus } from '../../domain/verdict.ts'
import type { CurrencyTerms } from '../contract.ts'
import { CurrencyCode, PageUrl, ProviderId, Reference, Time, WireAmount, wordTable } from '../kit/schemas.ts'
import { Words } from '../kit/words.ts'

/** From above nothing (no figure is published) to a million of the main unit, measured in ETB. Accounts have limits too. */
const TERMS: CurrencyTerms = { minimum: 1n, maximum: 100_000_000n }
export const CURRENCIES = { ETB: TERMS, USD: TERMS } satisfies Partial<Record<Currency, CurrencyTerms>>

/**
 * Our minor units as major ones with two decimals: Chapa takes stranger texts, and nobody knows what it makes of them.
 * @throws RangeError for what Chapa does not take: nothing is sent that means another sum there
 */
export function toWire(amount: bigint, currency: Currency): string {
  const isTaken = Object.hasOwn(CURRENCIES, currency) && amount >= TERMS.minimum && amount <= TERMS.maximum
  if (!isTaken) throw new RangeError(`${currency} amount is not one that Chapa takes`)
  return toDecimal({ amount, currency })
}

/** What is absent, null or of no use is undefined. */
const optional = <Schema extends z.ZodType>(schema: Schema) => schema.optional().catch(undefined)

/** A sentence, or Laravel's keys by the field that was wrong. */
const Message = optional(
  z.union([z.string(), z.record(z.string(), z.union([z.string(), z.array(z.string())]).catch([]))]),
).transform((message = '') => {
  if (typeof message === 'string') return { text: Words.parse(message.trim()), fields: [] }
  const lines = Object.entries(message).map(([field, errors]) => `${field}: ${[errors].flat().join(' ')}`)
  // `customization.title` is of the field `customization`.
  const fields = Object.keys(message).map((field) => field.replace(/\..*/s, ''))
  return { text: Words.parse(lines.join('; ')), fields }
})

export const Envelope = z.object({
  /** Of the call: a pending payment's says `success`. */
  status: z.string().toLowerCase().nullish(),
  message: Message,
  data: z.unknown().optional(),
})

const paymentWord = wordTable<ReportedStatus>(
  {
    pending: 'unpaid',
    success: 'paid',
    // The page stays open for more tries, and nothing tells a failure from the payer's leaving.
    failed: 'declined',
    'failed/cancelled': 'declined',
    cancelled: 'declined',
    refunded: 'reversed',
    reversed: 'reversed',
  },
  'unrecognised',
)

const refundWord = wordTable<RefundReport>(
  {
    initiated: 'pending',
    processing: 'pending',
    pending: 'pending',
    refunded: 'succeeded',
    success: 'succeeded',
    // It did not reach the payer, and is back with the merchant.
    reversed: 'failed',
    failed: 'failed',
  },
  'unrecognised',
)

export const Initialized = z.object({ checkout_url: PageUrl })

/** In whatever case. A word that is not listed is never success and never failure. */
const PaymentStatus = z.string().toLowerCase().transform(paymentWord)
const Amount = { amount: WireAmount, currency: CurrencyCode }

/** `reference` is Chapa's, and null until somebody tried to pay; `charge` is its fee. */
export const Payment = z.object({
  ...Amount,
  tx_ref: z.string(),
  status: PaymentStatus,
  charge: optional(WireAmount),
  mode: z.enum(MODES),
  reference: optional(ProviderId),
})

/** Documented with `ref_id`, in the preview documentation with `ref` and `Refund Initiated`; sometimes it has no id. */
export const RefundRow = z.object({
  ...Amount,
  ref_id: optional(ProviderId),
  ref: optional(ProviderId),
  status: z.string().transform((word) => refundWord(word.toLowerCase().replace(/^refund /, ''))),
  created_at: Time,
})

export const TransactionList = z.object({
  transactions: z.array(z.object({ ...Amount, ref_id: optional(ProviderId), status: PaymentStatus, created_at: Time })),
  pagination: z.object({ next_page_url: z.string().nullish() }).nullish(),
})

export const WebhookBody = z.object({
  event: z.string().regex(/^[\w./-]{1,100}$/),
  tx_ref: Reference,
  reference: Reference,
})
