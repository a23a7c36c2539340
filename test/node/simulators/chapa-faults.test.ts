/** The fault switches: every mishap of a call and of the money, and the scope of each. */
import { describe, expect, test } from 'vitest'
import type { ChapaFault } from '../../../local/simulators/chapa/faults.ts'
import { ChapaMerchant, chapaTest, LIVE_KEY, paidPayment } from './chapa-world.ts'
import { settled } from './world.ts'

const order = (txRef: string) => ({ amount: '350.00', currency: 'ETB', tx_ref: txRef })
const failed = (message: string) => ({ message, status: 'failed', data: null })

describe('a call that is cut', () => {
  test.each([
    { fault: { kind: 'down' }, happened: false },
    { fault: { kind: 'cut', when: 'before', how: 'reset' }, happened: false },
    { fault: { kind: 'cut', when: 'after', how: 'reset' }, happened: true },
  ] as const)('$fault rejects with a TypeError; the effect has happened: $happened', async ({ fault, happened }) => {
    const { simulator, merchant } = chapaTest()
    simulator.control.setFault({ ...fault, times: 1 })
    const call = merchant.request('POST', '/v1/transaction/initialize', order('cut'))
    await expect(call).rejects.toBeInstanceOf(TypeError)
    expect((await merchant.verifyAnswer('cut')).status).toBe(happened ? 200 : 400)
  })

  test.each([
    { when: 'before', happened: false },
    { when: 'after', happened: true },
  ] as const)('a hang $when the effect ends with the caller’s patience', async ({ when, happened }) => {
    const { simulator, merchant } = chapaTest()
    simulator.control.setFault({ kind: 'cut', when, how: 'hang', times: 1 })
    const patience = new AbortController()
    const call = merchant.request('POST', '/v1/transaction/initialize', order('hang'), patience.signal)
    patience.abort(new Error('deadline of 15 seconds'))
    await expect(call).rejects.toThrow('deadline of 15 seconds')
    await settled()
    expect((await merchant.verifyAnswer('hang')).status).toBe(happened ? 200 : 400)
  })
})

test('a slow call answers when its time has come', async () => {
  const { world, simulator, merchant } = chapaTest()
  simulator.control.setFault({ kind: 'slow', ms: 4000, when: 'before', times: 1 })
  let answered = false
  const call = merchant.initialize({ tx_ref: 'slow' }).finally(() => {
    answered = true
  })
  await settled()
  world.advance(3999)
  await settled()
  expect(answered).toBe(false)
  world.advance(1)
  expect((await call).status).toBe(200)
})

describe('an answer that says nothing of use', () => {
  test.each([
    {
      fault: { kind: 'rate_limited', resetSeconds: 1 },
      ...{ status: 429, body: failed('Too many requests'), happened: false },
    },
    {
      fault: { kind: 'server_error', when: 'before' },
      ...{ status: 500, body: failed('Server Error'), happened: false },
    },
    {
      fault: { kind: 'server_error', when: 'after' },
      ...{ status: 500, body: failed('Server Error'), happened: true },
    },
    {
      fault: { kind: 'status_false', when: 'after' },
      ...{ status: 200, body: failed('The request could not be processed'), happened: true },
    },
    {
      fault: { kind: 'field_missing' },
      ...{ status: 200, body: { message: 'Hosted Link', status: 'success', data: {} }, happened: true },
    },
  ] as const)('$fault', async ({ fault, status, body, happened }) => {
    const { simulator, merchant } = chapaTest()
    simulator.control.setFault({ ...fault, times: 1 })
    const answer = await merchant.initialize({ tx_ref: 'useless' })
    expect(answer.status).toBe(status)
    expect(answer.body).toEqual(body)
    expect(answer.headers.get('retry-after')).toBeNull()
    expect((await merchant.verifyAnswer('useless')).status).toBe(happened ? 200 : 400)
  })

  test.each([
    { fault: { kind: 'bad_gateway', when: 'after' }, status: 502, type: 'text/html' },
    { fault: { kind: 'malformed_json' }, status: 200, type: 'application/json' },
  ] as const)('$fault is not JSON', async ({ fault, status, type }) => {
    const { simulator, merchant } = chapaTest()
    simulator.control.setFault({ ...fault, times: 1 })
    const answer = await merchant.request('POST', '/v1/transaction/initialize', order('unread'))
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toContain(type)
    const text = await answer.text()
    expect(() => JSON.parse(text)).toThrow(SyntaxError)
    expect((await merchant.verifyAnswer('unread')).status).toBe(200)
  })

  test('a refusal keeps its fields: only an answer that worked loses one', async () => {
    const { simulator, merchant } = chapaTest()
    simulator.control.setFault({ kind: 'field_missing', operation: 'verify', times: 1 })
    expect((await merchant.verifyAnswer('nobody')).body).toEqual(failed('Invalid transaction reference'))
    await merchant.open('somebody')
    expect((await merchant.verifyAnswer('somebody')).body).not.toHaveProperty('data.status')
    expect((await merchant.verifyAnswer('somebody')).body).toHaveProperty('data.status', 'pending')
  })
})

describe('the money', () => {
  test.each([
    { fault: { kind: 'wrong_amount', delta: -5_000 }, reads: { amount: 300, currency: 'ETB' }, told: '300.00' },
    { fault: { kind: 'wrong_amount', delta: 1 }, reads: { amount: 350.01, currency: 'ETB' }, told: '350.01' },
    { fault: { kind: 'wrong_currency', currency: 'USD' }, reads: { amount: 350, currency: 'USD' }, told: '350.00' },
  ] as const)('$fault shows in verify and in the event', async ({ fault, reads, told }) => {
    const setup = chapaTest()
    setup.simulator.control.setFault({ ...fault, times: 1 })
    await paidPayment(setup, 'odd')
    expect(await setup.merchant.verify('odd')).toMatchObject({ status: 'success', ...reads })
    await setup.simulator.deliverDueWebhooks()
    expect(setup.world.inbox[0]?.body).toMatchObject({ currency: reads.currency, amount: told })
  })

  test('a wrong mode shows in verify where the fault names it', async () => {
    const { simulator, merchant } = chapaTest()
    await merchant.open('mode')
    simulator.control.setFault({ kind: 'wrong_mode', operation: 'verify', times: 1 })
    expect((await merchant.verify('mode')).mode).toBe('live')
    expect((await merchant.verify('mode')).mode).toBe('test')
  })
})

test('a fault strikes only its account, its operation and so often', async () => {
  const { simulator, merchant } = chapaTest()
  const other = new ChapaMerchant(simulator, LIVE_KEY)
  const fault: ChapaFault = {
    kind: 'server_error',
    when: 'before',
    account: merchant.key,
    operation: 'banks',
    times: 2,
  }
  simulator.control.setFault(fault)
  const banks = async (who: ChapaMerchant) => (await who.call('GET', '/v1/banks')).status
  expect(await banks(other)).toBe(200)
  expect((await merchant.call('GET', '/v1/balances')).status).toBe(200)
  expect([await banks(merchant), await banks(merchant), await banks(merchant)]).toEqual([500, 500, 200])
})
