/** The driver: the words that are the same for every provider, as they happen at Paystack. */
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type {
  CallAccident,
  OpenedAccount,
  RefundCourse,
  WebhookAccident,
} from '../../../local/simulators/kit/driver.ts'
import { OPERATIONS, type Operation } from '../../../local/simulators/kit/driver.ts'
import { createPaystackSimulator, type PaystackSimulator } from '../../../local/simulators/paystack/index.ts'
import { BASE_URL, createTestWorld, HOUR_MS, Merchant, MINUTE_MS, type TestWorld, WEBHOOK_URL } from './world.ts'

const keyOf = ({ credentials }: OpenedAccount) => z.string().parse(credentials.secret_key)

interface Setup {
  world: TestWorld
  simulator: PaystackSimulator
  driver: PaystackSimulator['driver']
  account: OpenedAccount
  merchant: Merchant
}

function setUp(mode: 'test' | 'live' = 'test'): Setup {
  const world = createTestWorld()
  const simulator = createPaystackSimulator(world, { baseUrl: BASE_URL })
  const { driver } = simulator
  const account = driver.openAccount(mode)
  driver.setWebhookUrl(account, WEBHOOK_URL)
  return { world, simulator, driver, account, merchant: new Merchant(simulator, keyOf(account)) }
}

async function opened(reference: string, fields: Record<string, unknown> = {}): Promise<Setup> {
  const setup = setUp()
  await setup.merchant.open(reference, fields)
  return setup
}

describe('an account', () => {
  test.each(['test', 'live'] as const)(
    'in %s mode is another one each time, with a key as Paystack has them',
    (mode) => {
      const { driver } = setUp()
      const keys = [1, 2, 3].map(() => keyOf(driver.openAccount(mode)))
      expect(new Set(keys).size).toBe(3)
      for (const key of keys) expect(key).toMatch(new RegExp(`^sk_${mode}_[a-z0-9]{40}$`))
    },
  )

  test('is known also where strangers are refused', async () => {
    const { simulator, merchant } = setUp()
    simulator.control.setStrictAccounts(true)
    expect((await merchant.call('GET', '/balance')).status).toBe(200)
  })

  test('is told by webhooks only once it has an address, and signs whatever it is given', async () => {
    const { driver, simulator, world } = setUp()
    const quiet = driver.openAccount('live')
    const merchant = new Merchant(simulator, keyOf(quiet))
    await merchant.open('quiet')
    driver.pay('quiet')
    expect(await simulator.deliverDueWebhooks()).toBe(0)
    driver.setWebhookUrl(quiet, WEBHOOK_URL)
    await merchant.open('told')
    driver.pay('told')
    await simulator.deliverDueWebhooks()
    const [delivery] = world.inbox
    if (delivery === undefined) throw new Error('nothing came')
    const headers = await driver.sign(quiet, delivery.raw)
    expect(Object.keys(headers)).toContain('x-paystack-signature')
    for (const [name, value] of Object.entries(headers)) expect(delivery.headers.get(name)).toBe(value)
    expect(await driver.sign(quiet, `${delivery.raw} `)).not.toEqual(headers)
  })
})

