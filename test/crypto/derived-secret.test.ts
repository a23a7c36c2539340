/** What is derived is the same for the same text, and for nothing else. */

import { expect, test } from 'vitest'
import { encodeHex } from '../../src/crypto/bytes.ts'
import { deriveBytes } from '../../src/crypto/derived-secret.ts'
import { parseKeyRing } from '../../src/crypto/key-ring.ts'

const KEY = 'a:ICEiIyQlJicoKSorLC0uLzAxMjMrNTY3ODk6Ozw9Pj8='
const OTHER_KEY = 'b:QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8='

const derive = async (keys: string, purpose: string, text: string) =>
  encodeHex(await deriveBytes(parseKeyRing('sign', keys), purpose, text))

test('the bytes hang on the current key, the purpose and the text', async () => {
  const derived = await Promise.all([
    derive(KEY, 'tea', 'leaf'),
    derive(OTHER_KEY, 'tea', 'leaf'),
    derive(KEY, 'cup', 'leaf'),
    derive(KEY, 'tea', 'bag'),
  ])
  expect(new Set(derived).size).toBe(4)
  expect(await derive(`${KEY},${OTHER_KEY}`, 'tea', 'leaf')).toBe(derived[0])
  // Computed with Python's hmac over "derived:tea:leaf".
  expect(derived[0]).toBe('85e54385e1788d3ab7fb087a54653525461485bba62721eb29c6818bce07d158')
})
