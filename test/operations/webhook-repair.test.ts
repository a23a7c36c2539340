/** What a merchant does about webhooks: new secrets, headers of their own, tests, and events sent again. Nothing is skipped. */

import { sql } from 'drizzle-orm'
import { Webhook as SvixWebhook } from 'svix'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { LIMITS } from '../../src/domain/limits.ts'
import { DELIVERY_ATTEMPTS_MAX } from '../../src/domain/retry.ts'
import { sweepDeliveries } from '../../src/operations/upkeep/sweep-deliveries.ts'
import { deliverDue } from '../../src/operations/webhooks/deliver.ts'
import { consume } from '../../src/platform/queues.ts'
import { deliverProviderWebhooks, pay } from '../support/paystack.ts'
import {
  addEndpoint,
  deliveriesOf,
  type Endpoint,
  makeEvent,
  newToldMerchant,
  outwaitLease,
  receivedAt,
  verifyAsMerchant,
  WEBHOOKS,
} from '../support/webhooks.ts'
import { createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('webhook_repair')
const { receiver, clock, deps } = world
const DAY = 86_400_000

beforeEach(() => {
  receiver.answerWith(() => new Response('ok'))
  world.jobs.splice(0)
})

async function deliverAll(): Promise<void> {
  await sweepDeliveries(deps)
  await world.settled()
}

const idsAt = (endpoint: Endpoint) => receivedAt(world, endpoint).map(({ headers }) => headers.get('webhook-id'))

async function eventsOf(merchant: Merchant) {
  const { body } = await merchant.api.get('/api/v1/events/?limit=100')
  return body.data as { id: string; number: number; type: string; created_at: string }[]
}

/** Fails every try there is. */
async function exhaust(): Promise<void> {
  receiver.answerWith(() => new Response('', { status: 400 }))
  for (let attempt = 0; attempt < DELIVERY_ATTEMPTS_MAX; attempt++) {
    await deliverAll()
    clock.advance(2 * DAY)
  }
  receiver.answerWith(() => new Response('ok'))
}

describe('a new secret', () => {
  test('signs beside the one before until the overlap has passed, then alone', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    const rotated = await merchant.api.post(`${WEBHOOKS}${endpoint.id}/rotate_secret/`, { overlap_seconds: 3600 })
    expect(rotated).toMatchObject({ status: 200, body: { id: endpoint.id, secret: expect.stringMatching(/^whsec_/) } })
    const next = String(rotated.body.secret)
    expect(next).not.toBe(endpoint.secret)
    await makeEvent(merchant)
    await deliverAll()
    const [during] = receivedAt(world, endpoint)
    if (during === undefined) throw new Error('nothing arrived')
    expect(during.headers.get('webhook-signature')?.split(' ')).toHaveLength(2)
    expect(verifyAsMerchant(endpoint.secret, during, clock.now())).toBeTruthy()
    expect(verifyAsMerchant(next, during, clock.now())).toBeTruthy()

    clock.advance(3_601_000)
    await makeEvent(merchant)
    await deliverAll()
    const after = receivedAt(world, endpoint).at(-1)
    if (after === undefined) throw new Error('nothing arrived')
    expect(after.headers.get('webhook-signature')?.split(' ')).toHaveLength(1)
    expect(() => verifyAsMerchant(endpoint.secret, after, clock.now())).toThrow('No matching signature')
    expect(verifyAsMerchant(next, after, clock.now())).toBeTruthy()
  })

  test('is shown once, and again to a repeat of the same request, and made once', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    const rotate = () =>
      merchant.api.post(`${WEBHOOKS}${endpoint.id}/rotate_secret/`, {}, { 'idempotency-key': 'rotate-1' })
    const { roundTrips, result } = await world.countRoundTrips(rotate)
    expect(roundTrips).toBe(1)
    expect((await rotate()).body.secret).toBe(result.body.secret)
    expect(JSON.stringify((await merchant.api.get(`${WEBHOOKS}${endpoint.id}/`)).body)).not.toContain('whsec_')
  })
})

