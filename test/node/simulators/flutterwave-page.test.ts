/** The hosted page: what payers can do on it, where it sends them, and what the transactions read meanwhile. */
import { describe, expect, test } from 'vitest'
import { BASE_URL, flutterwaveTest, KEY, LIVE_KEY, pageOf, press } from './flutterwave-world.ts'
import { MINUTE_MS } from './world.ts'

const PLAIN_CARD = '5061460166976054667'
const PIN_CARD = '5531886652142950'
const RETURN = { redirect_url: 'https://shop.example/return' }

test('the page shows merchant, payer and amount, and escapes all of it', async () => {
  const setup = flutterwaveTest({ businessName: '<script>alert(1)</script> & Sons' })
  const url = await setup.merchant.open('page', {
    amount: 1_234_567.89,
    customer: { email: '"><img@customer.example' },
  })
  const page = await pageOf(setup, url)
  expect(page).toContain('NGN 1,234,567.89')
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; Sons')
  expect(page).toContain('&quot;&gt;&lt;img@customer.example')
  expect(page).not.toMatch(/<script|<img/)
  expect(page).toContain('test mode')
})

test('a currency without decimals is shown without, and the merchant’s title with it', async () => {
  const setup = flutterwaveTest({}, LIVE_KEY)
  const customizations = { title: 'Ama’s Bookshop' }
  const url = await setup.merchant.open('francs', { currency: 'XOF', amount: 500, customizations })
  const page = await pageOf(setup, url)
  expect(page).toContain('XOF 500<')
  expect(page).toContain('Ama’s Bookshop')
  expect(page).toContain('live mode')
})

test.each(['GET', 'POST'])('an unknown page is 404 to %s', async (method) => {
  const { simulator } = flutterwaveTest()
  const response = await simulator.fetch(new Request(`${BASE_URL}/v3/hosted/pay/nobody`, { method }))
  expect(response.status).toBe(404)
})

describe('redirects', () => {
  const idOf = async ({ merchant }: ReturnType<typeof flutterwaveTest>) => (await merchant.verifyReference('r')).id

  test.each([
    { successRedirect: 'successful', redirect_url: 'https://shop.example/r', start: 'https://shop.example/r?' },
    {
      successRedirect: 'completed',
      redirect_url: 'https://shop.example/r?a=%20b',
      start: 'https://shop.example/r?a=%20b&',
    },
  ] as const)('after a payment: $successRedirect', async ({ successRedirect, redirect_url, start }) => {
    const setup = flutterwaveTest({ successRedirect })
    const url = await setup.merchant.open('r', { redirect_url })
    const location = await press(setup, url, { act: 'pay', method: PLAIN_CARD })
    expect(location).toBe(`${start}status=${successRedirect}&tx_ref=r&transaction_id=${await idOf(setup)}`)
    expect(await pageOf(setup, url)).toContain('Payment successful')
  })

  test('closed by the payer: cancelled, without a transaction, and the page stays payable', async () => {
    const setup = flutterwaveTest()
    const url = await setup.merchant.open('r', RETURN)
    await press(setup, url, { act: 'decline' })
    expect(await press(setup, url, { act: 'walk-away' })).toBe('https://shop.example/return?status=cancelled&tx_ref=r')
    await press(setup, url, { act: 'pay', method: PLAIN_CARD })
    expect((await setup.merchant.verifyReference('r')).status).toBe('successful')
  })

  test('the last try used up: failed, with its transaction', async () => {
    const setup = flutterwaveTest()
    const url = await setup.merchant.open('r', { ...RETURN, configurations: { max_retry_attempt: 1 } })
    expect(await press(setup, url, { act: 'decline' })).toBe(url)
    expect(await pageOf(setup, url)).toContain('Do not honour. You can try again.')
    const location = await press(setup, url, { act: 'decline' })
    expect(location).toBe(`https://shop.example/return?status=failed&tx_ref=r&transaction_id=${await idOf(setup)}`)
    expect(await pageOf(setup, url)).toContain('There are no tries left on this page')
    expect(setup.simulator.control.pay({ reference: 'r' }).kind).toBe('refused')
  })

  test('the session over without a try: failed, without a transaction', async () => {
    const setup = flutterwaveTest()
    const url = await setup.merchant.open('r', { ...RETURN, configurations: { session_duration: 10 } })
    setup.world.advance(10 * MINUTE_MS - 1)
    expect(await pageOf(setup, url)).toContain('Test card')
    setup.world.advance(1)
    expect(await pageOf(setup, url)).toContain('The session of this page is over')
    const location = await press(setup, url, { act: 'pay', method: PLAIN_CARD })
    expect(location).toBe('https://shop.example/return?status=failed&tx_ref=r')
    expect(await setup.merchant.list('tx_ref=r')).toEqual([])
  })

  test('without a redirect URL the payer stays', async () => {
    const setup = flutterwaveTest()
    const url = await setup.merchant.open('r')
    expect(await pageOf(setup, (await press(setup, url, { act: 'walk-away' })) ?? '')).toContain('You have left')
    expect(await press(setup, url, { act: 'pay', method: PLAIN_CARD })).toBe(url)
  })
})

