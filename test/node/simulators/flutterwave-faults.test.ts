/** The fault switches: every mishap of a call and of the money, and the scope of each. */
import { describe, expect, test } from 'vitest'
import type { FlutterwaveFault } from '../../../local/simulators/flutterwave/index.ts'
import { type FlutterwaveTest, flutterwaveTest, KEY, LIVE_KEY, Merchant, paymentFields } from './flutterwave-world.ts'
import { MINUTE_MS, settled } from './world.ts'

/** Whether a call to refund had its effect, which can be seen from outside. */
const refundsOf = async ({ merchant }: FlutterwaveTest) => (await merchant.call('GET', '/refunds')).body
const happenedIn = async (setup: FlutterwaveTest) => JSON.stringify(await refundsOf(setup)).includes('amount_refunded')

async function paid() {
  const setup = flutterwaveTest()
  await setup.merchant.open('p')
  setup.simulator.control.pay({ reference: 'p' })
  const { id } = await setup.merchant.verifyReference('p')
  const refund = (signal?: AbortSignal) => setup.merchant.request('POST', `/transactions/${id}/refund`, {}, signal)
  return { ...setup, id, refund }
}

describe('a call that is cut', () => {
  test.each([
    { fault: { kind: 'down' }, happened: false },
    { fault: { kind: 'cut', when: 'before', how: 'reset' }, happened: false },
    { fault: { kind: 'cut', when: 'after', how: 'reset' }, happened: true },
  ] as const)('$fault rejects with a TypeError; the effect has happened: $happened', async ({ fault, happened }) => {
    const setup = await paid()
    setup.simulator.control.setFault({ ...fault, times: 1 })
    await expect(setup.refund()).rejects.toBeInstanceOf(TypeError)
    expect(await happenedIn(setup)).toBe(happened)
  })

  test.each([
    { when: 'before', happened: false },
    { when: 'after', happened: true },
  ] as const)('a hang $when the effect ends with the caller’s patience', async ({ when, happened }) => {
    const setup = await paid()
    setup.simulator.control.setFault({ kind: 'cut', when, how: 'hang', times: 1 })
    const patience = new AbortController()
    const call = setup.refund(patience.signal)
    await new Promise<void>((resolve) => setImmediate(resolve))
    patience.abort(new Error('deadline of 30 seconds'))
    await expect(call).rejects.toThrow('deadline of 30 seconds')
    expect(await happenedIn(setup)).toBe(happened)
  })
})

