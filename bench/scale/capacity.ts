/**
 * `npm run bench:capacity`: what one payment costs in round trips, statements, log and rows, counted while the built Worker
 * takes payments at a simulated provider, and what follows from that for 10, 1,000 and 50,000 payments a second. Prints the
 * tables of docs/scale.md.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { z } from 'zod'
import { createApiClient } from '../../local/client.ts'
import { seedDemoMerchant } from '../../local/seed.ts'
import { createSimulators, DEMO_CREDENTIALS } from '../../local/simulators/index.ts'
import { serveSimulator } from '../../local/simulators/kit/server.ts'
import { type BenchDatabase, startBenchDatabase } from '../platform/bench-database.ts'
import { startBenchWorker } from '../platform/bench-worker.ts'
import { startReceivers } from '../platform/receivers.ts'
import { type RoundTrip, startRecorder } from '../platform/recorder.ts'

const PAYMENTS = 200
/** Payments a second. */
const RATES = [10, 1_000, 50_000] as const

/** Which part of a payment a round trip belongs to, told by what only it does. The first that fits. */
const PARTS: readonly [part: string, does: RegExp][] = [
  ['initiate', /insert into "transactions"/],
  [
    'webhook in',
    /insert into "provider_events"|from "connections" where \("connections"."id" = \$1 and "connections"."provider"/,
  ],
  ['deliver', /"ripe"|insert into delivery_attempts/],
  ['apply', /"provider_events"/],
  ['initiate', /update "idempotency_claims"/],
]

interface Cost {
  roundTrips: number
  statements: number
  walBytes: number
}

/** Tables that grow with payments. */
const GROWING = [
  'transactions',
  'attempts',
  'events',
  'deliveries',
  'delivery_attempts',
  'provider_events',
  'audit_entries',
  'idempotency_claims',
]

/** Messages of a payment: the event `created`, the provider's webhook, the event `succeeded` (src/operations). */
const MESSAGES = { deliveries: 2, providerEvents: 1 }
/** A message is written, read and deleted. */
const OPERATIONS_A_MESSAGE = 3

async function main(): Promise<void> {
  await using database = await startBenchDatabase()
  const sizesBefore = await sizesOf(database)
  const parts = await costOfPayments(database)
  const rows = await rowsOf(database, sizesBefore)
  const counters = await counterRates(database)
  report(parts, rows, counters)
}

async function costOfPayments(database: BenchDatabase): Promise<Map<string, Cost>> {
  const wal = async () =>
    Number((await database.owner.query<{ at: string }>(`select pg_current_wal_insert_lsn() - '0/0' as at`)).rows[0]?.at)
  await using parts = new AsyncDisposableStack()
  const recorder = parts.use(await startRecorder(database.endpoint, wal))
  const receivers = parts.use(await startReceivers())
  const simulators = await serveSimulator({ port: 0, create: (world, baseUrl) => createSimulators(world, { baseUrl }) })
  parts.defer(() => simulators.close())
  const worker = parts.use(
    await startBenchWorker({
      ENVIRONMENT: 'local',
      DATABASE_URL: database.urlOf('paybridge_api'),
      WORKER_DATABASE_URL: database.urlOf('paybridge_worker'),
      LOCAL_DATABASE_ENDPOINT: recorder.url,
      LOCAL_PROVIDERS_URL: simulators.url,
      SEALING_KEYS: `bench:${randomBytes(32).toString('base64')}`,
      TOKEN_KEYS: `bench:${randomBytes(32).toString('base64')}`,
    }),
  )
  const merchant = await seedDemoMerchant(worker.url, undefined)
  const { driver } = simulators.simulator.of.paystack
  driver.setWebhookUrl({ credentials: DEMO_CREDENTIALS.paystack }, `${worker.url}${merchant.webhookPaths.paystack}`)
  const api = createApiClient(worker.url, merchant.apiKey)
  await api.post('/api/v1/webhooks/', { url: receivers.liveUrl('shop'), event_types: ['payment.*'] }, z.looseObject({}))
  const quiet = async (condition: () => Promise<boolean>) => {
    while (!(await condition())) await sleep(20)
  }
  const delivered = (number: number) => async () =>
    (await count(database, `deliveries where status = 'succeeded'`)) >= number
  await pay(1)
  recorder.take()
  for (let number = 2; number <= PAYMENTS + 1; number++) await pay(number)
  return sum(recorder.take())

  async function pay(number: number): Promise<void> {
    const order = {
      amount: 150_000,
      currency: 'NGN',
      provider: 'paystack',
      customer: { email: 'ada@customer.test' },
      callback_url: 'https://shop.test/',
    }
    const { id } = await api.post('/api/v1/transactions/initiate_payment/', order, z.looseObject({ id: z.string() }))
    await quiet(delivered(2 * number - 1))
    const { rows } = await database.owner.query<{ reference: string }>(
      'select reference from attempts where transaction_id = $1',
      [id],
    )
    driver.pay(rows[0]?.reference ?? '')
    await simulators.simulator.deliverDueWebhooks()
    await quiet(delivered(2 * number))
  }
}

async function count({ owner }: BenchDatabase, what: string): Promise<number> {
  return Number((await owner.query<{ count: string }>(`select count(*) from ${what}`)).rows[0]?.count)
}

function sum(roundTrips: readonly RoundTrip[]): Map<string, Cost> {
  const parts = new Map<string, Cost>()
  for (const { statements, metered } of roundTrips) {
    const text = statements.map(({ query }) => query).join('\n')
    const part = PARTS.find(([, does]) => does.test(text))?.[0] ?? 'apply'
    const cost = parts.get(part) ?? { roundTrips: 0, statements: 0, walBytes: 0 }
    cost.roundTrips += 1 / PAYMENTS
    cost.statements += statements.length / PAYMENTS
    cost.walBytes += metered / PAYMENTS
    parts.set(part, cost)
  }
  return parts
}

interface TableSize {
  table: string
  rows: number
  bytes: number
}

/** Pages are whole: only of many rows does this say what one takes. */
async function sizesOf({ owner }: BenchDatabase): Promise<Map<string, number>> {
  const { rows } = await owner.query<{ table: string; bytes: string }>(
    `select t as table, pg_total_relation_size(t::regclass) as bytes from unnest($1::text[]) t`,
    [GROWING],
  )
  return new Map(rows.map(({ table, bytes }) => [table, Number(bytes)]))
}

async function rowsOf(database: BenchDatabase, before: ReadonlyMap<string, number>): Promise<TableSize[]> {
  const after = await sizesOf(database)
  const sizes: TableSize[] = []
  for (const table of GROWING) {
    const rows = (await count(database, table)) / (PAYMENTS + 1)
    sizes.push({ table, rows, bytes: ((after.get(table) ?? 0) - (before.get(table) ?? 0)) / (PAYMENTS + 1) })
  }
  return sizes
}

/** Payments a second whose events are numbered by one counter, and by sixteen: each waits for the commit before it. */
async function counterRates(database: BenchDatabase): Promise<{ one: number; many: number }> {
  const { owner } = database
  const merchants = Array.from({ length: 16 }, (_, n) => `mer_${String(n).padStart(26, '0')}`)
  await owner.query(
    `insert into merchants (id, company_name, country) select m, 'Bench', 'NG' from unnest($1::text[]) m`,
    [merchants],
  )
  await using parts = new AsyncDisposableStack()
  const clients: pg.Client[] = []
  for (let n = 0; n < 16; n++) {
    const client = parts.adopt(
      new pg.Client({
        host: owner.host,
        port: owner.port,
        user: owner.user ?? '',
        password: owner.password ?? '',
        database: owner.database ?? '',
      }),
      (opened) => opened.end(),
    )
    await client.connect()
    clients.push(client)
  }
  const rate = async (merchantOf: (client: number) => string | undefined) => {
    const until = performance.now() + 5_000
    let made = 0
    const work = async (client: pg.Client, merchant: string | undefined) => {
      while (performance.now() < until) {
        await client.query(
          `insert into transactions (id, merchant_id, mode, reference, amount, currency, customer_email, provider, expires_at, next_check_at)
           select id, $1, 'test', id, 1000, 'NGN', 'ada@customer.test', 'paystack', now() + interval '1 day', now() + interval '1 hour'
           from app.new_id('txn') id`,
          [merchant],
        )
        made += 1
      }
    }
    await Promise.all(clients.map((client, n) => work(client, merchantOf(n))))
    return made / 5
  }
  return { one: await rate(() => merchants[0]), many: await rate((n) => merchants[n]) }
}

function report(
  parts: ReadonlyMap<string, Cost>,
  rows: readonly TableSize[],
  counters: { one: number; many: number },
): void {
  const total = { roundTrips: 0, statements: 0, walBytes: 0 }
  table(['A payment', 'Round trips', 'Statements', 'Bytes of log'])
  for (const [part, { roundTrips, statements, walBytes }] of parts) {
    total.roundTrips += roundTrips
    total.statements += statements
    total.walBytes += walBytes
    line([part, roundTrips.toFixed(2), statements.toFixed(1), walBytes.toFixed(0)])
  }
  line(['**all**', total.roundTrips.toFixed(2), total.statements.toFixed(1), total.walBytes.toFixed(0)])
  table(['Table', 'Rows a payment', 'Bytes a payment, indexes included'])
  for (const size of rows) line([size.table, size.rows.toFixed(2), size.bytes.toFixed(0)])
  const kept = rows.reduce((bytes, size) => bytes + size.bytes, 0)
  line(['**all**', '', kept.toFixed(0)])
  const messages = MESSAGES.deliveries + MESSAGES.providerEvents
  table(['Payments a second', ...RATES.map((rate) => rate.toLocaleString('en'))])
  const row = (what: string, of: (rate: number) => number) =>
    line([what, ...RATES.map((rate) => round(of(rate)).toLocaleString('en'))])
  row('Database transactions a second', (rate) => rate * total.roundTrips)
  row('Statements a second', (rate) => rate * total.statements)
  row('Log, MB a second', (rate) => (rate * total.walBytes) / 1e6)
  row('Growth, GB a day', (rate) => (rate * kept * 86_400) / 1e9)
  row('Rows of events a day, millions', (rate) => (rate * 2 * 86_400) / 1e6)
  row('Messages a second, provider events', (rate) => rate * MESSAGES.providerEvents)
  row('Messages a second, deliveries', (rate) => rate * MESSAGES.deliveries)
  row('Queue operations a day, millions', (rate) => (rate * messages * OPERATIONS_A_MESSAGE * 86_400) / 1e6)
  table(['One counter', 'Payments a second here'])
  line(['16 writers, one merchant and mode', counters.one.toFixed(0)])
  line(['16 writers, 16 merchants', counters.many.toFixed(0)])
}

const round = (value: number): number => (value >= 100 ? Math.round(value) : Math.round(value * 100) / 100)

function table(head: readonly string[]): void {
  console.log('')
  line(head)
  line(head.map(() => '---'))
}

function line(cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`)
}

await main()
