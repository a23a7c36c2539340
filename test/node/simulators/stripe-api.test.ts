/** Stripe's calls as the sheet describes them: headers, keys, sessions, amounts, lists, expansion, refusals. */
import { describe, expect, test } from 'vitest'
import { API_VERSION, createStripeSimulator } from '../../../local/simulators/stripe/index.ts'
import {
  BASE_URL,
  createStripeWorld,
  form,
  item,
  KEY,
  LIVE_KEY,
  ORDER,
  orderOf,
  START,
  StripeMerchant,
  stripeTest,
} from './stripe-world.ts'

describe('a call', () => {
  test('has the headers of every answer, and echoes the version', async () => {
    const { merchant } = stripeTest()
    const older = await merchant.request('GET', '/balance', '', { 'stripe-version': '2026-09-30.dahlia' })
    expect(older.headers.get('stripe-version')).toBe('2026-09-30.dahlia')
    const { headers } = await merchant.get('/balance')
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('request-id')).toMatch(/^req_\w{14}$/)
    expect(headers.get('stripe-version')).toBe(API_VERSION)
    expect(headers.get('stripe-should-retry')).toBeNull()
    expect((await merchant.post('/checkout/sessions', ORDER)).headers.get('stripe-should-retry')).toBe('false')
  })

  test('takes the key as a user name of HTTP Basic as well', async () => {
    const { merchant } = stripeTest()
    const authorization = `Basic ${btoa(`${KEY}:`)}`
    expect((await merchant.request('GET', '/balance', '', { authorization })).status).toBe(200)
  })

  test.each(['pk_test_esi_crafts', 'whatever', 'sk_esi'])('with the key %s is 401', async (key) => {
    const { simulator } = stripeTest()
    const answer = await new StripeMerchant(simulator, key).get('/balance')
    expect(answer).toMatchObject({
      status: 401,
      body: {
        error: { type: 'invalid_request_error', message: expect.stringMatching(/^Invalid API Key provided: .*\*{4}/) },
      },
    })
  })

  test('without a key is 401', async () => {
    const { merchant } = stripeTest()
    const answer = await merchant.request('GET', '/balance', '', { authorization: '' })
    expect(answer.status).toBe(401)
  })

  test.each(['sk_test_any', 'rk_test_any', 'sk_live_any', 'rk_live_any'])('with %s opens an account', async (key) => {
    const { simulator } = stripeTest()
    const { body } = await new StripeMerchant(simulator, key).get('/balance')
    expect(body).toMatchObject({ object: 'balance', livemode: key.includes('live') })
  })

  test('to a path that Stripe has not is 404', async () => {
    const { merchant } = stripeTest()
    expect(await merchant.get('/nothing')).toMatchObject({
      status: 404,
      body: { error: { message: 'Unrecognized request URL (GET: /v1/nothing).' } },
    })
  })

  test('finds nothing of another account or of the other mode', async () => {
    const { simulator, merchant } = stripeTest()
    const { id } = await merchant.open('mine')
    for (const key of ['sk_test_somebody', LIVE_KEY]) {
      expect(await new StripeMerchant(simulator, key).get(`/checkout/sessions/${id}`)).toMatchObject({
        status: 404,
        body: { error: { code: 'resource_missing', message: `No such checkout.session: ${id}`, param: 'session' } },
      })
    }
  })
})

