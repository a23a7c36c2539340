/** The driver's accidents: which calls each purpose means, and what becomes of calls and webhooks. */
import { expect, test } from 'vitest'
import { z } from 'zod'
import { driven } from './flutterwave-world.ts'

const CALLS = [
  { operation: 'create_checkout', method: 'POST', path: '/payments' },
  { operation: 'confirm', method: 'GET', path: '/transactions/ID/verify' },
  { operation: 'confirm', method: 'GET', path: '/transactions/verify_by_reference?tx_ref=a' },
  { operation: 'confirm', method: 'GET', path: '/transactions?tx_ref=a' },
  { operation: 'close_checkout', method: 'POST', path: '/payments/link/disable' },
  { operation: 'create_refund', method: 'POST', path: '/transactions/ID/refund' },
  { operation: 'read_refunds', method: 'GET', path: '/refunds/1' },
  { operation: 'read_refunds', method: 'GET', path: '/refunds?id=ID' },
  { operation: 'list_payments', method: 'GET', path: '/transactions?from=2026-11-24' },
  { operation: 'check_credentials', method: 'GET', path: '/balances' },
] as const

test.each(CALLS)('$operation calls $method $path', async ({ operation, method, path }) => {
  const { driver, account, merchant } = driven()
  await merchant.open('a')
  driver.pay('a')
  const { id } = await merchant.verifyReference('a')
  const call = () => merchant.request(method, path.replace('ID', String(id)), method === 'POST' ? {} : undefined)
  driver.accident(account, { kind: 'server_error', when: 'before', operation, times: 1 })
  expect((await call()).status).toBe(500)
  expect((await call()).status).not.toBe(500)
})

test.each([
  { accident: { kind: 'rate_limited' }, status: 429 },
  { accident: { kind: 'server_error', when: 'after' }, status: 500 },
  { accident: { kind: 'html_error_page', when: 'before' }, status: 502 },
  { accident: { kind: 'malformed_json' }, status: 200 },
  { accident: { kind: 'field_missing' }, status: 200 },
] as const)('$accident answers $status, until it is cleared', async ({ accident, status }) => {
  const { driver, account, merchant } = driven()
  const readable = z.object({ status: z.string(), data: z.array(z.unknown()) })
  const read = async () => {
    const response = await merchant.request('GET', '/balances')
    const text = await response.text()
    return {
      status: response.status,
      readable: /^\{.*\}$/.test(text) && readable.safeParse(JSON.parse(text)).success,
    }
  }
  driver.accident(account, accident)
  expect(await read()).toEqual({ status, readable: false })
  driver.clear(account)
  expect(await read()).toEqual({ status: 200, readable: true })
})

test.each([{ kind: 'down' }, { kind: 'cut', when: 'after', how: 'reset' }] as const)(
  '$kind cuts the connection',
  async (accident) => {
    const { driver, account, merchant } = driven()
    driver.accident(account, { ...accident, times: 1 })
    await expect(merchant.request('GET', '/balances')).rejects.toBeInstanceOf(TypeError)
    expect((await merchant.request('GET', '/balances')).status).toBe(200)
  },
)

test('slow answers after its time', async () => {
  const { world, driver, account, merchant } = driven()
  driver.accident(account, { kind: 'slow', ms: 5000, when: 'before', times: 1 })
  const call = merchant.call('GET', '/balances')
  await new Promise<void>((resolve) => setImmediate(resolve))
  world.advance(5000)
  expect((await call).status).toBe(200)
})

test.each([
  { accident: { kind: 'lost' }, early: [], all: ['second'] },
  { accident: { kind: 'late', ms: 1000 }, early: [], all: ['second', 'first'] },
  { accident: { kind: 'duplicate', copies: 1 }, early: ['first', 'first'], all: ['first', 'first', 'second'] },
  { accident: { kind: 'reordered' }, early: [], all: ['second', 'first'] },
] as const)('webhooks: $accident', async ({ accident, early, all }) => {
  const { world, simulator, driver, account, merchant } = driven()
  const payAndSee = async (reference: string) => {
    await merchant.open(reference)
    driver.pay(reference)
    await simulator.deliverDueWebhooks()
    return world.inbox.map(({ body }) => z.object({ tx_ref: z.string() }).parse(body.data).tx_ref)
  }
  driver.webhookAccident(account, { ...accident, times: 1 })
  expect(await payAndSee('first')).toEqual(early)
  await payAndSee('second')
  world.advance(1000)
  await simulator.deliverDueWebhooks()
  expect(world.inbox).toMatchObject(all.map((tx_ref) => ({ body: { data: { tx_ref } } })))
})
