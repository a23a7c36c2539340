/** Tickets to the stream: who may make one, for what, and that each opens one stream and no more. */

import { env } from 'cloudflare:test'
import { beforeAll, describe, expect, test } from 'vitest'
import { StreamTicketSchema } from '../../src/http/routes/event-stream.ts'
import { sweep } from '../../src/operations/upkeep/sweep.ts'
import { connectPaystack, startPayment } from '../support/paystack.ts'
import { follow, lookAround, newTicket, openTicket, TICKETS, upgrade } from '../support/stream.ts'
import { makeEvent } from '../support/webhooks.ts'
import { caller, createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('stream_tickets', { streams: env.EVENT_STREAMS })
const REFUSED = { code: 4001, reason: 'stream_ticket_invalid' }

let merchant: Merchant
let paymentId: string
beforeAll(async () => {
  const started = await startPayment(world)
  merchant = started.merchant
  paymentId = started.id
})

describe('a ticket', () => {
  test('says where it is good, for how long, and after which number the news begins', async () => {
    const made = await world.countRoundTrips(() => merchant.api.post(TICKETS, { types: ['refund.*', 'refund.*'] }))
    expect(made).toMatchObject({ roundTrips: 1, result: { status: 201 } })
    const ticket = StreamTicketSchema.parse(made.result.body)
    expect(ticket).toMatchObject({
      url: `wss://api.paybridge.test/api/v1/events/stream/?ticket=${ticket.ticket}`,
      mode: 'test',
      event_types: ['refund.*'],
      transaction_id: null,
      is_public: false,
      last_number: 1,
      expires_at: new Date(world.clock.now().getTime() + 30_000).toISOString(),
    })
    expect(world.logLines.join('\n')).not.toContain(ticket.ticket)
  })

  test('is the same one for a repeat of the request', async () => {
    const key = { 'idempotency-key': 'one-ticket' }
    const [first, second] = [await merchant.api.post(TICKETS, {}, key), await merchant.api.post(TICKETS, {}, key)]
    expect(second.body).toEqual(first.body)
    expect(second.headers.get('idempotent-replayed')).toBe('true')
    const client = await openTicket(world, first.body.ticket)
    await client.live()
    expect(await (await openTicket(world, second.body.ticket)).ended).toEqual(REFUSED)
  })

  test('opens one stream, however many try it at once', async () => {
    const ticket = await newTicket(merchant)
    const tries = await Promise.all(Array.from({ length: 20 }, () => openTicket(world, ticket)))
    const outcomes = await Promise.all(
      tries.map((client) => Promise.race([client.live().then(() => 'live'), client.ended])),
    )
    expect(outcomes.filter((outcome) => outcome === 'live')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome !== 'live')).toEqual(Array(19).fill(REFUSED))
  })

  test('is good for 30 seconds', async () => {
    const [inTime, late] = [await newTicket(merchant), await newTicket(merchant)]
    world.clock.advance(29_999)
    await (await openTicket(world, inTime)).live()
    world.clock.advance(1)
    expect(await (await openTicket(world, late)).ended).toEqual(REFUSED)
  })

  test('of one mode shows nothing of the other', async () => {
    const live = caller(world.app, merchant.accessToken, 'live')
    const client = await follow(world, { api: live })
    await client.live()
    expect(client.messages).toEqual([{ object: 'cursor', number: 0 }])
  })

  test('of another merchant shows nothing of this one', async () => {
    const client = await follow(world, await world.newMerchant())
    await client.live()
    expect(client.numbers()).toEqual([])
  })

  test.each([
    ['that was never made', `pbt_${'0'.repeat(49)}`],
    ['without form', 'x'],
    ['of nothing', ''],
  ])('%s is refused without a query', async (_, ticket) => {
    const opened = await world.countRoundTrips(() => openTicket(world, ticket))
    expect(opened.roundTrips).toBe(0)
    expect(await opened.result.ended).toEqual(REFUSED)
  })

  test('of a key that is good from some addresses opens a stream from none but these', async () => {
    const made = await merchant.person.post('/api/v1/api-keys/', {
      name: 'office',
      scopes: ['events:read'],
      ip_allow_list: ['198.51.100.0/24'],
    })
    const office = caller(world.app, String(made.body.key))
    const ticket = await office.post(TICKETS, {}, { 'cf-connecting-ip': '198.51.100.7' })
    const elsewhere = await openTicket(world, ticket.body.ticket, 0, '203.0.113.9')
    expect(await elsewhere.ended).toEqual({ code: 4001, reason: 'ip_not_allowed' })
    // Who is turned away has not used it up.
    await (await openTicket(world, ticket.body.ticket, 0, '198.51.100.8')).live()
  })

  test('for a payment that is not there is refused', async () => {
    const { id: theirs } = await startPayment(world)
    const answers = [
      await merchant.api.post(TICKETS, { transaction_id: theirs }),
      await merchant.api.post(`/api/v1/transactions/${theirs}/stream-ticket/`),
    ]
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 404, body: { code: 'transaction_not_found' } })
    }
  })

  test.each([
    [{ types: [] }, 'types'],
    [{ types: ['payment.paid'] }, 'types.0'],
    [{ transaction_id: 'nonsense' }, 'transaction_id'],
  ])('for %j is refused', async (body, field) => {
    expect(await merchant.api.post(TICKETS, body)).toMatchObject({ status: 422, body: { errors: [{ field }] } })
  })

  test.each([
    ['events:read', TICKETS],
    ['transactions:read', () => `/api/v1/transactions/${paymentId}/stream-ticket/`],
  ] as const)('takes the scope %s', async (scope, path) => {
    const key = await merchant.person.post('/api/v1/api-keys/', { name: 'narrow', scopes: [scope] })
    const narrow = caller(world.app, String(key.body.key))
    expect((await narrow.post(typeof path === 'string' ? path : path())).status).toBe(201)
  })
})

describe('the stream’s address', () => {
  test('is a WebSocket, and says so', async () => {
    const answer = await merchant.api.get(`/api/v1/events/stream/?ticket=${await newTicket(merchant)}`)
    expect(answer).toMatchObject({ status: 426, body: { code: 'upgrade_required' } })
  })

  test.each([
    ['?ticket=x&after=-1', 'after'],
    ['?ticket=x&after=1.5', 'after'],
    ['?after=1', 'ticket'],
    ['?ticket=x&before=1', 'before'],
  ])('with %s is refused', async (query, field) => {
    const response = await upgrade(world, query)
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({ code: 'validation_failed', errors: [{ field }] })
  })

  test('opened costs a round trip for the ticket and one for all that there is', async () => {
    const reader = await world.newMerchant()
    await connectPaystack(world, reader)
    await makeEvent(reader)
    const ticket = await newTicket(reader)
    const opened = await world.countRoundTrips(async () => (await openTicket(world, ticket)).live())
    expect(opened.roundTrips).toBe(2)
  })
})

describe('old tickets', () => {
  test('are removed a day after their end, and a public stream ends with its own', async () => {
    const { body } = await merchant.api.post(`/api/v1/transactions/${paymentId}/stream-ticket/`)
    const client = await openTicket(world, body.ticket)
    await client.live()
    await newTicket(merchant)
    world.clock.advance(300_001 + 24 * 3_600_000)
    await sweep(world.deps)
    await lookAround(merchant)
    expect(await client.ended).toEqual({ code: 4003, reason: 'stream_ticket_invalid' })
  })
})
