/** The driver: Chapa in the words that are the same for every provider. */
import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { OpenedAccount, Operation } from '../../../local/simulators/kit/driver.ts'
import { ChapaMerchant, chapaTest, WEBHOOK_URL } from './chapa-world.ts'
import { MINUTE_MS } from './world.ts'

async function readStatus(response: Response): Promise<number> {
  if (response.status === 200) await response.json()
  return response.status
}

function nameOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'SyntaxError'
  return error instanceof TypeError ? 'TypeError' : 'something else'
}

/** A Chapa with one live account that the driver opened. */
function driven() {
  const { world, simulator } = chapaTest()
  const { driver } = simulator
  const account = driver.openAccount('live')
  driver.setWebhookUrl(account, WEBHOOK_URL)
  return { world, simulator, driver, account, merchant: new ChapaMerchant(simulator, keyOf(account)) }
}

function keyOf({ credentials }: OpenedAccount): string {
  return credentials.secret_key ?? ''
}

test('it opens another account each time, in the mode that is asked for, which posts nowhere yet', async () => {
  const { driver, simulator, world } = driven()
  const accounts = [driver.openAccount('test'), driver.openAccount('test'), driver.openAccount('live')]
  expect(accounts.map(({ credentials }) => Object.keys(credentials))).toEqual(
    Array(3).fill(['secret_key', 'webhook_secret']),
  )
  expect(accounts.map((account) => keyOf(account).split('-')[0])).toEqual(['CHASECK_TEST', 'CHASECK_TEST', 'CHASECK'])
  expect(new Set(accounts.map(keyOf)).size).toBe(3)
  const [first] = accounts
  await new ChapaMerchant(simulator, first ? keyOf(first) : '').open('silent')
  driver.pay('silent')
  expect(await simulator.deliverDueWebhooks()).toBe(0)
  expect(world.inbox).toEqual([])
})

test('a payment that is declined and then paid stands in the books once', async () => {
  const { driver, account, merchant } = driven()
  await merchant.open('order-1')
  expect(driver.books(account)).toEqual([
    { reference: 'order-1', timesPaid: 0, amount: 0, currency: 'ETB', refunds: [] },
  ])
  driver.decline('order-1')
  expect((await merchant.verify('order-1')).status).toBe('failed/cancelled')
  driver.pay('order-1')
  expect(driver.books(account)).toMatchObject([{ timesPaid: 1, amount: 35_000 }])
  expect(() => driver.pay('order-1')).toThrow('paid')
  expect(() => driver.decline('order-1')).toThrow('no further try')
})

test('it throws where there is nothing to be paid, and where Chapa can’t do it', async () => {
  const { driver, merchant } = driven()
  expect(() => driver.pay('nobody')).toThrow('no payment has this reference')
  expect(() => driver.books({ credentials: {} })).toThrow('secret_key')
  await merchant.open('closed')
  expect(() => driver.pay('closed', { kind: 'partial_payment', shortBy: 5 })).toThrow("can't show partial_payment")
  expect(() => driver.pay('closed', { kind: 'fee_on_payer' })).toThrow("can't show fee_on_payer")
  expect(() => driver.payAgain('closed')).toThrow("can't be paid twice")
  expect(() => driver.beginDelayed('closed')).toThrow("can't show that money is on its way")
  expect(() => driver.endDelayed('closed', 'paid')).toThrow("can't show that money is on its way")
  expect(() => driver.setRefundCourse('closed', 'requires_action')).toThrow("can't ask for anything")
  await merchant.cancel('closed')
  expect(() => driver.pay('closed')).toThrow('expired')
  expect(() => driver.decline('closed')).toThrow('no further try')
})

test.each([
  { accident: { kind: 'wrong_amount', delta: -500 }, booked: { amount: 34_500, currency: 'ETB' } },
  { accident: { kind: 'wrong_currency', currency: 'USD' }, booked: { amount: 35_000, currency: 'USD' } },
] as const)('$accident befalls this payment and no other', async ({ accident, booked }) => {
  const { driver, account, merchant } = driven()
  await merchant.open('odd')
  await merchant.open('even')
  driver.pay('odd', accident)
  driver.pay('even')
  expect(driver.books(account)).toMatchObject([booked, { amount: 35_000, currency: 'ETB' }])
})

describe('refunds', () => {
  test.each([
    { course: 'succeeds', states: ['pending', 'pending', 'succeeded', 'succeeded'] },
    { course: 'fails', states: ['pending', 'pending', 'failed', 'failed'] },
    { course: 'stays_pending', states: ['pending', 'pending', 'pending', 'pending'] },
  ] as const)('one that $course is $states minute by minute', async ({ course, states }) => {
    const { world, driver, account, merchant } = driven()
    await merchant.open('back')
    driver.pay('back')
    driver.setRefundCourse('back', course)
    const id = driver.refundOnDashboard('back', 1_000)
    const seen = states.map(() => {
      const [refund] = driver.books(account)[0]?.refunds ?? []
      world.advance(MINUTE_MS)
      expect(refund).toMatchObject({ id, amount: 1_000 })
      return refund?.state
    })
    expect(seen).toEqual(states)
  })

  test('a test account has none, as Chapa refuses them', async () => {
    const { simulator, driver } = driven()
    await new ChapaMerchant(simulator, keyOf(driver.openAccount('test'))).open('test')
    driver.pay('test')
    expect(() => driver.refundOnDashboard('test', 1_000)).toThrow('live mode')
  })
})

