/** Which providers take a payment: refused here, nothing is sent that would be refused there. */

import type { Currency } from '../domain/currencies.ts'
import type { Money } from '../domain/money.ts'
import type { PaymentMethod } from '../domain/payment-method.ts'
import { done, type Outcome, refused } from '../domain/problem.ts'
import type { CurrencyTerms } from './contract.ts'
import { PROVIDER_NAMES, PROVIDERS, type ProviderName } from './registry.ts'

/** What decides whether a provider takes a payment. */
export interface Wanted {
  money: Money
  method: PaymentMethod | undefined
  callbackUrl: string | undefined
  /** The only one that the merchant wants. */
  provider: ProviderName | undefined
}

/**
 * The providers that take this payment.
 * Refuses `no_usable_connection` where none knows the currency, offers the method or does without what is missing, and
 * `amount_below_minimum`, `amount_above_maximum` and `amount_not_payable` where the amount is what stands in the way.
 */
export function providersFor(wanted: Wanted): Outcome<ProviderName[]> {
  const { amount, currency } = wanted.money
  const names = wanted.provider === undefined ? PROVIDER_NAMES : [wanted.provider]
  const knowing = names.filter((name) => termsOf(name, currency) !== undefined)
  if (knowing.length === 0) return unusable(`No payment in ${currency} through ${names.join(', ')}.`)
  const offering = knowing.filter((name) => offers(name, wanted.method))
  if (offering.length === 0) return unusable(`No ${wanted.method} in ${currency} through ${knowing.join(', ')}.`)
  const willing = offering.filter((name) => !PROVIDERS[name].capabilities.needsCallbackUrl || wanted.callbackUrl)
  if (willing.length === 0) return unusable(`Send a callback_url: ${offering.join(', ')} needs one.`)
  const taking = willing.filter((name) => takes(termsOf(name, currency), amount))
  return taking.length > 0 ? done(taking) : refuseAmount(wanted.money, willing)
}

function termsOf(name: ProviderName, currency: Currency): CurrencyTerms | undefined {
  return PROVIDERS[name].capabilities.currencies[currency]
}

function offers(name: ProviderName, method: PaymentMethod | undefined): boolean {
  return method === undefined || PROVIDERS[name].capabilities.methods.includes(method)
}

function takes(terms: CurrencyTerms | undefined, amount: bigint): boolean {
  if (terms === undefined) return false
  return amount >= terms.minimum && amount <= terms.maximum && amount % (terms.step ?? 1n) === 0n
}

function unusable(detail: string): Outcome<ProviderName[]> {
  return refused('no_usable_connection', { detail })
}

function refuseAmount({ amount, currency }: Money, names: readonly ProviderName[]): Outcome<ProviderName[]> {
  const terms = names.flatMap((name) => termsOf(name, currency) ?? [])
  const say = (what: string, bounds: bigint[], message: string) => ({
    detail: `The ${what} in ${currency} is ${[...new Set(bounds)].join(', ')} minor units.`,
    errors: [{ field: 'amount', message }],
  })
  if (terms.every(({ minimum }) => amount < minimum)) {
    const bounds = terms.map(({ minimum }) => minimum)
    return refused('amount_below_minimum', say('least', bounds, 'is below what the provider takes'))
  }
  if (terms.some(({ minimum, maximum }) => amount >= minimum && amount <= maximum)) {
    const steps = terms.flatMap(({ step }) => step ?? [])
    return refused('amount_not_payable', say('step of amounts', steps, 'is no multiple of what the provider counts in'))
  }
  const bounds = terms.map(({ maximum }) => maximum)
  return refused('amount_above_maximum', say('most', bounds, 'is above what the provider takes'))
}
