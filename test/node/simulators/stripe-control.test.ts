/** The control of the simulator over HTTP. */
import { describe, expect, test } from 'vitest'
import { BASE_URL, StripeMerchant, stripeTest, WEBHOOK_URL } from './stripe-world.ts'

describe('the control over HTTP', () => {
  const controlled = () => {
    const shop = stripeTest()
    const call = async (method: string, path: string, body?: object) => {
      const init = { method, body: body === undefined ? null : JSON.stringify(body) }
      const answer = await shop.simulator.fetch(new Request(`${BASE_URL}/_control${path}`, init))
      return { status: answer.status, body: await answer.json() }
    }
    return { ...shop, call }
  }

  test('pays, declines and refunds', async () => {
    const { merchant, call, world } = controlled()
    await merchant.open('http')
    expect((await call('POST', '/payments/http/decline')).body).toMatchObject({
      payment_intent: { status: 'requires_payment_method' },
    })
    expect((await call('POST', '/payments/http/pay', { method: '4000002500003155' })).body).toMatchObject({
      result: { kind: 'challenge' },
    })
    expect((await call('POST', '/payments/http/challenge', { passed: true })).body).toMatchObject({
      session: { payment_status: 'paid' },
    })
    expect(await call('PUT', '/payments/http/refund-course', { course: 'fails' })).toMatchObject({ status: 200 })
    expect(await call('POST', '/dashboard/refunds', { reference: 'http', amount: 100 })).toMatchObject({
      status: 201,
      body: { amount: 100, status: 'succeeded' },
    })
    expect((await call('POST', '/webhooks/deliver')).body).toEqual({ tries: world.deliveries.length })
    expect((await call('GET', '/payments/http')).body).toMatchObject({
      webhooks: expect.arrayContaining([expect.objectContaining({ status: 'delivered', responseCode: 200 })]),
    })
    expect((await call('POST', '/webhooks/1/resend')).body).toMatchObject({ status: 'pending' })
  })

  test('begins and ends what takes its time, and charges elsewhere', async () => {
    const { merchant, call } = controlled()
    await merchant.open('slow')
    expect((await call('POST', '/payments/slow/begin-delayed')).body).toMatchObject({
      payment_intent: { status: 'processing' },
    })
    expect((await call('POST', '/payments/slow/end-delayed', { end: 'paid' })).body).toMatchObject({
      session: { payment_status: 'paid' },
    })
    const elsewhere = { account: merchant.key, amount: 900, currency: 'usd', reference: 'elsewhere' }
    expect(await call('POST', '/dashboard/charges', elsewhere)).toMatchObject({ status: 201 })
    expect((await call('GET', '/payments')).body).toHaveLength(2)
  })

  test('keeps accounts, secrets and faults', async () => {
    const { merchant, call } = controlled()
    const path = `/accounts/${merchant.key}`
    expect((await call('PUT', path, { businessName: 'Renamed' })).body).toMatchObject({
      settings: { businessName: 'Renamed', webhookUrl: WEBHOOK_URL },
    })
    const rolled = await call('POST', `${path}/roll-webhook-secret`, { secret: 'whsec_next', keptMs: 1000 })
    expect(rolled.body).toMatchObject({ settings: { webhookSecret: 'whsec_next' } })
    expect((await call('GET', '/accounts')).body).toMatchObject([{ secretKey: merchant.key, mode: 'test' }])
    expect(await call('POST', '/faults', { kind: 'unavailable', operation: 'confirm' })).toMatchObject({ status: 201 })
    expect((await call('GET', '/faults')).body).toEqual([{ kind: 'unavailable', operation: 'confirm' }])
    expect((await call('DELETE', '/faults')).body).toEqual({ cleared: 1 })
  })

  test.each([
    { method: 'GET', path: '/payments/nobody', status: 404 },
    { method: 'POST', path: '/payments/here/end-delayed', body: { end: 'paid' }, status: 409 },
    { method: 'POST', path: '/payments/here/pay', body: { method: '1' }, status: 400 },
    { method: 'POST', path: '/faults', body: { kind: 'fire' }, status: 400 },
    { method: 'PUT', path: '/accounts/pk_test_x', body: {}, status: 400 },
    { method: 'POST', path: '/webhooks/99/resend', status: 404 },
  ])('$method $path is $status', async ({ method, path, body, status }) => {
    const { merchant, call } = controlled()
    await merchant.open('here')
    expect(await call(method, path, body)).toMatchObject({ status, body: { error: expect.any(String) } })
  })

  test('asks for the account where two have the same reference', async () => {
    const { merchant, simulator, call } = controlled()
    await merchant.open('same')
    await new StripeMerchant(simulator, 'sk_test_other').open('same')
    expect((await call('GET', '/payments/same')).status).toBe(409)
    expect((await call('GET', `/payments/same?account=${merchant.key}`)).status).toBe(200)
  })
})
