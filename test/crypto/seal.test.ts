import { describe, expect, test } from 'vitest'
import { encodeBase64 } from '../../src/crypto/bytes.ts'
import { type KeyRing, parseKeyRing } from '../../src/crypto/key-ring.ts'
import { needsReseal, open, SealError, type SealErrorCode, seal } from '../../src/crypto/seal.ts'
import { seededRandom } from '../support/random.ts'

const random = seededRandom(256)
const april = `2026-04:${encodeBase64(random.bytes(32))}`
const october = `2026-10:${encodeBase64(random.bytes(32))}`
const ring = parseKeyRing('seal', april)
const turnedRing = parseKeyRing('seal', `${october},${april}`)
const CONTEXT = 'connections:con_1:credentials'
const SECRET = '{"secretKey":"sk_live_é"}'

const refusal = async (opening: Promise<string>): Promise<SealErrorCode> => {
  const error: unknown = await opening.then(
    () => expect.fail('it opened'),
    (reason: unknown) => reason,
  )
  return error instanceof SealError ? error.code : expect.fail(`not a SealError: ${error}`)
}

describe('a sealed value', () => {
  test('opens for its own row', async () => {
    expect(await open(ring, await seal(ring, SECRET, CONTEXT, random.bytes), CONTEXT)).toBe(SECRET)
  })

  test('names its key and shows nothing of the secret', async () => {
    const sealed = await seal(ring, SECRET, CONTEXT, random.bytes)
    expect(sealed).toMatch(/^v1\.2026-04\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]+$/)
    expect(atob(sealed.split('.')[3]?.replaceAll('-', '+').replaceAll('_', '/') ?? '')).not.toContain('sk_')
  })

  // Computed with pyca/cryptography: key 00…1f, nonce 64…6f.
  test('is AES-256-GCM as others compute it', async () => {
    const known = parseKeyRing('seal', `2026-10:${encodeBase64(Uint8Array.from({ length: 32 }, (_, index) => index))}`)
    const sealed = 'v1.2026-10.ZGVmZ2hpamtsbW5v.MzmtAxqbM-p1BybK4EcZlh0Bryj2Vtt-XPpUSgtTRX9QW5-55Q'
    const nonce = (length: number) => Uint8Array.from({ length }, (_, index) => 100 + index)
    expect(await seal(known, '{"secretKey":"sk_é"}', CONTEXT, nonce)).toBe(sealed)
    expect(await open(known, sealed, CONTEXT)).toBe('{"secretKey":"sk_é"}')
  })

  test('copied to another row does not open', async () => {
    const sealed = await seal(ring, SECRET, CONTEXT, random.bytes)
    expect(await refusal(open(ring, sealed, 'connections:con_2:credentials'))).toBe('refused')
    expect(await refusal(open(ring, sealed, 'connections:con_1:webhook_secret'))).toBe('refused')
    expect(await refusal(open(ring, sealed, ''))).toBe('empty')
  })

  test('does not open when any one character of it is altered', async () => {
    const sealed = await seal(ring, SECRET, CONTEXT, random.bytes)
    for (let at = 0; at < sealed.length; at++) {
      const character = sealed.charAt(at) === 'A' ? 'B' : 'A'
      const altered = sealed.slice(0, at) + character + sealed.slice(at + 1)
      expect(['malformed', 'unknown_key', 'refused']).toContain(await refusal(open(ring, altered, CONTEXT)))
    }
  })

  test('does not open when it is cut at any place', async () => {
    const sealed = await seal(ring, SECRET, CONTEXT, random.bytes)
    for (let length = 0; length < sealed.length; length++) {
      expect(['malformed', 'refused']).toContain(await refusal(open(ring, sealed.slice(0, length), CONTEXT)))
    }
  })

  test.each<[string, (sealed: string) => string, SealErrorCode]>([
    ['another version', (sealed) => sealed.replace('v1', 'v2'), 'malformed'],
    ['a fifth part', (sealed) => `${sealed}.`, 'malformed'],
    ['a plaintext in its place', () => SECRET, 'malformed'],
    ['no ciphertext', (sealed) => sealed.replace(/[^.]+$/, ''), 'malformed'],
    ['a key that the ring lacks', (sealed) => sealed.replace('2026-04', '2025-04'), 'unknown_key'],
  ])('is refused with %s', async (_what, alter, code) => {
    const sealed = await seal(ring, SECRET, CONTEXT, random.bytes)
    expect(await refusal(open(ring, alter(sealed), CONTEXT))).toBe(code)
  })

  test('does not open under another key of the same id', async () => {
    const impostor = parseKeyRing('seal', `2026-04:${encodeBase64(random.bytes(32))}`)
    expect(await refusal(open(impostor, await seal(ring, SECRET, CONTEXT, random.bytes), CONTEXT))).toBe('refused')
  })

  test('is never made of nothing, nor bound to nothing', async () => {
    expect(await refusal(seal(ring, '', CONTEXT, random.bytes))).toBe('empty')
    expect(await refusal(seal(ring, SECRET, '', random.bytes))).toBe('empty')
  })

  test('is different each time', async () => {
    const seals = await Promise.all(Array.from({ length: 50 }, () => seal(ring, SECRET, CONTEXT, random.bytes)))
    expect(new Set(seals).size).toBe(50)
  })

  test('returns any text unchanged', async () => {
    for (let round = 0; round < 50; round++) {
      const text = String.fromCodePoint(...Array.from({ length: random.int(1, 200) }, () => random.int(1, 0xd7ff)))
      expect(await open(ring, await seal(ring, text, CONTEXT, random.bytes), CONTEXT)).toBe(text)
    }
  })
})

describe('when the ring has turned over', () => {
  const sealWith = (sealing: KeyRing<'seal'>) => seal(sealing, SECRET, CONTEXT, random.bytes)

  test('what the older key sealed still opens, and wants resealing', async () => {
    const sealed = await sealWith(ring)
    expect(await open(turnedRing, sealed, CONTEXT)).toBe(SECRET)
    expect(needsReseal(turnedRing, sealed)).toBe(true)
    expect(needsReseal(ring, sealed)).toBe(false)
  })

  test('the first key seals', async () => {
    const sealed = await sealWith(turnedRing)
    expect(sealed).toContain('.2026-10.')
    expect(needsReseal(turnedRing, sealed)).toBe(false)
    expect(await refusal(open(ring, sealed, CONTEXT))).toBe('unknown_key')
  })

  test('what is no sealed value is not taken for a current one', () => {
    expect(() => needsReseal(ring, SECRET)).toThrow(new SealError('malformed'))
  })
})
