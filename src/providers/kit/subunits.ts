/** Amounts that go over the wire as whole subunits, which need not be the minor units of ISO 4217. */

import { type Currency, currencyExponent, isCurrency } from '../../domain/currencies.ts'
import { rescaleAmount } from '../../domain/money.ts'

export interface Subunits {
  /**
   * Our minor units as the provider's subunits.
   * @throws RangeError where they don't fit, or the currency isn't taken: nothing is sent that means another sum there
   */
  toWire(amount: bigint, currency: Currency): number
  /** The provider's subunits as ours; undefined for what is no whole number of our units in a currency that it takes. */
  fromWire(digits: string, currency: string): bigint | undefined
}

/** @param exponents the decimal digits of the provider's subunit, for each currency that it takes */
export function subunits(exponents: Partial<Record<Currency, number>>): Subunits {
  return {
    toWire(amount, currency) {
      const exponent = exponents[currency]
      const wire = exponent === undefined ? undefined : rescaleAmount(amount, currencyExponent(currency), exponent)
      if (wire === undefined) throw new RangeError(`${currency} amount does not fit the provider's unit`)
      return Number(wire)
    },
    fromWire(digits, currency) {
      if (!isCurrency(currency) || !/^\d{1,18}$/.test(digits)) return undefined
      const exponent = exponents[currency]
      return exponent === undefined ? undefined : rescaleAmount(BigInt(digits), exponent, currencyExponent(currency))
    },
  }
}
