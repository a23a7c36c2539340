/**
 * Flutterwave's words: the shapes of its answers, its statuses and its units. Facts: developer.flutterwave.com, v3, the
 * pages on Standard checkout, verification, refunds and webhooks.
 */

import * as z from 'zod'
import { type Currency, currencyExponent, isCurrency } from '../../domain/currencies.ts'
import { PAYMENT_METHODS, type PaymentMethod } from '../../domain/payment-method.ts'
import type { RefundReport } from '../../domain/refund.ts'
import type { ReportedStatus } from '../../domain/verdict.ts'
import type { CurrencyTerms } from '../contract.ts'
import { majorToMinor, minorToMajorNumber } from '../kit/decimals.ts'
import { parseExactJson } from '../kit/exact-json.ts'
import { CurrencyCode, NumericId, PageUrl, ProviderId, Reference, Time, WireAmount, wordTable } from '../kit/schemas.ts'
import { Words } from '../kit/words.ts'

const TAKEN = 'NGN GHS KES UGX TZS RWF ZMW ZAR MWK XAF XOF GNF EGP MAD USD EUR GBP CAD CLP COP'
  .split(' ')
  .filter(isCurrency)
const REFUND_MINIMUMS: Partial<Record<Currency, bigint>> = { NGN: 10_000n, KES: 1_000n }

/**
 * From one major unit to a thousand million: bounds of ours, for Flutterwave publishes none, and what is too little or
 * too much for an account its page tells the payer. Which of these an account takes is the account's own setting.
 */
export const CURRENCIES: Partial<Record<string, CurrencyTerms>> = Object.fromEntries(
  TAKEN.map((currency) => {
    const minimum = 10n ** BigInt(currencyExponent(currency))
    const refundMinimum = REFUND_MINIMUMS[currency] ?? 1n
    return [currency, { minimum, maximum: 1_000_000_000n * minimum, refundMinimum }]
  }),
)

const MOBILE_MONEY = ['ghana', 'rwanda', 'tanzania', 'uganda', 'zambia', 'franco']
/** The page's filter. Mobile money has an option a country, of which the page shows its currency's. */
export const OPTIONS: Partial<Record<PaymentMethod, string>> = {
  card: 'card',
  bank_transfer: 'banktransfer',
  bank_account: 'account',
  mobile_money: ['mpesa', ...MOBILE_MONEY.map((of) => `mobilemoney${of}`)].join(),
  ussd: 'ussd',
}
export const METHODS = PAYMENT_METHODS.filter((method) => OPTIONS[method] !== undefined)

/** @throws RangeError for a currency that Flutterwave does not take, and for more digits than a JSON number carries */
export function toWire(amount: bigint, currency: Currency): number {
  if (!Object.hasOwn(CURRENCIES, currency)) throw new RangeError(`Flutterwave does not take ${currency}`)
  return minorToMajorNumber(amount, currency)
}

/** Flutterwave's amount as ours; undefined for decimals that the currency lacks, and in currencies it doesn't take. */
export const fromWire = (text: string | null | undefined, currency: string): bigint | undefined =>
  typeof text === 'string' && Object.hasOwn(CURRENCIES, currency) ? majorToMinor(text, currency) : undefined

const Text = Words.nullish().catch(undefined)
const Any = z.unknown().optional()

/** `status` speaks of the call, never of the money. */
export const Envelope = z.object({ status: Text, message: Text, data: Any, meta: Any })

const Count = z.union([z.int(), z.string().regex(/^\d{1,9}$/)]).transform(Number)
const PageInfo = z.object({ current_page: Count, total_pages: Count })
export const ListMeta = z.object({ page_info: PageInfo.nullish() }).nullish()

export const HostedLink = z.object({ link: PageUrl })

/** What is not named is dropped, `card.token` above all: it can be charged again. */
export const Transaction = z.object({
  id: NumericId,
  tx_ref: z.string(),
  status: z.string(),
  /** What was asked, whoever bears the fee; `charged_amount` is what the payer paid. */
  amount: WireAmount,
  charged_amount: WireAmount.nullish(),
  app_fee: WireAmount.nullish(),
  currency: CurrencyCode,
  processor_response: Text,
})
export type Transaction = z.output<typeof Transaction>

/** An array has been reported where there were several. */
export const Verified = z.union([z.array(Transaction), Transaction.transform((row) => [row])])

const RefundMeta = z.object({ disburse_status: z.string().nullish() })
export const Refund = z.object({
  id: NumericId,
  amount_refunded: WireAmount,
  status: z.string(),
  comment: Text,
  /** An object, or the same as text. */
  meta: z.preprocess((meta) => (typeof meta === 'string' ? parseExactJson(meta) : meta), RefundMeta).catch({}),
  created_at: Time,
})
export type Refund = z.output<typeof Refund>
/** A row that didn't name its payment might be anybody's. */
export const RefundRow = Refund.extend({ transaction_id: NumericId })
export const ListedRefund = Refund.extend({ transaction_id: NumericId.nullish().catch(undefined) })

const Id = ProviderId.nullish().catch(undefined)
const Word = z.string().regex(/^[\w. -]{1,100}$/)
const Name = Word.nullish().catch(undefined)
const WebhookObject = z.object({ id: Id, status: Name, tx_ref: Reference, txRef: Reference, TransactionId: Id })
const Nested = WebhookObject.nullish().catch(undefined)
/** `data` under an `event`; flat, or a `transfer`, with an `event.type`; and the flat refund, which has neither. */
export const WebhookBody = WebhookObject.extend({ event: Name, 'event.type': Name, data: Nested, transfer: Nested })

// biome-ignore format: a line for each meaning. A failed try leaves the page open.
export const reportedStatus = wordTable<ReportedStatus>({
  pending: 'processing', 'success-pending-validation': 'processing', 'pending auth': 'processing',
  successful: 'paid',
  failed: 'declined', cancelled: 'declined',
}, 'unrecognised')

// biome-ignore format: a line for each meaning. `completed` alone is the first word: initiated, and nothing sent.
export const refundReport = wordTable<RefundReport>({
  completed: 'pending', processing: 'pending', 'pending-momo': 'pending', pending: 'pending', new: 'pending',
  'completed-mpgs': 'succeeded', 'completed-preauth': 'succeeded', 'completed-bank-transfer': 'succeeded',
  'completed-momo': 'succeeded', 'completed-offline': 'succeeded', successful: 'succeeded',
  failed: 'failed',
}, 'unrecognised')
