/**
 * Key rings: 256-bit keys named by id, so that keys can change while what the older ones sealed or signed still opens.
 * Written as `id:base64,id:base64`; the first key seals and signs, all of them open and verify. The material stays
 * inside: printing a ring, or any error from here, shows none of it.
 */

import { type Bytes, decodeBase64 } from './bytes.ts'

/** What a ring's keys are for. A ring to seal with can't be handed to whoever signs. */
export type KeyUse = 'seal' | 'sign'

/** One key of a ring. */
export interface RingKey {
  /** 1 to 32 of `[a-z0-9-]`; safe in a JWT header and between the dots of a sealed value. */
  readonly id: string
  readonly load: () => Promise<CryptoKey>
}

/** Keys by id, and the one that is used for anything written today. */
export interface KeyRing<Use extends KeyUse> {
  readonly use: Use
  readonly current: RingKey
  readonly find: (id: string) => RingKey | undefined
}

/** The ring's text is wrong. The message names the entry by its position, never its content. */
export class KeyRingError extends Error {
  override readonly name = 'KeyRingError'
}

const KEY_BYTES = 32
// Short enough that a key pasted in the place of an id is not taken for one.
const KEY_ID = /^[a-z0-9-]{1,32}$/

/**
 * Reads `id:base64,id:base64`, each key 32 bytes.
 * @throws KeyRingError for no keys, an id or key of another form, an id used twice
 * @example parseKeyRing('seal', '2026-10:q83v…=,2026-04:EjRW…=')
 */
export function parseKeyRing<Use extends KeyUse>(use: Use, text: string): KeyRing<Use> {
  const keys = new Map<string, RingKey>()
  for (const [index, entry] of text.split(',').entries()) {
    const key = parseEntry(use, entry.trim(), index + 1)
    if (keys.has(key.id)) throw new KeyRingError(`key ${index + 1} has the id of a key before it`)
    keys.set(key.id, key)
  }
  const [current] = keys.values()
  if (current === undefined) throw new KeyRingError('no keys')
  return { use, current, find: (id) => keys.get(id) }
}

function parseEntry(use: KeyUse, entry: string, position: number): RingKey {
  const [id = '', material, ...rest] = entry.split(':')
  if (material === undefined || rest.length > 0) throw new KeyRingError(`key ${position} is not written id:base64`)
  if (!KEY_ID.test(id)) throw new KeyRingError(`the id of key ${position} is not 1 to 32 of a-z, 0-9 and -`)
  const bytes = decodeBase64(material)
  if (bytes === undefined) throw new KeyRingError(`key ${position} is not padded base64`)
  if (bytes.length !== KEY_BYTES) {
    throw new KeyRingError(`key ${position} has ${bytes.length} bytes, not ${KEY_BYTES}`)
  }
  return { id, load: loader(use, bytes) }
}

/** Imports the key once. The key is kept, not its promise: a promise belongs to the request that made it. */
function loader(use: KeyUse, bytes: Bytes): () => Promise<CryptoKey> {
  let imported: CryptoKey | undefined
  return async () => {
    imported ??= await importKey(use, bytes)
    return imported
  }
}

function importKey(use: KeyUse, bytes: Bytes): Promise<CryptoKey> {
  switch (use) {
    case 'seal':
      return crypto.subtle.importKey('raw', bytes, { name: 'AES-GCM' }, false, ['encrypt', 'decrypt'])
    case 'sign':
      return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify'])
  }
}