describe('every test card does what Flutterwave says of it', () => {
  test.each([
    { card: PLAIN_CARD, answers: {}, ends: 'successful', says: 'Approved by Financial Institution' },
    { card: PIN_CARD, answers: { pin: '3310', otp: '12345' }, ends: 'successful' },
    { card: PIN_CARD, answers: { pin: '3310', otp: '987' }, ends: 'successful' },
    { card: PIN_CARD, answers: { pin: '0000' }, ends: 'failed', says: 'Incorrect PIN' },
    { card: PIN_CARD, answers: { pin: '3310', otp: '5548' }, ends: 'failed', says: 'Wrong OTP' },
    { card: PIN_CARD, answers: { pin: '3310', otp: '6648' }, ends: 'failed', says: 'Insufficient Funds' },
    { card: PIN_CARD, answers: { pin: '3310' }, ends: 'pending', says: null },
    { card: '4187427415564246', answers: { bank_page: 'yes' }, ends: 'successful' },
    { card: '5438898014560229', answers: { bank_page: 'yes' }, ends: 'successful' },
    { card: '4556052704172643', answers: { address: '4 Cocoa Road, Kumasi' }, ends: 'successful' },
    { card: '5258585922666506', answers: {}, ends: 'failed', says: 'Insufficient Funds' },
    { card: '5143010522339965', answers: {}, ends: 'failed', says: 'Do not honour' },
    { card: '5590131743294314', answers: {}, ends: 'failed', says: 'Fraudulent' },
    { card: '5551651630381384', answers: {}, ends: 'failed', says: 'Restricted Card' },
    { card: '5399834697894723', answers: { pin: '3310' }, ends: 'failed', says: 'Incorrect PIN' },
  ])('$card with $answers ends $ends', async ({ card, answers, ends, says }) => {
    const { simulator, merchant } = flutterwaveTest()
    await merchant.open('card')
    simulator.control.pay({ reference: 'card' }, { method: card, ...answers })
    const transaction = await merchant.verifyReference('card')
    expect(transaction).toMatchObject({ status: ends, card: { first_6digits: card.slice(0, 6) } })
    if (says !== undefined) expect(transaction.processor_response).toBe(says)
  })
})

