/** The stream itself, by the real object: what there is, then what comes, each once and in order, and how it ends. */

import { env, evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/domain/limits.ts'
import { EventSchema } from '../../src/http/event-schema.ts'
import { connectPaystack, deliverProviderWebhooks, ORDER, pay } from '../support/paystack.ts'
import {
  follow,
  followClosely,
  lookAround,
  makeMany,
  objectOf,
  openTicket,
  type StreamClient,
} from '../support/stream.ts'
import { makeEvent } from '../support/webhooks.ts'
import { caller, createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('stream', { streams: env.EVENT_STREAMS })
const INITIATE = '/api/v1/transactions/initiate_payment/'

async function newMerchant(): Promise<Merchant> {
  const merchant = await world.newMerchant()
  await connectPaystack(world, merchant)
  return merchant
}

/** A payment that is made and called off: two events. */
async function makeTwo(merchant: Merchant, body: object = ORDER): Promise<string> {
  const started = await merchant.api.post(INITIATE, body)
  await merchant.api.post(`/api/v1/transactions/${started.body.id}/cancel/`)
  return String(started.body.id)
}

/** Nobody is told of what this does. */
async function unannounced<T>(work: () => Promise<T>): Promise<T> {
  const { announce } = world.deps
  world.deps.announce = () => {}
  try {
    return await work()
  } finally {
    world.deps.announce = announce
  }
}

const oneTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)
const reaches = (client: StreamClient, number: number) =>
  client.until((messages) => messages.some((message) => message.number >= number))

describe('a stream', () => {
  test('shows what there is and then what comes, from wherever its reader stopped', async () => {
    const merchant = await newMerchant()
    for (let i = 0; i < 2; i++) await makeTwo(merchant)
    const client = await follow(world, merchant, { after: 1 })
    await client.live()
    expect(client.messages.map(({ object, number }) => [object, number])).toEqual([
      ['event', 2],
      ['event', 3],
      ['event', 4],
      ['cursor', 4],
    ])
    await makeTwo(merchant)
    await reaches(client, 6)
    expect(client.numbers()).toEqual([2, 3, 4, 5, 6])
  })

  test('shows events as the list does, in the very text that a webhook carries', async () => {
    const merchant = await newMerchant()
    await makeEvent(merchant)
    const client = await follow(world, merchant)
    await client.live()
    const [listed] = (await merchant.api.get('/api/v1/events/')).body.data
    expect(EventSchema.parse(client.messages[0])).toEqual(EventSchema.parse(listed))
    const [row] = await world.query(
      sql`select app.event_object(e)::text as body from events e where merchant_id = ${merchant.merchantId}`,
    )
    expect(client.texts[0]).toBe(row?.body)
  })

  test('has neither a gap nor a repeat while payments are made and called off at once', async () => {
    const merchant = await newMerchant()
    const early = await follow(world, merchant)
    const written = Promise.all(oneTo(15).map(() => makeTwo(merchant)))
    await reaches(early, 10)
    const late = await follow(world, merchant, { after: 3 })
    await written
    await Promise.all([reaches(early, 30), reaches(late, 30)])
    expect(early.numbers()).toEqual(oneTo(30))
    expect(late.numbers()).toEqual(oneTo(30).slice(3))
  })

  test('begins where there is nothing yet, and after numbers that are not there yet', async () => {
    const merchant = await newMerchant()
    const [first, third] = [await follow(world, merchant), await follow(world, merchant, { after: 2 })]
    await Promise.all([first.live(), third.live()])
    for (let i = 0; i < 3; i++) await makeEvent(merchant)
    await Promise.all([reaches(first, 3), reaches(third, 3)])
    expect(first.numbers()).toEqual([1, 2, 3])
    expect(third.numbers()).toEqual([3])
  })

  test('shows what happens at the provider', async () => {
    const merchant = await newMerchant()
    const client = await follow(world, merchant)
    const id = await makeEvent(merchant)
    await pay(world, id)
    await deliverProviderWebhooks(world)
    await reaches(client, 2)
    expect(client.messages.filter(({ object }) => object === 'event')).toMatchObject([
      { type: 'payment.created', data: { id, status: 'pending' } },
      { type: 'payment.succeeded', data: { id, status: 'succeeded' } },
    ])
  })

  test('finds by itself what nobody told it of', async () => {
    const merchant = await newMerchant()
    const client = await follow(world, merchant)
    await client.live()
    await unannounced(() => makeTwo(merchant))
    expect(await lookAround(merchant)).toBe(true)
    await reaches(client, 2)
    expect(client.numbers()).toEqual([1, 2])
  })

  test('survives a database that does not answer', async () => {
    const merchant = await newMerchant()
    const client = await follow(world, merchant)
    await client.live()
    await unannounced(() => makeTwo(merchant))
    await world.crashAfter(0, () => lookAround(merchant))
    expect(client.numbers()).toEqual([])
    await lookAround(merchant)
    await reaches(client, 2)
    expect(client.numbers()).toEqual([1, 2])
  })

  test('costs one round trip for all readers of a key, whatever they want to see', async () => {
    const merchant = await newMerchant()
    const clients = await Promise.all([
      ...oneTo(10).map(() => follow(world, merchant)),
      follow(world, merchant, { types: ['refund.*'] }),
      follow(world, merchant, { types: ['payment.cancelled'] }),
    ])
    await Promise.all(clients.map((client) => client.live()))
    const id = await unannounced(() => makeTwo(merchant))
    const { roundTrips } = await world.countRoundTrips(() => lookAround(merchant))
    expect(roundTrips).toBe(1)
    await Promise.all(clients.slice(0, 10).map((client) => reaches(client, 2)))
    // What all have seen already is not looked for again.
    const told = await world.countRoundTrips(async () => objectOf(merchant).announce({ number: 2, transactionId: id }))
    expect(told.roundTrips).toBe(0)
  })
})

describe('a stream of some events', () => {
  let merchant: Merchant
  let ids: string[]

  beforeAll(async () => {
    merchant = await newMerchant()
    ids = [await makeTwo(merchant), await makeTwo(merchant)]
  })

  test.each([
    ['one type', () => ({ types: ['payment.cancelled'] }), [2, 4]],
    ['a family', () => ({ types: ['payment.*'] }), [1, 2, 3, 4]],
    ['a type and a family', () => ({ types: ['payment.created', 'refund.*'] }), [1, 3]],
    ['a family without any', () => ({ types: ['drift.*'] }), []],
    ['one payment', () => ({ transaction_id: ids[1] ?? '' }), [3, 4]],
    ['a type of one payment', () => ({ types: ['payment.created'], transaction_id: ids[0] ?? '' }), [1]],
  ])('shows %s', async (_, wanted, numbers) => {
    const client = await follow(world, merchant, wanted())
    await client.live()
    expect(client.numbers()).toEqual(numbers)
    // How far it has come, for a reader who resumes: past what was not shown, too.
    expect(client.messages.at(-1)).toEqual({ object: 'cursor', number: 4 })
  })

  test('goes on with what comes, and says now and then how far it is', async () => {
    const busy = await newMerchant()
    const client = await follow(world, busy, { types: ['payment.cancelled'] })
    await client.live()
    await makeEvent(busy)
    // Not for every single event that is not shown.
    await lookAround(busy)
    expect(client.messages).toEqual([{ object: 'cursor', number: 0 }])
    world.clock.advance(LIMITS.streamTellMs)
    await lookAround(busy)
    await reaches(client, 1)
    expect(client.messages.at(-1)).toEqual({ object: 'cursor', number: 1 })
    await makeTwo(busy)
    await reaches(client, 3)
    expect(client.numbers()).toEqual([3])
  })

  test('that is quiet is heard of all the same', async () => {
    const quiet = await newMerchant()
    const client = await follow(world, quiet)
    await client.live()
    world.clock.advance(LIMITS.streamQuietMs - 1)
    await lookAround(quiet)
    expect(client.messages).toHaveLength(1)
    world.clock.advance(1)
    await lookAround(quiet)
    await client.until((messages) => messages.length === 2)
    expect(client.messages[1]).toEqual({ object: 'cursor', number: 0 })
  })
})

describe('an object without sockets', () => {
  test('does nothing', async () => {
    const merchant = await newMerchant()
    const client = await follow(world, merchant)
    await client.live()
    expect(await alarmOf(merchant)).not.toBeNull()
    client.close()
    await client.ended
    const { roundTrips } = await world.countRoundTrips(() => lookAround(merchant))
    expect(roundTrips).toBe(0)
    expect(await alarmOf(merchant)).toBeNull()
  })

  test('looks every few seconds once there is one', async () => {
    const merchant = await newMerchant()
    const client = await follow(world, merchant)
    await client.live()
    await lookAround(merchant)
    expect(await alarmOf(merchant)).not.toBeNull()
    expect(LIMITS.streamCheckMs).toBeLessThanOrEqual(4_000)
  })

  const alarmOf = (merchant: Merchant) => runInDurableObject(objectOf(merchant), (_, state) => state.storage.getAlarm())
})

describe('access', () => {
  test('ends with the key: its streams are closed, and those of another key go on', async () => {
    const merchant = await newMerchant()
    const other = await merchant.person.post('/api/v1/api-keys/', { name: 'other', scopes: ['events:read'] })
    const clients = [await follow(world, merchant), await follow(world, merchant)]
    const kept = await follow(world, { api: caller(world.app, String(other.body.key)) })
    await Promise.all([...clients, kept].map((client) => client.live()))
    await merchant.person.post(`/api/v1/api-keys/${merchant.apiKeyId}/revoke/`)
    await lookAround(merchant)
    for (const client of clients) expect(await client.ended).toEqual({ code: 4003, reason: 'api_key_revoked' })
    await makeEvent({ ...merchant, api: merchant.person })
    await reaches(kept, 1)
    expect(kept.numbers()).toEqual([1])
    expect(clients[0]?.numbers()).toEqual([])
  })

  test('ends at once where the ticket outlived its key', async () => {
    const merchant = await newMerchant()
    await makeTwo(merchant)
    const { body } = await merchant.api.post('/api/v1/events/stream-ticket/')
    await merchant.person.post(`/api/v1/api-keys/${merchant.apiKeyId}/revoke/`)
    const client = await openTicket(world, body.ticket)
    expect(await client.ended).toEqual({ code: 4003, reason: 'api_key_revoked' })
    expect(client.messages).toEqual([])
  })

  test('ends when the key expires', async () => {
    const merchant = await newMerchant()
    const expires_at = new Date(world.clock.now().getTime() + 60_000).toISOString()
    const made = await merchant.person.post('/api/v1/api-keys/', { name: 'x', scopes: ['events:read'], expires_at })
    const client = await follow(world, { api: caller(world.app, String(made.body.key)) })
    await client.live()
    world.clock.advance(60_000)
    await lookAround(merchant)
    expect(await client.ended).toEqual({ code: 4003, reason: 'api_key_expired' })
  })

  test('of a person ends with the session', async () => {
    const merchant = await newMerchant()
    const client = await follow(world, { api: merchant.person })
    await client.live()
    await makeEvent(merchant)
    await reaches(client, 1)
    await merchant.person.post('/api/v1/auth/logout/', { refresh: merchant.refreshToken })
    await lookAround(merchant)
    expect(await client.ended).toEqual({ code: 4003, reason: 'session_ended' })
  })
})

describe('a long past', () => {
  const WINDOW = LIMITS.streamWindowEvents
  const LAST = WINDOW + 150
  let merchant: Merchant

  beforeAll(async () => {
    merchant = await newMerchant()
    await makeMany(world, merchant, LAST)
  })

  test('is sent to the end to a reader who acknowledges', async () => {
    const client = await followClosely(world, merchant)
    expect(client.numbers()).toEqual(oneTo(LAST))
  })

  test('is sent so far and no further to one who does not, who is cut off and resumes where it was', async () => {
    const client = await follow(world, merchant)
    await reaches(client, WINDOW)
    world.clock.advance(LIMITS.streamStallMs - 1)
    await lookAround(merchant)
    expect(client.numbers()).toEqual(oneTo(WINDOW))
    world.clock.advance(1)
    await lookAround(merchant)
    expect(await client.ended).toEqual({ code: 4008, reason: 'slow' })
    expect(client.numbers()).toEqual(oneTo(WINDOW))
    const resumed = await follow(world, merchant, { after: WINDOW })
    await resumed.live()
    expect(resumed.numbers()).toEqual(oneTo(LAST).slice(WINDOW))
  })

  test('goes on once the last that was sent is acknowledged, and keeps nobody waiting who is through it', async () => {
    const live = await follow(world, merchant, { after: LAST })
    await live.live()
    const client = await follow(world, merchant)
    await reaches(client, WINDOW)
    await makeEvent(merchant)
    await reaches(live, LAST + 1)
    client.send(`{"ack":${WINDOW - 1}}`)
    await lookAround(merchant)
    expect(client.numbers()).toEqual(oneTo(WINDOW))
    client.send(`{ "ack": ${WINDOW} }`)
    await client.live()
    expect(client.numbers()).toEqual(oneTo(LAST + 1))
  })
})

describe('a client', () => {
  test.each([
    ['what is no acknowledgement', 'hello'],
    ['a number that was never sent', '{"ack":99}'],
    ['too much', `{"ack":0${' '.repeat(2_000)}}`],
  ])('that says %s is sent away', async (_, text) => {
    const merchant = await newMerchant()
    const client = await follow(world, merchant)
    await client.live()
    client.send(text)
    expect(await client.ended).toEqual({ code: 1008, reason: 'malformed' })
  })

  test('that closes is answered at once', async () => {
    const client = await follow(world, await newMerchant())
    await client.live()
    client.close()
    expect(await client.ended).toEqual({ code: 1000, reason: '' })
  })
})

describe('an object that was evicted', () => {
  test('goes on with its sockets where it was, filters and all', async () => {
    const merchant = await newMerchant()
    await makeTwo(merchant)
    const all = await follow(world, merchant)
    const some = await follow(world, merchant, { types: ['payment.cancelled'] })
    await Promise.all([all.live(), some.live()])
    await evictDurableObject(objectOf(merchant))
    await makeTwo(merchant)
    await evictDurableObject(objectOf(merchant))
    await unannounced(() => makeTwo(merchant))
    await lookAround(merchant)
    await Promise.all([reaches(all, 6), reaches(some, 6)])
    expect(all.numbers()).toEqual(oneTo(6))
    expect(some.numbers()).toEqual([2, 4, 6])
  })

  test('knows what is not acknowledged, and hears what is', async () => {
    const merchant = await newMerchant()
    const client = await follow(world, merchant)
    await makeTwo(merchant)
    await reaches(client, 2)
    await evictDurableObject(objectOf(merchant))
    client.send('{"ack":3}')
    expect((await client.ended).code).toBe(1008)
  })

  test('ends the streams of a key that was revoked meanwhile', async () => {
    const merchant = await newMerchant()
    const client = await follow(world, merchant)
    await client.live()
    await evictDurableObject(objectOf(merchant))
    await merchant.person.post(`/api/v1/api-keys/${merchant.apiKeyId}/revoke/`)
    await lookAround(merchant)
    expect((await client.ended).code).toBe(4003)
  })

  test('sends away, to begin anew, who was met by another version of it', async () => {
    const merchant = await newMerchant()
    const client = await follow(world, merchant)
    await client.live()
    await runInDurableObject(objectOf(merchant), (_, state) => {
      for (const socket of state.getWebSockets()) socket.serializeAttachment({ cursor: 'of another version' })
    })
    await evictDurableObject(objectOf(merchant))
    await lookAround(merchant)
    expect(await client.ended).toEqual({ code: 1012, reason: 'restart' })
  })
})
