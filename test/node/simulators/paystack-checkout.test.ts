/** The hosted page: what payers can do on it, and what the transaction reads meanwhile. */
import { describe, expect, test } from 'vitest'
import { BASE_URL, KEY, LIVE_KEY, type PaystackTest, paystackTest } from './world.ts'

const PIN_CARD = '507850785078507812'

async function pageOf({ simulator }: PaystackTest, url: string): Promise<string> {
  const response = await simulator.fetch(new Request(url))
  expect(response.headers.get('content-type')).toMatch('text/html')
  return response.text()
}

/** Presses a button of the page's form. Returns where the browser is sent. */
async function press({ simulator }: PaystackTest, url: string, fields: Record<string, string>): Promise<string | null> {
  const response = await simulator.fetch(new Request(url, { method: 'POST', body: new URLSearchParams(fields) }))
  expect(response.status).toBe(303)
  return response.headers.get('location')
}

test('the page shows merchant, payer and amount, and escapes all of it', async () => {
  const setup = paystackTest()
  setup.simulator.control.configureAccount(KEY, { businessName: '<script>alert(1)</script> & Sons' })
  const { url } = await setup.merchant.open('page', { amount: 123_456_789, email: '"><img@customer.example' })
  const page = await pageOf(setup, url)
  expect(page).toContain('NGN 1,234,567.89')
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; Sons')
  expect(page).toContain('&quot;&gt;&lt;img@customer.example')
  expect(page).not.toMatch(/<script|<img|https?:\/\/(?!paystack\.example)/)
  expect(page).toContain('test mode')
})

test('XOF is shown without decimals', async () => {
  const setup = paystackTest()
  const { url } = await setup.merchant.open('francs', { currency: 'XOF', amount: 50_000 })
  expect(await pageOf(setup, url)).toContain('XOF 500<')
})

test('an unknown page is 404', async () => {
  const { simulator } = paystackTest()
  expect((await simulator.fetch(new Request(`${BASE_URL}/checkout/nobody`))).status).toBe(404)
})

test('paying on the page succeeds and leads back with the reference under both names', async () => {
  const setup = paystackTest()
  const { url } = await setup.merchant.open('shop-1', { callback_url: 'https://shop.example/return' })
  const location = await press(setup, url, { act: 'pay', method: '4084084084084081' })
  expect(location).toBe('https://shop.example/return?trxref=shop-1&reference=shop-1')
  expect(await setup.merchant.verify('shop-1')).toMatchObject({
    status: 'success',
    gateway_response: 'Successful',
    channel: 'card',
    paid_at: '2026-11-24T10:00:00.000Z',
    authorization: { last4: '4081', bin: '408408' },
  })
  expect(await pageOf(setup, url)).toContain('Payment successful')
})

test.each([
  { callback: 'https://shop.example/r', back: 'https://shop.example/r?trxref=r&reference=r' },
  { callback: 'https://shop.example/r?order=7', back: 'https://shop.example/r?order=7&trxref=r&reference=r' },
  { callback: 'https://shop.example/r?', back: 'https://shop.example/r?trxref=r&reference=r' },
  { callback: 'https://shop.example/r?a=%20b#top', back: 'https://shop.example/r?a=%20b&trxref=r&reference=r#top' },
])('$callback is left whole when the reference is added', async ({ callback, back }) => {
  const setup = paystackTest()
  const { url } = await setup.merchant.open('r', { callback_url: callback })
  expect(await press(setup, url, { act: 'pay', method: '4084084084084081' })).toBe(back)
})

test('the callback of the Dashboard serves where initialize names none', async () => {
  const setup = paystackTest()
  setup.simulator.control.configureAccount(KEY, { callbackUrl: 'https://shop.example/default' })
  const { url } = await setup.merchant.open('d')
  const location = await press(setup, url, { act: 'pay', method: '4084084084084081' })
  expect(location).toBe('https://shop.example/default?trxref=d&reference=d')
})