describe('other ways to pay', () => {
  test.each([
    { method: 'mobilemoneygh', currency: 'GHS', answers: { phone: '233240000000', otp: '123456' }, ends: 'successful' },
    { method: 'mobilemoneygh', currency: 'GHS', answers: { phone: '233121212121' }, ends: 'failed' },
    { method: 'mpesa', currency: 'KES', answers: { phone: '254700000000', otp: '111111' }, ends: 'failed' },
    { method: '044-0690000031', currency: 'NGN', answers: { otp: '12345' }, ends: 'successful' },
    { method: 'bank_transfer', currency: 'USD', answers: { transfer: 'sent' }, ends: 'successful' },
  ])('$method in $currency with $answers ends $ends', async ({ method, currency, answers, ends }) => {
    const { simulator, merchant } = flutterwaveTest()
    await merchant.open('other', { currency })
    simulator.control.pay({ reference: 'other' }, { method, ...answers })
    expect((await merchant.verifyReference('other')).status).toBe(ends)
  })

  test.each([
    { reference: 'w_success_mock', ends: 'successful' },
    { reference: 'w_failed_mock', ends: 'failed' },
    { reference: 'w_pending_mock', ends: 'pending' },
  ])('a wallet ends as $reference says', async ({ reference, ends }) => {
    const setup = flutterwaveTest()
    const url = await setup.merchant.open(reference)
    await press(setup, url, { act: 'pay', method: 'googlepay' })
    expect((await setup.merchant.verifyReference(reference)).status).toBe(ends)
    expect(await pageOf(setup, url)).toMatch(
      ends === 'pending' ? 'Waiting for your wallet' : /Payment successful|again/,
    )
  })

  test('a transfer pays itself, even when the payer has left', async () => {
    const setup = flutterwaveTest({ transferDelayMs: 5000 })
    const url = await setup.merchant.open('t', RETURN)
    await press(setup, url, { act: 'pay', method: 'bank_transfer' })
    expect(await press(setup, url, { act: 'walk-away' })).toContain('status=cancelled')
    setup.world.advance(4999)
    expect(await setup.merchant.verifyReference('t')).toMatchObject({ status: 'pending', flw_ref: 'N/A' })
    expect(setup.simulator.nextDueAt()).toEqual(new Date(setup.world.now().getTime() + 1))
    setup.world.advance(1)
    expect((await setup.merchant.verifyReference('t')).status).toBe('successful')
  })

  test('a transfer that is on its way and a card on the same page make two payments', async () => {
    const setup = flutterwaveTest()
    const url = await setup.merchant.open('double')
    await press(setup, url, { act: 'pay', method: 'bank_transfer' })
    await press(setup, url, { act: 'pay', method: PLAIN_CARD })
    setup.world.advance(MINUTE_MS)
    const rows = await setup.merchant.list('tx_ref=double')
    expect(rows.map(({ status }) => status)).toEqual(['successful', 'successful'])
  })

  test('currency and payment_options decide what the page offers', async () => {
    const setup = flutterwaveTest()
    const methods = async (fields: Record<string, unknown>) => {
      const page = await pageOf(setup, await setup.merchant.open('offers', fields))
      return [...page.matchAll(/name="method" value="([^"]+)"/g)].map(([, id]) => id)
    }
    expect(await methods({ payment_options: 'banktransfer, account' })).toEqual(['bank_transfer', '044-0690000031'])
    expect(await methods({ payment_options: 'account', currency: 'GHS' })).toContain('mobilemoneygh')
    expect(await methods({ currency: 'GHS' })).not.toContain('044-0690000031')
  })
})

test('the page asks step by step', async () => {
  const setup = flutterwaveTest()
  const url = await setup.merchant.open('steps')
  await press(setup, url, { act: 'pay', method: PIN_CARD })
  expect(await pageOf(setup, url)).toContain('Enter your card PIN')
  await press(setup, url, { act: 'pay', pin: ' 3310 ' })
  expect(await pageOf(setup, url)).toContain('5548 is wrong')
  await press(setup, url, { act: 'decline' })
  expect(await pageOf(setup, url)).toContain('Declined. You can try again.')
})

test('what is unfinished when the session is over has failed', async () => {
  const { world, simulator, merchant } = flutterwaveTest()
  await merchant.open('slow')
  simulator.control.pay({ reference: 'slow' }, { method: PIN_CARD })
  world.advance(30 * MINUTE_MS)
  expect(await merchant.verifyReference('slow')).toMatchObject({
    status: 'failed',
    processor_response: 'Session timed out',
  })
})

test('another page of a paid reference is a duplicate', async () => {
  const setup = flutterwaveTest()
  const first = await setup.merchant.open('dup')
  const second = await setup.merchant.open('dup')
  await press(setup, first, { act: 'pay', method: PLAIN_CARD })
  expect(await pageOf(setup, second)).toContain('Oops! Duplicate transaction reference. Please check and try again')
  await press(setup, second, { act: 'pay', method: PLAIN_CARD })
  expect(await setup.merchant.list('tx_ref=dup')).toHaveLength(1)
})

test('a paid page is paid once, and can’t be declined', async () => {
  const { world, simulator, merchant } = flutterwaveTest()
  await merchant.open('once')
  for (let n = 0; n < 2; n++) expect(simulator.control.pay({ reference: 'once' })).toEqual({ kind: 'paid' })
  expect(simulator.control.decline({ reference: 'once' })).toEqual({ kind: 'paid' })
  await simulator.deliverDueWebhooks()
  expect(world.inbox).toHaveLength(1)
})

test('a payer who bears the fee is charged more than the amount', async () => {
  const { simulator, merchant } = flutterwaveTest({ feeBearer: 'customer' })
  await merchant.open('bears', { amount: 50.02 })
  simulator.control.pay({ reference: 'bears', account: KEY })
  expect(await merchant.verifyReference('bears')).toMatchObject({ amount: 50.02, charged_amount: 50.72, app_fee: 0.7 })
})
