/** The fault switches: every mishap of a call and of the money, and the scope of each. */
import { describe, expect, test } from 'vitest'
import type { PaystackFault } from '../../../local/simulators/paystack/index.ts'
import { BASE_URL, KEY, Merchant, paystackTest, settled } from './world.ts'

const body = (reference: string) => ({ email: 'kofi@customer.example', amount: 5000, currency: 'NGN', reference })

describe('a call that is cut', () => {
  test.each([
    { fault: { kind: 'down' }, happened: false },
    { fault: { kind: 'cut', when: 'before', how: 'reset' }, happened: false },
    { fault: { kind: 'cut', when: 'after', how: 'reset' }, happened: true },
  ] as const)('$fault rejects with a TypeError; the effect has happened: $happened', async ({ fault, happened }) => {
    const { simulator, merchant } = paystackTest()
    simulator.control.setFault({ ...fault, times: 1 })
    await expect(merchant.request('POST', '/transaction/initialize', body('cut'))).rejects.toBeInstanceOf(TypeError)
    expect((await merchant.call('GET', '/transaction/verify/cut')).status).toBe(happened ? 200 : 400)
  })

  test.each([
    { when: 'before', happened: false },
    { when: 'after', happened: true },
  ] as const)(
    'a hang $when the effect ends with the caller’s patience, in its own words',
    async ({ when, happened }) => {
      const { simulator, merchant } = paystackTest()
      simulator.control.setFault({ kind: 'cut', when, how: 'hang', times: 1 })
      const patience = new AbortController()
      const call = merchant.request('POST', '/transaction/initialize', body('hang'), patience.signal)
      const reason = new Error('deadline of 15 seconds')
      patience.abort(reason)
      await expect(call).rejects.toBe(reason)
      await settled()
      expect((await merchant.call('GET', '/transaction/verify/hang')).status).toBe(happened ? 200 : 400)
    },
  )

  test('an aborted caller is turned away before anything happens', async () => {
    const { merchant } = paystackTest()
    const gone = AbortSignal.abort(new Error('gone'))
    await expect(merchant.request('POST', '/transaction/initialize', body('gone'), gone)).rejects.toThrow('gone')
    expect((await merchant.call('GET', '/transaction/verify/gone')).status).toBe(400)
  })
})

describe('a slow call', () => {
  test('answers when its time has come', async () => {
    const { world, simulator, merchant } = paystackTest()
    simulator.control.setFault({ kind: 'slow', ms: 4000, when: 'before', times: 1 })
    let answered = false
    const call = merchant.call('POST', '/transaction/initialize', body('slow')).finally(() => {
      answered = true
    })
    await settled()
    world.advance(3999)
    await settled()
    expect(answered).toBe(false)
    world.advance(1)
    expect((await call).status).toBe(200)
  })

  test.each([
    { when: 'before', happened: false },
    { when: 'after', happened: true },
  ] as const)('given up while slow $when the effect, it has happened: $happened', async ({ when, happened }) => {
    const { simulator, merchant } = paystackTest()
    simulator.control.setFault({ kind: 'slow', ms: 60_000, when, times: 1 })
    const patience = new AbortController()
    const call = merchant.request('POST', '/transaction/initialize', body('slow'), patience.signal)
    await new Promise<void>((resolve) => setImmediate(resolve))
    patience.abort(new Error('too slow'))
    await expect(call).rejects.toThrow('too slow')
    expect((await merchant.call('GET', '/transaction/verify/slow')).status).toBe(happened ? 200 : 400)
  })
})

