/** The hosted page: what payers can do on it, what verify says meanwhile, and where they and Chapa's GET go afterwards. */
import { describe, expect, test } from 'vitest'
import { BASE_URL, type ChapaTest, chapaTest, KEY } from './chapa-world.ts'
import { MINUTE_MS } from './world.ts'

async function pageOf({ simulator }: ChapaTest, url: string): Promise<string> {
  const response = await simulator.fetch(new Request(url))
  expect(response.headers.get('content-type')).toMatch('text/html')
  return response.text()
}

/** Presses a button of the page's form. Returns where the browser is sent. */
async function press({ simulator }: ChapaTest, url: string, fields: Record<string, string>): Promise<string | null> {
  const response = await simulator.fetch(new Request(url, { method: 'POST', body: new URLSearchParams(fields) }))
  expect(response.status).toBe(303)
  return response.headers.get('location')
}

test('the page shows merchant and amount, escapes all of it, and an unknown page is 404', async () => {
  const setup = chapaTest()
  setup.simulator.control.configureAccount(KEY, { businessName: '<script>alert(1)</script> & Sons' })
  const url = await setup.merchant.open('page', { amount: '12345.60' })
  const page = await pageOf(setup, url)
  expect(page).toContain('ETB 12,345.60')
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; Sons')
  expect(page).not.toContain('<script')
  expect(page).toContain('test mode')
  expect((await setup.simulator.fetch(new Request(`${BASE_URL}/checkout/payment/nobody`))).status).toBe(404)
})

describe('a listed wallet or card pays', () => {
  test.each([
    { method: 'telebirr', answers: [['number', '0900123456']] },
    { method: 'cbebirr', answers: [['number', '0900112233']] },
    { method: 'ebirr', answers: [['number', '0900881111']] },
    {
      method: 'awashbirr',
      answers: [
        ['number', '0900123456'],
        ['otp', '12345'],
      ],
    },
    {
      method: 'amole',
      answers: [
        ['number', '0900123456'],
        ['otp', '12345'],
      ],
    },
    { method: 'mpesa', answers: [['number', '0700881111']] },
    { method: 'visa', answers: card('4200 0000 0000 0000', '123') },
    { method: 'mastercard', answers: card('5400000000000000', '123') },
    { method: 'unionpay', answers: card('6200000000000000', '123') },
    { method: 'diners', answers: card('3800000000000000', '123') },
    { method: 'amex', answers: card('3700000000000000', '1234') },
  ])('$method', async ({ method, answers }) => {
    const setup = chapaTest()
    const url = await setup.merchant.open('listed')
    expect(await press(setup, url, { act: 'pay', method })).toBe(url)
    for (const [field = '', answer = ''] of answers) {
      expect(await pageOf(setup, url)).toContain(`name="${field}"`)
      expect(await press(setup, url, { act: 'pay', [field]: answer })).toBe(url)
    }
    expect(await setup.merchant.verify('listed')).toMatchObject({ status: 'success', method })
    expect(await pageOf(setup, url)).toContain('Payment successful')
  })
})

function card(number: string, cvv: string): string[][] {
  return [
    ['number', number],
    ['expiry', '12/34'],
    ['cvv', cvv],
  ]
}

test.each([
  { input: { method: 'telebirr', number: '0900000000' } },
  { input: { method: 'mpesa', number: '0900123456' } },
  { input: { method: 'awashbirr', number: '0900123456', otp: '54321' } },
  { input: { method: 'visa', number: '5400000000000000' } },
  { input: { method: 'amex', number: '3700000000000000', expiry: '12/34', cvv: '123' } },
])('anything else fails, and the page stays open: $input', async ({ input }) => {
  const setup = chapaTest()
  const url = await setup.merchant.open('unlisted')
  expect(await press(setup, url, { act: 'pay', ...input })).toBe(url)
  expect(await setup.merchant.verify('unlisted')).toMatchObject({ status: 'failed/cancelled', charge: null })
  expect(await pageOf(setup, url)).toContain('You can try again')
  expect(setup.simulator.control.pay({ reference: 'unlisted' })).toEqual({ kind: 'paid' })
  expect(await setup.merchant.verify('unlisted')).toMatchObject({ status: 'success' })
})

test('a payer may try again ten times, and no more', async () => {
  const { simulator, merchant } = chapaTest()
  const ref = { reference: 'stubborn' }
  await merchant.open('stubborn')
  for (let tries = 0; tries < 11; tries++) {
    expect(simulator.control.decline(ref)).toMatchObject({ reason: 'The number was not accepted' })
  }
  expect(simulator.control.pay(ref)).toMatchObject({ kind: 'refused', reason: 'This payment was tried too often' })
  expect((await merchant.cancel('stubborn')).status).toBe(400)
})

