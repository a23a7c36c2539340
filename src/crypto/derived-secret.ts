/**
 * Secrets that need not be stored to be found again: the same text gives the same bytes, and only whoever holds the ring
 * can make them. Each purpose has bytes of its own.
 */

import { type Bytes, utf8 } from './bytes.ts'
import type { KeyRing } from './key-ring.ts'

/**
 * 32 bytes: the HMAC-SHA256 of purpose and text under the ring's current key. When the ring turns over, they change.
 * @param purpose a word that nothing else uses
 */
export async function deriveBytes(ring: KeyRing<'sign'>, purpose: string, text: string): Promise<Bytes> {
  // The colon keeps this apart from what the ring signs otherwise: a JWT is base64url and dots.
  const data = utf8(`derived:${purpose}:${text}`)
  return new Uint8Array(await crypto.subtle.sign('HMAC', await ring.current.load(), data))
}
