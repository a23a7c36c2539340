/** The API: what each path takes and answers. */
import { describe, expect, test } from 'vitest'
import { BASE_URL, flutterwaveTest, KEY, LIVE_KEY, Merchant, paymentFields } from './flutterwave-world.ts'
import { MINUTE_MS } from './world.ts'

const NOT_FOUND = { status: 'error', message: 'No transaction was found for this id', data: null }

describe('keys', () => {
  test('without a key, and with what is no secret key, the refusals differ', async () => {
    const { simulator } = flutterwaveTest()
    const bare = await simulator.fetch(new Request(`${BASE_URL}/v3/transactions`))
    expect(bare.status).toBe(401)
    expect(await bare.json()).toEqual({ status: 'error', message: 'Authorization required', data: null })
    const stranger = new Merchant(simulator, 'FLWPUBK_TEST-ama-books-X')
    expect(await stranger.call('GET', '/transactions')).toEqual({
      status: 401,
      body: { status: 'error', message: 'Invalid authorization key', data: null },
    })
  })

  test('a strict simulator knows only configured keys', async () => {
    const { simulator, merchant } = flutterwaveTest()
    const other = new Merchant(simulator, LIVE_KEY)
    expect((await other.call('GET', '/transactions')).status).toBe(200)
    simulator.control.setStrictAccounts(true)
    expect((await merchant.call('GET', '/transactions')).status).toBe(200)
    expect((await new Merchant(simulator, 'FLWSECK-new-X').call('GET', '/transactions')).status).toBe(401)
  })

  test('the transactions of one mode are not found in the other', async () => {
    const { simulator, merchant } = flutterwaveTest()
    await merchant.open('apart')
    simulator.control.pay({ reference: 'apart' })
    const { id } = await merchant.verifyReference('apart')
    const live = new Merchant(simulator, LIVE_KEY)
    expect(await live.call('GET', `/transactions/${id}/verify`)).toEqual({ status: 400, body: NOT_FOUND })
    expect(await live.list('')).toEqual([])
  })
})

describe('payments', () => {
  test('a call makes a page, and nothing that could be verified', async () => {
    const { merchant } = flutterwaveTest()
    const { status, body } = await merchant.initialize({ tx_ref: 'new' })
    expect(status).toBe(200)
    expect(body).toEqual({
      status: 'success',
      message: 'Hosted Link',
      data: { link: expect.stringMatching(/^https:\/\/simulators\.test\/flutterwave\/v3\/hosted\/pay\/[0-9a-f]{20}$/) },
    })
    const path = '/transactions/verify_by_reference?tx_ref=new'
    expect(await merchant.call('GET', path)).toEqual({ status: 400, body: NOT_FOUND })
  })

  test('a live link has a name of another form', async () => {
    const { merchant } = flutterwaveTest({}, LIVE_KEY)
    expect(await merchant.open('live')).toMatch(/\/v3\/hosted\/pay\/flwlnk-[a-z0-9]{26}$/)
  })

  test.each([
    { name: 'no reference', fields: { tx_ref: undefined }, says: 'tx_ref is required' },
    {
      name: 'a long reference',
      fields: { tx_ref: 'r'.repeat(101) },
      says: 'tx_ref must not be longer than 100 characters',
    },
    { name: 'no amount', fields: { amount: undefined }, says: 'amount is required' },
    { name: 'an amount of nothing', fields: { amount: 0 }, says: 'amount is invalid' },
    { name: 'too many decimals', fields: { amount: 10.005 }, says: 'amount is invalid' },
    { name: 'a fraction of a franc', fields: { amount: 10.5, currency: 'XOF' }, says: 'amount is invalid' },
    { name: 'no customer', fields: { customer: undefined }, says: 'customer email is required' },
    { name: 'no address', fields: { customer: { email: 'kofi' } }, says: 'customer email is invalid' },
    { name: 'a strange currency', fields: { currency: 'JPY' }, says: 'currency JPY is not enabled on this account' },
    { name: 'no web page', fields: { redirect_url: 'javascript:alert(1)' }, says: 'redirect_url must be a valid url' },
    {
      name: 'a session of days',
      fields: { configurations: { session_duration: 1441 } },
      says: 'session_duration must be a number of minutes up to 1440',
    },
    {
      name: 'retries without a number',
      fields: { configurations: { max_retry_attempt: 'many' } },
      says: 'max_retry_attempt must be a number',
    },
  ])('$name is refused', async ({ fields, says }) => {
    const { merchant } = flutterwaveTest()
    expect(await merchant.initialize({ tx_ref: 'bad', ...fields })).toEqual({
      status: 400,
      body: { status: 'error', message: says, data: null },
    })
  })

  test('what is no JSON object is refused', async () => {
    const { simulator } = flutterwaveTest()
    const init = { method: 'POST', headers: { authorization: `Bearer ${KEY}` }, body: '[1' }
    expect((await simulator.fetch(new Request(`${BASE_URL}/v3/payments`, init))).status).toBe(400)
  })

  test.each([
    { fields: { amount: 100.5 }, amount: 100.5, currency: 'NGN' },
    { fields: { amount: '7500' }, amount: 7500, currency: 'NGN' },
    { fields: { amount: 900, currency: 'UGX' }, amount: 900, currency: 'UGX' },
    { name: 'the naira by default', fields: { currency: undefined }, amount: 2500, currency: 'NGN' },
  ])('$fields asks for $currency $amount', async ({ fields, amount, currency }) => {
    const { simulator, merchant } = flutterwaveTest()
    await merchant.open('asked', fields)
    simulator.control.pay({ reference: 'asked' })
    expect(await merchant.verifyReference('asked')).toMatchObject({ amount, currency })
  })

  test('a used reference makes another page, or is refused by switch', async () => {
    const { simulator, merchant } = flutterwaveTest()
    const first = await merchant.open('twice')
    expect(await merchant.open('twice')).not.toBe(first)
    simulator.control.configureAccount(KEY, { refuseUsedReferences: true })
    expect((await merchant.initialize({ tx_ref: 'twice' })).status).toBe(400)
    expect((await merchant.initialize({ tx_ref: 'once' })).status).toBe(200)
  })

  test('an account that is not approved has every payment refused', async () => {
    const { merchant } = flutterwaveTest({ approved: false })
    expect(await merchant.initialize({ tx_ref: 'early' })).toMatchObject({
      status: 400,
      body: { message: 'Merchant cannot perform transactions without approval' },
    })
  })
})

