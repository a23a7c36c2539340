/** Refunds: what is accepted, both shapes of the answer, and the way of each to its end. */
import { describe, expect, test } from 'vitest'
import { BASE_URL, type ChapaTest, chapaTest, KEY, LIVE_KEY, paidPayment } from './chapa-world.ts'
import { MINUTE_MS } from './world.ts'

const failed = (message: unknown) => ({ message, status: 'failed', data: null })

async function events({ world, simulator }: ChapaTest): Promise<unknown[]> {
  await simulator.deliverDueWebhooks()
  return world.inbox.map(({ body }) => body.event)
}

test('a refund is initiated, processed and refunded by the clock; verify and one event say that it happened', async () => {
  const setup = chapaTest(LIVE_KEY)
  const { world, merchant } = setup
  const reference = await paidPayment(setup, 'back')
  const answer = await merchant.call('POST', `/v1/refund/${reference}`, { amount: '100.00', reference: 'ref_1' })
  expect(answer).toMatchObject({
    status: 200,
    body: {
      status: 'success',
      data: {
        ...{ amount: '100.00', currency: 'ETB', payment_reference: reference, status: 'initiated' },
        ref_id: expect.stringMatching(/^RF\w{10}$/),
      },
    },
  })
  const refId = await merchant.refund(reference, { amount: '50.00', reference: 'ref_2' })
  expect(await merchant.refundStatus(refId)).toBe('initiated')
  world.advance(MINUTE_MS)
  expect(await merchant.refundStatus(refId)).toBe('processing')
  expect((await merchant.verify('back')).status).toBe('success')
  world.advance(MINUTE_MS)
  expect(await merchant.refundStatus(refId)).toBe('refunded')
  expect(await merchant.verify('back')).toMatchObject({ status: 'refunded', amount: 350 })
  expect(await events(setup)).toEqual(['charge.success', 'charge.refunded', 'charge.refunded'])
  expect(setup.world.inbox.at(-1)?.body).toMatchObject({ tx_ref: 'back', status: 'refunded', amount: '350.00' })
})

test('a refund that doesn’t reach the payer is reversed, its money can be refunded again, and no event tells it', async () => {
  const setup = chapaTest(LIVE_KEY)
  const { world, simulator, merchant } = setup
  const reference = await paidPayment(setup, 'bounced')
  simulator.driver.setRefundCourse('bounced', 'fails')
  const refId = await merchant.refund(reference)
  world.advance(2 * MINUTE_MS)
  expect(await merchant.refundStatus(refId)).toBe('reversed')
  expect((await merchant.verify('bounced')).status).toBe('success')
  expect(await events(setup)).toEqual(['charge.success'])
  expect(await merchant.refund(reference, { amount: '350' })).not.toBe(refId)
})

test.each([
  { fields: { amount: '350.01' }, says: expect.stringContaining('cannot exceed the full transaction amount') },
  { fields: { amount: '0' }, says: expect.stringContaining('be less than 0') },
  { fields: { amount: '-5' }, says: expect.stringContaining('be less than 0') },
  { fields: { amount: 'all' }, says: { amount: ['validation.numeric'] } },
])('$fields is refused', async ({ fields, says }) => {
  const setup = chapaTest(LIVE_KEY)
  const reference = await paidPayment(setup, 'refused')
  expect(await setup.merchant.call('POST', `/v1/refund/${reference}`, fields)).toMatchObject({
    status: 400,
    body: failed(says),
  })
})

test('refunds in a row may reach the amount paid and not exceed it; without an amount the rest goes back', async () => {
  const setup = chapaTest(LIVE_KEY)
  const reference = await paidPayment(setup, 'parts')
  await setup.merchant.refund(reference, { amount: '300' })
  expect((await setup.merchant.call('POST', `/v1/refund/${reference}`, { amount: '50.01' })).status).toBe(400)
  expect((await setup.merchant.call('POST', `/v1/refund/${reference}`)).body).toMatchObject({
    data: { amount: '50.00' },
  })
  expect((await setup.merchant.call('POST', `/v1/refund/${reference}`)).status).toBe(400)
})

test('the merchant’s reference of a refund is used once in the business', async () => {
  const setup = chapaTest(LIVE_KEY)
  const first = await paidPayment(setup, 'one')
  const second = await paidPayment(setup, 'two')
  await setup.merchant.refund(first, { amount: '5', reference: 'ref_1' })
  for (const reference of [first, second]) {
    const answer = await setup.merchant.call('POST', `/v1/refund/${reference}`, { amount: '5', reference: 'ref_1' })
    expect(answer).toMatchObject({ status: 400, body: failed('The reference number has been used before') })
  }
})