test('a charge from elsewhere is in Chapa’s list and known by its reference, and not in the books of our pages', async () => {
  const { driver, account, merchant } = driven()
  const reference = driver.chargeElsewhere(account, 7_500, 'ETB')
  expect(await merchant.verify(reference)).toMatchObject({ status: 'success', amount: 75, type: 'Payment Link' })
  expect((await merchant.call('GET', '/v1/transactions')).body).toMatchObject({
    data: { transactions: [{ type: 'Payment Link', amount: '75.000' }] },
  })
  expect(driver.books(account)).toEqual([])
})

test('it signs any body as Chapa would for this account', async () => {
  const { driver, account } = driven()
  const hmac = (text: string) =>
    createHmac('sha256', account.credentials.webhook_secret ?? '')
      .update(text)
      .digest('hex')
  expect(await driver.sign(account, '{"event":"odd"}')).toEqual({
    'content-type': 'application/json',
    'chapa-signature': hmac(account.credentials.webhook_secret ?? ''),
    'x-chapa-signature': hmac('{"event":"odd"}'),
  })
})

describe('accidents', () => {
  const calls: Record<Operation, [method: string, path: string]> = {
    create_checkout: ['POST', '/v1/transaction/initialize'],
    confirm: ['GET', '/v1/transaction/verify/x'],
    close_checkout: ['PUT', '/v1/transaction/cancel/x'],
    create_refund: ['POST', '/v1/refund/x'],
    read_refunds: ['GET', '/v1/refund/x/verify'],
    list_payments: ['GET', '/v1/transactions'],
    check_credentials: ['GET', '/v1/currency_supported'],
  }
  const operations: Operation[] = [
    ...(['create_checkout', 'confirm', 'close_checkout', 'create_refund', 'read_refunds'] as const),
    ...(['list_payments', 'check_credentials'] as const),
  ]

  test.each(operations)('of %s strike its call and no other, until they are cleared', async (operation) => {
    const { driver, account, merchant } = driven()
    driver.accident(account, { kind: 'server_error', when: 'before', operation })
    const struck: Operation[] = []
    const strike = async () => {
      struck.length = 0
      for (const name of operations) {
        const [method, path] = calls[name]
        if ((await merchant.request(method, path)).status === 500) struck.push(name)
      }
      return [...struck]
    }
    expect(await strike()).toEqual([operation])
    driver.clear(account)
    expect(await strike()).toEqual([])
  })

  test.each([
    { accident: { kind: 'down' }, answer: 'TypeError' },
    { accident: { kind: 'cut', when: 'after', how: 'reset' }, answer: 'TypeError' },
    { accident: { kind: 'rate_limited' }, answer: 429 },
    { accident: { kind: 'server_error', when: 'after' }, answer: 500 },
    { accident: { kind: 'html_error_page', when: 'before' }, answer: 502 },
    { accident: { kind: 'malformed_json' }, answer: 'SyntaxError' },
    { accident: { kind: 'slow', ms: 10, when: 'after' }, answer: 200 },
    { accident: { kind: 'field_missing' }, answer: 200 },
  ] as const)('$accident strikes any call of the account, once', async ({ accident, answer }) => {
    const { world, driver, account, merchant } = driven()
    const stranger = new ChapaMerchant(merchant.simulator, 'CHASECK-stranger')
    const read = async (who: ChapaMerchant) => {
      const outcome = who.request('GET', '/v1/currency_supported').then(readStatus).catch(nameOf)
      await new Promise<void>((resolve) => setImmediate(resolve))
      world.advance(10)
      return outcome
    }
    driver.accident(account, { ...accident, times: 1 })
    expect(await read(stranger)).toBe(200)
    expect(await read(merchant)).toBe(answer)
    expect(await read(merchant)).toBe(200)
  })

  test.each([
    { accident: { kind: 'lost', times: 1 }, arrives: ['second'] },
    { accident: { kind: 'late', ms: MINUTE_MS, times: 1 }, arrives: ['second', 'first'] },
    { accident: { kind: 'duplicate', copies: 1, times: 1 }, arrives: ['first', 'first', 'second'] },
    { accident: { kind: 'reordered', times: 1 }, arrives: ['second', 'first'] },
  ] as const)('a webhook that is $accident.kind', async ({ accident, arrives }) => {
    const { world, simulator, driver, account, merchant } = driven()
    driver.webhookAccident(account, accident)
    for (const reference of ['first', 'second']) {
      await merchant.open(reference)
      driver.pay(reference)
      await simulator.deliverDueWebhooks()
    }
    world.advance(MINUTE_MS)
    await simulator.deliverDueWebhooks()
    expect(world.inbox.map(({ body }) => body.tx_ref)).toEqual(arrives)
  })
})
