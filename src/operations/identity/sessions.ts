/**
 * Sessions of people: begun with a password, carried on with refresh tokens that are used once, ended by logging out or
 * by a token that comes twice.
 */

import * as z from 'zod'
import { ACCESS_TOKEN_TTL_SECONDS, type AccessClaims, signAccessToken } from '../../crypto/access-token.ts'
import { dummyPasswordHash, hashPassword, verifyPassword } from '../../crypto/password.ts'
import { hashRefreshToken } from '../../crypto/refresh-token.ts'
import { beginSignIn, endSession, finishSignIn, rotateRefreshToken } from '../../db/statements/identity.ts'
import { type Id, type IdPrefix, isId, newId } from '../../domain/ids.ts'
import { LIMITS } from '../../domain/limits.ts'
import { done, type Outcome, refused } from '../../domain/problem.ts'
import type { Answer } from '../claimed.ts'
import { type IdentityDeps, nameRequest, refreshTokenFor, type Visitor } from './visitor.ts'

export interface Password {
  /** Lower case. */
  email: string
  password: string
}

/**
 * Two round trips with the slow hash between them; one where the password is wrong or there is no such person: both are
 * counted, hashed and answered alike. Refuses `sign_in_limited` and `sign_in_refused`.
 */
export async function signIn(deps: IdentityDeps, visitor: Visitor, input: Password): Promise<Outcome<Answer>> {
  const { db } = deps.api
  const now = deps.clock.now()
  const request = await nameRequest(deps, visitor)
  const counted = await deps.api.run(undefined, [beginSignIn(db, now, input.email, visitor.ipAddress, request)])
  if (!counted.ok) return counted
  const { retry_after: retryAfter, account } = Begun.parse(counted.rows[0][0]?.answer)
  if (retryAfter !== null) return refused('sign_in_limited', { retryAfter })

  const check = await verifyPassword(input.password, account?.password_hash ?? dummyPasswordHash)
  if (account === null || !check.ok) return refused('sign_in_refused')

  const sessionId = account.session_id ?? newId('ses', now.getTime(), deps.random)
  const claims = { userId: account.user_id, merchantId: account.merchant_id, sessionId }
  const refresh = await refreshTokenFor(deps, visitor, sessionId)
  const answer = await tokenPair(deps, claims, refresh.token, account.session_id !== null)
  if (answer.replayed) return done(answer)

  const rehashed = check.needsRehash ? await hashPassword(input.password, deps.random) : undefined
  const expiresAt = new Date(now.getTime() + LIMITS.sessionSeconds * 1000)
  const session = { ...claims, id: sessionId, startedBy: request ?? null, expiresAt }
  const batch = await deps.api.run(undefined, [finishSignIn(db, now, session, refresh.hash, rehashed, visitor)])
  return batch.ok ? done(answer) : batch
}

/**
 * Trades a refresh token for the next pair. One round trip.
 * Refuses `refresh_token_invalid`, and `refresh_token_reused`, which ends the session and all that came of it.
 */
export async function refreshSession(deps: IdentityDeps, visitor: Visitor, token: string): Promise<Outcome<Answer>> {
  const presentedHash = await hashRefreshToken(token)
  if (presentedHash === undefined) return refused('refresh_token_invalid')
  const { db } = deps.api
  const next = await refreshTokenFor(deps, visitor, presentedHash)
  const batch = await deps.api.run(undefined, [
    rotateRefreshToken(db, deps.clock.now(), presentedHash, next.hash, visitor),
  ])
  if (!batch.ok) return batch
  const rotation = Rotation.parse(batch.rows[0][0]?.answer)
  switch (rotation.outcome) {
    case 'rotated':
    case 'repeated': {
      const { user_id: userId, merchant_id: merchantId, session_id: sessionId } = rotation
      return done(await tokenPair(deps, { userId, merchantId, sessionId }, next.token, rotation.outcome === 'repeated'))
    }
    case 'reused':
      return refused('refresh_token_reused')
    case 'ended':
    case 'unknown':
      return refused('refresh_token_invalid')
  }
}

/** Ends the session of a refresh token, its access tokens with it. One round trip; a token of no session is well too. */
export async function signOut(deps: IdentityDeps, visitor: Visitor, token: string): Promise<Outcome<Answer>> {
  const hash = await hashRefreshToken(token)
  if (hash !== undefined) {
    const batch = await deps.api.run(undefined, [endSession(deps.api.db, deps.clock.now(), hash, visitor)])
    if (!batch.ok) return batch
  }
  return done({ status: 200, body: {}, replayed: false })
}

async function tokenPair(
  deps: IdentityDeps,
  claims: AccessClaims,
  refresh: string,
  replayed: boolean,
): Promise<Answer> {
  const access = await signAccessToken(deps.tokens, claims, deps.clock.now().getTime())
  const body = { access, refresh, token_type: 'Bearer', expires_in: ACCESS_TOKEN_TTL_SECONDS }
  return { status: 200, body, replayed }
}

const IdOf = <P extends IdPrefix>(prefix: P) => z.custom<Id<P>>((id) => typeof id === 'string' && isId(prefix, id))

const Begun = z.object({
  retry_after: z.int().nullable(),
  account: z
    .object({
      user_id: IdOf('usr'),
      merchant_id: IdOf('mer'),
      password_hash: z.string(),
      session_id: IdOf('ses').nullable(),
    })
    .nullable(),
})

const holder = { session_id: IdOf('ses'), user_id: IdOf('usr'), merchant_id: IdOf('mer') }

const Rotation = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal(['rotated', 'repeated']), ...holder }),
  z.object({ outcome: z.literal(['reused', 'ended', 'unknown']) }),
])
