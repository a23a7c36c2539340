/** Amounts between major units on the wire and minor units inside: exactly, or not at all. */
import { expect, test } from 'vitest'
import {
  exponentOf,
  feeOf,
  major,
  majorOfTenths,
  readMajor,
  settledOf,
} from '../../../local/simulators/flutterwave/money.ts'

test.each([
  { value: 7500, currency: 'NGN', minor: 750_000 },
  { value: '7500', currency: 'NGN', minor: 750_000 },
  { value: 7500.1, currency: 'NGN', minor: 750_010 },
  { value: '100.50', currency: 'NGN', minor: 10_050 },
  { value: 1.005, currency: 'NGN', minor: undefined },
  { value: 4.35, currency: 'USD', minor: 435 },
  { value: 900, currency: 'UGX', minor: 900 },
  { value: '900.00', currency: 'XAF', minor: 900 },
  { value: 900.5, currency: 'RWF', minor: undefined },
  { value: 0, currency: 'NGN', minor: undefined },
  { value: -5, currency: 'NGN', minor: undefined },
  { value: '1e3', currency: 'NGN', minor: undefined },
  { value: '5,000', currency: 'NGN', minor: undefined },
  { value: 1e21, currency: 'NGN', minor: undefined },
  { value: { amount: 5 }, currency: 'NGN', minor: undefined },
])('$value of $currency is read as $minor', ({ value, currency, minor }) => {
  expect(readMajor(value, currency)).toBe(minor)
  if (minor !== undefined) expect(major(minor, currency)).toBe(Number(value))
})

test.each([
  { amount: 10_000, currency: 'NGN', fee: 1.4, settled: 98.49 },
  { amount: 10_050, currency: 'NGN', fee: 1.407, settled: 98.98 },
  { amount: 250_000, currency: 'NGN', fee: 35, settled: 2462.37 },
  { amount: 10_000_000, currency: 'NGN', fee: 1400, settled: 98_445 },
  { amount: 5002, currency: 'USD', fee: 0.7, settled: 49.32 },
  { amount: 1000, currency: 'UGX', fee: 14, settled: 986 },
])('of $currency $amount (minor) the fee is $fee, and $settled is left', ({ amount, currency, fee, settled }) => {
  expect(majorOfTenths(feeOf(amount), currency)).toBe(fee)
  expect(major(settledOf(amount, currency), currency)).toBe(settled)
})

test('the francs of West and Central Africa have no decimals, the shilling of Kenya has two', () => {
  expect(['XAF', 'XOF', 'RWF', 'UGX', 'GNF', 'CLP'].map(exponentOf)).toEqual([0, 0, 0, 0, 0, 0])
  expect(['NGN', 'KES', 'TZS', 'USD'].map(exponentOf)).toEqual([2, 2, 2, 2])
})

test('a debt is printed with its sign', () => {
  expect(major(-5, 'NGN')).toBe(-0.05)
})
