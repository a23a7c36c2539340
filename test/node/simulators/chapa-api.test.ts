/** The API: keys, verify in both dialects, cancel, and what a merchant looks up. */
import { describe, expect, test } from 'vitest'
import { BASE_URL, ChapaMerchant, chapaTest, KEY, LIVE_KEY, paidPayment } from './chapa-world.ts'
import { MINUTE_MS } from './world.ts'

const failed = (message: unknown) => ({ message, status: 'failed', data: null })

describe('the key', () => {
  test.each([
    { authorization: undefined, says: 'Authorization required' },
    { authorization: 'Basic abc', says: 'Authorization required' },
    { authorization: 'Bearer CHAPUBK_TEST-selam', says: "Invalid API Key or User doesn't exist" },
    { authorization: 'Bearer anything', says: "Invalid API Key or User doesn't exist" },
  ])('$authorization is 401: $says', async ({ authorization, says }) => {
    const { simulator } = chapaTest()
    const headers = authorization === undefined ? {} : { authorization }
    const answer = await simulator.fetch(new Request(`${BASE_URL}/v1/currency_supported`, { headers }))
    expect(answer.status).toBe(401)
    expect(await answer.json()).toEqual(failed(says))
  })

  test('any secret key opens an account on first use, unless accounts are strict', async () => {
    const { simulator } = chapaTest()
    const status = async () => {
      const answer = await new ChapaMerchant(simulator, 'CHASECK-new').call('GET', '/v1/currency_supported')
      return answer.status
    }
    simulator.control.setStrictAccounts(true)
    expect(await status()).toBe(401)
    simulator.control.setStrictAccounts(false)
    expect(await status()).toBe(200)
  })

  test('an unknown path is 404', async () => {
    const { merchant } = chapaTest()
    expect((await merchant.call('GET', '/v1/transaction/initialize')).status).toBe(404)
  })
})

describe('verify', () => {
  test('measured: an untouched payment is 200 and pending, with nothing about how it is paid', async () => {
    const { merchant } = chapaTest()
    await merchant.open('waiting', { meta: { order: 7 } })
    expect(await merchant.verifyAnswer('waiting')).toMatchObject({
      status: 200,
      body: {
        message: 'Payment details fetched successfully',
        status: 'success',
        data: {
          ...{ status: 'pending', amount: 350, currency: 'ETB', mode: 'test', tx_ref: 'waiting', type: 'Unknown' },
          ...{ reference: null, method: null, charge: null, email: null, meta: { order: 7 } },
          created_at: '2026-11-24T10:00:00.000000Z',
        },
      },
    })
  })

  test('documented: an untouched payment is 404 without a status', async () => {
    const { simulator, merchant } = chapaTest()
    simulator.control.configureAccount(KEY, { verifyDialect: 'documented' })
    await merchant.open('waiting')
    expect(await merchant.verifyAnswer('waiting')).toMatchObject({
      status: 404,
      body: { message: 'Payment not paid yet', status: null, data: null },
    })
  })

  test.each([
    { verifyDialect: 'measured', status: 400, says: 'Invalid transaction reference' },
    { verifyDialect: 'documented', status: 404, says: 'Invalid transaction or Transaction not found' },
  ] as const)('$verifyDialect: an unknown reference is $status', async ({ verifyDialect, status, says }) => {
    const { simulator, merchant } = chapaTest()
    simulator.control.configureAccount(KEY, { verifyDialect })
    expect(await merchant.verifyAnswer('nobody')).toMatchObject({ status, body: failed(says) })
  })

  test.each([
    { verifyDialect: 'measured', word: 'failed/cancelled' },
    { verifyDialect: 'documented', word: 'failed' },
  ] as const)('$verifyDialect: a failed try reads $word', async ({ verifyDialect, word }) => {
    const { simulator, merchant } = chapaTest()
    simulator.control.configureAccount(KEY, { verifyDialect })
    await merchant.open('declined')
    simulator.control.decline({ reference: 'declined' })
    expect(await merchant.verify('declined')).toMatchObject({
      ...{ status: word, charge: null },
      reference: expect.stringMatching(/^AP\w{10}$/),
    })
  })

  test('a paid payment has numbers for amount and fee, and Chapa’s reference', async () => {
    const { simulator, merchant } = chapaTest()
    await merchant.open('paid', { amount: '10.50' })
    simulator.control.pay({ reference: 'paid' })
    expect(await merchant.verifyAnswer('paid')).toMatchObject({
      status: 200,
      body: {
        message: 'Payment details',
        data: {
          ...{ status: 'success', amount: 10.5, charge: 0.32, method: 'telebirr', type: 'API' },
          reference: expect.stringMatching(/^AP\w{10}$/),
        },
      },
    })
  })

  test('a key of the other mode is 401, and a stranger’s of the other mode finds nothing', async () => {
    const { simulator, merchant } = chapaTest()
    await merchant.open('mine')
    const text = expect.stringContaining('be used to verify a')
    const live = new ChapaMerchant(simulator, LIVE_KEY)
    expect(await live.verifyAnswer('mine')).toMatchObject({ status: 401, body: failed(text) })
    const stranger = new ChapaMerchant(simulator, 'CHASECK-stranger')
    expect((await stranger.verifyAnswer('mine')).status).toBe(400)
  })
})

