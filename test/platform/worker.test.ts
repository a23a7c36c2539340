/** The Worker's own entry, with the platform's real bindings: settings, rate limit, queue messages, cron. */

import {
  createExecutionContext,
  createMessageBatch,
  env,
  getQueueResult,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import worker from '../../src/worker.ts'
import { connectPaystack, postSigned } from '../support/paystack.ts'
import { bridgeEndpoint, databaseUrl } from '../support/provided.ts'
import { createWorld, SEALING_KEYS, TOKEN_KEYS } from '../support/world.ts'

const world = await createWorld('worker_entry')

const SETTINGS = {
  ENVIRONMENT: 'local',
  DATABASE_URL: databaseUrl('paybridge_api', 't_worker_entry'),
  WORKER_DATABASE_URL: databaseUrl('paybridge_worker', 't_worker_entry'),
  SEALING_KEYS,
  TOKEN_KEYS,
  LOCAL_DATABASE_ENDPOINT: bridgeEndpoint(),
}

const bindings = { ...env, ...SETTINGS }

async function request(
  path: string,
  address: string,
  init: RequestInit<IncomingRequestCfProperties> = {},
  settings: object = bindings,
) {
  const headers = { ...init.headers, 'cf-connecting-ip': address }
  const context = createExecutionContext()
  const all = { ...env, ...settings }
  const response = await worker.fetch(
    new Request<unknown, IncomingRequestCfProperties>(`https://api.paybridge.test${path}`, { ...init, headers }),
    all,
    context,
  )
  await waitOnExecutionContext(context)
  return response
}

/** A provider event about nothing of ours: applying it needs no provider. */
async function storeEvent(id: number): Promise<string> {
  const merchant = await world.newMerchant()
  const { id: connectionId, secretKey } = await connectPaystack(world, merchant)
  // Through the world's app, whose nudges go nowhere: the message under test is the test's own.
  const event = { event: 'charge.success', data: { id, reference: 'elsewhere' } }
  const response = await postSigned(world, { id: connectionId, secretKey }, event)
  expect(response.status).toBe(200)
  const [row] = await world.query(sql`select id from provider_events where connection_id = ${connectionId}`)
  return String(row?.id)
}

const statusOf = async (id: string) =>
  (await world.query(sql`select status from provider_events where id = ${id}`))[0]?.status

test('alive, ready, and every answer names its request', async () => {
  const alive = await request('/health/', '203.0.113.2')
  expect(await alive.json()).toEqual({ status: 'ok' })
  expect(alive.headers.get('x-request-id')).toMatch(/^req_/)
  expect((await request('/ready', '203.0.113.2')).status).toBe(200)
})

test('not ready while the database does not answer', async () => {
  const broken = { ...bindings, LOCAL_DATABASE_ENDPOINT: 'http://127.0.0.1:1/sql' }
  const response = await request('/ready/', '203.0.113.3', {}, broken)
  expect(response.status).toBe(503)
  expect(await response.json()).toMatchObject({ code: 'not_ready' })
  // The driver's endpoint is the isolate's: set it right again.
  expect((await request('/ready/', '203.0.113.3')).status).toBe(200)
})

test('a setting that is missing stops the request with a message that names it', async () => {
  const { TOKEN_KEYS: _left_out, ...incomplete } = bindings
  const response = await request('/health/', '203.0.113.4', {}, incomplete)
  expect(response.status).toBe(500)
  expect(await response.text()).toContain('TOKEN_KEYS')
})

test('a flood from one address is told to wait before it costs a query, and another address goes on', async () => {
  const merchant = await world.newMerchant()
  const headers = { authorization: `Bearer ${merchant.apiKey}` }
  let refused: Response | undefined
  for (let sent = 0; sent < 100 && refused === undefined; sent++) {
    const response = await request('/health/', '203.0.113.5')
    if (response.status === 429) refused = response
  }
  expect(refused?.headers.get('retry-after')).toBe('60')
  expect(await refused?.json()).toMatchObject({ code: 'rate_limited' })
  const { roundTrips, result } = await world.countRoundTrips(() =>
    request('/api/v1/transactions/', '203.0.113.5', { headers }),
  )
  expect(result.status).toBe(429)
  expect(roundTrips).toBe(0)
  expect((await request('/api/v1/transactions/', '203.0.113.6', { headers })).status).toBe(200)
})

test('a flood with one key from many addresses is told to wait before it costs a query', async () => {
  const merchant = await world.newMerchant()
  const headers = { authorization: `Bearer ${merchant.apiKey}` }
  const path = '/api/v1/transactions/?limit=0'
  let refused = 0
  for (let sent = 0; sent < 100 && refused === 0; sent++) {
    const response = await request(path, `198.51.100.${sent}`, { headers })
    if (response.status === 429) refused += 1
  }
  expect(refused).toBe(1)
  const { roundTrips } = await world.countRoundTrips(() => request('/api/v1/transactions/', '192.0.2.1', { headers }))
  expect(roundTrips).toBe(0)
})

test('a queue message is acknowledged once its event is applied; one without form is dropped', async () => {
  const id = await storeEvent(1)
  const batch = createMessageBatch('paybridge-provider-events', [
    { id: 'good', timestamp: new Date(0), attempts: 1, body: { kind: 'apply', providerEventId: id } },
    { id: 'malformed', timestamp: new Date(0), attempts: 1, body: { kind: 'refund everything' } },
  ])
  const context = createExecutionContext()
  await worker.queue(batch, bindings, context)
  const result = await getQueueResult(batch, context)
  expect(result.explicitAcks.sort()).toEqual(['good', 'malformed'])
  expect(await statusOf(id)).toBe('unmatched')
})

test('a queue message whose work fails comes again', async () => {
  const id = await storeEvent(2)
  const batch = createMessageBatch('paybridge-provider-events', [
    { id: 'm', timestamp: new Date(0), attempts: 1, body: { kind: 'apply', providerEventId: id } },
  ])
  const context = createExecutionContext()
  await world.crashAfter(0, async () => worker.queue(batch, bindings, context))
  const result = await getQueueResult(batch, context)
  expect(result.retryMessages.map(({ msgId }) => msgId)).toEqual(['m'])
  expect(await statusOf(id)).toBe('received')
})

test('a dead letter is acknowledged: its row stays with the sweep', async () => {
  const id = await storeEvent(3)
  const batch = createMessageBatch('paybridge-dead-letters', [
    { id: 'dead', timestamp: new Date(0), attempts: 1, body: { kind: 'apply', providerEventId: id } },
  ])
  const context = createExecutionContext()
  await worker.queue(batch, bindings, context)
  expect((await getQueueResult(batch, context)).explicitAcks).toEqual(['dead'])
  expect(await statusOf(id)).toBe('received')
  await worker.scheduled({ scheduledTime: 0, cron: '* * * * *', noRetry() {} }, bindings, createExecutionContext())
  expect(await statusOf(id)).toBe('unmatched')
})
