/** A thousand sockets at the built Worker, over a network that cuts them off, while events are written. */
import { expect, test } from 'vitest'
import { z } from 'zod'
import { type ApiClient, answers, createApiClient } from '../../../local/client.ts'
import { DEMO_LOGIN, seedDemoMerchant } from '../../../local/seed.ts'
import { createSimulators } from '../../../local/simulators/index.ts'
import { serveSimulator } from '../../../local/simulators/kit/server.ts'
import { bridgeEndpoint, databaseUrl } from '../../support/provided.ts'
import { seededRandom } from '../../support/random.ts'
import { type BuiltWorker, startBuiltWorker } from './built-worker.ts'
import { startCuttingProxy } from './cutting-proxy.ts'
import { Follower } from './follower.ts'

const SOCKETS = 1_000
const PAYMENTS = 60
/** Each is made and called off. */
const EVENTS = 2 * PAYMENTS
const EVENT_BYTES = 150
const SEED = 6
const ENDS_WITHIN_MS = 5_000

const TICKET = z.object({ ticket: z.string() })
const KEY = answers.apiKey.extend({ id: z.string() })

test(`${SOCKETS} clients that are cut off at random each see every event once, and a revoked key ends its streams within 5 s`, async () => {
  await using simulators = await startSimulators()
  await using worker = await startWorker(simulators.url)
  const random = seededRandom(SEED)
  // Half of the connections live; the others are cut anywhere between the handshake and about the last event.
  await using network = await startCuttingProxy(worker.url, () =>
    random.pick([Number.POSITIVE_INFINITY, random.int(1, EVENT_BYTES * EVENTS)]),
  )
  const { api, keys, revoke } = await newMerchant(worker)
  const streamUrl = `${network.url.replace('http', 'ws')}/api/v1/events/stream/`
  const atOnce = limit(50)
  const followers = Array.from({ length: SOCKETS }, (_, index) => {
    const key = keys[index % keys.length]
    if (key === undefined) throw new Error('a follower has a key')
    const newTicket = async () => (await key.api.post('/api/v1/events/stream-ticket/', {}, TICKET)).ticket
    return { key, follower: new Follower(streamUrl, () => atOnce(newTicket)) }
  })

  await Promise.all([writePayments(api), ...followers.map(({ follower }) => follower.follow(EVENTS))])

  expect(followers.flatMap(({ follower }) => follower.seen.faults)).toEqual([])
  expect(followers.map(({ follower }) => follower.seen.last)).toEqual(Array(SOCKETS).fill(EVENTS))
  expect(network.cuts()).toBeGreaterThan(SOCKETS / 4)

  // Some connections would else be cut in the very word that ends them.
  network.heal()
  const [lost] = keys
  if (lost === undefined) throw new Error('there is a key')
  const startedAt = performance.now()
  await revoke(lost.id)
  const theirs = followers.filter(({ key, follower }) => key === lost && follower.isOpen)
  expect(theirs.length).toBeGreaterThan(SOCKETS / keys.length / 2)
  const codes = await Promise.all(theirs.map(({ follower }) => follower.ended))
  expect(new Set(codes)).toEqual(new Set([4003]))
  expect(performance.now() - startedAt).toBeLessThan(ENDS_WITHIN_MS)
  expect(followers.filter(({ key, follower }) => key !== lost && follower.isOpen).length).toBeGreaterThan(SOCKETS / 2)
}, 120_000)

async function startSimulators() {
  const server = await serveSimulator({ port: 0, create: (world, baseUrl) => createSimulators(world, { baseUrl }) })
  return { url: server.url, [Symbol.asyncDispose]: () => server.close() }
}

function startWorker(simulatorsUrl: string): Promise<BuiltWorker> {
  return startBuiltWorker({
    ENVIRONMENT: 'local',
    DATABASE_URL: databaseUrl('paybridge_api', 't_thousand_sockets'),
    WORKER_DATABASE_URL: databaseUrl('paybridge_worker', 't_thousand_sockets'),
    SEALING_KEYS: 'test-1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
    TOKEN_KEYS: 'test-1:ICEiIyQlJicoKSorLC0uLzAxMjMrNTY3ODk6Ozw9Pj8=',
    LOCAL_DATABASE_ENDPOINT: bridgeEndpoint(),
    LOCAL_PROVIDERS_URL: simulatorsUrl,
  })
}

/** A merchant with keys to follow by, and one to write with. */
async function newMerchant({ url }: BuiltWorker) {
  const { apiKey } = await seedDemoMerchant(url, undefined)
  const { access } = await createApiClient(url).post('/api/v1/auth/token/', DEMO_LOGIN, answers.tokens)
  const person = createApiClient(url, access)
  const keys = await Promise.all(
    ['one', 'two', 'three', 'four'].map(async (name) => {
      const { key, id } = await person.post('/api/v1/api-keys/', { name, scopes: ['events:read'] }, KEY)
      return { id, api: createApiClient(url, key) }
    }),
  )
  const revoke = (id: string) => person.post(`/api/v1/api-keys/${id}/revoke/`, {}, z.unknown())
  return { api: createApiClient(url, apiKey), keys, revoke }
}

const ORDER = { amount: 150_000, currency: 'NGN', customer: { email: 'ada@customer.test' }, provider: 'paystack' }

async function writePayments(api: ApiClient): Promise<void> {
  const atOnce = limit(4)
  const write = async () => {
    const { id } = await api.post('/api/v1/transactions/initiate_payment/', ORDER, z.object({ id: z.string() }))
    await api.post(`/api/v1/transactions/${id}/cancel/`, {}, z.unknown())
  }
  await Promise.all(Array.from({ length: PAYMENTS }, () => atOnce(write)))
}

/** So many at a time; the others wait for their turn. */
function limit(most: number) {
  let free = most
  const waiting: (() => void)[] = []
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }
}