describe('a new session', () => {
  test('is open and unpaid, has a page, and no PaymentIntent yet', async () => {
    const { merchant } = stripeTest()
    const session = await merchant.open('new', { metadata: { order: '42' }, customer_email: 'yaa@customer.example' })
    expect(session).toMatchObject({
      status: 'open',
      payment_status: 'unpaid',
      payment_intent: null,
      amount_total: 4500,
      currency: 'usd',
      client_reference_id: 'new',
      metadata: { order: '42' },
      created: START,
      expires_at: START + 24 * 3600,
      livemode: false,
      payment_method_types: ['card'],
      customer_email: 'yaa@customer.example',
      ui_mode: 'hosted_page',
    })
    expect(session.id).toMatch(/^cs_test_\w+$/)
    expect(session.url).toMatch(new RegExp(`^${BASE_URL}/c/pay/${session.id}#\\w+$`))
  })

  test('of a live key says so', async () => {
    const { merchant } = stripeTest(LIVE_KEY)
    expect(await merchant.open('live')).toMatchObject({ id: expect.stringMatching(/^cs_live_/), livemode: true })
  })

  test('adds up its items', async () => {
    const { merchant } = stripeTest()
    const line_items = [item('usd', 1000, 3), item('usd', 1000)]
    expect(await merchant.open('sum', { line_items })).toMatchObject({ amount_total: 4000 })
    const mixed = { ...ORDER, line_items: [item('usd', 1000), item('eur', 1000)] }
    expect(await merchant.refusal('/checkout/sessions', mixed)).toMatchObject({ param: 'line_items' })
  })

  test.each([
    { after: 30 * 60 - 1, refused: /must be at least 30 minutes/ },
    { after: 30 * 60, refused: null },
    { after: 24 * 3600, refused: null },
    { after: 24 * 3600 + 1, refused: /must be less than 24 hours/ },
  ])('may expire after $after seconds: refused with $refused', async ({ after, refused }) => {
    const { merchant } = stripeTest()
    const answer = await merchant.post('/checkout/sessions', { ...ORDER, expires_at: START + after })
    expect(answer.status).toBe(refused === null ? 200 : 400)
    if (refused !== null) expect(JSON.stringify(answer.body)).toMatch(refused)
  })

  test.each([
    { currency: 'usd', amount: 49, code: 'amount_too_small' },
    { currency: 'usd', amount: 50, code: null },
    { currency: 'gbp', amount: 29, code: 'amount_too_small' },
    { currency: 'jpy', amount: 49, code: 'amount_too_small' },
    { currency: 'jpy', amount: 50, code: null },
    { currency: 'usd', amount: 99_999_999, code: null },
    { currency: 'usd', amount: 100_000_000, code: 'amount_too_large' },
    { currency: 'usd', amount: Number.MAX_SAFE_INTEGER, code: 'amount_too_large' },
    { currency: 'inr', amount: 999_999_999, code: null },
    { currency: 'idr', amount: 1_000_000_000_000, code: 'amount_too_large' },
    { currency: 'xof', amount: 655, code: null },
    { currency: 'kwd', amount: 5000, code: null },
    { currency: 'kwd', amount: 5001, code: undefined },
    { currency: 'ugx', amount: 500_000, code: null },
    { currency: 'ugx', amount: 500_050, code: 'invalid_charge_amount_no_decimal_compatible' },
    { currency: 'isk', amount: 50_001, code: 'invalid_charge_amount_no_decimal_compatible' },
    { currency: 'twd', amount: 1234, code: null },
  ])('of $amount $currency: $code', async ({ currency, amount, code }) => {
    const { merchant } = stripeTest()
    const { status, body } = await merchant.post('/checkout/sessions', orderOf(currency, amount))
    if (code === null) expect({ status, body }).toMatchObject({ status: 200, body: { amount_total: amount, currency } })
    else expect({ status, body }).toMatchObject({ status: 400, body: { error: { type: 'invalid_request_error' } } })
    if (typeof code === 'string') expect(body).toMatchObject({ error: { code } })
  })

  test('is told how much is too little', async () => {
    const { merchant } = stripeTest()
    expect(await merchant.refusal('/checkout/sessions', orderOf('usd', 20))).toMatchObject({
      message: "The Checkout Session's total amount due must add up to at least $0.50 usd",
    })
  })

  test('offers what the filter leaves, and is refused when that is nothing', async () => {
    const { merchant } = stripeTest()
    const euros = orderOf('eur', 900)
    expect((await merchant.post('/checkout/sessions', euros)).body).toMatchObject({
      payment_method_types: ['card', 'sepa_debit'],
    })
    const filtered = { ...euros, allowed_payment_method_types: ['card'] }
    expect((await merchant.post('/checkout/sessions', filtered)).body).toMatchObject({ payment_method_types: ['card'] })
    const impossible = { ...ORDER, allowed_payment_method_types: ['sepa_debit'] }
    expect(await merchant.refusal('/checkout/sessions', impossible)).toMatchObject({
      param: 'allowed_payment_method_types',
    })
  })
})

describe('what is not there', () => {
  test.each([
    { path: '/checkout/sessions/cs_x', message: 'No such checkout.session: cs_x', param: 'session' },
    { path: '/payment_intents/pi_x', message: "No such payment_intent: 'pi_x'", param: 'intent' },
    { path: '/charges/ch_x', message: "No such charge: 'ch_x'", param: 'id' },
    { path: '/refunds/re_x', message: "No such refund: 're_x'", param: 'refund' },
    { path: '/events/evt_x', message: "No such event: 'evt_x'", param: 'id' },
  ])('$path', async ({ path, message, param }) => {
    const { merchant } = stripeTest()
    expect(await merchant.get(path)).toMatchObject({
      status: 404,
      body: { error: { type: 'invalid_request_error', code: 'resource_missing', message, param } },
    })
  })
})

test('the simulator stands at the root of a host as well', async () => {
  const simulator = createStripeSimulator(createStripeWorld(), { baseUrl: 'https://stripe.example' })
  const headers = { authorization: `Bearer ${KEY}` }
  const body = form(ORDER)
  const request = new Request('https://stripe.example/v1/checkout/sessions', { method: 'POST', headers, body })
  expect(await (await simulator.fetch(request)).json()).toMatchObject({
    url: expect.stringMatching(/^https:\/\/stripe\.example\/c\/pay\/cs_test_/),
  })
})
