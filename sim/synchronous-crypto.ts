/**
 * Web Crypto whose answers are there at once. Node's own computes on threads, and which of two answers comes first is
 * then the machine's to say. The arithmetic is Node's in both cases; only what the code of this repository uses is here.
 */

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  type KeyObject,
  timingSafeEqual,
  type webcrypto,
} from 'node:crypto'

const TAG_BYTES = 16

/** From here on, for this process. */
export function installSynchronousCrypto(): void {
  Object.defineProperties(crypto.subtle, {
    digest: {
      value: async (hash: AlgorithmIdentifier, data: BufferSource) =>
        copy(createHash(nodeHash(hash)).update(bytesOf(data)).digest()),
    },
    importKey: { value: importKey },
    sign: { value: async (_: unknown, key: CryptoKey, data: BufferSource) => copy(hmac(key, data)) },
    verify: { value: verify },
    encrypt: { value: encrypt },
    decrypt: { value: decrypt },
  })
}

async function importKey(
  format: string,
  material: BufferSource,
  algorithm: HmacImportParams | AesKeyAlgorithm,
  isExtractable: boolean,
  usages: KeyUsage[],
): Promise<webcrypto.CryptoKey> {
  if (format !== 'raw') throw new TypeError(`keys are imported raw here, not as ${format}`)
  const secret = createSecretKey(bytesOf(material))
  const key = secret.toCryptoKey(algorithm, isExtractable, usages)
  secrets.set(key, secret)
  return key
}

/** What a key is made of, for Node shows it of extractable ones only. */
const secrets = new WeakMap<object, KeyObject>()

function secretOf(key: CryptoKey): KeyObject {
  const secret = secrets.get(key)
  if (secret === undefined) throw new TypeError('the key was imported before this was installed')
  return secret
}

function hmac(key: CryptoKey, data: BufferSource): Buffer {
  const { hash } = key.algorithm as HmacKeyAlgorithm
  return createHmac(nodeHash(hash), secretOf(key)).update(bytesOf(data)).digest()
}

async function verify(_: unknown, key: CryptoKey, signature: BufferSource, data: BufferSource): Promise<boolean> {
  const [right, presented] = [hmac(key, data), bytesOf(signature)]
  return right.length === presented.length && timingSafeEqual(right, presented)
}

async function encrypt({ iv, additionalData }: AesGcmParams, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer> {
  const cipher = createCipheriv('aes-256-gcm', secretOf(key), bytesOf(iv))
  if (additionalData !== undefined) cipher.setAAD(bytesOf(additionalData))
  return copy(Buffer.concat([cipher.update(bytesOf(data)), cipher.final(), cipher.getAuthTag()]))
}

async function decrypt({ iv, additionalData }: AesGcmParams, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer> {
  const sealed = bytesOf(data)
  const decipher = createDecipheriv('aes-256-gcm', secretOf(key), bytesOf(iv))
  if (additionalData !== undefined) decipher.setAAD(bytesOf(additionalData))
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  return copy(Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]))
}

function nodeHash(hash: AlgorithmIdentifier): string {
  return (typeof hash === 'string' ? hash : hash.name).replace('-', '').toLowerCase()
}

function bytesOf(data: BufferSource): Uint8Array {
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}

function copy(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}