describe('an answer that says nothing of use', () => {
  const rateLimited = { status: false, message: 'Rate limit exceeded!', code: 'rate_limited', type: 'api_error' }
  test.each([
    { fault: { kind: 'rate_limited', resetSeconds: 17 }, status: 429, says: rateLimited, happened: false },
    { fault: { kind: 'server_error', when: 'before' }, status: 500, says: { status: false }, happened: false },
    { fault: { kind: 'server_error', when: 'after' }, status: 500, says: { status: false }, happened: true },
    { fault: { kind: 'bad_gateway', when: 'before' }, status: 502, says: null, happened: false },
    { fault: { kind: 'bad_gateway', when: 'after' }, status: 502, says: null, happened: true },
    { fault: { kind: 'status_false', when: 'before' }, status: 200, says: { status: false }, happened: false },
    { fault: { kind: 'status_false', when: 'after' }, status: 200, says: { status: false }, happened: true },
    { fault: { kind: 'malformed_json' }, status: 200, says: null, happened: true },
  ] as const)('$fault: HTTP $status; the effect has happened: $happened', async ({ fault, status, says, happened }) => {
    const { simulator, merchant } = paystackTest()
    simulator.control.setFault({ ...fault, times: 1 })
    const answer = await merchant.request('POST', '/transaction/initialize', body('odd'))
    const text = await answer.text()
    expect(answer.status).toBe(status)
    if (says === null) expect(() => JSON.parse(text)).toThrow(SyntaxError)
    else expect(JSON.parse(text)).toMatchObject(says)
    expect(answer.headers.get('x-ratelimit-reset')).toBe(status === 429 ? '17' : null)
    expect((await merchant.call('GET', '/transaction/verify/odd')).status).toBe(happened ? 200 : 400)
  })

  test.each([
    { field: 'data.reference', left: { status: true, data: { access_code: expect.any(String) } } },
    { field: 'message', left: { status: true, data: { reference: 'short' } } },
    { field: undefined, left: { status: true, message: 'Authorization URL created' } },
  ])('field_missing takes the field away, and nothing else: $field', async ({ field, left }) => {
    const { simulator, merchant } = paystackTest()
    simulator.control.setFault({ kind: 'field_missing', field, times: 1 })
    const { status, body: told } = await merchant.call('POST', '/transaction/initialize', body('short'))
    expect(status).toBe(200)
    expect(told).toMatchObject(left)
    expect(told).not.toHaveProperty(field ?? 'data')
    expect((await merchant.call('GET', '/transaction/verify/short')).body).toHaveProperty('data.reference', 'short')
  })

  test.each(['no.such.field', 'message.length'])('an answer without the field %s stays as it is', async (field) => {
    const { simulator, merchant } = paystackTest()
    const whole = (await merchant.call('GET', '/balance')).body
    simulator.control.setFault({ kind: 'field_missing', field })
    expect((await merchant.call('GET', '/balance')).body).toEqual(whole)
  })

  test('the 502 page is HTML', async () => {
    const { simulator, merchant } = paystackTest()
    simulator.control.setFault({ kind: 'bad_gateway', when: 'before' })
    const answer = await merchant.request('GET', '/transaction')
    expect(answer.headers.get('content-type')).toBe('text/html')
    expect(await answer.text()).toMatch(/^<html>/)
  })

  test('short errors carry nothing but status and message', async () => {
    const { simulator, merchant } = paystackTest()
    simulator.control.setFault({ kind: 'short_errors' })
    const answer = await merchant.call('GET', '/transaction/verify/nobody')
    expect(answer.body).toEqual({ status: false, message: 'Transaction reference not found.' })
  })
})

describe('scope', () => {
  const statusOf = async (merchant: Merchant, path: string) => (await merchant.call('GET', path)).status
  const fault = (scope: Pick<PaystackFault, 'account' | 'operation' | 'times'>): PaystackFault => ({
    kind: 'server_error',
    when: 'before',
    ...scope,
  })

  test('a fault of one operation leaves the others alone', async () => {
    const { simulator, merchant } = paystackTest()
    simulator.control.setFault(fault({ operation: 'balance' }))
    expect(await statusOf(merchant, '/transaction')).toBe(200)
    expect(await statusOf(merchant, '/balance')).toBe(500)
  })

  test('a fault of one account leaves the others alone', async () => {
    const { simulator, merchant } = paystackTest()
    const other = new Merchant(simulator, 'sk_test_other')
    simulator.control.setFault(fault({ account: KEY }))
    expect(await statusOf(other, '/balance')).toBe(200)
    expect(await statusOf(merchant, '/balance')).toBe(500)
  })

  test('a counted fault ends by itself, another holds until it is cleared', async () => {
    const { simulator, merchant } = paystackTest()
    const other = new Merchant(simulator, 'sk_test_other')
    simulator.control.setFault(fault({ account: KEY, times: 2 }))
    simulator.control.setFault(fault({ account: 'sk_test_other' }))
    const seen = async (who: Merchant) => [
      await statusOf(who, '/balance'),
      await statusOf(who, '/balance'),
      await statusOf(who, '/balance'),
    ]
    expect(await seen(merchant)).toEqual([500, 500, 200])
    expect(await seen(other)).toEqual([500, 500, 500])
    expect(simulator.control.clearFaults('sk_test_other')).toBe(1)
    expect(await statusOf(other, '/balance')).toBe(200)
  })

  test('two mishaps do not use each other up', async () => {
    const { simulator, merchant } = paystackTest()
    simulator.control.setFault({ kind: 'cut', when: 'before', how: 'reset', times: 1 })
    simulator.control.setFault(fault({ times: 1 }))
    await expect(merchant.request('GET', '/balance')).rejects.toBeInstanceOf(TypeError)
    expect(await statusOf(merchant, '/balance')).toBe(500)
    expect(await statusOf(merchant, '/balance')).toBe(200)
  })
})

