/** What operations are given: everything outside of them, so that a simulator can own it. */

import type { KeyRing } from '../crypto/key-ring.ts'
import type { Database } from '../db/client.ts'
import type { EndpointUrlVerdict } from '../domain/endpoint-url.ts'
import type { Random } from '../domain/ids.ts'
import type { Announcement } from '../domain/stream.ts'
import type { Mode } from '../domain/transaction.ts'
import type { ExchangeWorld } from '../providers/exchange.ts'
import type { WebhookSecretsCache } from './provider-events/webhook-secrets.ts'

export interface Clock {
  now(): Date
  /** Aborts after so many milliseconds. */
  deadline(ms: number): AbortSignal
}

/** What a queue message says: ids, as a nudge. Losing one costs time, nothing else. */
export type Job =
  | { kind: 'apply'; providerEventId: string }
  /** These; none for whatever is due. */
  | { kind: 'deliver'; deliveryIds: string[]; delaySeconds: number }
  /** What became of a payment, or of its refunds, is to be asked, so much later. */
  | { kind: 'follow_up' | 'follow_up_refunds'; transactionId: string; delaySeconds: number }
  /** A run of reconciliation waits to be taken up. */
  | { kind: 'reconcile' }

/** Line by line, structured; never anything secret. */
export interface Log {
  info(event: string, fields?: Record<string, unknown>): void
  error(event: string, error: unknown, fields?: Record<string, unknown>): void
}

/** What a merchant's endpoint answered, or why it could not be asked. */
export type Posted =
  /** `retryAfterSeconds` where the endpoint said so. */
  | { kind: 'answered'; status: number; body: string; durationMs: number; retryAfterSeconds: number | undefined }
  | { kind: 'failed'; outcome: 'timed_out' | 'unreachable' | 'forbidden_url'; durationMs: number }

/** The way out to merchants' endpoints, guarded: public addresses only, no redirects, bounded in time and size. */
export interface Egress {
  /** Whether a delivery may go there, with what can be seen of the name's addresses. */
  judge(url: string): Promise<EndpointUrlVerdict>
  post(url: string, headers: Record<string, string>, body: string): Promise<Posted>
}

export interface Deps {
  /** As the public API's role: every batch begins with `enter`. */
  api: Database
  /** As the workers' role: every batch begins with `enterWorker`. */
  worker: Database
  sealing: KeyRing<'seal'>
  tokens: KeyRing<'sign'>
  clock: Clock
  random: Random
  exchange: ExchangeWorld
  egress: Egress
  webhookSecrets: WebhookSecretsCache
  /** Hands jobs to the queue after the commit. It never throws: the sweep finds what it loses. */
  nudge(jobs: Job[]): Promise<void>
  /** Work that goes on after the answer, or after the batch. */
  defer(work: Promise<unknown>): void
  /** Tells the merchant's streams, after the commit, that there is news. It never throws: they look by themselves, too. */
  announce(merchantId: string, mode: Mode, news: Announcement): void
  /** Resolves once the merchant may have an event after this number, and at the latest after so long. It never throws. */
  waitForEvents(merchantId: string, mode: Mode, after: number, ms: number): Promise<void>
  log: Log
}
