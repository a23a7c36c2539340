/** HMAC (RFC 2104) with SHA-256 and SHA-512. There is no signing with an empty secret: anybody could do the same. */

import type { Bytes } from './bytes.ts'

/** The hash functions that providers and webhooks use, by their Web Crypto names. */
export type HmacHash = 'SHA-256' | 'SHA-512'

/**
 * The signature of the data: 32 bytes for SHA-256, 64 for SHA-512.
 * @throws TypeError when the secret is empty
 */
export async function hmacSign(hash: HmacHash, secret: Bytes, data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign('HMAC', await importSecret(hash, secret, 'sign'), data))
}

/**
 * Whether the signature is the data's, compared in constant time. A shortened signature is wrong.
 * @throws TypeError when the secret is empty
 */
export async function hmacVerify(hash: HmacHash, secret: Bytes, data: Bytes, signature: Bytes): Promise<boolean> {
  return crypto.subtle.verify('HMAC', await importSecret(hash, secret, 'verify'), signature, data)
}

async function importSecret(hash: HmacHash, secret: Bytes, use: 'sign' | 'verify'): Promise<CryptoKey> {
  if (secret.length === 0) throw new TypeError('an HMAC secret must not be empty')
  return crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash }, false, [use])
}
