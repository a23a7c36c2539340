/** What operations are given: everything outside of them, so that a simulator can own it. */

import type { KeyRing } from '../crypto/key-ring.ts'
import type { Database } from '../db/client.ts'
import type { Random } from '../domain/ids.ts'
import type { ExchangeWorld } from '../providers/exchange.ts'
import type { WebhookSecretsCache } from './provider-events/webhook-secrets.ts'

export interface Clock {
  now(): Date
  /** Aborts after so many milliseconds. */
  deadline(ms: number): AbortSignal
}

/** What a queue message says: ids, as a nudge. Losing one costs time, nothing else. */
export type Job = { kind: 'apply'; providerEventId: string } | { kind: 'deliver'; deliveryIds: string[] }

/** Line by line, structured; never anything secret. */
export interface Log {
  info(event: string, fields?: Record<string, unknown>): void
  error(event: string, error: unknown, fields?: Record<string, unknown>): void
}

/** What a merchant's endpoint answered, or why it could not be asked. */
export type Posted =
  | { kind: 'answered'; status: number; body: string; durationMs: number }
  | { kind: 'failed'; outcome: 'timed_out' | 'unreachable' | 'forbidden_url'; durationMs: number }

/** The way out to merchants' endpoints, guarded: public addresses only, no redirects, bounded in time and size. */
export interface Egress {
  allows(url: string): boolean
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
  log: Log
}
