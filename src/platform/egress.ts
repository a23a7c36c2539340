/**
 * The way out to merchants' endpoints: https to public addresses, no redirects, bounded in time and size. The local
 * platform also lets loopback through, for a developer's own receiver.
 */

import { LIMITS } from '../domain/limits.ts'
import type { Clock, Egress, Posted } from '../operations/deps.ts'

export interface EgressWorld {
  clock: Clock
  fetch(request: Request): Promise<Response>
  /** True on the local platform only. */
  allowLoopback: boolean
}

export function createEgress(world: EgressWorld): Egress {
  const allows = (url: string): boolean => isPublicHttps(url) || (world.allowLoopback && isLoopback(url))
  return {
    allows,
    async post(url, headers, body) {
      const startedAt = world.clock.now().getTime()
      const durationMs = () => Math.max(0, world.clock.now().getTime() - startedAt)
      if (!allows(url)) return { kind: 'failed', outcome: 'forbidden_url', durationMs: 0 }
      const signal = world.clock.deadline(LIMITS.deliveryTimeoutMs)
      try {
        const response = await world.fetch(
          new Request(url, { method: 'POST', headers, body, redirect: 'manual', signal }),
        )
        const kept = await readKept(response)
        const retryAfterSeconds = readRetryAfter(response.headers, world.clock.now())
        return {
          kind: 'answered',
          status: response.status,
          body: kept,
          durationMs: durationMs(),
          retryAfterSeconds,
        } satisfies Posted
      } catch {
        return { kind: 'failed', outcome: signal.aborted ? 'timed_out' : 'unreachable', durationMs: durationMs() }
      }
    },
  }
}

function isPublicHttps(text: string): boolean {
  if (!URL.canParse(text)) return false
  // The parser has already turned decimal, octal, hexadecimal and short forms of an address into four numbers.
  const { protocol, username, password, hostname } = new URL(text)
  return protocol === 'https:' && username === '' && password === '' && isPublicHost(hostname.replace(/\.+$/, ''))
}

/** Names that are never public (RFC 6761, 6762, 8375, and what ICANN keeps for private use). */
const PRIVATE_NAMES = /^(.*\.)?(localhost|localdomain|local|internal|home\.arpa)$/

function isPublicHost(host: string): boolean {
  if (host === '' || PRIVATE_NAMES.test(host)) return false
  // An IPv6 literal can spell any IPv4 address; a merchant's endpoint has a name.
  if (host.startsWith('[')) return false
  if (/^\d+(\.\d+){3}$/.test(host)) return isPublicIpv4(host.split('.').map(Number))
  return host.includes('.')
}

/** Not of the special-purpose blocks (RFC 6890 and its registry). */
function isPublicIpv4([a = 0, b = 0, c = 0]: number[]): boolean {
  if (a === 0 || a === 10 || a === 127 || a >= 224) return false
  if (a === 100 && b >= 64 && b <= 127) return false
  if (a === 169 && b === 254) return false
  if (a === 172 && b >= 16 && b <= 31) return false
  if (a === 192 && (b === 168 || (b === 0 && (c === 0 || c === 2)) || (b === 88 && c === 99))) return false
  if (a === 198 && (b === 18 || b === 19 || (b === 51 && c === 100))) return false
  return !(a === 203 && b === 0 && c === 113)
}

function isLoopback(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'http:' && (hostname === 'localhost' || hostname === '127.0.0.1')
}

/** Seconds, or a date (RFC 9110, section 10.2.3); undefined where there is none, or none that can be read. */
function readRetryAfter(headers: Headers, now: Date): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? ''
  if (/^\d{1,9}$/.test(text)) return Number(text)
  const at = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now.getTime()) / 1000))
}

/** The beginning of the answer, as text that Postgres can store, at most so many bytes of UTF-8. */
async function readKept(response: Response): Promise<string> {
  if (response.body === null) return ''
  const kept = new Uint8Array(LIMITS.deliveryAnswerBytesKept)
  let keptBytes = 0
  let readBytes = 0
  for await (const chunk of response.body) {
    const part = chunk.subarray(0, kept.length - keptBytes)
    kept.set(part, keptBytes)
    keptBytes += part.length
    readBytes += chunk.byteLength
    if (readBytes >= LIMITS.deliveryAnswerBytesRead) break
  }
  // Streaming leaves out a character that the bound cuts through. What is no UTF-8 grows when it is replaced, so the
  // bound is applied once more, to whole characters: half a surrogate pair is no text to Postgres.
  const text = new TextDecoder().decode(kept.subarray(0, keptBytes), { stream: true }).replaceAll('\0', '\ufffd')
  return text.slice(0, new TextEncoder().encodeInto(text, kept).read)
}
