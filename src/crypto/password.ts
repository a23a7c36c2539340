/**
 * Passwords, kept as scrypt hashes that carry their own cost: `$scrypt$ln=14,r=8,p=5$<salt>$<hash>` (PHC string format,
 * base64 without padding). A hash of another cost still verifies, and says that it wants rehashing.
 */

/// <reference path="./node-crypto.d.ts" />
import { scrypt } from 'node:crypto'
import type { Random } from '../domain/ids.ts'
import { type Bytes, decodeBase64, encodeBase64, equalBytes, takeRandom, utf8 } from './bytes.ts'

/** The longest password, in bytes of UTF-8 after normalisation: what an unknown sender may make us hash. */
export const PASSWORD_BYTES_MAX = 1024

/** What a comparison found. */
export interface PasswordCheck {
  readonly ok: boolean
  /** The password is right and its hash is not of today's cost: hash it again while it is at hand. */
  readonly needsRehash: boolean
}

interface Cost {
  /** The binary logarithm of scrypt's N. */
  readonly ln: number
  readonly r: number
  readonly p: number
}

// OWASP's password storage sheet: N=2^14, r=8, p=5 for where 128 MiB, a Worker's whole memory, can't be had; takes 16 MiB.
const COST: Cost = { ln: 14, r: 8, p: 5 }
// Bounds on what a forged row can make us do. N×r: 32 MiB in blocks of 128 bytes. N×r×p: where the Workers runtime stops.
const BLOCKS_MAX = 2 ** 18
const WORK_MAX = 2 ** 20
// What scrypt may allocate: the blocks, and room beside them for its own state.
const MEMORY_BYTES_MAX = 2 * 128 * BLOCKS_MAX
const SALT_BYTES = 16
const HASH_BYTES = 32
// 43 digits of base64 are the 32 bytes of a hash; 11 to 43 a salt of 8 to 32.
const STORED = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,43})\$([A-Za-z0-9+/]{43})$/

/**
 * A hash that no password has: its bytes are random. To verify against when the user does not exist, so that the answer
 * takes as long as it does for one who does.
 */
export const dummyPasswordHash =
  '$scrypt$ln=14,r=8,p=5$skwVYhScfNEPO9SYDSws4g$3QoyrsYER7Xy/u12QtoHfcP4cKqFYfGybqWChh8co50'

/**
 * Hashes a password at today's cost.
 * @throws RangeError when it is empty or above `PASSWORD_BYTES_MAX`
 */
export async function hashPassword(password: string, random: Random): Promise<string> {
  const normalised = normalise(password)
  if (normalised === undefined) throw new RangeError(`a password has 1 to ${PASSWORD_BYTES_MAX} bytes`)
  const salt = takeRandom(random, SALT_BYTES)
  const hash = await derive(normalised, salt, COST)
  return `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${encodeUnpadded(salt)}$${encodeUnpadded(hash)}`
}

/**
 * Compares a password with a stored hash. An empty or overlong password is wrong, whatever is stored.
 * @throws Error when `stored` is no hash of ours or is dearer than we compute: the row is damaged or forged
 */
export async function verifyPassword(password: string, stored: string): Promise<PasswordCheck> {
  const { cost, salt, hash } = parseStored(stored)
  const normalised = normalise(password)
  if (normalised === undefined) return { ok: false, needsRehash: false }
  const ok = equalBytes(await derive(normalised, salt, cost), hash)
  return { ok, needsRehash: ok && !(sameCost(cost, COST) && salt.length === SALT_BYTES) }
}

/** NFKC: the same password typed on another keyboard may come in other code points (NIST SP 800-63B, 3.1.1.2). */
function normalise(password: string): Bytes | undefined {
  const bytes = utf8(password.normalize('NFKC'))
  return bytes.length > 0 && bytes.length <= PASSWORD_BYTES_MAX ? bytes : undefined
}

function derive(password: Bytes, salt: Bytes, { ln, r, p }: Cost): Promise<Uint8Array> {
  const options = { N: 2 ** ln, r, p, maxmem: MEMORY_BYTES_MAX }
  return new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

function parseStored(stored: string): { cost: Cost; salt: Bytes; hash: Bytes } {
  const [, ln, r, p, saltText = '', hashText = ''] = STORED.exec(stored) ?? []
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) }
  const salt = decodeUnpadded(saltText)
  const hash = decodeUnpadded(hashText)
  if (!isAcceptable(cost) || salt === undefined || hash === undefined) {
    throw new Error('the stored password hash is malformed or too dear to compute')
  }
  return { cost, salt, hash }
}

// Written so that NaN, which a text without numbers gives, is not acceptable.
const isAcceptable = ({ ln, r, p }: Cost): boolean =>
  ln >= 1 && r >= 1 && p >= 1 && 2 ** ln * r <= BLOCKS_MAX && 2 ** ln * r * p <= WORK_MAX

const sameCost = (a: Cost, b: Cost): boolean => a.ln === b.ln && a.r === b.r && a.p === b.p

const encodeUnpadded = (bytes: Uint8Array): string => encodeBase64(bytes).replaceAll('=', '')

const decodeUnpadded = (text: string): Bytes | undefined =>
  decodeBase64(text.padEnd(Math.ceil(text.length / 4) * 4, '='))