test.each([
  { retryMinutes: 60, minutes: 60, paid: true },
  { retryMinutes: 60, minutes: 61, paid: false },
  { retryMinutes: 5, minutes: 6, paid: false },
])(
  'of $retryMinutes minutes for another try, $minutes have passed since the first: paid is $paid',
  async ({ retryMinutes, minutes, paid }) => {
    const { world, simulator, merchant } = chapaTest()
    simulator.control.configureAccount(KEY, { retryMinutes })
    await merchant.open('again')
    simulator.control.decline({ reference: 'again' })
    world.advance(minutes * MINUTE_MS)
    expect(simulator.control.pay({ reference: 'again' }).kind).toBe(paid ? 'paid' : 'refused')
  },
)

test('an untouched page can still be paid a week later', async () => {
  const { world, simulator, merchant } = chapaTest()
  await merchant.open('late')
  world.advance(7 * 24 * 60 * MINUTE_MS)
  simulator.control.pay({ reference: 'late' })
  expect((await merchant.verify('late')).status).toBe('success')
})

test('a cancelled page refuses the payer', async () => {
  const setup = chapaTest()
  const url = await setup.merchant.open('cancelled')
  await press(setup, url, { act: 'pay', method: 'telebirr' })
  await setup.merchant.cancel('cancelled')
  expect(await pageOf(setup, url)).toContain('This page is closed')
  expect(await press(setup, url, { act: 'pay', number: '0900123456' })).toBe(url)
  expect((await setup.merchant.verify('cancelled')).status).toBe('pending')
  expect(setup.simulator.control.decline({ reference: 'cancelled' }).kind).toBe('refused')
})

test('leaving changes nothing, and nobody is told', async () => {
  const setup = chapaTest()
  const url = await setup.merchant.open('left', { return_url: 'https://shop.example/return' })
  await press(setup, url, { act: 'pay', method: 'telebirr' })
  expect(await press(setup, url, { act: 'walk-away' })).toBe(`${url}/left`)
  expect(await pageOf(setup, `${url}/left`)).toContain('Back to the payment')
  expect(await setup.merchant.verify('left')).toMatchObject({ status: 'pending', reference: null })
  expect(await setup.simulator.deliverDueWebhooks()).toBe(0)
  expect(await pageOf(setup, url)).toContain('name="method"')
})

test('a decline on the page is a failed try', async () => {
  const setup = chapaTest()
  const url = await setup.merchant.open('declined')
  expect(await press(setup, url, { act: 'decline' })).toBe(url)
  expect((await setup.merchant.verify('declined')).status).toBe('failed/cancelled')
})

describe('after paying', () => {
  test.each([
    { return_url: 'https://shop.example/thanks', back: 'https://shop.example/thanks' },
    { return_url: 'https://shop.example/t?a=1&b=2', back: 'https://shop.example/t?a=1&amp;b=2' },
  ])('the payer goes to $back', async ({ return_url, back }) => {
    const setup = chapaTest()
    const url = await setup.merchant.open('back', { return_url })
    expect(await press(setup, url, { act: 'pay', method: 'telebirr', number: '0900 12 34 56' })).toBe(back)
  })

  test('Chapa gets the callback with both references, once, whatever is answered', async () => {
    const { world, simulator, merchant } = chapaTest()
    await merchant.open('told', { callback_url: 'https://shop.example/callback?shop=7' })
    simulator.control.pay({ reference: 'told' })
    const { reference } = await merchant.verify('told')
    world.merchantAnswers('unreachable')
    await simulator.deliverDueWebhooks()
    const callbacks = () => world.inbox.filter(({ method }) => method === 'GET')
    expect(callbacks().map(({ url }) => url)).toEqual([
      `https://shop.example/callback?shop=7&trx_ref=told&ref_id=${reference}&status=success`,
    ])
    world.advance(60 * MINUTE_MS)
    await simulator.deliverDueWebhooks()
    expect(callbacks()).toHaveLength(1)
  })

  test.each([
    { faults: [], order: ['GET', 'POST'] },
    { faults: [{ kind: 'callback_late', ms: MINUTE_MS }], order: ['POST', 'GET'] },
    { faults: [{ kind: 'webhook_late', ms: MINUTE_MS }], order: ['GET', 'POST'] },
    { faults: [{ kind: 'callback_lost' }], order: ['POST'] },
  ] as const)('callback and webhook arrive as $order with $faults', async ({ faults, order }) => {
    const { world, simulator, merchant } = chapaTest()
    for (const fault of faults) simulator.control.setFault({ ...fault })
    await merchant.open('order', { callback_url: 'https://shop.example/callback' })
    simulator.control.pay({ reference: 'order' })
    await simulator.deliverDueWebhooks()
    const next = simulator.nextDueAt()
    if (next) world.advance(next.getTime() - world.now().getTime())
    await simulator.deliverDueWebhooks()
    expect(world.inbox.map(({ method }) => method)).toEqual(order)
  })
})
