/** Refresh tokens: opaque, used once, known to us by their hash alone. Whether one was used is the database's to say. */

import type { Random } from '../domain/ids.ts'
import { isPrefixedSecret, newPrefixedSecret } from './prefixed-secret.ts'
import { sha256Hex } from './sha256.ts'

const PREFIX = 'pbr_'

/** A token to hand out and the hash to keep: lower-case hexadecimal SHA-256 of the whole token. */
export async function newRefreshToken(random: Random): Promise<{ token: string; hash: string }> {
  const token = newPrefixedSecret(PREFIX, random)
  return { token, hash: await sha256Hex(token) }
}

/** The hash to look a token up by; undefined when its form or checksum is wrong. */
export async function hashRefreshToken(token: string): Promise<string | undefined> {
  return isPrefixedSecret(PREFIX, token) ? sha256Hex(token) : undefined
}
