/** Which providers are asked at all: what they would refuse is refused before anything is written or sent. */

import { describe, expect, test } from 'vitest'
import { type Currency, isCurrency } from '../../src/domain/currencies.ts'
import type { Money } from '../../src/domain/money.ts'
import { providersFor, type Wanted } from '../../src/providers/capable.ts'
import { PROVIDER_NAMES, PROVIDERS, type ProviderName } from '../../src/providers/registry.ts'

/** Paystack's documented bounds, in minor units: 50.00 NGN, 2.00 USD, 1 XOF, …, and ten million of the main unit. */
const BOUNDS: [Currency, bigint, bigint][] = [
  ['NGN', 5_000n, 1_000_000_000n],
  ['USD', 200n, 1_000_000_000n],
  ['GHS', 10n, 1_000_000_000n],
  ['ZAR', 100n, 1_000_000_000n],
  ['KES', 300n, 1_000_000_000n],
  ['XOF', 1n, 10_000_000n],
]

/** A payment that nothing but the amount stands in the way of. */
const ask = (money: Money, provider?: ProviderName, more: Partial<Wanted> = {}) =>
  providersFor({ money, provider, method: undefined, callbackUrl: 'https://shop.test/thanks', ...more })

const codeOf = (outcome: ReturnType<typeof providersFor>) => (outcome.ok ? undefined : outcome.problem.code)

describe('an amount', () => {
  test.each(BOUNDS)('of %s is taken by Paystack from %d to %d, and refused beyond', (currency, minimum, maximum) => {
    for (const amount of [minimum, maximum]) {
      expect(ask({ amount, currency }, 'paystack')).toEqual({ ok: true, value: ['paystack'] })
    }
    expect(codeOf(ask({ amount: minimum - 1n, currency }, 'paystack'))).toBe('amount_below_minimum')
    expect(codeOf(ask({ amount: maximum + 1n, currency }, 'paystack'))).toBe('amount_above_maximum')
  })

  test.each(BOUNDS)(
    'of %s goes to every provider whose bounds it keeps, where none is wanted',
    (currency, ...bounds) => {
      for (const amount of bounds) {
        const taking = PROVIDER_NAMES.filter((name) => {
          const terms = PROVIDERS[name].capabilities.currencies[currency]
          if (terms === undefined) return false
          return amount >= terms.minimum && amount <= terms.maximum && amount % (terms.step ?? 1n) === 0n
        })
        expect(taking).toContain('paystack')
        expect(ask({ amount, currency })).toEqual({ ok: true, value: taking })
      }
    },
  )

  /** Of each provider a currency that it takes, and one in which it counts in a larger unit, if it has one. */
  const SAMPLES = PROVIDER_NAMES.flatMap((name) => {
    const known = Object.entries(PROVIDERS[name].capabilities.currencies).flatMap(([currency, terms]) =>
      isCurrency(currency) ? [{ name, currency, terms }] : [],
    )
    return [...known.slice(0, 1), ...known.filter(({ terms }) => (terms.step ?? 1n) > 1n).slice(0, 1)]
  })

  test.each(SAMPLES)('of $currency is held to what $name says of it', ({ name, currency, terms }) => {
    const { minimum, maximum, step = 1n } = terms
    const askFor = (amount: bigint) => ask({ amount, currency }, name)
    expect(askFor(minimum)).toEqual({ ok: true, value: [name] })
    expect(askFor(maximum)).toEqual({ ok: true, value: [name] })
    expect(codeOf(askFor(minimum - step))).toBe('amount_below_minimum')
    expect(codeOf(askFor(maximum + step))).toBe('amount_above_maximum')
    expect(codeOf(askFor(minimum + 1n))).toBe(step > 1n ? 'amount_not_payable' : undefined)
  })

  test('that nobody takes is refused for every provider at once', () => {
    expect(codeOf(ask({ amount: 0n, currency: 'NGN' }))).toBe('amount_below_minimum')
    expect(codeOf(ask({ amount: 10n ** 15n, currency: 'NGN' }))).toBe('amount_above_maximum')
  })

  test('that is refused is told the bound, and that the field is amount', () => {
    expect(ask({ amount: 4_999n, currency: 'NGN' }, 'paystack')).toEqual({
      ok: false,
      problem: {
        code: 'amount_below_minimum',
        detail: 'The least in NGN is 5000 minor units.',
        errors: [{ field: 'amount', message: 'is below what the provider takes' }],
      },
    })
    expect(ask({ amount: 10_000_001n, currency: 'XOF' }, 'paystack')).toEqual({
      ok: false,
      problem: {
        code: 'amount_above_maximum',
        detail: 'The most in XOF is 10000000 minor units.',
        errors: [{ field: 'amount', message: 'is above what the provider takes' }],
      },
    })
  })
})

test.each(['KWD', 'JPY', 'RWF', 'EGP', 'EUR'])('Paystack takes no %s, whatever the amount', (currency) => {
  if (!isCurrency(currency)) throw new Error(`${currency} is no currency`)
  expect(ask({ amount: 1n, currency }, 'paystack')).toEqual({
    ok: false,
    problem: { code: 'no_usable_connection', detail: `No payment in ${currency} through paystack.` },
  })
})

test('what nobody takes is refused in the name of all', () => {
  expect(ask({ amount: 1n, currency: 'KPW' })).toEqual({
    ok: false,
    problem: { code: 'no_usable_connection', detail: `No payment in KPW through ${PROVIDER_NAMES.join(', ')}.` },
  })
})

describe('besides the amount', () => {
  const naira: Money = { amount: 150_000n, currency: 'NGN' }

  test('a method is asked of those that offer it, and refused where none does', () => {
    const offering = PROVIDER_NAMES.filter((name) => {
      const { currencies, methods } = PROVIDERS[name].capabilities
      return currencies.NGN !== undefined && methods.includes('ussd')
    })
    expect(ask(naira, undefined, { method: 'ussd' })).toEqual({ ok: true, value: offering })
    expect(ask(naira, 'stripe', { method: 'ussd' })).toMatchObject({
      ok: false,
      problem: { code: 'no_usable_connection', detail: 'No ussd in NGN through stripe.' },
    })
  })

  test('who needs an address to return to is not asked without one', () => {
    const without = { callbackUrl: undefined }
    const willing = PROVIDER_NAMES.filter((name) => {
      const { currencies, needsCallbackUrl } = PROVIDERS[name].capabilities
      return currencies.NGN !== undefined && !needsCallbackUrl
    })
    expect(ask(naira, undefined, without)).toEqual({ ok: true, value: willing })
    expect(ask(naira, 'stripe', without)).toMatchObject({
      ok: false,
      problem: { code: 'no_usable_connection', detail: 'Send a callback_url: stripe needs one.' },
    })
  })

  test('an amount that is no multiple of what the provider counts in is refused as such', () => {
    expect(codeOf(ask({ amount: 10_010n, currency: 'KWD' }, 'stripe'))).toBeUndefined()
    expect(codeOf(ask({ amount: 10_011n, currency: 'KWD' }, 'stripe'))).toBe('amount_not_payable')
  })
})
