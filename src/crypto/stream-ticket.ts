/** Tickets to the stream of events: opaque, used once, known to us by their hash alone. */

import type { Random } from '../domain/ids.ts'
import { isPrefixedSecret, newPrefixedSecret } from './prefixed-secret.ts'
import { sha256Hex } from './sha256.ts'

const PREFIX = 'pbt_'

/** A ticket to hand out and the hash to keep: lower-case hexadecimal SHA-256 of the whole ticket. */
export async function newStreamTicket(random: Random): Promise<{ ticket: string; hash: string }> {
  const ticket = newPrefixedSecret(PREFIX, random)
  return { ticket, hash: await sha256Hex(ticket) }
}

/** The hash to look a ticket up by; undefined when its form or checksum is wrong. */
export async function hashStreamTicket(ticket: string): Promise<string | undefined> {
  return isPrefixedSecret(PREFIX, ticket) ? sha256Hex(ticket) : undefined
}
