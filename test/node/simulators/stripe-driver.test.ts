/** The words that are the same for all providers, at Stripe. */
import { describe, expect, test } from 'vitest'
import { MINUTE_MS, opened, orderOf, START, StripeMerchant, stripeTest } from './stripe-world.ts'

const PATH = '/checkout/sessions'

describe('an account', () => {
  test.each(['test', 'live'] as const)('in %s mode has the credentials that a merchant types in', async (mode) => {
    const { account, merchant } = opened(mode)
    expect(account.credentials).toEqual({
      secret_key: expect.stringMatching(new RegExp(`^sk_${mode}_\\w{40}$`)),
      webhook_secret: expect.stringMatching(/^whsec_\w{32}$/),
    })
    expect((await merchant.get('/balance')).body).toMatchObject({ livemode: mode === 'live' })
  })

  test('is another one at every call', () => {
    const { driver } = opened()
    expect(driver.openAccount('test')).not.toEqual(driver.openAccount('test'))
  })

  test('hears nothing before its URL is set', async () => {
    const { simulator, arrived } = stripeTest()
    const account = simulator.driver.openAccount('test')
    await new StripeMerchant(simulator, account.credentials.secret_key ?? '').open('deaf')
    simulator.driver.pay('deaf')
    expect(await arrived()).toEqual([])
  })

  test('signs whatever body as its own, at the time of the world', async () => {
    const { driver, account, world, merchant, simulator } = opened()
    await merchant.open('signed')
    driver.pay('signed')
    await simulator.deliverDueWebhooks()
    const [delivery] = world.deliveries
    const sent = Object.fromEntries(delivery?.headers ?? [])
    expect(sent).toMatchObject(await driver.sign(account, delivery?.raw ?? ''))
    world.advance(5000)
    expect((await driver.sign(account, '{"a":1}'))['stripe-signature']).toMatch(`t=${START + 5},v1=`)
  })
})

