/**
 * Paystack's words: the shapes of its answers, its statuses and its units. Facts: paystack.com/docs, the pages on
 * transactions, verification, refunds and webhooks.
 */

import * as z from 'zod'
import { type Currency, currencyExponent } from '../../domain/currencies.ts'
import type { PaymentMethod } from '../../domain/payment-method.ts'
import type { RefundReport } from '../../domain/refund.ts'
import { MODES } from '../../domain/transaction.ts'
import type { ReportedStatus } from '../../domain/verdict.ts'
import type { CurrencyTerms } from '../contract.ts'
import { NumericId, PageUrl, ProviderId, Reference, Time, WireAmount, wordTable } from '../kit/schemas.ts'
import { subunits } from '../kit/subunits.ts'
import { Words } from '../kit/words.ts'

/** Old documentation: ten million of the main unit at most, in every currency. */
const MAJOR_UNITS_MAX = 10_000_000n

const terms = (minimum: bigint, currency: Currency, refundMinimum = 1n): CurrencyTerms => ({
  minimum,
  maximum: MAJOR_UNITS_MAX * 10n ** BigInt(currencyExponent(currency)),
  refundMinimum,
})

/** Documented minimums, in minor units. Which of these an account takes is the account's own setting. */
export const CURRENCIES = {
  NGN: terms(5_000n, 'NGN', 5_000n),
  USD: terms(200n, 'USD'),
  GHS: terms(10n, 'GHS', 100n),
  ZAR: terms(100n, 'ZAR'),
  KES: terms(300n, 'KES'),
  XOF: terms(1n, 'XOF'),
} satisfies Partial<Record<Currency, CurrencyTerms>>

export const METHODS: readonly PaymentMethod[] = ['card', 'bank_account', 'bank_transfer', 'mobile_money', 'ussd']

/** Paystack's filter of the page's channels, which are called as our methods are, but for one. */
export const channelsOf = (method: PaymentMethod): string[] => [method === 'bank_account' ? 'bank' : method]

/** Paystack counts every currency in hundredths, XOF too, which ISO 4217 gives no minor unit. */
export const { toWire, fromWire } = subunits({ NGN: 2, USD: 2, GHS: 2, ZAR: 2, KES: 2, XOF: 2 })

export const Envelope = z.object({
  /** Says that the call worked, nothing about the money. */
  status: z.boolean(),
  message: Words.nullish().transform((message) => message ?? ''),
  code: z.string().nullish().catch(undefined),
  data: z.unknown().optional(),
  meta: z.unknown().optional(),
})

export const Initialized = z.object({
  authorization_url: PageUrl,
  access_code: z.string().min(1),
  reference: z.string(),
})

const Currency3 = z.string().regex(/^[A-Za-z]{3}$/)

export const Transaction = z.object({
  /** An unsigned 64-bit number. */
  id: NumericId,
  domain: z.enum(MODES),
  reference: z.string(),
  status: z.string(),
  amount: WireAmount,
  /** Absent in old bodies. */
  requested_amount: WireAmount.nullish(),
  fees: WireAmount.nullish(),
  currency: Currency3,
  gateway_response: Words.nullish().catch(undefined),
  message: Words.nullish().catch(undefined),
})

/** `meta` of a list by cursors: the page after this one. */
export const Cursor = z.object({ next: z.string().max(500).nullish() }).transform(({ next }) => next ?? undefined)

/** `meta` of a list by pages: how many rows there are in all, and how many of them stand before this page. */
export const PageMeta = z.object({ total: z.int(), skipped: z.int() }).optional().catch(undefined)

export const RefundRow = z.object({
  id: NumericId,
  /** A number in lists, an object in the answer that makes the refund. */
  transaction: NumericId.optional().catch(undefined),
  amount: WireAmount,
  currency: Currency3,
  status: z.string(),
  merchant_note: z.string().nullish().catch(undefined),
  reason: Words.nullish().catch(undefined),
  createdAt: Time,
  created_at: Time,
})
export type RefundRow = z.output<typeof RefundRow>

export const WebhookBody = z.object({
  event: z.string().regex(/^[\w.-]{1,100}$/),
  data: z.object({
    id: ProviderId.nullish().catch(undefined),
    reference: Reference,
    transaction_reference: Reference,
    transaction: z.object({ reference: Reference }).nullish().catch(undefined),
  }),
})

/** `abandoned` is every page's first status, so it is unpaid, not failed. Unlisted is never success and never failure. */
export const reportedStatus = wordTable<ReportedStatus>(
  {
    abandoned: 'unpaid',
    ongoing: 'processing',
    pending: 'processing',
    processing: 'processing',
    queued: 'processing',
    success: 'paid',
    failed: 'failed',
    'reversal-pending': 'reversed',
    reversed: 'reversed',
  },
  'unrecognised',
)

export const refundReport = wordTable<RefundReport>(
  {
    pending: 'pending',
    processing: 'pending',
    'needs-attention': 'requires_action',
    processed: 'succeeded',
    failed: 'failed',
  },
  'unrecognised',
)
