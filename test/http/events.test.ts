/** `/api/v1/events/`: what happened, numbered without gaps for each merchant and mode. */

import { beforeAll, describe, expect, test } from 'vitest'
import { EventSchema } from '../../src/http/event-schema.ts'
import { EventsSchema } from '../../src/http/routes/events.ts'
import { connectPaystack, ORDER, startPayment } from '../support/paystack.ts'
import { makeEvent } from '../support/webhooks.ts'
import { caller, createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('events')
const EVENTS = '/api/v1/events/'
const INITIATE = '/api/v1/transactions/initiate_payment/'

async function newMerchant(): Promise<Merchant> {
  const merchant = await world.newMerchant()
  await connectPaystack(world, merchant)
  return merchant
}

/** All numbers that a reader sees who begins after this one, page by page. */
async function numbersAfter(merchant: Merchant, after: number, limit = 100): Promise<number[]> {
  const { body } = await merchant.api.get(`${EVENTS}?after=${after}&limit=${limit}`)
  const { data, next_after } = EventsSchema.parse(body)
  const numbers = data.map(({ number }) => number)
  return numbers.length === 0 ? [] : [...numbers, ...(await numbersAfter(merchant, next_after, limit))]
}

const oneTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

describe('numbers', () => {
  test('run from 1 without a gap through payments that are made, changed and refused at once', async () => {
    const merchant = await newMerchant()
    const initiate = (reference: string) => merchant.api.post(INITIATE, { ...ORDER, reference })
    const mayCancel = async (reference: string) => {
      const started = await initiate(reference)
      if (reference.endsWith('0')) await merchant.api.post(`/api/v1/transactions/${started.body.id}/cancel/`)
      return started.status
    }
    // Every fifth names a reference that another one takes at the same time: all but one of these are rolled back.
    const references = oneTo(30).map((i) => (i % 5 === 1 ? 'contended' : `order-${i}`))
    let writing = true
    const written = Promise.all(references.map(mayCancel)).finally(() => {
      writing = false
    })
    // Whoever reads meanwhile sees a beginning of the whole, never a later number before an earlier one.
    while (writing) {
      const seen = await numbersAfter(merchant, 0)
      expect(seen).toEqual(oneTo(seen.length))
    }
    const statuses = await written
    expect(statuses.filter((status) => status === 409)).toHaveLength(5)
    const cancelled = references.filter((reference) => reference.endsWith('0')).length
    expect(await numbersAfter(merchant, 0)).toEqual(oneTo(25 + cancelled))
  })

  test('are counted by themselves for each merchant and each mode', async () => {
    const first = await newMerchant()
    const second = await newMerchant()
    const live = await world.newMerchant({ mode: 'live' })
    await connectPaystack(world, live)
    for (const merchant of [first, second, live, first]) await makeEvent(merchant)
    expect(await numbersAfter(first, 0)).toEqual([1, 2])
    expect(await numbersAfter(second, 0)).toEqual([1])
    expect(await numbersAfter(live, 0)).toEqual([1])
    expect((await caller(world.app, live.accessToken, 'test').get(EVENTS)).body).toMatchObject({ data: [] })
  })
})

describe('a reader', () => {
  let merchant: Merchant
  let ids: string[]

  beforeAll(async () => {
    merchant = await newMerchant()
    ids = []
    for (let i = 0; i < 3; i++) {
      const id = await makeEvent(merchant)
      await merchant.api.post(`/api/v1/transactions/${id}/cancel/`)
      ids.push(id)
    }
  })

  test('resumes after the number where it stopped, and asks after the same number when there is nothing yet', async () => {
    expect(await numbersAfter(merchant, 0, 1)).toEqual(oneTo(6))
    expect(await numbersAfter(merchant, 4)).toEqual([5, 6])
    expect((await merchant.api.get(`${EVENTS}?after=6`)).body).toEqual({ object: 'list', data: [], next_after: 6 })
    expect((await merchant.api.get(`${EVENTS}?after=${Number.MAX_SAFE_INTEGER}`)).body.data).toEqual([])
  })

  test('sees each event as things stood at that moment', async () => {
    const { data } = EventsSchema.parse((await merchant.api.get(`${EVENTS}?limit=2`)).body)
    expect(data).toMatchObject([
      { number: 1, type: 'payment.created', mode: 'test', data: { id: ids[0], status: 'pending' } },
      { number: 2, type: 'payment.cancelled', mode: 'test', data: { id: ids[0], status: 'cancelled' } },
    ])
  })

  test('of one type sees only that type, in order', async () => {
    const { body } = await merchant.api.get(`${EVENTS}?type=payment.cancelled&after=2`)
    expect(body.data.map(({ number }: { number: number }) => number)).toEqual([4, 6])
    expect(body.next_after).toBe(6)
  })

  test('pays one round trip for the list, and one for an event', async () => {
    const listed = await world.countRoundTrips(() => merchant.api.get(EVENTS))
    expect(listed).toMatchObject({ roundTrips: 1, result: { status: 200 } })
    const [event] = listed.result.body.data
    const got = await world.countRoundTrips(() => merchant.api.get(`${EVENTS}${event.id}/`))
    expect(got).toMatchObject({ roundTrips: 1, result: { status: 200 } })
    expect(EventSchema.parse(got.result.body)).toEqual(EventSchema.parse(event))
  })

  test('does not find another merchant’s event, or one of the other mode', async () => {
    const [event] = (await merchant.api.get(EVENTS)).body.data
    const { merchant: stranger } = await startPayment(world)
    const live = caller(world.app, merchant.accessToken, 'live')
    for (const api of [stranger.api, live]) {
      expect(await api.get(`${EVENTS}${event.id}/`)).toMatchObject({ status: 404, body: { code: 'event_not_found' } })
    }
  })

  test.each([
    ['after=-1', 'after'],
    ['after=1.5', 'after'],
    ['after=x', 'after'],
    ['after=9007199254740992', 'after'],
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['type=payment.paid', 'type'],
    ['type=*', 'type'],
    ['cursor=x', 'cursor'],
    ['wait=-1', 'wait'],
    ['wait=21', 'wait'],
  ])('that asks with ?%s is refused', async (query, field) => {
    expect(await merchant.api.get(`${EVENTS}?${query}`)).toMatchObject({ status: 422, body: { errors: [{ field }] } })
  })

  test('that asks for what is no event’s id is refused', async () => {
    expect(await merchant.api.get(`${EVENTS}1/`)).toMatchObject({ status: 422, body: { errors: [{ field: 'id' }] } })
  })
})

describe('a reader who waits', () => {
  /** Asks, and resolves once the answer is waited for. */
  async function ask(merchant: Merchant, query: string) {
    const { waitForEvents } = world.deps
    const { promise: waiting, resolve } = Promise.withResolvers<void>()
    world.deps.waitForEvents = (...args) => {
      world.deps.waitForEvents = waitForEvents
      const waited = waitForEvents(...args)
      resolve()
      return waited
    }
    const asked = world.countRoundTrips(() => merchant.api.get(`${EVENTS}?${query}`))
    await waiting
    return asked
  }

  test('is answered at once where there is something already', async () => {
    const merchant = await newMerchant()
    await makeEvent(merchant)
    const asked = await world.countRoundTrips(() => merchant.api.get(`${EVENTS}?wait=20`))
    expect(asked).toMatchObject({ roundTrips: 1, result: { body: { next_after: 1 } } })
  })

  test('is answered as soon as something happens', async () => {
    const merchant = await newMerchant()
    const asked = ask(merchant, 'wait=20')
    await makeEvent(merchant)
    const { body } = (await asked).result
    expect(body).toMatchObject({ data: [{ number: 1 }], next_after: 1 })
  })

  test('is answered with nothing when time is up, for two round trips', async () => {
    const merchant = await newMerchant()
    await makeEvent(merchant)
    const { waitForEvents } = world.deps
    world.deps.waitForEvents = (...args) => {
      const waited = waitForEvents(...args)
      world.clock.advance(20_000)
      return waited
    }
    const asked = await world.countRoundTrips(() => merchant.api.get(`${EVENTS}?after=1&wait=20`))
    world.deps.waitForEvents = waitForEvents
    expect(asked).toMatchObject({ roundTrips: 2, result: { status: 200, body: { data: [], next_after: 1 } } })
  })

  test('misses nothing that happens between its look and its wait', async () => {
    const merchant = await newMerchant()
    const { waitForEvents } = world.deps
    world.deps.waitForEvents = async (...args) => {
      world.deps.waitForEvents = waitForEvents
      await makeEvent(merchant)
      return waitForEvents(...args)
    }
    expect((await merchant.api.get(`${EVENTS}?wait=20`)).body).toMatchObject({ data: [{ number: 1 }] })
  })

  test('for one type is not woken over and over by what is of another', async () => {
    const merchant = await newMerchant()
    await makeEvent(merchant)
    const query = 'type=payment.cancelled&wait=20'
    const asked = ask(merchant, query)
    const id = await makeEvent(merchant)
    // Woken, it found nothing of its type, and knows how far it has looked.
    expect((await asked).result.body).toEqual({ object: 'list', data: [], next_after: 2 })
    const again = ask(merchant, `${query}&after=2`)
    await merchant.api.post(`/api/v1/transactions/${id}/cancel/`)
    expect((await again).result.body).toMatchObject({ data: [{ number: 3 }] })
  })
})
