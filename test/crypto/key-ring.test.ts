import { describe, expect, expectTypeOf, test } from 'vitest'
import { encodeBase64 } from '../../src/crypto/bytes.ts'
import { type KeyRing, KeyRingError, parseKeyRing } from '../../src/crypto/key-ring.ts'
import { seededRandom } from '../support/random.ts'

const random = seededRandom(32)
const key = (length = 32) => encodeBase64(random.bytes(length))
const A = key()
const B = key()

describe('a key ring', () => {
  test('uses its first key, and finds all by their ids', () => {
    const ring = parseKeyRing('seal', `2026-10:${A},2026-04:${B}`)
    expect(ring.current.id).toBe('2026-10')
    expect(ring.find('2026-10')).toBe(ring.current)
    expect(ring.find('2026-04')?.id).toBe('2026-04')
    expect(ring.find('2025-10')).toBeUndefined()
  })

  test('may be written with blanks around its keys and a line break at its end', () => {
    expect(parseKeyRing('seal', ` a:${A}, b:${B}\n`).find('b')?.id).toBe('b')
  })

  test('imports a key once, and so that it cannot be exported', async () => {
    const { current } = parseKeyRing('sign', `a:${A}`)
    expect(await current.load()).toBe(await current.load())
    for (const use of ['seal', 'sign'] as const) {
      expect((await parseKeyRing(use, `a:${A}`).current.load()).extractable).toBe(false)
    }
  })

  test('for sealing has keys that cannot sign, and is of another type', async () => {
    const sealing = parseKeyRing('seal', `a:${A}`)
    const signing = parseKeyRing('sign', `a:${A}`)
    expect((await sealing.current.load()).usages).toEqual(['encrypt', 'decrypt'])
    expect((await signing.current.load()).usages).toEqual(['sign', 'verify'])
    expectTypeOf(sealing).not.toExtend<KeyRing<'sign'>>()
  })

  test('does not show its keys when it is printed', () => {
    const ring = parseKeyRing('seal', `a:${A}`)
    expect(JSON.stringify([ring, ring.current, Object.entries(ring.current)])).not.toContain(A.slice(0, 8))
  })

  test.each([
    ['nothing', '', 'key 1 is not written id:base64'],
    ['an empty entry', `a:${A},`, 'key 2 is not written id:base64'],
    ['a key without an id', A, 'key 1 is not written id:base64'],
    ['an empty id', `:${A}`, 'the id of key 1 is not 1 to 32 of a-z, 0-9 and -'],
    ['an id and a key that changed places', `${A}:a`, 'the id of key 1 is not 1 to 32 of a-z, 0-9 and -'],
    ['an id with a full stop', `a.b:${A}`, 'the id of key 1 is not 1 to 32 of a-z, 0-9 and -'],
    ['three parts', `a:${A}:b`, 'key 1 is not written id:base64'],
    ['an empty key', 'a:', 'key 1 has 0 bytes, not 32'],
    ['a short key', `a:${A},b:${key(31)}`, 'key 2 has 31 bytes, not 32'],
    ['a long key', `a:${key(33)}`, 'key 1 has 33 bytes, not 32'],
    ['a key in hexadecimal', `a:${'0a'.repeat(32)}`, 'key 1 has 48 bytes, not 32'],
    ['a key without padding', `a:${A.replace('=', '')}`, 'key 1 is not padded base64'],
    ['an id used twice', `a:${A},a:${B}`, 'key 2 has the id of a key before it'],
  ])('is refused with %s, and the message shows none of it', (_what, text, message) => {
    expect(() => parseKeyRing('seal', text)).toThrow(new KeyRingError(message))
  })
})
