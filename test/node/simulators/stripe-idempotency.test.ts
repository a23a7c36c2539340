/** Idempotency keys: what is replayed, what is refused, what is not saved, and when a key is forgotten. */
import { describe, expect, test } from 'vitest'
import { form, HOUR_MS, MINUTE_MS, ORDER, orderOf, StripeMerchant, settled, stripeTest } from './stripe-world.ts'

const PATH = '/checkout/sessions'
const sessionsOf = async (merchant: StripeMerchant) => {
  const { body } = await merchant.get(`${PATH}?limit=100`)
  return [...JSON.stringify(body).matchAll(/"object":"checkout.session"/g)].length
}

test('the same call gets the first answer, byte for byte, with headers that say so', async () => {
  const { merchant } = stripeTest()
  const send = () => merchant.request('POST', PATH, form(ORDER), { 'idempotency-key': 'K' })
  const [first, again] = [await send(), await send()]
  expect(await again.text()).toBe(await first.text())
  expect(first.headers.get('idempotency-key')).toBe('K')
  expect(first.headers.get('original-request')).toBe(first.headers.get('request-id'))
  expect(first.headers.get('idempotent-replayed')).toBeNull()
  expect(again.headers.get('idempotent-replayed')).toBe('true')
  expect(again.headers.get('original-request')).toBe(first.headers.get('request-id'))
  expect(again.headers.get('request-id')).not.toBe(first.headers.get('request-id'))
  expect(await sessionsOf(merchant)).toBe(1)
})

test('without a key, a call is another one', async () => {
  const { merchant } = stripeTest()
  await merchant.post(PATH, ORDER)
  await merchant.post(PATH, ORDER)
  expect(await sessionsOf(merchant)).toBe(2)
})

test('a refusal of the work is saved, whatever has changed since', async () => {
  const { merchant, simulator } = stripeTest()
  const { id } = await merchant.open('refused')
  simulator.control.decline({ reference: 'refused' })
  const { payment_intent } = await merchant.session(id)
  const refund = () => merchant.post('/refunds', { payment_intent: payment_intent ?? '' }, 'K')
  const message = `This PaymentIntent (${payment_intent}) does not have a successful charge to refund.`
  expect(await refund()).toMatchObject({ status: 400, body: { error: { message } } })
  simulator.control.pay({ reference: 'refused' })
  expect(await refund()).toMatchObject({ status: 400, body: { error: { message } } })
})

describe('a key is refused', () => {
  test('with other parameters', async () => {
    const { merchant } = stripeTest()
    await merchant.post(PATH, ORDER, 'K')
    const { status, body } = await merchant.post(PATH, orderOf('usd', 4600), 'K')
    expect({ status, body }).toMatchObject({ status: 400, body: { error: { type: 'idempotency_error' } } })
    expect(body).toMatchObject({ error: { message: expect.stringContaining("a key other than 'K'") } })
    expect(body).not.toHaveProperty('error.code')
  })

  test('at another endpoint', async () => {
    const { merchant } = stripeTest()
    const { id } = await merchant.open('one')
    await merchant.post(PATH, ORDER, 'K')
    expect(await merchant.post(`${PATH}/${id}/expire`, {}, 'K')).toMatchObject({
      status: 400,
      body: { error: { type: 'idempotency_error', message: expect.stringContaining(`vs '/v1${PATH}')`) } },
    })
  })

  test('while its first call runs', async () => {
    const { merchant, simulator, world } = stripeTest()
    simulator.control.setFault({ kind: 'slow', ms: 5000, when: 'after', operation: 'create_session', times: 1 })
    const first = merchant.post(PATH, ORDER, 'K')
    await settled()
    expect(await merchant.post(PATH, ORDER, 'K')).toMatchObject({
      status: 409,
      body: { error: { code: 'idempotency_key_in_use' } },
    })
    expect((await merchant.post(PATH, ORDER, 'another')).status).toBe(200)
    world.advance(5000)
    expect((await first).status).toBe(200)
    expect((await merchant.post(PATH, ORDER, 'K')).headers.get('idempotent-replayed')).toBe('true')
  })
})