describe('the end of a link', () => {
  const inactive = { status: 'error', message: 'This payment link is currently inactive', data: null }

  test('a disabled link takes no payment, and says so when it is disabled again', async () => {
    const { simulator, merchant } = flutterwaveTest()
    const link = await merchant.open('off')
    expect(await merchant.call('POST', '/payments/link/disable', { link })).toMatchObject({
      status: 200,
      body: { status: 'success' },
    })
    expect(await merchant.call('POST', '/payments/link/disable', { link })).toEqual({ status: 400, body: inactive })
    expect(simulator.control.pay({ reference: 'off' })).toEqual({ kind: 'refused', reason: inactive.message })
  })

  test('a payment under way still completes', async () => {
    const { simulator, merchant } = flutterwaveTest()
    const link = await merchant.open('under-way')
    simulator.control.pay({ reference: 'under-way' }, { method: '5531886652142950' })
    await merchant.call('POST', '/payments/link/disable', { link })
    simulator.control.pay({ reference: 'under-way' }, { pin: '3310', otp: '12345' })
    expect((await merchant.verifyReference('under-way')).status).toBe('successful')
  })

  test('a link whose session is over is inactive', async () => {
    const { world, merchant } = flutterwaveTest()
    const link = await merchant.open('over')
    world.advance(30 * MINUTE_MS)
    expect(await merchant.call('POST', '/payments/link/disable', { link })).toEqual({ status: 400, body: inactive })
  })

  test('no link, and the link of another account, are refused', async () => {
    const { simulator, merchant } = flutterwaveTest()
    const link = await merchant.open('mine')
    expect((await merchant.call('POST', '/payments/link/disable', {})).status).toBe(400)
    const other = new Merchant(simulator, LIVE_KEY)
    expect((await other.call('POST', '/payments/link/disable', { link })).status).toBe(400)
    expect(simulator.control.pay({ reference: 'mine' })).toEqual({ kind: 'paid' })
  })
})

test('the balances follow payments and refunds, in each currency', async () => {
  const { simulator, merchant } = flutterwaveTest({ currencies: ['NGN', 'GHS'] })
  await merchant.open('b')
  simulator.control.pay({ reference: 'b' })
  simulator.control.refund({ reference: 'b' }, 100_000)
  expect(await merchant.call('GET', '/balances')).toMatchObject({
    body: {
      data: [
        { currency: 'NGN', available_balance: 1462.37, ledger_balance: 1462.37 },
        { currency: 'GHS', available_balance: 0, ledger_balance: 0 },
      ],
    },
  })
  expect(await merchant.call('GET', '/balances/NGN')).toMatchObject({ body: { data: { available_balance: 1462.37 } } })
  expect((await merchant.call('GET', '/balances/JPY')).status).toBe(400)
})

test('the fee can be asked before', async () => {
  const { merchant } = flutterwaveTest()
  expect(await merchant.call('GET', '/transactions/fee?amount=10000&currency=NGN')).toMatchObject({
    body: { data: { charge_amount: 10_000, fee: 140, stamp_duty_fee: 50, currency: 'NGN' } },
  })
  expect((await merchant.call('GET', '/transactions/fee?amount=nothing')).status).toBe(400)
})

test('an unknown path is 404, doubled slashes are one', async () => {
  const { simulator, merchant } = flutterwaveTest()
  expect((await merchant.call('GET', '/no-such-thing')).status).toBe(404)
  const headers = { authorization: `Bearer ${KEY}` }
  const doubled = await simulator.fetch(new Request(`${BASE_URL}//v3/transactions?`, { headers }))
  expect(doubled.status).toBe(200)
})

test('the same customer keeps the same id', async () => {
  const { simulator, merchant } = flutterwaveTest()
  for (const reference of ['c-1', 'c-2']) {
    await merchant.initialize(paymentFields({ tx_ref: reference }))
    simulator.control.pay({ reference })
  }
  const [first, second] = [await merchant.verifyReference('c-1'), await merchant.verifyReference('c-2')]
  expect(first.customer).toEqual(second.customer)
})
