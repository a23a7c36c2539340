/** Isolates, and the invocations of handlers that run in them. One that dies never goes on, and may take its isolate along. */

import type { Deps } from '../src/operations/deps.ts'
import { WebhookSecretsCache } from '../src/operations/provider-events/webhook-secrets.ts'
import type { Run } from './run.ts'
import type { Task } from './scheduler.ts'

/** A handler at its work. */
export interface Invocation extends Task {
  readonly isolate: Isolate
  readonly deps: Deps
  /** How often it has waited, by which its waits are named. */
  waits: number
  /** Resolves when it dies. */
  readonly died: Promise<void>
  readonly kill: () => void
}

/** What lives longer than an invocation: a cache, and a clock that may be off. */
export interface Isolate {
  readonly webhookSecrets: WebhookSecretsCache
  /** Milliseconds. */
  readonly skewMs: number
  readonly alive: Set<Invocation>
}

export interface Isolates {
  /** @param own where it has an isolate to itself */
  begin(name: string, own?: Isolate): Invocation
  end(invocation: Invocation): void
  /** Nothing of it goes on: not even this does. */
  die(invocation: Invocation): Promise<never>
  /** The invocation that sent a database request to this host. */
  ofHost(host: string): Invocation | undefined
  fresh(): Isolate
}

const ISOLATES = 3

/** @param give makes what an invocation is given */
export function createIsolates(
  run: Run,
  give: (invocation: () => Invocation, task: Task, isolate: Isolate) => Deps,
): Isolates {
  const { chance, faults, scheduler } = run
  const isolates: Isolate[] = []
  const byHost = new Map<string, Invocation>()
  let made = 0

  function fresh(): Isolate {
    made += 1
    const name = `isolate ${made}`
    const isOff = faults.befall('clock', name, 5) !== undefined
    const skewMs = isOff ? chance.int(`skew ${name}`, -5_000, 5_000) : 0
    const webhookSecrets = new WebhookSecretsCache(() => new Date(scheduler.now() + skewMs))
    return { skewMs, webhookSecrets, alive: new Set() }
  }

  return {
    fresh,
    begin(name, own) {
      while (isolates.length < ISOLATES) isolates.push(fresh())
      const isolate = own ?? chance.pick(`isolate of ${name}`, isolates)
      // What is drawn for two of one name would be the same.
      if (byHost.has(hostOf(name))) throw new Error(`there has been a ${name} already`)
      const { promise, resolve } = Promise.withResolvers<void>()
      const task: Task = { name, isDead: false }
      const deps = give(() => invocation, task, isolate)
      const invocation: Invocation = Object.assign(task, { isolate, deps, waits: 0, died: promise, kill: resolve })
      byHost.set(hostOf(name), invocation)
      isolate.alive.add(invocation)
      return invocation
    },
    end: (invocation) => void invocation.isolate.alive.delete(invocation),
    die(invocation) {
      const { isolate, name } = invocation
      const dying = chance.is(`isolate dies with ${name}`, 0.5) ? [...isolate.alive] : [invocation]
      for (const one of dying) {
        one.isDead = true
        isolate.alive.delete(one)
        one.kill()
      }
      const place = isolates.indexOf(isolate)
      if (dying.length > 1 && place !== -1) isolates.splice(place, 1, fresh())
      return new Promise(() => {})
    },
    ofHost: (host) => byHost.get(host),
  }
}

/** A task as a host's name: by it the driver's requests say whose they are. */
export function hostOf(task: string): string {
  const words = task.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  return `${words.replaceAll(/^-|-$/g, '')}.task`
}
