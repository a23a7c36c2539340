/** How Stripe counts money, and how much of it a payment may be (sheet, section 2). Currencies in lower case. */
import { invalidRequest } from './refusal.ts'

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

const ZERO_DECIMAL = words('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf')
const THREE_DECIMAL = words('bhd jod kwd omr tnd')
/** Counted in hundredths, of which only whole units may be sent. */
const WHOLE_UNITS = words('isk ugx')

/** Digits behind the point of an amount on Stripe's wire. */
export function wireExponent(currency: string): 0 | 2 | 3 {
  if (ZERO_DECIMAL.has(currency)) return 0
  return THREE_DECIMAL.has(currency) ? 3 : 2
}

function isoExponent(currency: string): 0 | 2 | 3 {
  if (WHOLE_UNITS.has(currency)) return 0
  return currency === 'mga' ? 2 : wireExponent(currency)
}

/** @throws RangeError when Stripe can't express it */
export function isoToWire(amount: number, currency: string): number {
  const scale = 10 ** Math.abs(wireExponent(currency) - isoExponent(currency))
  if (wireExponent(currency) >= isoExponent(currency)) return amount * scale
  if (amount % scale !== 0) throw new RangeError(`Stripe counts ${currency} in whole units: ${amount} is none`)
  return amount / scale
}

/** Exact for whatever Stripe takes; the rest of a broken amount is dropped. */
export function wireToIso(amount: number, currency: string): number {
  const scale = 10 ** Math.abs(wireExponent(currency) - isoExponent(currency))
  return wireExponent(currency) >= isoExponent(currency) ? Math.trunc(amount / scale) : amount * scale
}

/** Least amounts, in what the wire counts. A currency that isn't listed has none of its own. */
const MINIMUM: Readonly<Record<string, number>> = {
  ...{ usd: 50, aud: 50, cad: 50, nzd: 50, sgd: 50, eur: 50, chf: 50, brl: 50, inr: 50 },
  ...{ gbp: 30, aed: 200, bgn: 100, czk: 1500, dkk: 250, hkd: 400, huf: 17_500, jpy: 50, mxn: 1000, myr: 200 },
  ...{ nok: 300, sek: 300, pln: 200, ron: 200, thb: 1000 },
}

const MAXIMUM_DIGITS: Readonly<Record<string, number>> = { inr: 9, idr: 12 }
const USUAL_DIGITS = 8

/** Whether the amount of a payment is one that its currency can have. @throws Refusal */
export function requireChargeable(total: number, currency: string): void {
  requireWhole(total, currency, 'line_items[0][price_data][unit_amount]')
  const minimum = MINIMUM[currency] ?? 1
  if (total < minimum) {
    const message = `The Checkout Session's total amount due must add up to at least ${moneyText(minimum, currency)} ${currency}`
    throw invalidRequest(message, { code: 'amount_too_small' })
  }
  const digits = MAXIMUM_DIGITS[currency] ?? USUAL_DIGITS
  if (total >= 10 ** digits) {
    const most = moneyText(10 ** digits - 1, currency)
    const message = `The Checkout Session's total amount due must be no more than ${most} ${currency}`
    throw invalidRequest(message, { code: 'amount_too_large' })
  }
}

/** @throws Refusal when the amount has decimals that its currency hasn't */
export function requireWhole(amount: number, currency: string, param: string): void {
  if (WHOLE_UNITS.has(currency) && amount % 100 !== 0) {
    const message = `Amounts in ${currency} can't have decimals: ${amount} is not divisible by 100`
    throw invalidRequest(message, { code: 'invalid_charge_amount_no_decimal_compatible', param })
  }
  if (THREE_DECIMAL.has(currency) && amount % 10 !== 0) {
    throw invalidRequest(`Amounts in ${currency} must be rounded to the nearest ten`, { param })
  }
}

const SYMBOL: Readonly<Record<string, string>> = { usd: '$', eur: '€', gbp: '£', jpy: '¥' }

/** As Stripe writes amounts in its messages: `$20.00`, and without a symbol where none is usual. */
export function moneyText(amount: number, currency: string): string {
  const exponent = wireExponent(currency)
  const digits = String(amount).padStart(exponent + 1, '0')
  const fraction = exponent === 0 ? '' : `.${digits.slice(-exponent)}`
  return `${SYMBOL[currency] ?? ''}${digits.slice(0, digits.length - exponent)}${fraction}`
}
