/** Initialize: the page that it gives, and the validator that tells every wrong field at once. */
import { expect, test } from 'vitest'
import { BASE_URL, ChapaMerchant, chapaTest, KEY } from './chapa-world.ts'

const failed = (message: unknown) => ({ message, status: 'failed', data: null })

test('initialize gives a page on the simulator’s own host and nothing else', async () => {
  const { merchant } = chapaTest()
  expect(await merchant.initialize({ tx_ref: 'first' })).toMatchObject({
    status: 200,
    body: {
      message: 'Hosted Link',
      status: 'success',
      data: { checkout_url: expect.stringMatching(`^${BASE_URL}/checkout/payment/[A-Za-z0-9]{45}$`) },
    },
  })
})

test('initialize tells every wrong field in one answer', async () => {
  const { merchant } = chapaTest()
  const answer = await merchant.initialize({
    amount: '1,000',
    currency: '',
    tx_ref: 'x'.repeat(51),
    email: 'selam@',
    phone_number: '+251911223344',
    customization: { title: 'A title of more: than sixteen', description: 'ሰላም' },
  })
  expect(answer.status).toBe(400)
  expect(answer.body).toEqual(
    failed({
      amount: ['validation.numeric'],
      currency: ['validation.required'],
      tx_ref: [expect.stringContaining('50 characters')],
      email: ['validation.email'],
      phone_number: ['validation.regex'],
      'customization.title': [
        'The customization.title must not exceed 16 characters.',
        expect.stringContaining('customization.title'),
      ],
      'customization.description': [expect.stringContaining('customization.description')],
    }),
  )
})

test.each([
  { amount: '10', stored: 10 },
  { amount: 10, stored: 10 },
  { amount: '3.5', stored: 3.5 },
  { amount: '00010.50', stored: 10.5 },
  { amount: '1e2', stored: 100 },
  { amount: '7.00000000000000000001', stored: 7 },
  { amount: '1000000', stored: 1_000_000 },
])('the amount $amount is taken as $stored', async ({ amount, stored }) => {
  const { merchant } = chapaTest()
  await merchant.open('lax', { amount })
  expect((await merchant.verify('lax')).amount).toBe(stored)
})

test.each([
  { amount: undefined, says: 'validation.required' },
  { amount: '1,000', says: 'validation.numeric' },
  { amount: 'ten', says: 'validation.numeric' },
  { amount: '0', says: 'validation.min.numeric' },
  { amount: '-1', says: 'validation.min.numeric' },
  { amount: '1000000.01', says: 'The amount must not exceed 1000000.' },
  { amount: '1e99', says: 'The amount must not exceed 1000000.' },
])('the amount $amount is refused: $says', async ({ amount, says }) => {
  const { merchant } = chapaTest()
  expect(await merchant.initialize({ tx_ref: 'odd', amount })).toMatchObject({
    status: 400,
    body: failed({ amount: [says] }),
  })
})

test.each([
  { email: 'buyer@example.com', taken: false },
  { email: 'buyer@shop.local', taken: false },
  { email: 'buyer@shop.example', taken: true },
  { phone_number: '0911223344', taken: true },
  { phone_number: '0711223344', taken: true },
  { phone_number: '0611223344', taken: false },
  { customization: { title: 'Order 4-5_6.7', description: 'Two books' }, taken: true },
  { tx_ref: 'x'.repeat(50), taken: true },
])('$email$phone_number$customization.title$tx_ref is taken: $taken', async ({ taken, ...fields }) => {
  const { merchant } = chapaTest()
  expect((await merchant.initialize({ tx_ref: 'field', ...fields })).status).toBe(taken ? 200 : 400)
})

test('a currency besides ETB and USD is refused', async () => {
  const { merchant } = chapaTest()
  expect((await merchant.initialize({ tx_ref: 'usd', currency: 'USD' })).status).toBe(200)
  expect(await merchant.initialize({ tx_ref: 'kes', currency: 'KES' })).toMatchObject({
    status: 400,
    body: failed(expect.stringMatching(/^Invalid currency, /)),
  })
})

test('a body that is not said to be JSON is refused', async () => {
  const { simulator } = chapaTest()
  const body = new URLSearchParams({ amount: '10', currency: 'ETB', tx_ref: 'form' })
  const headers = { authorization: `Bearer ${KEY}` }
  const url = `${BASE_URL}/v1/transaction/initialize`
  const answer = await simulator.fetch(new Request(url, { method: 'POST', headers, body }))
  expect(answer.status).toBe(400)
  expect(await answer.json()).toEqual(failed(expect.stringMatching(/^Incorrect header settings/)))
})

test('a reference is used once in an account, and another account may use it, too', async () => {
  const { simulator, merchant } = chapaTest()
  await merchant.open('once')
  const again = { status: 400, body: failed('Transaction reference has been used before') }
  expect(await merchant.initialize({ tx_ref: 'once' })).toMatchObject(again)
  await merchant.cancel('once')
  expect(await merchant.initialize({ tx_ref: 'once' })).toMatchObject(again)
  expect((await new ChapaMerchant(simulator, 'CHASECK_TEST-other').initialize({ tx_ref: 'once' })).status).toBe(200)
})
