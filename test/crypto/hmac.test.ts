import { describe, expect, test } from 'vitest'
import { decodeHex, encodeHex, utf8 } from '../../src/crypto/bytes.ts'
import { hmacSign, hmacVerify } from '../../src/crypto/hmac.ts'

const LONG_KEY = 'aa'.repeat(131)

/** RFC 4231, section 4; case 5 is about truncation, which nobody here does. Keys are in hexadecimal. */
const RFC_4231 = [
  {
    name: 'test case 1',
    key: '0b'.repeat(20),
    data: utf8('Hi There'),
    sha256: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    sha512:
      '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
  },
  {
    name: 'test case 2, a key shorter than the output',
    key: '4a656665',
    data: utf8('what do ya want for nothing?'),
    sha256: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    sha512:
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
  },
  {
    name: 'test case 3',
    key: 'aa'.repeat(20),
    data: new Uint8Array(50).fill(0xdd),
    sha256: '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
    sha512:
      'fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb',
  },
  {
    name: 'test case 4',
    key: '0102030405060708090a0b0c0d0e0f10111213141516171819',
    data: new Uint8Array(50).fill(0xcd),
    sha256: '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
    sha512:
      'b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd',
  },
  {
    name: 'test case 6, a key longer than a block',
    key: LONG_KEY,
    data: utf8('Test Using Larger Than Block-Size Key - Hash Key First'),
    sha256: '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    sha512:
      '80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598',
  },
  {
    name: 'test case 7, key and data longer than a block',
    key: LONG_KEY,
    data: utf8(
      'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
    ),
    sha256: '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
    sha512:
      'e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58',
  },
]
const VECTORS = RFC_4231.flatMap(({ name, key, data, sha256, sha512 }) => [
  { name, hash: 'SHA-256' as const, key, data, signature: sha256 },
  { name, hash: 'SHA-512' as const, key, data, signature: sha512 },
])
const bytesOf = (hex: string) => decodeHex(hex) ?? expect.fail()

describe('HMAC', () => {
  test.each(VECTORS)('$hash signs and verifies RFC 4231, $name', async ({ hash, key, data, signature }) => {
    expect(encodeHex(await hmacSign(hash, bytesOf(key), data))).toBe(signature)
    expect(await hmacVerify(hash, bytesOf(key), data, bytesOf(signature))).toBe(true)
  })

  const secret = utf8('sk_test_secret')
  const body = utf8('{"event":"charge.success"}')

  test('refuses another secret, other data, another hash and a signature that was altered or cut', async () => {
    const signature = await hmacSign('SHA-512', secret, body)
    const altered = signature.with(63, (signature[63] ?? 0) ^ 1)
    expect(await hmacVerify('SHA-512', utf8('sk_test_secreu'), body, signature)).toBe(false)
    expect(await hmacVerify('SHA-512', secret, utf8('{"event":"charge.success" }'), signature)).toBe(false)
    expect(await hmacVerify('SHA-256', secret, body, signature)).toBe(false)
    expect(await hmacVerify('SHA-512', secret, body, altered)).toBe(false)
    expect(await hmacVerify('SHA-512', secret, body, signature.slice(0, 32))).toBe(false)
    expect(await hmacVerify('SHA-512', secret, body, new Uint8Array())).toBe(false)
  })

  test('neither signs nor verifies with an empty secret', async () => {
    await expect(hmacSign('SHA-256', new Uint8Array(), body)).rejects.toThrow(TypeError)
    await expect(hmacVerify('SHA-256', new Uint8Array(), body, new Uint8Array(32))).rejects.toThrow(TypeError)
  })
})
