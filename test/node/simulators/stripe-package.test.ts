/** The official client of Stripe is the judge: unchanged, and pointed at the simulator by its host and port only. */
import Stripe from 'stripe'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { API_VERSION } from '../../../local/simulators/stripe/index.ts'
import { errorOf, intentIdOf, order, type ServedStripe, serveStripe } from './stripe-client.ts'
import { MINUTE_MS, WEBHOOK_SECRET } from './stripe-world.ts'

let served: ServedStripe
beforeAll(async () => {
  served = await serveStripe()
})
afterAll(() => served.server.close())

describe('sessions', () => {
  test('one is created, paid on its page and retrieved with its payment', async () => {
    const created = await served.stripe.checkout.sessions.create(order('judge-1'))
    expect(created).toMatchObject({
      object: 'checkout.session',
      status: 'open',
      payment_status: 'unpaid',
      payment_intent: null,
      amount_total: 3500,
      client_reference_id: 'judge-1',
      metadata: { order: 'judge-1' },
      adaptive_pricing: { enabled: false },
    })
    expect(created.lastResponse).toMatchObject({ statusCode: 200, apiVersion: API_VERSION })
    expect(created.lastResponse.requestId).toMatch(/^req_/)

    const form = new URLSearchParams({ act: 'pay', method: '4242424242424242' })
    const answer = await fetch(created.url ?? '', { method: 'POST', body: form, redirect: 'manual' })
    expect(answer.headers.get('location')).toBe(`https://shop.example/thanks?session=${created.id}`)

    expect(
      await served.stripe.checkout.sessions.retrieve(created.id, {
        expand: ['payment_intent.latest_charge', 'line_items'],
      }),
    ).toMatchObject({
      status: 'complete',
      payment_status: 'paid',
      url: null,
      payment_intent: {
        object: 'payment_intent',
        status: 'succeeded',
        amount_received: 3500,
        metadata: { order: 'judge-1' },
        latest_charge: { object: 'charge', status: 'succeeded', paid: true, amount: 3500 },
      },
      line_items: { data: [{ quantity: 2, description: 'Beads & thread [red]', amount_total: 3500 }] },
    })
    const items = await served.stripe.checkout.sessions.listLineItems(created.id)
    expect(items.data).toMatchObject([{ quantity: 2, price: { unit_amount: 1750 } }])
  })

  test('a list turns its pages by itself, newest first, and backwards', async () => {
    const key = 'sk_test_pages_of_many'
    const client = served.clientWith(key)
    const ids: string[] = []
    for (let count = 0; count < 7; count++) {
      ids.push((await client.checkout.sessions.create(order(`page-${count}`))).id)
    }
    const seen: string[] = []
    for await (const session of client.checkout.sessions.list({ limit: 3 })) seen.push(session.id)
    expect(seen).toEqual([...ids].reverse())

    const [oldest = ''] = ids
    const newer = await client.checkout.sessions
      .list({ limit: 2, ending_before: oldest })
      .autoPagingToArray({ limit: 9 })
    expect(newer.map(({ id }) => id)).toEqual(ids.slice(1))

    served.control.pay({ reference: 'page-5' })
    const { data } = await client.checkout.sessions.list({
      limit: 2,
      created: { gte: 1 },
      expand: ['data.payment_intent.latest_charge'],
    })
    expect(data).toMatchObject([{ payment_intent: null }, { payment_intent: { latest_charge: { paid: true } } }])
  })

  test('an open one expires, and a paid one refuses to', async () => {
    const { id } = await served.stripe.checkout.sessions.create(order('judge-2'))
    expect(await served.stripe.checkout.sessions.expire(id)).toMatchObject({ id, status: 'expired', url: null })
    const done = await served.paid('judge-3')
    const refused = await errorOf(served.stripe.checkout.sessions.expire(done.id))
    expect(refused).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError)
    expect(refused).toMatchObject({ message: expect.stringContaining('has a status of `complete`') })
  })
})

