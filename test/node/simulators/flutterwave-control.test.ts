/** `/_control/`: what the control does, as JSON over HTTP. */
import { expect, test } from 'vitest'
import { z } from 'zod'
import { BASE_URL, flutterwaveTest, KEY, LIVE_KEY, WEBHOOK_URL } from './flutterwave-world.ts'

function controlled() {
  const setup = flutterwaveTest()
  const call = async (method: string, path: string, body?: unknown) => {
    const init = { method, body: body === undefined ? null : JSON.stringify(body) }
    const response = await setup.simulator.fetch(new Request(`${BASE_URL}/_control${path}`, init))
    return { status: response.status, body: await response.json() }
  }
  return { ...setup, call }
}

test('accounts are configured, and listed', async () => {
  const { call } = controlled()
  expect(await call('PUT', `/accounts/${LIVE_KEY}`, { webhookRetries: false })).toMatchObject({
    body: { secretKey: LIVE_KEY, mode: 'live', settings: { webhookRetries: false, webhookShape: 'current' } },
  })
  expect(await call('GET', '/accounts')).toMatchObject({ body: [{ secretKey: KEY }, { secretKey: LIVE_KEY }] })
  expect(await call('PUT', '/accounts', { strict: true })).toEqual({ status: 200, body: { strict: true } })
  expect(await call('PUT', '/accounts/FLWSECK-unknown', {})).toMatchObject({ status: 400 })
  expect(await call('PUT', `/accounts/${KEY}`, { webhookShape: 'round' })).toMatchObject({ status: 400 })
})

test('faults are set, listed and cleared', async () => {
  const { call } = controlled()
  const fault = { kind: 'timed_out', operation: 'confirm', account: KEY, times: 2 }
  expect(await call('POST', '/faults', fault)).toEqual({ status: 201, body: [{ ...fault, when: 'before' }] })
  expect(await call('POST', '/faults', [{ kind: 'no_such_fault' }])).toMatchObject({ status: 400 })
  expect(await call('DELETE', `/faults?account=${KEY}`)).toMatchObject({ body: { cleared: 1 } })
  expect(await call('GET', '/faults')).toMatchObject({ body: [] })
})

test('a payment is declined, waits, is paid, and is paid again', async () => {
  const { merchant, call } = controlled()
  const link = await merchant.open('c')
  expect(await call('POST', '/payments/c/decline')).toMatchObject({
    body: { reference: 'c', checkoutUrl: link, closed: null, transactions: [{ status: 'failed' }] },
  })
  expect(await call('POST', '/payments/c/pay', { method: '5531886652142950' })).toMatchObject({
    body: { result: { kind: 'waiting' }, payment: { waitingFor: 'pin' } },
  })
  expect(await call('POST', '/payments/c/pay', { pin: '3310', otp: '1' })).toMatchObject({
    body: { result: { kind: 'paid' }, payment: { waitingFor: null } },
  })
  expect(await call('POST', '/payments/c/receive-transfer')).toMatchObject({
    body: { transactions: [{ status: 'failed' }, { status: 'successful' }, { status: 'successful' }] },
  })
  expect(await call('POST', '/webhooks/deliver')).toEqual({ status: 200, body: { tries: 3 } })
  expect(await call('GET', `/payments/c?account=${KEY}`)).toMatchObject({ body: { webhooks: { length: 3 } } })
  expect(await call('GET', '/payments')).toMatchObject({ body: [{ reference: 'c' }] })
  expect(await call('GET', '/webhooks')).toMatchObject({ body: { length: 3 } })
})

test('a transfer is begun and ended, and a status set', async () => {
  const { merchant, call } = controlled()
  await merchant.open('t')
  const { body } = await call('POST', '/payments/t/begin-transfer')
  const [first] = z.object({ transactions: z.array(z.object({ id: z.number() })) }).parse(body).transactions
  const status = { status: 'success-pending-validation' }
  expect(await call('PUT', `/transactions/${first?.id}/status`, status)).toMatchObject({ body: status })
  expect(await call('POST', `/transactions/${first?.id}/end`, { end: 'failed' })).toMatchObject({
    body: { status: 'failed' },
  })
  expect(await call('POST', `/transactions/${first?.id}/end`, { end: 'paid' })).toMatchObject({
    body: { status: 'successful' },
  })
})

test('the dashboard charges, refunds and has chargebacks', async () => {
  const { merchant, call } = controlled()
  expect(await call('POST', '/dashboard/charges', { account: KEY, amount: 5050, currency: 'GHS' })).toMatchObject({
    status: 201,
    body: { amount: 50.5, status: 'successful' },
  })
  await merchant.open('d')
  await call('POST', '/payments/d/pay')
  await call('PUT', '/payments/d/refund-course', { course: 'stays_pending' })
  const { body } = await call('POST', '/dashboard/refunds', { reference: 'd', amount: 10_000 })
  expect(body).toMatchObject({ amount_refunded: 100, status: 'completed' })
  const { id } = z.object({ id: z.number() }).parse(body)
  expect(await call('PUT', `/dashboard/refunds/${id}`, { status: 'completed-preauth' })).toMatchObject({
    body: { id, status: 'completed-preauth' },
  })
  const opened = await call('POST', '/dashboard/chargebacks', { reference: 'd', dueInMs: 1000 })
  const chargeback = z.object({ id: z.number() }).parse(opened.body).id
  expect(await call('PUT', `/dashboard/chargebacks/${chargeback}`, { status: 'lost' })).toMatchObject({
    body: { id: chargeback, status: 'lost' },
  })
})

test('a misuse is told', async () => {
  const { simulator, merchant, call } = controlled()
  expect(await call('POST', '/payments/nobody/pay')).toEqual({
    status: 404,
    body: { error: 'no payment has this reference' },
  })
  await merchant.open('m')
  expect(await call('POST', '/dashboard/refunds', { reference: 'm' })).toMatchObject({ status: 404 })
  simulator.control.decline({ reference: 'm' })
  expect(await call('POST', '/dashboard/refunds', { reference: 'm' })).toMatchObject({ status: 400 })
  expect(await call('POST', '/transactions/1/end', { end: 'paid' })).toMatchObject({ status: 404 })
  const url = `${BASE_URL}/_control/payments/m/pay`
  const broken = await simulator.fetch(new Request(url, { method: 'POST', body: '{' }))
  expect(broken.status).toBe(400)
  simulator.control.configureAccount(LIVE_KEY, { webhookUrl: WEBHOOK_URL })
  const init = { method: 'POST', headers: { authorization: `Bearer ${LIVE_KEY}` } }
  const body = JSON.stringify({ tx_ref: 'm', amount: 5, customer: { email: 'esi@customer.example' } })
  await simulator.fetch(new Request(`${BASE_URL}/v3/payments`, { ...init, body }))
  expect(await call('POST', '/payments/m/pay')).toMatchObject({ status: 409 })
})
