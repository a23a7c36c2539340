import { describe, expect, test } from 'vitest'
import type { Currency } from '../../src/domain/currencies.ts'
import { AMOUNT_MAX } from '../../src/domain/money.ts'
import { feeToMinor, majorToMinor, minorToMajorNumber } from '../../src/providers/kit/decimals.ts'

/** Currency, minor units, the number as JSON prints it. */
const AMOUNTS: [Currency, bigint, string][] = [
  ['XOF', 0n, '0'],
  ['XOF', 500n, '500'],
  ['RWF', 1_234_567n, '1234567'],
  ['NGN', 1n, '0.01'],
  ['NGN', 70n, '0.7'],
  ['NGN', 750_000n, '7500'],
  ['NGN', 750_010n, '7500.1'],
  // 1.15 × 100 is not 115 in floats.
  ['NGN', 115n, '1.15'],
  ['USD', 99_999_999_999_999n, '999999999999.99'],
  ['KWD', 1n, '0.001'],
  ['KWD', 98_765n, '98.765'],
]

describe('an amount', () => {
  test.each(AMOUNTS)('of %s: %d minor units are the number %s, and back', (currency, amount, text) => {
    expect(JSON.stringify(minorToMajorNumber(amount, currency))).toBe(text)
    expect(majorToMinor(text, currency)).toBe(amount)
  })

  test('is never sent as a number that prints as another amount', () => {
    // The number next to 90071992547409.91 prints as 90071992547409.9.
    expect(minorToMajorNumber(AMOUNT_MAX - 1n, 'NGN')).toBe(90071992547409.9)
    for (const amount of [AMOUNT_MAX, AMOUNT_MAX + 1n, -1n])
      expect(() => minorToMajorNumber(amount, 'NGN')).toThrow(RangeError)
  })

  test('in no currency of ours is none', () => {
    for (const currency of ['SLL', 'XXX', 'ngn', '', 'toString', '__proto__']) {
      expect(majorToMinor('1', currency)).toBeUndefined()
      expect(feeToMinor('1', currency, 0n)).toBeUndefined()
    }
  })

  test.each([
    ['500', 'XOF', 500n],
    ['500.00', 'XOF', 500n],
    ['500.5', 'XOF', undefined],
    ['12.340', 'NGN', 1234n],
    ['12.345', 'NGN', undefined],
    ['12.345', 'KWD', 12_345n],
    ['12.3456', 'KWD', undefined],
  ])('of %s %s is exact or none', (text, currency, amount) => {
    expect(majorToMinor(text, currency)).toBe(amount)
  })
})

describe('a fee', () => {
  test.each<[string, string, bigint, bigint]>([
    ['1.4', 'NGN', 0n, 140n],
    ['26.875', 'NGN', 0n, 2688n],
    ['26.875', 'NGN', 2688n, 2688n],
    ['26.875', 'NGN', 2687n, 2687n],
    ['26.875', 'NGN', 2700n, 2688n],
    ['26.870', 'NGN', 2688n, 2687n],
    ['0.004', 'NGN', 0n, 0n],
    ['7.2', 'RWF', 7n, 7n],
    ['7.2', 'RWF', 0n, 8n],
    ['7', 'RWF', 8n, 7n],
    ['1.0005', 'KWD', 0n, 1001n],
    ['1.4000000000000001', 'NGN', 0n, 141n],
  ])('of %s %s, where the payer bore %s, is %s', (text, currency, borne, fee) => {
    expect(feeToMinor(text, currency, borne)).toBe(fee)
  })

  test.each(['', '-1', '+1', '1e3', '1.', '.5', '1,5', '1.2.3', 'NaN', ' 1', '0x10', '٥', '01', '9'.repeat(400)])(
    'is never read from another form: %#',
    (text) => {
      expect(feeToMinor(text, 'NGN', 0n)).toBeUndefined()
      expect(majorToMinor(text, 'NGN')).toBeUndefined()
    },
  )
})
