/** One line for each request, and nothing secret in it. */

import { expect, test } from 'vitest'
import { startPayment } from '../support/paystack.ts'
import { caller, createWorld } from '../support/world.ts'

const world = await createWorld('access_log')

async function linesOf(work: () => Promise<unknown>): Promise<Record<string, unknown>[]> {
  world.logLines.splice(0)
  await work()
  return world.logLines.map((line) => JSON.parse(line))
}

test('a request leaves one line: method, route pattern, status, duration, round trips, request, merchant', async () => {
  const { merchant, id } = await startPayment(world)
  const lines = await linesOf(() => merchant.api.get(`/api/v1/transactions/${id}/?`))
  expect(lines).toEqual([
    {
      level: 'info',
      event: 'request',
      method: 'GET',
      route: '/api/v1/transactions/{id}/',
      status: 200,
      duration_ms: expect.any(Number),
      round_trips: expect.any(Number),
      request_id: expect.stringMatching(/^req_/),
      merchant: merchant.merchantId,
    },
  ])
})

test('what is asked, and by which secret, is not in the line', async () => {
  const { merchant, connection } = await startPayment(world)
  await linesOf(async () => {
    await merchant.api.get('/api/v1/transactions/?customer_email=ada@customer.test')
    await caller(world.app, 'pb_test_wrong').get('/api/v1/no/such/path/pb_test_wrong')
    await merchant.api.post('/api/v1/payment-providers/', {
      provider: 'paystack',
      credentials: { secret_key: connection.secretKey },
    })
  })
  expect(world.logLines).toHaveLength(3)
  const text = world.logLines.join('\n')
  for (const secret of [merchant.apiKey, 'pb_test_wrong', connection.secretKey, 'ada@customer.test']) {
    expect(text).not.toContain(secret)
  }
})

test('a path that is not there, and a method that a path does not take, are told apart', async () => {
  const nobody = caller(world.app, undefined)
  expect(await nobody.get('/api/v1/nothing/')).toMatchObject({ status: 404, body: { code: 'not_found' } })
  const wrong = await nobody.delete('/api/v1/transactions/')
  expect(wrong).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } })
  expect(wrong.headers.get('allow')).toBe('GET')
})

test('an error of ours is a bare 500 for the caller, and a line with its cause for us', async () => {
  const { merchant } = await startPayment(world)
  let answer: Awaited<ReturnType<typeof merchant.api.get>> | undefined
  const lines = await linesOf(async () => {
    answer = await world.crashAfter(0, () => merchant.api.get('/api/v1/transactions/'))
  })
  expect(answer).toMatchObject({
    status: 500,
    body: { code: 'internal_error', request_id: expect.stringMatching(/^req_/) },
  })
  expect(lines.map(({ level }) => level)).toEqual(['error', 'info'])
  expect(lines[0]).toMatchObject({ event: 'request_failed', request_id: answer?.body.request_id })
})