describe('a payer', () => {
  test('pays, and the provider says so', async () => {
    const { driver, merchant, simulator, world } = await opened('paid')
    driver.pay('paid')
    expect(await merchant.verify('paid')).toMatchObject({ status: 'success', amount: 150_000 })
    await simulator.deliverDueWebhooks()
    expect(world.inbox.map(({ event }) => event)).toEqual(['charge.success'])
  })

  test.each([
    ['card', 'NGN'],
    ['bank', 'NGN'],
    ['bank_transfer', 'NGN'],
    ['ussd', 'NGN'],
    ['mobile_money', 'GHS'],
    ['mobile_money', 'XOF'],
    ['eft', 'ZAR'],
  ])('pays where the page offers nothing but %s, in %s', async (channel, currency) => {
    const { driver, merchant } = await opened('only', { channels: [channel], currency })
    driver.pay('only')
    expect(await merchant.verify('only')).toMatchObject({ status: 'success', channel })
  })

  test('pays also when the merchant’s own deadline has long passed', async () => {
    const { driver, merchant, world } = await opened('late')
    world.advance(8 * 24 * HOUR_MS)
    driver.pay('late')
    expect((await merchant.verify('late')).status).toBe('success')
  })

  test('is declined, which leaves the page open', async () => {
    const { driver, merchant } = await opened('declined')
    driver.decline('declined')
    expect(await merchant.verify('declined')).toMatchObject({ status: 'abandoned', gateway_response: 'Declined' })
    driver.pay('declined')
    expect((await merchant.verify('declined')).status).toBe('success')
  })

  test.each([
    ['paid', 'success'],
    ['failed', 'failed'],
  ] as const)('begins, and the payment is under way until it is %s', async (end, status) => {
    const { driver, merchant, world } = await opened('delayed')
    driver.beginDelayed('delayed')
    world.advance(HOUR_MS)
    expect((await merchant.verify('delayed')).status).toBe('ongoing')
    driver.endDelayed('delayed', end)
    expect((await merchant.verify('delayed')).status).toBe(status)
  })

  test('cannot do what Paystack does not take', async () => {
    const { driver, merchant } = await opened('once')
    expect(() => driver.endDelayed('once', 'paid')).toThrow('nobody has begun')
    driver.pay('once')
    expect(() => driver.pay('once')).toThrow('is paid')
    expect(() => driver.decline('once')).toThrow('is paid')
    expect(() => driver.beginDelayed('once')).toThrow('is paid')
    expect(() => driver.payAgain('once')).toThrow('one payment for a reference')
    expect(() => driver.pay('nobody')).toThrow('no transaction has this reference')
    await merchant.open('no-method', { channels: ['qr'] })
    expect(() => driver.pay('no-method')).toThrow('no method')
    expect(driver.abilities).toMatchObject({ payTwice: false, payLate: true, payDelayed: true })
  })
})

describe('what befalls the money', () => {
  /** 1 % and a half is the simulator's fee: 2,250 of 150,000. */
  test.each([
    [
      { kind: 'wrong_amount', delta: 500 },
      { requested_amount: 150_500, amount: 150_500 },
    ],
    [
      { kind: 'wrong_amount', delta: -500 },
      { requested_amount: 149_500, amount: 149_500 },
    ],
    [
      { kind: 'wrong_currency', currency: 'GHS' },
      { currency: 'GHS', amount: 150_000 },
    ],
    [
      { kind: 'partial_payment', shortBy: 500 },
      { requested_amount: 150_000, amount: 149_500 },
    ],
    [{ kind: 'fee_on_payer' }, { requested_amount: 150_000, amount: 152_250, fees: 2_250 }],
  ] as const)('%j befalls this payment and no other', async (accident, says) => {
    const { driver, merchant } = await opened('struck')
    await merchant.open('spared')
    driver.pay('struck', accident)
    driver.pay('spared')
    expect(await merchant.verify('struck')).toMatchObject(says)
    expect(await merchant.verify('spared')).toMatchObject({
      currency: 'NGN',
      requested_amount: 150_000,
      amount: 150_000,
    })
  })

  test('is told in minor units, though Paystack counts francs in hundredths', async () => {
    const { driver, merchant, account } = await opened('francs', { currency: 'XOF', amount: 50_000 })
    driver.pay('francs', { kind: 'wrong_amount', delta: 3 })
    expect((await merchant.verify('francs')).amount).toBe(50_300)
    expect(driver.books(account)).toMatchObject([{ amount: 503, currency: 'XOF' }])
  })

  test('leaves no part of a franc to the payer who bears the fee', async () => {
    const { driver, merchant } = await opened('fee', { currency: 'XOF', amount: 50_000 })
    driver.pay('fee', { kind: 'fee_on_payer' })
    expect(await merchant.verify('fee')).toMatchObject({ amount: 50_800, fees: 800 })
  })
})

/** The call that each of the merchant's operations makes. */
const CALLS: Record<Exclude<Operation, 'close_checkout'>, [method: string, path: string, body?: unknown]> = {
  create_checkout: [
    'POST',
    '/transaction/initialize',
    { email: 'kofi@customer.example', amount: 5_000, currency: 'NGN', reference: 'asked' },
  ],
  confirm: ['GET', '/transaction/verify/known'],
  create_refund: ['POST', '/refund', { transaction: 'known', amount: 5_000 }],
  read_refunds: ['GET', '/refund'],
  list_payments: ['GET', '/transaction?use_cursor=true'],
  check_credentials: ['GET', '/balance'],
}
const CALLABLE = OPERATIONS.filter((operation) => operation !== 'close_checkout')

