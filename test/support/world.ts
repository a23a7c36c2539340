/**
 * The one place for fixtures: a world of its own for each test file, with a database, a clock that stands still until it
 * is moved, seeded randomness, every provider's simulator in-process, and a receiver of webhooks. Nothing of ours is mocked.
 */

import { neonConfig } from '@neondatabase/serverless'
import type { SQL } from 'drizzle-orm'
import { createSimulators } from '../../local/simulators/index.ts'
import { parseKeyRing } from '../../src/crypto/key-ring.ts'
import { connect } from '../../src/db/client.ts'
import { enterWorker } from '../../src/db/gate.ts'
import { newId } from '../../src/domain/ids.ts'
import type { Mode } from '../../src/domain/transaction.ts'
import type { Env } from '../../src/env.ts'
import { createApp } from '../../src/http/app.ts'
import type { Deps, Job } from '../../src/operations/deps.ts'
import { EventFeed } from '../../src/operations/events/feed.ts'
import { WebhookSecretsCache } from '../../src/operations/provider-events/webhook-secrets.ts'
import { createEgress } from '../../src/platform/egress.ts'
import { createLog } from '../../src/platform/log.ts'
import { announceTo, openStream, refuseStream, waitAt } from '../../src/platform/streams.ts'
import { ApiContract } from './api-contract.ts'
import { fakeClock } from './clock.ts'
import { useFeedDeps } from './feed-deps.ts'
import { type MerchantOptions, newMerchant } from './merchant.ts'
import { bridgeEndpoint, databaseUrl, rolePasswords } from './provided.ts'
import { seededRandom } from './random.ts'
import { createReceiver } from './receiver.ts'
import { hear, hearAnswer, hearError, hearRequest, keepSecret } from './secrets.ts'

export { type ApiAnswer, caller, type Merchant } from './merchant.ts'

/** Where all the simulators are, each below its provider's name. */
export const SIMULATORS_URL = 'https://simulators.test'

/** 32 bytes each; good for nothing but tests. */
export const SEALING_KEYS = 'test-1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
export const TOKEN_KEYS = 'test-1:ICEiIyQlJicoKSorLC0uLzAxMjMrNTY3ODk6Ozw9Pj8='
for (const keys of [SEALING_KEYS, TOKEN_KEYS]) keepSecret(keys.split(':')[1])
for (const password of Object.values(rolePasswords)) keepSecret(password)

const STARTS_AT = new Date('2026-11-24T09:00:00.000Z')

export type World = Awaited<ReturnType<typeof createWorld>>

interface WorldOptions {
  /** Where its clock stands at first. */
  startsAt?: Date
  /** Of its chance: two worlds with one database have one each, or they would make the same keys. */
  seed?: number
  /** The real objects that hold the streams. Without them news reaches nobody but who polls. */
  streams?: Env['EVENT_STREAMS']
}

