/** What Paystack accepts and refuses at initialize, verify and the transaction lists. */
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createPaystackSimulator } from '../../../local/simulators/paystack/index.ts'
import { BASE_URL, createTestWorld, HOUR_MS, KEY, LIVE_KEY, Merchant, MINUTE_MS, paystackTest } from './world.ts'

const error = (message: string, code: string) => ({
  status: false,
  message,
  code,
  type: 'validation_error',
  meta: { nextStep: expect.any(String) },
})

test('initialize gives a page, an access code and the reference that was sent', async () => {
  const { merchant } = paystackTest()
  const answer = await merchant.initialize({ amount: 150_000, reference: 'pb-1.a=b_c' })
  expect(answer).toMatchObject({ status: 200, body: { status: true, message: 'Authorization URL created' } })
  expect(answer.body).toEqual({
    status: true,
    message: 'Authorization URL created',
    data: {
      authorization_url: expect.stringMatching(`^${BASE_URL}/checkout/[a-z0-9]{15}$`),
      access_code: expect.stringMatching(/^[a-z0-9]{15}$/),
      reference: 'pb-1.a=b_c',
    },
  })
})

test('a form is read like JSON', async () => {
  const { simulator, merchant } = paystackTest()
  const form = new URLSearchParams({
    email: 'kofi@customer.example',
    amount: '5000',
    reference: 'form-1',
    currency: 'NGN',
  })
  form.append('channels[]', 'bank_transfer')
  const headers = { authorization: `Bearer ${KEY}` }
  const request = new Request(`${BASE_URL}/transaction/initialize`, { method: 'POST', headers, body: form })
  expect((await simulator.fetch(request)).status).toBe(200)
  expect(await merchant.verify('form-1')).toMatchObject({ amount: 5000, currency: 'NGN' })
  expect(simulator.control.payment({ reference: 'form-1' }).channels).toEqual(['bank_transfer'])
})

test.each([
  { name: 'an integer', amount: 5000, is: 5000 },
  { name: 'digits', amount: '5000', is: 5000 },
  { name: 'one subunit in test mode', amount: 1, is: 1 },
])('$name is an amount', async ({ amount, is }) => {
  const { merchant } = paystackTest()
  await merchant.open('amount-1', { amount })
  expect((await merchant.verify('amount-1')).amount).toBe(is)
})

test.each([
  { name: 'a fraction', fields: { amount: 100.5 }, body: error('"amount" must be an integer', 'invalid_params') },
  { name: 'decimal text', fields: { amount: '100.50' }, body: error('"amount" must be an integer', 'invalid_params') },
  { name: 'zero', fields: { amount: 0 }, body: error('Invalid Amount Sent', 'invalid_amount') },
  { name: 'a negative amount', fields: { amount: -1 }, body: error('Invalid Amount Sent', 'invalid_amount') },
  { name: 'no amount', fields: { amount: undefined }, body: error('Invalid Amount Sent', 'invalid_amount') },
  { name: 'no e-mail', fields: { email: undefined }, body: error('email is required', 'missing_params') },
  {
    name: 'a bad e-mail',
    fields: { email: 'kofi' },
    body: error('Invalid Email Address Passed', 'invalid_email_address'),
  },
  {
    name: 'a blank in the reference',
    fields: { reference: 'pb 1' },
    body: error('Invalid character in transaction reference', 'invalid_params'),
  },
  {
    name: 'a currency that the account does not take',
    fields: { currency: 'RWF' },
    body: error('Currency not supported by merchant', 'unsupported_currency'),
  },
  {
    name: 'a return URL that is no web address',
    fields: { callback_url: 'javascript:alert(1)' },
    body: error('"callback_url" must be a valid uri', 'invalid_params'),
  },
])('initialize refuses $name with 400', async ({ fields, body }) => {
  const { merchant } = paystackTest()
  expect(await merchant.initialize({ amount: 5000, reference: 'pb-1', ...fields })).toMatchObject({ status: 400, body })
})

test('a body that is not JSON is refused with 400', async () => {
  const { simulator } = paystackTest()
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }
  const request = new Request(`${BASE_URL}/transaction/initialize`, { method: 'POST', headers, body: '{"email"' })
  expect((await simulator.fetch(request)).status).toBe(400)
})

test('live mode keeps to the documented minimum', async () => {
  const { merchant } = paystackTest(LIVE_KEY)
  expect((await merchant.initialize({ amount: 4999, reference: 'live-1' })).status).toBe(400)
  expect((await merchant.initialize({ amount: 5000, reference: 'live-1' })).status).toBe(200)
})

test('XOF counts in hundredths, and a fraction of a franc is ignored without a word', async () => {
  const { merchant } = paystackTest()
  await merchant.open('xof-1', { currency: 'XOF', amount: 50_050 })
  expect(await merchant.verify('xof-1')).toMatchObject({ amount: 50_000, requested_amount: 50_000 })
})

