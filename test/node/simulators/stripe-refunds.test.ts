/** Refunds: what is refused, how each goes on by itself, and what it does to the Charge. */
import { describe, expect, test } from 'vitest'
import { MINUTE_MS, orderOf, START, stripeTest } from './stripe-world.ts'

async function paid(method = '4242424242424242', order = orderOf('usd', 1000)) {
  const shop = stripeTest()
  const { id } = await shop.merchant.open('paid', order)
  shop.simulator.control.pay({ reference: 'paid' }, { method })
  const { payment_intent } = await shop.merchant.session(id)
  const eventsOfRefunds = async () => (await shop.arrived()).filter((type) => type.includes('refund'))
  return { ...shop, id, payment_intent: payment_intent ?? '', eventsOfRefunds }
}

describe('a refund', () => {
  test('of everything leaves nothing', async () => {
    const { merchant, id, payment_intent } = await paid()
    const refund = await merchant.refund({ payment_intent, reason: 'requested_by_customer', metadata: { rf: '1' } })
    const { id: chargeId, ...charge } = await merchant.chargeOf(id)
    expect(refund).toMatchObject({
      ...{ object: 'refund', amount: 1000, currency: 'usd', status: 'succeeded', charge: chargeId, payment_intent },
      ...{ reason: 'requested_by_customer', metadata: { rf: '1' } },
    })
    expect(charge).toMatchObject({ amount_refunded: 1000, refunded: true, status: 'succeeded' })
    expect(await merchant.session(id)).toMatchObject({ status: 'complete', payment_status: 'paid' })
  })

  test('of a part may be repeated, by the Charge as well', async () => {
    const { merchant, id, payment_intent } = await paid()
    await merchant.refund({ payment_intent, amount: 300 })
    expect(await merchant.chargeOf(id)).toMatchObject({ amount_refunded: 300, refunded: false })
    const { id: charge } = await merchant.chargeOf(id)
    expect(await merchant.refund({ charge })).toMatchObject({ amount: 700 })
  })

  test('is told at once, of the Charge as well', async () => {
    const { merchant, payment_intent, eventsOfRefunds, world } = await paid()
    await merchant.post('/refunds', { payment_intent, amount: 300 }, 'refund-key')
    expect(await eventsOfRefunds()).toEqual(['refund.created', 'charge.refunded'])
    const [created, refunded] = world.deliveries.slice(-2).map(({ event }) => event)
    expect(created).toMatchObject({
      request: { id: expect.stringMatching(/^req_/), idempotency_key: 'refund-key' },
      data: { object: { object: 'refund', amount: 300 } },
    })
    expect(refunded?.data).toMatchObject({
      object: { object: 'charge', amount_refunded: 300 },
      previous_attributes: { amount_refunded: 0 },
    })
  })

  test.each([
    { sent: { amount: 1001 }, says: 'Refund amount ($10.01) is greater than charge amount ($10.00)' },
    {
      first: 400,
      sent: { amount: 700 },
      says: 'Refund amount ($7.00) is greater than unrefunded amount on charge ($6.00)',
    },
  ])('of too much: $says', async ({ first, sent, says }) => {
    const { merchant, payment_intent } = await paid()
    if (first !== undefined) await merchant.refund({ payment_intent, amount: first })
    const refused = await merchant.refusal('/refunds', { payment_intent, ...sent })
    expect(refused).toMatchObject({ status: 400, type: 'invalid_request_error', param: 'amount', message: says })
    expect(refused.code).toBeUndefined()
  })

  test('of what was refunded already', async () => {
    const { merchant, id, payment_intent } = await paid()
    await merchant.refund({ payment_intent })
    const { id: charge } = await merchant.chargeOf(id)
    expect(await merchant.refusal('/refunds', { payment_intent })).toMatchObject({
      code: 'charge_already_refunded',
      message: `Charge ${charge} has already been refunded.`,
    })
  })

  test('of what was charged back', async () => {
    const { merchant, id, payment_intent, arrived } = await paid('4000000000000259')
    expect(await merchant.chargeOf(id)).toMatchObject({ disputed: true })
    expect(await merchant.refusal('/refunds', { payment_intent })).toMatchObject({ code: 'charge_disputed' })
    expect(await arrived()).toContain('charge.dispute.created')
  })

  test.each([
    { sent: {}, code: 'parameter_missing' },
    { sent: { payment_intent: 'pi_x' }, code: 'resource_missing' },
    { sent: { charge: 'ch_x' }, code: 'resource_missing' },
    { sent: { payment_intent: 'pi_x', amount: 0 }, code: 'parameter_invalid_integer' },
    { sent: { payment_intent: 'pi_x', colour: 'red' }, code: 'parameter_unknown' },
    { sent: { payment_intent: 'pi_x', reason: 'whim' }, code: undefined },
  ])('of $sent: $code', async ({ sent, code }) => {
    const { merchant } = await paid()
    expect((await merchant.refusal('/refunds', sent)).code).toBe(code)
  })

  test('of half a unit where there are no halves', async () => {
    const { merchant, payment_intent } = await paid(undefined, orderOf('ugx', 500_000))
    expect(await merchant.refusal('/refunds', { payment_intent, amount: 150 })).toMatchObject({ param: 'amount' })
    expect(await merchant.refund({ payment_intent, amount: 100 })).toMatchObject({ status: 'succeeded' })
  })

  test.each(['decline', 'beginDelayed'] as const)('of what was not paid (%s)', async (act) => {
    const { merchant, simulator } = stripeTest()
    const { id } = await merchant.open('unpaid')
    simulator.control[act]({ reference: 'unpaid' })
    const { payment_intent } = await merchant.session(id)
    expect(await merchant.refusal('/refunds', { payment_intent: payment_intent ?? '' })).toMatchObject({
      message: `This PaymentIntent (${payment_intent}) does not have a successful charge to refund.`,
    })
    const { id: charge } = await merchant.chargeOf(id)
    expect(await merchant.refusal('/refunds', { charge })).toMatchObject({ status: 400, param: 'charge' })
  })
})