test('with neither callback the payer stays on the page', async () => {
  const setup = paystackTest()
  const { url } = await setup.merchant.open('stay')
  expect(await press(setup, url, { act: 'pay', method: '4084084084084081' })).toBe(url)
})

test('declining leaves the transaction abandoned, with the reason, and still payable', async () => {
  const setup = paystackTest()
  const { url } = await setup.merchant.open('declined')
  expect(await press(setup, url, { act: 'decline' })).toBe(url)
  expect(await setup.merchant.verify('declined')).toMatchObject({
    status: 'abandoned',
    gateway_response: 'Declined',
    message: 'Declined',
  })
  expect(await pageOf(setup, url)).toContain('Declined. You can try again.')
  await press(setup, url, { act: 'pay', method: '4084084084084081' })
  expect(await setup.merchant.verify('declined')).toMatchObject({
    status: 'success',
    message: null,
    log: { attempts: 2, errors: 1 },
  })
})

test('walking away changes nothing, and leads to the cancel_action of the metadata', async () => {
  const setup = paystackTest()
  const { url } = await setup.merchant.open('away', { metadata: { cancel_action: 'https://shop.example/cart' } })
  expect(await press(setup, url, { act: 'walk-away' })).toBe('https://shop.example/cart')
  const plain = await setup.merchant.open('away-2')
  const left = await press(setup, plain.url, { act: 'walk-away' })
  expect(await pageOf(setup, left ?? '')).toContain('You have left the payment')
  expect((await setup.merchant.verify('away')).status).toBe('abandoned')
})

describe('every test card does what Paystack says of it', () => {
  test.each([
    { card: '4084084084084081', answers: {}, ends: 'success', says: 'Successful' },
    { card: '507850785078507812', answers: { pin: '1111' }, ends: 'success', says: 'Successful' },
    { card: '5060666666666666666', answers: { pin: '1234', otp: '123456' }, ends: 'success', says: 'Successful' },
    {
      card: '507850785078507804',
      answers: { pin: '0000', phone: '08000000000', otp: '123456' },
      ends: 'success',
      says: 'Successful',
    },
    { card: '5192602720584796', answers: { bank_page: 'yes' }, ends: 'success', says: 'Successful' },
    { card: '4084080000005408', answers: {}, ends: 'abandoned', says: 'Declined' },
    { card: '4084080000670037', answers: {}, ends: 'abandoned', says: 'Insufficient Funds' },
    {
      card: '507850785078507853',
      answers: { pin: '0000' },
      ends: 'failed',
      says: 'Token Not Generated. Customer Not Registered on Token Platform',
    },
    { card: '507850785078507812', answers: { pin: '9999' }, ends: 'failed', says: 'Incorrect PIN' },
    { card: '5060666666666666666', answers: { pin: '1234', otp: '000000' }, ends: 'failed', says: 'Incorrect OTP' },
  ])('$card with $answers ends $ends', async ({ card, answers, ends, says }) => {
    const { simulator, merchant } = paystackTest()
    await merchant.open('card')
    simulator.control.pay({ reference: 'card' }, { method: card, ...answers })
    expect(await merchant.verify('card')).toMatchObject({ status: ends, gateway_response: says })
  })
})

describe('what the transaction reads while the payer is asked', () => {
  test.each([
    { step: 'a PIN', currency: 'NGN', method: PIN_CARD, reads: 'abandoned', answer: { pin: '1111' } },
    { step: 'an OTP', currency: 'NGN', method: '50211-+2348100000000', reads: 'ongoing', answer: { otp: '123456' } },
    {
      step: 'the bank page',
      currency: 'NGN',
      method: '5192602720584796',
      reads: 'ongoing',
      answer: { bank_page: 'yes' },
    },
    { step: 'a transfer', currency: 'NGN', method: 'bank_transfer', reads: 'ongoing', answer: { transfer: 'exact' } },
    { step: 'the phone', currency: 'GHS', method: 'mobile_money', reads: 'pending', answer: { approval: 'yes' } },
  ])('$step: $reads', async ({ currency, method, reads, answer }) => {
    const setup = paystackTest()
    const { url } = await setup.merchant.open('step', { currency })
    await press(setup, url, { act: 'pay', method })
    expect((await setup.merchant.verify('step')).status).toBe(reads)
    await press(setup, url, { act: 'pay', ...answer })
    expect((await setup.merchant.verify('step')).status).toBe('success')
  })
})

