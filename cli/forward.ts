/** Sends an event to a developer's machine as PayBridge sends it to an endpoint: same headers, same signature. */
import { Webhook } from 'standardwebhooks'
import { reasonOf } from './api.ts'
import type { Event } from './event.ts'
import { misused } from './failure.ts'

/** As for a real endpoint. */
const ANSWER_WITHIN_MS = 15_000

export interface Forwarded {
  outcome: 'accepted' | 'rejected' | 'timed_out' | 'unreachable'
  /** Null where there was no answer. */
  status: number | null
  /** Why there was none. */
  reason: string | null
  durationMs: number
}

export type Forward = (event: Event, signal: AbortSignal) => Promise<Forwarded>

/** @throws the signal's reason, from the function that it returns */
export function createForward(url: string, secret: string): Forward {
  const webhook = new Webhook(secret)
  return async (event, signal) => {
    const body = JSON.stringify(event)
    const at = new Date()
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'PayBridge-Webhooks/1',
      'webhook-id': event.id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': webhook.sign(event.id, at, body),
    }
    const patience = AbortSignal.timeout(ANSWER_WITHIN_MS)
    const startedAt = performance.now()
    const duration = () => Math.round(performance.now() - startedAt)
    try {
      const both = AbortSignal.any([signal, patience])
      const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: both })
      await response.body?.cancel()
      const { status, ok } = response
      return { outcome: ok ? 'accepted' : 'rejected', status, reason: null, durationMs: duration() }
    } catch (error) {
      signal.throwIfAborted()
      const outcome = patience.aborted ? 'timed_out' : 'unreachable'
      return { outcome, status: null, reason: reasonOf(error), durationMs: duration() }
    }
  }
}

/** @throws Failure where it is no signing secret: `whsec_` and base64 of 24 to 64 bytes (standardwebhooks.com) */
export function readSecret(text: string): string {
  const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? []
  const length = base64 === undefined ? 0 : Buffer.from(base64, 'base64').length
  if (length >= 24 && length <= 64) return text
  throw misused('That is no signing secret: they are whsec_ and base64 of 24 to 64 bytes.')
}