describe('by itself', () => {
  test('one of an ordinary card gets its reference, which is no progress', async () => {
    const { merchant, payment_intent, world, eventsOfRefunds } = await paid()
    const { id } = await merchant.refund({ payment_intent })
    world.advance(MINUTE_MS)
    expect(await merchant.readRefund(id)).toMatchObject({
      status: 'succeeded',
      destination_details: { card: { reference_status: 'available', reference: expect.any(String) } },
    })
    expect((await eventsOfRefunds()).slice(2)).toEqual(['refund.updated', 'charge.refund.updated'])
    expect(world.deliveries.at(-1)?.event.data.previous_attributes).not.toHaveProperty('status')
  })

  test('one of 4000000000007726 is pending first', async () => {
    const { merchant, payment_intent, world, eventsOfRefunds, id: session } = await paid('4000000000007726')
    const { id, ...created } = await merchant.refund({ payment_intent })
    expect(created).toMatchObject({ status: 'pending', pending_reason: 'processing' })
    expect(await merchant.chargeOf(session)).toMatchObject({ amount_refunded: 1000 })
    world.advance(MINUTE_MS)
    const refund = await merchant.readRefund(id)
    expect(refund).toMatchObject({ status: 'succeeded' })
    expect(refund).not.toHaveProperty('pending_reason')
    expect((await eventsOfRefunds()).slice(2)).toEqual(['refund.updated', 'charge.refund.updated'])
    expect(world.deliveries.at(-1)?.event.data.previous_attributes).toEqual({ status: 'pending' })
  })

  test('one of 4000000000005126 fails after it had succeeded, and can be made again', async () => {
    const { merchant, payment_intent, world, eventsOfRefunds, id: session } = await paid('4000000000005126')
    const { id, ...created } = await merchant.refund({ payment_intent })
    expect(created).toMatchObject({ status: 'succeeded' })
    world.advance(MINUTE_MS)
    expect(await merchant.readRefund(id)).toMatchObject({
      status: 'failed',
      failure_reason: 'expired_or_canceled_card',
      failure_balance_transaction: expect.stringMatching(/^txn_/),
    })
    expect((await eventsOfRefunds()).slice(2)).toEqual(['charge.refund.updated', 'refund.failed'])
    expect(await merchant.chargeOf(session)).toMatchObject({ amount_refunded: 0, refunded: false })
    expect(await merchant.refund({ payment_intent })).toMatchObject({ amount: 1000 })
  })

  test('a failed one may stay in amount_refunded: Stripe says neither', async () => {
    const { merchant, simulator, payment_intent, world, id } = await paid('4000000000005126')
    simulator.control.configureAccount(merchant.key, { failedRefundsLeaveCharge: false })
    await merchant.refund({ payment_intent })
    world.advance(MINUTE_MS)
    expect(await merchant.chargeOf(id)).toMatchObject({ amount_refunded: 1000 })
  })
})