describe('the published libraries', () => {
  test('of Svix accepts what is sent, and refuses a changed byte, an old time stamp and another secret', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    await makeEvent(merchant)
    await deliverAll()
    const [request] = receivedAt(world, endpoint)
    if (request === undefined) throw new Error('nothing arrived')
    const stranger = await addEndpoint(merchant)
    const headers = Object.fromEntries(request.headers)
    const old = { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 600) }
    const verify = (secret: string, body: string, given: Record<string, string>) => () =>
      new SvixWebhook(secret).verify(body, given)
    // The library reads the time by itself.
    vi.useFakeTimers({ toFake: ['Date'], now: clock.now() })
    try {
      expect(verify(endpoint.secret, request.body, headers)).not.toThrow()
      expect(verify(endpoint.secret, request.body.replace('150000', '150001'), headers)).toThrow()
      expect(verify(stranger.secret, request.body, headers)).toThrow()
      expect(verify(endpoint.secret, request.body, old)).toThrow()
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('headers of the merchant’s own', () => {
  test('are sent with every delivery, and shown by name only', async () => {
    const { merchant } = await newToldMerchant(world)
    const endpoint = await addEndpoint(merchant, {
      custom_headers: { 'X-Shop': 'lagos-1', Authorization: 'Basic c2hvcA==' },
    })
    await makeEvent(merchant)
    await deliverAll()
    const [request] = receivedAt(world, endpoint)
    expect(request?.headers.get('x-shop')).toBe('lagos-1')
    expect(request?.headers.get('authorization')).toBe('Basic c2hvcA==')
    const shown = [
      await merchant.api.get(`${WEBHOOKS}${endpoint.id}/`),
      await merchant.api.get(`${WEBHOOKS}deliveries/`),
    ]
    for (const { body } of shown) {
      expect(JSON.stringify(body)).not.toContain('c2hvcA')
      expect(JSON.stringify(body)).not.toContain('lagos-1')
    }
    expect(shown[0]?.body.custom_headers).toEqual(['authorization', 'x-shop'])
    expect(world.logLines.join('\n')).not.toContain('c2hvcA')
    const [row] = await world.query(sql`select sealed_headers from webhook_endpoints where id = ${endpoint.id}`)
    expect(row?.sealed_headers).toMatch(/^v1\./)
  })

  test.each<[string, Record<string, string>]>([
    ['ours', { 'webhook-signature': 'v1,forged' }],
    ['ours in other letters', { 'Webhook-ID': 'evt_1' }],
    ['Svix’s, which receivers read alike', { 'svix-signature': 'v1,forged' }],
    ['what frames the request', { 'content-length': '0' }],
    ['where it goes', { host: 'other.test' }],
    ['a line break', { 'x-a': 'b\r\nwebhook-id: evt_1' }],
    ['a line break in the name', { 'x-a\r\nx-b': 'c' }],
    ['a blank in the name', { 'x a': 'b' }],
    ['an empty value', { 'x-a': '' }],
    ['characters that are no ASCII', { 'x-a': 'ä' }],
    ['too long a value', { 'x-a': 'b'.repeat(1001) }],
  ])('can not be %s', async (_what, custom_headers) => {
    const { merchant, endpoint } = await newToldMerchant(world)
    const made = await merchant.api.post(WEBHOOKS, { url: 'https://hooks.shop.test/h', custom_headers })
    expect(made).toMatchObject({ status: 422, body: { code: 'validation_failed' } })
    expect(made.body.errors[0].field).toMatch(/^custom_headers\./)
    const changed = await merchant.api.patch(`${WEBHOOKS}${endpoint.id}/`, { custom_headers })
    expect(changed.status).toBe(422)
  })
})

describe('a test event', () => {
  test('goes to its endpoint alone, whatever that subscribed to, signed as the others', async () => {
    const { merchant, endpoint: other } = await newToldMerchant(world)
    const endpoint = await addEndpoint(merchant, { event_types: ['payment.failed'] })
    const { roundTrips, result } = await world.countRoundTrips(() =>
      merchant.api.post(`${WEBHOOKS}${endpoint.id}/test/`),
    )
    expect(roundTrips).toBe(1)
    expect(result).toMatchObject({ status: 202, body: { type: 'webhook.test', data: { id: endpoint.id } } })
    await deliverAll()
    expect(idsAt(endpoint)).toEqual([result.body.id])
    expect(idsAt(other)).toEqual([])
    const [request] = receivedAt(world, endpoint)
    if (request === undefined) throw new Error('nothing arrived')
    expect(verifyAsMerchant(endpoint.secret, request, clock.now())).toMatchObject({ type: 'webhook.test' })
  })

  test('is refused by a disabled endpoint, and twice the same request is one test', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    const ask = () => merchant.api.post(`${WEBHOOKS}${endpoint.id}/test/`, undefined, { 'idempotency-key': 'test-1' })
    expect((await ask()).body.id).toBe((await ask()).body.id)
    expect((await eventsOf(merchant)).filter(({ type }) => type === 'webhook.test')).toHaveLength(1)
    await merchant.api.patch(`${WEBHOOKS}${endpoint.id}/`, { status: 'disabled' })
    const refused = await merchant.api.post(`${WEBHOOKS}${endpoint.id}/test/`)
    expect(refused).toMatchObject({ status: 409, body: { code: 'webhook_endpoint_disabled' } })
  })
})

describe('sending again', () => {
  test('a delivery that was taken comes once more with the same id', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    await makeEvent(merchant)
    await deliverAll()
    const [delivery] = await deliveriesOf(merchant, endpoint)
    const again = await merchant.api.post(`${WEBHOOKS}deliveries/${delivery.id}/resend/`)
    expect(again).toMatchObject({ status: 202, body: { object: 'webhook_replay', kind: 'resend', scheduled: 1 } })
    await deliverAll()
    expect(new Set(idsAt(endpoint))).toEqual(new Set([delivery.event_id]))
    expect(idsAt(endpoint)).toHaveLength(2)
    const log = await merchant.api.get(`${WEBHOOKS}deliveries/${delivery.id}/`)
    expect(log.body.attempts.map(({ number }: { number: number }) => number)).toEqual([1, 2])
  })

  test('a delivery that was tried to its end begins its schedule anew', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    await makeEvent(merchant)
    await exhaust()
    const [delivery] = await deliveriesOf(merchant, endpoint)
    expect(delivery).toMatchObject({ status: 'exhausted' })
    await merchant.api.patch(`${WEBHOOKS}${endpoint.id}/`, { status: 'active' })
    await merchant.api.post(`${WEBHOOKS}deliveries/${delivery.id}/resend/`)
    receiver.answerWith(() => new Response('', { status: 400 }))
    await deliverDue(deps)
    expect((await deliveriesOf(merchant, endpoint))[0]).toMatchObject({ status: 'pending' })
  })

  test('an event goes to one endpoint, or to all that want it, and not to the others', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    const same = await addEndpoint(merchant)
    const other = await addEndpoint(merchant, { event_types: ['refund.*'] })
    await makeEvent(merchant)
    await deliverAll()
    const [event] = await eventsOf(merchant)
    expect(
      (await merchant.api.post(`/api/v1/events/${event?.id}/resend/`, { endpoint_id: same.id })).body.scheduled,
    ).toBe(1)
    expect((await merchant.api.post(`/api/v1/events/${event?.id}/resend/`, {})).body.scheduled).toBe(1)
    await deliverAll()
    expect(idsAt(endpoint)).toHaveLength(2)
    expect(idsAt(same)).toHaveLength(2)
    expect(idsAt(other)).toHaveLength(0)
  })

  test('what failed since a time is recovered, and nothing else', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    await makeEvent(merchant)
    await exhaust()
    await merchant.api.patch(`${WEBHOOKS}${endpoint.id}/`, { status: 'active' })
    const since = clock.now().toISOString()
    await makeEvent(merchant)
    await exhaust()
    await merchant.api.patch(`${WEBHOOKS}${endpoint.id}/`, { status: 'active' })
    await makeEvent(merchant)
    await deliverAll()
    const before = idsAt(endpoint).length
    const recovered = await merchant.api.post(`${WEBHOOKS}${endpoint.id}/recover/`, { since })
    expect(recovered).toMatchObject({ status: 202, body: { kind: 'recover', scheduled: 1 } })
    await deliverAll()
    expect(idsAt(endpoint)).toHaveLength(before + 1)
  })

  test('what was missed before an endpoint was there is replayed from a number, in order, at the chosen pace', async () => {
    const { merchant } = await newToldMerchant(world)
    for (let index = 0; index < 6; index++) await makeEvent(merchant)
    await deliverAll()
    const late = await addEndpoint(merchant)
    const events = await eventsOf(merchant)
    const replay = await merchant.api.post(`${WEBHOOKS}${late.id}/replay/`, {
      after: events[1]?.number,
      per_minute: 60,
    })
    expect(replay).toMatchObject({
      status: 202,
      body: { kind: 'replay', scheduled: 4, first_number: events[2]?.number, last_number: events[5]?.number },
    })
    await deliverAll()
    expect(idsAt(late)).toEqual([events[2]?.id])
    for (let second = 1; second <= 3; second++) {
      clock.advance(1_000)
      await deliverAll()
      expect(idsAt(late)).toHaveLength(1 + second)
    }
    expect(idsAt(late)).toEqual(events.slice(2).map(({ id }) => id))
    const again = await merchant.api.post(`${WEBHOOKS}${late.id}/replay/`, { after: 0 })
    expect(again.body.scheduled).toBe(2)
  })

  test('needs a place to begin, an endpoint of one’s own, and one that is enabled', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    const { endpoint: strangers } = await newToldMerchant(world)
    expect((await merchant.api.post(`${WEBHOOKS}${endpoint.id}/replay/`, {})).status).toBe(422)
    expect(await merchant.api.post(`${WEBHOOKS}${strangers.id}/replay/`, { after: 0 })).toMatchObject({
      status: 404,
      body: { code: 'webhook_endpoint_not_found' },
    })
    await merchant.api.patch(`${WEBHOOKS}${endpoint.id}/`, { status: 'disabled' })
    expect(await merchant.api.post(`${WEBHOOKS}${endpoint.id}/replay/`, { after: 0 })).toMatchObject({
      status: 409,
      body: { code: 'webhook_endpoint_disabled' },
    })
  })
})

