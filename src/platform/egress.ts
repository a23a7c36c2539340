/**
 * The way out to merchants' endpoints: https to public hosts, no redirects, bounded in time and size. The local platform
 * also lets loopback through, for a developer's own receiver.
 *
 * A name's addresses are looked up and judged before each delivery, where the platform lets us see them. A Worker can't
 * hold its connection to the address that it saw: a name may lead elsewhere a moment later, or not be seen at all. Such a
 * delivery is made, for the last word is Cloudflare's, whose own way out reaches no private address.
 */

import { judgeAddresses, judgeEndpointUrl } from '../domain/endpoint-url.ts'
import { LIMITS } from '../domain/limits.ts'
import type { Clock, Egress } from '../operations/deps.ts'

export interface EgressWorld {
  clock: Clock
  fetch(request: Request): Promise<Response>
  /** The addresses that a name leads to; undefined where they can't be seen. It never throws. */
  resolve(name: string): Promise<readonly string[] | undefined>
  /** True on the local platform only. */
  allowLoopback: boolean
}

export function createEgress(world: EgressWorld): Egress {
  const judge: Egress['judge'] = async (url) => {
    const verdict = judgeEndpointUrl(url, world)
    if (!verdict.ok || verdict.name === undefined) return verdict
    return judgeAddresses((await world.resolve(verdict.name)) ?? [])
  }
  return {
    judge,
    async post(url, headers, body) {
      const startedAt = world.clock.now().getTime()
      const durationMs = () => Math.max(0, world.clock.now().getTime() - startedAt)
      const signal = world.clock.deadline(LIMITS.deliveryTimeoutMs)
      const givenUp = rejectedBy(signal)
      try {
        const { ok } = await Promise.race([judge(url), givenUp])
        if (!ok) return { kind: 'failed', outcome: 'forbidden_url', durationMs: durationMs() }
        const request = new Request(url, { method: 'POST', headers, body, redirect: 'manual', signal })
        const response = await world.fetch(request)
        const kept = await readKept(response.body, givenUp)
        const retryAfterSeconds = readRetryAfter(response.headers, world.clock.now())
        return { kind: 'answered', status: response.status, body: kept, durationMs: durationMs(), retryAfterSeconds }
      } catch {
        return { kind: 'failed', outcome: signal.aborted ? 'timed_out' : 'unreachable', durationMs: durationMs() }
      }
    },
  }
}

/** Rejects when the signal aborts: a fetch ends by itself then; whether reading its body does is up to the runtime. */
function rejectedBy(signal: AbortSignal): Promise<never> {
  const rejected = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  rejected.catch(() => {})
  return rejected
}

/** Seconds, or a date (RFC 9110, section 10.2.3); undefined where there is none, or none that can be read. */
function readRetryAfter(headers: Headers, now: Date): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? ''
  if (/^\d{1,9}$/.test(text)) return Number(text)
  const at = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now.getTime()) / 1000))
}

/** The beginning of the answer, as text that Postgres can store, at most so many bytes of UTF-8. */
async function readKept(body: ReadableStream<Uint8Array> | null, givenUp: Promise<never>): Promise<string> {
  if (body === null) return ''
  const kept = new Uint8Array(LIMITS.deliveryAnswerBytesKept)
  let keptBytes = 0
  for await (const chunk of readBounded(body, givenUp)) {
    const part = chunk.subarray(0, kept.length - keptBytes)
    kept.set(part, keptBytes)
    keptBytes += part.length
  }
  // Streaming leaves out a character that the bound cuts through. What is no UTF-8 grows when it is replaced, so the
  // bound is applied once more, to whole characters: half a surrogate pair is no text to Postgres.
  const text = new TextDecoder().decode(kept.subarray(0, keptBytes), { stream: true }).replaceAll('\0', '\ufffd')
  return text.slice(0, new TextEncoder().encodeInto(text, kept).read)
}

/** Reads as far as the bound. What is left, of an answer without an end too, is let go. */
async function* readBounded(body: ReadableStream<Uint8Array>, givenUp: Promise<never>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  try {
    for (let readBytes = 0; readBytes < LIMITS.deliveryAnswerBytesRead; ) {
      const { done, value } = await Promise.race([reader.read(), givenUp])
      if (done) return
      readBytes += value.byteLength
      yield value
    }
  } finally {
    // Not waited for: who is slow to send may be slow to stop.
    reader.cancel().catch(() => {})
  }
}