describe('a key is not used up', () => {
  test.each([
    { name: 'by parameters that do not fit', sent: { ...ORDER, colour: 'red' }, status: 400 },
    { name: 'by an expansion that does not exist', sent: { ...ORDER, expand: ['colour'] }, status: 400 },
  ])('$name', async ({ sent, status }) => {
    const { merchant } = stripeTest()
    expect((await merchant.post(PATH, sent, 'K')).status).toBe(status)
    expect((await merchant.post(PATH, ORDER, 'K')).status).toBe(200)
  })

  test.each([
    { fault: { kind: 'rate_limited', resetSeconds: 1 }, status: 429 },
    { fault: { kind: 'lock_timeout' }, status: 429 },
    { fault: { kind: 'key_in_use' }, status: 409 },
    { fault: { kind: 'unavailable' }, status: 503 },
    { fault: { kind: 'server_error', when: 'before' }, status: 500 },
  ] as const)('by $fault', async ({ fault, status }) => {
    const { merchant, simulator } = stripeTest()
    simulator.control.setFault({ ...fault, times: 1 })
    expect((await merchant.post(PATH, ORDER, 'K')).status).toBe(status)
    const answer = await merchant.post(PATH, ORDER, 'K')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('idempotent-replayed')).toBeNull()
  })

  test('by the same key in another account', async () => {
    const { merchant, simulator } = stripeTest()
    await merchant.post(PATH, ORDER, 'K')
    const other = new StripeMerchant(simulator, 'sk_test_somebody_else')
    expect((await other.post(PATH, orderOf('usd', 900), 'K')).body).toMatchObject({ amount_total: 900 })
  })
})

describe('a 500 is saved', () => {
  test.each([
    { fault: { kind: 'saved_error' }, made: 0 },
    { fault: { kind: 'server_error', when: 'after' }, made: 1 },
  ] as const)('by $fault: $made sessions were made', async ({ fault, made }) => {
    const { merchant, simulator } = stripeTest()
    simulator.control.setFault({ ...fault, times: 1 })
    expect((await merchant.post(PATH, ORDER, 'K')).status).toBe(500)
    const again = await merchant.post(PATH, ORDER, 'K')
    expect(again).toMatchObject({ status: 500, body: { error: { type: 'api_error' } } })
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(await sessionsOf(merchant)).toBe(made)
  })
})

test('a connection that is cut after the work leaves the answer to be replayed', async () => {
  const { merchant, simulator } = stripeTest()
  simulator.control.setFault({ kind: 'cut', when: 'after', how: 'reset', times: 1 })
  await expect(merchant.post(PATH, ORDER, 'K')).rejects.toBeInstanceOf(TypeError)
  expect((await merchant.post(PATH, ORDER, 'K')).headers.get('idempotent-replayed')).toBe('true')
  expect(await sessionsOf(merchant)).toBe(1)
})

test.each([
  { ageMs: 24 * HOUR_MS - MINUTE_MS, replayed: 'true', made: 1 },
  { ageMs: 24 * HOUR_MS, replayed: null, made: 2 },
])('after $ageMs ms the key replays: $replayed', async ({ ageMs, replayed, made }) => {
  const { merchant, world } = stripeTest()
  await merchant.post(PATH, ORDER, 'K')
  world.advance(ageMs)
  expect((await merchant.post(PATH, ORDER, 'K')).headers.get('idempotent-replayed')).toBe(replayed)
  expect(await sessionsOf(merchant)).toBe(made)
})

test('a key on a GET counts for nothing', async () => {
  const { merchant } = stripeTest()
  const read = () => merchant.request('GET', '/balance', '', { 'idempotency-key': 'K' })
  await read()
  const { headers } = await read()
  expect([headers.get('idempotency-key'), headers.get('idempotent-replayed')]).toEqual([null, null])
})