describe('money', () => {
  const MONEY = { amount: 150_000, requested_amount: 150_000, currency: 'NGN', fees: 2250 }
  test.each([
    { name: 'no fault', fault: undefined, reads: MONEY },
    {
      name: 'a wrong amount',
      fault: { kind: 'wrong_amount', delta: -100 },
      reads: { ...MONEY, amount: 149_900, requested_amount: 149_900, fees: 2249 },
    },
    {
      name: 'a wrong currency',
      fault: { kind: 'wrong_currency', currency: 'GHS' },
      reads: { ...MONEY, currency: 'GHS' },
    },
    { name: 'fees on the payer', fault: { kind: 'fees_on_payer' }, reads: { ...MONEY, amount: 152_250 } },
    {
      name: 'a partial debit',
      fault: { kind: 'partial_debit', shortBy: 50_000 },
      reads: { ...MONEY, amount: 100_000 },
    },
  ] as const)('$name, in verify and in the event alike', async ({ fault, reads }) => {
    const { world, simulator, merchant } = paystackTest()
    await merchant.open('money')
    if (fault) simulator.control.setFault({ ...fault, times: 1 })
    simulator.control.pay({ reference: 'money' })
    await simulator.deliverDueWebhooks()
    expect(await merchant.verify('money')).toMatchObject({ status: 'success', ...reads })
    expect(world.inbox[0]?.data).toMatchObject({ status: 'success', ...reads })
  })

  test('an account can have its payers bear the fees', async () => {
    const { simulator, merchant } = paystackTest()
    simulator.control.configureAccount(KEY, { feeBearer: 'customer' })
    await merchant.open('bearer')
    simulator.control.pay({ reference: 'bearer' })
    expect(await merchant.verify('bearer')).toMatchObject({ ...MONEY, amount: 152_250 })
  })
})

describe('metadata', () => {
  const sent = { order: 7, items: [{ count: 2 }] }
  const texts = { order: '7', items: [{ count: '2' }] }
  test.each([
    { name: 'an object: its numbers come back as text', shape: 'as_sent', metadata: sent, back: texts },
    { name: 'stringified: its numbers stay numbers', shape: 'as_sent', metadata: JSON.stringify(sent), back: sent },
    {
      name: 'stringified: its numbers as text',
      shape: 'numbers_as_strings',
      metadata: JSON.stringify(sent),
      back: texts,
    },
    { name: 'none', shape: 'as_sent', metadata: undefined, back: '' },
    {
      name: 'a referrer is added',
      shape: 'with_referrer',
      metadata: sent,
      back: { ...sent, referrer: `${BASE_URL}/checkout` },
    },
    { name: 'text', shape: 'string', metadata: sent, back: JSON.stringify(sent) },
    { name: 'empty', shape: 'empty', metadata: sent, back: '' },
    { name: 'null', shape: 'null', metadata: sent, back: null },
    { name: '0', shape: 'zero', metadata: sent, back: 0 },
  ] as const)('$name', async ({ shape, metadata, back }) => {
    const { simulator, merchant } = paystackTest()
    simulator.control.setFault({ kind: 'metadata_shape', shape })
    await merchant.open('meta', { metadata })
    expect((await merchant.verify('meta')).metadata).toEqual(back)
  })
})
