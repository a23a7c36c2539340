/** Webhooks: their order, signature and tries, the accidents on their way, and the list of events. */
import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { stripeSignature } from '../../../local/simulators/stripe/signature.ts'
import {
  HOUR_MS,
  LIVE_KEY,
  MINUTE_MS,
  orderOf,
  START,
  stripeTest,
  WEBHOOK_SECRET,
  WEBHOOK_URL,
} from './stripe-world.ts'

const SUCCESS = ['payment_intent.created', 'charge.succeeded', 'payment_intent.succeeded', 'checkout.session.completed']
const DECLINE = ['charge.failed', 'payment_intent.payment_failed']

const v1 = (secret: string, t: number | string, raw: string) =>
  createHmac('sha256', secret).update(`${t}.${raw}`).digest('hex')

const partsOf = (signature: string | null | undefined) => (signature ?? '').split(',').map((part) => part.split('=', 2))

describe('what happens is told in order', () => {
  test('of a card that pays', async () => {
    const { merchant, simulator, world, arrived } = stripeTest()
    await merchant.open('paid')
    simulator.control.pay({ reference: 'paid' })
    expect(await arrived()).toEqual(SUCCESS)
    world.advance(MINUTE_MS)
    expect(await arrived()).toEqual([...SUCCESS, 'charge.updated'])
    const [first, charged] = world.deliveries.map(({ event }) => event.data.object)
    expect(first).toMatchObject({ status: 'requires_payment_method', latest_charge: null })
    expect(charged).toMatchObject({ status: 'succeeded', balance_transaction: null })
    expect(world.deliveries.at(-1)?.event.data).toMatchObject({
      object: { balance_transaction: expect.stringMatching(/^txn_/) },
      previous_attributes: { balance_transaction: null },
    })
  })

  test('of a card that is declined before another pays', async () => {
    const { merchant, simulator, arrived } = stripeTest()
    await merchant.open('again')
    simulator.control.decline({ reference: 'again' })
    simulator.control.pay({ reference: 'again' })
    expect(await arrived()).toEqual([SUCCESS[0], ...DECLINE, ...SUCCESS.slice(1)])
  })

  test('of a challenge', async () => {
    const { merchant, simulator, arrived } = stripeTest()
    await merchant.open('challenged')
    simulator.control.pay({ reference: 'challenged' }, { method: '4000002500003155' })
    simulator.control.answerChallenge({ reference: 'challenged' }, false)
    expect(await arrived()).toEqual([SUCCESS[0], 'payment_intent.requires_action', DECLINE[1]])
  })

  test.each([
    { end: 'paid', tail: ['charge.succeeded', 'payment_intent.succeeded', 'checkout.session.async_payment_succeeded'] },
    { end: 'failed', tail: [...DECLINE, 'checkout.session.async_payment_failed'] },
  ] as const)('of a delayed payment that ends $end', async ({ end, tail }) => {
    const { merchant, simulator, world, arrived } = stripeTest()
    await merchant.open('delayed', orderOf('eur', 900))
    simulator.control.beginDelayed({ reference: 'delayed' })
    const begun = [SUCCESS[0], 'charge.pending', 'payment_intent.processing', 'checkout.session.completed']
    expect(await arrived()).toEqual(begun)
    expect(world.deliveries.at(-1)?.event.data.object).toMatchObject({ status: 'complete', payment_status: 'unpaid' })
    simulator.control.endDelayed({ reference: 'delayed' }, end)
    expect((await arrived()).slice(begun.length)).toEqual(tail)
  })

  test.each([
    { tried: false, events: ['checkout.session.expired'] },
    {
      tried: true,
      events: [SUCCESS[0], ...DECLINE, 'payment_intent.canceled', 'checkout.session.expired'],
    },
  ])('of an expiry by time, with a payer who tried: $tried', async ({ tried, events }) => {
    const { merchant, simulator, world, arrived } = stripeTest()
    await merchant.open('late', { expires_at: START + 1800 })
    if (tried) simulator.control.decline({ reference: 'late' })
    world.advance(1800 * 1000 + 5000)
    expect(await arrived()).toEqual(events)
    expect(world.deliveries.at(-1)?.event).toMatchObject({
      created: START + 1800,
      request: { id: null, idempotency_key: null },
    })
  })

  test('of an expiry by call, which names the call', async () => {
    const { merchant, world, arrived } = stripeTest()
    const { id } = await merchant.open('closed')
    const { headers } = await merchant.post(`/checkout/sessions/${id}/expire`, {}, 'close-it')
    expect(await arrived()).toEqual(['checkout.session.expired'])
    expect(world.deliveries[0]?.event).toMatchObject({
      request: { id: headers.get('request-id'), idempotency_key: 'close-it' },
    })
    world.advance(48 * HOUR_MS)
    expect(await arrived()).toHaveLength(1)
  })
})