test('a reference is used up for ever, paid or not, whatever the amount', async () => {
  const { world, simulator, merchant } = paystackTest()
  await merchant.open('once')
  world.advance(1000 * HOUR_MS)
  const duplicate = { status: 400, body: error('Duplicate Transaction Reference', 'duplicate_reference') }
  expect(await merchant.initialize({ amount: 7000, reference: 'once' })).toMatchObject(duplicate)
  simulator.control.pay({ reference: 'once' })
  expect(await merchant.initialize({ amount: 150_000, reference: 'once' })).toMatchObject(duplicate)
})

test.each([
  { name: 'no key', authorization: undefined },
  { name: 'a public key', authorization: 'Bearer pk_test_ama' },
  { name: 'another scheme', authorization: `Basic ${KEY}` },
])('$name is 401 invalid_Key', async ({ authorization }) => {
  const { simulator } = paystackTest()
  const headers = new Headers(authorization === undefined ? {} : { authorization })
  const response = await simulator.fetch(new Request(`${BASE_URL}/transaction/verify/x`, { headers }))
  expect(response.status).toBe(401)
  expect(await response.json()).toMatchObject(error('Invalid key', 'invalid_Key'))
})

test('with strict accounts, a key that was not configured is unknown', async () => {
  const { simulator, merchant } = paystackTest()
  const other = new Merchant(simulator, 'sk_test_other')
  expect((await other.initialize({ amount: 5000 })).status).toBe(200)
  simulator.control.setStrictAccounts(true)
  expect((await new Merchant(simulator, 'sk_test_third').initialize({ amount: 5000 })).status).toBe(401)
  expect((await merchant.initialize({ amount: 5000 })).status).toBe(200)
})

test('test and live never meet', async () => {
  const { simulator, merchant } = paystackTest()
  const live = new Merchant(simulator, LIVE_KEY)
  await merchant.open('both')
  expect((await live.call('GET', '/transaction/verify/both')).status).toBe(400)
  await live.open('both', { amount: 90_000 })
  expect(await merchant.verify('both')).toMatchObject({ domain: 'test', amount: 150_000 })
  expect(await live.verify('both')).toMatchObject({ domain: 'live', amount: 90_000 })
})

test('verify answers 200 for every known reference, abandoned from the first moment', async () => {
  const { merchant } = paystackTest()
  await merchant.open('known')
  const answer = await merchant.call('GET', '/transaction/verify/known')
  expect(answer).toMatchObject({ status: 200, body: { status: true, message: 'Verification successful' } })
  expect(await merchant.verify('known')).toMatchObject({
    status: 'abandoned',
    paid_at: null,
    paidAt: null,
    created_at: '2026-11-24T10:00:00.000Z',
    createdAt: '2026-11-24T10:00:00.000Z',
    authorization: {},
    log: null,
    metadata: '',
  })
  expect((await merchant.verify('known')).id).toBeGreaterThan(2 ** 32)
})

test('a reference is percent-decoded', async () => {
  const { merchant } = paystackTest()
  await merchant.open('a=b')
  expect((await merchant.call('GET', '/transaction/verify/a%3Db')).status).toBe(200)
})

test('an unknown reference is 400, or 404 by switch; the code is the same', async () => {
  const { simulator, merchant } = paystackTest()
  const body = error('Transaction reference not found.', 'transaction_not_found')
  expect(await merchant.call('GET', '/transaction/verify/nobody')).toMatchObject({ status: 400, body })
  simulator.control.setFault({ kind: 'unknown_reference_404' })
  expect(await merchant.call('GET', '/transaction/verify/nobody')).toMatchObject({ status: 404, body })
})

test('a transaction is fetched by its number only', async () => {
  const { merchant } = paystackTest()
  await merchant.open('by-number')
  const { id } = await merchant.verify('by-number')
  expect(await merchant.call('GET', `/transaction/${id}`)).toMatchObject({ status: 200, body: { data: { id } } })
  expect(await merchant.call('GET', '/transaction/by-number')).toMatchObject({
    status: 400,
    body: { message: 'Transaction ID should be numeric.' },
  })
  expect(await merchant.call('GET', '/transaction/1')).toMatchObject({
    status: 404,
    body: { message: 'Transaction not found' },
  })
})

test('the timeline is found by number and by reference', async () => {
  const { simulator, merchant } = paystackTest()
  await merchant.open('steps')
  simulator.control.pay({ reference: 'steps' })
  const { id } = await merchant.verify('steps')
  for (const name of [id, 'steps']) {
    const { body } = await merchant.call('GET', `/transaction/timeline/${name}`)
    expect(body).toMatchObject({
      data: { attempts: 1, errors: 0, success: true, history: [{ type: 'action' }, { type: 'success' }] },
    })
  }
  expect((await merchant.call('GET', '/transaction/timeline/nobody')).status).toBe(404)
})