describe('the log', () => {
  test('of all deliveries is filtered by event, type, status and time, and shows request and answer', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    const id = await makeEvent(merchant)
    await deliverAll()
    clock.advance(60_000)
    const between = clock.now().toISOString()
    await pay(world, id)
    await deliverProviderWebhooks(world)
    receiver.answerWith(() => new Response('no', { status: 400 }))
    await deliverAll()
    const list = async (query: string) => (await merchant.api.get(`${WEBHOOKS}deliveries/?${query}`)).body.data
    expect(await list('')).toHaveLength(2)
    expect(await list('type=payment.succeeded')).toMatchObject([{ event_type: 'payment.succeeded', status: 'pending' }])
    expect(await list('status=succeeded')).toMatchObject([{ event_type: 'payment.created' }])
    expect(await list(`created_from=${between}`)).toHaveLength(1)
    expect(await list(`created_before=${between}`)).toHaveLength(1)
    const [first] = await eventsOf(merchant)
    const [delivery] = await list(`event_id=${first?.id}`)
    expect(delivery.attempts).toMatchObject([
      {
        request_url: endpoint.url,
        request_headers: { 'webhook-id': first?.id, 'webhook-signature': expect.stringMatching(/^v1,/) },
        response_status: 200,
        response_body: 'ok',
      },
    ])
  })
})