describe('a payment', () => {
  test.each([
    { act: 'pay', events: ['checkout.session.completed'], status: 'complete', payment_status: 'paid' },
    { act: 'decline', events: ['payment_intent.payment_failed'], status: 'open', payment_status: 'unpaid' },
    { act: 'beginDelayed', events: ['checkout.session.completed'], status: 'complete', payment_status: 'unpaid' },
  ] as const)('after $act is $status and $payment_status, and told once', async ({ act, events, ...session }) => {
    const { driver, merchant, arrived } = opened()
    const { id } = await merchant.open('act', orderOf('ghs', 900))
    driver[act]('act')
    expect(await merchant.session(id)).toMatchObject(session)
    expect(await arrived()).toEqual(events)
  })

  test.each([
    { currency: 'eur', end: 'paid', event: 'succeeded' },
    { currency: 'usd', end: 'paid', event: 'succeeded' },
    { currency: 'usd', end: 'failed', event: 'failed' },
  ] as const)('that began in $currency ends $end', async ({ currency, end, event }) => {
    const { driver, merchant, arrived, world } = opened()
    const { id } = await merchant.open('delayed', {
      ...orderOf(currency, 900),
      allowed_payment_method_types: ['card', 'sepa_debit'],
    })
    driver.beginDelayed('delayed')
    world.advance(60 * MINUTE_MS)
    expect(await merchant.intentOf(id)).toMatchObject({ status: 'processing' })
    driver.endDelayed('delayed', end)
    expect((await merchant.session(id)).payment_status).toBe(end === 'paid' ? 'paid' : 'unpaid')
    const events = await arrived()
    expect(events[0]).toBe('checkout.session.completed')
    expect(events).toContain(`checkout.session.async_payment_${event}`)
  })

  test.each([
    { accident: { kind: 'wrong_amount', delta: 5 }, total: 905, currency: 'usd', received: 905 },
    { accident: { kind: 'wrong_currency', currency: 'GHS' }, total: 900, currency: 'ghs', received: 900 },
    { accident: { kind: 'partial_payment', shortBy: 5 }, total: 900, currency: 'usd', received: 895 },
  ] as const)('may meet $accident', async ({ accident, total, currency, received }) => {
    const { driver, merchant, account } = opened()
    const { id } = await merchant.open('accident', orderOf('usd', 900))
    driver.pay('accident', accident)
    expect(await merchant.session(id)).toMatchObject({ amount_total: total, currency })
    expect(await merchant.intentOf(id)).toMatchObject({ amount_received: received })
    expect(driver.books(account)).toMatchObject([{ amount: received, currency: currency.toUpperCase() }])
  })

  test('counts in minor units of ISO 4217, whatever Stripe counts in', async () => {
    const { driver, merchant, account } = opened()
    await merchant.open('ugx', orderOf('ugx', 500_000))
    await merchant.open('mga', orderOf('mga', 5000))
    await merchant.open('jpy', orderOf('jpy', 5000))
    driver.pay('ugx', { kind: 'partial_payment', shortBy: 1000 })
    for (const reference of ['mga', 'jpy']) driver.pay(reference)
    driver.refundOnDashboard('ugx', 500)
    expect(driver.books(account)).toMatchObject([
      { reference: 'ugx', amount: 4000, currency: 'UGX', refunds: [{ amount: 500, state: 'succeeded' }] },
      { reference: 'mga', amount: 500_000, currency: 'MGA' },
      { reference: 'jpy', amount: 5000, currency: 'JPY' },
    ])
  })

  test.each([
    { name: 'twice', act: ({ driver }: ReturnType<typeof opened>) => driver.payAgain('done') },
    { name: 'after it was paid', act: ({ driver }: ReturnType<typeof opened>) => driver.pay('done') },
    { name: 'declined after it was paid', act: ({ driver }: ReturnType<typeof opened>) => driver.decline('done') },
    { name: 'that nobody has opened', act: ({ driver }: ReturnType<typeof opened>) => driver.pay('nobody') },
    {
      name: 'ended before it began',
      act: ({ driver }: ReturnType<typeof opened>) => driver.endDelayed('done', 'paid'),
    },
    { name: 'late', act: ({ driver }: ReturnType<typeof opened>) => driver.pay('late') },
    {
      name: 'with the fee on top',
      act: ({ driver }: ReturnType<typeof opened>) => driver.pay('open', { kind: 'fee_on_payer' }),
    },
  ])('$name is refused', async ({ act }) => {
    const shop = opened()
    await shop.merchant.open('done')
    await shop.merchant.open('open')
    await shop.merchant.open('late', { expires_at: START + 1800 })
    shop.driver.pay('done')
    shop.world.advance(1800 * 1000)
    expect(() => act(shop)).toThrow()
  })

  test('of two sessions with one reference: the open one, and the books count both', async () => {
    const { driver, merchant, account } = opened()
    await merchant.open('same')
    driver.pay('same')
    await merchant.open('same')
    driver.pay('same')
    expect(driver.books(account)).toEqual([
      { reference: 'same', timesPaid: 2, amount: 4500, currency: 'USD', refunds: [] },
    ])
  })

  test('elsewhere has a reference of its own, and is in the list and the books', async () => {
    const { driver, merchant, account, arrived } = opened()
    const reference = driver.chargeElsewhere(account, 2000, 'KES')
    expect(driver.books(account)).toMatchObject([{ reference, timesPaid: 1, amount: 2000, currency: 'KES' }])
    expect((await merchant.get(PATH)).body).toMatchObject({
      data: [{ client_reference_id: reference, payment_link: expect.stringMatching(/^plink_/), amount_total: 2000 }],
    })
    expect(await arrived()).toEqual(['checkout.session.completed'])
  })

  test('that is open is in the books, too', async () => {
    const { driver, merchant, account } = opened()
    await merchant.open('open')
    const unpaid = { reference: 'open', timesPaid: 0, amount: 0, currency: 'USD', refunds: [] }
    expect(driver.books(account)).toEqual([unpaid])
  })
})

describe('a refund', () => {
  test.each([
    { course: 'succeeds', begins: 'succeeded', ends: 'succeeded', events: ['refund.created', 'refund.updated'] },
    { course: 'stays_pending', begins: 'pending', ends: 'pending', events: ['refund.created'] },
    { course: 'fails', begins: 'succeeded', ends: 'failed', events: ['refund.created', 'refund.failed'] },
    { course: 'requires_action', begins: 'requires_action', ends: 'requires_action', events: ['refund.created'] },
  ] as const)('$course', async ({ course, begins, ends, events }) => {
    const { driver, merchant, account, world, arrived } = opened()
    const { id } = await merchant.open('refunded')
    driver.pay('refunded')
    driver.setRefundCourse('refunded', course)
    const { payment_intent } = await merchant.session(id)
    const refund = await merchant.refund({ payment_intent: payment_intent ?? '', amount: 500 })
    expect(refund.status).toBe(begins)
    world.advance(60 * MINUTE_MS)
    expect((await merchant.readRefund(refund.id)).status).toBe(ends)
    expect(driver.books(account)[0]?.refunds).toEqual([{ id: refund.id, amount: 500, state: ends }])
    expect((await arrived()).slice(1)).toEqual(events)
  })

  test('on the Dashboard is like any other', async () => {
    const { driver, merchant, arrived } = opened()
    await merchant.open('dashboard')
    expect(() => driver.refundOnDashboard('dashboard', 100)).toThrow('not been paid')
    driver.pay('dashboard')
    const id = driver.refundOnDashboard('dashboard', 100)
    expect(await merchant.readRefund(id)).toMatchObject({ amount: 100, status: 'succeeded' })
    expect(() => driver.refundOnDashboard('dashboard', 9999)).toThrow('greater than unrefunded amount')
    expect(await arrived()).toEqual(['checkout.session.completed', 'refund.created'])
  })
})
