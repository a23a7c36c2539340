import { describe, expect, test } from 'vitest'
import {
  decodeBase64,
  decodeBase64Url,
  decodeHex,
  encodeBase64,
  encodeBase64Url,
  encodeHex,
  equalBytes,
  takeRandom,
  utf8,
  utf8Text,
} from '../../src/crypto/bytes.ts'
import { seededRandom } from '../support/random.ts'

describe('spellings of bytes', () => {
  // RFC 4648, section 10, and a pair that uses the last two characters of each alphabet.
  test.each([
    ['', '', '', ''],
    ['66', 'Zg==', 'Zg', 'f'],
    ['666f', 'Zm8=', 'Zm8', 'fo'],
    ['666f6f', 'Zm9v', 'Zm9v', 'foo'],
    ['666f6f62', 'Zm9vYg==', 'Zm9vYg', 'foob'],
    ['666f6f6261', 'Zm9vYmE=', 'Zm9vYmE', 'fooba'],
    ['666f6f626172', 'Zm9vYmFy', 'Zm9vYmFy', 'foobar'],
    ['3ebfc3bf', 'Pr/Dvw==', 'Pr_Dvw', undefined],
    ['fbefbe', '++++', '----', undefined],
  ])('%j in hexadecimal is %j in base64', (hex, base64, base64Url, text) => {
    const bytes = decodeHex(hex) ?? expect.fail()
    expect(encodeHex(bytes)).toBe(hex)
    expect(encodeBase64(bytes)).toBe(base64)
    expect(decodeBase64(base64)).toEqual(bytes)
    expect(encodeBase64Url(bytes)).toBe(base64Url)
    expect(decodeBase64Url(base64Url)).toEqual(bytes)
    if (text !== undefined) expect(utf8(text)).toEqual(bytes)
  })

  test('return any bytes unchanged', () => {
    const random = seededRandom(64)
    for (let length = 0; length < 100; length++) {
      const bytes = random.bytes(length)
      expect(decodeHex(encodeHex(bytes))).toEqual(bytes)
      expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes)
      expect(decodeBase64Url(encodeBase64Url(bytes))).toEqual(bytes)
    }
  })

  test.each([
    ['hexadecimal', decodeHex, ['6', '6G', '6F', '0x66', ' 66', '66\n']],
    ['base64', decodeBase64, ['Zg', 'Zg=', 'Zh==', 'Zg==\n', ' Zg==', 'Z===', 'Pr_Dvw==', '====', 'Zg==Zg==']],
    ['base64 for URLs', decodeBase64Url, ['Zg==', 'Zh', 'Z', 'Pr/Dvw', 'Zg\n', '.']],
  ])('in %s have one form', (_name, decode, texts) => {
    expect(texts.filter((text) => decode(text) !== undefined)).toEqual([])
  })

  test('keep a byte order mark, and refuse what is not UTF-8', () => {
    expect(utf8Text(utf8('\u{feff}né 🧾'))).toBe('\u{feff}né 🧾')
    expect(() => utf8Text(Uint8Array.of(0xc3, 0x28))).toThrow(TypeError)
  })
})

describe('equalBytes', () => {
  test('finds a difference of one bit anywhere', () => {
    const bytes = seededRandom(7).bytes(40)
    expect(equalBytes(bytes, bytes.slice())).toBe(true)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const other = bytes.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
      expect(equalBytes(bytes, other)).toBe(false)
    }
  })

  test('takes a beginning for a different value', () => {
    expect(equalBytes(utf8('secret'), utf8('secre'))).toBe(false)
    expect(equalBytes(utf8('secre'), utf8('secret'))).toBe(false)
    expect(equalBytes(utf8(''), utf8('secret'))).toBe(false)
  })
})

test.each([0, 31, 33])('a source that gives %d random bytes for 32 is refused', (length) => {
  expect(() => takeRandom(() => new Uint8Array(length), 32)).toThrow(RangeError)
})
