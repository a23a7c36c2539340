import { describe, expect, test } from 'vitest'
import type { Currency } from '../../src/domain/currencies.ts'
import {
  AMOUNT_MAX,
  compareMoney,
  equalMoney,
  parseDecimal,
  parsePaymentAmount,
  parseWireAmount,
  rescaleAmount,
  toDecimal,
  toWireAmount,
} from '../../src/domain/money.ts'
import { seededRandom } from '../support/random.ts'

describe('an amount on the wire', () => {
  test.each([0, 1, 250_000, Number.MAX_SAFE_INTEGER])('is a whole number: %d', (value) => {
    expect(parseWireAmount(value)).toBe(BigInt(value))
    expect(toWireAmount(BigInt(value))).toBe(value)
  })

  test.each([-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, '100', 100n, null, undefined, [100], true])(
    'is never %s',
    (value) => {
      expect(parseWireAmount(value)).toBeUndefined()
    },
  )

  test('is above zero where it is a payment', () => {
    expect(parsePaymentAmount(0)).toBeUndefined()
    expect(parsePaymentAmount(1)).toBe(1n)
  })

  test.each([-1n, AMOUNT_MAX + 1n])('is not written when it cannot be: %d', (amount) => {
    expect(() => toWireAmount(amount)).toThrow(RangeError)
  })
})

const DECIMALS: [Currency, bigint, string][] = [
  ['JPY', 0n, '0'],
  ['XOF', 500n, '500'],
  ['NGN', 0n, '0.00'],
  ['NGN', 5n, '0.05'],
  ['NGN', 70n, '0.70'],
  ['NGN', 123_450n, '1234.50'],
  ['KWD', 1n, '0.001'],
  ['KWD', 98_765n, '98.765'],
  ['JPY', AMOUNT_MAX, '9007199254740991'],
  ['NGN', AMOUNT_MAX, '90071992547409.91'],
  ['KWD', AMOUNT_MAX, '9007199254740.991'],
]

describe('a decimal text', () => {
  test.each(DECIMALS)('of %s %d is %s, and back', (currency, amount, text) => {
    expect(toDecimal({ amount, currency })).toBe(text)
    expect(parseDecimal(text, currency)).toEqual({ amount, currency })
  })

  test.each<[string, Currency, bigint]>([
    ['400', 'NGN', 40_000n],
    ['400.5', 'NGN', 40_050n],
    ['12.000', 'NGN', 1_200n],
    ['7500.00', 'XOF', 7_500n],
    ['3.1400', 'KWD', 3_140n],
  ])('may leave zeros out or add some: %s %s', (text, currency, amount) => {
    expect(parseDecimal(text, currency)).toEqual({ amount, currency })
  })

  test.each<[string, Currency]>([
    ['0.005', 'NGN'],
    ['10.5', 'JPY'],
    ['1.0001', 'KWD'],
    ['90071992547409.92', 'NGN'],
    ['9007199254740992', 'JPY'],
    ['-1.00', 'NGN'],
    ['+1.00', 'NGN'],
    ['1,234.50', 'NGN'],
    ['1.234,50', 'NGN'],
    ['007', 'NGN'],
    ['1.', 'NGN'],
    ['.5', 'NGN'],
    ['1e3', 'NGN'],
    ['0x10', 'NGN'],
    [' 1', 'NGN'],
    ['1\n', 'NGN'],
    ['', 'NGN'],
    ['NaN', 'NGN'],
    ['1.2.3', 'NGN'],
    ['٣', 'NGN'],
    ['9'.repeat(40), 'JPY'],
  ])('that is not exactly an amount is refused: %j %s', (text, currency) => {
    expect(parseDecimal(text, currency)).toBeUndefined()
  })

  test('returns every amount unchanged, at every exponent', () => {
    const random = seededRandom(4217)
    for (let round = 0; round < 1000; round++) {
      const amount = BigInt(random.int(0, 10 ** random.int(1, 15)))
      const currency = random.pick(['UGX', 'GHS', 'TND'] as const)
      expect(parseDecimal(toDecimal({ amount, currency }), currency)).toEqual({ amount, currency })
    }
  })

  test('is not written for an amount that cannot be', () => {
    expect(() => toDecimal({ amount: -1n, currency: 'NGN' })).toThrow(RangeError)
  })
})

describe('rescaling', () => {
  test.each<[bigint, number, number, bigint | undefined]>([
    [500n, 0, 2, 50_000n],
    [50_000n, 2, 0, 500n],
    [50_001n, 2, 0, undefined],
    [5_120n, 3, 2, 512n],
    [5_121n, 3, 2, undefined],
    [512n, 2, 3, 5_120n],
    [77n, 2, 2, 77n],
    [0n, 3, 0, 0n],
    [-100n, 2, 0, undefined],
    [-100n, 2, 2, undefined],
    [AMOUNT_MAX, 0, 2, undefined],
    [AMOUNT_MAX * 100n, 2, 0, AMOUNT_MAX],
  ])('%d from %d digits to %d is %s', (amount, from, to, rescaled) => {
    expect(rescaleAmount(amount, from, to)).toBe(rescaled)
  })
})

describe('comparing money', () => {
  const ngn = (amount: bigint) => ({ amount, currency: 'NGN' }) as const
  const kes = (amount: bigint) => ({ amount, currency: 'KES' }) as const

  test('is equal only with the same amount of the same currency', () => {
    expect(equalMoney(ngn(100n), ngn(100n))).toBe(true)
    expect(equalMoney(ngn(100n), ngn(101n))).toBe(false)
    expect(equalMoney(ngn(100n), kes(100n))).toBe(false)
    expect(equalMoney(ngn(0n), kes(0n))).toBe(false)
  })

  test('orders amounts of one currency', () => {
    expect([ngn(30n), ngn(4n), ngn(4n), ngn(200n)].sort(compareMoney).map(({ amount }) => amount)).toEqual([
      4n,
      4n,
      30n,
      200n,
    ])
  })

  test('knows no order between two currencies', () => {
    expect(() => compareMoney(ngn(1n), kes(2n))).toThrow(TypeError)
  })
})
