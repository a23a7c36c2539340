/**
 * The platform that the handlers run on, with every wait of theirs in the scheduler's hands: isolates, requests, the queue,
 * the cron, the objects that hold streams, and the providers' simulators.
 */

import { neonConfig } from '@neondatabase/serverless'
import { createSimulators, type Simulators } from '../local/simulators/index.ts'
import type { Deps, Log } from '../src/operations/deps.ts'
import { sweep } from '../src/operations/upkeep/sweep.ts'
import { createLog } from '../src/platform/log.ts'
import type { Requested } from '../test/support/merchant.ts'
import { askDatabase, handlerDeps, ownDeps, type Surroundings } from './handler-waits.ts'
import { createIsolates } from './isolates.ts'
import type { Receivers } from './load/receivers.ts'
import { createProviderCalls, PROVIDERS_URL, type ProviderCalls } from './provider-calls.ts'
import { createWebhookPost, createWebhookPump } from './provider-webhooks.ts'
import { createQueue } from './queue.ts'
import { createRequests, type Requests } from './requests.ts'
import type { Run } from './run.ts'
import type { Task } from './scheduler.ts'
import { namelessText } from './story.ts'
import { createStreams } from './streams.ts'

export const API = 'https://api.paybridge.test'

export interface Platform extends Pick<Requests, 'request' | 'openStream'> {
  readonly simulators: Simulators
  readonly providerCalls: ProviderCalls
  /** The cron's minute. */
  cron(name: string): Promise<void>
  /** The providers' webhooks that are due are on their way. */
  postWebhooks(): void
  /** The objects that hold streams look by themselves. */
  lookAtStreams(): void
  /** For what is set up before the run: nothing goes wrong there, and nothing waits. */
  readonly calm: { deps: Deps; app: Requested }
  /** What the handlers logged as an error. */
  readonly errors: readonly string[]
}

export function createPlatform(run: Run, receivers: Receivers): Platform {
  const { chance, scheduler, story } = run
  const errors: string[] = []
  const outside: Task = { name: 'outside', isDead: false }

  const noteError = (who: string, error: unknown): void => {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    errors.push(`${who}: ${text}`)
    story.tell(who, `logs ${namelessText(text)}`)
  }
  const logOf = (name: string): Log =>
    createLog(
      () => {},
      (error) => noteError(name, error),
    )

  const simulators = createSimulators(
    {
      now: () => new Date(scheduler.now()),
      random: numberOf(chance.bytes('the providers')),
      sleep: (ms, signal) => scheduler.waitUnless(outside, ms, signal),
      deliver: (request) => postWebhook(request),
    },
    { baseUrl: PROVIDERS_URL },
  )
  const providerCalls = createProviderCalls(run, simulators)
  const postWebhooks = createWebhookPump(run, simulators, noteError)
  const isolates = createIsolates(run, (...whom) => handlerDeps(run, around, ...whom))
  const queue = createQueue(run, isolates, noteError)
  const streams = createStreams(run, isolates, noteError)
  const requests = createRequests(run, isolates, streams)
  const postWebhook = createWebhookPost(run, outside, requests.handle)
  const { nudge } = queue
  const { announce, waitForEvents } = streams
  const around: Surroundings = {
    isolates,
    providerCalls,
    receivers,
    logOf,
    nudge,
    announce,
    waitForEvents,
    postWebhooks,
  }

  neonConfig.fetchEndpoint = () => 'https://database.test/sql'
  neonConfig.fetchFunction = (_url: string, init: RequestInit) => {
    run.counts.batches += 1
    const asker = isolates.ofHost(new URL(new Headers(init.headers).get('neon-connection-string') ?? '').hostname)
    return asker === undefined ? scheduler.outside(run.database.answer(init)) : askDatabase(run, isolates, asker, init)
  }

  const calm: Deps = {
    ...ownDeps(run, { name: 'calm', isDead: false }, { ...isolates.fresh(), skewMs: 0 }, logOf('calm')),
    exchange: {
      fetch: (request) => simulators.fetch(request),
      deadline: (ms) => scheduler.deadline(outside, ms),
      providersUrl: PROVIDERS_URL,
    },
    egress: {
      judge: async () => ({ ok: true, name: undefined }),
      post: () => Promise.reject(new Error('nobody posts')),
    },
    nudge: async () => {},
    announce: () => {},
    waitForEvents,
  }

  return {
    simulators,
    providerCalls,
    request: requests.request,
    openStream: requests.openStream,
    postWebhooks,
    lookAtStreams: streams.look,
    async cron(name) {
      const task = isolates.begin(name)
      await Promise.race([sweep(task.deps), task.died])
      isolates.end(task)
    },
    calm: { deps: calm, app: requests.calmApp(calm) },
    errors,
  }
}

function numberOf(bytes: (length: number) => Uint8Array<ArrayBuffer>): () => number {
  return () => new DataView(bytes(4).buffer).getUint32(0) / 2 ** 32
}
