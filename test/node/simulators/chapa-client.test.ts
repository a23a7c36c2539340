/**
 * A published client of Chapa is the judge: `chapa-nodejs`, unchanged. Its base URL can't be set, so it speaks to
 * `https://api.chapa.co` through Node's global HTTPS agent, and there every connection to that host is a plain one to the
 * simulator's port on the loopback. A connection to any other host is refused: nothing leaves the machine.
 */
import { globalAgent } from 'node:https'
import { connect } from 'node:net'
import { Chapa, HttpException, verifyWebhookSignature } from 'chapa-nodejs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { type ChapaSimulator, createChapaSimulator } from '../../../local/simulators/chapa/index.ts'
import { type SimulatorServer, serveSimulator } from '../../../local/simulators/kit/server.ts'
import { createChapaWorld, LIVE_KEY, WEBHOOK_SECRET, WEBHOOK_URL } from './chapa-world.ts'
import { MINUTE_MS } from './world.ts'

const world = createChapaWorld()
const chapa = new Chapa({ secretKey: LIVE_KEY, webhookSecret: WEBHOOK_SECRET })
let server: SimulatorServer<ChapaSimulator>

beforeAll(async () => {
  server = await serveSimulator({ port: 0, create: (_real, baseUrl) => createChapaSimulator(world, { baseUrl }) })
  server.simulator.control.configureAccount(LIVE_KEY, { webhookUrl: WEBHOOK_URL, webhookSecret: WEBHOOK_SECRET })
  // Otherwise the client would ask a proxy of this machine's environment.
  vi.stubEnv('NO_PROXY', '*')
  vi.stubEnv('no_proxy', '*')
  vi.spyOn(globalAgent, 'createConnection').mockImplementation((options) => {
    if (!('host' in options) || options.host !== 'api.chapa.co') throw new Error('no way out of this test')
    return connect(Number(new URL(server.url).port), '127.0.0.1')
  })
})
afterAll(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  await server.close()
})

const order = (txRef: string) => ({ amount: '120.50', currency: 'ETB', tx_ref: txRef })

async function payOnPage(url: string): Promise<string> {
  const form = new URLSearchParams({ act: 'pay', method: 'telebirr', number: '0900123456' })
  return (await fetch(url, { method: 'POST', body: form })).text()
}

test('it initializes, sees the payment on the page, verifies and lists it', async () => {
  const opened = await chapa.initialize({
    ...order('client-1'),
    ...{ first_name: 'Hanna', email: 'hanna@shop.example', phone_number: '0911223344' },
    customization: { title: 'Order 1', description: 'Two books' },
  })
  expect(opened).toMatchObject({ status: 'success', data: { checkout_url: expect.stringContaining(server.url) } })
  expect((await chapa.verify({ tx_ref: 'client-1' })).data).toMatchObject({ status: 'pending', amount: 120.5 })
  expect(await payOnPage(opened.data?.checkout_url ?? '')).toContain('Payment successful')

  const { data } = await chapa.verify({ tx_ref: 'client-1' })
  expect(data).toMatchObject({ status: 'success', amount: 120.5, currency: 'ETB', first_name: 'Hanna', mode: 'live' })
  expect((await chapa.getTransactions()).data).toMatchObject({
    transactions: [{ ref_id: data.reference, amount: '120.500', customer: { email: 'hanna@shop.example' } }],
    pagination: { per_page: 10, current_page: 1 },
  })
  expect((await chapa.getTransactionLogs({ ref_id: data.reference })).data).toMatchObject([{ item: 1 }, { item: 2 }])
})

test('it accepts the body’s signature as posted, and refuses the constant and a body that it printed itself', async () => {
  await server.simulator.deliverDueWebhooks()
  const [delivery] = world.inbox
  const { raw = '', body = {}, headers } = delivery ?? {}
  const signature = headers?.get('x-chapa-signature') ?? ''
  expect(chapa.verifyWebhook(raw, signature)).toBe(true)
  expect(verifyWebhookSignature(raw, signature, 'another secret')).toBe(false)
  // It takes any header's value: handed the constant, as its documentation has it, it says no.
  expect(chapa.verifyWebhook(raw, headers?.get('chapa-signature') ?? '')).toBe(false)
  // Chapa's escaped slashes are lost when an object is printed again.
  const escaped = raw.replace('"meta":null', String.raw`"meta":"a\/b"`)
  const ofEscaped = await server.simulator.driver.sign({ credentials: { secret_key: LIVE_KEY } }, escaped)
  expect(chapa.verifyWebhook(escaped, ofEscaped['x-chapa-signature'] ?? '')).toBe(true)
  expect(chapa.verifyWebhook({ ...body, meta: 'a/b' }, ofEscaped['x-chapa-signature'] ?? '')).toBe(false)
})

test('it refunds by Chapa’s reference, with a form', async () => {
  await chapa.initialize(order('client-2'))
  server.simulator.control.pay({ reference: 'client-2' })
  const { reference } = (await chapa.verify({ tx_ref: 'client-2' })).data
  const refund = await chapa.refund({ tx_ref: reference, amount: '20.50', reason: 'torn', meta: { reference: 'r1' } })
  expect(refund).toMatchObject({ status: 'success', data: { amount: '20.50', status: 'initiated' } })

  world.advance(2 * MINUTE_MS)
  expect((await chapa.verify({ tx_ref: 'client-2' })).data.status).toBe('refunded')
})

test('it reads the banks', async () => {
  const { data } = await chapa.getBanks()
  expect(data).toContainEqual(expect.objectContaining({ id: 855, name: 'telebirr', currency: 'ETB' }))
})

test('it understands the refusals', async () => {
  const refusal = z.object({ message: z.string(), status: z.number() })
  const refusalOf = async (call: Promise<unknown>) => {
    const error: unknown = await call.catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(HttpException)
    return refusal.parse(error)
  }
  await chapa.initialize(order('client-3'))
  expect(await refusalOf(chapa.initialize(order('client-3')))).toEqual({
    status: 400,
    message: 'Transaction reference has been used before',
  })
  expect(await refusalOf(chapa.verify({ tx_ref: 'nobody' }))).toMatchObject({ status: 400 })
  const stranger = new Chapa({ secretKey: 'CHAPUBK-selam-books' })
  expect(await refusalOf(stranger.getBanks())).toMatchObject({
    status: 401,
    message: expect.stringContaining('API Key'),
  })
})