describe('the signature', () => {
  test('is the one of the sheet', async () => {
    const body = '{"id":"evt_test_webhook","object":"event"}'
    const at = new Date(1_495_999_758_000)
    expect(await stripeSignature(['whsec_test_secret'], body, at, 'live')).toBe(
      't=1495999758,v1=bd9584a798a9bd54c579fb7780e70d915eb8f35bcacc651f9a06a3cce74be871',
    )
  })

  test('signs the body as sent, blanks and all', async () => {
    const { merchant, world, simulator } = stripeTest()
    await merchant.open('signed')
    simulator.control.pay({ reference: 'signed' })
    await simulator.deliverDueWebhooks()
    const [delivery] = world.deliveries
    expect(delivery?.url).toBe(WEBHOOK_URL)
    expect(delivery?.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(delivery?.headers.get('user-agent')).toMatch(/^Stripe\/1\.0/)
    expect(delivery?.raw).toContain('\n  "object": "event"')
    const [[, t = ''] = [], [, signature] = [], [scheme, fake] = []] = partsOf(
      delivery?.headers.get('stripe-signature'),
    )
    expect(t).toBe(String(START))
    expect(signature).toBe(v1(WEBHOOK_SECRET, t, delivery?.raw ?? ''))
    expect(scheme).toBe('v0')
    expect(fake).not.toBe(signature)
  })

  test('has no v0 in live mode', async () => {
    const { merchant, world, simulator } = stripeTest(LIVE_KEY)
    await merchant.open('live')
    simulator.control.pay({ reference: 'live' })
    await simulator.deliverDueWebhooks()
    const [delivery] = world.deliveries
    expect(partsOf(delivery?.headers.get('stripe-signature')).map(([scheme]) => scheme)).toEqual(['t', 'v1'])
    expect(delivery?.event.livemode).toBe(true)
  })

  test('is one for each secret while one is rolled', async () => {
    const { merchant, world, simulator } = stripeTest(LIVE_KEY)
    simulator.control.rollWebhookSecret(LIVE_KEY, 'whsec_the_next_one', 24 * HOUR_MS)
    const signatures = async () => {
      const { id } = await merchant.open('rolled')
      await merchant.post(`/checkout/sessions/${id}/expire`)
      await simulator.deliverDueWebhooks()
      const { headers, raw = '' } = world.deliveries.at(-1) ?? {}
      const [[, t = ''] = [], ...rest] = partsOf(headers?.get('stripe-signature'))
      const named = ['whsec_the_next_one', WEBHOOK_SECRET].map((secret) => v1(secret, t, raw))
      return rest.map(([, signature]) => named.indexOf(signature ?? ''))
    }
    expect(await signatures()).toEqual([0, 1])
    world.advance(24 * HOUR_MS)
    expect(await signatures()).toEqual([0])
  })
})

describe('a merchant who does not answer', () => {
  const expired = async (key?: string) => {
    const shop = stripeTest(key)
    const { id } = await shop.merchant.open('unheard')
    await shop.merchant.post(`/checkout/sessions/${id}/expire`)
    return shop
  }

  test.each([200, 201, 204, 299])('%s is a success', async (status) => {
    const { world, simulator } = await expired()
    world.merchantAnswers(status)
    await simulator.deliverDueWebhooks()
    expect(simulator.nextDueAt()?.getTime()).toBeGreaterThan(world.now().getTime() + 20 * HOUR_MS)
  })

  test.each([302, 400, 404, 500, 503, 'unreachable'] as const)('%s is tried again', async (answer) => {
    const { world, simulator } = await expired()
    world.merchantAnswers(answer)
    await simulator.deliverDueWebhooks()
    expect(simulator.nextDueAt()).toEqual(new Date(world.now().getTime() + 10 * MINUTE_MS))
  })

  test.each([
    { key: undefined, tries: 4, withinMs: 5 * HOUR_MS },
    { key: LIVE_KEY, tries: 12, withinMs: 72 * HOUR_MS },
  ])('is tried $tries times with the key $key, at growing distances, with a fresh time each', async (expectation) => {
    const { world, simulator } = await expired(expectation.key)
    world.merchantAnswers(500)
    const times: number[] = []
    for (let hours = 0; hours < 100; hours += 1 / 12) {
      await simulator.deliverDueWebhooks()
      world.advance(5 * MINUTE_MS)
    }
    for (const { headers, raw } of world.deliveries) {
      const [[, t = ''] = [], [, signature] = []] = partsOf(headers.get('stripe-signature'))
      expect(signature).toBe(v1(WEBHOOK_SECRET, t, raw))
      times.push(Number(t))
    }
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    expect(times).toHaveLength(expectation.tries)
    expect(gaps).toEqual([...gaps].sort((a, b) => a - b))
    expect((times.at(-1) ?? 0) - START).toBeLessThanOrEqual(expectation.withinMs / 1000)
    expect(new Set(world.deliveries.map(({ event }) => event.id)).size).toBe(1)
  })
})

describe('an endpoint', () => {
  test('that is not set hears nothing, and the events are kept', async () => {
    const { merchant, simulator, arrived } = stripeTest()
    simulator.control.configureAccount(merchant.key, { webhookUrl: null })
    await merchant.open('quiet')
    simulator.control.pay({ reference: 'quiet' })
    expect(await arrived()).toEqual([])
    expect((await merchant.get('/events?type=checkout.session.completed')).body).toMatchObject({ data: [{}] })
  })

  test('hears what it is set to hear, in the version that it is set to', async () => {
    const { merchant, simulator, world, arrived } = stripeTest()
    const change = { enabledEvents: ['checkout.session.completed'], webhookApiVersion: '2025-03-31.basil' }
    simulator.control.configureAccount(merchant.key, change)
    await merchant.open('chosen')
    simulator.control.pay({ reference: 'chosen' })
    expect(await arrived()).toEqual(['checkout.session.completed'])
    expect(world.deliveries[0]?.event).toMatchObject({ api_version: '2025-03-31.basil' })
  })
})
