import { describe, expect, test } from 'vitest'
import { dummyPasswordHash, hashPassword, PASSWORD_BYTES_MAX, verifyPassword } from '../../src/crypto/password.ts'
import { seededRandom } from '../support/random.ts'

const random = seededRandom(14)
const PASSWORD = 'a rather long pass phrase'

/** RFC 7914, section 12, third vector: N=16384, r=8, p=1; the first 32 of its 64 bytes, which scrypt gives for 32. */
const RFC_7914 = '$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI'

describe('a password', () => {
  test('is kept as a hash that carries its cost and its own salt', async () => {
    const stored = await hashPassword(PASSWORD, random.bytes)
    expect(stored).toMatch(/^\$scrypt\$ln=14,r=8,p=5\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(await hashPassword(PASSWORD, random.bytes)).not.toBe(stored)
    expect(await verifyPassword(PASSWORD, stored)).toEqual({ ok: true, needsRehash: false })
    expect(await verifyPassword(`${PASSWORD} `, stored)).toEqual({ ok: false, needsRehash: false })
  })

  test('is hashed with scrypt as RFC 7914 has it', async () => {
    expect(await verifyPassword('pleaseletmein', RFC_7914)).toEqual({ ok: true, needsRehash: true })
    expect(await verifyPassword('Pleaseletmein', RFC_7914)).toEqual({ ok: false, needsRehash: false })
  })

  // Computed with Python's hashlib.scrypt for the salt 00…0f (the last one's is a byte shorter).
  test.each([
    [false, 'the same', 'ln=14,r=8,p=5$AAECAwQFBgcICQoLDA0ODw$VyfIvPelbOMPIPN2AlmnPcsp5wJ60XCb5hr3M8WLEfQ'],
    [true, 'fewer passes', 'ln=14,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$UxYE/nON8zrmLNK5lL/j9XPtKMDZ5VR/h1tkExic5Zo'],
    [true, 'less memory', 'ln=13,r=8,p=5$AAECAwQFBgcICQoLDA0ODw$u11woPh0GEcPN6laVohKBCBtOKqmZi8VH9MssNm7W7M'],
    [true, 'a smaller block', 'ln=14,r=4,p=5$AAECAwQFBgcICQoLDA0ODw$rh7Dt+JELNV1MhHgpjvG/fMGwswLooQJkKxSztK7wLU'],
    [
      true,
      'more memory, at the bound',
      'ln=15,r=8,p=4$AAECAwQFBgcICQoLDA0ODw$l9Vua+xH5X7vPFbBpXwo/tXB14esEMznHwfg2iNu2bo',
    ],
    [true, 'a shorter salt', 'ln=14,r=8,p=5$AAECAwQFBgcICQoLDA0O$s5xI7zpL86h4sCyoYAYKMDr/Xr5gQaIYk2gerCJpyes'],
  ])('wants rehashing, %s, when its cost was %s', async (needsRehash, _cost, hash) => {
    expect(await verifyPassword('pleaseletmein', `$scrypt$${hash}`)).toEqual({ ok: true, needsRehash })
  })

  test('is the same in whichever code points the keyboard writes it', async () => {
    const stored = await hashPassword('\u{fb01}anc\u{e9}e', random.bytes)
    expect((await verifyPassword('fiance\u{301}e', stored)).ok).toBe(true)
  })

  test.each([
    ['empty', ''],
    ['too long', 'a'.repeat(PASSWORD_BYTES_MAX + 1)],
    ['too long in UTF-8', 'é'.repeat(PASSWORD_BYTES_MAX / 2 + 1)],
    ['too long once normalised', '\u{fdfa}'.repeat(100)],
  ])('that is %s is never hashed and never right', async (_what, password) => {
    await expect(hashPassword(password, random.bytes)).rejects.toThrow(RangeError)
    expect(await verifyPassword(password, RFC_7914)).toEqual({ ok: false, needsRehash: false })
  })

  test('of the longest length counts to its last byte', async () => {
    const stored = await hashPassword('a'.repeat(PASSWORD_BYTES_MAX), random.bytes)
    expect((await verifyPassword('a'.repeat(PASSWORD_BYTES_MAX), stored)).ok).toBe(true)
    expect((await verifyPassword(`${'a'.repeat(PASSWORD_BYTES_MAX - 1)}b`, stored)).ok).toBe(false)
  })

  test('of nobody costs as much to refuse as one of somebody', async () => {
    const cost = (stored: string) => stored.split('$').map((part, index) => (index < 3 ? part : part.length))
    expect(cost(dummyPasswordHash)).toEqual(cost(await hashPassword(PASSWORD, random.bytes)))
    expect(await verifyPassword(PASSWORD, dummyPasswordHash)).toEqual({ ok: false, needsRehash: false })
  })

  test.each<[string, (stored: string) => string]>([
    ['more memory', (stored) => stored.replace('ln=14', 'ln=16')],
    ['a larger block', (stored) => stored.replace('r=8', 'r=17')],
    ['more passes', (stored) => stored.replace('p=1', 'p=9')],
    ['more of both', (stored) => stored.replace('ln=14,r=8,p=1', 'ln=15,r=8,p=5')],
    ['no memory', (stored) => stored.replace('ln=14', 'ln=0')],
    ['no block', (stored) => stored.replace('r=8', 'r=0')],
    ['no pass', (stored) => stored.replace('p=1', 'p=0')],
    ['a cost that is no number', (stored) => stored.replace('ln=14', 'ln=1e1')],
    ['no cost', (stored) => stored.replace('ln=14,r=8,p=1', '')],
    ['another algorithm', (stored) => stored.replace('scrypt', 'argon2id')],
    ['no salt', (stored) => stored.replace('U29kaXVtQ2hsb3JpZGU', '')],
    ['a short hash', (stored) => stored.slice(0, -1)],
    ['no hash', (stored) => stored.replace(/[^$]+$/, '')],
    ['nothing', () => ''],
  ])('is not compared with a stored hash of %s', async (_what, alter) => {
    await expect(verifyPassword('pleaseletmein', alter(RFC_7914))).rejects.toThrow('malformed or too dear')
  })
})
