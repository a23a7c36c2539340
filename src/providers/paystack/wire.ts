/**
 * Paystack's words: the shapes of its answers, its statuses and its units. Facts: paystack.com/docs, the pages on
 * transactions, verification and webhooks. Answers are parsed loosely (fields come and go) and checked strictly.
 */

import { z } from 'zod'
import { type Currency, currencyExponent, isCurrency } from '../../domain/currencies.ts'
import { rescaleAmount } from '../../domain/money.ts'
import type { ReportedStatus } from '../../domain/verdict.ts'
import type { CurrencyTerms } from '../contract.ts'

/** Paystack counts every currency in hundredths, XOF too, which ISO 4217 gives no minor unit. */
const WIRE_EXPONENT = 2

/** Old documentation: ten million of the main unit at most, in every currency. */
const MAJOR_UNITS_MAX = 10_000_000n

const terms = (minimum: bigint, currency: Currency): CurrencyTerms => ({
  minimum,
  maximum: MAJOR_UNITS_MAX * 10n ** BigInt(currencyExponent(currency)),
})

/** Documented minimums, in minor units. Which of these an account takes is the account's own setting. */
export const CURRENCIES: Partial<Record<Currency, CurrencyTerms>> = {
  NGN: terms(5_000n, 'NGN'),
  USD: terms(200n, 'USD'),
  GHS: terms(10n, 'GHS'),
  ZAR: terms(100n, 'ZAR'),
  KES: terms(300n, 'KES'),
  XOF: terms(1n, 'XOF'),
}

/** Our minor units as Paystack's. Throws for what can't be said: only currencies of the table get here. */
export function toWire(amount: bigint, currency: Currency): number {
  const wire = rescaleAmount(amount, currencyExponent(currency), WIRE_EXPONENT)
  if (wire === undefined) throw new RangeError(`${currency} amount does not fit Paystack's unit`)
  return Number(wire)
}

/** Paystack's subunits as ours; undefined where a remainder is left or the currency is unknown. */
export function fromWire(amount: bigint, currency: string): bigint | undefined {
  if (!isCurrency(currency)) return undefined
  return rescaleAmount(amount, WIRE_EXPONENT, currencyExponent(currency))
}

/** Integers, and strings of digits: events write both. */
const WireAmount = z.union([z.int().nonnegative(), z.string().regex(/^\d{1,16}$/)]).transform((value) => BigInt(value))

/** Ids are 64-bit numbers: kept as text. */
const WireId = z.union([z.number(), z.string().min(1)]).transform(String)

export const Envelope = z.object({
  status: z.boolean(),
  message: z.string().default(''),
  code: z.string().nullish(),
  data: z.unknown().optional(),
})

export const Initialized = z.object({
  authorization_url: z.url({ protocol: /^https?$/ }),
  access_code: z.string().min(1),
  reference: z.string(),
})

export const VerifiedTransaction = z.object({
  id: WireId,
  domain: z.string().nullish(),
  reference: z.string(),
  status: z.string(),
  amount: WireAmount,
  requested_amount: WireAmount.nullish(),
  fees: WireAmount.nullish(),
  currency: z.string(),
  gateway_response: z.string().nullish(),
  message: z.string().nullish(),
})

export const WebhookBody = z.object({
  event: z.string().min(1).max(200),
  data: z
    .object({
      id: WireId.nullish(),
      reference: z.string().max(200).nullish(),
      transaction_reference: z.string().max(200).nullish(),
      transaction: z
        .object({ reference: z.string().max(200).nullish() })
        .nullish()
        .catch(undefined),
    })
    .loose(),
})

/** What each transaction status means here. `abandoned` is every page's first status, so it is unpaid, not failed. */
const STATUSES: Readonly<Record<string, ReportedStatus>> = {
  abandoned: 'unpaid',
  ongoing: 'processing',
  pending: 'processing',
  processing: 'processing',
  queued: 'processing',
  success: 'paid',
  failed: 'failed',
  'reversal-pending': 'reversed',
  reversed: 'reversed',
}

/** A word that is not listed is never success and never failure. */
export function reportedStatus(status: string): ReportedStatus {
  return Object.hasOwn(STATUSES, status) ? (STATUSES[status] ?? 'unrecognised') : 'unrecognised'
}
