/**
 * Flutterwave's own client is the judge: unchanged, and pointed at the simulator by its base URL only. It makes no hosted
 * pages; those are asked for by hand.
 */
import { type ClientRequest, request as httpRequest } from 'node:http'
import https from 'node:https'
import { Socket } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import {
  createFlutterwaveSimulator,
  DELIVERY_TIMEOUT_MS,
  type FlutterwaveSimulator,
} from '../../../local/simulators/flutterwave/index.ts'
import { type SimulatorServer, serveSimulator } from '../../../local/simulators/kit/server.ts'
import { createFlutterwaveWorld, HASH, KEY, paymentFields, WEBHOOK_URL } from './flutterwave-world.ts'

// The client tells its maker about every call, by https: here nobody can be reached but through `fetch`, on this machine.
vi.stubEnv('FLW_SDK_STATE_PATH', '/dev/null')
let turnedAway = 0
const outside = vi.spyOn(https, 'request').mockImplementation(unreachable)
const { default: Flutterwave } = await import('flutterwave-node-v3')

const world = createFlutterwaveWorld()
let server: SimulatorServer<FlutterwaveSimulator>
let baseUrl: string
let client: InstanceType<typeof Flutterwave>

beforeAll(async () => {
  server = await serveSimulator({
    port: 0,
    deliveryTimeoutMs: DELIVERY_TIMEOUT_MS,
    create: (_real, url) => {
      baseUrl = `${url}/flutterwave`
      return createFlutterwaveSimulator(world, { baseUrl })
    },
  })
  server.simulator.control.configureAccount(KEY, { webhookUrl: WEBHOOK_URL, webhookHash: HASH })
  client = new Flutterwave('FLWPUBK_TEST-ama-books-X', KEY, `${baseUrl}/`)
})
afterAll(async () => {
  await server.close()
  vi.unstubAllEnvs()
  outside.mockRestore()
})

/** A request that ends before it has a connection. */
function unreachable(): ClientRequest {
  turnedAway += 1
  return httpRequest({ createConnection: () => new Socket().destroy(new Error('no network in tests')) })
}

const hosted = z.object({ data: z.object({ link: z.string() }) })
const listed = z.object({ data: z.array(z.object({ id: z.string(), status: z.string() })) })

async function open(reference: string, fields: Record<string, unknown> = {}): Promise<string> {
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }
  const body = JSON.stringify(paymentFields({ tx_ref: reference, ...fields }))
  const answer = await fetch(`${baseUrl}/v3/payments`, { method: 'POST', headers, body })
  return hosted.parse(await answer.json()).data.link
}

async function paidOnPage(reference: string): Promise<number> {
  const form = new URLSearchParams({ act: 'pay', method: '5061460166976054667' })
  const page = await fetch(await open(reference), { method: 'POST', body: form })
  expect(await page.text()).toContain('Payment successful')
  const [row] = listed.parse(await client.Transaction.fetch({ tx_ref: reference })).data
  return Number(row?.id)
}

test('it sees the payment on the page: listed, verified by id and by reference', async () => {
  const id = await paidOnPage('client-1')
  const paid = { status: 'success', data: { id, tx_ref: 'client-1', status: 'successful', amount: 2500, app_fee: 35 } }
  expect(await client.Transaction.verify({ id })).toMatchObject(paid)
  expect(await client.Transaction.verify_by_tx({ tx_ref: 'client-1' })).toMatchObject(paid)
  expect(await client.Transaction.fetch({ status: 'successful', page: '1' })).toMatchObject({
    meta: { page_info: { total: 1, current_page: 1, total_pages: 1 } },
    data: [{ id: String(id) }],
  })
  expect(await client.Transaction.event({ id })).toMatchObject({ status: 'success', data: { length: 2 } })
})

test('it has the webhook sent again, which carries the hash', async () => {
  const id = await paidOnPage('client-2')
  expect(await client.Transaction.resend_hooks({ id })).toEqual({
    status: 'success',
    message: 'hook sent successfully',
    data: 'hook sent',
  })
  await server.simulator.deliverDueWebhooks()
  const told = world.inbox.filter(({ body }) => Object(body.data).id === id)
  expect(told.map(({ headers }) => headers.get('verif-hash'))).toEqual([HASH, HASH])
})

test('it refunds, and is told why it can’t', async () => {
  const id = await paidOnPage('client-3')
  expect(await client.Transaction.refund({ id: String(id), amount: 1000.5 })).toMatchObject({
    message: 'Transaction refund initiated',
    data: { tx_id: id, amount_refunded: 1000.5, status: 'completed' },
  })
  expect(await client.Transaction.refund({ id: String(id), amount: 99 })).toMatchObject({
    status: 'error',
    message: 'Amount should be above NGN100',
  })
})

test('it reads balances and fees', async () => {
  expect(await client.Misc.bal()).toMatchObject({ message: 'Wallet balances fetched', data: expect.any(Array) })
  expect(await client.Misc.bal_currency({ currency: 'KES' })).toMatchObject({ data: { available_balance: 0 } })
  expect(await client.Transaction.fee({ amount: 10_000, currency: 'NGN' })).toMatchObject({
    data: { fee: 140, stamp_duty_fee: 50 },
  })
})

test('it understands the refusals', async () => {
  expect(await client.Transaction.verify({ id: 1 })).toEqual({
    status: 'error',
    message: 'No transaction was found for this id',
    data: null,
  })
  const stranger = new Flutterwave('FLWPUBK_TEST-ama-books-X', 'sk_test_ama', `${baseUrl}/`)
  expect(await stranger.Transaction.fetch({})).toMatchObject({ message: 'Invalid authorization key' })
})

test('what it tells its maker goes nowhere', () => {
  expect(turnedAway).toBeGreaterThan(0)
})
