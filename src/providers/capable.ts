/** Which providers take a payment: refused here, nothing is sent that would be refused there. */

import type { Money } from '../domain/money.ts'
import { done, type Outcome, refused } from '../domain/problem.ts'
import type { ProviderName } from './contract.ts'
import { PROVIDER_NAMES, PROVIDERS } from './registry.ts'

/**
 * The providers that take this amount in this currency, of those that are wanted.
 * Refuses `no_usable_connection` where none knows the currency, `amount_below_minimum` and `amount_above_maximum`.
 */
export function providersFor({ amount, currency }: Money, wanted: ProviderName | undefined): Outcome<ProviderName[]> {
  const names = wanted === undefined ? PROVIDER_NAMES : [wanted]
  const knowing = names.filter((name) => PROVIDERS[name].currencies[currency] !== undefined)
  if (knowing.length === 0) {
    return refused('no_usable_connection', { detail: `No payment in ${currency} through ${names.join(', ')}.` })
  }
  const terms = knowing.flatMap((name) => PROVIDERS[name].currencies[currency] ?? [])
  const taking = knowing.filter((name) => {
    const { minimum, maximum } = PROVIDERS[name].currencies[currency] ?? { minimum: 0n, maximum: -1n }
    return amount >= minimum && amount <= maximum
  })
  if (taking.length > 0) return done(taking)
  const isLow = terms.every(({ minimum }) => amount < minimum)
  const bound = terms.map(({ minimum, maximum }) => (isLow ? minimum : maximum)).join(', ')
  return refused(isLow ? 'amount_below_minimum' : 'amount_above_maximum', {
    detail: `The ${isLow ? 'least' : 'most'} in ${currency} is ${bound} minor units.`,
    errors: [{ field: 'amount', message: `is ${isLow ? 'below' : 'above'} what the provider takes` }],
  })
}