describe('an answer that says nothing of use', () => {
  const contact = 'An error occurred. Please contact support'
  const tooMany = { status: 'error', message: 'Too many requests', data: null }
  test.each([
    { fault: { kind: 'rate_limited', resetSeconds: 9 }, status: 429, says: tooMany, happened: false },
    { fault: { kind: 'server_error', when: 'before' }, status: 500, says: { code: 'app_error' }, happened: false },
    { fault: { kind: 'server_error', when: 'after' }, status: 500, says: { code: 'app_error' }, happened: true },
    { fault: { kind: 'bad_gateway', when: 'before' }, status: 502, says: null, happened: false },
    { fault: { kind: 'bad_gateway', when: 'after' }, status: 502, says: null, happened: true },
    { fault: { kind: 'status_false', when: 'before' }, status: 200, says: { status: 'error' }, happened: false },
    { fault: { kind: 'status_false', when: 'after' }, status: 200, says: { message: contact }, happened: true },
    { fault: { kind: 'malformed_json' }, status: 200, says: null, happened: true },
    { fault: { kind: 'forbidden_page' }, status: 403, says: null, happened: false },
  ] as const)('$fault: HTTP $status; the effect has happened: $happened', async ({ fault, status, says, happened }) => {
    const setup = await paid()
    setup.simulator.control.setFault({ ...fault, times: 1 })
    const answer = await setup.refund()
    const text = await answer.text()
    expect(answer.status).toBe(status)
    if (says === null) expect(() => JSON.parse(text)).toThrow(SyntaxError)
    else expect(JSON.parse(text)).toMatchObject(says)
    expect(await happenedIn(setup)).toBe(happened)
  })

  test('a fault inside has no envelope', async () => {
    const setup = await paid()
    setup.simulator.control.setFault({ kind: 'server_error', when: 'before', times: 1 })
    expect(Object.keys(await (await setup.refund()).json())).toEqual(['error_id', 'message', 'code'])
  })

  test('the page of the edge is HTML', async () => {
    const setup = await paid()
    setup.simulator.control.setFault({ kind: 'forbidden_page', times: 1 })
    const answer = await setup.refund()
    expect(answer.headers.get('content-type')).toMatch('text/html')
  })

  test.each([
    { when: 'before', happened: false },
    { when: 'after', happened: true },
  ] as const)('28 seconds inside, then 503; given up $when the effect', async ({ when, happened }) => {
    const setup = await paid()
    setup.simulator.control.setFault({ kind: 'timed_out', when, times: 1 })
    let answered = false
    const call = setup.refund().finally(() => {
      answered = true
    })
    await new Promise<void>((resolve) => setImmediate(resolve))
    setup.world.advance(27_999)
    await settled()
    expect(answered).toBe(false)
    setup.world.advance(1)
    const answer = await call
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ status: 'error', message: contact })
    expect(await happenedIn(setup)).toBe(happened)
  })
})

describe('a field that matters is missing', () => {
  test.each([
    { path: '/transactions/verify_by_reference?tx_ref=p', operation: 'confirm', field: 'status' },
    { path: '/transactions?tx_ref=p', operation: 'confirm', field: 'status' },
    { path: '/transactions', operation: 'list_payments', field: 'status' },
    { path: '/refunds', operation: 'read_refunds', field: 'status' },
  ])('$path loses its $field', async ({ path, operation, field }) => {
    const { simulator, merchant, refund } = await paid()
    await refund()
    const dataOf = async () => JSON.stringify(Object(await (await merchant.request('GET', path)).json()).data)
    simulator.control.setFault({ kind: 'field_missing', operation, times: 1 })
    expect(await dataOf()).not.toContain(`"${field}"`)
    expect(await dataOf()).toContain(`"${field}"`)
  })

  test.each([
    { method: 'POST', path: '/payments', body: paymentFields({ tx_ref: 'n' }), left: { status: 'success', data: {} } },
    { method: 'GET', path: '/balances', body: undefined, left: { message: 'Wallet balances fetched' } },
  ])('$path loses what it is called for', async ({ method, path, body, left }) => {
    const { simulator, merchant } = await paid()
    simulator.control.setFault({ kind: 'field_missing', times: 1 })
    const answer = (await merchant.call(method, path, body)).body
    expect(answer).toMatchObject(left)
    expect(Object(answer)).not.toHaveProperty(path === '/balances' ? 'status' : 'data.link')
  })

  test('a refusal has nothing to lose', async () => {
    const { simulator, merchant } = await paid()
    simulator.control.setFault({ kind: 'field_missing' })
    expect(await merchant.call('GET', '/transactions/1/verify')).toMatchObject({
      status: 400,
      body: { status: 'error' },
    })
  })
})

