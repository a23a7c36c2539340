/** The hosted page: what each card does there, the bank's page, and the way back. */
import { describe, expect, test } from 'vitest'
import { card, pageOf, pathOf, submit } from './stripe-page.ts'
import { MINUTE_MS, orderOf, stripeTest } from './stripe-world.ts'

describe('an open page', () => {
  test('shows who is paid how much, and the cards', async () => {
    const shop = stripeTest()
    const { url } = await shop.merchant.open('shown', { customer_email: 'yaa@customer.example' })
    const { headers, text } = await pageOf(shop, url)
    expect(headers.get('content-type')).toMatch(/^text\/html/)
    for (const shown of ['Esi Crafts', 'USD 45.00', 'yaa@customer.example', '4242 4242 4242 4242', 'shown']) {
      expect(text).toContain(shown)
    }
    expect(text).not.toContain('SEPA')
  })

  test.each([
    { currency: 'jpy', amount: 4500, shown: 'JPY 4,500' },
    { currency: 'kwd', amount: 12_340, shown: 'KWD 12.340' },
    { currency: 'ugx', amount: 450_000, shown: 'UGX 4,500.00' },
  ])('counts $currency as Stripe does', async ({ currency, amount, shown }) => {
    const shop = stripeTest()
    const { url } = await shop.merchant.open('units', orderOf(currency, amount))
    expect((await pageOf(shop, url)).text).toContain(shown)
  })

  test('leads back to the cancel_url, and stays open', async () => {
    const shop = stripeTest()
    const { id, url } = await shop.merchant.open('left', { cancel_url: 'https://shop.example/basket' })
    const answer = await submit(shop, url, { act: 'walk-away' })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, 'https://shop.example/basket'])
    expect(await shop.merchant.session(id)).toMatchObject({ status: 'open', payment_intent: null })
  })

  test('has a page for who leaves without a cancel_url', async () => {
    const shop = stripeTest()
    const { url } = await shop.merchant.open('left')
    const left = (await submit(shop, url, { act: 'walk-away' })).headers.get('location')
    expect((await pageOf(shop, left)).text).toContain('You have left the payment')
  })
})

describe('a card', () => {
  test.each(['4242424242424242', '4000000000000077', '4000000000007726', '4000000000005126', '4000000000000259'])(
    '%s pays, and the payer returns with the session’s id',
    async (method) => {
      const shop = stripeTest()
      const { id, url } = await shop.merchant.open('paid')
      const answer = await submit(shop, url, card(method))
      expect(answer.headers.get('location')).toBe(`https://shop.example/thanks?session=${id}`)
      expect(await shop.merchant.session(id)).toMatchObject({ status: 'complete', payment_status: 'paid', url: null })
      expect(await shop.merchant.intentOf(id)).toMatchObject({
        status: 'succeeded',
        amount_received: 4500,
        last_payment_error: null,
      })
    },
  )

  test.each([
    { method: '4000000000000002', code: 'card_declined', decline_code: 'generic_decline' },
    { method: '4000000000009995', code: 'card_declined', decline_code: 'insufficient_funds' },
    { method: '4000000000009987', code: 'card_declined', decline_code: 'lost_card' },
    { method: '4000000000009979', code: 'card_declined', decline_code: 'stolen_card' },
    { method: '4100000000000019', code: 'card_declined', decline_code: 'fraudulent' },
    { method: '4000000000000069', code: 'expired_card', decline_code: undefined },
    { method: '4000000000000127', code: 'incorrect_cvc', decline_code: undefined },
    { method: '4000000000000119', code: 'processing_error', decline_code: undefined },
  ])('$method is refused with $code $decline_code, and the page stays open', async ({ method, code, decline_code }) => {
    const shop = stripeTest()
    const { id, url } = await shop.merchant.open('declined')
    const answer = await submit(shop, url, card(method))
    expect(answer.headers.get('location')).toBe(pathOf(url))
    expect((await pageOf(shop, url)).text).toContain('You can try again.')
    expect(await shop.merchant.session(id)).toMatchObject({ status: 'open', payment_status: 'unpaid' })

    const { latest_charge, ...intent } = await shop.merchant.intentOf(id)
    expect(intent).toMatchObject({ status: 'requires_payment_method', amount_received: 0, payment_method: null })
    expect(intent.last_payment_error).toMatchObject({ type: 'card_error', code, charge: latest_charge })
    expect(intent.last_payment_error?.decline_code).toBe(decline_code)
    expect(await shop.merchant.chargeOf(id)).toMatchObject({ status: 'failed', paid: false, failure_code: code })
  })

  test('that pays after one that was refused is another Charge of the same PaymentIntent', async () => {
    const shop = stripeTest()
    const { id, url } = await shop.merchant.open('again')
    await submit(shop, url, card('4000000000009995'))
    const { payment_intent } = await shop.merchant.session(id)
    await submit(shop, url, card('4242424242424242'))
    expect((await shop.merchant.session(id)).payment_intent).toBe(payment_intent)
    expect((await shop.merchant.get(`/charges?payment_intent=${payment_intent}`)).body).toMatchObject({
      data: [
        { status: 'succeeded', failure_code: null },
        { status: 'failed', failure_code: 'card_declined' },
      ],
    })
  })
})