describe('cancel', () => {
  test('answers once with the link’s amount as text; verify goes on to say pending', async () => {
    const { merchant } = chapaTest()
    await merchant.open('dropped')
    expect(await merchant.cancel('dropped')).toMatchObject({
      status: 200,
      body: {
        message: 'Checkout link expired successfully',
        status: 'success',
        data: { tx_ref: 'dropped', amount: '350.00', currency: 'ETB' },
      },
    })
    expect((await merchant.verify('dropped')).status).toBe('pending')
    const expired = { status: 400, body: failed('Payment link already expired') }
    expect(await merchant.cancel('dropped')).toMatchObject(expired)
    expect(await merchant.cancel('nobody')).toMatchObject({ status: 404, body: failed('Payment link not found') })
  })

  test('a paid payment is no longer there to be cancelled', async () => {
    const setup = chapaTest()
    await paidPayment(setup, 'paid')
    expect((await setup.merchant.cancel('paid')).status).toBe(400)
    expect((await setup.merchant.verify('paid')).status).toBe('success')
  })
})

describe('what a merchant looks up', () => {
  test('the list has what was tried, newest first, ten a page, three decimals, and never our reference', async () => {
    const setup = chapaTest()
    for (let number = 1; number <= 12; number++) await paidPayment(setup, `listed-${number}`)
    await setup.merchant.open('untouched')
    const { reference } = await setup.merchant.verify('listed-12')
    const url = (page: number) => `${BASE_URL}/v1/transactions?page=${page}`
    const first = await setup.merchant.call('GET', '/v1/transactions')
    expect(first.body).toMatchObject({
      data: {
        transactions: expect.toSatisfy((rows: unknown[]) => rows.length === 10),
        pagination: { current_page: 1, per_page: 10, next_page_url: url(2), prev_page_url: null },
      },
    })
    expect(first.body).toHaveProperty('data.transactions.0', {
      ...{ status: 'success', ref_id: reference, type: 'API', created_at: '2026-11-24T10:00:00.000000Z' },
      ...{ currency: 'ETB', amount: '350.000', charge: '10.500', trans_id: null, payment_method: 'telebirr' },
      customer: { id: expect.any(Number), email: null, first_name: null, last_name: null, mobile: '0900123456' },
    })
    expect(JSON.stringify(first.body)).not.toContain('listed-')
    expect((await setup.merchant.call('GET', '/v1/transactions?page=2')).body).toMatchObject({
      data: {
        transactions: expect.toSatisfy((rows: unknown[]) => rows.length === 2),
        pagination: { current_page: 2, first_page_url: url(1), next_page_url: null, prev_page_url: url(1) },
      },
    })
  })

  test('the log of a payment is found by Chapa’s reference', async () => {
    const setup = chapaTest()
    await setup.merchant.open('logged')
    setup.simulator.control.decline({ reference: 'logged' })
    setup.world.advance(MINUTE_MS)
    setup.simulator.control.pay({ reference: 'logged' })
    const { reference } = await setup.merchant.verify('logged')
    expect((await setup.merchant.call('GET', `/v1/transaction/events/${reference}`)).body).toMatchObject({
      status: 'success',
      data: [
        { item: 1, type: 'log', message: expect.any(String), created_at: '2026-11-24T10:00:00.000000Z' },
        { item: 2, type: 'error' },
        { item: 3, type: 'log' },
        { item: 4, type: 'log', created_at: '2026-11-24T10:01:00.000000Z' },
      ],
    })
    expect((await setup.merchant.call('GET', '/v1/transaction/events/APnobody')).status).toBe(404)
  })

  test('currencies have no envelope, and banks no status', async () => {
    const { merchant } = chapaTest()
    expect((await merchant.call('GET', '/v1/currency_supported')).body).toEqual({
      ...{ status: 'success', currency_code: [1, 2], currency_name: ['ETB', 'USD'] },
    })
    const { body } = await merchant.call('GET', '/v1/banks')
    expect(body).not.toHaveProperty('status')
    expect(body).toMatchObject({
      data: expect.arrayContaining([expect.objectContaining({ id: 855, slug: 'telebirr' })]),
    })
  })

  test('a balance is what was paid less the fees, which a refund doesn’t bring back', async () => {
    const setup = chapaTest(LIVE_KEY)
    const reference = await paidPayment(setup, 'earned')
    const balance = (etb: number) => ({ currency: 'ETB', available_balance: etb, ledger_balance: etb })
    const read = async (path: string) => (await setup.merchant.call('GET', `/v1/balances${path}`)).body
    expect(await read('/etb')).toMatchObject({ data: [balance(339.5)] })
    await setup.merchant.refund(reference)
    expect(await read('')).toMatchObject({ data: [balance(-10.5), { currency: 'USD', available_balance: 0 }] })
    expect((await setup.merchant.call('GET', '/v1/balances/kes')).status).toBe(404)
  })
})
