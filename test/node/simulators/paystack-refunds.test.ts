/** Refunds on the clock: what is accepted, which way each goes, and what the transaction reads meanwhile. */
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { KEY, MINUTE_MS, type PaystackTest, paystackTest } from './world.ts'

const NEEDS_ATTENTION_CARD = '4084080000671902'
const FAILING_CARD = '4084080000671803'
const refunded = z.object({ data: z.looseObject({ id: z.number(), status: z.string() }) })

async function paid(reference: string, method = '4084084084084081', amount = 150_000): Promise<PaystackTest> {
  const setup = paystackTest()
  await setup.merchant.open(reference, { amount })
  setup.simulator.control.pay({ reference }, { method })
  return setup
}

async function refund({ merchant }: PaystackTest, fields: Record<string, unknown>): Promise<number> {
  return refunded.parse((await merchant.call('POST', '/refund', fields)).body).data.id
}

async function minutePasses({ world, simulator }: PaystackTest): Promise<void> {
  world.advance(MINUTE_MS)
  await simulator.deliverDueWebhooks()
}

test.each([
  { card: '4084084084084081', refundEnds: 'processed', transactionReads: 'reversed' },
  { card: FAILING_CARD, refundEnds: 'failed', transactionReads: 'success' },
  { card: NEEDS_ATTENTION_CARD, refundEnds: 'needs-attention', transactionReads: 'reversal-pending' },
])(
  'a full refund of $card goes pending, processing, $refundEnds; the transaction reads $transactionReads',
  async ({ card, refundEnds, transactionReads }) => {
    const setup = await paid('r-1', card)
    const id = await refund(setup, { transaction: 'r-1', amount: 150_000, merchant_note: 'refund:rf_1' })
    const statuses: unknown[] = []
    for (let minute = 0; minute < 3; minute++) {
      const { body } = await setup.merchant.call('GET', `/refund/${id}`)
      const { status } = refunded.parse(body).data
      statuses.push([status, (await setup.merchant.verify('r-1')).status])
      await minutePasses(setup)
    }
    expect(statuses).toEqual([
      ['pending', 'reversal-pending'],
      ['processing', 'reversal-pending'],
      [refundEnds, transactionReads],
    ])
    const events = setup.world.inbox.slice(1).map(({ event, data }) => [event, data.status, data.transaction_reference])
    expect(events).toEqual(['pending', 'processing', refundEnds].map((status) => [`refund.${status}`, status, 'r-1']))
  },
)

test('a refund that stays pending goes on when it is told its course, from then', async () => {
  const setup = await paid('held')
  const { control } = setup.simulator
  control.setRefundCourse({ reference: 'held' }, 'stays-pending')
  const id = await refund(setup, { transaction: 'held' })
  const status = async () => refunded.parse((await setup.merchant.call('GET', `/refund/${id}`)).body).data.status
  setup.world.advance(100 * MINUTE_MS)
  expect(await status()).toBe('pending')
  control.setRefundCourse({ reference: 'held' }, 'failed')
  await minutePasses(setup)
  expect(await status()).toBe('processing')
  await minutePasses(setup)
  expect(await status()).toBe('failed')
  expect((await setup.merchant.verify('held')).status).toBe('success')
})

test('steps that are due together are dated one by one', async () => {
  const setup = await paid('late')
  const id = await refund(setup, { transaction: 'late' })
  setup.world.advance(60 * MINUTE_MS)
  expect(await setup.merchant.call('GET', `/refund/${id}`)).toMatchObject({
    body: { data: { status: 'processed', refunded_at: '2026-11-24T10:02:00.000Z' } },
  })
})

