/** Refunds and chargebacks: what is accepted, and the way that each goes by the clock. */
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { flutterwaveTest, KEY, WEBHOOK_URL } from './flutterwave-world.ts'
import { HOUR_MS, MINUTE_MS } from './world.ts'

async function paid(fields: Record<string, unknown> = {}, input = {}) {
  const setup = flutterwaveTest({ refundWebhooks: true })
  await setup.merchant.open('r', fields)
  setup.simulator.control.pay({ reference: 'r' }, input)
  const { id } = await setup.merchant.verifyReference('r')
  await setup.simulator.deliverDueWebhooks()
  setup.world.inbox.length = 0
  return { ...setup, id }
}

const rows = z.object({ data: z.array(z.looseObject({ status: z.string() })) })

describe('what is accepted', () => {
  test('a part, then the rest, then no more', async () => {
    const { merchant, id } = await paid()
    expect(await merchant.refund('r', { amount: 1000.5, comments: 're_1' })).toMatchObject({
      tx_id: id,
      amount_refunded: 1000.5,
      status: 'completed',
      destination: 'payment_source',
      meta: { source: 'availablebalance' },
    })
    expect(await merchant.call('POST', `/transactions/${id}/refund`, {})).toMatchObject({ status: 400 })
    expect((await merchant.refund('r', { amount: '1499.50' })).amount_refunded).toBe(1499.5)
    expect(await merchant.call('POST', `/transactions/${id}/refund`, { amount: 100 })).toEqual({
      status: 400,
      body: { status: 'error', message: 'Refund amount is more than what is left of the transaction', data: null },
    })
  })

  test('without an amount the whole goes back', async () => {
    const { merchant } = await paid()
    expect((await merchant.refund('r')).amount_refunded).toBe(2500)
  })

  test.each([
    { currency: 'NGN', amount: 99.99, says: 'Amount should be above NGN100' },
    { currency: 'KES', amount: 9, says: 'Amount should be above KES10' },
    { currency: 'GHS', amount: -1, says: 'amount is invalid' },
    { currency: 'UGX', amount: 0.5, says: 'amount is invalid' },
  ])('$currency $amount is refused', async ({ currency, amount, says }) => {
    const { merchant, id } = await paid({ currency })
    expect(await merchant.call('POST', `/transactions/${id}/refund`, { amount })).toMatchObject({
      status: 400,
      body: { message: says },
    })
  })

  test('an unknown transaction, and one that was not paid, say so in data', async () => {
    const { simulator, merchant } = await paid()
    await merchant.open('unpaid')
    simulator.control.decline({ reference: 'unpaid' })
    const { id } = await merchant.verifyReference('unpaid')
    for (const unknown of ['1', 'r', String(id)]) {
      expect(await merchant.call('POST', `/transactions/${unknown}/refund`, { amount: 500 })).toEqual({
        status: 400,
        body: {
          status: 'error',
          message: 'Some error occured',
          data: 'Error: Cannot refund non-existent/unauthorized transaction',
        },
      })
    }
  })

  test('a refund that failed can be made again', async () => {
    const { world, simulator, merchant } = await paid()
    simulator.control.setRefundCourse({ reference: 'r' }, 'fails')
    await merchant.refund('r')
    world.advance(HOUR_MS)
    expect((await merchant.refund('r')).amount_refunded).toBe(2500)
  })
})

describe('the way of a refund', () => {
  test.each([
    {
      course: 'succeeds',
      via: 'a card',
      fields: {},
      input: {},
      statuses: ['completed', 'processing', 'completed-mpgs'],
    },
    {
      course: 'succeeds',
      via: 'a transfer',
      fields: {},
      input: { method: 'bank_transfer', transfer: 'sent' },
      statuses: ['completed', 'processing', 'completed-bank-transfer'],
    },
    {
      course: 'succeeds',
      via: 'mobile money',
      fields: { currency: 'KES' },
      input: { method: 'mpesa', phone: '254700000000', otp: '123456' },
      statuses: ['completed', 'pending-momo', 'completed-momo'],
    },
    { course: 'fails', via: 'a card', fields: {}, input: {}, statuses: ['completed', 'processing', 'failed'] },
    { course: 'stays_pending', via: 'a card', fields: {}, input: {}, statuses: ['completed', 'processing'] },
    {
      course: 'disbursement_fails',
      via: 'a card',
      fields: {},
      input: {},
      statuses: ['completed', 'processing', 'completed'],
    },
  ] as const)('$via, $course: $statuses, each told', async ({ course, fields, input, statuses }) => {
    const { world, simulator, merchant } = await paid(fields, input)
    simulator.control.setRefundCourse({ reference: 'r' }, course)
    const { id } = await merchant.refund('r')
    const read = []
    for (let minute = 0; minute < statuses.length; minute++) {
      const { body } = await merchant.call('GET', `/refunds/${id}`)
      read.push(z.object({ data: z.object({ status: z.string() }) }).parse(body).data.status)
      world.advance(MINUTE_MS)
    }
    world.advance(HOUR_MS)
    await simulator.deliverDueWebhooks()
    expect(read).toEqual(statuses)
    expect(world.inbox.map(({ body }) => body.status)).toEqual(statuses)
  })

  test('a disbursement that failed stands in the meta alone', async () => {
    const { world, simulator, merchant } = await paid()
    simulator.control.setRefundCourse({ reference: 'r' }, 'disbursement_fails')
    const { id } = await merchant.refund('r')
    world.advance(2 * MINUTE_MS)
    expect(await merchant.call('GET', `/refunds/${id}`)).toMatchObject({
      body: { data: { status: 'completed', meta: { source: 'availablebalance', disburse_status: 'failed' } } },
    })
    await simulator.deliverDueWebhooks()
    expect(world.inbox.at(-1)?.body.meta).toBe('{"source":"availablebalance","disburse_status":"failed"}')
  })

  test('any status can be set by hand', async () => {
    const { simulator, merchant } = await paid()
    const { id } = await merchant.refund('r')
    simulator.control.setRefundStatus(id, 'completed-offline', 'completed')
    expect(await merchant.call('GET', `/refunds/${id}`)).toMatchObject({
      body: { data: { status: 'completed-offline' } },
    })
    expect(() => simulator.control.setRefundStatus(1, 'failed')).toThrow('no refund has the id 1')
  })
})

