/** The providers under test, and what each of them declares that it can do: by that, and never by a name, cases are left out. */

import type { Abilities, MoneyAccident, RefundCourse } from '../../local/simulators/kit/driver.ts'
import { type Currency, currencyExponent, isCurrency } from '../../src/domain/currencies.ts'
import type { Mode } from '../../src/domain/transaction.ts'
import type { CurrencyTerms, Provider } from '../../src/providers/contract.ts'
import { PROVIDER_NAMES, PROVIDERS, type ProviderName } from '../../src/providers/registry.ts'
import { type Observations, observe } from './observe.ts'

export interface Subject {
  readonly name: ProviderName
  readonly provider: Provider
  readonly abilities: Abilities
  /** The names of the fields that a merchant types in to connect an account. */
  readonly credentialFields: readonly string[]
  /** What shows only in what the provider says. */
  readonly seen: Observations
  /** The mode in which it shows the most: `test`, unless it refunds in live mode only. */
  readonly mode: Mode
  /** What is paid where a case doesn't say: large enough that parts of it can be refunded. */
  readonly money: { readonly amount: number; readonly currency: Currency }
  /** Another currency that it takes, of the same exponent. */
  readonly otherCurrency: Currency
}

/** Something that a provider must be able to do for a case to apply. */
export interface Need {
  /** Read after "for want of". */
  readonly what: string
  isMet(subject: Subject): boolean
}

export const CLOSING: Need = {
  what: 'a page that can be closed',
  isMet: ({ provider }) => provider.closeCheckout !== undefined,
}
export const OPEN_ENDED: Need = {
  what: 'a page that cannot be closed',
  isMet: ({ provider }) => provider.closeCheckout === undefined,
}
export const PAY_TWICE: Need = {
  what: 'two payments under one reference',
  isMet: ({ abilities }) => abilities.payTwice,
}
export const PAY_LATE: Need = {
  what: 'a page that outlives the deadline',
  isMet: ({ abilities }) => abilities.payLate,
}
export const PAY_DELAYED: Need = {
  what: 'payments that take their time',
  isMet: ({ abilities }) => abilities.payDelayed,
}
export const PARTIAL_REFUNDS: Need = {
  what: 'refunds of a part',
  isMet: ({ provider }) => provider.capabilities.refunds.partial,
}
export const WHOLE_REFUNDS_ONLY: Need = {
  what: 'refunds of the whole only',
  isMet: ({ provider }) => !provider.capabilities.refunds.partial,
}
export const MODE_WITHOUT_REFUNDS: Need = {
  what: 'a mode without refunds',
  isMet: ({ provider }) => provider.capabilities.refunds.modes.length < 2,
}
export const REFUND_MINIMUM: Need = {
  what: 'a least refund in some currency',
  isMet: ({ provider }) => currencyOf(provider, ({ refundMinimum = 1n }) => refundMinimum > 1n) !== undefined,
}
export const STEPS: Need = {
  what: 'a currency that is paid in steps',
  isMet: ({ provider }) => currencyOf(provider, ({ step = 1n }) => step > 1n) !== undefined,
}
export const CALLBACK_NEEDED: Need = {
  what: 'a page that needs an address to return to',
  isMet: ({ provider }) => provider.capabilities.needsCallbackUrl,
}
export const CALLBACK_OPTIONAL: Need = {
  what: 'a page that needs no address to return to',
  isMet: ({ provider }) => !provider.capabilities.needsCallbackUrl,
}
export const SIGNED_BODIES: Need = {
  what: 'a signature that covers the body',
  isMet: ({ seen }) => seen.signsBodies,
}

export const REFERENCES_LISTED: Need = {
  what: 'a list of payments that carries our references',
  isMet: ({ seen }) => seen.listsReferences,
}
export const REFUNDS_LISTED: Need = {
  what: 'a list of payments that tells of refunds',
  isMet: ({ seen }) => seen.listsRefunds,
}
export const ALL_REFUNDS_LISTED: Need = {
  what: 'a list of all refunds',
  isMet: ({ provider }) => provider.listRefunds !== undefined,
}
export const REFUNDS_TOLD: Need = {
  what: 'a list of the refunds of a payment',
  isMet: ({ seen }) => seen.tellsRefunds,
}

export const moneyAccident = (kind: MoneyAccident['kind']): Need => ({
  what: `the accident ${kind}`,
  isMet: ({ abilities }) => abilities.money.includes(kind),
})

export const refundCourse = (course: RefundCourse): Need => ({
  what: `a refund that ${course.replace('_', ' ')}`,
  isMet: ({ abilities }) => abilities.refundCourses.includes(course),
})

/** The first currency whose terms are so. */
export function currencyOf(provider: Provider, isIt: (terms: CurrencyTerms) => boolean): Currency | undefined {
  return termsOf(provider).find(({ terms }) => isIt(terms))?.currency
}

/** A currency that a provider takes. */
export interface Taken {
  readonly currency: Currency
  readonly terms: CurrencyTerms
}

/** Every currency of the provider with its terms. */
export function termsOf({ capabilities }: Provider): Taken[] {
  return Object.entries(capabilities.currencies).flatMap(([currency, terms]) =>
    isCurrency(currency) && terms !== undefined ? [{ currency, terms }] : [],
  )
}

/** The largest amount that is payable and not above this. */
export function payable(amount: bigint, { minimum, maximum, step = 1n }: CurrencyTerms): bigint {
  const capped = amount > maximum ? maximum : amount < minimum ? minimum : amount
  return capped - (capped % step)
}

/** All of the registry. */
export function loadSubjects(): Promise<readonly Subject[]> {
  return Promise.all(PROVIDER_NAMES.map(loadSubject))
}

async function loadSubject(name: ProviderName): Promise<Subject> {
  const provider = PROVIDERS[name]
  const mode = provider.capabilities.refunds.modes.includes('test') ? 'test' : 'live'
  const isUsual = ({ currency, terms }: Taken) => currencyExponent(currency) === 2 && terms.step === undefined
  const [first, second] = termsOf(provider).filter(isUsual)
  if (first === undefined || second === undefined) throw new Error(`${name} takes no two currencies with cents`)
  const { minimum, refundMinimum = 1n } = first.terms
  const wanted = [minimum * 20n, refundMinimum * 20n, 10_000n].reduce((most, one) => (one > most ? one : most))
  const amount = payable(wanted, first.terms)
  const { abilities, credentialFields, ...seen } = await observe(name, mode, { amount, currency: first.currency })
  return {
    name,
    provider,
    abilities,
    credentialFields,
    seen,
    mode,
    money: { amount: Number(amount), currency: first.currency },
    otherCurrency: second.currency,
  }
}
