import { describe, expect, expectTypeOf, test } from 'vitest'
import {
  attemptIdOf,
  firstIdAt,
  ID_PREFIXES,
  type Id,
  type IdPrefix,
  isId,
  newId,
  parseId,
  providerReference,
} from '../../src/domain/ids.ts'
import { seededRandom } from '../support/random.ts'

const PREFIXES: IdPrefix[] = Object.values(ID_PREFIXES)
const constant = (byte: number) => (length: number) => new Uint8Array(length).fill(byte)
const NOW_MS = Date.UTC(2026, 9, 1)

describe('an id', () => {
  // The times are those of the ULID specification and of its reference implementation's tests.
  test.each([
    [0, 0x00, 'txn_00000000000000000000000000'],
    [1_469_918_176_385, 0x00, 'txn_01aryz6s410000000000000000'],
    [1_469_918_176_385, 0xff, 'txn_01aryz6s41zzzzzzzzzzzzzzzz'],
    [2 ** 48 - 1, 0xff, 'txn_7zzzzzzzzzzzzzzzzzzzzzzzzz'],
  ])('is a ULID in lower case behind its prefix: %d ms and bytes of %d', (nowMs, byte, id) => {
    expect(newId('txn', nowMs, constant(byte))).toBe(id)
  })

  test('has the random bytes in order', () => {
    const random = () => Uint8Array.of(0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf)
    expect(newId('evt', 0, random)).toBe('evt_00000000000123456789abcdef')
  })

  test('of a time lies at or after the first of that time, and before the first of the next', () => {
    for (const nowMs of [0, 1, 31, 32, NOW_MS, 2 ** 48 - 2]) {
      for (const id of [newId('txn', nowMs, constant(0x00)), newId('txn', nowMs, constant(0xff))]) {
        expect(id >= firstIdAt('txn', nowMs)).toBe(true)
        expect(id < firstIdAt('txn', nowMs + 1)).toBe(true)
      }
    }
  })

  test('of any time lies after the first of a time before all, and before that of one after all', () => {
    expect(firstIdAt('txn', -1)).toBe('txn_0000000000')
    expect(firstIdAt('txn', Date.UTC(9999, 11, 31))).toBe('txn_76ez6fk000')
    expect(firstIdAt('txn', Number.MAX_SAFE_INTEGER)).toBe('txn_7zzzzzzzzz')
  })

  test('is recognised under its own prefix and under no other', () => {
    const random = seededRandom(1)
    for (const prefix of PREFIXES) {
      const id = newId(prefix, NOW_MS, random.bytes)
      expect(PREFIXES.filter((other) => isId(other, id))).toEqual([prefix])
      expect(parseId(prefix, id)).toBe(id)
    }
  })

  test('is of a type of its own for each prefix', () => {
    expectTypeOf<Id<'txn'>>().not.toExtend<Id<'ref'>>()
    expectTypeOf<string>().not.toExtend<Id<'txn'>>()
    expectTypeOf<Id<'txn'>>().toExtend<string>()
  })

  test('sorts by the time at which it was made', () => {
    const random = seededRandom(2)
    const times = Array.from({ length: 500 }, () => NOW_MS + random.int(0, 10 ** random.int(0, 11))).sort(
      (a, b) => a - b,
    )
    const ids = [...new Set(times)].map((timeMs) => newId('pev', timeMs, random.bytes))
    expect([...ids].sort()).toEqual(ids)
  })

  test.each([-1, 0.5, 2 ** 48, Number.NaN, Number.POSITIVE_INFINITY])('is not made of the time %d', (nowMs) => {
    expect(() => newId('txn', nowMs, constant(1))).toThrow(RangeError)
  })

  test.each([0, 9, 11])('is not made of %d random bytes', (length) => {
    expect(() => newId('txn', NOW_MS, () => new Uint8Array(length))).toThrow(RangeError)
  })

  test.each([
    ['upper case', 'txn_01ARYZ6S410000000000000000'],
    ['a letter that reads as a digit', 'txn_01aryz6s41000000000000000l'],
    ['a letter left out of the alphabet', 'txn_01aryz6s41000000000000000u'],
    ['one character less', 'txn_01aryz6s41000000000000000'],
    ['one character more', 'txn_01aryz6s4100000000000000000'],
    ['more than 128 bits', 'txn_80000000000000000000000000'],
    ['a line break', 'txn_01aryz6s410000000000000000\n'],
    ['another separator', 'txn-01aryz6s410000000000000000'],
    ['no prefix', '01aryz6s410000000000000000'],
    ['a wildcard', 'txn_%'],
    ['nothing', ''],
  ])('is not recognised with %s', (_what, text) => {
    expect(isId('txn', text)).toBe(false)
    expect(parseId('txn', text)).toBeUndefined()
  })
})

describe("an attempt's reference at a provider", () => {
  const random = seededRandom(3)
  const attemptId = newId('att', NOW_MS, random.bytes)

  test('is short and of characters that every provider accepts', () => {
    expect(providerReference(attemptId)).toMatch(/^[A-Za-z0-9-]{1,40}$/)
  })

  test('leads back to the attempt', () => {
    expect(attemptIdOf(providerReference(attemptId))).toBe(attemptId)
  })

  test.each([
    attemptId,
    `pb_${attemptId.slice(4)}`,
    `PB-${attemptId.slice(4)}`,
    `pb-${attemptId.slice(4).toUpperCase()}`,
    `pb-${attemptId.slice(4)}_success_mock`,
    'pb-',
    '',
  ])('is not read from %s', (reference) => {
    expect(attemptIdOf(reference)).toBeUndefined()
  })
})
