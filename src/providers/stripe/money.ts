/**
 * Stripe's units: integers, in digits that are not always ISO 4217's. Facts: docs.stripe.com/currencies, on zero-decimal
 * and three-decimal currencies, special cases, and minimum and maximum amounts.
 */

import { type Currency, currencyExponent, isCurrency } from '../../domain/currencies.ts'
import { rescaleAmount } from '../../domain/money.ts'
import type { CurrencyTerms } from '../contract.ts'

// biome-ignore format: lists read as lists.
const TWO_DECIMALS = [
  'AED', 'AFN', 'ALL', 'AMD', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BMD', 'BND', 'BOB', 'BRL', 'BSD',
  'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHF', 'CNY', 'COP', 'CRC', 'CVE', 'CZK', 'DKK', 'DOP', 'DZD', 'EGP', 'ETB', 'EUR',
  'FJD', 'FKP', 'GBP', 'GEL', 'GIP', 'GMD', 'GTQ', 'GYD', 'HKD', 'HNL', 'HTG', 'HUF', 'IDR', 'ILS', 'INR', 'JMD', 'KES',
  'KGS', 'KHR', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'MAD', 'MDL', 'MKD', 'MMK', 'MNT', 'MOP', 'MUR', 'MVR',
  'MWK', 'MXN', 'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'QAR',
  'RON', 'RSD', 'RUB', 'SAR', 'SBD', 'SCR', 'SEK', 'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SZL', 'THB', 'TJS', 'TOP', 'TRY',
  'TTD', 'TWD', 'TZS', 'UAH', 'USD', 'UYU', 'UZS', 'WST', 'XCD', 'XCG', 'YER', 'ZAR', 'ZMW',
  // Whole units all the same: what has no decimals is sent in hundredths.
  'ISK', 'UGX',
] as const satisfies Currency[]

// biome-ignore format: lists read as lists.
const ZERO_DECIMALS = [
  'BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'VND', 'VUV', 'XAF', 'XOF', 'XPF',
  // ISO 4217 gives it hundredths, which Stripe does not count.
  'MGA',
] as const satisfies Currency[]

const THREE_DECIMALS = ['BHD', 'JOD', 'KWD', 'OMR', 'TND'] as const satisfies Currency[]

const WIRE_EXPONENTS: ReadonlyMap<Currency, number> = new Map<Currency, number>([
  ...ZERO_DECIMALS.map((currency) => [currency, 0] as const),
  ...TWO_DECIMALS.map((currency) => [currency, 2] as const),
  ...THREE_DECIMALS.map((currency) => [currency, 3] as const),
])

/** In our minor units. Elsewhere the least is what these come to in the account's own currency, which Stripe works out. */
// biome-ignore format: lists read as lists.
const MINIMUMS: Partial<Record<Currency, bigint>> = {
  AED: 200n, AUD: 50n, BRL: 50n, CAD: 50n, CHF: 50n, CZK: 1_500n, DKK: 250n, EUR: 50n, GBP: 30n, HKD: 400n, HUF: 17_500n,
  INR: 50n, JPY: 50n, MXN: 1_000n, MYR: 200n, NOK: 300n, NZD: 50n, PLN: 200n, RON: 200n, SEK: 300n, SGD: 50n, THB: 1_000n,
  USD: 50n,
}

/** Eight digits on the wire, but for these. */
const WIRE_MAXIMUM = 99_999_999n
const WIRE_MAXIMUMS: Partial<Record<Currency, bigint>> = { INR: 999_999_999n, IDR: 999_999_999_999n }

/** Three decimals are counted, and the last one must be 0. */
const wireStep = (wireExponent: number): bigint => (wireExponent === 3 ? 10n : 1n)

function termsOf(currency: Currency, wireExponent: number): CurrencyTerms {
  const more = currencyExponent(currency) - wireExponent
  const up = 10n ** BigInt(Math.max(more, 0))
  const down = 10n ** BigInt(Math.max(-more, 0))
  const step = wireStep(wireExponent) * up
  const maximum = ((WIRE_MAXIMUMS[currency] ?? WIRE_MAXIMUM) * up) / down
  return { minimum: MINIMUMS[currency] ?? step, maximum: maximum - (maximum % step), ...(step > 1n && { step }) }
}

/** The currencies of charges, as listed by Stripe, that are currencies of ours. */
export const CURRENCIES: Partial<Record<Currency, CurrencyTerms>> = Object.fromEntries(
  Array.from(WIRE_EXPONENTS, ([currency, exponent]) => [currency, termsOf(currency, exponent)]),
)

/**
 * Our minor units as Stripe's.
 * @throws RangeError for what Stripe can't be told exactly: nothing is sent that means another sum there
 */
export function toWire(amount: bigint, currency: Currency): bigint {
  const exponent = WIRE_EXPONENTS.get(currency)
  const wire = exponent === undefined ? undefined : rescaleAmount(amount, currencyExponent(currency), exponent)
  if (exponent === undefined || wire === undefined || wire % wireStep(exponent) !== 0n) {
    throw new RangeError(`${currency} amount does not fit Stripe's unit`)
  }
  return wire
}

/** Stripe's units as ours; undefined for what is no whole number of our units in a currency that it takes. */
export function fromWire(digits: string | null | undefined, currency: string): bigint | undefined {
  if (!digits || !/^\d{1,18}$/.test(digits) || !isCurrency(currency)) return undefined
  const exponent = WIRE_EXPONENTS.get(currency)
  return exponent === undefined ? undefined : rescaleAmount(BigInt(digits), exponent, currencyExponent(currency))
}
