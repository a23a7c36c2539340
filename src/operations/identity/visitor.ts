/**
 * Somebody who is not signed in. An Idempotency-Key of theirs is bound to the whole request, passwords and tokens
 * included: nobody else can name it, and nothing of the answer has to be kept to give it again.
 */

import { encodeHex } from '../../crypto/bytes.ts'
import { deriveBytes } from '../../crypto/derived-secret.ts'
import { newRefreshToken } from '../../crypto/refresh-token.ts'
import type { Id } from '../../domain/ids.ts'
import type { Deps } from '../deps.ts'

/** What is known of a visitor, and what the audit log keeps of them. */
export interface Visitor {
  ipAddress: string | undefined
  userAgent: string | undefined
  requestId: Id<'req'>
  /** The Idempotency-Key header; undefined where none was sent. */
  idempotencyKey: string | undefined
  /** A hash of what is asked. */
  requestHash: string
}

/** What these operations use of the outside. */
export type IdentityDeps = Pick<Deps, 'api' | 'tokens' | 'clock' | 'random'>

/** A name of this request and its repeats, safe to store; undefined where they can't be told apart. */
export async function nameRequest(deps: IdentityDeps, visitor: Visitor): Promise<string | undefined> {
  const repeat = repeatOf(visitor)
  return repeat && encodeHex(await deriveBytes(deps.tokens, 'request-name', repeat))
}

/**
 * A refresh token for the answer; the same one for every repeat of the request.
 * @param anchor what the token belongs to
 */
export async function refreshTokenFor(deps: IdentityDeps, visitor: Visitor, anchor: string) {
  const repeat = repeatOf(visitor)
  if (repeat === undefined) return newRefreshToken(deps.random)
  const bytes = await deriveBytes(deps.tokens, 'refresh-token', `${anchor}:${repeat}`)
  return newRefreshToken(() => bytes)
}

const repeatOf = ({ idempotencyKey, requestHash }: Visitor): string | undefined =>
  idempotencyKey === undefined ? undefined : `${requestHash}:${idempotencyKey}`