test('a refund is made by Chapa’s reference of a paid payment only', async () => {
  const setup = chapaTest(LIVE_KEY)
  await paidPayment(setup, 'ours')
  expect((await setup.merchant.call('POST', '/v1/refund/ours')).status).toBe(404)
  await setup.merchant.open('declined')
  setup.simulator.control.decline({ reference: 'declined' })
  const { reference } = await setup.merchant.verify('declined')
  expect((await setup.merchant.call('POST', `/v1/refund/${reference}`)).status).toBe(400)
  expect((await setup.merchant.call('GET', '/v1/refund/RFnobody/verify')).status).toBe(404)
})

describe('test mode', () => {
  test('refuses every refund, the dashboard’s too', async () => {
    const setup = chapaTest()
    const reference = await paidPayment(setup, 'test')
    expect(await setup.merchant.call('POST', `/v1/refund/${reference}`, { amount: '5' })).toMatchObject({
      status: 400,
      body: failed('Refunds can only be processed in live mode'),
    })
    expect(() => setup.simulator.control.refund({ reference })).toThrow('live mode')
  })

  test('makes them where the switch says so', async () => {
    const setup = chapaTest()
    setup.simulator.control.configureAccount(KEY, { refundsInTestMode: true })
    const refId = await setup.merchant.refund(await paidPayment(setup, 'test'))
    expect(await setup.merchant.refundStatus(refId)).toBe('initiated')
  })
})

test('a form is read as JSON is', async () => {
  const setup = chapaTest(LIVE_KEY)
  const reference = await paidPayment(setup, 'form')
  const body = new URLSearchParams({ amount: '7.50', reason: 'torn', reference: 'ref_form', 'meta[order]': '7' })
  const headers = { authorization: `Bearer ${LIVE_KEY}` }
  const url = `${BASE_URL}/v1/refund/${reference}`
  const answer = await setup.simulator.fetch(new Request(url, { method: 'POST', headers, body }))
  expect(await answer.json()).toMatchObject({ data: { amount: '7.50', status: 'initiated' } })
  expect((await setup.merchant.call('POST', `/v1/refund/${reference}`, { reference: 'ref_form' })).status).toBe(400)
})

test('in the preview documentation’s shape the names and the words of the status are others', async () => {
  const setup = chapaTest(LIVE_KEY)
  setup.simulator.control.configureAccount(LIVE_KEY, { refundShape: 'preview' })
  const reference = await paidPayment(setup, 'preview')
  const fields = { amount: '5', reason: 'torn', reference: 'ref_p' }
  const { body } = await setup.merchant.call('POST', `/v1/refund/${reference}`, fields)
  expect(body).toMatchObject({
    data: {
      ...{ id: expect.any(Number), ref: expect.any(String), chapa_reference: reference, bank_reference: null },
      ...{ merchant_reference: 'ref_p', amount: '5.00', currency: 'ETB', reason: 'torn', status: 'Refund Initiated' },
    },
  })
  expect(body).not.toHaveProperty('data.ref_id')
})

test('a refund from the dashboard shows as the event and in verify', async () => {
  const setup = chapaTest(LIVE_KEY)
  await paidPayment(setup, 'dashboard')
  setup.simulator.control.refund({ reference: 'dashboard' }, 2_000)
  setup.world.advance(2 * MINUTE_MS)
  expect(await events(setup)).toEqual(['charge.success', 'charge.refunded'])
  expect((await setup.merchant.verify('dashboard')).status).toBe('refunded')
})

test('a charge that Chapa reverses is told and read as reversed, and can’t be refunded', async () => {
  const setup = chapaTest(LIVE_KEY)
  const reference = await paidPayment(setup, 'reversed')
  setup.simulator.control.reverse({ reference: 'reversed' })
  expect(await events(setup)).toEqual(['charge.success', 'charge.reversed'])
  expect((await setup.merchant.verify('reversed')).status).toBe('reversed')
  expect((await setup.merchant.call('POST', `/v1/refund/${reference}`)).status).toBe(400)
  await setup.merchant.open('unpaid')
  expect(() => setup.simulator.control.reverse({ reference: 'unpaid' })).toThrow('only a paid charge')
})