describe('a crash', () => {
  const message = (body: unknown) => {
    const outcome: string[] = []
    return {
      id: 'm',
      timestamp: new Date(0),
      attempts: 1,
      body,
      ack: () => outcome.push('ack'),
      retry: () => outcome.push('retry'),
    }
  }

  test('between the commit and the queue costs time and no event', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    await makeEvent(merchant)
    // The nudge is lost with the process.
    world.jobs.splice(0)
    await deliverAll()
    expect(idsAt(endpoint)).toEqual([(await eventsOf(merchant))[0]?.id])
  })

  test('between a delivery and its record brings it again, with the same id', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    await makeEvent(merchant)
    await expect(world.crashAfter(1, () => deliverDue(deps))).rejects.toThrow()
    outwaitLease(world)
    await deliverAll()
    const [event] = await eventsOf(merchant)
    expect(idsAt(endpoint)).toEqual([event?.id, event?.id])
    expect((await deliveriesOf(merchant, endpoint))[0]).toMatchObject({ status: 'succeeded' })
  })

  test('in the middle of a replay leaves the rest of it scheduled', async () => {
    const { merchant } = await newToldMerchant(world)
    for (let index = 0; index < 150; index++) await makeEvent(merchant)
    await deliverAll()
    const late = await addEndpoint(merchant)
    const replay = await merchant.api.post(`${WEBHOOKS}${late.id}/replay/`, { after: 0, per_minute: 6000 })
    expect(replay.body.scheduled).toBe(150)
    clock.advance(60_000)
    const [job] = world.jobs
      .splice(0)
      .filter(({ kind }) => kind === 'deliver')
      .slice(-1)
    // One batch goes out and is recorded; the next is sent, and its record lost.
    await world.crashAfter(3, async () => {
      const queued = message(job)
      await consume(deps, {
        queue: 'paybridge-deliveries',
        messages: [queued],
        ackAll() {},
        retryAll() {},
        metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } },
      } as never)
    })
    outwaitLease(world)
    await deliverAll()
    const events = await eventsOf(merchant)
    expect(new Set(idsAt(late)).size).toBe(150)
    expect(new Set(idsAt(late)).has(events[0]?.id ?? '')).toBe(true)
  })
})

test('the bounds of the schedule are those of the design', () => {
  expect([LIMITS.deliveryTimeoutMs, LIMITS.deliveryAnswerBytesRead, LIMITS.deliveryAnswerBytesKept]).toEqual([
    15_000, 65_536, 4_096,
  ])
})
