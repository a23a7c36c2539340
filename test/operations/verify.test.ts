/** Asking after a payment on demand is safe at any time: the provider is asked once a second at most, and says what it says. */

import { describe, expect, test } from 'vitest'
import { VerifiedTransactionSchema } from '../../src/http/routes/transactions.ts'
import { connect, idOf, initiate, referenceOf, startAt, TRANSACTIONS, watchCalls } from '../support/connections.ts'
import { look } from '../support/paystack.ts'
import { createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('verify')
const SECOND = 1_000

const verify = (merchant: Merchant, id: string) => merchant.api.get(`${TRANSACTIONS}${id}/verify_payment/`)

/** A payment with a page, and how often the provider was asked about it since the last time. */
async function startWatched() {
  const merchant = await world.newMerchant()
  const connection = await connect(world, merchant, 1)
  const id = await startAt(merchant)
  const reference = await referenceOf(world, id)
  const calls = watchCalls(world, connection)
  const timesAsked = () => calls.splice(0).filter((call) => call === `GET /transaction/verify/${reference}`).length
  return { merchant, ...connection, id, reference, timesAsked }
}

describe('a hundred calls at once', () => {
  test('ask the provider once', async () => {
    const { merchant, driver, id, reference, timesAsked } = await startWatched()
    driver.pay(reference)
    const answers = await Promise.all(Array.from({ length: 100 }, () => verify(merchant, id)))
    expect(timesAsked()).toBe(1)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const told = answers.map(({ body }) => VerifiedTransactionSchema.parse(body))
    // Those who came while the provider was being asked are told what stood before.
    expect(told.filter(({ status, confirmed }) => (status === 'succeeded') !== confirmed)).toEqual([])
    expect(told.some(({ status }) => status === 'succeeded')).toBe(true)
    expect(await look(world, id)).toMatchObject({ events: ['payment.created', 'payment.succeeded'] })
  })

  test('of different payments ask about each', async () => {
    const one = await startWatched()
    const other = await startWatched()
    await Promise.all([one, other].map(({ merchant, id }) => verify(merchant, id)))
    expect([one.timesAsked(), other.timesAsked()]).toEqual([1, 1])
  })
})

describe('calls one after another', () => {
  test('within the second the provider is not asked again, and it costs one round trip', async () => {
    const { merchant, driver, id, reference, timesAsked } = await startWatched()
    driver.pay(reference)
    const first = await world.countRoundTrips(() => verify(merchant, id))
    expect(first).toMatchObject({ roundTrips: 2, result: { body: { status: 'succeeded', confirmed: true } } })
    world.clock.advance(SECOND - 1)
    const second = await world.countRoundTrips(() => verify(merchant, id))
    expect(second).toMatchObject({ roundTrips: 1, result: { body: first.result.body } })
    expect(timesAsked()).toBe(1)
  })

  test('a second later it is asked again', async () => {
    const { merchant, driver, id, reference, timesAsked } = await startWatched()
    expect((await verify(merchant, id)).body).toMatchObject({ status: 'pending', confirmed: true })
    driver.pay(reference)
    expect((await verify(merchant, id)).body).toMatchObject({ status: 'pending', confirmed: true })
    world.clock.advance(SECOND)
    expect((await verify(merchant, id)).body).toMatchObject({ status: 'succeeded', confirmed: true })
    expect(timesAsked()).toBe(2)
  })
})

describe('confirmed', () => {
  test('is what the provider clearly said: not while it can’t be asked', async () => {
    const { merchant, driver, account, id, reference, timesAsked } = await startWatched()
    driver.pay(reference)
    driver.accident(account, { kind: 'server_error', when: 'before', operation: 'confirm', times: 1 })
    for (let call = 0; call < 2; call++) {
      expect((await verify(merchant, id)).body).toMatchObject({ status: 'pending', confirmed: false })
    }
    expect(timesAsked()).toBe(1)
    world.clock.advance(SECOND)
    expect((await verify(merchant, id)).body).toMatchObject({ status: 'succeeded', confirmed: true })
  })

  test('is not what it said a while ago', async () => {
    const { merchant, driver, account, id } = await startWatched()
    expect((await verify(merchant, id)).body).toMatchObject({ confirmed: true })
    driver.accident(account, { kind: 'down', operation: 'confirm' })
    world.clock.advance(SECOND)
    for (let call = 0; call < 2; call++) expect((await verify(merchant, id)).body).toMatchObject({ confirmed: false })
  })

  test('is not that it knows nothing of a payment whose order may be under way to it', async () => {
    const merchant = await world.newMerchant()
    const { driver, account } = await connect(world, merchant, 1)
    driver.accident(account, { kind: 'down', operation: 'create_checkout', times: 1 })
    const id = idOf(await initiate(merchant), 202)
    for (let call = 0; call < 2; call++) {
      expect((await verify(merchant, id)).body).toMatchObject({ status: 'pending', confirmed: false })
    }
  })
})

test('a payment of somebody else is not asked after', async () => {
  const { id, timesAsked } = await startWatched()
  const stranger = await world.newMerchant()
  expect(await verify(stranger, id)).toMatchObject({ status: 404, body: { code: 'transaction_not_found' } })
  expect(timesAsked()).toBe(0)
})