describe('reading', () => {
  test('refunds are found by the id of their transaction, newest first', async () => {
    const { world, simulator, merchant, id } = await paid()
    await merchant.refund('r', { amount: 500, comments: 're_1' })
    await merchant.refund('r', { amount: 700 })
    await merchant.open('other')
    simulator.control.pay({ reference: 'other' })
    await merchant.refund('other')
    const list = async (query: string) => rows.parse((await merchant.call('GET', `/refunds?${query}`)).body).data
    expect(await list(`id=${id}`)).toMatchObject([
      { transaction_id: id, amount_refunded: 700, comment: null },
      { transaction_id: id, amount_refunded: 500, comment: 're_1' },
    ])
    expect(await list('')).toHaveLength(3)
    expect(await list('id=1')).toEqual([])
    world.advance(2 * MINUTE_MS)
    expect(await list('status=completed')).toEqual([])
    expect(await list('status=completed-mpgs&currency=NGN')).toHaveLength(3)
  })

  test('all of them are narrowed by days and turned by pages of ten', async () => {
    const { world, simulator, merchant } = await paid()
    for (let n = 0; n < 12; n++) simulator.control.refund({ reference: 'r' }, 10_000)
    world.advance(24 * HOUR_MS)
    simulator.control.refund({ reference: 'r' }, 20_000)
    const list = async (query: string) => (await merchant.call('GET', `/refunds?${query}`)).body
    expect(await list('page=2')).toMatchObject({
      meta: { page_info: { total: 13, current_page: 2, total_pages: 2 } },
      data: { length: 3 },
    })
    expect(await list('from=2026-11-25&to=2026-11-25')).toMatchObject({
      meta: { page_info: { total: 1 } },
      data: [{ amount_refunded: 200 }],
    })
    expect(await list('to=2026-11-24')).toMatchObject({ meta: { page_info: { total: 12 } } })
    expect(await list('from=2026-11-26')).toMatchObject({ meta: { page_info: { total: 0 } }, data: [] })
  })

  test('an unknown refund is refused', async () => {
    const { merchant } = await paid()
    expect((await merchant.call('GET', '/refunds/1')).status).toBe(400)
  })
})

describe('who is told', () => {
  test('nobody, until it is enabled', async () => {
    const { world, simulator, merchant } = await paid()
    simulator.control.configureAccount(KEY, { refundWebhooks: false })
    await merchant.refund('r')
    world.advance(HOUR_MS)
    expect(await simulator.deliverDueWebhooks()).toBe(0)
  })

  test('the URL of the refund itself, whether or not it is enabled', async () => {
    const { world, simulator, merchant } = await paid()
    await merchant.refund('r', { callbackurl: 'https://merchant.example/refunds/re_1' })
    simulator.control.configureAccount(KEY, { refundWebhooks: false })
    world.advance(HOUR_MS)
    await simulator.deliverDueWebhooks()
    const urls = world.inbox.map(({ url }) => url)
    expect(urls.filter((url) => url === 'https://merchant.example/refunds/re_1')).toHaveLength(3)
    expect(urls.filter((url) => url === WEBHOOK_URL)).toHaveLength(1)
  })
})

describe('chargebacks', () => {
  test('one is found by its transaction, and answered once', async () => {
    const { simulator, merchant, id } = await paid()
    const { id: chargeback } = simulator.control.openChargeback({ reference: 'r' }, { amount: 50_000 })
    const found = { id: chargeback, amount: 500, status: 'initiated', stage: 'new', transaction_id: id, tx_ref: 'r' }
    expect(await merchant.call('GET', `/chargebacks?id=${id}`)).toMatchObject({ body: { data: [found] } })
    expect(await merchant.call('GET', '/chargebacks?status=won')).toMatchObject({ body: { data: [] } })
    const answer = (body: unknown, which = chargeback) => merchant.call('PUT', `/chargebacks/${which}`, body)
    expect((await answer({ action: 'accept' }, 1)).status).toBe(400)
    expect((await answer({})).status).toBe(400)
    expect((await answer({ action: 'ignore' })).status).toBe(400)
    expect((await answer({ action: 'decline', comment: 'Delivered' })).status).toBe(200)
    expect((await answer({ action: 'accept' })).status).toBe(400)
    simulator.control.endChargeback(chargeback, 'won')
    expect(await merchant.call('GET', '/chargebacks')).toMatchObject({
      body: { data: [{ status: 'won', comment: 'Delivered' }] },
    })
  })

  test('one that is not answered in time is lost', async () => {
    const { world, simulator, merchant } = await paid()
    simulator.control.openChargeback({ reference: 'r' }, { dueInMs: HOUR_MS })
    world.advance(HOUR_MS)
    expect(await merchant.call('GET', '/chargebacks')).toMatchObject({
      body: { data: [{ status: 'lost', amount: 2500 }] },
    })
  })
})
