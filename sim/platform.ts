/**
 * The platform that the handlers run on, with every wait of theirs in the scheduler's hands: isolates, requests, queues, the
 * cron, the objects that hold the streams. What may go wrong at a wait is asked of the faults under the wait's name.
 */

import { neonConfig } from '@neondatabase/serverless'
import { createSimulators, type Simulators } from '../local/simulators/index.ts'
import { parseKeyRing } from '../src/crypto/key-ring.ts'
import { connect } from '../src/db/client.ts'
import { newId } from '../src/domain/ids.ts'
import type { Mode } from '../src/domain/transaction.ts'
import { createApp } from '../src/http/app.ts'
import type { Variables } from '../src/http/context.ts'
import type { Deps, Job } from '../src/operations/deps.ts'
import { EventFeed } from '../src/operations/events/feed.ts'
import { Reader, type Socket } from '../src/operations/events/reader.ts'
import type { Subscriber } from '../src/operations/events/subscriber.ts'
import { WebhookSecretsCache } from '../src/operations/provider-events/webhook-secrets.ts'
import { sweep } from '../src/operations/upkeep/sweep.ts'
import { createEgress } from '../src/platform/egress.ts'
import { createLog } from '../src/platform/log.ts'
import { consume } from '../src/platform/queues.ts'
import type { Chance } from './chance.ts'
import type { SimDatabase } from './database.ts'
import type { Faults } from './faults.ts'
import { createProviderCalls, type ProviderCalls } from './provider-calls.ts'
import type { Scheduler, Task } from './scheduler.ts'
import type { Story } from './story.ts'

export const API = 'https://api.paybridge.test'
export const PROVIDERS_URL = 'https://providers.test'

/** 32 bytes each; good for nothing but this. */
const SEALING = parseKeyRing('seal', 'sim-1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=')
export const TOKENS = parseKeyRing('sign', 'sim-1:ICEiIyQlJicoKSorLC0uLzAxMjMrNTY3ODk6Ozw9Pj8=')

/** What a run is made of. */
export interface Run {
  chance: Chance
  scheduler: Scheduler
  story: Story
  faults: Faults
  database: SimDatabase
  counts: Counts
}

export interface Counts {
  payments: number
  requests: number
  batches: number
  providerCalls: number
}

export interface Platform {
  readonly simulators: Simulators
  readonly providerCalls: ProviderCalls
  /** A request of somebody outside. @throws Lost where there is no answer */
  request(client: Task, name: string, request: Request): Promise<Response>
  /** A request that opens a stream. @throws Lost where there is no answer */
  openStream(client: Task, name: string, request: Request, socket: Socket): Promise<OpenStream | undefined>
  /** The cron's minute. */
  cron(name: string): Promise<void>
  /** The provider's webhooks that are due are on their way. */
  postWebhooks(): void
  /** The merchant's streams, as their object has them. */
  feedOf(merchantId: string, mode: Mode): EventFeed
  /** The objects that hold streams are looked at, as their alarms do. */
  lookAtStreams(): void
  /** For what is set up before the run, and asked after it: nothing goes wrong there, and nothing waits. */
  readonly calm: { deps: Deps; app: App }
  /** What the handlers logged as an error. */
  readonly errors: readonly string[]
  /** Where posts to merchants go. */
  readonly receivers: Receivers
  /** How many invocations are under way. */
  readonly underWay: number
}

/** The platform's end of a socket. */
export interface OpenStream {
  /** What the client says arrives. */
  hear(message: string): void
  /** The connection is gone. */
  leave(): void
}

export interface Receivers {
  receive(request: Request): Promise<Response>
}

type App = ReturnType<typeof createApp>

/** There was no answer: whether anything came of it, nobody knows. */
export class Lost extends Error {}

interface Invocation extends Task {
  isolate: Isolate
  deps: Deps
  waits: number
  /** Told when it dies. */
  died: PromiseWithResolvers<void>
}

interface Isolate {
  name: string
  webhookSecrets: WebhookSecretsCache
  /** How far its clock is off, in milliseconds. */
  skewMs: number
  alive: Set<Invocation>
}

const variables = new WeakMap<Request, Variables>()
/** One for the process: it holds nothing of a run. */
const app = createApp((c) => {
  const found = variables.get(c.req.raw)
  if (found === undefined) throw new Error('a request came from outside of the run')
  return found
})

const ISOLATES = 3
const QUEUE_TRIES = 4

