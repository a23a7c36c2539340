/** The control API: what tests, demos and people use to play the Dashboard and the payer over HTTP. */
import { expect, test } from 'vitest'
import { KEY, LIVE_KEY, Merchant, paystackTest } from './world.ts'

test('an account is configured as on the Dashboard, and keeps what is not named', async () => {
  const { merchant } = paystackTest()
  const put = (body: unknown) => merchant.call('PUT', `/_control/accounts/${KEY}`, body)
  expect(await put({ currencies: ['GHS'], feeBearer: 'customer' })).toMatchObject({
    status: 200,
    body: {
      secretKey: KEY,
      domain: 'test',
      settings: { currencies: ['GHS'], feeBearer: 'customer', businessName: 'Ama Books' },
    },
  })
  expect((await merchant.initialize({ amount: 5000, currency: 'NGN' })).status).toBe(400)
  expect(await put({ webhookUrl: 'nowhere' })).toMatchObject({
    status: 400,
    body: { error: expect.stringContaining('webhookUrl') },
  })
  expect(await put({ colour: 'green' })).toMatchObject({ status: 400 })
  expect(await merchant.call('PUT', '/_control/accounts/pk_test_ama_books', {})).toMatchObject({ status: 400 })
})

test('strict accounts are switched on and off', async () => {
  const { simulator, merchant } = paystackTest()
  const status = async () => (await new Merchant(simulator, 'sk_test_new').call('GET', '/balance')).status
  await merchant.call('PUT', '/_control/accounts', { strict: true })
  expect(await status()).toBe(401)
  await merchant.call('PUT', '/_control/accounts', { strict: false })
  expect(await status()).toBe(200)
})

test('faults are set, listed and cleared; an unknown kind is refused', async () => {
  const { merchant } = paystackTest()
  const faults = [
    { kind: 'slow', ms: 5 },
    { kind: 'webhook_lost', times: 1 },
  ]
  expect(await merchant.call('POST', '/_control/faults', faults)).toMatchObject({ status: 201 })
  expect((await merchant.call('GET', '/_control/faults')).body).toMatchObject([
    { kind: 'slow', ms: 5, when: 'before' },
    { kind: 'webhook_lost', times: 1 },
  ])
  expect((await merchant.call('POST', '/_control/faults', { kind: 'fire' })).status).toBe(400)
  expect((await merchant.call('DELETE', '/_control/faults')).body).toEqual({ cleared: 2 })
  expect((await merchant.call('GET', '/_control/faults')).body).toEqual([])
})

test('a payment is driven and watched by its reference', async () => {
  const { merchant } = paystackTest()
  const { url } = await merchant.open('driven')
  const act = (path: string, body?: unknown) => merchant.call('POST', `/_control/payments/driven/${path}`, body)
  expect(await act('walk-away')).toMatchObject({ body: { checkoutUrl: url, transaction: { status: 'abandoned' } } })
  expect(await act('decline', { status: 'failed' })).toMatchObject({ body: { transaction: { status: 'failed' } } })
  expect(await act('pay', { method: '5060666666666666666', pin: '1234' })).toMatchObject({
    body: { result: { kind: 'waiting' }, payment: { waitingFor: 'otp', transaction: { status: 'ongoing' } } },
  })
  expect(await act('pay', { otp: '123456' })).toMatchObject({ body: { result: { kind: 'paid' } } })
  expect(await merchant.call('POST', '/_control/webhooks/deliver')).toMatchObject({ body: { tries: 1 } })
  expect(await merchant.call('GET', '/_control/payments/driven')).toMatchObject({
    body: { account: KEY, webhooks: [{ event: 'charge.success', status: 'delivered', tries: 1 }] },
  })
  expect((await merchant.call('GET', '/_control/payments')).body).toHaveLength(1)
})

test('a refund is sent on its course by its payment’s reference', async () => {
  const { merchant } = paystackTest()
  await merchant.open('held')
  const act = (path: string, body?: unknown) => merchant.call('POST', `/_control/payments/held/${path}`, body)
  expect(await act('refund-course', { course: 'failed' })).toMatchObject({ status: 200 })
  expect(await act('refund-course', { course: 'lost' })).toMatchObject({ status: 400 })
})

test('watching uses up no fault that is meant for the merchant', async () => {
  const { simulator, merchant } = paystackTest()
  await merchant.open('watched', { metadata: { order: 'A' } })
  simulator.control.setFault({ kind: 'metadata_shape', shape: 'zero', times: 1 })
  await merchant.call('GET', '/_control/payments/watched')
  expect((await merchant.verify('watched')).metadata).toBe(0)
})

test('a reference that two accounts use needs the account', async () => {
  const { simulator, merchant } = paystackTest()
  await merchant.open('shared')
  await new Merchant(simulator, LIVE_KEY).open('shared')
  expect((await merchant.call('GET', '/_control/payments/shared')).status).toBe(409)
  expect(await merchant.call('POST', `/_control/payments/shared/pay?account=${LIVE_KEY}`)).toMatchObject({
    status: 200,
  })
  expect((await merchant.verify('shared')).status).toBe('abandoned')
  expect((await merchant.call('GET', '/_control/payments/nobody')).status).toBe(404)
})

test('the Dashboard makes charges, refunds, disputes and settlements', async () => {
  const { simulator } = paystackTest()
  const live = new Merchant(simulator, LIVE_KEY)
  const post = (path: string, body: unknown) => live.call('POST', `/_control/dashboard/${path}`, body)
  expect(await post('charges', { account: LIVE_KEY, amount: 90_000, reference: 'walk-in' })).toMatchObject({
    status: 201,
    body: { transaction: { status: 'success', amount: 90_000 } },
  })
  expect(await post('refunds', { reference: 'walk-in', amount: 10_000 })).toMatchObject({
    status: 201,
    body: { status: 'pending', amount: 10_000 },
  })
  expect(await post('refunds', { reference: 'walk-in', amount: 90_000 })).toMatchObject({ status: 400 })
  expect(await post('disputes', { reference: 'walk-in', refundAmount: 5000 })).toMatchObject({
    status: 201,
    body: { status: 'awaiting-merchant-feedback', refund_amount: 5000 },
  })
  const { id } = await live.verify('walk-in')
  const { body } = await live.call('GET', `/dispute/transaction/${id}`)
  const dispute = JSON.stringify(body).match(/"data":\{"id":(\d+)/)?.[1]
  expect(await post(`disputes/${dispute}/resolve`, { resolution: 'declined' })).toMatchObject({
    status: 200,
    body: { status: 'resolved', resolution: 'declined' },
  })
  expect(await post('settlements', { account: LIVE_KEY, currency: 'NGN' })).toMatchObject({
    status: 201,
    body: { total_processed: 90_000, total_fees: 1350, total_amount: 88_650 },
  })
})
