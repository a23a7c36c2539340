/**
 * `npm run bench:webhooks`: 10,000 events spread over the endpoints of 100 merchants, once with every endpoint alive and
 * once with ten of them dead, on the built Worker under workerd before a real Postgres. Every live endpoint must have
 * everything, and the median of its delay must stay within twice that of the run without the dead ones: exit 1 otherwise.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs, styleText } from 'node:util'
import { parseKeyRing } from '../src/crypto/key-ring.ts'
import { newWebhookSecret } from '../src/crypto/standard-webhooks.ts'
import { newId } from '../src/domain/ids.ts'
import { sealEndpointSecret } from '../src/operations/webhooks/endpoint-secret.ts'
import { type BenchDatabase, startBenchDatabase } from './platform/bench-database.ts'
import { type BenchWorker, startBenchWorker } from './platform/bench-worker.ts'
import { type Receivers, startReceivers } from './platform/receivers.ts'

const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '10000' },
    merchants: { type: 'string', default: '100' },
    dead: { type: 'string', default: '10' },
    'per-second': { type: 'string', default: '200' },
    json: { type: 'boolean', default: false },
  },
})
const EVENTS = Number(options.events)
const MERCHANTS = Number(options.merchants)
const DEAD = Number(options.dead)
const PER_SECOND = Number(options['per-second'])

/** Longest wait for the last event of a run, after the last commit. */
const PATIENCE_MS = 180_000
const RATIO_MAX = 2

const SEALING_KEYS = `bench:${randomBytes(32).toString('base64')}`
const TOKEN_KEYS = `bench:${randomBytes(32).toString('base64')}`
const sealing = {
  sealing: parseKeyRing('seal', SEALING_KEYS),
  random: (length: number) => new Uint8Array(randomBytes(length)),
}
const id = <P extends Parameters<typeof newId>[0]>(prefix: P) => newId(prefix, Date.now(), sealing.random)

interface Figures {
  run: string
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

async function run(name: string, database: BenchDatabase, worker: BenchWorker, dead: number): Promise<Figures> {
  await using receivers = await startReceivers()
  const endpoints: Endpoint[] = []
  for (let index = 0; index < MERCHANTS; index++) endpoints.push(await seedMerchant(database, receivers, index < dead))
  const made: { key: string; committedAt: number }[] = []
  const startedAt = performance.now()
  for (let index = 0; index < EVENTS; index++) {
    const endpoint = endpoints[index % MERCHANTS]
    if (endpoint === undefined) throw new RangeError('no endpoint')
    const event = await makeEvent(database, worker, endpoint)
    if (!endpoint.isDead) made.push(event)
    // As many a second as asked for, or as the machine can.
    const ahead = startedAt + ((index + 1) * 1000) / PER_SECOND - performance.now()
    if (ahead > 5) await sleep(ahead)
    if (index % 500 === 499) progress(`${name}: ${index + 1} events committed, ${receivers.arrivals.size} arrived`)
  }
  const deadline = performance.now() + PATIENCE_MS
  const cron = await worker.miniflare.getWorker('paybridge')
  while (made.some(({ key }) => !receivers.arrivals.has(key)) && performance.now() < deadline) {
    // What nudges have missed the cron finds, as in production.
    await cron.scheduled()
    await sleep(500)
    progress(`${name}: ${receivers.arrivals.size} of ${made.length} arrived`)
  }
  const delays = made.flatMap(({ key, committedAt }) => {
    const at = receivers.arrivals.get(key)
    return at === undefined ? [] : [at - committedAt]
  })
  const sorted = delays.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN
  return {
    run: name,
    expected: made.length,
    arrived: delays.length,
    repeats: receivers.repeats(),
    medianMs: at(0.5),
    p99Ms: at(0.99),
  }
}

/** A line that is written over on a terminal, and left out of a pipe. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}

async function main(): Promise<boolean> {
  await using database = await startBenchDatabase()
  await using worker = await startBenchWorker({
    ENVIRONMENT: 'local',
    DATABASE_URL: database.urlOf('paybridge_api'),
    WORKER_DATABASE_URL: database.urlOf('paybridge_worker'),
    LOCAL_DATABASE_ENDPOINT: database.endpoint,
    SEALING_KEYS,
    TOKEN_KEYS,
  })
  const alive = await run('all alive', database, worker, 0)
  const withDead = await run(`${DEAD} dead`, database, worker, DEAD)
  progress('')
  const ratio = withDead.medianMs / alive.medianMs
  const isGood = [alive, withDead].every(({ arrived, expected }) => arrived === expected) && ratio <= RATIO_MAX
  if (options.json) console.log(JSON.stringify({ alive, withDead, ratio, isGood }))
  else report(alive, withDead, ratio, isGood)
  return isGood
}

function report(alive: Figures, withDead: Figures, ratio: number, isGood: boolean): void {
  const row = (cells: readonly (string | number)[]) =>
    console.log(cells.map((cell) => String(cell).padStart(14)).join(''))
  row(['run', 'live events', 'arrived', 'repeats', 'median ms', 'p99 ms'])
  for (const { run, expected, arrived, repeats, medianMs, p99Ms } of [alive, withDead]) {
    row([run, expected, arrived, repeats, medianMs.toFixed(1), p99Ms.toFixed(1)])
  }
  const verdict = isGood ? styleText('green', 'holds') : styleText('red', 'does not hold')
  console.log(`\nMedian with the dead to without: ${ratio.toFixed(2)} (at most ${RATIO_MAX}); ${verdict}`)
}

process.exitCode = (await main()) ? 0 : 1
