/** Values that nobody should send, and ways to put them into what is well-formed. */

import fc from 'fast-check'
import { utf8 } from '../../src/crypto/bytes.ts'

export const JUNK_TEXTS: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'x\udfff',
  '\u202egnp.exe',
  '\u2066\u200b\ufeff',
  '\u{1f4b8}'.repeat(200),
  'e\u0301',
  'x'.repeat(10_000),
  '__proto__',
  'constructor',
  'toString',
  'NaN',
  'Infinity',
  '-1',
  '0',
  '1',
  '1e3',
  '0x10',
  '1.5',
  '9007199254740993',
  '99999999999999999999999999',
  'null',
  'undefined',
  'true',
  '[]',
  "'; drop table transactions; --",
  '$1',
  '%',
  '%00',
  '%ff%fe',
  '../../etc/passwd',
  '2026-02-30T00:00:00Z',
  '0000-01-01T00:00:00.000Z',
  '9999-12-31T23:59:59.999Z',
  '+275760-09-13T00:00:00.001Z',
  'javascript:alert(1)',
  'https://user:pass@localhost:1/',
  'http://[::1',
  'con_01kav3q2m8x4c5d6e7f8g9h0jk',
  'CON_01KAV3Q2M8X4C5D6E7F8G9H0JK',
  'txn_81kav3q2m8x4c5d6e7f8g9h0jk',
]

const JUNK_NUMBERS: readonly number[] = [
  0,
  -0,
  -1,
  0.1,
  1.5,
  1e21,
  1e308,
  -1e308,
  5e-324,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 53 + 2,
  2 ** 63,
  -(2 ** 63),
  2 ** 64,
]

export const junkText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...JUNK_TEXTS),
  fc.string({ unit: 'binary', maxLength: 30 }),
)

const shallow: fc.Arbitrary<unknown> = fc.oneof(
  junkText,
  fc.constantFrom(...JUNK_NUMBERS),
  fc.constantFrom<unknown>(null, true, false, [], {}, [null], [[]], { a: {} }),
  fc.constantFrom(5, 19, 25).map(nested),
)

/** Any JSON value, the odder the better. */
export const junk: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: shallow },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('__proto__', 'constructor', 'id', 'a', ''), shallow) },
  { weight: 1, arbitrary: fc.array(shallow, { maxLength: 5 }) },
)

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

/** A place in a JSON value: a number for each level, which picks one of its members; the end stays above the leaves. */
export const place = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 6 })

/** How a JSON value may be broken at a place. */
export type Break =
  | { kind: 'replace'; at: readonly number[]; by: unknown }
  | { kind: 'remove'; at: readonly number[] }
  | { kind: 'add'; at: readonly number[]; name: string; value: unknown }
  /** A number gets its text, a text its number, and what is neither a list around it. */
  | { kind: 'retype'; at: readonly number[] }
  /** A text gets this in its middle, and is otherwise as it was. */
  | { kind: 'infect'; at: readonly number[]; by: string }

/** What no database keeps, what no parser expects, and what is fine and looks as if it weren't. */
const INFECTIONS = ['\0', '\ud800', '\udc00', '\u202e', '\u2028', '\ufeff', '"', "'", '\\', '%00', '\n', '\u{1f4b8}']

const FIELD_NAMES = ['__proto__', 'constructor', 'hasOwnProperty', 'id', 'status', 'amount', 'merchant_id', 'x', '']

export const jsonBreak: fc.Arbitrary<Break> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('replace' as const), at: place, by: junk }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('infect' as const), at: place, by: fc.constantFrom(...INFECTIONS) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('retype' as const), at: place }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      at: place,
      name: fc.constantFrom(...FIELD_NAMES),
      value: junk,
    }),
  },
)

/** A copy of the value, broken so. Prototype names become fields of their own, as in `JSON.parse`. */
export function broken(value: unknown, by: Break): unknown {
  const [pick, ...deeper] = by.at
  if (pick === undefined || typeof value !== 'object' || value === null) return brokenHere(value, by)
  const entries = Object.entries(value)
  if (by.kind === 'add' && deeper.length === 0) return rebuilt(value, [...entries, [by.name, by.value]])
  const chosen = pick % Math.max(entries.length, 1)
  const [, member] = entries[chosen] ?? []
  const isLeaf = typeof member !== 'object' || member === null
  if (by.kind === 'remove' && (isLeaf || deeper.length === 0)) {
    return rebuilt(
      value,
      entries.filter((_, index) => index !== chosen),
    )
  }
  return rebuilt(
    value,
    entries.map(([name, old], index) => [name, index === chosen ? broken(old, { ...by, at: deeper }) : old]),
  )
}

function brokenHere(value: unknown, by: Break): unknown {
  switch (by.kind) {
    case 'replace':
      return by.by
    case 'add':
      return { [by.name]: by.value }
    case 'remove':
      return null
    case 'infect': {
      if (typeof value !== 'string') return value
      const middle = Math.floor(value.length / 2)
      return value.slice(0, middle) + by.by + value.slice(middle)
    }
    case 'retype':
      if (typeof value === 'number') return String(value)
      return typeof value === 'string' && value !== '' && Number.isFinite(Number(value)) ? Number(value) : [value]
  }
}

function rebuilt(value: object, entries: readonly [string, unknown][]): unknown {
  if (Array.isArray(value)) return entries.map(([, member]) => member)
  const made: Record<string, unknown> = {}
  for (const [name, member] of entries) {
    Object.defineProperty(made, name, { value: member, enumerable: true, configurable: true, writable: true })
  }
  return made
}

/** How the bytes of a body may be broken. */
export type RawBreak = {
  kind: 'flip' | 'cut' | 'double_key' | 'bom' | 'utf16' | 'bad_utf8' | 'tail' | 'latin1'
  at: number
}

export const rawBreak: fc.Arbitrary<RawBreak> = fc.record({
  kind: fc.constantFrom('flip', 'cut', 'double_key', 'bom', 'utf16', 'bad_utf8', 'tail', 'latin1'),
  at: fc.nat(100_000),
})

export function brokenBytes(bytes: Uint8Array<ArrayBuffer>, { kind, at }: RawBreak): Uint8Array<ArrayBuffer> {
  const where = at % (bytes.length + 1)
  const text = () => new TextDecoder().decode(bytes)
  switch (kind) {
    case 'flip':
      return bytes.map((byte, index) => (index === where ? byte ^ (1 << (at % 8)) : byte))
    case 'cut':
      return bytes.slice(0, where)
    case 'double_key':
      return utf8(text().replace(/^\{("(?:[^"\\]|\\.)*":)/, '{$1[1],$1'))
    case 'bom':
      return utf8(`\ufeff${text()}`)
    case 'utf16':
      return Uint8Array.from([...text()].flatMap((char) => [char.charCodeAt(0) & 255, char.charCodeAt(0) >> 8]))
    case 'bad_utf8':
      return Uint8Array.from([...bytes.slice(0, where), 0xc3, 0x28, 0xed, 0xa0, 0x80, ...bytes.slice(where)])
    case 'tail':
      return utf8(`${text()},{}`)
    case 'latin1':
      return Uint8Array.from([...text()].map((char) => char.charCodeAt(0) & 255))
  }
}
