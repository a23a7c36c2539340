/** What a handler is given, and every place where it waits: each under a name, with what may befall it there. */

import { parseKeyRing } from '../src/crypto/key-ring.ts'
import { connect } from '../src/db/client.ts'
import type { Deps, Log } from '../src/operations/deps.ts'
import { createEgress } from '../src/platform/egress.ts'
import { hostOf, type Invocation, type Isolate, type Isolates } from './isolates.ts'
import type { Receivers } from './load/receivers.ts'
import { PROVIDERS_URL, type ProviderCalls } from './provider-calls.ts'
import type { Run } from './run.ts'
import type { Task } from './scheduler.ts'

/** 32 bytes each; good for nothing but this. */
const SEALING = parseKeyRing('seal', 'sim-1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=')
export const TOKENS = parseKeyRing('sign', 'sim-1:ICEiIyQlJicoKSorLC0uLzAxMjMrNTY3ODk6Ozw9Pj8=')

/** What of the platform a handler reaches by what it is given. */
export interface Surroundings extends Pick<Deps, 'waitForEvents'> {
  isolates: Pick<Isolates, 'die'>
  providerCalls: ProviderCalls
  receivers: Receivers
  logOf(name: string): Log
  nudge(invocation: Invocation, jobs: Parameters<Deps['nudge']>[0]): Promise<void>
  announce(invocation: Invocation, ...news: Parameters<Deps['announce']>): void
  /** A provider may have something to post now. */
  postWebhooks(): void
}

/** What a task is given that reaches only itself. */
export function ownDeps(run: Run, task: Task, { skewMs, webhookSecrets }: Isolate, log: Log) {
  const { chance, database, scheduler } = run
  const observer = { roundTrip: () => {}, entered: () => {} }
  const host = hostOf(task.name)
  return {
    api: connect(database.urlOf('paybridge_api', host), observer),
    worker: connect(database.urlOf('paybridge_worker', host), observer),
    sealing: SEALING,
    tokens: TOKENS,
    clock: {
      now: () => new Date(scheduler.now() + skewMs),
      deadline: (ms: number) => scheduler.deadline(task, ms),
    },
    random: chance.bytes(`random of ${task.name}`),
    webhookSecrets,
    defer: (work: Promise<unknown>) => void work.catch((error) => log.error('deferred_work_failed', error)),
    log,
  } satisfies Partial<Deps>
}

export function handlerDeps(
  run: Run,
  around: Surroundings,
  invocation: () => Invocation,
  task: Task,
  isolate: Isolate,
): Deps {
  const own = ownDeps(run, task, isolate, around.logOf(task.name))
  return {
    ...own,
    exchange: {
      fetch: (request) => callProvider(run, around, invocation(), request),
      deadline: own.clock.deadline,
      providersUrl: PROVIDERS_URL,
    },
    egress: createEgress({
      clock: own.clock,
      fetch: (request) => postToMerchant(run, around, invocation(), request),
      resolve: async () => undefined,
      allowLoopback: false,
    }),
    nudge: (jobs) => around.nudge(invocation(), jobs),
    announce: (...news) => around.announce(invocation(), ...news),
    waitForEvents: around.waitForEvents,
  }
}

/** The name of the task's next wait. */
export function nextWait(task: Invocation, place: string): string {
  task.waits += 1
  return `${task.name} / ${place} ${task.waits}`
}

/** Milliseconds. Most waits are short, few are long: so that whatever can overtake does. */
export function latencyOf({ chance }: Run, wait: string, least: number, most: number): number {
  return chance.int(`latency ${wait}`, least, chance.is(`long ${wait}`, 0.1) ? most * 10 : most)
}

export async function askDatabase(
  run: Run,
  isolates: Pick<Isolates, 'die'>,
  task: Invocation,
  init: RequestInit,
): Promise<Response> {
  const { faults, scheduler, database } = run
  const wait = nextWait(task, 'database')
  const fault = faults.befall('database', wait)
  await scheduler.wait(task, latencyOf(run, wait, 1, 15) + (fault === 'database-slow' ? 3_000 : 0))
  if (fault === 'database-refuses') throw new TypeError('the database is not reached')
  if (fault === 'crash-before-commit') return isolates.die(task)
  const response = await scheduler.outside(database.answer(init))
  if (fault === 'crash-after-commit') return isolates.die(task)
  await scheduler.wait(task, latencyOf(run, `${wait} back`, 1, 15))
  if (fault === 'database-answer-lost') throw new TypeError('the answer of the database is lost')
  return response
}

async function callProvider(run: Run, around: Surroundings, task: Invocation, request: Request): Promise<Response> {
  const { faults, scheduler, story, counts } = run
  const wait = nextWait(task, 'provider')
  const fault = faults.befall('provider', wait)
  counts.providerCalls += 1
  story.tell(wait, callText(request))
  if (fault === 'crash-before-call') return around.isolates.die(task)
  const before = latencyOf(run, wait, 20, 300) + (fault === 'provider-slow' ? 8_000 : 0)
  await scheduler.waitUnless(task, before, request.signal)
  const call = around.providerCalls.call(wait, fault, task, request)
  call.then(around.postWebhooks, () => {})
  const response = await (fault === 'crash-after-call' ? call.then(() => around.isolates.die(task)) : call)
  await scheduler.waitUnless(task, latencyOf(run, `${wait} back`, 20, 300), request.signal)
  return response
}

/** Ids and codes in the path are of no interest. */
function callText({ method, url }: Request): string {
  const words = new URL(url).pathname.split('/').filter((part) => part.length < 16 && !/\d{3}/.test(part))
  return `${method} ${words.join('/')}`
}

async function postToMerchant(run: Run, around: Surroundings, task: Invocation, request: Request): Promise<Response> {
  const { faults, scheduler, story } = run
  const wait = nextWait(task, 'post')
  const fault = faults.befall('post', wait)
  const slow = fault === 'receiver-slow' ? 4_000 : 0
  await scheduler.waitUnless(task, latencyOf(run, wait, 5, 80) + slow, request.signal)
  if (fault === 'receiver-reset') throw new TypeError('the connection was reset')
  if (fault === 'receiver-error') return new Response('no', { status: 500 })
  if (fault === 'receiver-busy') return new Response('slow down', { status: 429, headers: { 'retry-after': '30' } })
  if (fault === 'receiver-gone') return new Response('gone', { status: 410 })
  const response = await around.receivers.receive(request)
  story.tell(wait, `posted to ${new URL(request.url).hostname}`)
  if (fault === 'receiver-silent') await scheduler.waitUnless(task, 3_600_000, request.signal)
  await scheduler.waitUnless(task, latencyOf(run, `${wait} back`, 5, 80), request.signal)
  return fault === 'receiver-error-after' ? new Response('oh', { status: 500 }) : response
}
