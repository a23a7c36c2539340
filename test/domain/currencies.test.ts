import { describe, expect, test } from 'vitest'
import { currencyExponent, isCurrency } from '../../src/domain/currencies.ts'

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
const listed = LETTERS.flatMap((a) => LETTERS.flatMap((b) => LETTERS.map((c) => a + b + c))).filter(isCurrency)
const withExponent = (exponent: number) => listed.filter((code) => currencyExponent(code) === exponent).join(' ')

describe('the table of currencies', () => {
  test('has the currencies without a minor unit', () => {
    expect(withExponent(0)).toBe('BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF')
  })

  test('has the currencies with three digits', () => {
    expect(withExponent(3)).toBe('BHD IQD JOD KWD LYD OMR TND')
  })

  test('gives all others two digits', () => {
    expect(listed).toHaveLength(155)
    expect(withExponent(2).split(' ')).toHaveLength(155 - 16 - 7)
  })

  test.each([
    'NGN',
    'GHS',
    'ZAR',
    'KES',
    'EGP',
    'XOF',
    'UGX',
    'TZS',
    'RWF',
    'ZMW',
    'MWK',
    'XAF',
    'MAD',
    'ETB',
    'USD',
    'EUR',
    'GBP',
    'CAD',
  ])('has %s, which a provider settles in', (code) => {
    expect(isCurrency(code)).toBe(true)
  })

  test.each([
    ['a funds code', ['BOV', 'CHE', 'CHW', 'CLF', 'COU', 'MXV', 'USN', 'UYI', 'UYW']],
    ['a unit of account', ['XAD', 'XDR', 'XSU', 'XUA']],
    ['a bond or metal', ['XBA', 'XBB', 'XBC', 'XBD', 'XAG', 'XAU', 'XPD', 'XPT']],
    ['a code for tests or for none', ['XTS', 'XXX']],
    ['a withdrawn code', ['ANG', 'BGN', 'CUC', 'GHC', 'HRK', 'SLL', 'STD', 'ZMK', 'ZWL']],
    ['another spelling', ['ngn', 'Ngn', ' NGN', 'NGN ', '566', '']],
    ['a member that every object has', ['constructor', 'toString', '__proto__']],
  ])('refuses %s', (_what, codes) => {
    expect(codes.filter(isCurrency)).toEqual([])
  })
})
