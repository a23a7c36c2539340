/** The fault switches: every mishap of a call and of the money, by the names of calls and by the words of the driver. */
import { describe, expect, test } from 'vitest'
import type { StripeFault } from '../../../local/simulators/stripe/index.ts'
import { form, ORDER, StripeMerchant, settled, stripeTest } from './stripe-world.ts'

const PATH = '/checkout/sessions'
type Shop = ReturnType<typeof stripeTest>

/** Whether a session has been made. */
const isMade = async ({ simulator, merchant }: Shop) => {
  simulator.control.clearFaults()
  return JSON.stringify((await merchant.get(PATH)).body).includes('cs_test_')
}

describe('a call that is cut', () => {
  test.each([
    { fault: { kind: 'down' }, happened: false },
    { fault: { kind: 'cut', when: 'before', how: 'reset' }, happened: false },
    { fault: { kind: 'cut', when: 'after', how: 'reset' }, happened: true },
  ] as const)('$fault rejects with a TypeError; the effect has happened: $happened', async ({ fault, happened }) => {
    const shop = stripeTest()
    shop.simulator.control.setFault(fault)
    await expect(shop.merchant.request('POST', PATH, form(ORDER))).rejects.toBeInstanceOf(TypeError)
    expect(await isMade(shop)).toBe(happened)
  })

  test.each([
    { fault: { kind: 'cut', when: 'before', how: 'hang' }, happened: false },
    { fault: { kind: 'cut', when: 'after', how: 'hang' }, happened: true },
    { fault: { kind: 'slow', when: 'before', ms: 60_000 }, happened: false },
    { fault: { kind: 'slow', when: 'after', ms: 60_000 }, happened: true },
  ] as const)('$fault ends with the caller’s patience; the effect has happened: $happened', async (expected) => {
    const shop = stripeTest()
    shop.simulator.control.setFault(expected.fault)
    const patience = new AbortController()
    const key = { 'idempotency-key': 'K' }
    const call = shop.merchant.request('POST', PATH, form(ORDER), key, patience.signal)
    await settled()
    patience.abort(new Error('deadline'))
    await expect(call).rejects.toThrow('deadline')
    expect(await isMade(shop)).toBe(expected.happened)
    const again = await shop.merchant.post(PATH, ORDER, 'K')
    expect(again.headers.get('idempotent-replayed')).toBe(expected.happened ? 'true' : null)
  })
})

describe('an answer that says nothing of use', () => {
  test.each([
    { fault: { kind: 'rate_limited', resetSeconds: 1 }, status: 429, says: 'rate_limit', happened: false },
    { fault: { kind: 'lock_timeout' }, status: 429, says: 'lock_timeout', happened: false },
    { fault: { kind: 'key_in_use' }, status: 409, says: 'idempotency_key_in_use', happened: false },
    { fault: { kind: 'unavailable' }, status: 503, says: 'api_error', happened: false },
    { fault: { kind: 'saved_error' }, status: 500, says: 'api_error', happened: false },
    { fault: { kind: 'server_error', when: 'before' }, status: 500, says: 'api_error', happened: false },
    { fault: { kind: 'server_error', when: 'after' }, status: 500, says: 'api_error', happened: true },
    { fault: { kind: 'status_false', when: 'before' }, status: 200, says: 'api_error', happened: false },
    { fault: { kind: 'bad_gateway', when: 'before' }, status: 502, says: '502 Bad Gateway', happened: false },
    { fault: { kind: 'bad_gateway', when: 'after' }, status: 502, says: '502 Bad Gateway', happened: true },
    { fault: { kind: 'malformed_json' }, status: 200, says: 'cs_test_', happened: true },
  ] as const)('$fault: HTTP $status; the effect has happened: $happened', async ({ fault, status, says, happened }) => {
    const shop = stripeTest()
    shop.simulator.control.setFault(fault)
    const answer = await shop.merchant.request('POST', PATH, form(ORDER))
    const text = await answer.text()
    expect(answer.status).toBe(status)
    expect(text).toContain(says)
    if (fault.kind === 'malformed_json' || fault.kind === 'bad_gateway') expect(() => JSON.parse(text)).toThrow()
    else expect(Object.keys(JSON.parse(text))).toEqual(['error'])
    expect(await isMade(shop)).toBe(happened)
  })

  test('a limiter names its reason, a lock does not', async () => {
    const { merchant, simulator } = stripeTest()
    const reasonOf = async (fault: StripeFault) => {
      simulator.control.setFault({ ...fault, times: 1 })
      return (await merchant.get('/balance')).headers.get('stripe-rate-limited-reason')
    }
    expect(await reasonOf({ kind: 'rate_limited', resetSeconds: 1 })).toBe('global-rate')
    expect(await reasonOf({ kind: 'lock_timeout' })).toBeNull()
  })

  test.each([
    { fault: { kind: 'key_in_use' }, retry: 'true' },
    { fault: { kind: 'unavailable' }, retry: 'true' },
    { fault: { kind: 'saved_error' }, retry: 'false' },
  ] as const)('$fault: stripe-should-retry is $retry', async ({ fault, retry }) => {
    const { merchant, simulator } = stripeTest()
    simulator.control.setFault(fault)
    expect((await merchant.post(PATH, ORDER)).headers.get('stripe-should-retry')).toBe(retry)
  })

  test.each([
    { call: (merchant: StripeMerchant) => merchant.post(PATH, ORDER), field: 'url' },
    { call: (merchant: StripeMerchant, id: string) => merchant.get(`${PATH}/${id}`), field: 'payment_status' },
    { call: (merchant: StripeMerchant) => merchant.get(PATH), field: 'data' },
    { call: (merchant: StripeMerchant, id: string) => merchant.post(`${PATH}/${id}/expire`), field: 'status' },
    { call: (merchant: StripeMerchant) => merchant.get('/balance'), field: 'livemode' },
  ])('a field is missing: $field', async ({ call, field }) => {
    const { merchant, simulator } = stripeTest()
    const { id } = await merchant.open('field')
    simulator.control.setFault({ kind: 'field_missing' })
    const { status, body } = await call(merchant, id)
    expect([status, Object.keys(Object(body)).includes(field)]).toEqual([200, false])
    expect(body).toHaveProperty('object')
  })
})