describe('3D Secure', () => {
  const challenged = async (method: string) => {
    const shop = stripeTest()
    const { id, url } = await shop.merchant.open('challenged')
    await submit(shop, url, card(method))
    return { shop, id, url }
  }

  test('asks first', async () => {
    const { shop, id, url } = await challenged('4000002500003155')
    expect((await pageOf(shop, url)).text).toContain('Your bank asks you to confirm')
    expect(await shop.merchant.session(id)).toMatchObject({ status: 'open', payment_status: 'unpaid' })
    expect(await shop.merchant.intentOf(id)).toMatchObject({
      status: 'requires_action',
      next_action: { type: 'use_stripe_sdk' },
      latest_charge: null,
    })
  })

  test.each(['4000002500003155', '4000002760003184'])('passed with %s, it is paid', async (method) => {
    const { shop, id, url } = await challenged(method)
    const answer = await submit(shop, url, { challenge: 'pass' })
    expect(answer.headers.get('location')).toContain(id)
    expect(await shop.merchant.chargeOf(id)).toMatchObject({
      status: 'succeeded',
      payment_method_details: { card: { three_d_secure: { result: 'authenticated' } } },
    })
  })

  test.each([
    { method: '4000008400001629', decline_code: 'generic_decline' },
    { method: '4000008260003178', decline_code: 'insufficient_funds' },
  ])('passed with $method, it is declined: $decline_code', async ({ method, decline_code }) => {
    const { shop, id, url } = await challenged(method)
    await submit(shop, url, { challenge: 'pass' })
    expect(await shop.merchant.intentOf(id)).toMatchObject({ last_payment_error: { decline_code } })
  })

  test('refused, it leaves no Charge, and the page open', async () => {
    const { shop, id, url } = await challenged('4000002500003155')
    await submit(shop, url, { challenge: 'refuse' })
    expect(await shop.merchant.session(id)).toMatchObject({ status: 'open' })
    expect(await shop.merchant.intentOf(id)).toMatchObject({
      status: 'requires_payment_method',
      latest_charge: null,
      next_action: null,
      last_payment_error: { code: 'payment_intent_authentication_failure' },
    })
    await submit(shop, url, card('4242424242424242'))
    expect(await shop.merchant.session(id)).toMatchObject({ payment_status: 'paid' })
  })
})

describe('a SEPA debit', () => {
  test.each([
    { method: 'AT611904300234573201', afterMs: MINUTE_MS, status: 'succeeded', payment_status: 'paid' },
    { method: 'AT321904300235473204', afterMs: 3 * MINUTE_MS, status: 'succeeded', payment_status: 'paid' },
    { method: 'AT321904300235473204', afterMs: 2 * MINUTE_MS, status: 'processing', payment_status: 'unpaid' },
    { method: 'AT861904300235473202', afterMs: MINUTE_MS, status: 'requires_payment_method', payment_status: 'unpaid' },
  ])('from $method is $status after $afterMs ms', async ({ method, afterMs, status, payment_status }) => {
    const shop = stripeTest()
    const { id, url } = await shop.merchant.open('debit', orderOf('eur', 900))
    expect((await pageOf(shop, url)).text).toContain('SEPA debit')
    const answer = await submit(shop, url, card(method))
    expect(answer.headers.get('location')).toContain(id)
    expect(await shop.merchant.session(id)).toMatchObject({ status: 'complete', payment_status: 'unpaid', url: null })
    expect(await shop.merchant.intentOf(id)).toMatchObject({ status: 'processing', amount_received: 0 })
    expect(await shop.merchant.chargeOf(id)).toMatchObject({ status: 'pending', id: expect.stringMatching(/^py_/) })

    shop.world.advance(afterMs)
    expect(await shop.merchant.session(id)).toMatchObject({ status: 'complete', payment_status })
    expect(await shop.merchant.intentOf(id)).toMatchObject({ status })
  })
})
