/** Which providers are asked at all: what they would refuse is refused before anything is written or sent. */

import { describe, expect, test } from 'vitest'
import { type Currency, isCurrency } from '../../src/domain/currencies.ts'
import { providersFor } from '../../src/providers/capable.ts'

/** Paystack's documented bounds, in minor units: 50.00 NGN, 2.00 USD, 1 XOF, …, and ten million of the main unit. */
const BOUNDS: [Currency, bigint, bigint][] = [
  ['NGN', 5_000n, 1_000_000_000n],
  ['USD', 200n, 1_000_000_000n],
  ['GHS', 10n, 1_000_000_000n],
  ['ZAR', 100n, 1_000_000_000n],
  ['KES', 300n, 1_000_000_000n],
  ['XOF', 1n, 10_000_000n],
]

const codeOf = (outcome: ReturnType<typeof providersFor>) => (outcome.ok ? undefined : outcome.problem.code)

describe('an amount', () => {
  test.each(BOUNDS)('of %s is taken from %d to %d, and refused beyond', (currency, minimum, maximum) => {
    for (const amount of [minimum, maximum]) {
      expect(providersFor({ amount, currency }, undefined)).toEqual({ ok: true, value: ['paystack'] })
      expect(providersFor({ amount, currency }, 'paystack')).toEqual({ ok: true, value: ['paystack'] })
    }
    expect(codeOf(providersFor({ amount: minimum - 1n, currency }, undefined))).toBe('amount_below_minimum')
    expect(codeOf(providersFor({ amount: maximum + 1n, currency }, undefined))).toBe('amount_above_maximum')
  })

  test('that is refused is told the bound, and that the field is amount', () => {
    expect(providersFor({ amount: 4_999n, currency: 'NGN' }, 'paystack')).toEqual({
      ok: false,
      problem: {
        code: 'amount_below_minimum',
        detail: 'The least in NGN is 5000 minor units.',
        errors: [{ field: 'amount', message: 'is below what the provider takes' }],
      },
    })
    expect(providersFor({ amount: 10_000_001n, currency: 'XOF' }, 'paystack')).toEqual({
      ok: false,
      problem: {
        code: 'amount_above_maximum',
        detail: 'The most in XOF is 10000000 minor units.',
        errors: [{ field: 'amount', message: 'is above what the provider takes' }],
      },
    })
  })
})

test.each(['KWD', 'JPY', 'RWF', 'EGP', 'EUR'])('nobody takes %s, whatever the amount', (currency) => {
  if (!isCurrency(currency)) throw new Error(`${currency} is no currency`)
  expect(providersFor({ amount: 1n, currency }, undefined)).toEqual({
    ok: false,
    problem: { code: 'no_usable_connection', detail: `No payment in ${currency} through paystack.` },
  })
})
