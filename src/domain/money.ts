/**
 * Amounts of money: whole minor units as `bigint`, never negative, never beyond what a JSON number carries exactly, and
 * never without their currency. Every conversion here is exact or refused; no float is ever involved.
 */

import { type Currency, currencyExponent } from './currencies.ts'

/** An amount in the currency's minor unit, 0 to `AMOUNT_MAX`. */
export interface Money {
  readonly amount: bigint
  readonly currency: Currency
}

/** 2^53 - 1: the largest integer that every JSON reader keeps exact. */
export const AMOUNT_MAX = 9_007_199_254_740_991n

const isAmount = (amount: bigint): boolean => amount >= 0n && amount <= AMOUNT_MAX

/** Reads a JSON value as an amount: a whole number from 0 to `AMOUNT_MAX`; anything else is undefined. */
export function parseWireAmount(value: unknown): bigint | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined
}

/** As `parseWireAmount`, and above zero: nobody pays or is refunded nothing. */
export function parsePaymentAmount(value: unknown): bigint | undefined {
  return parseWireAmount(value) || undefined
}

/**
 * The amount as a JSON number.
 * @throws RangeError outside 0 to `AMOUNT_MAX`: such an amount is a bug, and rounding it would hide it
 */
export function toWireAmount(amount: bigint): number {
  if (!isAmount(amount)) throw new RangeError('amount is negative or beyond 2^53 - 1')
  return Number(amount)
}

/**
 * Carries an amount from one exponent to another, for providers whose unit is not ISO's (XOF at Paystack is counted in
 * hundredths). A remainder, a negative amount and one beyond `AMOUNT_MAX` are undefined.
 */
export function rescaleAmount(amount: bigint, fromExponent: number, toExponent: number): bigint | undefined {
  const up = 10n ** BigInt(Math.max(toExponent - fromExponent, 0))
  const down = 10n ** BigInt(Math.max(fromExponent - toExponent, 0))
  if (amount % down !== 0n) return undefined
  const rescaled = (amount * up) / down
  return isAmount(rescaled) ? rescaled : undefined
}

/** The amount in major units with exactly the currency's digits: 123450 NGN is `1234.50`, 500 XOF is `500`. */
export function toDecimal({ amount, currency }: Money): string {
  const exponent = currencyExponent(currency)
  const digits = toWireAmount(amount)
    .toString()
    .padStart(exponent + 1, '0')
  return exponent === 0 ? digits : `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`
}

// At most the 16 integer digits of AMOUNT_MAX: a longer text must not cost a big multiplication to refuse.
const DECIMAL = /^(0|[1-9]\d{0,15})(?:\.(\d{1,16}))?$/

/**
 * Reads major units, `1234.5` or `1234.50`, exactly. Digits beyond the currency's are accepted when they are zeros (a
 * provider may print `12.000`) and refused otherwise; so are signs, blanks, separators of thousands, exponents and
 * leading zeros. A refused text is undefined.
 */
export function parseDecimal(text: string, currency: Currency): Money | undefined {
  const [, whole, fraction = ''] = DECIMAL.exec(text) ?? []
  if (whole === undefined) return undefined
  const amount = rescaleAmount(BigInt(whole + fraction), fraction.length, currencyExponent(currency))
  return amount === undefined ? undefined : { amount, currency }
}

/** Same amount of the same currency. Zero NGN is not zero KES. */
export function equalMoney(a: Money, b: Money): boolean {
  return a.currency === b.currency && a.amount === b.amount
}

/**
 * Negative when `a` is less than `b`, positive when it is more, 0 when they are equal: as `Array.prototype.sort` wants it.
 * @throws TypeError when the currencies differ: there is no order between them
 */
export function compareMoney(a: Money, b: Money): -1 | 0 | 1 {
  if (a.currency !== b.currency) throw new TypeError(`cannot compare ${a.currency} with ${b.currency}`)
  if (a.amount === b.amount) return 0
  return a.amount < b.amount ? -1 : 1
}
