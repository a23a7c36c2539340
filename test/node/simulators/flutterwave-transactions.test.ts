/** Transactions read back: by id, by reference, in the list and in their timeline. */
import { expect, test } from 'vitest'
import { flutterwaveTest, KEY } from './flutterwave-world.ts'
import { HOUR_MS } from './world.ts'

const NOT_FOUND = { status: 'error', message: 'No transaction was found for this id', data: null }

async function failedThenPaid(settings = {}) {
  const setup = flutterwaveTest(settings)
  await setup.merchant.open('two', { meta: { order: 7 } })
  setup.simulator.control.decline({ reference: 'two' })
  setup.simulator.control.pay({ reference: 'two' })
  setup.simulator.control.receiveTransfer({ reference: 'two' })
  const ids = setup.simulator.control.tries({ reference: 'two' }).map(({ id }) => id)
  return { ...setup, ids }
}

test('each try is one, with its own id under the same reference', async () => {
  const { merchant, ids } = await failedThenPaid()
  expect(new Set(ids).size).toBe(3)
  const statuses = []
  for (const id of ids) {
    const { body } = await merchant.call('GET', `/transactions/${id}/verify`)
    expect(body).toMatchObject({ data: { id, tx_ref: 'two', meta: { order: 7 } } })
    statuses.push(body)
  }
  expect(statuses).toMatchObject([
    { data: { status: 'failed', app_fee: null, amount_settled: null, processor_response: 'Do not honour' } },
    { data: { status: 'successful', app_fee: 35, amount_settled: 2462.37, payment_type: 'card' } },
    { data: { status: 'successful', payment_type: 'bank_transfer' } },
  ])
})

test.each([
  { picks: 'newest', at: 2 },
  { picks: 'oldest', at: 0 },
  { picks: 'successful', at: 1 },
] as const)('by reference the $picks is answered', async ({ picks, at }) => {
  const { merchant, ids } = await failedThenPaid({ byReferencePicks: picks })
  expect((await merchant.verifyReference('two')).id).toBe(ids[at])
})

test('by reference an array can be answered', async () => {
  const { merchant, ids } = await failedThenPaid({ byReferencePicks: 'all' })
  const { body } = await merchant.call('GET', '/transactions/verify_by_reference?tx_ref=two')
  expect(body).toMatchObject({ data: ids.map((id) => ({ id })) })
})

test('the list has ids as text, newest first', async () => {
  const { merchant, ids } = await failedThenPaid()
  const rows = await merchant.list('tx_ref=two')
  expect(rows.map(({ id }) => id)).toEqual(ids.map(String).reverse())
  expect((await merchant.list('tx_ref=two&status=failed')).map(({ id }) => id)).toEqual([String(ids[0])])
  expect(await merchant.list('currency=USD')).toEqual([])
  expect(await merchant.list('tx_ref=nobody')).toEqual([])
})

test('the list is narrowed by days and turned by pages of ten', async () => {
  const { world, simulator, merchant } = flutterwaveTest()
  for (let n = 0; n < 12; n++) simulator.control.chargeElsewhere({ account: KEY, amount: 10_000 })
  world.advance(24 * HOUR_MS)
  simulator.control.chargeElsewhere({ account: KEY, amount: 10_000 })
  const page = async (query: string) => (await merchant.call('GET', `/transactions?${query}`)).body
  expect(await page('page=2')).toMatchObject({
    meta: { page_info: { total: 13, current_page: 2, total_pages: 2 } },
    data: { length: 3 },
  })
  expect(await page('from=2026-11-25&to=2026-11-25')).toMatchObject({ meta: { page_info: { total: 1 } } })
  expect(await page('to=2026-11-24')).toMatchObject({ meta: { page_info: { total: 12 } } })
  expect(await page('from=2026-11-26')).toMatchObject({ meta: { page_info: { total: 0, total_pages: 0 } }, data: [] })
})

test('the timeline tells what happened', async () => {
  const { merchant, ids } = await failedThenPaid()
  const { body } = await merchant.call('GET', `/transactions/${ids[0]}/events`)
  expect(body).toMatchObject({
    data: [{ note: expect.stringContaining('card') }, { note: 'Payment failed: Do not honour' }],
  })
})

test.each(['/transactions/1/verify', '/transactions/two/verify', '/transactions/1/events'])(
  '%s is not found',
  async (path) => {
    const { merchant } = await failedThenPaid()
    expect(await merchant.call('GET', path)).toEqual({ status: 400, body: NOT_FOUND })
  },
)
