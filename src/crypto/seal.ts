/**
 * Secrets at rest: AES-256-GCM under a key ring, bound to the row they belong to. A sealed value names its key, so that
 * the ring can turn over; copied to another row, or altered by a bit, it does not open.
 */

import type { Random } from '../domain/ids.ts'
import { decodeBase64Url, encodeBase64Url, takeRandom, utf8, utf8Text } from './bytes.ts'
import type { KeyRing, RingKey } from './key-ring.ts'

/**
 * Why a value could not be sealed or opened. `empty`: no plaintext or no context. `malformed`: not a sealed value.
 * `unknown_key`: sealed under a key that the ring lacks. `refused`: altered, or of another row, or of another key that
 * has the same id; AES-GCM can't tell these apart.
 */
export type SealErrorCode = 'empty' | 'malformed' | 'unknown_key' | 'refused'

/** Carries no plaintext, no ciphertext and no key. */
export class SealError extends Error {
  override readonly name = 'SealError'
  readonly code: SealErrorCode

  constructor(code: SealErrorCode) {
    super(`sealed value: ${code}`)
    this.code = code
  }
}

// 96 bits (NIST SP 800-38D, 8.2.2): drawn at random, good for 2^32 values a key.
const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * Seals a text under the ring's current key, as `v1.<key id>.<base64url iv>.<base64url ciphertext and tag>`.
 * @param context what the value belongs to, `connections:con_…:credentials`; `open` must be given the same
 * @throws SealError `empty` when there is nothing to seal or nothing to bind it to
 */
export async function seal(ring: KeyRing<'seal'>, plaintext: string, context: string, random: Random): Promise<string> {
  if (plaintext === '' || context === '') throw new SealError('empty')
  const iv = takeRandom(random, IV_BYTES)
  const key = await ring.current.load()
  const ciphertext = await crypto.subtle.encrypt(aesGcm(iv, context), key, utf8(plaintext))
  return `v1.${ring.current.id}.${encodeBase64Url(iv)}.${encodeBase64Url(new Uint8Array(ciphertext))}`
}

/**
 * Opens what `seal` made, with whichever key of the ring it names.
 * @throws SealError `empty` for an empty context, `malformed`, `unknown_key`, `refused`
 */
export async function open(ring: KeyRing<'seal'>, sealed: string, context: string): Promise<string> {
  if (context === '') throw new SealError('empty')
  const { key, iv, ciphertext } = parseSealed(ring, sealed)
  const loaded = await key.load()
  const plaintext = await crypto.subtle.decrypt(aesGcm(iv, context), loaded, ciphertext).catch(() => {
    throw new SealError('refused')
  })
  return utf8Text(new Uint8Array(plaintext))
}

/**
 * Whether the value was sealed under a key other than the ring's current one.
 * @throws SealError `malformed`, `unknown_key`
 */
export function needsReseal(ring: KeyRing<'seal'>, sealed: string): boolean {
  return parseSealed(ring, sealed).key.id !== ring.current.id
}

interface Sealed {
  readonly key: RingKey
  readonly iv: Uint8Array<ArrayBuffer>
  readonly ciphertext: Uint8Array<ArrayBuffer>
}

function parseSealed(ring: KeyRing<'seal'>, sealed: string): Sealed {
  const [version, keyId = '', ivText = '', ciphertextText = '', ...rest] = sealed.split('.')
  const iv = decodeBase64Url(ivText)
  const ciphertext = decodeBase64Url(ciphertextText)
  if (version !== 'v1' || rest.length > 0) throw new SealError('malformed')
  if (iv?.length !== IV_BYTES || ciphertext === undefined || ciphertext.length <= TAG_BYTES) {
    throw new SealError('malformed')
  }
  const key = ring.find(keyId)
  if (key === undefined) throw new SealError('unknown_key')
  return { key, iv, ciphertext }
}

function aesGcm(iv: Uint8Array<ArrayBuffer>, context: string) {
  return { name: 'AES-GCM', iv, additionalData: utf8(context), tagLength: TAG_BYTES * 8 }
}
