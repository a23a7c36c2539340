/** A hosted page that is dead, and the payer who waits to be let go. */
import { describe, expect, test } from 'vitest'
import { card, pageOf, pathOf, type Shop, submit } from './stripe-page.ts'
import { HOUR_MS, ORDER, START, stripeTest } from './stripe-world.ts'

describe('a page that is dead', () => {
  test('says that it was paid, and takes no second payment', async () => {
    const shop = stripeTest()
    const { id, url } = await shop.merchant.open('twice')
    await submit(shop, url, card('4242424242424242'))
    const { text } = await pageOf(shop, url)
    expect(text).toContain('Payment successful')
    expect(text).toContain(`https://shop.example/thanks?session=${id}`)
    const answer = await submit(shop, url, card('4242424242424242'))
    expect(answer.headers.get('location')).toBe(pathOf(url))
    const { payment_intent } = await shop.merchant.session(id)
    expect((await shop.merchant.get(`/charges?payment_intent=${payment_intent}`)).body).toMatchObject({
      data: [{ status: 'succeeded' }],
    })
  })

  test.each([
    { name: 'by its clock', end: ({ world }: Shop) => world.advance(HOUR_MS) },
    {
      name: 'by a call',
      end: ({ merchant }: Shop, id: string) => merchant.post(`/checkout/sessions/${id}/expire`),
    },
  ])('has expired $name, and takes no payment', async ({ end }) => {
    const shop = stripeTest()
    const fields = { ...ORDER, expires_at: START + 3600, cancel_url: 'https://shop.example/basket' }
    const { id, url } = await shop.merchant.open('late', fields)
    await submit(shop, url, card('4000000000000002'))
    await end(shop, id)
    const { text } = await pageOf(shop, url)
    expect(text).toContain('This page has expired')
    expect(text).toContain('https://shop.example/basket')
    await submit(shop, url, card('4242424242424242'))
    expect(await shop.merchant.session(id)).toMatchObject({ status: 'expired', payment_status: 'unpaid', url: null })
    expect(await shop.merchant.intentOf(id)).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'expired',
      canceled_at: Math.floor(shop.world.now().getTime() / 1000),
    })
  })

  test('is not one of nobody', async () => {
    const shop = stripeTest()
    expect((await pageOf(shop, 'https://simulators.example/stripe/c/pay/cs_nobody')).status).toBe(404)
  })
})

describe('the payer waits for the merchant to hear of it', () => {
  test('and goes on when the merchant has answered', async () => {
    const shop = stripeTest()
    const { url } = await shop.merchant.open('heard')
    await submit(shop, url, card('4242424242424242'))
    expect(shop.world.deliveries.map(({ event }) => event.type)).toContain('checkout.session.completed')
  })

  test('for ten seconds at most', async () => {
    const shop = stripeTest()
    const { url } = await shop.merchant.open('deaf')
    shop.world.merchantAnswers('never')
    let gone = false
    const answer = submit(shop, url, card('4242424242424242')).finally(() => {
      gone = true
    })
    await new Promise<void>((resolve) => setImmediate(resolve))
    shop.world.advance(9999)
    await new Promise<void>((resolve) => setImmediate(resolve))
    expect(gone).toBe(false)
    shop.world.advance(1)
    expect((await answer).status).toBe(303)
  })
})