test('the list is newest first, filtered and paged', async () => {
  const { world, simulator, merchant } = paystackTest()
  for (const reference of ['l-1', 'l-2', 'l-3', 'l-4', 'l-5']) {
    await merchant.open(reference, { amount: reference === 'l-2' ? 7000 : 5000 })
    world.advance(MINUTE_MS)
  }
  simulator.control.pay({ reference: 'l-3' })
  const customer = simulator.control.payment({ reference: 'l-1' }).customer
  const list = async (query: string) => (await merchant.call('GET', `/transaction?${query}`)).body
  const rows = (...references: string[]) => ({
    data: references.map((reference) => expect.objectContaining({ reference })),
  })

  expect(await list('')).toMatchObject(rows('l-5', 'l-4', 'l-3', 'l-2', 'l-1'))
  expect(await list('perPage=2&page=2')).toMatchObject({
    ...rows('l-3', 'l-2'),
    meta: { total: 5, skipped: 2, perPage: 2, page: 2, pageCount: 3 },
  })
  expect(await list('status=success')).toMatchObject(rows('l-3'))
  expect(await list('amount=7000')).toMatchObject(rows('l-2'))
  expect(await list('from=2026-11-24T10:03:00Z')).toMatchObject(rows('l-5', 'l-4'))
  expect(await list('to=2026-11-24T10:00:30Z')).toMatchObject(rows('l-1'))
  expect(await list(`customer=${customer.id}&perPage=1`)).toMatchObject({ ...rows('l-5'), meta: { total: 5 } })
  expect(await list(`customer=${customer.code}`)).toMatchObject({ status: true, data: [] })
})

test('a cursor leads through the list and back', async () => {
  const { merchant } = paystackTest()
  for (const reference of ['c-1', 'c-2', 'c-3', 'c-4', 'c-5']) await merchant.open(reference)
  const cursorList = z.object({
    data: z.array(z.object({ reference: z.string() })),
    meta: z.object({ next: z.string().nullable(), previous: z.string().nullable(), perPage: z.number() }),
  })
  const list = async (query: Record<string, string>) => {
    const search = new URLSearchParams({ use_cursor: 'true', perPage: '2', ...query })
    const { data, meta } = cursorList.parse((await merchant.call('GET', `/transaction?${search}`)).body)
    return { references: data.map(({ reference }) => reference), ...meta }
  }
  const first = await list({})
  expect(first).toMatchObject({ references: ['c-5', 'c-4'], previous: null, perPage: 2 })
  const second = await list({ next: first.next ?? '' })
  expect(second.references).toEqual(['c-3', 'c-2'])
  const third = await list({ next: second.next ?? '' })
  expect(third).toMatchObject({ references: ['c-1'], next: null })
  expect(await list({ previous: third.previous ?? '' })).toEqual(second)
  expect(await list({ previous: second.previous ?? '' })).toEqual(first)
})

test('the session timeout is read and written, and closes the page', async () => {
  const { world, simulator, merchant } = paystackTest()
  const path = '/integration/payment_session_timeout'
  expect(await merchant.call('GET', path)).toMatchObject({ body: { data: { payment_session_timeout: 0 } } })
  expect(await merchant.call('PUT', path, { timeout: 600 })).toMatchObject({
    body: { data: { payment_session_timeout: 600 } },
  })
  await merchant.open('timed')
  world.advance(601_000)
  expect(simulator.control.pay({ reference: 'timed' })).toEqual({
    kind: 'refused',
    reason: 'Transaction cannot be completed. Session timeout exceeded.',
  })
  expect((await merchant.verify('timed')).status).toBe('abandoned')
})

test('a base URL may have a path, which every link then has', async () => {
  const baseUrl = 'http://127.0.0.1:9000/paystack'
  const simulator = createPaystackSimulator(createTestWorld(), { baseUrl: `${baseUrl}/` })
  const headers = { authorization: `Bearer ${KEY}` }
  const body = JSON.stringify({ email: 'kofi@customer.example', amount: 5000, reference: 'nested' })
  const opened = await simulator.fetch(
    new Request(`${baseUrl}/transaction/initialize`, { method: 'POST', headers, body }),
  )
  const link = z.object({ data: z.object({ authorization_url: z.string() }) }).parse(await opened.json())
    .data.authorization_url
  expect(link.startsWith(`${baseUrl}/checkout/`)).toBe(true)
  expect((await simulator.fetch(new Request(link))).status).toBe(200)
  expect((await simulator.fetch(new Request(`${baseUrl}/_control/payments/nested`))).status).toBe(200)
})

test('equal seeds make equal bodies', async () => {
  const run = async () => {
    const { simulator, merchant } = paystackTest()
    await merchant.open('same')
    simulator.control.pay({ reference: 'same' })
    return merchant.verify('same')
  }
  expect(await run()).toEqual(await run())
})
