/**
 * Secrets that are shown once and kept by their holder: a prefix that says what leaked, 256 random bits and a checksum,
 * so that a scanner knows one from a random word, and so do we without asking the database.
 */

import type { Random } from '../domain/ids.ts'
import { encodeBase62 } from './base62.ts'
import { encodeHex, takeRandom, utf8 } from './bytes.ts'
import { crc32 } from './crc32.ts'

const SECRET_BYTES = 32
// The least digits of base 62 that hold 256 bits, and 32.
const SECRET_DIGITS = 43
const CHECKSUM_DIGITS = 6
const BODY = new RegExp(`^[0-9A-Za-z]{${SECRET_DIGITS + CHECKSUM_DIGITS}}$`)

/** `<prefix><43 digits><6 digits>`; the checksum covers the prefix as well. */
export function newPrefixedSecret(prefix: string, random: Random): string {
  const number = BigInt(`0x${encodeHex(takeRandom(random, SECRET_BYTES))}`)
  const checked = prefix + encodeBase62(number, SECRET_DIGITS)
  return checked + checksum(checked)
}

/** Whether the text has the form of such a secret and its checksum. Says nothing of whether it was ever issued. */
export function isPrefixedSecret(prefix: string, text: string): boolean {
  if (!text.startsWith(prefix) || !BODY.test(text.slice(prefix.length))) return false
  return text.slice(-CHECKSUM_DIGITS) === checksum(text.slice(0, -CHECKSUM_DIGITS))
}

const checksum = (text: string): string => encodeBase62(BigInt(crc32(utf8(text))), CHECKSUM_DIGITS)
