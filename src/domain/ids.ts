/**
 * Ids that say what they name and sort by the time they were made: a prefix, an underscore and a ULID in lower case,
 * `txn_01k8…`. 48 bits are the time in milliseconds, 80 are random; within one millisecond the order is random.
 * The layout is that of github.com/ulid/spec, the alphabet Crockford's (no i, l, o, u).
 */

/** A source of random bytes: as many as it is asked for. Production passes the platform's; tests a seeded one. */
export type Random = (length: number) => Uint8Array

/** What each prefix names. */
export const ID_PREFIXES = {
  merchant: 'mer',
  user: 'usr',
  session: 'ses',
  apiKey: 'key',
  connection: 'con',
  transaction: 'txn',
  attempt: 'att',
  refund: 'ref',
  routingRule: 'rul',
  reconciliationRun: 'rec',
  drift: 'dri',
  providerEvent: 'pev',
  event: 'evt',
  webhookEndpoint: 'whe',
  delivery: 'del',
  deliveryAttempt: 'dat',
  webhookReplay: 'rpl',
  auditEntry: 'aud',
  request: 'req',
  idempotencyClaim: 'idm',
} as const

export type IdPrefix = (typeof ID_PREFIXES)[keyof typeof ID_PREFIXES]

declare const brand: unique symbol

/** An id with this prefix, made by `newId` or checked by `isId`: `Id<'txn'>` never stands where `Id<'ref'>` is due. */
export type Id<Prefix extends IdPrefix> = `${Prefix}_${string}` & { readonly [brand]: Prefix }

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
// 26 digits of 5 bits hold 130, so the first one stops at 7.
const ULID_PATTERN = '[0-7][0-9a-hjkmnp-tv-z]{25}'
const ULID = new RegExp(`^${ULID_PATTERN}$`)
const TIME_MAX_MS = 2 ** 48 - 1
const RANDOM_BYTES = 10

/**
 * Makes an id.
 * @param nowMs milliseconds since 1970, whole, 0 to 2^48 - 1
 * @throws RangeError when the time is outside that range or `random` gives too few bytes
 */
export function newId<Prefix extends IdPrefix>(prefix: Prefix, nowMs: number, random: Random): Id<Prefix> {
  return `${prefix}_${ulid(nowMs, random(RANDOM_BYTES))}` as Id<Prefix>
}

/** Whether `text` is an id with this prefix, as `newId` writes them; upper case is not. */
export function isId<Prefix extends IdPrefix>(prefix: Prefix, text: string): text is Id<Prefix> {
  return text.startsWith(`${prefix}_`) && ULID.test(text.slice(prefix.length + 1))
}

/** A regular expression, as JSON Schema has it, of the ids with this prefix. */
export function idPattern(prefix: IdPrefix): string {
  return `^${prefix}_${ULID_PATTERN}$`
}

/** The text as an id with this prefix, or undefined. */
export function parseId<Prefix extends IdPrefix>(prefix: Prefix, text: string): Id<Prefix> | undefined {
  return isId(prefix, text) ? text : undefined
}

/**
 * The reference under which an attempt is known to its provider: `pb-` and the attempt's ULID, 29 characters of
 * `[a-z0-9-]`, which every provider accepts (an underscore is not allowed by all of them).
 */
export function providerReference(attemptId: Id<'att'>): string {
  return `pb-${attemptId.slice('att_'.length)}`
}

/** The attempt that a provider's reference names; undefined when the reference is not one of ours. */
export function attemptIdOf(reference: string): Id<'att'> | undefined {
  return reference.startsWith('pb-') ? parseId('att', `att_${reference.slice('pb-'.length)}`) : undefined
}

function ulid(timeMs: number, randomness: Uint8Array): string {
  if (!Number.isInteger(timeMs) || timeMs < 0 || timeMs > TIME_MAX_MS) throw new RangeError('time is not 48 bits of ms')
  if (randomness.length !== RANDOM_BYTES) throw new RangeError(`an id needs ${RANDOM_BYTES} random bytes`)
  let bits = randomness.reduce((sum, byte) => (sum << 8n) | BigInt(byte), BigInt(timeMs))
  let text = ''
  for (let digit = 0; digit < 26; digit++) {
    text = ALPHABET.charAt(Number(bits & 31n)) + text
    bits >>= 5n
  }
  return text
}
