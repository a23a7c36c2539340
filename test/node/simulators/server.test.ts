/** A simulator behind a port: cuts are destroyed sockets, webhooks go out by themselves, a taken port is named. */
import { createServer } from 'node:http'
import { afterEach, expect, test, vi } from 'vitest'
import { PortTaken, type SimulatorServer, serveSimulator } from '../../../local/simulators/kit/server.ts'
import { createPaystackSimulator, type PaystackSimulator } from '../../../local/simulators/paystack/index.ts'
import { KEY } from './world.ts'

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function serve(port = 0): Promise<SimulatorServer<PaystackSimulator>> {
  const server = await serveSimulator({ port, create: (world, baseUrl) => createPaystackSimulator(world, { baseUrl }) })
  open.push(server)
  return server
}

function initialize(url: string, reference: string, signal?: AbortSignal): Promise<Response> {
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ email: 'kofi@customer.example', amount: 5000, reference })
  return fetch(`${url}/transaction/initialize`, { method: 'POST', headers, body, signal: signal ?? null })
}

test('the links that it hands out lead to itself', async () => {
  const { url } = await serve()
  const answer = await initialize(url, 'linked')
  expect(await answer.json()).toMatchObject({ data: { authorization_url: expect.stringMatching(`^${url}/checkout/`) } })
})

test.each(['before', 'after'] as const)('a connection cut %s the effect is a destroyed socket', async (when) => {
  const { url, simulator } = await serve()
  simulator.control.setFault({ kind: 'cut', when, how: 'reset', operation: 'initialize', times: 1 })
  await expect(initialize(url, 'cut')).rejects.toThrow('fetch failed')
  const payment = () => simulator.control.payment({ reference: 'cut' })
  if (when === 'after') expect(payment().status).toBe('abandoned')
  else expect(payment).toThrow('no transaction has this reference')
})

test('a call that hangs ends when the caller goes, and the server closes even so', async () => {
  const { url, simulator } = await serve()
  simulator.control.setFault({ kind: 'cut', when: 'after', how: 'hang' })
  const hangs = (reference: string) => vi.waitFor(() => simulator.control.payment({ reference }))

  const patience = new AbortController()
  const given = initialize(url, 'given-up', patience.signal)
  await hangs('given-up')
  patience.abort(new Error('enough'))
  await expect(given).rejects.toThrow('enough')

  const stuck = initialize(url, 'stuck').catch((error: unknown) => error)
  await hangs('stuck')
  await open.pop()?.close()
  expect(await stuck).toBeInstanceOf(TypeError)
})

test('a simulator learns that its caller has gone', async () => {
  const arrived = Promise.withResolvers<void>()
  const learned = Promise.withResolvers<unknown>()
  const fetchForEver = ({ signal }: Request) =>
    new Promise<Response>((_, reject) => {
      signal.addEventListener('abort', () => {
        learned.resolve(signal.reason)
        reject(signal.reason)
      })
      arrived.resolve()
    })
  const idle = { deliverDueWebhooks: async () => 0, nextDueAt: () => undefined }
  const server = await serveSimulator({ port: 0, create: () => ({ fetch: fetchForEver, ...idle }) })
  open.push(server)
  const patience = new AbortController()
  const call = fetch(server.url, { signal: patience.signal })
  await arrived.promise
  patience.abort()
  await expect(call).rejects.toThrow()
  expect(await learned.promise).toMatchObject({ name: 'ConnectionCut' })
})

test('a taken port is a PortTaken that names it', async () => {
  const { url } = await serve()
  const port = Number(new URL(url).port)
  const refusal = await serve(port).catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(PortTaken)
  expect(refusal).toMatchObject({ port, message: `port ${port} is already in use` })
})

test('webhooks go out by themselves after a payment', async () => {
  const { url, simulator } = await serve()
  const received = new Promise<string>((resolve, reject) => {
    const receiver = createServer((request, response) => {
      response.end()
      resolve(`${request.method} ${request.url} ${request.headers['x-paystack-signature']}`)
    })
    receiver.once('error', reject)
    receiver.listen(0, '127.0.0.1', () => {
      open.push({
        close: () => {
          receiver.closeAllConnections()
          return new Promise((done) => receiver.close(done))
        },
      })
      const address = receiver.address()
      const port = typeof address === 'object' ? address?.port : undefined
      simulator.control.configureAccount(KEY, { webhookUrl: `http://127.0.0.1:${port}/hooks/` })
      initialize(url, 'hooked')
        .then(() => fetch(`${url}/_control/payments/hooked/pay`, { method: 'POST' }))
        .catch(reject)
    })
  })
  expect(await received).toMatch(/^POST \/hooks\/ [0-9a-f]{128}$/)
})