describe('an accident of a call', () => {
  async function withPayment(): Promise<Setup> {
    const setup = await opened('known')
    setup.driver.pay('known')
    return setup
  }

  test.each(CALLABLE)('befalls %s of this account, so often, and no other call', async (operation) => {
    const { driver, account, merchant, simulator } = await withPayment()
    driver.accident(account, { kind: 'server_error', when: 'before', operation, times: 2 })
    const others = CALLABLE.filter((other) => other !== operation)
    for (const other of others) expect((await merchant.request(...CALLS[other])).status).toBe(200)
    const stranger = new Merchant(simulator, keyOf(driver.openAccount('test')))
    expect((await stranger.request(...CALLS[operation])).status).not.toBe(500)
    const statuses: number[] = []
    for (let call = 0; call < 3; call++) statuses.push((await merchant.request(...CALLS[operation])).status)
    expect(statuses).toEqual([500, 500, 200])
  })

  test.each<[CallAccident, object]>([
    [{ kind: 'rate_limited' }, { status: 429 }],
    [{ kind: 'server_error', when: 'after' }, { status: 500 }],
    [{ kind: 'html_error_page', when: 'after' }, { status: 502 }],
    [{ kind: 'malformed_json' }, { status: 200 }],
  ])('%j is an answer', async (accident, answer) => {
    const { driver, account, merchant } = await withPayment()
    driver.accident(account, { ...accident, operation: 'create_checkout' })
    expect(await merchant.request(...CALLS.create_checkout)).toMatchObject(answer)
    const isMade = accident.kind !== 'rate_limited'
    expect((await merchant.call('GET', '/transaction/verify/asked')).status).toBe(isMade ? 200 : 400)
  })

  test.each<CallAccident>([{ kind: 'down' }, { kind: 'cut', when: 'after', how: 'reset' }])(
    '%j is no answer',
    async (accident) => {
      const { driver, account, merchant } = await withPayment()
      driver.accident(account, accident)
      await expect(merchant.request(...CALLS.confirm)).rejects.toBeInstanceOf(TypeError)
    },
  )

  test('slow is an answer that takes its time', async () => {
    const { driver, account, merchant, world } = await withPayment()
    driver.accident(account, { kind: 'slow', ms: 5_000, when: 'before' })
    const answer = merchant.request(...CALLS.confirm)
    world.advance(5_000)
    expect((await answer).status).toBe(200)
  })

  test.each([
    ['create_checkout', 'data.authorization_url'],
    ['confirm', 'data.amount'],
    ['create_refund', 'data.id'],
    ['read_refunds', 'data'],
    ['list_payments', 'meta'],
    ['check_credentials', 'status'],
  ] as const)('field_missing takes from %s what matters: %s', async (operation, field) => {
    const { driver, account, merchant } = await withPayment()
    driver.accident(account, { kind: 'field_missing', operation, times: 1 })
    expect((await merchant.call(...CALLS[operation])).body).not.toHaveProperty(field)
    expect((await merchant.call('GET', '/balance')).body).toHaveProperty('data')
  })

  test('cannot befall what Paystack does not offer', () => {
    const { driver, account } = setUp()
    expect(() => driver.accident(account, { kind: 'down', operation: 'close_checkout' })).toThrow('close_checkout')
  })

  test('ends when it is cleared, for this account alone', async () => {
    const { driver, account, merchant, simulator } = setUp()
    const other = driver.openAccount('test')
    for (const struck of [account, other]) driver.accident(struck, { kind: 'server_error', when: 'before' })
    driver.clear(account)
    expect((await merchant.request('GET', '/balance')).status).toBe(200)
    expect((await new Merchant(simulator, keyOf(other)).request('GET', '/balance')).status).toBe(500)
  })
})

