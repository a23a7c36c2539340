/** What webhooks have in common: bytes that are JSON, and a header that proves them. */

import { decodeBase64, decodeHex, encodeHex, equalBytes, utf8, utf8Text } from '../../crypto/bytes.ts'
import { hmacVerify } from '../../crypto/hmac.ts'
import { sha256Hex } from '../../crypto/sha256.ts'
import type { WebhookCheck } from '../contract.ts'
import { parseExactJson } from './exact-json.ts'

const BYTES = { 'SHA-256': 32, 'SHA-512': 64 } as const

/**
 * Verifies a signature header that holds an HMAC in lower-case hexadecimal. In constant time.
 * @param message exactly the bytes that are signed: serialised again, they would not fit
 */
export async function verifyHexHmac(
  hash: keyof typeof BYTES,
  secret: string | undefined,
  message: Uint8Array<ArrayBuffer>,
  header: string | null,
): Promise<WebhookCheck> {
  const isOfForm = header !== null && header.length === BYTES[hash] * 2
  return verifyHmac(hash, secret, message, isOfForm ? decodeHex(header) : undefined)
}

/** As `verifyHexHmac`, of a header in base64 with padding. */
export async function verifyBase64Hmac(
  hash: keyof typeof BYTES,
  secret: string | undefined,
  message: Uint8Array<ArrayBuffer>,
  header: string | null,
): Promise<WebhookCheck> {
  const signature = decodeBase64(header ?? '')
  return verifyHmac(hash, secret, message, signature?.length === BYTES[hash] ? signature : undefined)
}

async function verifyHmac(
  hash: keyof typeof BYTES,
  secret: string | undefined,
  message: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer> | undefined,
): Promise<WebhookCheck> {
  if (signature === undefined) return 'missing'
  // No key, no proof: an empty one would let anybody sign.
  if (secret === undefined || secret === '') return 'wrong'
  return (await hmacVerify(hash, utf8(secret), message, signature)) ? 'valid' : 'wrong'
}

/**
 * Verifies a header that is the secret itself, as some providers send it. In constant time: digests are compared, whose
 * lengths tell nothing of the secret's.
 */
export async function verifySharedSecret(secret: string | undefined, header: string | null): Promise<WebhookCheck> {
  if (!header) return 'missing'
  if (!secret) return 'wrong'
  return equalBytes(utf8(await sha256Hex(header)), utf8(await sha256Hex(secret))) ? 'valid' : 'wrong'
}

/** The body as JSON; undefined where it is none. */
export function readJson(body: Uint8Array): unknown {
  try {
    return parseExactJson(utf8Text(body))
  } catch {
    return undefined
  }
}

/** What stands for an event that has no id: equal bodies are one event, which is harmless, for an event only makes us ask. */
export async function bodyHash(body: Uint8Array<ArrayBuffer>): Promise<string> {
  return `sha256:${encodeHex(new Uint8Array(await crypto.subtle.digest('SHA-256', body)))}`
}
