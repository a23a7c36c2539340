import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import {
  ACCESS_TOKEN_TTL_SECONDS,
  type AccessTokenRefusal,
  signAccessToken,
  verifyAccessToken,
} from '../../src/crypto/access-token.ts'
import { encodeBase64, encodeBase64Url, utf8 } from '../../src/crypto/bytes.ts'
import { parseKeyRing } from '../../src/crypto/key-ring.ts'
import { newId } from '../../src/domain/ids.ts'
import { seededRandom } from '../support/random.ts'

const random = seededRandom(9068)
const NOW_MS = Date.UTC(2026, 9, 1, 12, 0, 0, 250)
const NOW_SECONDS = Math.floor(NOW_MS / 1000)
const secret = random.bytes(32)
const laterSecret = random.bytes(32)
const ring = parseKeyRing('sign', `k1:${encodeBase64(secret)}`)
const turnedRing = parseKeyRing('sign', `k2:${encodeBase64(laterSecret)},k1:${encodeBase64(secret)}`)
const claims = {
  userId: newId('usr', NOW_MS, random.bytes),
  sessionId: newId('ses', NOW_MS, random.bytes),
  merchantId: newId('mer', NOW_MS, random.bytes),
}
const HEADER = { alg: 'HS256', kid: 'k1', typ: 'at+jwt' }
const PAYLOAD = {
  sub: claims.userId,
  sid: claims.sessionId,
  mid: claims.merchantId,
  iss: 'paybridge',
  aud: 'paybridge-api',
  iat: NOW_SECONDS,
  exp: NOW_SECONDS + 900,
}

/** A token that some other program made. */
const forge = (header: object, payload: object, key = secret) =>
  new SignJWT({ ...PAYLOAD, ...payload }).setProtectedHeader({ ...HEADER, ...header }).sign(key)
const part = (value: object) => encodeBase64Url(utf8(JSON.stringify(value)))
const decodePart = (token: string, index: number): unknown => JSON.parse(atob(token.split('.')[index] ?? ''))

describe('an access token', () => {
  test('says who speaks, for a quarter of an hour', async () => {
    const token = await signAccessToken(ring, claims, NOW_MS)
    expect(decodePart(token, 0)).toEqual(HEADER)
    expect(decodePart(token, 1)).toEqual(PAYLOAD)
    expect(await verifyAccessToken(ring, token, NOW_MS)).toEqual({ ok: true, claims })
  })

  test('ends to the second', async () => {
    const token = await signAccessToken(ring, claims, NOW_MS)
    const endMs = (NOW_SECONDS + ACCESS_TOKEN_TTL_SECONDS) * 1000
    expect(await verifyAccessToken(ring, token, endMs - 1)).toEqual({ ok: true, claims })
    expect(await verifyAccessToken(ring, token, endMs)).toEqual({ ok: false, reason: 'expired' })
  })

  test('of the older key is good while the ring turns over', async () => {
    const older = await signAccessToken(ring, claims, NOW_MS)
    const current = await signAccessToken(turnedRing, claims, NOW_MS)
    expect(await verifyAccessToken(turnedRing, older, NOW_MS)).toEqual({ ok: true, claims })
    expect(decodePart(current, 0)).toMatchObject({ kid: 'k2' })
    expect(await verifyAccessToken(ring, current, NOW_MS)).toEqual({ ok: false, reason: 'unknown_key' })
  })

  test.each<[string, AccessTokenRefusal, () => Promise<string> | string]>([
    ['without an algorithm', 'wrong_algorithm', () => `${part({ ...HEADER, alg: 'none' })}.${part(PAYLOAD)}.`],
    ['with another HMAC', 'wrong_algorithm', () => forge({ alg: 'HS512' }, {}, random.bytes(64))],
    ['that claims RSA', 'wrong_algorithm', () => `${part({ ...HEADER, alg: 'RS256' })}.${part(PAYLOAD)}.AAAA`],
    ['with an unknown key', 'unknown_key', () => forge({ kid: 'k9' }, {})],
    ['that names no key', 'unknown_key', () => forge({ kid: undefined }, {})],
    ['signed by somebody else', 'bad_signature', () => forge({}, {}, random.bytes(32))],
    ['signed by nobody', 'bad_signature', () => `${part(HEADER)}.${part(PAYLOAD)}.`],
    ['of another type', 'wrong_claims', () => forge({ typ: 'JWT' }, {})],
    ['of no type', 'wrong_claims', () => forge({ typ: undefined }, {})],
    ['from another issuer', 'wrong_claims', () => forge({}, { iss: 'paybridge.example' })],
    ['for another audience', 'wrong_claims', () => forge({}, { aud: 'paybridge-admin' })],
    ['that never ends', 'wrong_claims', () => forge({}, { exp: undefined })],
    ['not yet good', 'wrong_claims', () => forge({}, { nbf: NOW_SECONDS + 1 })],
    ['without a user', 'wrong_claims', () => forge({}, { sub: undefined })],
    ['without a session', 'wrong_claims', () => forge({}, { sid: undefined })],
    ['without a merchant', 'wrong_claims', () => forge({}, { mid: undefined })],
    ['whose merchant is a user', 'wrong_claims', () => forge({}, { mid: claims.userId })],
    ['with a list of merchants', 'wrong_claims', () => forge({}, { mid: [claims.merchantId] })],
    ['that ended', 'expired', () => forge({}, { exp: NOW_SECONDS })],
    ['of two parts', 'malformed', () => `${part(HEADER)}.${part(PAYLOAD)}`],
    ['of no JSON', 'malformed', () => 'e30x.e30x.e30x'],
    ['of words', 'malformed', () => 'pb_test_key'],
    ['of nothing', 'malformed', () => ''],
  ])('%s is refused: %s', async (_what, reason, make) => {
    expect(await verifyAccessToken(ring, await make(), NOW_MS)).toEqual({ ok: false, reason })
  })

  test('is refused once its claims are exchanged', async () => {
    const [header, , signature] = (await signAccessToken(ring, claims, NOW_MS)).split('.')
    const altered = part({ ...PAYLOAD, mid: newId('mer', NOW_MS, random.bytes) })
    expect(await verifyAccessToken(ring, `${header}.${altered}.${signature}`, NOW_MS)).toEqual({
      ok: false,
      reason: 'bad_signature',
    })
  })
})
