/** Our refunds against the provider's own list of them: what only that one tells of is found, told and taken in. */

import { describe, expect, onTestFinished, test } from 'vitest'
import { LIMITS } from '../../src/domain/limits.ts'
import { reconcile } from '../../src/operations/upkeep/reconcile.ts'
import {
  type Connected,
  driftsOf,
  eventsOf,
  reconcileLater,
  refund,
  refundSums,
  runsOf,
  startPaid,
  watchCalls,
} from '../support/connections.ts'
import { deliverProviderWebhooks, look, ORDER } from '../support/paystack.ts'
import { createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('reconciliation_refunds')
const PAID = ['payment.created', 'payment.succeeded']
const EVERY_MS = LIMITS.reconcileEverySeconds * 1000
const DAY_MS = 86_400_000

/** A payment that both books have, and of which no more is heard. */
async function startKnown() {
  const paid = await startPaid(world)
  const { driver, account } = paid.connection
  driver.webhookAccident(account, { kind: 'lost' })
  return paid
}

/** The provider lists all refunds, and breaks off where those of one payment are asked for, until the test says so or ends. */
function breakRefundsOfPayments(): () => void {
  const { exchange } = world.deps
  const { fetch } = exchange
  exchange.fetch = (request) =>
    new URL(request.url).searchParams.has('transaction') ? Promise.reject(new TypeError('cut')) : fetch(request)
  const end = () => {
    exchange.fetch = fetch
  }
  onTestFinished(end)
  return end
}

function accountOf({ account }: Connected) {
  return world.paystack.control.configureAccount(String(account.credentials.secret_key), {})
}

/** Another refund in the provider's books beside the last one. */
function refundAgainThere(connection: Connected, changes: { amount?: number; merchantNote?: string } = {}): string {
  const made = lastRefundOf(connection)
  accountOf(connection).refunds.push({ ...made, id: made.id + 1, ...changes })
  return `${made.id + 1}`
}

function lastRefundOf(connection: Connected) {
  const made = accountOf(connection).refunds.at(-1)
  if (made === undefined) throw new Error('the provider has no refund')
  return made
}

async function refundsOf(merchant: Merchant, id: string) {
  return (await merchant.api.get(`/api/v1/transactions/${id}/refunds/`)).body.data
}

describe('a part that was refunded on the dashboard, and shows in the list of refunds alone', () => {
  const PART = 60_000
  const TAKEN_IN = [...PAID, 'drift.found', 'refund.created', 'drift.corrected', 'refund.succeeded']

  test('is taken in, and the drift corrected', async () => {
    const { merchant, connection, id, reference } = await startKnown()
    const there = connection.driver.refundOnDashboard(reference, PART)
    await reconcileLater(world)
    expect(await driftsOf(merchant)).toMatchObject([
      {
        cause: 'refunded_there',
        status: 'corrected',
        transaction_id: id,
        ours: { status: 'succeeded', amount_refunded: 0 },
        theirs: { reference, provider_refund_id: there, status: 'succeeded', amount: PART, currency: 'NGN' },
      },
    ])
    expect(await refundsOf(merchant, id)).toMatchObject([
      { origin: 'provider', status: 'succeeded', provider_refund_id: there, amount: PART },
    ])
    expect((await eventsOf(world, id)).toSorted()).toEqual(TAKEN_IN.toSorted())
    expect(await runsOf(merchant)).toMatchObject([{ status: 'completed', payments_listed: 1, drifts_found: 1 }])
  })

  test('is taken in though the payment is too old for the list of payments', async () => {
    const { merchant, connection, id, reference } = await startKnown()
    await reconcileLater(world)
    world.clock.advance(30 * DAY_MS)
    await reconcileLater(world)
    connection.driver.refundOnDashboard(reference, PART)
    world.clock.advance(EVERY_MS)
    await reconcile(world.deps)
    expect((await runsOf(merchant))[0]).toMatchObject({ status: 'completed', payments_listed: 0, drifts_found: 1 })
    expect((await eventsOf(world, id)).toSorted()).toEqual(TAKEN_IN.toSorted())
  })

  test('twice of one payment: two drifts, and the provider is asked after the payment’s refunds once', async () => {
    const { merchant, connection, id, reference } = await startKnown()
    for (const amount of [PART, PART]) connection.driver.refundOnDashboard(reference, amount)
    const calls = watchCalls(world, connection)
    await reconcileLater(world)
    expect(await driftsOf(merchant)).toMatchObject([{ status: 'corrected' }, { status: 'corrected' }])
    expect(await refundSums(world, id)).toEqual({ underWay: 0, done: 2 * PART })
    expect(calls.filter((call) => call === 'GET /refund')).toHaveLength(2)
  })

  test('that is known from its webhook is no drift', async () => {
    const { merchant, connection, id, reference } = await startPaid(world)
    connection.driver.refundOnDashboard(reference, PART)
    await deliverProviderWebhooks(world)
    await reconcileLater(world)
    expect(await driftsOf(merchant)).toEqual([])
    expect(await runsOf(merchant)).toMatchObject([{ status: 'completed', drifts_found: 0 }])
    expect(await refundsOf(merchant, id)).toHaveLength(1)
  })

  test('that came to nothing is no drift', async () => {
    const { merchant, connection, id, reference } = await startKnown()
    connection.driver.setRefundCourse(reference, 'fails')
    connection.driver.refundOnDashboard(reference, PART)
    await reconcileLater(world)
    expect(await driftsOf(merchant)).toEqual([])
    expect(await refundsOf(merchant, id)).toEqual([])
  })

  test('of a payment that is none of ours is no drift, beside one that is', async () => {
    const { merchant, connection, reference } = await startKnown()
    const { driver, account } = connection
    driver.refundOnDashboard(driver.chargeElsewhere(account, 200_000, 'NGN'), PART)
    const there = driver.refundOnDashboard(reference, PART)
    await reconcileLater(world)
    expect(await driftsOf(merchant)).toMatchObject([{ theirs: { provider_refund_id: there } }])
  })

  test('stays a drift where the provider does not tell of it, until a later run hears of it', async () => {
    const { merchant, connection, id, reference } = await startKnown()
    connection.driver.refundOnDashboard(reference, PART)
    const endAccident = breakRefundsOfPayments()
    await reconcileLater(world)
    expect(await driftsOf(merchant)).toMatchObject([{ cause: 'refunded_there', status: 'open' }])
    expect(await runsOf(merchant)).toMatchObject([{ status: 'completed', drifts_found: 1 }])
    endAccident()
    world.clock.advance(EVERY_MS)
    await reconcile(world.deps)
    expect(await driftsOf(merchant)).toMatchObject([{ cause: 'refunded_there', status: 'corrected' }])
    expect((await eventsOf(world, id)).toSorted()).toEqual(TAKEN_IN.toSorted())
  })

  test('leaves no drift open once it has failed there', async () => {
    const { merchant, connection, reference } = await startKnown()
    connection.driver.setRefundCourse(reference, 'stays_pending')
    connection.driver.refundOnDashboard(reference, PART)
    breakRefundsOfPayments()
    await reconcileLater(world)
    const statuses = async () => new Set((await driftsOf(merchant)).map(({ status }: { status: string }) => status))
    // Paystack's list of payments says as well that something of it goes back.
    expect(await statuses()).toEqual(new Set(['open']))
    const payment = world.paystack.control.payment({ reference })
    Object.assign(lastRefundOf(connection), { status: 'failed' })
    Object.assign(payment, { status: 'success' })
    world.clock.advance(EVERY_MS)
    await reconcile(world.deps)
    expect(await statuses()).toEqual(new Set(['corrected']))
  })

  test('does not fit into what is left by our books: told once, and left for a person', async () => {
    const { merchant, connection, id } = await startKnown()
    await refund(merchant, id, { amount: ORDER.amount - PART + 1 })
    refundAgainThere(connection, { amount: PART, merchantNote: 'By hand' })
    await reconcileLater(world)
    world.clock.advance(EVERY_MS)
    await reconcile(world.deps)
    expect(await driftsOf(merchant)).toMatchObject([{ cause: 'refunded_there', status: 'open' }])
    expect((await eventsOf(world, id)).filter((type) => type === 'drift.found')).toHaveLength(1)
    expect((await look(world, id)).status).toBe('succeeded')
  })
})

describe('a refund of ours in the list of refunds', () => {
  test('whose answer was lost is no drift', async () => {
    const { merchant, connection, id } = await startKnown()
    const { driver, account } = connection
    driver.accident(account, { kind: 'cut', when: 'after', how: 'reset', operation: 'create_refund', times: 1 })
    await refund(merchant, id, { amount: 60_000 })
    await reconcileLater(world)
    expect(await driftsOf(merchant)).toEqual([])
    expect(await refundSums(world, id)).toEqual({ underWay: 60_000, done: 0 })
  })

  test('whose answer was lost, and our id with it, is found to be ours: the drift is corrected', async () => {
    const { merchant, connection, id } = await startKnown()
    const { driver, account } = connection
    driver.accident(account, { kind: 'cut', when: 'after', how: 'reset', operation: 'create_refund', times: 1 })
    await refund(merchant, id, { amount: 60_000 })
    accountOf(connection).refunds.splice(0, 1, { ...lastRefundOf(connection), merchantNote: 'By hand' })
    await reconcileLater(world)
    expect(await driftsOf(merchant)).toMatchObject([{ cause: 'refunded_there', status: 'corrected' }])
    expect(await refundsOf(merchant, id)).toMatchObject([{ origin: 'api', provider_refund_id: expect.any(String) }])
  })

  test('that was made there twice is one refund too many: it is taken in', async () => {
    const { merchant, connection, id } = await startKnown()
    await refund(merchant, id, { amount: 60_000 })
    const second = refundAgainThere(connection)
    await reconcileLater(world)
    expect(await driftsOf(merchant)).toMatchObject([
      { cause: 'refunded_there', status: 'corrected', theirs: { provider_refund_id: second } },
    ])
    const origins = (await refundsOf(merchant, id)).map(({ origin }: { origin: string }) => origin)
    expect(origins).toEqual(['provider', 'api'])
  })
})