test('a refund that needs attention goes on with the payer’s bank account, and only then', async () => {
  const setup = await paid('attention', NEEDS_ATTENTION_CARD)
  const id = await refund(setup, { transaction: 'attention' })
  const retry = () =>
    setup.merchant.call('POST', `/refund/retry_with_customer_details/${id}`, {
      refund_account_details: { currency: 'NGN', account_number: '0123456789', bank_id: '9' },
    })
  expect(await retry()).toMatchObject({
    status: 422,
    body: { message: 'Invalid Refund state, refund status should be "needs-attention"', code: 'invalid_params' },
  })
  await minutePasses(setup)
  await minutePasses(setup)
  expect(setup.world.inbox.at(-1)?.data).toMatchObject({ id: String(id), status: 'needs-attention' })
  expect(await retry()).toMatchObject({ status: 200, body: { data: { status: 'processing' } } })
  await minutePasses(setup)
  expect((await setup.merchant.verify('attention')).status).toBe('reversed')
})

describe('refusals', () => {
  const refused = (message: string, code: string, type = 'validation_error') => ({ status: false, message, code, type })
  test.each([
    {
      name: 'more than was paid',
      before: [],
      ask: { amount: 150_001 },
      status: 400,
      body: refused('Total refund amount cannot exceed original transaction amount', 'invalid_params'),
    },
    {
      name: 'more than is left',
      before: [100_000],
      ask: { amount: 60_000 },
      status: 400,
      body: refused('Total refund amount cannot exceed original transaction amount', 'invalid_params'),
    },
    {
      name: 'no amount after a partial refund: that means the original amount',
      before: [10_000],
      ask: {},
      status: 400,
      body: refused('Total refund amount cannot exceed original transaction amount', 'invalid_params'),
    },
    {
      name: 'anything after a full refund',
      before: [150_000],
      ask: { amount: 10_000 },
      status: 400,
      body: refused('Transaction has been fully reversed', 'transaction_reversed', 'api_error'),
    },
    {
      name: 'another currency',
      before: [],
      ask: { currency: 'GHS' },
      status: 400,
      body: refused('Transaction currency must match refund currency', 'invalid_params'),
    },
    {
      name: 'less than the minimum',
      before: [],
      ask: { amount: 4999 },
      status: 400,
      body: refused('Cannot refund less than NGN50', 'invalid_params'),
    },
    {
      name: 'an unknown transaction',
      before: [],
      ask: { transaction: 'nobody' },
      status: 404,
      body: { status: false },
    },
    {
      name: 'no transaction',
      before: [],
      ask: { transaction: undefined },
      status: 400,
      body: { code: 'missing_params' },
    },
  ])('$name', async ({ before, ask, status, body }) => {
    const setup = await paid('r')
    for (const amount of before) await refund(setup, { transaction: 'r', amount })
    expect(await setup.merchant.call('POST', '/refund', { transaction: 'r', ...ask })).toMatchObject({ status, body })
  })

  test('an unpaid transaction', async () => {
    const { merchant } = paystackTest()
    await merchant.open('unpaid')
    expect((await merchant.call('POST', '/refund', { transaction: 'unpaid' })).status).toBe(400)
  })

  test('a failed refund gives its amount free again', async () => {
    const setup = await paid('free', FAILING_CARD)
    await refund(setup, { transaction: 'free', amount: 150_000 })
    await minutePasses(setup)
    await minutePasses(setup)
    await refund(setup, { transaction: 'free', amount: 150_000 })
    expect((await setup.merchant.verify('free')).status).toBe('reversal-pending')
  })

  test('a second equal partial refund passes: nothing protects a refund from being sent twice', async () => {
    const setup = await paid('twice')
    const first = await refund(setup, { transaction: 'twice', amount: 10_000 })
    const second = await refund(setup, { transaction: 'twice', amount: 10_000 })
    expect(second).not.toBe(first)
  })
})

test('after a processed partial refund the transaction reads success, or reversed by switch', async () => {
  for (const [reads, reverses] of [
    ['success', false],
    ['reversed', true],
  ] as const) {
    const setup = await paid('part')
    if (reverses) setup.simulator.control.setFault({ kind: 'partial_refund_reverses' })
    await refund(setup, { transaction: 'part', amount: 10_000 })
    expect((await setup.merchant.verify('part')).status).toBe('reversal-pending')
    await minutePasses(setup)
    await minutePasses(setup)
    expect((await setup.merchant.verify('part')).status).toBe(reads)
  }
})

