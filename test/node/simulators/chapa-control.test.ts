/** The control API: what tests, demos and people use to play the dashboard and the payer over HTTP. */
import { expect, test } from 'vitest'
import { ChapaMerchant, chapaTest, KEY, LIVE_KEY } from './chapa-world.ts'

test('an account is configured as on the dashboard, and keeps what is not named', async () => {
  const { merchant } = chapaTest()
  const put = (body: unknown) => merchant.call('PUT', `/_control/accounts/${KEY}`, body)
  expect(await put({ verifyDialect: 'documented', retryMinutes: 5 })).toMatchObject({
    status: 200,
    body: {
      ...{ secretKey: KEY, mode: 'test' },
      settings: { verifyDialect: 'documented', retryMinutes: 5, businessName: 'Selam Books' },
    },
  })
  expect(await put({ webhookUrl: 'nowhere' })).toMatchObject({
    status: 400,
    body: { error: expect.stringContaining('webhookUrl') },
  })
  expect(await put({ retryMinutes: 61 })).toMatchObject({ status: 400 })
  expect(await put({ colour: 'green' })).toMatchObject({ status: 400 })
  expect(await merchant.call('PUT', '/_control/accounts/CHAPUBK-selam', {})).toMatchObject({ status: 400 })
  expect((await merchant.call('GET', '/_control/accounts')).body).toHaveLength(1)
})

test('strict accounts are switched on and off', async () => {
  const { simulator, merchant } = chapaTest()
  const status = async () => (await new ChapaMerchant(simulator, 'CHASECK-new').call('GET', '/v1/banks')).status
  await merchant.call('PUT', '/_control/accounts', { strict: true })
  expect(await status()).toBe(401)
  await merchant.call('PUT', '/_control/accounts', { strict: false })
  expect(await status()).toBe(200)
})

test('faults are set, listed and cleared; an unknown kind is refused', async () => {
  const { merchant } = chapaTest()
  const faults = [
    { kind: 'slow', ms: 5 },
    { kind: 'webhook_wrong_amount', delta: 100, times: 1 },
  ]
  expect(await merchant.call('POST', '/_control/faults', faults)).toMatchObject({ status: 201 })
  expect((await merchant.call('GET', '/_control/faults')).body).toMatchObject([
    { kind: 'slow', ms: 5, when: 'before' },
    { kind: 'webhook_wrong_amount', delta: 100, times: 1 },
  ])
  expect((await merchant.call('POST', '/_control/faults', { kind: 'partial_debit', shortBy: 5 })).status).toBe(400)
  expect((await merchant.call('DELETE', '/_control/faults')).body).toEqual({ cleared: 2 })
  expect((await merchant.call('GET', '/_control/faults')).body).toEqual([])
})

test('a payment is driven and watched by its reference', async () => {
  const { merchant } = chapaTest()
  const url = await merchant.open('driven')
  const act = (path: string, body?: unknown) => merchant.call('POST', `/_control/payments/driven/${path}`, body)
  expect(await act('walk-away')).toMatchObject({ body: { checkoutUrl: url, payment: { status: 'pending' } } })
  expect(await act('decline')).toMatchObject({ body: { payment: { payment: { status: 'failed/cancelled' } } } })
  expect(await act('pay', { method: 'awashbirr', number: '0900123456' })).toMatchObject({
    body: { result: { kind: 'waiting' }, payment: { waitingFor: 'otp' } },
  })
  expect(await act('pay', { otp: '12345' })).toMatchObject({ body: { result: { kind: 'paid' } } })
  expect(await merchant.call('POST', '/_control/webhooks/deliver')).toMatchObject({ body: { tries: 2 } })
  expect(await merchant.call('GET', '/_control/payments/driven')).toMatchObject({
    body: {
      account: KEY,
      webhooks: [
        { event: 'charge.failed/cancelled', status: 'delivered', tries: 1 },
        { event: 'charge.success', status: 'delivered', tries: 1 },
      ],
    },
  })
  expect((await merchant.call('GET', '/_control/payments')).body).toHaveLength(1)
  expect((await merchant.call('GET', '/_control/webhooks')).body).toHaveLength(2)
  expect((await act('pay')).body).toMatchObject({ result: { kind: 'paid' } })
})

test('watching uses up no fault that is meant for the merchant', async () => {
  const { simulator, merchant } = chapaTest()
  await merchant.open('watched')
  simulator.control.setFault({ kind: 'wrong_mode', times: 1 })
  await merchant.call('GET', '/_control/payments/watched')
  expect((await merchant.verify('watched')).mode).toBe('live')
})

test('a reference that two accounts use needs the account', async () => {
  const { simulator, merchant } = chapaTest()
  await merchant.open('shared')
  await new ChapaMerchant(simulator, LIVE_KEY).open('shared')
  expect((await merchant.call('GET', '/_control/payments/shared')).status).toBe(409)
  expect((await merchant.call('POST', `/_control/payments/shared/pay?account=${LIVE_KEY}`)).status).toBe(200)
  expect((await merchant.verify('shared')).status).toBe('pending')
  expect((await merchant.call('GET', '/_control/payments/nobody')).status).toBe(404)
})

test('the dashboard makes charges, refunds and reversals, and a forger posts what he likes', async () => {
  const { world, simulator, merchant } = chapaTest()
  const live = new ChapaMerchant(simulator, LIVE_KEY)
  const post = (path: string, body: unknown) => live.call('POST', `/_control/${path}`, body)
  expect(await post('dashboard/charges', { account: LIVE_KEY, amount: 90_000 })).toMatchObject({
    status: 201,
    body: { account: LIVE_KEY, payment: { status: 'success', amount: 900, currency: 'ETB' } },
  })
  await live.open('sold')
  await post('payments/sold/pay', undefined)
  expect(await post('dashboard/refunds', { reference: 'sold', amount: 10_000 })).toMatchObject({
    status: 201,
    body: { status: 'initiated', amount: '100.00' },
  })
  expect((await post('dashboard/refunds', { reference: 'sold', amount: 90_000 })).status).toBe(400)
  expect(await post('dashboard/reversals', { reference: 'sold' })).toMatchObject({
    status: 201,
    body: { payment: { status: 'reversed' } },
  })
  const forged = await merchant.call('POST', '/_control/webhooks/forge', { account: KEY, body: '{"event":"x"}' })
  expect(forged.body).toEqual({ answered: 200 })
  expect(world.inbox.at(-1)?.raw).toBe('{"event":"x"}')
})