describe('scope', () => {
  const fault = (scope: Pick<FlutterwaveFault, 'account' | 'operation' | 'times'>): FlutterwaveFault => ({
    kind: 'server_error',
    when: 'before',
    ...scope,
  })
  const statusesOf = async (merchant: Merchant) => {
    const statuses = []
    for (const path of ['/transactions?tx_ref=p', '/transactions/verify_by_reference?tx_ref=p', '/transactions']) {
      statuses.push((await merchant.call('GET', path)).status)
    }
    return statuses
  }

  test.each([
    { operation: 'list_by_reference', statuses: [500, 200, 200] },
    { operation: 'verify_by_reference', statuses: [200, 500, 200] },
    { operation: 'confirm', statuses: [500, 500, 200] },
    { operation: 'list_payments', statuses: [200, 200, 500] },
  ])('a fault of $operation strikes $statuses', async ({ operation, statuses }) => {
    const { simulator, merchant } = await paid()
    simulator.control.setFault(fault({ operation }))
    expect(await statusesOf(merchant)).toEqual(statuses)
  })

  test('a counted fault of a purpose is shared by its calls', async () => {
    const { simulator, merchant } = await paid()
    simulator.control.setFault(fault({ operation: 'confirm', times: 1 }))
    expect(await statusesOf(merchant)).toEqual([500, 200, 200])
  })

  test('a fault of one account leaves the others alone', async () => {
    const { simulator, merchant } = await paid()
    simulator.control.setFault(fault({ account: KEY }))
    const other = new Merchant(simulator, LIVE_KEY)
    expect((await other.call('GET', '/balances')).status).toBe(200)
    expect((await merchant.call('GET', '/balances')).status).toBe(500)
    expect(simulator.control.clearFaults(KEY)).toBe(1)
    expect((await merchant.call('GET', '/balances')).status).toBe(200)
  })
})

describe('money', () => {
  const MONEY = { amount: 2500, charged_amount: 2500, currency: 'NGN', app_fee: 35, amount_settled: 2462.37 }
  test.each([
    { name: 'no fault', fault: undefined, reads: MONEY },
    {
      name: 'an amount short',
      fault: { kind: 'wrong_amount', delta: -1 },
      reads: { amount: 2499.99, charged_amount: 2499.99 },
    },
    { name: 'an amount over', fault: { kind: 'wrong_amount', delta: 50_000 }, reads: { amount: 3000, app_fee: 42 } },
    {
      name: 'another currency',
      fault: { kind: 'wrong_currency', currency: 'GHS' },
      reads: { amount: 2500, currency: 'GHS' },
    },
    { name: 'the fee on the payer', fault: { kind: 'fees_on_payer' }, reads: { amount: 2500, charged_amount: 2535 } },
    {
      name: 'a part of it',
      fault: { kind: 'partial_debit', shortBy: 100_000 },
      reads: { amount: 1500, charged_amount: 1500, app_fee: 21 },
    },
  ] as const)('$name, in verify and in the webhook alike', async ({ fault, reads }) => {
    const { world, simulator, merchant } = flutterwaveTest()
    await merchant.open('money')
    if (fault) simulator.control.setFault({ ...fault, times: 1 })
    simulator.control.pay({ reference: 'money' })
    await simulator.deliverDueWebhooks()
    expect(await merchant.verifyReference('money')).toMatchObject({ status: 'successful', ...reads })
    const { amount_settled, ...told } = { amount_settled: null, ...reads }
    expect(world.inbox[0]?.body.data).toMatchObject(told)
  })

  test('a failed try can still be paid, and so can a page whose session is over', async () => {
    const { world, simulator, merchant } = flutterwaveTest()
    await merchant.open('late')
    simulator.control.decline({ reference: 'late' })
    const failed = await merchant.verifyReference('late')
    simulator.control.end(failed.id, 'paid')
    expect(await merchant.verifyReference('late')).toMatchObject({ id: failed.id, status: 'successful' })

    await merchant.open('later')
    world.advance(40 * MINUTE_MS)
    simulator.control.receiveTransfer({ reference: 'later' })
    expect((await merchant.verifyReference('later')).status).toBe('successful')
  })

  test('any status can be set by hand', async () => {
    const { simulator, merchant } = flutterwaveTest()
    await merchant.open('odd')
    const { id } = simulator.control.beginTransfer({ reference: 'odd' })
    simulator.control.setStatus(id, 'pending auth')
    expect((await merchant.verifyReference('odd')).status).toBe('pending auth')
  })
})