test('a failed refund reverses nothing, whatever the switch', async () => {
  const setup = await paid('failed', FAILING_CARD)
  setup.simulator.control.setFault({ kind: 'partial_refund_reverses' })
  await refund(setup, { transaction: 'failed', amount: 10_000 })
  await minutePasses(setup)
  await minutePasses(setup)
  expect((await setup.merchant.verify('failed')).status).toBe('success')
})

test('refunds are listed by the number of their transaction; a reference finds none', async () => {
  const setup = await paid('listed')
  const { id: transaction } = await setup.merchant.verify('listed')
  const first = await refund(setup, { transaction, amount: 10_000, merchant_note: 'refund:rf_1' })
  const second = await refund(setup, { transaction: 'listed', amount: 20_000 })
  const list = async (query: string) => (await setup.merchant.call('GET', `/refund?${query}`)).body
  expect(await list(`transaction=${transaction}`)).toMatchObject({
    data: [
      { id: second, amount: 20_000, transaction },
      { id: first, amount: 10_000, transaction, merchant_note: 'refund:rf_1', transaction_reference: 'listed' },
    ],
    meta: { total: 2 },
  })
  expect(await list('transaction=listed')).toMatchObject({ status: true, data: [] })
})

test('all refunds are listed newest first, between two times and by pages', async () => {
  const setup = await paid('all')
  const ids: number[] = []
  for (let minute = 0; minute < 3; minute++) {
    ids.unshift(await refund(setup, { transaction: 'all', amount: 10_000 }))
    setup.world.advance(MINUTE_MS)
  }
  const list = async (query: string) => (await setup.merchant.call('GET', `/refund?${query}`)).body
  const rows = (...places: number[]) => ({ data: places.map((place) => expect.objectContaining({ id: ids[place] })) })
  expect(await list('')).toMatchObject(rows(0, 1, 2))
  expect(await list('from=2026-11-24T10:01:00Z')).toMatchObject(rows(0, 1))
  expect(await list('to=2026-11-24T10:01:00Z')).toMatchObject(rows(1, 2))
  expect(await list('from=2026-11-24T10:00:30Z&to=2026-11-24T10:01:30Z')).toMatchObject(rows(1))
  expect(await list('perPage=2&page=2')).toMatchObject({
    ...rows(2),
    meta: { total: 3, skipped: 2, perPage: 2, page: 2, pageCount: 2 },
  })
  expect(await list('use_cursor=true&perPage=2')).toMatchObject({ ...rows(0, 1), meta: { page: 1 } })
})

test('a refund from the Dashboard looks like any other', async () => {
  const setup = await paid('dashboard')
  setup.simulator.control.refund({ reference: 'dashboard' }, 20_000)
  await setup.simulator.deliverDueWebhooks()
  expect(setup.world.inbox.at(-1)).toMatchObject({ event: 'refund.pending', data: { amount: '20000' } })
  expect(await setup.merchant.call('GET', '/refund')).toMatchObject({
    body: { data: [{ amount: 20_000, status: 'pending' }] },
  })
})

test('refund events have an id, or none by switch; amounts are text except in a failure', async () => {
  const setup = await paid('ids', FAILING_CARD)
  const id = await refund(setup, { transaction: 'ids', amount: 20_000 })
  setup.simulator.control.setFault({ kind: 'webhook_without_id', operation: 'refund.processing' })
  await minutePasses(setup)
  await minutePasses(setup)
  const events = setup.world.inbox.slice(1).map(({ data }) => [data.status, data.id, data.amount])
  expect(events).toEqual([
    ['pending', id, '20000'],
    ['processing', undefined, '20000'],
    ['failed', id, 20_000],
  ])
})

test('the pace of refunds is a setting of the account', async () => {
  const setup = await paid('fast')
  setup.simulator.control.configureAccount(KEY, { refundStepMs: 0 })
  const id = await refund(setup, { transaction: 'fast' })
  expect(await setup.merchant.call('GET', `/refund/${id}`)).toMatchObject({ body: { data: { status: 'processed' } } })
})
