/**
 * The opened webhook secrets of connections, kept for a minute by an isolate, so that a webhook costs one round trip.
 * Bounded; a rotated secret is found because what the kept one refuses is tried with a fresh one.
 */

import { LIMITS } from '../../domain/limits.ts'
import type { Credentials } from '../../providers/contract.ts'

export interface WebhookSecrets {
  connectionId: string
  credentials: readonly Credentials[]
}

export class WebhookSecretsCache {
  readonly #entries = new Map<string, WebhookSecrets & { until: number }>()
  readonly #now: () => Date

  constructor(now: () => Date) {
    this.#now = now
  }

  get(key: string): WebhookSecrets | undefined {
    const entry = this.#entries.get(key)
    if (entry !== undefined && entry.until > this.#now().getTime()) return entry
    this.#entries.delete(key)
    return undefined
  }

  set(key: string, secrets: WebhookSecrets): void {
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined && this.#entries.size >= LIMITS.webhookSecretsCacheEntries) this.#entries.delete(oldest)
    this.#entries.set(key, { ...secrets, until: this.#now().getTime() + LIMITS.webhookSecretsCacheMs })
  }
}