describe('what the payer must do', () => {
  test('is told, and such a refund can be cancelled', async () => {
    const { merchant, simulator, payment_intent, world, eventsOfRefunds, id: session } = await paid()
    simulator.control.setRefundCourse({ reference: 'paid' }, 'requires_action')
    const { id, ...created } = await merchant.refund({ payment_intent, amount: 400 })
    expect(created).toMatchObject({
      status: 'requires_action',
      next_action: { display_details: { email_sent: { email_sent_to: 'payer@customer.example' } } },
    })
    world.advance(60 * MINUTE_MS)
    expect(await merchant.readRefund(id)).toMatchObject({ status: 'requires_action' })
    expect((await merchant.post(`/refunds/${id}/cancel`)).body).toMatchObject({ status: 'canceled' })
    expect(await merchant.chargeOf(session)).toMatchObject({ amount_refunded: 0 })
    expect((await eventsOfRefunds()).slice(2)).toEqual(['refund.updated', 'charge.refund.updated'])
  })

  test('no other refund can be cancelled', async () => {
    const { merchant, payment_intent } = await paid()
    const { id } = await merchant.refund({ payment_intent })
    expect(await merchant.post(`/refunds/${id}/cancel`)).toMatchObject({ status: 400 })
  })
})

describe('metadata', () => {
  test.each([
    { sent: { metadata: { b: '2' } }, left: { a: '1', b: '2' } },
    { sent: { metadata: { a: '' } }, left: {} },
    { sent: { metadata: '' }, left: {} },
    { sent: {}, left: { a: '1' } },
  ])('after $sent is $left', async ({ sent, left }) => {
    const { merchant, payment_intent } = await paid()
    const { id } = await merchant.refund({ payment_intent, metadata: { a: '1' } })
    const { body } = await merchant.post(`/refunds/${id}`, sent)
    expect(body).toHaveProperty('metadata', left)
  })

  test('is all that can be changed', async () => {
    const { merchant, payment_intent } = await paid()
    const { id } = await merchant.refund({ payment_intent })
    expect(await merchant.refusal(`/refunds/${id}`, { amount: 1 })).toMatchObject({ code: 'parameter_unknown' })
  })

  test('of a session goes nowhere else, that of its payment_intent_data goes on to the Charge', async () => {
    const { merchant, simulator } = stripeTest()
    const fields = { metadata: { s: '1' }, payment_intent_data: { metadata: { p: '2' } } }
    const { id } = await merchant.open('metadata', fields)
    simulator.control.pay({ reference: 'metadata' })
    expect(await merchant.session(id)).toHaveProperty('metadata', { s: '1' })
    expect(await merchant.intentOf(id)).toHaveProperty('metadata', { p: '2' })
    expect(await merchant.chargeOf(id)).toHaveProperty('metadata', { p: '2' })
  })

  test('reaches no Charge where that is switched off: Stripe says neither', async () => {
    const { merchant, simulator } = stripeTest()
    simulator.control.configureAccount(merchant.key, { metadataReachesCharges: false })
    const { id } = await merchant.open('metadata', { payment_intent_data: { metadata: { p: '2' } } })
    simulator.control.pay({ reference: 'metadata' })
    expect(await merchant.chargeOf(id)).toHaveProperty('metadata', {})
  })
})

test('lists show the refunds of one payment, newest first', async () => {
  const { merchant, simulator, payment_intent } = await paid()
  await merchant.open('other')
  simulator.control.pay({ reference: 'other' })
  simulator.control.refund({ reference: 'other' })
  await merchant.refund({ payment_intent, amount: 100 })
  simulator.control.refund({ reference: 'paid' }, 200)
  expect((await merchant.get(`/refunds?payment_intent=${payment_intent}`)).body).toMatchObject({
    data: [{ amount: 200 }, { amount: 100 }],
  })
})

test('lists show the refunds of all payments between two times, and from one on', async () => {
  const { merchant, simulator, world } = await paid()
  const ids: string[] = []
  for (let second = 0; second < 3; second++) {
    ids.push(simulator.control.refund({ reference: 'paid' }, 100).id)
    world.advance(1000)
  }
  const list = async (query: string) => (await merchant.get(`/refunds?${query}`)).body
  const rows = (...places: number[]) => ({ data: places.map((place) => expect.objectContaining({ id: ids[place] })) })
  expect(await list('limit=2')).toMatchObject({ ...rows(2, 1), url: '/v1/refunds', has_more: true })
  expect(await list(`starting_after=${ids[1]}`)).toMatchObject({ ...rows(0), has_more: false })
  expect(await list(`created[gte]=${START + 1}`)).toMatchObject(rows(2, 1))
  expect(await list(`created[lte]=${START + 1}`)).toMatchObject(rows(1, 0))
  expect(await list(`created[gte]=${START + 1}&created[lte]=${START + 1}`)).toMatchObject(rows(1))
})

test('the balance follows the money', async () => {
  const { merchant, payment_intent, world } = await paid()
  world.advance(10_000)
  const usd = (amount: number) => [{ currency: 'usd', amount, source_types: { card: amount } }]
  expect((await merchant.get('/balance')).body).toMatchObject({ available: usd(0), pending: usd(1000 - 29) })
  await merchant.refund({ payment_intent, amount: 400 })
  expect((await merchant.get('/balance')).body).toMatchObject({ available: usd(-400), pending: usd(1000 - 29) })
})
