/**
 * Bytes and their spellings. Decoding is strict: only the text that encoding would have written is accepted, so that one
 * value has one spelling and nothing slips past a comparison of texts.
 */

import type { Random } from '../domain/ids.ts'

/** Bytes over a plain ArrayBuffer, which is what Web Crypto takes. */
export type Bytes = Uint8Array<ArrayBuffer>

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text in UTF-8. */
export function utf8(text: string): Bytes {
  return new Uint8Array(encoder.encode(text))
}

/**
 * The text that these bytes are in UTF-8.
 * @throws TypeError when they are not UTF-8
 */
export function utf8Text(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** Lower-case hexadecimal. */
export function encodeHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** The bytes of lower-case hexadecimal; undefined for anything else, upper case included. */
export function decodeHex(text: string): Bytes | undefined {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) return undefined
  return Uint8Array.from({ length: text.length / 2 }, (_, index) =>
    Number.parseInt(text.slice(index * 2, index * 2 + 2), 16),
  )
}

/** Base64 with padding (RFC 4648, section 4). */
export function encodeBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
}

/** The bytes of base64 with padding; undefined for anything else: blanks, missing padding, stray last bits. */
export function decodeBase64(text: string): Bytes | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  return encodeBase64(bytes) === text ? bytes : undefined
}

/** Base64 for URLs, without padding (RFC 4648, section 5). */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** The bytes of base64 for URLs without padding; undefined for anything else. */
export function decodeBase64Url(text: string): Bytes | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined
  const standard = text.replaceAll('-', '+').replaceAll('_', '/')
  return decodeBase64(standard.padEnd(Math.ceil(text.length / 4) * 4, '='))
}

/** Whether the bytes are the same, in a time that depends on their lengths alone. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  return a.reduce((difference, byte, index) => difference | (byte ^ (b[index] ?? 0)), 0) === 0
}

/**
 * Asks for random bytes and insists on the number.
 * @throws RangeError when the source gives fewer or more: a short key must never be made
 */
export function takeRandom(random: Random, length: number): Bytes {
  const bytes = new Uint8Array(random(length))
  if (bytes.length !== length) throw new RangeError(`the random source gave ${bytes.length} bytes, not ${length}`)
  return bytes
}
