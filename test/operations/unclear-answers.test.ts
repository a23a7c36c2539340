/** What the provider does to our call is not what we see of it: every way of not knowing, and how each is resolved. */

import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { IN_FLIGHT_MS } from '../../src/domain/retry.ts'
import { sweep } from '../../src/operations/upkeep/sweep.ts'
import { connectPaystack, deliverProviderWebhooks, look, ORDER, pay, startPayment } from '../support/paystack.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld('unclear_answers')
const INITIATE = '/api/v1/transactions/initiate_payment/'

/** The last attempt's page is the only one that anybody was handed. */
async function expectOnePage(id: string): Promise<void> {
  const open = await world.query(sql`select 1 from attempts where transaction_id = ${id} and checkout_url is not null`)
  expect(open).toHaveLength(1)
}

async function startWith(fault: object) {
  const merchant = await world.newMerchant()
  const connection = await connectPaystack(world, merchant)
  world.paystack.control.setFault({
    ...fault,
    account: connection.secretKey,
    operation: 'initialize',
    times: 1,
  } as never)
  const started = await merchant.api.post(INITIATE, ORDER)
  return { merchant, connection, started, id: String(started.body.id) }
}

describe('a first call without a clear answer leaves the attempt unknown, and asking again resolves it', () => {
  const NEVER_ARRIVED = ['open']
  const ARRIVED = ['failed', 'open']

  test.each([
    ['the provider is down', { kind: 'down' }, NEVER_ARRIVED],
    ['the connection is cut before the effect', { kind: 'cut', when: 'before', how: 'reset' }, NEVER_ARRIVED],
    ['it hangs before the effect', { kind: 'cut', when: 'before', how: 'hang' }, NEVER_ARRIVED],
    ['the connection is cut after the effect', { kind: 'cut', when: 'after', how: 'reset' }, ARRIVED],
    ['it hangs after the effect', { kind: 'cut', when: 'after', how: 'hang' }, ARRIVED],
    ['it takes longer than we wait, after the effect', { kind: 'slow', ms: 20_000, when: 'after' }, ARRIVED],
    ['500 before the effect', { kind: 'server_error', when: 'before' }, NEVER_ARRIVED],
    ['500 after the effect', { kind: 'server_error', when: 'after' }, ARRIVED],
    ['502 in HTML before the effect', { kind: 'bad_gateway', when: 'before' }, NEVER_ARRIVED],
    ['502 in HTML after the effect', { kind: 'bad_gateway', when: 'after' }, ARRIVED],
    ['JSON that breaks off', { kind: 'malformed_json' }, ARRIVED],
    ['200 with status false before the effect', { kind: 'status_false', when: 'before' }, NEVER_ARRIVED],
    ['200 with status false after the effect', { kind: 'status_false', when: 'after' }, ARRIVED],
  ])('%s', async (_what, fault, attempts) => {
    const { merchant, started, id } = await startWith(fault)
    expect(started).toMatchObject({ status: 202, body: { status: 'pending', checkout_url: null } })
    expect((await look(world, id)).attempts).toEqual(['unknown'])

    world.clock.advance(61_000)
    await sweep(world.deps)

    expect(await look(world, id)).toMatchObject({ status: 'pending', attempts })
    await expectOnePage(id)
    const { body } = await merchant.api.get(`/api/v1/transactions/${id}/`)
    expect(body.checkout_url).toContain('https://simulators.test/paystack/')

    await pay(world, id)
    await deliverProviderWebhooks(world)
    expect((await look(world, id)).status).toBe('succeeded')
  })

  test('a slow answer within the deadline is an answer', async () => {
    const { started } = await startWith({ kind: 'slow', ms: 5_000, when: 'before' })
    expect(started.status).toBe(201)
  })

  test('while the first call may still be under way, it is not sent again', async () => {
    const { merchant, id } = await startWith({ kind: 'down' })
    const verified = await merchant.api.get(`/api/v1/transactions/${id}/verify_payment/`)
    expect(verified.body).toMatchObject({ status: 'pending', confirmed: false, checkout_url: null })
    expect((await look(world, id)).attempts).toEqual(['unknown'])
  })

  test('a cancelled payment is not given a page after all', async () => {
    const { merchant, id } = await startWith({ kind: 'down' })
    await merchant.api.post(`/api/v1/transactions/${id}/cancel/`)
    world.clock.advance(61_000)
    await sweep(world.deps)
    expect(await look(world, id)).toMatchObject({ status: 'cancelled', attempts: ['unknown'] })
  })
})

describe('a refusal is an answer', () => {
  test('the provider refuses to start: the payment failed, and the caller is told why', async () => {
    const { connection, merchant } = await startPayment(world)
    world.paystack.control.configureAccount(connection.secretKey, { currencies: ['NGN'] })
    const refused = await merchant.api.post(INITIATE, { ...ORDER, currency: 'GHS' }, { 'idempotency-key': 'ghs' })
    expect(refused).toMatchObject({ status: 422, body: { code: 'provider_refused' } })
    expect(await look(world, refused.body.transaction_id)).toMatchObject({
      status: 'failed',
      events: ['payment.created', 'payment.failed'],
      attempts: ['failed'],
    })
    const again = await merchant.api.post(INITIATE, { ...ORDER, currency: 'GHS' }, { 'idempotency-key': 'ghs' })
    expect(again).toMatchObject({ status: 422, body: { transaction_id: refused.body.transaction_id } })
    expect(again.headers.get('idempotent-replayed')).toBe('true')
  })

  test('too many calls: nothing was taken, so the same call is made once more, later', async () => {
    const { started, id } = await startWith({ kind: 'rate_limited', resetSeconds: 30, times: 1 })
    expect(started).toMatchObject({ status: 202, body: { status: 'pending', checkout_url: null } })
    world.clock.advance(IN_FLIGHT_MS)
    await sweep(world.deps)
    expect(await look(world, id)).toMatchObject({ status: 'pending', attempts: ['open'] })
  })
})

