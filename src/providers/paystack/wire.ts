/**
 * Paystack's words: the shapes of its answers, its statuses and its units. Facts: paystack.com/docs, the pages on
 * transactions, verification and webhooks. Answers are parsed loosely (fields come and go) and checked strictly.
 */

import { z } from 'zod'
import { type Currency, currencyExponent } from '../../domain/currencies.ts'
import { rescaleAmount } from '../../domain/money.ts'
import { MODES } from '../../domain/transaction.ts'
import type { ReportedStatus } from '../../domain/verdict.ts'
import type { CurrencyTerms } from '../contract.ts'
import { Words } from '../words.ts'

/** Paystack counts every currency in hundredths, XOF too, which ISO 4217 gives no minor unit. */
const WIRE_EXPONENT = 2

/** Old documentation: ten million of the main unit at most, in every currency. */
const MAJOR_UNITS_MAX = 10_000_000n

const terms = (minimum: bigint, currency: Currency): CurrencyTerms => ({
  minimum,
  maximum: MAJOR_UNITS_MAX * 10n ** BigInt(currencyExponent(currency)),
})

/** Documented minimums, in minor units. Which of these an account takes is the account's own setting. */
export const CURRENCIES = {
  NGN: terms(5_000n, 'NGN'),
  USD: terms(200n, 'USD'),
  GHS: terms(10n, 'GHS'),
  ZAR: terms(100n, 'ZAR'),
  KES: terms(300n, 'KES'),
  XOF: terms(1n, 'XOF'),
} satisfies Partial<Record<Currency, CurrencyTerms>>

const isTaken = (currency: string): currency is keyof typeof CURRENCIES => Object.hasOwn(CURRENCIES, currency)

/**
 * Our minor units as Paystack's.
 * @throws RangeError for a currency that Paystack does not take: nothing is sent that means another sum there
 */
export function toWire(amount: bigint, currency: Currency): number {
  const wire = isTaken(currency) ? rescaleAmount(amount, currencyExponent(currency), WIRE_EXPONENT) : undefined
  if (wire === undefined) throw new RangeError(`${currency} amount does not fit Paystack's unit`)
  return Number(wire)
}

/** Paystack's subunits as ours; undefined for what is no whole number of our units in a currency that it takes. */
export function fromWire(amount: z.output<typeof WireAmount>, currency: string): bigint | undefined {
  const digits = String(amount)
  if (!isTaken(currency) || !/^\d{1,18}$/.test(digits)) return undefined
  return rescaleAmount(BigInt(digits), WIRE_EXPONENT, currencyExponent(currency))
}

/** An integer or, in some events, a string of digits. What else may stand there is read by `fromWire`, not guessed at. */
const WireAmount = z.union([z.number(), z.string()])

export const Envelope = z.object({
  /** Says that the call worked, nothing about the money. */
  status: z.boolean(),
  message: Words.nullish().transform((message) => message ?? ''),
  code: z.string().nullish().catch(undefined),
  data: z.unknown().optional(),
})

/** The payer's page: over TLS, except on the developer's own machine. */
const PageUrl = z.union([
  z.url({ protocol: /^https$/ }).max(2000),
  z.url({ protocol: /^http$/, hostname: /^(localhost|127\.0\.0\.1)$/ }).max(2000),
])

export const Initialized = z.object({
  authorization_url: PageUrl,
  access_code: z.string().min(1),
  reference: z.string(),
})

export const VerifiedTransaction = z.object({
  /** An unsigned 64-bit number: kept as text. */
  id: z.union([z.int().nonnegative(), z.string().regex(/^\d{1,20}$/)]).transform(String),
  domain: z.enum(MODES),
  reference: z.string(),
  status: z.string(),
  amount: WireAmount,
  /** Absent in old bodies. */
  requested_amount: WireAmount.nullish(),
  fees: WireAmount.nullish(),
  currency: z.string().regex(/^[A-Za-z]{3}$/),
  gateway_response: Words.nullish().catch(undefined),
  message: Words.nullish().catch(undefined),
})

/** Our own are `[a-z0-9-]`; any other word names nothing of ours, and need not be one that can be looked up. */
const Reference = z
  .string()
  .regex(/^[\w.=-]{1,200}$/)
  .nullish()
  .catch(undefined)

export const WebhookBody = z.object({
  event: z.string().regex(/^[\w.-]{1,100}$/),
  data: z.object({
    id: z
      .union([z.int(), z.string().regex(/^[\w.-]{1,100}$/)])
      .nullish()
      .catch(undefined),
    reference: Reference,
    transaction_reference: Reference,
    transaction: z.object({ reference: Reference }).nullish().catch(undefined),
  }),
})

/** What each transaction status means here. `abandoned` is every page's first status, so it is unpaid, not failed. */
const STATUSES: ReadonlyMap<string, ReportedStatus> = new Map([
  ['abandoned', 'unpaid'],
  ['ongoing', 'processing'],
  ['pending', 'processing'],
  ['processing', 'processing'],
  ['queued', 'processing'],
  ['success', 'paid'],
  ['failed', 'failed'],
  ['reversal-pending', 'reversed'],
  ['reversed', 'reversed'],
])

/** A word that is not listed is never success and never failure. */
export function reportedStatus(status: string): ReportedStatus {
  return STATUSES.get(status) ?? 'unrecognised'
}
