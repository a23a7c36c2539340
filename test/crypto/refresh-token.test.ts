import { describe, expect, test } from 'vitest'
import { newApiKey } from '../../src/crypto/api-key.ts'
import { hashRefreshToken, newRefreshToken } from '../../src/crypto/refresh-token.ts'
import { seededRandom } from '../support/random.ts'

describe('a refresh token', () => {
  // Computed in Python, with zlib.crc32 and hashlib, for the bytes 00…1f.
  test('has 256 bits in base 62, a checksum and a hash', async () => {
    const token = 'pbr_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf367QIH'
    const hash = '349af3a7128749d2e460ee505f4b749cc207d6965b106cd237d543c1ce111628'
    const counting = (length: number) => Uint8Array.from({ length }, (_, index) => index)
    expect(await newRefreshToken(counting)).toEqual({ token, hash })
    expect(await hashRefreshToken(token)).toBe(hash)
  })

  test('has no hash when it is altered, or is something else', async () => {
    const random = seededRandom(5)
    const { token } = await newRefreshToken(random.bytes)
    const { key } = await newApiKey('live', random.bytes)
    for (const other of [
      token.slice(1),
      `${token}0`,
      token.replace('pbr_', 'pb_live_'),
      token.toLowerCase(),
      key,
      '',
    ]) {
      expect(await hashRefreshToken(other)).toBeUndefined()
    }
  })
})