export function createPlatform(run: Run, receivers: Receivers): Platform {
  const { chance, scheduler, story, faults, database } = run
  const invocations = new Map<string, Invocation>()
  const errors: string[] = []
  const isolates: Isolate[] = []
  let isolatesMade = 0
  let webhooksPosted = 0

  const outside: Task = { name: 'outside', isDead: false }

  neonConfig.fetchEndpoint = () => 'https://database.test/sql'
  neonConfig.fetchFunction = async (_url: string, init: RequestInit) => {
    const headers = new Headers(init.headers)
    const task = new URL(headers.get('neon-connection-string') ?? '').hostname
    run.counts.batches += 1
    const invocation = invocations.get(task)
    return invocation === undefined ? scheduler.outside(database.answer(init)) : askDatabase(invocation, init)
  }

  const simulators = createSimulators(
    {
      now: () => new Date(scheduler.now()),
      random: numberOf(chance.bytes('the providers')),
      sleep: (ms, signal) => scheduler.waitUnless(outside, ms, signal),
      deliver: postWebhook,
    },
    { baseUrl: PROVIDERS_URL },
  )
  const providerCalls = createProviderCalls(run, simulators)

  function newIsolate(): Isolate {
    isolatesMade += 1
    const name = `isolate ${isolatesMade}`
    const isOff = faults.befall('clock', name, 5) !== undefined
    const skewMs = isOff ? chance.int(`skew ${name}`, -5_000, 5_000) : 0
    const isolate: Isolate = {
      name,
      skewMs,
      alive: new Set(),
      webhookSecrets: new WebhookSecretsCache(() => new Date(scheduler.now() + skewMs)),
    }
    return isolate
  }

  function begin(name: string, own?: Isolate): Invocation {
    while (isolates.length < ISOLATES) isolates.push(newIsolate())
    const isolate = own ?? chance.pick(`isolate of ${name}`, isolates)
    // What is drawn for two of one name would be the same.
    if (invocations.has(hostOf(name))) throw new Error(`there has been a ${name} already`)
    const invocation: Omit<Invocation, 'deps'> = {
      name,
      isDead: false,
      isolate,
      waits: 0,
      died: Promise.withResolvers<void>(),
    }
    const made = Object.assign(invocation, { deps: depsOf(invocation) })
    invocations.set(hostOf(name), made)
    isolate.alive.add(made)
    return made
  }

  function end(invocation: Invocation): void {
    invocation.isolate.alive.delete(invocation)
  }

  /** Nothing of it goes on. Its isolate may go with it, and takes along whatever else runs there. */
  function die(invocation: Invocation): Promise<never> {
    const { isolate, name } = invocation
    const dying = chance.is(`isolate dies with ${name}`, 0.5) ? [...isolate.alive] : [invocation]
    for (const one of dying) {
      one.isDead = true
      isolate.alive.delete(one)
      one.died.resolve()
    }
    const place = isolates.indexOf(isolate)
    if (dying.length > 1 && place !== -1) isolates.splice(place, 1, newIsolate())
    return new Promise(() => {})
  }

  const waitName = (task: Invocation, place: string): string => {
    task.waits += 1
    return `${task.name} / ${place} ${task.waits}`
  }

  /** Most waits are short, few are long: so that whatever can overtake does. */
  const latency = (wait: string, [least, most]: readonly [number, number]): number => {
    const most10 = chance.is(`long ${wait}`, 0.1) ? most * 10 : most
    return chance.int(`latency ${wait}`, least, most10)
  }

  async function askDatabase(task: Invocation, init: RequestInit): Promise<Response> {
    const wait = waitName(task, 'database')
    const fault = faults.befall('database', wait)
    await scheduler.wait(task, latency(wait, [1, 15]) + (fault === 'database-slow' ? 3_000 : 0))
    if (fault === 'database-refuses') throw new TypeError('the database is not reached')
    if (fault === 'crash-before-commit') return die(task)
    const response = await scheduler.outside(database.answer(init))
    if (fault === 'crash-after-commit') return die(task)
    await scheduler.wait(task, latency(`${wait} back`, [1, 15]))
    if (fault === 'database-answer-lost') throw new TypeError('the answer of the database is lost')
    return response
  }

  async function callProvider(task: Invocation, request: Request): Promise<Response> {
    const wait = waitName(task, 'provider')
    const fault = faults.befall('provider', wait)
    run.counts.providerCalls += 1
    story.tell(wait, callText(request))
    if (fault === 'crash-before-call') return die(task)
    const before = latency(wait, [20, 300]) + (fault === 'provider-slow' ? 8_000 : 0)
    await scheduler.waitUnless(task, before, request.signal)
    const call = providerCalls.call(wait, fault, task, request)
    call.then(postWebhooks, () => {})
    const response = await (fault === 'crash-after-call' ? call.then(() => die(task)) : call)
    await scheduler.waitUnless(task, latency(`${wait} back`, [20, 300]), request.signal)
    return response
  }

  async function postToMerchant(task: Invocation, request: Request): Promise<Response> {
    const wait = waitName(task, 'post')
    const fault = faults.befall('post', wait)
    const slow = fault === 'receiver-slow' ? 4_000 : 0
    await scheduler.waitUnless(task, latency(wait, [5, 80]) + slow, request.signal)
    if (fault === 'receiver-reset') throw new TypeError('the connection was reset')
    if (fault === 'receiver-error') return new Response('no', { status: 500 })
    if (fault === 'receiver-busy') return new Response('slow down', { status: 429, headers: { 'retry-after': '30' } })
    if (fault === 'receiver-gone') return new Response('gone', { status: 410 })
    const response = await receivers.receive(request)
    story.tell(wait, `posted to ${new URL(request.url).hostname}`)
    if (fault === 'receiver-silent') await scheduler.waitUnless(task, 3_600_000, request.signal)
    await scheduler.waitUnless(task, latency(`${wait} back`, [5, 80]), request.signal)
    return fault === 'receiver-error-after' ? new Response('oh', { status: 500 }) : response
  }

  function depsOf(task: Omit<Invocation, 'deps'>): Deps {
    const self = task as Invocation
    const { skewMs, webhookSecrets } = task.isolate
    const clock = {
      now: () => new Date(scheduler.now() + skewMs),
      deadline: (ms: number) => scheduler.deadline(task, ms),
    }
    const observer = { roundTrip: () => {}, entered: () => {} }
    const host = hostOf(task.name)
    const log = createLog(
      () => {},
      (error) => noteError(task.name, error),
    )
    return {
      api: connect(database.urlOf('paybridge_api', host), observer),
      worker: connect(database.urlOf('paybridge_worker', host), observer),
      sealing: SEALING,
      tokens: TOKENS,
      clock,
      random: chance.bytes(`random of ${task.name}`),
      exchange: {
        fetch: (request) => callProvider(self, request),
        deadline: clock.deadline,
        providersUrl: PROVIDERS_URL,
      },
      egress: createEgress({
        clock,
        fetch: (request) => postToMerchant(self, request),
        resolve: async () => undefined,
        allowLoopback: false,
      }),
      webhookSecrets,
      nudge: (jobs) => nudge(self, jobs),
      defer: (work) => void work.catch((error) => log.error('deferred_work_failed', error)),
      announce: (merchantId, mode, news) => {
        if (faults.befall('announce', waitName(self, 'announce')) !== undefined) return
        scheduler.at(scheduler.now() + 10, () => feedOf(merchantId, mode).announce(news))
      },
      waitForEvents: (merchantId, mode, after, ms) => feedOf(merchantId, mode).waitFor(after, ms),
      log,
    }
  }

  function noteError(who: string, error: unknown): void {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    errors.push(`${who}: ${text}`)
    story.tell(who, `logs ${namelessText(text)}`)
  }

  /** As the platform's adapter does: a queue that is down costs time, not truth. */
  async function nudge(task: Invocation, jobs: Job[]): Promise<void> {
    try {
      await Promise.all(jobs.map((job) => send(task, job)))
    } catch (error) {
      task.deps.log.error('nudge_lost', error)
    }
  }

  async function send(task: Invocation, job: Job): Promise<void> {
    const wait = waitName(task, `send ${job.kind}`)
    const name = `${task.name} > ${job.kind} ${task.waits}`
    const fault = faults.befall('send', wait)
    await scheduler.wait(task, latency(wait, [1, 10]))
    if (fault === 'queue-refuses') throw new Error('the queue is down')
    if (fault === 'message-lost') return
    const delayMs = ('delaySeconds' in job ? job.delaySeconds * 1000 : 0) + (fault === 'message-late' ? 180_000 : 0)
    deliverMessage({ name, job, tries: 0 }, delayMs)
    if (fault === 'message-doubled') deliverMessage({ name: `${name} again`, job, tries: 0 }, delayMs)
  }

  function deliverMessage(message: QueueMessage, delayMs: number): void {
    const arrives = scheduler.now() + delayMs + latency(`arrival of ${message.name} ${message.tries}`, [1, 60])
    scheduler.at(arrives, () => consumeMessage(message))
  }

  /** Messages are handed over until somebody takes them, or they have failed too often. */
  function consumeMessage(message: QueueMessage): void {
    message.tries += 1
    const isDead = message.tries >= QUEUE_TRIES
    const task = begin(message.tries === 1 ? message.name : `${message.name} (${message.tries})`)
    let isTaken = false
    const body: MessageBatch['messages'][number] = {
      id: message.name,
      timestamp: new Date(scheduler.now()),
      body: JSON.parse(JSON.stringify(message.job)),
      attempts: message.tries,
      ack: () => {
        isTaken = true
      },
      retry: () => {},
    }
    const batch: MessageBatch = {
      queue: isDead ? 'paybridge-dead-letters' : 'paybridge-jobs',
      messages: [body],
      metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } },
      ackAll: () => {},
      retryAll: () => {},
    }
    const again = () => {
      end(task)
      if (!isTaken && !isDead) deliverMessage(message, 10_000)
    }
    Promise.race([consume(task.deps, batch), task.died.promise]).then(again, (error) => {
      noteError(task.name, error)
      again()
    })
  }

  async function cron(name: string): Promise<void> {
    const task = begin(name)
    await Promise.race([sweep(task.deps), task.died.promise])
    end(task)
  }

  const sockets = new WeakMap<Request, { socket: Socket; open: OpenStream | undefined }>()

  async function openStream(
    client: Task,
    name: string,
    asked: Request,
    socket: Socket,
  ): Promise<OpenStream | undefined> {
    const opening = { socket, open: undefined }
    sockets.set(asked, opening)
    await request(client, name, asked)
    return opening.open
  }

  async function request(client: Task, name: string, asked: Request): Promise<Response> {
    run.counts.requests += 1
    const fault = faults.befall('request', `${name} / way`)
    await scheduler.wait(client, latency(`${name} way`, [5, 60]))
    if (fault === 'request-lost') throw await lost(client, name)
    const response = await handle(name, asked)
    await scheduler.wait(client, latency(`${name} way back`, [5, 60]))
    if (response === undefined || fault === 'answer-lost') throw await lost(client, name)
    return response
  }

  async function lost(client: Task, name: string): Promise<Lost> {
    await scheduler.wait(client, latency(`patience of ${name}`, [100, 5_000]))
    return new Lost(name)
  }

  /** Undefined where the handler died. */
  async function handle(name: string, asked: Request): Promise<Response | undefined> {
    const task = begin(name)
    variables.set(asked, { ...variablesOf(task.deps, name), openStream: (...to) => acceptStream(asked, ...to) })
    const response = await Promise.race([app.fetch(asked), task.died.promise])
    end(task)
    return response ?? undefined
  }

  /** As the object does that holds the streams. */
  async function acceptStream(asked: Request, subscriber: Subscriber, after: number): Promise<Response> {
    const opening = sockets.get(asked)
    if (opening === undefined) throw new Error('nobody waits for this socket')
    const feed = feedOf(subscriber.merchantId, subscriber.mode)
    const reader = Reader.begin(opening.socket, subscriber, after)
    opening.open = { hear: (message) => feed.hear(reader, message), leave: () => feed.leave(reader) }
    held.set(feed, [...(held.get(feed) ?? []), opening])
    feed.join(reader)
    return new Response(null, { status: 200 })
  }

  function variablesOf(deps: Deps, name: string): Variables {
    return {
      deps,
      requestId: newId('req', scheduler.now(), chance.bytes(`request id of ${name}`)),
      ipAddress: '203.0.113.10',
      merchantId: () => undefined,
      withinLimit: async () => true,
      openStream: () => Promise.reject(new Error('streams are opened at their object')),
      refuseStream: (code) => new Response(code, { status: 400 }),
      defer: (work) => void work.catch((error) => noteError(name, error)),
      roundTrips: () => 0,
      routePattern: undefined,
    }
  }

  /** A provider's webhook, on its way. What the provider sees is our answer, or none. */
  async function postWebhook(posted: Request): Promise<Response> {
    webhooksPosted += 1
    const name = `webhook ${webhooksPosted}`
    const fault = faults.befall('webhook', name)
    if (fault === 'webhook-lost') return new Response('ok')
    const copy = fault === 'webhook-doubled' ? posted.clone() : undefined
    if (copy !== undefined)
      scheduler.at(scheduler.now() + latency(`second ${name}`, [1, 5_000]), () => handle(`${name} again`, copy))
    const late = fault === 'webhook-late' ? chance.int(`lateness of ${name}`, 1_000, 900_000) : 0
    if (late > 0) {
      // Another system in between took it, and passes it on when it can.
      scheduler.at(scheduler.now() + late, () => void handle(name, posted))
      return new Response('ok')
    }
    await scheduler.wait(outside, latency(name, [5, 200]))
    const response = await handle(name, posted)
    await scheduler.wait(outside, latency(`${name} back`, [5, 60]))
    if (response === undefined) throw new TypeError('the connection was cut')
    return response
  }

  /** What is due now, and later by itself. */
  function postWebhooks(): void {
    const dueAt = simulators.nextDueAt()?.getTime()
    if (dueAt === undefined) return
    if (dueAt > scheduler.now()) {
      if (dueAt >= nextPostAt) return
      nextPostAt = dueAt
      scheduler.at(dueAt, () => {
        nextPostAt = Number.POSITIVE_INFINITY
        postWebhooks()
      })
      return
    }
    simulators.deliverDueWebhooks().then(postWebhooks, (error) => noteError('webhooks', error))
  }
  let nextPostAt = Number.POSITIVE_INFINITY

  let objectsMade = 0
  const feeds = new Map<string, EventFeed>()
  const held = new Map<EventFeed, { socket: Socket }[]>()
  function feedOf(merchantId: string, mode: Mode): EventFeed {
    const key = `${merchantId}:${mode}`
    const living = feeds.get(key)
    if (living !== undefined) return living
    objectsMade += 1
    // An object has an isolate to itself as far as anybody can see. Where it dies its sockets go, and the next one begins.
    const task = begin(`streams ${objectsMade}`, newIsolate())
    const feed = new EventFeed(task.deps)
    feeds.set(key, feed)
    task.died.promise.then(() => {
      feeds.delete(key)
      for (const { socket } of held.get(feed) ?? []) socket.close(1006, 'gone')
    })
    return feed
  }

  return {
    simulators,
    providerCalls,
    request,
    openStream,
    cron,
    postWebhooks,
    feedOf,
    lookAtStreams() {
      for (const feed of feeds.values()) feed.look().catch((error) => noteError('streams', error))
    },
    calm: calmOf(),
    errors,
    receivers,
    get underWay() {
      return isolates.reduce((sum, { alive }) => sum + alive.size, 0)
    },
  }

  /** What stands outside of the run: its database requests are answered at once. */
  function calmOf(): Platform['calm'] {
    const deps: Deps = {
      ...depsOf({
        name: 'calm',
        isDead: false,
        waits: 0,
        isolate: { ...newIsolate(), skewMs: 0 },
        died: Promise.withResolvers<void>(),
      }),
      exchange: {
        fetch: (request) => simulators.fetch(request),
        deadline: (ms) => scheduler.deadline(outside, ms),
        providersUrl: PROVIDERS_URL,
      },
      nudge: async () => {},
      announce: () => {},
    }
    let requests = 0
    const calmApp = {
      request(url: string, init: RequestInit) {
        requests += 1
        const asked = new Request(url, init)
        variables.set(asked, variablesOf(deps, `calm ${requests}`))
        return app.fetch(asked)
      },
    }
    return { deps, app: calmApp as App }
  }
}

interface QueueMessage {
  name: string
  job: Job
  tries: number
}

/** Of a call at a provider: ids and codes in its path are of no interest. */
function callText({ method, url }: Request): string {
  const { pathname, hostname } = new URL(url)
  const words = pathname.split('/').filter((part) => part.length < 16 && !/\d{3}/.test(part))
  return `${method} ${hostname === 'providers.test' ? '' : hostname}${words.join('/')}`
}

/** As a host's name, by which the driver's requests say whose they are. */
function hostOf(task: string): string {
  return `${task
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')}.task`
}

/** Ids, times and secrets differ from run to run only where something else does; a story does without them. */
export function namelessText(text: string): string {
  return text.replaceAll(/\b([a-z]{3})_[0-7][0-9a-hjkmnp-tv-z]{25}\b/g, '$1_…').replaceAll(/pb-[0-9a-z]{26}/g, 'pb-…')
}

function numberOf(bytes: (length: number) => Uint8Array<ArrayBuffer>): () => number {
  return () => new DataView(bytes(4).buffer).getUint32(0) / 2 ** 32
}
