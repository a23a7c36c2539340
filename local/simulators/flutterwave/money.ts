/**
 * Money as Flutterwave's wire has it: JSON numbers in major units (sheet, section 2). Inside, amounts are integers of ISO
 * 4217 minor units and fees are integers of tenths of one, for fees of three decimals occur.
 */

/** Currencies of the checkout (sheet, section 2). */
export const CURRENCIES = [
  ...['NGN', 'GHS', 'KES', 'UGX', 'TZS', 'RWF', 'ZMW', 'ZAR', 'MWK', 'XAF', 'XOF', 'EGP', 'MAD', 'USD', 'EUR', 'GBP'],
  ...['CAD', 'CLP', 'COP', 'GNF', 'SLL', 'STD'],
] as const

const WITHOUT_DECIMALS = ['XAF', 'XOF', 'RWF', 'UGX', 'GNF', 'CLP']

export function exponentOf(currency: string): number {
  return WITHOUT_DECIMALS.includes(currency) ? 0 : 2
}

/** Minor units of a number or a string of major units; undefined for what is no amount above zero of this currency. */
export function readMajor(value: unknown, currency: string): number | undefined {
  const text = typeof value === 'number' ? String(value) : value
  const match = typeof text === 'string' ? /^(\d+)(?:\.(\d+))?$/.exec(text.trim()) : null
  if (match === null) return undefined
  const exponent = exponentOf(currency)
  const fraction = (match[2] ?? '').replace(/0+$/, '')
  if (fraction.length > exponent) return undefined
  const minor = Number(`${match[1]}${fraction.padEnd(exponent, '0')}`)
  return minor > 0 && Number.isSafeInteger(minor) ? minor : undefined
}

/** The JSON number of an amount in minor units. */
export function major(minor: number, currency: string): number {
  return shifted(minor, exponentOf(currency))
}

/** The JSON number of a fee in tenths of a minor unit. */
export function majorOfTenths(tenths: number, currency: string): number {
  return shifted(tenths, exponentOf(currency) + 1)
}

/** By way of the decimal text, as a division would not be exact. */
function shifted(integer: number, decimals: number): number {
  const digits = String(Math.abs(integer)).padStart(decimals + 1, '0')
  const text = `${digits.slice(0, digits.length - decimals)}.${digits.slice(digits.length - decimals)}`
  return integer < 0 ? -Number(text) : Number(text)
}

/** Flutterwave's fee in tenths of a minor unit: 1.4 %, the same here for every currency and method. */
export function feeOf(amount: number): number {
  return Math.floor((amount * 14 + 50) / 100)
}

/** What a payer who bears the fee pays on top, in minor units. */
export function surchargeOf(amount: number): number {
  return Math.ceil(feeOf(amount) / 10)
}

/** What reaches the merchant, in minor units: without fee, VAT on the fee and stamp duty (sheet, section 2). */
export function settledOf(amount: number, currency: string): number {
  const fee = feeOf(amount)
  const vat = currency === 'NGN' ? Math.ceil((fee * 75) / 1000) : 0
  return Math.floor((amount * 10 - fee - vat) / 10) - stampDutyOf(amount, currency)
}

/** NGN 50 from NGN 10,000 on, in minor units. */
export function stampDutyOf(amount: number, currency: string): number {
  return currency === 'NGN' && amount >= 1_000_000 ? 5000 : 0
}
