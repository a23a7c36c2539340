/** What a provider says of a payment that it spoke of otherwise before: nothing is undone, and nothing gets stuck. */

import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { enterWorker } from '../../src/db/gate.ts'
import { findPayment } from '../../src/db/statements/payments.ts'
import { followUp } from '../../src/operations/payments/follow-up.ts'
import { connect, startAt } from '../support/connections.ts'
import { deliverProviderWebhooks, look, ORDER, providerReferenceOf, startPayment } from '../support/paystack.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld('contradicting_news')

/** The provider is asked once, and answers with this. */
async function learn(transactionId: string, news: object): Promise<void> {
  const { deps } = world
  const body = {
    status: true,
    message: 'Verification successful',
    data: {
      id: 5_550_001_234,
      domain: 'test',
      reference: await providerReferenceOf(world, transactionId),
      amount: ORDER.amount,
      requested_amount: ORDER.amount,
      currency: ORDER.currency,
      fees: 2_250,
      ...news,
    },
  }
  const batch = await deps.worker.run(enterWorker(deps.worker.db, deps.clock.now()), [
    findPayment(deps.worker.db, transactionId),
  ])
  const row = batch.ok ? batch.rows[0][0] : undefined
  if (row === undefined) throw new Error('there is no such payment')
  await followUp({ ...deps, exchange: { ...deps.exchange, fetch: async () => Response.json(body) } }, row)
}

const nextCheckAt = async (id: string) => {
  const [row] = await world.query(sql`select next_check_at from transactions where id = ${id}`)
  return row?.next_check_at
}

const SUCCESS = { status: 'success', gateway_response: 'Approved' }
const WRONG = { ...SUCCESS, amount: 100, requested_amount: 100 }
const FAILED = { status: 'failed', gateway_response: 'Declined' }

describe('money that did not match', () => {
  test('stays for somebody to look at when the provider names the right amount afterwards', async () => {
    const { id } = await startPayment(world)
    await learn(id, WRONG)
    await learn(id, SUCCESS)
    expect(await look(world, id)).toMatchObject({
      status: 'requires_review',
      review_reason: 'amount_mismatch',
      attempts: ['succeeded'],
    })
  })

  test('is not forgotten when the provider calls the payment failed afterwards', async () => {
    const { id } = await startPayment(world)
    await learn(id, WRONG)
    await learn(id, FAILED)
    expect(await look(world, id)).toMatchObject({ status: 'requires_review', attempts: ['succeeded'] })
  })
})

test('an unlisted status that turns into a clear one is settled by it', async () => {
  const { id } = await startPayment(world)
  await learn(id, { status: 'on-hold' })
  expect(await look(world, id)).toMatchObject({ status: 'requires_review', review_reason: 'status_unrecognised' })
  await learn(id, FAILED)
  expect((await look(world, id)).status).toBe('failed')
})

test('a refund that was asked for before we knew of the payment is looked at, and its failure mends it', async () => {
  const { id } = await startPayment(world)
  await learn(id, { ...SUCCESS, status: 'reversal-pending' })
  expect(await look(world, id)).toMatchObject({ status: 'requires_review', review_reason: 'reversed_before_success' })
  await learn(id, SUCCESS)
  expect((await look(world, id)).status).toBe('succeeded')
})

test('news of a refund of a payment that nobody knew as paid is not applied for ever: a person is told', async () => {
  const merchant = await world.newMerchant()
  const { driver, account } = await connect(world, merchant, 1)
  const id = await startAt(merchant)
  const reference = await providerReferenceOf(world, id)
  driver.webhookAccident(account, { kind: 'lost', times: 1 })
  driver.pay(reference)
  driver.setRefundCourse(reference, 'requires_action')
  driver.refundOnDashboard(reference, 50_000)
  await deliverProviderWebhooks(world)
  expect(await look(world, id)).toMatchObject({ status: 'requires_review', review_reason: 'reversed_before_success' })
  const events = await world.query(
    sql`select status from provider_events where merchant_id = ${merchant.merchantId} order by id`,
  )
  expect(events).toEqual([{ status: 'applied' }])
})

test('a payment that succeeded stays so, whatever is said later', async () => {
  const { id } = await startPayment(world)
  await learn(id, SUCCESS)
  for (const status of ['reversal-pending', 'reversed', 'failed', 'abandoned', 'ongoing', 'on-hold']) {
    await learn(id, { status })
  }
  expect(await look(world, id)).toMatchObject({
    status: 'succeeded',
    events: ['payment.created', 'payment.succeeded'],
    attempts: ['succeeded'],
  })
  expect(await nextCheckAt(id)).toBeNull()
})

test('words that a database cannot hold do not keep the news from being written down', async () => {
  const { id } = await startPayment(world)
  await learn(id, { status: 'failed', gateway_response: `No\0 funds ${'💸'.repeat(400)}` })
  expect((await look(world, id)).status).toBe('failed')
})

test('an expired payment that the provider calls in progress is not asked after for ever', async () => {
  const { id } = await startPayment(world, { ...ORDER, expires_in: 600 })
  world.clock.advance(600_000)
  await learn(id, { status: 'abandoned' })
  expect((await look(world, id)).status).toBe('expired')
  world.clock.advance(4 * 86_400_000)
  await learn(id, { status: 'ongoing' })
  expect(await look(world, id)).toMatchObject({ status: 'expired' })
  expect(await nextCheckAt(id)).toBeNull()
})
