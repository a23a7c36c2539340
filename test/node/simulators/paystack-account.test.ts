/** What happens to the merchant's account besides payments: disputes, settlements, the balance, charges made elsewhere. */
import { expect, test } from 'vitest'
import { HOUR_MS, KEY, LIVE_KEY, paystackTest } from './world.ts'

async function disputed() {
  const setup = paystackTest()
  await setup.merchant.open('d-1')
  setup.simulator.control.pay({ reference: 'd-1' })
  const dispute = setup.simulator.control.openDispute({ reference: 'd-1' })
  const { id: transaction } = await setup.merchant.verify('d-1')
  await setup.simulator.deliverDueWebhooks()
  return { ...setup, dispute, transaction }
}

test('an unanswered dispute is reminded of every 4 hours and accepts itself when it is due', async () => {
  const { world, simulator, merchant, dispute, transaction } = await disputed()
  for (let hour = 0; hour < 20; hour++) {
    world.advance(HOUR_MS)
    await simulator.deliverDueWebhooks()
  }
  expect(world.inbox.slice(1).map(({ event }) => event)).toEqual([
    'charge.dispute.create',
    'charge.dispute.remind',
    'charge.dispute.remind',
    'charge.dispute.remind',
    'charge.dispute.resolve',
  ])
  expect(world.inbox.at(-1)?.data).toMatchObject({
    id: dispute.id,
    status: 'resolved',
    resolution: 'auto-accepted',
    resolvedAt: '2026-11-25T02:00:00.000Z',
    transaction: { id: transaction, status: 'reversed' },
  })
  expect((await merchant.verify('d-1')).status).toBe('reversed')
  expect(await merchant.call('POST', '/refund', { transaction: 'd-1' })).toMatchObject({
    body: { code: 'transaction_reversed' },
  })
})

test.each([
  { resolution: 'declined', reads: 'success' },
  { resolution: 'merchant-accepted', reads: 'reversed' },
] as const)(
  'a dispute that is $resolution leaves the transaction $reads, and no more is heard of it',
  async ({ resolution, reads }) => {
    const { world, simulator, merchant, dispute } = await disputed()
    simulator.control.resolveDispute(dispute.id, resolution)
    world.advance(100 * HOUR_MS)
    await simulator.deliverDueWebhooks()
    expect((await merchant.verify('d-1')).status).toBe(reads)
    expect(world.inbox.slice(1).map(({ event, data }) => [event, data.resolution])).toEqual([
      ['charge.dispute.create', null],
      ['charge.dispute.resolve', resolution],
    ])
  },
)

test('disputes are found by id, by transaction and by status', async () => {
  const { merchant, dispute, transaction } = await disputed()
  const get = async (path: string) => (await merchant.call('GET', path)).body
  const found = { id: dispute.id, status: 'awaiting-merchant-feedback', refund_amount: 150_000 }
  expect(await get(`/dispute/${dispute.id}`)).toMatchObject({ data: found })
  expect(await get(`/dispute/transaction/${transaction}`)).toMatchObject({ data: found })
  expect(await get(`/dispute?transaction=${transaction}`)).toMatchObject({ data: [found], meta: { total: 1 } })
  expect(await get('/dispute?status=resolved')).toMatchObject({ data: [] })
  expect(await get('/dispute/1')).toMatchObject({ status: false })
})

test('a charge made elsewhere is told to the merchant, and verifies', async () => {
  const { world, simulator, merchant } = paystackTest()
  const { reference } = simulator.control.chargeElsewhere({ account: KEY, amount: 40_000, currency: 'GHS' })
  await simulator.deliverDueWebhooks()
  expect(world.inbox).toMatchObject([{ event: 'charge.success', data: { reference, source: { source: 'checkout' } } }])
  expect(await merchant.verify(reference)).toMatchObject({ status: 'success', amount: 40_000, currency: 'GHS' })
})

test('the balance and its ledger follow payments, refunds and settlements', async () => {
  const { world, simulator, merchant } = paystackTest(LIVE_KEY)
  simulator.control.configureAccount(LIVE_KEY, { currencies: ['NGN', 'GHS'] })
  await merchant.open('b-1')
  simulator.control.pay({ reference: 'b-1' })
  simulator.control.refund({ reference: 'b-1' }, 50_000)
  const balance = async () => (await merchant.call('GET', '/balance')).body
  expect(await balance()).toMatchObject({
    data: [
      { currency: 'NGN', balance: 97_750 },
      { currency: 'GHS', balance: 0 },
    ],
  })
  expect(await merchant.call('GET', '/balance/ledger')).toMatchObject({
    body: {
      data: [
        { difference: -50_000, balance: 97_750, model_responsible: 'Refund' },
        { difference: 147_750, balance: 147_750, model_responsible: 'Transaction' },
      ],
    },
  })

  const { id } = simulator.control.settle(LIVE_KEY, 'NGN')
  expect(await merchant.call('GET', '/settlement')).toMatchObject({
    body: {
      data: [
        {
          id,
          status: 'success',
          total_processed: 150_000,
          total_fees: 2250,
          total_amount: 147_750,
          settlement_date: '2026-11-24T00:00:00.000Z',
        },
      ],
    },
  })
  for (const path of [`/settlement/${id}/transactions`, `/transaction?settlement=${id}`]) {
    expect(await merchant.call('GET', path)).toMatchObject({ body: { data: [{ reference: 'b-1' }] } })
  }
  await simulator.deliverDueWebhooks()
  expect(world.inbox.map(({ event }) => event)).not.toContain('settlement.success')
  expect(() => simulator.control.settle(LIVE_KEY, 'NGN')).toThrow('nothing to settle')
})

test('test mode never settles', async () => {
  const { simulator, merchant } = paystackTest()
  await merchant.open('t-1')
  simulator.control.pay({ reference: 't-1' })
  expect(() => simulator.control.settle(KEY, 'NGN')).toThrow('nothing to settle')
})
