/**
 * What a name leads to, asked of Cloudflare's resolver over HTTPS in its JSON form, as workerd's own `node:dns` does
 * (developers.cloudflare.com/1.1.1.1/encryption/dns-over-https/make-api-requests/dns-json).
 */

import * as z from 'zod'
import { LIMITS } from '../domain/limits.ts'
import type { EgressWorld } from './egress.ts'

export type Resolve = EgressWorld['resolve']

export interface ResolverWorld {
  fetch(request: Request): Promise<Response>
  /** Aborts after so many milliseconds. */
  deadline(ms: number): AbortSignal
}

/** Types of records, which are the addresses' among others such as the aliases on the way to them. */
const ADDRESS_TYPES = { A: 1, AAAA: 28 } as const

const AnswerSchema = z.object({
  /** 0: here it is; 3: there is no such name (RFC 6895). */
  Status: z.literal([0, 3]),
  Answer: z.array(z.object({ type: z.number(), data: z.string() })).default([]),
})

/** Asks for both kinds of addresses. Where one kind can't be seen, the other is told. */
export function createResolver(world: ResolverWorld): Resolve {
  return async (name) => {
    const signal = world.deadline(LIMITS.nameLookupMs)
    const [ipv4, ipv6] = await Promise.all([ask(world, name, 'A', signal), ask(world, name, 'AAAA', signal)])
    return ipv4 === undefined && ipv6 === undefined ? undefined : [...(ipv4 ?? []), ...(ipv6 ?? [])]
  }
}

async function ask(
  world: ResolverWorld,
  name: string,
  type: keyof typeof ADDRESS_TYPES,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const url = `https://cloudflare-dns.com/dns-query?name=${encodeURIComponent(name)}&type=${type}`
  try {
    const response = await world.fetch(new Request(url, { headers: { accept: 'application/dns-json' }, signal }))
    const { Answer } = AnswerSchema.parse(await response.json())
    return Answer.filter((record) => record.type === ADDRESS_TYPES[type]).map(({ data }) => data)
  } catch {
    return undefined
  }
}

/** Keeps answers for a minute, and also that nothing could be seen, so that a resolver that is down delays little. */
export function rememberNames(resolve: Resolve, now: () => Date): Resolve {
  const kept = new Map<string, { addresses: readonly string[] | undefined; until: number }>()
  return async (name) => {
    const known = kept.get(name)
    if (known !== undefined && known.until > now().getTime()) return known.addresses
    const addresses = await resolve(name)
    const [oldest] = kept.keys()
    if (oldest !== undefined && kept.size >= LIMITS.nameCacheEntries) kept.delete(oldest)
    kept.set(name, { addresses, until: now().getTime() + LIMITS.nameCacheMs })
    return addresses
  }
}