describe('an accident of a webhook', () => {
  async function afterTwo(accident: WebhookAccident): Promise<Setup> {
    const setup = await opened('first')
    await setup.merchant.open('second')
    setup.driver.webhookAccident(setup.account, accident)
    setup.driver.pay('first')
    setup.driver.pay('second')
    await setup.simulator.deliverDueWebhooks()
    return setup
  }
  const referencesIn = ({ world }: Setup) => world.inbox.map(({ data }) => data.reference)

  test.each<[WebhookAccident, string[]]>([
    [{ kind: 'lost', times: 1 }, ['second']],
    [{ kind: 'duplicate', copies: 2, times: 1 }, ['first', 'first', 'first', 'second']],
    [{ kind: 'reordered', times: 1 }, ['second', 'first']],
    [{ kind: 'late', ms: HOUR_MS, times: 1 }, ['second']],
  ])('%j', async (accident, references) => {
    expect(referencesIn(await afterTwo(accident))).toEqual(references)
  })

  test('late comes when its time has come', async () => {
    const setup = await afterTwo({ kind: 'late', ms: HOUR_MS, times: 1 })
    setup.world.advance(HOUR_MS)
    await setup.simulator.deliverDueWebhooks()
    expect(referencesIn(setup)).toEqual(['second', 'first'])
  })
})

describe('a refund', () => {
  async function refunded(course?: RefundCourse): Promise<Setup> {
    const setup = await opened('back')
    setup.driver.pay('back')
    if (course !== undefined) setup.driver.setRefundCourse('back', course)
    await setup.merchant.call('POST', '/refund', { transaction: 'back', amount: 60_000 })
    return setup
  }
  const statesIn = ({ driver, account }: Setup) => driver.books(account).flatMap(({ refunds }) => refunds)

  test.each<[RefundCourse | undefined, string]>([
    [undefined, 'succeeded'],
    ['succeeds', 'succeeded'],
    ['fails', 'failed'],
    ['requires_action', 'requires_action'],
    ['stays_pending', 'pending'],
  ])('whose course is %s is pending, and then %s', async (course, state) => {
    const setup = await refunded(course)
    expect(statesIn(setup)).toMatchObject([{ amount: 60_000, state: 'pending' }])
    setup.world.advance(10 * MINUTE_MS)
    expect(statesIn(setup)).toMatchObject([{ amount: 60_000, state }])
  })

  test('that stays pending fails when its course says so', async () => {
    const setup = await refunded('stays_pending')
    setup.world.advance(24 * HOUR_MS)
    setup.driver.setRefundCourse('back', 'fails')
    setup.world.advance(10 * MINUTE_MS)
    expect(statesIn(setup)).toMatchObject([{ state: 'failed' }])
  })

  test('has the course of its own payment', async () => {
    const setup = await refunded('fails')
    await setup.merchant.open('other')
    setup.driver.pay('other')
    await setup.merchant.call('POST', '/refund', { transaction: 'other', amount: 60_000 })
    setup.world.advance(10 * MINUTE_MS)
    expect(statesIn(setup).map(({ state }) => state)).toEqual(['failed', 'succeeded'])
  })

  test('on the dashboard is one that the merchant’s system finds', async () => {
    const { driver, merchant, account } = await opened('dash', { currency: 'XOF', amount: 50_000 })
    driver.pay('dash')
    const id = driver.refundOnDashboard('dash', 200)
    expect((await merchant.call('GET', `/refund/${id}`)).body).toMatchObject({ data: { amount: 20_000 } })
    expect(driver.books(account)).toMatchObject([{ refunds: [{ id, amount: 200, state: 'pending' }] }])
    expect(() => driver.refundOnDashboard('dash', 301)).toThrow('cannot exceed')
  })
})

describe('the books', () => {
  test('have every payment that a page was made for, paid or not, and no charge from elsewhere', async () => {
    const { driver, account, merchant } = await opened('unpaid')
    await merchant.open('paid')
    driver.pay('paid', { kind: 'fee_on_payer' })
    const elsewhere = driver.chargeElsewhere(account, 7_000, 'NGN')
    expect(driver.books(account)).toEqual([
      { reference: 'unpaid', timesPaid: 0, amount: 0, currency: 'NGN', refunds: [] },
      { reference: 'paid', timesPaid: 1, amount: 152_250, currency: 'NGN', refunds: [] },
    ])
    expect(await merchant.verify(elsewhere)).toMatchObject({ status: 'success', amount: 7_000 })
  })

  test('are those of the account alone', async () => {
    const { driver } = await opened('mine')
    expect(driver.books(driver.openAccount('test'))).toEqual([])
  })
})
