/** SHA-256 of a text. Enough to store a secret of 256 random bits by; never a password. */

import { encodeHex, utf8 } from './bytes.ts'

/** The SHA-256 of the text's UTF-8, in lower-case hexadecimal. */
export async function sha256Hex(text: string): Promise<string> {
  return encodeHex(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(text))))
}
