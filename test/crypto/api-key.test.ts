import { describe, expect, test } from 'vitest'
import { newApiKey, parseApiKey } from '../../src/crypto/api-key.ts'
import { encodeBase62 } from '../../src/crypto/base62.ts'
import { utf8 } from '../../src/crypto/bytes.ts'
import { crc32 } from '../../src/crypto/crc32.ts'
import { newPrefixedSecret } from '../../src/crypto/prefixed-secret.ts'
import { seededRandom } from '../support/random.ts'

const counting = (length: number) => Uint8Array.from({ length }, (_, index) => index)
const BASE62 = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz']

// Computed in Python, with zlib.crc32 and hashlib, for the bytes 00…1f.
const VECTORS = [
  {
    mode: 'test',
    key: 'pb_test_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf2sOr5a',
    hash: 'b645c61a73f4dbdd776451523a1b6edd99626c3c11d65c8889722655c19bf5dd',
    mask: 'pb_test_…Or5a',
  },
  {
    mode: 'live',
    key: 'pb_live_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf2QKNpO',
    hash: '0e5dda978bf6f913c9a469e49a08c23042f53194892d15493381ef182b10d6e6',
    mask: 'pb_live_…KNpO',
  },
] as const

describe('an API key', () => {
  test.each(VECTORS)('for $mode has 256 bits in base 62, a checksum, a hash and a mask', async ({ mode, ...made }) => {
    expect(await newApiKey(mode, counting)).toEqual(made)
  })

  test.each(VECTORS)('says its mode, $mode, and its hash', async ({ mode, key, hash }) => {
    expect(await parseApiKey(key)).toEqual({ mode, hash })
  })

  test('keeps every bit of the randomness', async () => {
    const { key } = await newApiKey('live', (length) => new Uint8Array(length).fill(0xff))
    expect(key.slice('pb_live_'.length, -6)).toBe('yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1')
  })

  test('is refused when any one character of it is altered', async () => {
    const random = seededRandom(62)
    const { key } = await newApiKey('test', random.bytes)
    for (let at = 0; at < key.length; at++) {
      const other = random.pick(BASE62.filter((character) => character !== key.charAt(at)))
      expect(await parseApiKey(key.slice(0, at) + other + key.slice(at + 1))).toBeUndefined()
    }
  })

  test.each<[string, (key: string) => string]>([
    ['of the other mode', (key) => key.replace('test', 'live')],
    ['of no mode', (key) => key.replace('pb_test_', '')],
    ['that was cut', (key) => key.slice(0, -1)],
    ['that was lengthened', (key) => `${key}0`],
    ['with a blank before it', (key) => ` ${key}`],
    ['with a line break after it', (key) => `${key}\n`],
    ['in capitals', (key) => key.toUpperCase()],
    ['that is a prefix alone', () => 'pb_test_'],
    ['that is empty', () => ''],
  ])('%s is refused', async (_what, alter) => {
    const { key } = await newApiKey('test', seededRandom(63).bytes)
    expect(await parseApiKey(alter(key))).toBeUndefined()
  })

  test.each(['pb_prod_', 'pb_live', 'pb_live_0', 'sk_live_'])(
    'with the prefix %s is refused, its checksum right or not',
    async (prefix) => {
      expect(await parseApiKey(newPrefixedSecret(prefix, seededRandom(64).bytes))).toBeUndefined()
    },
  )

  test('with a character outside base 62 is refused, its checksum right or not', async () => {
    const checked = `pb_test_${'-'.repeat(43)}`
    expect(await parseApiKey(checked + encodeBase62(BigInt(crc32(utf8(checked))), 6))).toBeUndefined()
  })

  test('is not made of too little randomness', async () => {
    await expect(newApiKey('live', () => new Uint8Array(16))).rejects.toThrow(RangeError)
  })
})

test('CRC-32 gives the check value of its catalogue, and 0 for nothing', () => {
  expect(crc32(utf8('123456789'))).toBe(0xcbf43926)
  expect(crc32(utf8(''))).toBe(0)
})

test('base 62 refuses a number that needs more digits, or is negative', () => {
  expect(encodeBase62(61n, 1)).toBe('z')
  expect(encodeBase62(62n, 3)).toBe('010')
  expect(() => encodeBase62(62n, 1)).toThrow(RangeError)
  expect(() => encodeBase62(-1n, 1)).toThrow(RangeError)
})
