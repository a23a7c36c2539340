/**
 * Amounts in major units, as providers print and take them, against our minor units. Exact or not at all: nothing is
 * ever multiplied or divided as a float.
 */

import { type Currency, currencyExponent, isCurrency } from '../../domain/currencies.ts'
import { parseDecimal, toDecimal } from '../../domain/money.ts'

/**
 * Reads `1234.5` NGN as 123450. Undefined for a currency that is none of ours, for decimals that the currency doesn't
 * have (unless they are zeros), and for what is no plain decimal.
 */
export function majorToMinor(text: string, currency: string): bigint | undefined {
  return isCurrency(currency) ? parseDecimal(text, currency)?.amount : undefined
}

/**
 * Reads a fee, which providers compute more finely than anybody pays (26.875 NGN): of the two whole amounts next to it,
 * the one that the payer bore, and otherwise the higher.
 * @param borne what the payer paid above the price, in minor units
 */
export function feeToMinor(text: string, currency: string, borne: bigint): bigint | undefined {
  const [, whole, fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(text) ?? []
  if (whole === undefined || !isCurrency(currency)) return undefined
  const exponent = currencyExponent(currency)
  const kept = fraction.slice(0, exponent)
  const lower = majorToMinor(kept === '' ? whole : `${whole}.${kept}`, currency)
  const isWhole = /^0*$/.test(fraction.slice(exponent))
  return lower === undefined || isWhole || lower === borne ? lower : lower + 1n
}

/**
 * The amount in major units as a JSON number, for providers that take no text: 10050 NGN is 100.5.
 * @throws RangeError where the number would not be printed as the same amount (which takes more than 15 digits)
 */
export function minorToMajorNumber(amount: bigint, currency: Currency): number {
  const number = Number(toDecimal({ amount, currency }))
  if (majorToMinor(String(number), currency) !== amount) throw new RangeError('amount has too many digits for a number')
  return number
}