describe('idempotency', () => {
  test('the same key gets the first answer again, marked', async () => {
    const first = await served.stripe.checkout.sessions.create(order('judge-4'), { idempotencyKey: 'key-4' })
    const again = await served.stripe.checkout.sessions.create(order('judge-4'), { idempotencyKey: 'key-4' })
    expect(again.id).toBe(first.id)
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true')
    expect(again.lastResponse.headers['original-request']).toBe(first.lastResponse.requestId)
    expect(again.lastResponse.requestId).not.toBe(first.lastResponse.requestId)
  })

  test('a call whose answer was lost is not made twice', async () => {
    served.control.setFault({ kind: 'server_error', when: 'after', operation: 'create_session', times: 1 })
    const options = { idempotencyKey: 'key-5' }
    expect(await errorOf(served.stripe.checkout.sessions.create(order('judge-5'), options))).toBeInstanceOf(
      Stripe.errors.StripeAPIError,
    )
    const replayed = await errorOf(served.stripe.checkout.sessions.create(order('judge-5'), options))
    expect(replayed).toMatchObject({ statusCode: 500, headers: { 'idempotent-replayed': 'true' } })
    const { data } = await served.stripe.checkout.sessions.list()
    expect(data.filter(({ client_reference_id }) => client_reference_id === 'judge-5')).toHaveLength(1)
  })
})

describe('refunds', () => {
  test('they are created, retrieved, updated and listed', async () => {
    const session = await served.paid('judge-6')
    const payment_intent = intentIdOf(session)
    const refund = await served.stripe.refunds.create({ payment_intent, amount: 1000, metadata: { refund: 'rf-1' } })
    expect(refund).toMatchObject({ object: 'refund', status: 'succeeded', amount: 1000, payment_intent })
    expect(await served.stripe.refunds.retrieve(refund.id, { expand: ['charge'] })).toMatchObject({
      charge: { amount_refunded: 1000, refunded: false },
    })
    expect(await served.stripe.refunds.update(refund.id, { metadata: { note: 'kept' } })).toMatchObject({
      metadata: { refund: 'rf-1', note: 'kept' },
    })
    const rest = await served.stripe.refunds.create({ payment_intent })
    expect(rest.amount).toBe(2500)
    const { data } = await served.stripe.refunds.list({ payment_intent })
    expect(data.map(({ id }) => id)).toEqual([rest.id, refund.id])
  })

  test('one that waits for the payer is cancelled', async () => {
    const session = await served.paid('judge-7')
    served.server.simulator.driver.setRefundCourse('judge-7', 'requires_action')
    const refund = await served.stripe.refunds.create({ payment_intent: intentIdOf(session) })
    expect(refund).toMatchObject({ status: 'requires_action', next_action: { type: 'display_details' } })
    expect(await served.stripe.refunds.cancel(refund.id)).toMatchObject({ status: 'canceled' })
  })
})

describe('the rest', () => {
  test('intents, charges, events and the balance are read', async () => {
    const session = await served.paid('judge-8')
    const payment_intent = intentIdOf(session)
    expect(await served.stripe.paymentIntents.retrieve(payment_intent)).toMatchObject({ status: 'succeeded' })
    expect((await served.stripe.charges.list({ payment_intent })).data).toMatchObject([{ payment_intent, paid: true }])
    const { data } = await served.stripe.events.list({ type: 'checkout.session.completed', limit: 1 })
    expect(data).toMatchObject([{ object: 'event', data: { object: { id: session.id } } }])
    expect(await served.stripe.events.retrieve(data[0]?.id ?? '')).toMatchObject({ type: 'checkout.session.completed' })
    expect(await served.stripe.balance.retrieve()).toMatchObject({ object: 'balance', livemode: false })
  })
})

describe('webhooks', () => {
  test('the client believes what is delivered, and not what was tampered with', async () => {
    await served.paid('judge-13')
    served.world.advance(MINUTE_MS)
    await served.server.simulator.deliverDueWebhooks()
    const delivery = served.world.deliveries.findLast(({ event }) => event.type === 'checkout.session.completed')
    const { raw = '', headers } = delivery ?? {}
    const signature = headers?.get('stripe-signature') ?? ''
    const at = served.world.now().getTime()
    const construct = (body: string, secret = WEBHOOK_SECRET) =>
      served.stripe.webhooks.constructEvent(body, signature, secret, 300, undefined, at)

    expect(construct(raw)).toMatchObject({
      type: 'checkout.session.completed',
      api_version: API_VERSION,
      data: { object: { client_reference_id: 'judge-13', payment_status: 'paid' } },
    })
    const { StripeSignatureVerificationError } = Stripe.errors
    expect(() => construct(raw.replace('judge-13', 'judge-14'))).toThrow(StripeSignatureVerificationError)
    expect(() => construct(raw, 'whsec_of_somebody_else')).toThrow(StripeSignatureVerificationError)
    expect(() => construct(` ${raw}`)).toThrow(StripeSignatureVerificationError)
  })
})
