/** Events on their way, and the list of those that were sent. */
import { describe, expect, test } from 'vitest'
import type { StripeFault } from '../../../local/simulators/stripe/index.ts'
import { HOUR_MS, stripeTest } from './stripe-world.ts'

describe('on the way', () => {
  const paidThrough = async (fault: StripeFault) => {
    const shop = stripeTest()
    shop.simulator.control.setFault({ ...fault, times: 1 })
    await shop.merchant.open('way')
    shop.simulator.control.pay({ reference: 'way' })
    return shop
  }
  const operation = 'payment_intent.succeeded'
  const [created, charged, succeeded, completed] = [
    'payment_intent.created',
    'charge.succeeded',
    operation,
    'checkout.session.completed',
  ]

  test('one is lost', async () => {
    const { arrived } = await paidThrough({ kind: 'webhook_lost', operation })
    expect(await arrived()).toEqual([created, charged, completed])
  })

  test('one comes twice, the same event', async () => {
    const { arrived, world } = await paidThrough({ kind: 'webhook_duplicate', copies: 1, operation })
    expect(await arrived()).toEqual([created, charged, succeeded, succeeded, completed])
    expect(new Set(world.deliveries.map(({ event }) => event.id)).size).toBe(4)
  })

  test('one comes late', async () => {
    const { arrived, world } = await paidThrough({ kind: 'webhook_late', ms: 1000, operation })
    expect(await arrived()).toEqual([created, charged, completed])
    world.advance(1000)
    expect(await arrived()).toEqual([created, charged, completed, succeeded])
  })

  test('one is overtaken', async () => {
    const { arrived } = await paidThrough({ kind: 'webhook_reordered', ms: 60_000, operation })
    expect(await arrived()).toEqual([created, charged, completed, succeeded])
  })
})

describe('the list of events', () => {
  test('has them newest first, as they were sent, and says how many are under way', async () => {
    const { merchant, simulator, world } = stripeTest()
    await merchant.open('listed')
    simulator.control.pay({ reference: 'listed' })
    world.merchantAnswers(500)
    await simulator.deliverDueWebhooks()
    const { body } = await merchant.get('/events?limit=2')
    expect(body).toMatchObject({
      has_more: true,
      data: [
        { type: 'checkout.session.completed', pending_webhooks: 1 },
        { type: 'payment_intent.succeeded', pending_webhooks: 1 },
      ],
    })
    const sent = world.deliveries.find(({ event }) => event.type === 'checkout.session.completed')?.event
    expect(body).toMatchObject({ data: [sent, {}] })
    world.merchantAnswers(200)
    world.advance(HOUR_MS)
    await simulator.deliverDueWebhooks()
    expect((await merchant.get(`/events/${sent?.id}`)).body).toMatchObject({ id: sent?.id, pending_webhooks: 0 })
    expect((await merchant.get('/events?delivery_success=false')).body).toMatchObject({ data: [] })
    expect((await merchant.get('/events?types[]=charge.succeeded&types[]=charge.updated')).body).toMatchObject({
      data: [{ type: 'charge.updated' }, { type: 'charge.succeeded' }],
    })
  })

  test('reaches back thirty days', async () => {
    const { merchant, simulator, world } = stripeTest()
    await merchant.open('old')
    simulator.control.pay({ reference: 'old' })
    await simulator.deliverDueWebhooks()
    world.advance(30 * 24 * HOUR_MS)
    expect((await merchant.get('/events?type=checkout.session.completed')).body).toMatchObject({ data: [{}] })
    world.advance(1000)
    expect((await merchant.get('/events?type=checkout.session.completed')).body).toMatchObject({ data: [] })
  })
})
