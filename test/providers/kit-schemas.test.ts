/** Shapes of every provider's answers: what is read, loosely, and what is not there for whoever reads it. */

import { describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { getJson, postJson } from '../../src/providers/kit/bearer.ts'
import {
  CurrencyCode,
  PageUrl,
  ProviderId,
  Reference,
  Time,
  WireAmount,
  wordTable,
} from '../../src/providers/kit/schemas.ts'
import { subunits } from '../../src/providers/kit/subunits.ts'
import { Words } from '../../src/providers/kit/words.ts'

const REFUSED = Symbol('refused')
const parse = (schema: z.ZodType, value: unknown) => {
  const parsed = schema.safeParse(value)
  return parsed.success ? parsed.data : REFUSED
}

test.each<[unknown, unknown]>([
  [5_550_001_234, '5550001234'],
  [0, '0'],
  ['18446744073709551615', '18446744073709551615'],
  ['pi_3Qw8.eRt-6', 'pi_3Qw8.eRt-6'],
  [-1, REFUSED],
  ['', REFUSED],
  ['a b', REFUSED],
  ['7\n', REFUSED],
  ['7'.repeat(101), REFUSED],
  [null, REFUSED],
  [{}, REFUSED],
])('the id %j is read as %j', (value, id) => {
  expect(parse(ProviderId, value)).toBe(id)
})

test.each<[unknown, unknown]>([
  [150_000, '150000'],
  ['1500.50', '1500.50'],
  ['', ''],
  ['-5', '-5'],
  ['9'.repeat(200), '9'.repeat(200)],
  [null, REFUSED],
  [true, REFUSED],
  [[1], REFUSED],
])('the amount %j is kept as it stood there: %j', (value, digits) => {
  expect(parse(WireAmount, value)).toBe(digits)
})

test.each<[unknown, unknown]>([
  ['NGN', 'NGN'],
  ['etb', 'ETB'],
  ['NAIRA', REFUSED],
  ['N N', REFUSED],
  ['₦₦₦', REFUSED],
  [null, REFUSED],
])('the currency %j is read as %j', (value, code) => {
  expect(parse(CurrencyCode, value)).toBe(code)
})

test.each<[unknown, Date | null | undefined]>([
  ['2026-11-02T08:14:02.000Z', new Date('2026-11-02T08:14:02.000Z')],
  ['2026-11-02T11:14:02+03:00', new Date('2026-11-02T08:14:02.000Z')],
  [null, null],
  [undefined, undefined],
  ['yesterday', undefined],
  ['2026-11-02', undefined],
  ['2026-13-02T08:14:02.000Z', undefined],
  [1_793_607_242, undefined],
])('the time %j is %j', (value, time) => {
  expect(parse(Time, value)).toEqual(time)
})

test.each<[string, boolean]>([
  ['https://checkout.provider.test/q8w2', true],
  ['http://127.0.0.1:4010/paystack/checkout/q8w2', true],
  ['http://localhost:4010/checkout/q8w2', true],
  ['http://checkout.provider.test/q8w2', false],
  ['http://localhost.evil.test/', false],
  ['http://127.0.0.1.evil.test/', false],
  ['javascript:alert(1)', false],
  ['//checkout.provider.test/', false],
  [`https://checkout.provider.test/${'a'.repeat(2_000)}`, false],
])('a page at %s is handed out: %s', (url, isHandedOut) => {
  expect(parse(PageUrl, url) !== REFUSED).toBe(isHandedOut)
})

test.each<[unknown, unknown]>([
  ['pb-01kb3s7m5qzr4w8x2y6v9t0nhc', 'pb-01kb3s7m5qzr4w8x2y6v9t0nhc'],
  ['T.1=2_3', 'T.1=2_3'],
  ['', undefined],
  ['pb 7', undefined],
  ['pb-\0', undefined],
  ['a'.repeat(201), undefined],
  [42, undefined],
  [{ $ne: null }, undefined],
])('the reference %j names %j', (value, reference) => {
  expect(parse(Reference, value)).toBe(reference)
})

test('a word that is not listed means what is not listed, also where a prototype has it', () => {
  const meaning = wordTable<'paid' | 'unknown'>({ success: 'paid' }, 'unknown')
  expect(meaning('success')).toBe('paid')
  for (const word of ['Success', '', 'constructor', '__proto__', 'toString']) expect(meaning(word)).toBe('unknown')
})

test('words to be shown are cut, and hold nothing that Postgres refuses', () => {
  expect(parse(Words, `a\0${'b'.repeat(1_000)}`)).toBe(`a${'b'.repeat(498)}`)
  expect(parse(Words, `${'a'.repeat(499)}💸`)).toBe(`${'a'.repeat(499)}\ufffd`)
  expect(parse(Words, 7)).toBe(REFUSED)
})

describe('subunits', () => {
  const { toWire, fromWire } = subunits({ NGN: 2, XOF: 2, KWD: 3, JPY: 0, UGX: 2 })

  test.each([
    ['NGN', 150_000n, 150_000],
    ['KWD', 1_500n, 1_500],
    ['JPY', 500n, 500],
    ['XOF', 500n, 50_000],
    ['UGX', 1n, 100],
  ] as const)('of %s: %d of ours is %d of theirs, both ways', (currency, ours, theirs) => {
    expect(toWire(ours, currency)).toBe(theirs)
    expect(fromWire(String(theirs), currency)).toBe(ours)
  })

  test.each([
    ['50', 'XOF'],
    ['100.0', 'NGN'],
    ['-100', 'NGN'],
    ['1e2', 'NGN'],
    ['', 'NGN'],
    ['9'.repeat(19), 'NGN'],
    ['9007199254740992', 'NGN'],
    ['100', 'ngn'],
    ['100', 'GHS'],
    ['100', 'constructor'],
  ])('%j of %s are no whole number of our units', (digits, currency) => {
    expect(fromWire(digits, currency)).toBeUndefined()
  })

  test.each([
    [100n, 'GHS'],
    [-1n, 'NGN'],
    [9_007_199_254_740_992n, 'NGN'],
    [90_071_992_547_410n, 'XOF'],
  ] as const)('%d of %s are never sent', (amount, currency) => {
    expect(() => toWire(amount, currency)).toThrow(RangeError)
  })
})

describe('a call', () => {
  test('carries the secret key as a Bearer token, and JSON without what is undefined', () => {
    const credentials = { secret_key: 'sk_test_8f2b6d0a4c1e9753' }
    const headers = { authorization: 'Bearer sk_test_8f2b6d0a4c1e9753', accept: 'application/json' }
    expect(getJson('/v1/balance', credentials)).toEqual({ method: 'GET', path: '/v1/balance', headers })
    expect(postJson('/v1/refunds', { amount: 7, reason: undefined }, credentials)).toEqual({
      method: 'POST',
      path: '/v1/refunds',
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{"amount":7}',
    })
  })

  test.each([{}, { secret_key: '' }])('is never built in nobody’s name: %j', (credentials) => {
    expect(() => getJson('/v1/balance', credentials)).toThrow(TypeError)
    expect(() => postJson('/v1/refunds', {}, credentials)).toThrow(TypeError)
  })
})
