/**
 * Access tokens: short-lived JWTs (RFC 9068 in shape) that say which session speaks. They prove who asked, not that the
 * session still stands: that is checked in the batch of the work itself.
 */

import { errors, jwtVerify, SignJWT } from 'jose'
import { type Id, type IdPrefix, parseId } from '../domain/ids.ts'
import type { KeyRing } from './key-ring.ts'

/** How long a token is good for: 15 minutes. */
export const ACCESS_TOKEN_TTL_SECONDS = 15 * 60

const ALGORITHM = 'HS256'
const TYPE = 'at+jwt'
const ISSUER = 'paybridge'
const AUDIENCE = 'paybridge-api'

/** Whom a token speaks for: the claims `sub`, `sid` and `mid`. */
export interface AccessClaims {
  readonly userId: Id<'usr'>
  readonly sessionId: Id<'ses'>
  readonly merchantId: Id<'mer'>
}

/**
 * Why a token is refused. `wrong_algorithm`: anything but HS256, `none` included. `unknown_key`: no such `kid` in the
 * ring. `wrong_claims`: signed by us, but for another purpose, or with claims missing.
 */
export type AccessTokenRefusal =
  | 'malformed'
  | 'wrong_algorithm'
  | 'unknown_key'
  | 'bad_signature'
  | 'expired'
  | 'wrong_claims'

export type AccessTokenCheck =
  | { readonly ok: true; readonly claims: AccessClaims }
  | { readonly ok: false; readonly reason: AccessTokenRefusal }

/** Signs a token under the ring's current key, good from `nowMs` for `ACCESS_TOKEN_TTL_SECONDS`. */
export async function signAccessToken(ring: KeyRing<'sign'>, claims: AccessClaims, nowMs: number): Promise<string> {
  const issuedAtSeconds = Math.floor(nowMs / 1000)
  return new SignJWT({ sid: claims.sessionId, mid: claims.merchantId })
    .setProtectedHeader({ alg: ALGORITHM, kid: ring.current.id, typ: TYPE })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(claims.userId)
    .setIssuedAt(issuedAtSeconds)
    .setExpirationTime(issuedAtSeconds + ACCESS_TOKEN_TTL_SECONDS)
    .sign(await ring.current.load())
}

/** Reads a token: signature first, then time and purpose. No leeway: whoever signs and whoever verifies share a clock. */
export async function verifyAccessToken(
  ring: KeyRing<'sign'>,
  token: string,
  nowMs: number,
): Promise<AccessTokenCheck> {
  try {
    const { payload } = await jwtVerify(token, ({ kid }) => loadKey(ring, kid), {
      algorithms: [ALGORITHM],
      typ: TYPE,
      issuer: ISSUER,
      audience: AUDIENCE,
      requiredClaims: ['iat', 'exp'],
      currentDate: new Date(nowMs),
    })
    const claims = parseClaims(payload)
    return claims === undefined ? { ok: false, reason: 'wrong_claims' } : { ok: true, claims }
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error
    return { ok: false, reason: refusalOf(error) }
  }
}

async function loadKey(ring: KeyRing<'sign'>, kid: string | undefined): Promise<CryptoKey> {
  const key = kid === undefined ? undefined : ring.find(kid)
  if (key === undefined) throw new errors.JWKSNoMatchingKey()
  return key.load()
}

function parseClaims(payload: { sub?: unknown; sid?: unknown; mid?: unknown }): AccessClaims | undefined {
  const userId = parseIdClaim('usr', payload.sub)
  const sessionId = parseIdClaim('ses', payload.sid)
  const merchantId = parseIdClaim('mer', payload.mid)
  return userId && sessionId && merchantId ? { userId, sessionId, merchantId } : undefined
}

function parseIdClaim<Prefix extends IdPrefix>(prefix: Prefix, claim: unknown): Id<Prefix> | undefined {
  return typeof claim === 'string' ? parseId(prefix, claim) : undefined
}

function refusalOf(error: errors.JOSEError): AccessTokenRefusal {
  if (error instanceof errors.JOSEAlgNotAllowed) return 'wrong_algorithm'
  if (error instanceof errors.JWKSNoMatchingKey) return 'unknown_key'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'bad_signature'
  if (error instanceof errors.JWTExpired) return 'expired'
  if (error instanceof errors.JWTClaimValidationFailed) return 'wrong_claims'
  return 'malformed'
}
