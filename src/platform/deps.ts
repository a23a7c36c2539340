/** Builds what operations are given from the platform's bindings, once for each request, message batch or cron run. */

import { connect, useLocalEndpoint } from '../db/client.ts'
import { type Env, parseSettings, type Settings } from '../env.ts'
import type { Deps, Job, Log } from '../operations/deps.ts'
import { WebhookSecretsCache } from '../operations/provider-events/webhook-secrets.ts'
import { systemClock, systemRandom } from './clock.ts'
import { createEgress } from './egress.ts'
import { createErrorReport } from './error-report.ts'
import { createLog } from './log.ts'
import { createResolver, rememberNames } from './resolver.ts'
import { announceTo, waitAt } from './streams.ts'

/** What one invocation did, for its log line. */
export interface Invocation {
  deps: Deps
  settings: Settings
  roundTrips: () => number
  merchantId: () => string | undefined
}

/** Lives as long as the isolate. */
const webhookSecrets = new WebhookSecretsCache(systemClock.now)

/** Lives as long as the isolate. */
const resolve = rememberNames(
  createResolver({ deadline: systemClock.deadline, fetch: (request) => fetch(request) }),
  systemClock.now,
)

/** The settings don't change while an isolate lives. */
let parsed: { env: Env; settings: Settings } | undefined

export function settingsOf(env: Env): Settings {
  if (parsed?.env !== env) {
    const settings = parseSettings(env)
    if (settings.LOCAL_DATABASE_ENDPOINT !== undefined) useLocalEndpoint(settings.LOCAL_DATABASE_ENDPOINT)
    parsed = { env, settings }
  }
  return parsed.settings
}

/** What keeps the invocation alive for work after its answer. */
export type Lifetime = Pick<ExecutionContext, 'waitUntil'>

export function begin(env: Env, lifetime: Lifetime): Invocation {
  const defer = (work: Promise<unknown>) => lifetime.waitUntil(work)
  const settings = settingsOf(env)
  let roundTrips = 0
  let merchantId: string | undefined
  const observer = {
    roundTrip: () => {
      roundTrips += 1
    },
    entered: (id: string) => {
      merchantId = id
    },
  }
  const log = createLog((line) => console.log(line), reportTo(settings, defer))
  const deps: Deps = {
    api: connect(settings.DATABASE_URL, observer),
    worker: connect(settings.WORKER_DATABASE_URL, observer),
    sealing: settings.SEALING_KEYS,
    tokens: settings.TOKEN_KEYS,
    clock: systemClock,
    random: systemRandom,
    exchange: {
      fetch: (request) => fetch(request),
      deadline: systemClock.deadline,
      providersUrl: settings.LOCAL_PROVIDERS_URL,
    },
    egress: createEgress({
      clock: systemClock,
      fetch: (request) => fetch(request),
      // The local platform asks nobody.
      resolve: settings.ENVIRONMENT === 'local' ? async () => undefined : resolve,
      allowLoopback: settings.ENVIRONMENT === 'local',
    }),
    webhookSecrets,
    nudge: (jobs) => sendJobs(env, log, jobs),
    defer: (work) => defer(work.catch((error) => log.error('deferred_work_failed', error))),
    announce: (merchant, mode, news) => defer(announceTo(env.EVENT_STREAMS, log, merchant, mode, news)),
    waitForEvents: (merchant, mode, after, ms) => waitAt(env.EVENT_STREAMS, log, merchant, mode, after, ms),
    log,
  }
  return { deps, settings, roundTrips: () => roundTrips, merchantId: () => merchantId }
}

function reportTo(settings: Settings, defer: (work: Promise<unknown>) => void): (error: unknown) => void {
  if (settings.SENTRY_DSN === undefined) return () => {}
  const environment = settings.ENVIRONMENT
  return createErrorReport(settings.SENTRY_DSN, { fetch: (request) => fetch(request), defer, environment })
}

/** A queue that is down costs time, not truth: the sweep finds the same rows. */
async function sendJobs(env: Env, log: Log, jobs: Job[]): Promise<void> {
  const asking = env.PROVIDER_EVENTS
  const queues = {
    apply: asking,
    follow_up: asking,
    follow_up_refunds: asking,
    reconcile: asking,
    deliver: env.DELIVERIES,
  }
  try {
    await Promise.all(
      jobs.map((job) => queues[job.kind].send(job, 'delaySeconds' in job ? { delaySeconds: job.delaySeconds } : {})),
    )
  } catch (error) {
    log.error('nudge_lost', error)
  }
}