/** @param name of the test file's database: lower case, unique among the files */
export async function createWorld(name: string, { startsAt = STARTS_AT, seed = 1, streams }: WorldOptions = {}) {
  neonConfig.fetchEndpoint = bridgeEndpoint
  // The driver's own requests are what is counted, and what a crash cuts off.
  const database = { requests: 0, failAfter: Number.POSITIVE_INFINITY }
  neonConfig.fetchFunction = async (url: string, init: RequestInit) => {
    if (database.failAfter-- <= 0) throw new TypeError('the connection to the database was cut')
    database.requests += 1
    hear('an SQL statement', String(init.body))
    return fetch(url, init)
  }
  const clock = fakeClock(startsAt)
  const random = seededRandom(seed).bytes
  const jobs: Job[] = []
  const logLines: string[] = []
  const providerCalls: string[] = []
  const providerPosts: ProviderPost[] = []
  const receiver = createReceiver()
  const names = new Map<string, readonly string[]>()

  const simulators = createSimulators(
    {
      now: clock.now,
      random: () => seededNumber(random),
      sleep: (ms, signal) => clock.sleep(ms, signal),
      async deliver(request) {
        const { url, headers } = request
        const body = new Uint8Array(await request.clone().arrayBuffer())
        const response = await app.fetch(request)
        providerPosts.push({ url, headers: Object.fromEntries(headers), body, status: response.status })
        return response
      },
    },
    { baseUrl: SIMULATORS_URL },
  )

  let entered: string | undefined
  const observer = {
    roundTrip: () => {},
    entered: (merchantId: string) => {
      entered = merchantId
    },
  }
  const deferred: Promise<unknown>[] = []
  const log = createLog((line) => {
    logLines.push(line)
    hear('the log', line)
  }, hearError)
  const deps: Deps = {
    ...newsOf(
      () => deps,
      streams,
      (work) => deferred.push(work),
    ),
    api: connect(databaseUrl('paybridge_api', `t_${name}`), observer),
    worker: connect(databaseUrl('paybridge_worker', `t_${name}`), observer),
    sealing: parseKeyRing('seal', SEALING_KEYS),
    tokens: parseKeyRing('sign', TOKEN_KEYS),
    clock,
    random,
    exchange: {
      fetch: async (request) => {
        providerCalls.push(`${request.method} ${new URL(request.url).pathname.replace(/^\/\w+/, '')}`)
        await hearRequest('a call to a provider', request, (header) => header === 'authorization')
        return simulators.fetch(request)
      },
      deadline: clock.deadline,
      providersUrl: SIMULATORS_URL,
    },
    egress: createEgress({
      clock,
      fetch: async (request) => {
        // Beside ours are the headers that the merchant asked for.
        await hearRequest('a delivery', request, (header) => !/^(webhook-|content-type$|user-agent$)/.test(header))
        return receiver.fetch(request)
      },
      resolve: async (name) => names.get(name),
      allowLoopback: false,
    }),
    webhookSecrets: new WebhookSecretsCache(clock.now),
    async nudge(nudged) {
      jobs.push(...nudged)
      hear('a queue message', JSON.stringify(nudged))
    },
    defer: (work) => {
      deferred.push(work)
    },
    log,
  }
  if (streams !== undefined) useFeedDeps(deps)

  const app = createApp((c) => ({
    deps,
    roundTrips: () => database.requests,
    merchantId: () => entered,
    requestId: newId('req', clock.now().getTime(), random),
    ipAddress: c.req.header('cf-connecting-ip') ?? '203.0.113.10',
    withinLimit: async () => true,
    openStream: async (subscriber, after) => {
      if (streams === undefined) throw new Error('this world has no streams')
      return openStream(streams, subscriber, after)
    },
    refuseStream,
    defer: (work) => deferred.push(work),
    routePattern: undefined,
  }))
  const contract = holdToDocument(app)

  const answer = app.fetch
  app.fetch = async (request, ...rest) => {
    const response = await answer(request, ...rest)
    await hearAnswer(request, response)
    return response
  }

  return {
    deps,
    clock,
    random,
    jobs,
    logLines,
    /** What the provider was asked, in order: `GET /transaction/verify/…`. */
    providerCalls,
    /** What the providers posted to us, as it was sent, and our answers' statuses. */
    providerPosts,
    receiver,
    /** What names lead to, as far as it can be seen. */
    names,
    /** Every provider's simulator. */
    simulators,
    paystack: simulators.of.paystack,
    app,
    /** The OpenAPI document, to which every answer of `app` is held. */
    contract,
    /** Waits for the work that requests left to be done after their answer. */
    settled: async () => {
      await Promise.all(deferred.splice(0))
    },
    /** How many HTTP requests the driver made for this work. */
    async countRoundTrips<T>(work: () => Promise<T>): Promise<{ roundTrips: number; result: T }> {
      const before = database.requests
      const result = await work()
      return { roundTrips: database.requests - before, result }
    },
    /** Lets so many requests to the database through, then cuts the rest off until `work` is over: a crash. */
    async crashAfter<T>(requests: number, work: () => Promise<T>): Promise<T> {
      database.failAfter = requests
      try {
        return await work()
      } finally {
        database.failAfter = Number.POSITIVE_INFINITY
      }
    },
    /** Rows as the worker's role reads them. */
    async query(statement: SQL): Promise<Record<string, unknown>[]> {
      const { db } = deps.worker
      const batch = await deps.worker.run(enterWorker(db, clock.now()), [db.execute(statement)])
      if (!batch.ok) throw new Error(batch.problem.code)
      return batch.rows[0].rows
    },
    newMerchant: (options: MerchantOptions = {}) => newMerchant(deps, app, options),
  }
}

/** Every app has the same, and to read it takes longer than most cases. */
let contract: Promise<ApiContract> | undefined

/** Lets the app give no answer but such as its OpenAPI document describes: another is an error of the test. */
function holdToDocument(app: ReturnType<typeof createApp>): () => Promise<ApiContract> {
  const { fetch } = app
  const readContract = async () => {
    const served = await fetch(new Request('https://api.paybridge.test/api/schema/'))
    return new ApiContract(await served.json())
  }
  const contractOf = () => {
    contract ??= readContract()
    return contract
  }
  app.fetch = async (request, ...rest) => {
    const response = await fetch(request, ...rest)
    const { status, headers } = response
    const text = status === 101 ? '' : await response.clone().text()
    const { pathname } = new URL(request.url)
    const fault = (await contractOf()).fault(request.method, pathname, { status, headers, text })
    if (fault === undefined) return response
    throw new Error(`the answer to ${request.method} ${pathname} is not of the OpenAPI document: ${fault}`)
  }
  return contractOf
}

/** A webhook as a provider sent it. */
export interface ProviderPost {
  url: string
  headers: Record<string, string>
  body: Uint8Array<ArrayBuffer>
  /** Of our answer. */
  status: number
}

/** How news goes round: to the real objects, or within the world. */
function newsOf(
  depsOf: () => Deps,
  streams: Env['EVENT_STREAMS'] | undefined,
  defer: (work: Promise<unknown>) => void,
): Pick<Deps, 'announce' | 'waitForEvents'> {
  if (streams !== undefined) {
    return {
      announce: (merchantId, mode, news) => defer(announceTo(streams, depsOf().log, merchantId, mode, news)),
      waitForEvents: (merchantId, mode, after, ms) => waitAt(streams, depsOf().log, merchantId, mode, after, ms),
    }
  }
  const feeds = new Map<string, EventFeed>()
  const feedOf = (merchantId: string, mode: Mode) => {
    const feed = feeds.get(`${merchantId}:${mode}`) ?? new EventFeed(depsOf())
    feeds.set(`${merchantId}:${mode}`, feed)
    return feed
  }
  return {
    announce: (merchantId, mode, news) => feedOf(merchantId, mode).announce(news),
    waitForEvents: (merchantId, mode, after, ms) => feedOf(merchantId, mode).waitFor(after, ms),
  }
}

function seededNumber(random: (length: number) => Uint8Array): number {
  return new DataView(random(4).buffer).getUint32(0) / 2 ** 32
}