describe('scope', () => {
  const fault = (operation: string): StripeFault => ({ kind: 'unavailable', operation, times: 1 })

  test.each([
    { operation: 'create_session', strikes: 'create' },
    { operation: 'create_checkout', strikes: 'create' },
    { operation: 'get_session', strikes: 'get' },
    { operation: 'confirm', strikes: 'get list' },
    { operation: 'list_payments', strikes: 'list' },
    { operation: 'close_checkout', strikes: 'expire' },
    { operation: 'create_refund', strikes: 'refund' },
    { operation: 'read_refunds', strikes: 'refunds' },
    { operation: 'check_credentials', strikes: 'list balance' },
  ])('a fault of $operation strikes: $strikes', async ({ operation, strikes }) => {
    const { merchant, simulator } = stripeTest()
    const { id } = await merchant.open('scope')
    const calls: Record<string, () => Promise<{ status: number }>> = {
      create: () => merchant.post(PATH, ORDER),
      get: () => merchant.get(`${PATH}/${id}`),
      list: () => merchant.get(PATH),
      expire: () => merchant.post(`${PATH}/${id}/expire`),
      refund: () => merchant.post('/refunds', {}),
      refunds: () => merchant.get('/refunds'),
      balance: () => merchant.get('/balance'),
    }
    const struck: string[] = []
    for (const [name, call] of Object.entries(calls)) {
      simulator.control.clearFaults()
      simulator.control.setFault(fault(operation))
      if ((await call()).status === 503) struck.push(name)
    }
    expect(struck.join(' ')).toBe(strikes)
  })

  test('a fault of one account leaves the others alone, and its times are counted over all that it strikes', async () => {
    const { merchant, simulator } = stripeTest()
    const { id } = await merchant.open('scope')
    simulator.control.setFault({ ...fault('confirm'), account: merchant.key })
    expect((await new StripeMerchant(simulator, 'sk_test_other').get(PATH)).status).toBe(200)
    expect((await merchant.get(PATH)).status).toBe(503)
    expect((await merchant.get(`${PATH}/${id}`)).status).toBe(200)
  })
})

describe('the money', () => {
  test.each([
    { fault: { kind: 'wrong_amount', delta: -500 }, session: 4000, currency: 'usd', received: 4000 },
    { fault: { kind: 'wrong_currency', currency: 'EUR' }, session: 4500, currency: 'eur', received: 4500 },
    { fault: { kind: 'partial_debit', shortBy: 1000 }, session: 4500, currency: 'usd', received: 3500 },
  ] as const)('$fault', async ({ fault, session, currency, received }) => {
    const { merchant, simulator } = stripeTest()
    const { id } = await merchant.open('money')
    simulator.control.setFault({ ...fault, times: 1 })
    simulator.control.pay({ reference: 'money' })
    expect(await merchant.session(id)).toMatchObject({ amount_total: session, currency, payment_status: 'paid' })
    expect(await merchant.intentOf(id)).toMatchObject({
      ...{ amount: session, amount_received: received, currency, status: 'succeeded' },
    })
    expect(await merchant.chargeOf(id)).toMatchObject({ amount: session, amount_captured: received, currency })
  })
})