describe('idempotency', () => {
  const headers = { 'idempotency-key': 'order-1' }

  test('the same request gives the first answer, marked, and pays once', async () => {
    const { merchant } = await startPayment(world)
    const first = await merchant.api.post(INITIATE, ORDER, headers)
    const second = await merchant.api.post(INITIATE, ORDER, headers)
    expect(second).toMatchObject({ status: 201, body: first.body })
    expect(second.headers.get('idempotent-replayed')).toBe('true')
    expect((await merchant.api.get('/api/v1/transactions/')).body.data).toHaveLength(2)
  })

  test('another body with the same key is refused', async () => {
    const { merchant } = await startPayment(world)
    await merchant.api.post(INITIATE, ORDER, headers)
    const other = await merchant.api.post(INITIATE, { ...ORDER, amount: 200_000 }, headers)
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } })
  })

  test('two at once make one payment; the second is told to wait or gets the first answer', async () => {
    const { merchant } = await startPayment(world)
    const both = await Promise.all([1, 2].map(() => merchant.api.post(INITIATE, ORDER, headers)))
    const statuses = both.map(({ status }) => status).sort()
    expect([
      [201, 201],
      [201, 409],
    ]).toContainEqual(statuses)
    expect((await merchant.api.get('/api/v1/transactions/')).body.data).toHaveLength(2)
  })

  test('the same key is another key for another merchant', async () => {
    const [one, two] = [await startPayment(world), await startPayment(world)]
    const first = await one.merchant.api.post(INITIATE, ORDER, headers)
    const second = await two.merchant.api.post(INITIATE, ORDER, headers)
    expect([first.status, second.status]).toEqual([201, 201])
    expect(first.body.id).not.toBe(second.body.id)
  })

  test('a second use of a reference is refused and writes nothing', async () => {
    const { merchant } = await startPayment(world, { ...ORDER, reference: 'order-7' })
    const again = await merchant.api.post(INITIATE, { ...ORDER, reference: 'order-7' })
    expect(again).toMatchObject({ status: 409, body: { code: 'reference_taken' } })
    expect((await merchant.api.get('/api/v1/transactions/?reference=order-7')).body.data).toHaveLength(1)
  })
})

describe('a crash', () => {
  const headers = { 'idempotency-key': 'crashed' }
  const order = { ...ORDER, reference: 'crashed' }

  async function crash() {
    const { merchant } = await startPayment(world)
    const crashed = await world.crashAfter(1, () => merchant.api.post(INITIATE, order, headers))
    expect(crashed).toMatchObject({ status: 500, body: { code: 'internal_error' } })
    const { body } = await merchant.api.get('/api/v1/transactions/?reference=crashed')
    return { merchant, id: String(body.data[0].id) }
  }

  test('between the provider’s answer and our commit: the sweep gives the payment a page', async () => {
    const { id } = await crash()
    expect((await look(world, id)).attempts).toEqual(['created'])
    world.clock.advance(61_000)
    await sweep(world.deps)
    expect(await look(world, id)).toMatchObject({ status: 'pending', attempts: ['failed', 'open'] })
    await expectOnePage(id)
  })

  test('the same request sent again waits while the first may be at work, then finishes its work', async () => {
    const { merchant, id } = await crash()
    const asked = world.providerCalls.length
    const early = await merchant.api.post(INITIATE, order, headers)
    expect(early).toMatchObject({ status: 409, body: { code: 'idempotency_in_flight' } })
    expect(world.providerCalls).toHaveLength(asked)
    world.clock.advance(31_000)
    const finished = await merchant.api.post(INITIATE, order, headers)
    expect(finished).toMatchObject({ status: 201, body: { id, status: 'pending' } })
    expect(finished.body.checkout_url).toContain('https://simulators.test/paystack/')
    const replayed = await merchant.api.post(INITIATE, order, headers)
    expect(replayed).toMatchObject({ status: 201, body: finished.body })
    await expectOnePage(id)
  })

  test('another request with the same key does not take the work over', async () => {
    const { merchant, id } = await crash()
    world.clock.advance(31_000)
    const other = await merchant.api.post(INITIATE, { ...order, amount: 200_000 }, headers)
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } })
    expect(await merchant.api.post(INITIATE, order, headers)).toMatchObject({ status: 201, body: { id } })
  })

  test('before anything was committed: nothing is there, and the request may be sent again', async () => {
    const { merchant } = await startPayment(world)
    const crashed = await world.crashAfter(0, () => merchant.api.post(INITIATE, ORDER, headers))
    expect(crashed.status).toBe(500)
    expect((await merchant.api.post(INITIATE, ORDER, headers)).status).toBe(201)
    expect((await merchant.api.get('/api/v1/transactions/')).body.data).toHaveLength(2)
  })

  test('between the provider’s confirmation and our commit: the event stays to be applied', async () => {
    const { id } = await startPayment(world)
    await pay(world, id)
    await world.paystack.deliverDueWebhooks()
    await world.settled()
    world.jobs.splice(0)
    await world.crashAfter(2, () => sweep(world.deps))
    expect((await look(world, id)).status).toBe('pending')
    world.clock.advance(61_000)
    await sweep(world.deps)
    expect(await look(world, id)).toMatchObject({
      status: 'succeeded',
      events: ['payment.created', 'payment.succeeded'],
    })
  })
})
