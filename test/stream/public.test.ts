/** The public stream of one payment: what a payer's page may know, and nothing beside it. */

import { env, evictDurableObject } from 'cloudflare:test'
import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { StreamTicketSchema } from '../../src/http/routes/event-stream.ts'
import { connectPaystack, deliverProviderWebhooks, ORDER, pay } from '../support/paystack.ts'
import { lookAround, objectOf, openTicket, type StreamClient } from '../support/stream.ts'
import { makeEvent } from '../support/webhooks.ts'
import { caller, createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('stream_public', { streams: env.EVENT_STREAMS })
const INITIATE = '/api/v1/transactions/initiate_payment/'

/** Everything of a payment that is its merchant's and its customer's own business. */
const SECRETS = {
  ...ORDER,
  customer: { email: 'secret@customer.test', name: 'Secret Name', phone: '+2348012345678' },
  reference: 'secret-reference',
  description: 'Secret description',
  metadata: { secret: 'metadata' },
  callback_url: 'https://secret.test/thanks',
}

let merchant: Merchant
beforeAll(async () => {
  merchant = await world.newMerchant()
  await connectPaystack(world, merchant)
})

async function publicTicket(by: Pick<Merchant, 'api'>, id: string): Promise<string> {
  const made = await by.api.post(`/api/v1/transactions/${id}/stream-ticket/`)
  if (made.status !== 201) throw new Error(`no ticket: ${JSON.stringify(made.body)}`)
  return String(made.body.ticket)
}

const watch = async (id: string, after = 0) => openTicket(world, await publicTicket(merchant, id), after)
const reaches = (client: StreamClient, number: number) =>
  client.until((messages) => messages.some((message) => message.number >= number))

describe('a public stream', () => {
  test('shows the payment’s changes, numbered by themselves, and no field but those of the list', async () => {
    const { body: payment } = await merchant.api.post(INITIATE, SECRETS)
    const client = await watch(payment.id)
    await makeEvent(merchant)
    await pay(world, payment.id)
    await deliverProviderWebhooks(world)
    await reaches(client, 2)
    const events = client.messages.filter(({ object }) => object === 'event')
    const shown = { id: payment.id, object: 'transaction', amount: 150_000, currency: 'NGN' }
    const told = { object: 'event', id: expect.stringMatching(/^evt_/), created_at: expect.any(String) }
    expect(events).toEqual([
      { ...told, number: 1, type: 'payment.created', data: { ...shown, status: 'pending' } },
      { ...told, number: 2, type: 'payment.succeeded', data: { ...shown, status: 'succeeded' } },
    ])
    const sent = client.texts.join('\n')
    expect(sent).not.toMatch(/secret/i)
    expect(sent).not.toContain(merchant.merchantId)
  })

  test('shows no other payment, no refund, and not how much else is sold', async () => {
    const id = await makeEvent(merchant)
    await pay(world, id)
    await deliverProviderWebhooks(world)
    const client = await watch(id)
    await client.live()
    const { status } = await merchant.api.post(`/api/v1/transactions/${id}/refunds/`, { amount: 50_000 })
    expect(status).toBe(201)
    for (let i = 0; i < 5; i++) await makeEvent(merchant)
    await lookAround(merchant)
    const [row] = await world.query(sql`select count(*)::int as count from events where transaction_id = ${id}`)
    expect(row?.count).toBeGreaterThan(2)
    expect(client.messages.map(({ object, number }) => [object, number])).toEqual([
      ['event', 1],
      ['event', 2],
      ['cursor', 2],
    ])
  })

  test('resumes after the number where it stopped, with a ticket of its own', async () => {
    const id = await makeEvent(merchant)
    await merchant.api.post(`/api/v1/transactions/${id}/cancel/`)
    const client = await watch(id, 1)
    await client.live()
    expect(client.numbers()).toEqual([2])
  })

  test('is one of many that are read for together, each of its own payment, in one round trip', async () => {
    const ids = [await makeEvent(merchant), await makeEvent(merchant), await makeEvent(merchant)]
    const clients = await Promise.all(ids.map((id) => watch(id)))
    await Promise.all(clients.map((client) => client.live()))
    const { roundTrips } = await world.countRoundTrips(() => lookAround(merchant))
    expect(roundTrips).toBe(1)
    expect(clients.map((client) => client.messages[0]?.data.id)).toEqual(ids)
  })

  test('goes on after its object was evicted', async () => {
    const id = await makeEvent(merchant)
    const client = await watch(id)
    await client.live()
    await evictDurableObject(objectOf(merchant))
    await merchant.api.post(`/api/v1/transactions/${id}/cancel/`)
    await reaches(client, 2)
    expect(client.numbers()).toEqual([1, 2])
  })

  test('opens within five minutes, once', async () => {
    const id = await makeEvent(merchant)
    const { body } = await merchant.api.post(`/api/v1/transactions/${id}/stream-ticket/`)
    const made = StreamTicketSchema.parse(body)
    expect(made).toMatchObject({ is_public: true, transaction_id: id, last_number: 0 })
    expect(Date.parse(made.expires_at) - world.clock.now().getTime()).toBe(300_000)
    await (await openTicket(world, made.ticket)).live()
    expect((await (await openTicket(world, made.ticket)).ended).code).toBe(4001)
    const late = await publicTicket(merchant, id)
    world.clock.advance(300_000)
    expect((await (await openTicket(world, late)).ended).code).toBe(4001)
  })
})

describe('a public stream ends', () => {
  async function newWatched(by: 'key' | 'person') {
    const shop = await world.newMerchant()
    await connectPaystack(world, shop)
    const id = await makeEvent(shop)
    const client = await openTicket(world, await publicTicket({ api: by === 'key' ? shop.api : shop.person }, id))
    await client.live()
    return { shop, client }
  }

  test('with the key that made its ticket', async () => {
    const { shop, client } = await newWatched('key')
    await shop.person.post(`/api/v1/api-keys/${shop.apiKeyId}/revoke/`)
    await lookAround(shop)
    expect(await client.ended).toEqual({ code: 4003, reason: 'api_key_revoked' })
  })

  test('with the session that made its ticket, and with no other', async () => {
    const { shop, client } = await newWatched('person')
    await shop.person.post(`/api/v1/api-keys/${shop.apiKeyId}/revoke/`)
    await lookAround(shop)
    await shop.person.post('/api/v1/auth/logout/', { refresh: shop.refreshToken })
    await lookAround(shop)
    expect(await client.ended).toEqual({ code: 4003, reason: 'session_ended' })
  })

  test('for no address: a key’s list is for the key’s holder', async () => {
    const made = await merchant.person.post('/api/v1/api-keys/', {
      name: 'office',
      scopes: ['transactions:read'],
      ip_allow_list: ['198.51.100.0/24'],
    })
    const office = caller(world.app, String(made.body.key))
    const id = await makeEvent(merchant)
    const ticket = await office.post(
      `/api/v1/transactions/${id}/stream-ticket/`,
      {},
      { 'cf-connecting-ip': '198.51.100.7' },
    )
    await (await openTicket(world, ticket.body.ticket, 0, '203.0.113.77')).live()
  })
})
