/** Amounts that a provider takes. */

import type { SimulatorName } from '../../local/simulators/index.ts'
import { termsOf } from './shops.ts'

/** In minor units: so many times the least that is paid or refunded, in hundreds, so that parts of it are whole. */
export function payable(provider: SimulatorName, currency: string, times: number): number {
  const terms = termsOf(provider, currency)
  if (terms === undefined) throw new RangeError(`${provider} takes no ${currency}`)
  const { minimum, maximum, refundMinimum = 1n } = terms
  const unit = [minimum, refundMinimum, 100n].reduce((most, one) => (one > most ? one : most))
  const amount = ((unit + 99n) / 100n) * 100n * BigInt(times)
  return Number(amount > maximum ? maximum : amount)
}
