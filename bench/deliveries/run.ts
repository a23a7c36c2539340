/** Events of many merchants, committed at a steady rate, and how long each waits for its first post. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseKeyRing } from '../../src/crypto/key-ring.ts'
import { newWebhookSecret } from '../../src/crypto/standard-webhooks.ts'
import { newId } from '../../src/domain/ids.ts'
import { sealEndpointSecret } from '../../src/operations/webhooks/endpoint-secret.ts'
import { type BenchDatabase, startBenchDatabase } from '../platform/bench-database.ts'
import { type BenchWorker, startBenchWorker } from '../platform/bench-worker.ts'
import { type Receivers, startReceivers } from '../platform/receivers.ts'

/** Longest wait for the last event of a run, after the last commit. */
const PATIENCE_MS = 180_000

const SEALING_KEYS = `bench:${randomBytes(32).toString('base64')}`
const TOKEN_KEYS = `bench:${randomBytes(32).toString('base64')}`
const sealing = {
  sealing: parseKeyRing('seal', SEALING_KEYS),
  random: (length: number) => new Uint8Array(randomBytes(length)),
}
const id = <P extends Parameters<typeof newId>[0]>(prefix: P) => newId(prefix, Date.now(), sealing.random)

/** How much there is to deliver. */
export interface Flow {
  merchants: number
  /** Of these, how many have an endpoint that never answers. */
  dead: number
  events: number
  perSecond: number
}

export interface DeliveryPlatform extends AsyncDisposable {
  database: BenchDatabase
  worker: BenchWorker
}

/** The built Worker with its queues before a real Postgres. */
export async function startDeliveryPlatform(): Promise<DeliveryPlatform> {
  await using parts = new AsyncDisposableStack()
  const database = parts.use(await startBenchDatabase())
  const worker = parts.use(
    await startBenchWorker({
      ENVIRONMENT: 'local',
      DATABASE_URL: database.urlOf('paybridge_api'),
      WORKER_DATABASE_URL: database.urlOf('paybridge_worker'),
      LOCAL_DATABASE_ENDPOINT: database.endpoint,
      SEALING_KEYS,
      TOKEN_KEYS,
    }),
  )
  const running = parts.move()
  return { database, worker, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

export interface Delivered {
  expected: number
  arrived: number
  repeats: number
  medianMs: number
  p99Ms: number
}

interface Endpoint {
  merchantId: string
  connectionId: string
  endpointId: string
  isDead: boolean
}

/** A merchant with a connection and one endpoint, written as the owner of the schema. */
async function seedMerchant({ owner }: BenchDatabase, receivers: Receivers, isDead: boolean): Promise<Endpoint> {
  const [merchantId, connectionId, endpointId] = [id('mer'), id('con'), id('whe')]
  const secret = await sealEndpointSecret(sealing, endpointId, newWebhookSecret(sealing.random))
  const url = isDead ? receivers.deadUrl(endpointId) : receivers.liveUrl(endpointId)
  await owner.query(`insert into merchants (id, company_name, country) values ($1, 'Bench', 'NG')`, [merchantId])
  await owner.query(
    `insert into connections (id, merchant_id, mode, provider, name, credentials_mask, sealed_credentials)
     values ($1, $2, 'test', 'paystack', 'Paystack', 'sk_…', 'v1.bench')`,
    [connectionId, merchantId],
  )
  await owner.query(
    `insert into webhook_endpoints (id, merchant_id, mode, url, event_types, sealed_secret)
     values ($1, $2, 'test', $3, '{*}', $4)`,
    [endpointId, merchantId, url, secret],
  )
  return { merchantId, connectionId, endpointId, isDead }
}

/** One payment of the merchant, which is one event: committed, and its delivery nudged as an operation would. */
async function makeEvent({ owner }: BenchDatabase, { miniflare }: BenchWorker, endpoint: Endpoint) {
  const transactionId = id('txn')
  await owner.query(
    `insert into transactions (id, merchant_id, mode, reference, amount, currency, customer_email, provider, connection_id,
                               expires_at, next_check_at)
     values ($1, $2, 'test', $1, 1000, 'NGN', 'ada@customer.test', 'paystack', $3, now() + interval '7 days',
             now() + interval '6 days')`,
    [transactionId, endpoint.merchantId, endpoint.connectionId],
  )
  const committedAt = performance.now()
  const { rows } = await owner.query<{ id: string; event_id: string }>(
    'select id, event_id from deliveries where transaction_id = $1',
    [transactionId],
  )
  const [row] = rows
  if (row === undefined) throw new Error('an event was made, and no delivery of it')
  const queue = await miniflare.getQueueProducer('DELIVERIES', 'paybridge')
  await queue.send({ kind: 'deliver', deliveryIds: [row.id], delaySeconds: 0 })
  return { key: `${endpoint.endpointId}:${row.event_id}`, committedAt }
}

/** What became of the events for living endpoints. */
export async function deliver(
  { database, worker }: DeliveryPlatform,
  { merchants, dead, events, perSecond }: Flow,
  progress: (text: string) => void = () => {},
): Promise<Delivered> {
  await using receivers = await startReceivers()
  const endpoints: Endpoint[] = []
  for (let index = 0; index < merchants; index++) endpoints.push(await seedMerchant(database, receivers, index < dead))
  const made: { key: string; committedAt: number }[] = []
  const startedAt = performance.now()
  for (let index = 0; index < events; index++) {
    const endpoint = endpoints[index % merchants]
    if (endpoint === undefined) throw new RangeError('no endpoint')
    const event = await makeEvent(database, worker, endpoint)
    if (!endpoint.isDead) made.push(event)
    // As many a second as asked for, or as the machine can.
    const ahead = startedAt + ((index + 1) * 1000) / perSecond - performance.now()
    if (ahead > 5) await sleep(ahead)
    if (index % 500 === 499) progress(`${index + 1} events committed, ${receivers.arrivals.size} arrived`)
  }
  const deadline = performance.now() + PATIENCE_MS
  const cron = await worker.miniflare.getWorker('paybridge')
  while (made.some(({ key }) => !receivers.arrivals.has(key)) && performance.now() < deadline) {
    // What nudges have missed the cron finds, as in production.
    await cron.scheduled()
    await sleep(500)
    progress(`${receivers.arrivals.size} of ${made.length} arrived`)
  }
  const delays = made.flatMap(({ key, committedAt }) => {
    const at = receivers.arrivals.get(key)
    return at === undefined ? [] : [at - committedAt]
  })
  const sorted = delays.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN
  return {
    expected: made.length,
    arrived: delays.length,
    repeats: receivers.repeats(),
    medianMs: at(0.5),
    p99Ms: at(0.99),
  }
}