test('the page asks step by step and says what the test data is', async () => {
  const setup = paystackTest()
  const { url } = await setup.merchant.open('steps')
  await press(setup, url, { act: 'pay', method: '507850785078507804' })
  expect(await pageOf(setup, url)).toContain('Enter your card PIN')
  await press(setup, url, { act: 'pay', pin: ' 0000 ' })
  expect(await pageOf(setup, url)).toContain('Enter your phone number')
  await press(setup, url, { act: 'pay', phone: '0800 000 0000' })
  expect(await pageOf(setup, url)).toContain('The test code is 123456.')
})

test('declining after a first step leaves the transaction failed', async () => {
  const setup = paystackTest()
  const { url } = await setup.merchant.open('phone', { currency: 'GHS' })
  await press(setup, url, { act: 'pay', method: 'mobile_money' })
  await press(setup, url, { act: 'decline' })
  expect((await setup.merchant.verify('phone')).status).toBe('failed')
})

test('a failed payment can be tried again, or not by switch', async () => {
  const { simulator, merchant } = paystackTest()
  const fail = async (reference: string) => {
    await merchant.open(reference)
    simulator.control.pay({ reference }, { method: PIN_CARD, pin: '9999' })
  }
  await fail('again')
  expect(simulator.control.pay({ reference: 'again' }, { method: '4084084084084081' })).toEqual({ kind: 'paid' })
  simulator.control.setFault({ kind: 'failed_is_final' })
  await fail('dead')
  expect(simulator.control.pay({ reference: 'dead' }, { method: '4084084084084081' }).kind).toBe('refused')
  expect((await merchant.verify('dead')).status).toBe('failed')
})

test('a paid transaction is paid once', async () => {
  const { world, simulator, merchant } = paystackTest()
  await merchant.open('once')
  simulator.control.pay({ reference: 'once' })
  simulator.control.pay({ reference: 'once' })
  simulator.control.decline({ reference: 'once' })
  await simulator.deliverDueWebhooks()
  expect((await merchant.verify('once')).status).toBe('success')
  expect(world.inbox.map(({ event }) => event)).toEqual(['charge.success'])
})

test('channels and currency decide which methods the page offers', async () => {
  const setup = paystackTest(LIVE_KEY)
  const { url } = await setup.merchant.open('transfer-only', { channels: ['bank_transfer'] })
  const page = await pageOf(setup, url)
  expect(page).toContain('live mode')
  expect(page.match(/name="method"/g)).toHaveLength(1)
  const refused = setup.simulator.control.pay({ reference: 'transfer-only' }, { method: '4084084084084081' })
  expect(refused).toEqual({ kind: 'refused', reason: 'This payment method is not available' })
})

test('a transfer of a wrong amount is given back and told, and the payment goes on waiting', async () => {
  const { world, simulator, merchant } = paystackTest()
  await merchant.open('transfer')
  simulator.control.pay({ reference: 'transfer' }, { method: 'bank_transfer', transfer: '140000' })
  expect((await merchant.verify('transfer')).status).toBe('ongoing')
  await simulator.deliverDueWebhooks()
  const { id } = await merchant.verify('transfer')
  expect(world.inbox).toMatchObject([
    {
      event: 'bank.transfer.rejected',
      data: { bank_transfer: { amount: '140000', message_type: 'INCORRECT_AMOUNT', transaction_id: String(id) } },
    },
  ])
})
