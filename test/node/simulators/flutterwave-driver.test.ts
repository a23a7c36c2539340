/** The driver: the kit's words, done at Flutterwave. */
import { describe, expect, test } from 'vitest'
import { driven, flutterwaveTest, Merchant } from './flutterwave-world.ts'
import { HOUR_MS, MINUTE_MS } from './world.ts'

test('every account is another one, of the mode that was asked', () => {
  const { driver } = driven()
  const keys = [driver.openAccount('test'), driver.openAccount('test'), driver.openAccount('live')].map(
    ({ credentials }) => credentials.secret_key,
  )
  expect(new Set(keys).size).toBe(3)
  expect(keys[0]).toMatch(/^FLWSECK_TEST-\w{32}-X$/)
  expect(keys[2]).toMatch(/^FLWSECK-\w{32}-X$/)
})

test('no webhook goes anywhere before its URL is set', async () => {
  const { world, simulator } = flutterwaveTest()
  const account = simulator.driver.openAccount('test')
  await new Merchant(simulator, account.credentials.secret_key ?? '').open('quiet')
  simulator.driver.pay('quiet')
  await simulator.deliverDueWebhooks()
  expect(world.inbox).toEqual([])
})

test('a webhook that the driver signs has the headers of one that is sent', async () => {
  const { world, simulator, driver, account, merchant } = driven()
  await merchant.open('signed')
  driver.pay('signed')
  await simulator.deliverDueWebhooks()
  const [post] = world.inbox
  const headers = await driver.sign(account, post?.raw ?? '')
  expect(headers).toEqual({ 'content-type': 'application/json', 'verif-hash': account.credentials.webhook_hash })
  for (const [name, value] of Object.entries(headers)) expect(post?.headers.get(name)).toBe(value)
})

describe('payments', () => {
  test.each([
    { accident: undefined, reads: { amount: 2500, charged_amount: 2500, currency: 'NGN' } },
    { accident: { kind: 'wrong_amount', delta: 100 }, reads: { amount: 2501, currency: 'NGN' } },
    { accident: { kind: 'wrong_currency', currency: 'USD' }, reads: { amount: 2500, currency: 'USD' } },
    { accident: { kind: 'partial_payment', shortBy: 100 }, reads: { amount: 2499, currency: 'NGN' } },
    { accident: { kind: 'fee_on_payer' }, reads: { amount: 2500, charged_amount: 2535 } },
  ] as const)('paid, with $accident', async ({ accident, reads }) => {
    const { driver, account, merchant } = driven('live')
    await merchant.open('p')
    await merchant.open('q')
    driver.pay('p', accident)
    driver.pay('q')
    expect(await merchant.verifyReference('p')).toMatchObject({ status: 'successful', ...reads })
    expect(await merchant.verifyReference('q')).toMatchObject({ amount: 2500, charged_amount: 2500, currency: 'NGN' })
    expect(driver.books(account)[0]).toMatchObject({ reference: 'p', timesPaid: 1, amount: reads.amount * 100 })
  })

  test('paid twice: two transactions under one reference', async () => {
    const { driver, account, merchant } = driven()
    await merchant.open('twice')
    driver.pay('twice')
    driver.payAgain('twice')
    const rows = await merchant.list('tx_ref=twice')
    expect(rows.map(({ status }) => status)).toEqual(['successful', 'successful'])
    expect(driver.books(account)).toEqual([
      { reference: 'twice', timesPaid: 2, amount: 250_000, currency: 'NGN', refunds: [] },
    ])
  })

  test('paid where no card is taken', async () => {
    const { driver, merchant } = driven()
    await merchant.open('cardless', { payment_options: 'account' })
    driver.pay('cardless')
    expect((await merchant.verifyReference('cardless')).payment_type).toBe('bank_transfer')
  })

  test('declined, and paid on the same page', async () => {
    const { driver, merchant } = driven()
    await merchant.open('again')
    driver.decline('again')
    expect((await merchant.verifyReference('again')).status).toBe('failed')
    driver.pay('again')
    expect((await merchant.verifyReference('again')).status).toBe('successful')
  })

  test.each([
    { end: 'paid', reads: 'successful' },
    { end: 'failed', reads: 'failed' },
  ] as const)('delayed, then $end', async ({ end, reads }) => {
    const { world, driver, merchant } = driven()
    await merchant.open('delayed')
    driver.beginDelayed('delayed')
    world.advance(20 * MINUTE_MS)
    expect((await merchant.verifyReference('delayed')).status).toBe('pending')
    driver.endDelayed('delayed', end)
    expect((await merchant.verifyReference('delayed')).status).toBe(reads)
  })

  test('late: the money comes after the session, which had failed what was under way', async () => {
    const { world, driver, merchant } = driven()
    await merchant.open('late')
    await merchant.open('delayed')
    driver.beginDelayed('delayed')
    world.advance(HOUR_MS)
    driver.pay('late')
    expect((await merchant.verifyReference('late')).status).toBe('successful')
    expect((await merchant.verifyReference('delayed')).status).toBe('failed')
    driver.endDelayed('delayed', 'paid')
    expect((await merchant.verifyReference('delayed')).status).toBe('successful')
  })

  test('what can’t be is refused', async () => {
    const { world, driver, merchant } = driven()
    const link = await merchant.open('off')
    await merchant.call('POST', '/payments/link/disable', { link })
    for (const act of [driver.pay, driver.decline, driver.beginDelayed]) expect(() => act('off')).toThrow('inactive')
    await merchant.open('paid')
    driver.pay('paid')
    expect(() => driver.pay('paid')).toThrow('this payment has been paid')
    expect(() => driver.pay('nobody')).toThrow('no payment has this reference')
    expect(() => driver.endDelayed('paid', 'paid')).toThrow('no delayed payment')
    await merchant.open('over')
    world.advance(HOUR_MS)
    expect(() => driver.decline('over')).toThrow('session')
  })

  test('what was charged elsewhere is listed, and in no book of ours', async () => {
    const { driver, account, merchant } = driven()
    const reference = driver.chargeElsewhere(account, 4050, 'GHS')
    expect(await merchant.list('')).toMatchObject([{ tx_ref: reference, amount: 40.5, currency: 'GHS' }])
    expect(driver.books(account)).toEqual([])
  })
})

describe('refunds', () => {
  test.each([
    { course: undefined, state: 'succeeded' },
    { course: 'succeeds', state: 'succeeded' },
    { course: 'stays_pending', state: 'pending' },
    { course: 'fails', state: 'failed' },
  ] as const)('$course: $state in the end, pending before', async ({ course, state }) => {
    const { world, simulator, driver, account, merchant } = driven()
    await merchant.open('r')
    driver.pay('r')
    if (course) driver.setRefundCourse('r', course)
    const id = driver.refundOnDashboard('r', 50_000)
    expect(driver.books(account)[0]?.refunds).toEqual([{ id, amount: 50_000, state: 'pending' }])
    world.advance(HOUR_MS)
    expect(driver.books(account)[0]?.refunds).toEqual([{ id, amount: 50_000, state }])
    await simulator.deliverDueWebhooks()
    expect(world.inbox.filter(({ body }) => String(body.id) === id).length).toBe(state === 'pending' ? 2 : 3)
  })

  test('a refund never requires an action', async () => {
    const { driver, merchant } = driven()
    await merchant.open('r')
    expect(driver.abilities.refundCourses).not.toContain('requires_action')
    expect(() => driver.setRefundCourse('r', 'requires_action')).toThrow('never requires an action')
  })
})
