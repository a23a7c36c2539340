/** Our books against the provider's own list: what differs is found, told, and mended where asking again mends it. */

import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/domain/limits.ts'
import { reconcile } from '../../src/operations/upkeep/reconcile.ts'
import { sweep } from '../../src/operations/upkeep/sweep.ts'
import {
  type Connected,
  connect,
  driftsOf,
  eventsOf,
  newMerchantWithTwo,
  reconcileLater,
  referenceOf,
  refundSums,
  runsOf,
  startAt,
  startPaid,
} from '../support/connections.ts'
import { deliverProviderWebhooks, look, ORDER } from '../support/paystack.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld('reconciliation')
const PAID = ['payment.created', 'payment.succeeded']
const EVERY_MS = LIMITS.reconcileEverySeconds * 1000

/** No webhook of the account arrives. */
const loseWebhooks = ({ driver, account }: Connected): void => driver.webhookAccident(account, { kind: 'lost' })

/** A payment with a page, of whose fate only the provider's list will tell. */
async function startUnheard() {
  const merchant = await world.newMerchant()
  const connection = await connect(world, merchant, 1)
  loseWebhooks(connection)
  const id = await startAt(merchant)
  return { merchant, connection, id, reference: await referenceOf(world, id) }
}

/** A payment that both books have, and of which no more is heard. */
async function startKnown() {
  const paid = await startPaid(world)
  loseWebhooks(paid.connection)
  return paid
}

describe('paid there and not here', () => {
  test('is found, recorded, told and corrected', async () => {
    const { merchant, connection, id, reference } = await startUnheard()
    connection.driver.pay(reference)
    await reconcileLater(world)
    expect(await look(world, id)).toMatchObject({ status: 'succeeded', attempts: ['succeeded'] })
    const theirs = { reference, status: 'paid', amount: ORDER.amount, currency: 'NGN' }
    expect(await driftsOf(merchant)).toMatchObject([
      {
        cause: 'paid_there_not_here',
        status: 'corrected',
        transaction_id: id,
        connection_id: connection.id,
        ours: { status: 'pending', amount: ORDER.amount, currency: 'NGN', amount_refunded: 0 },
        theirs,
        corrected_at: world.clock.now().toISOString(),
      },
    ])
    expect(await eventsOf(world, id)).toEqual([
      'payment.created',
      'drift.found',
      'payment.succeeded',
      'drift.corrected',
    ])
    expect(await runsOf(merchant)).toMatchObject([
      { status: 'completed', payments_listed: 1, payments_foreign: 0, drifts_found: 1, pages: 2, failure: null },
    ])
  })

  test('at a page that was left for another connection: as well', async () => {
    const { merchant, first } = await newMerchantWithTwo(world)
    loseWebhooks(first)
    first.driver.accident(first.account, { kind: 'cut', when: 'after', how: 'reset', times: 1 })
    const id = await startAt(merchant)
    first.driver.pay(await referenceOf(world, id, 1))
    await reconcileLater(world)
    expect(await look(world, id)).toMatchObject({ status: 'succeeded', attempts: ['succeeded', 'open'] })
    expect(await driftsOf(merchant)).toMatchObject([{ cause: 'paid_there_not_here', status: 'corrected' }])
  })

  test.each([
    ['another amount', { kind: 'wrong_amount', delta: -50_000 }, 'amount_mismatch'],
    ['another currency', { kind: 'wrong_currency', currency: 'GHS' }, 'currency_mismatch'],
    ['a part of it', { kind: 'partial_payment', shortBy: 100 }, 'collected_amount_mismatch'],
  ] as const)(
    '%s: the payment is for a person to see, and so the drift stays open',
    async (_what, accident, reason) => {
      const { merchant, connection, id, reference } = await startUnheard()
      connection.driver.pay(reference, accident)
      await reconcileLater(world)
      expect(await look(world, id)).toMatchObject({ status: 'requires_review', review_reason: reason })
      expect(await driftsOf(merchant)).toMatchObject([{ cause: 'paid_there_not_here', status: 'open' }])
      expect(await eventsOf(world, id)).toEqual(['payment.created', 'drift.found', 'payment.requires_review'])
    },
  )

  test('an unpaid page there is no drift', async () => {
    const { merchant, connection, id, reference } = await startUnheard()
    connection.driver.decline(reference)
    await reconcileLater(world)
    expect(await driftsOf(merchant)).toEqual([])
    expect((await look(world, id)).status).toBe('pending')
  })
})

describe('paid by both books, and otherwise', () => {
  test.each([
    ['amount_differs', { requestedAmount: 100_000, amount: 100_000 }],
    ['currency_differs', { currency: 'GHS' }],
  ] as const)('%s: told, and left for a person, for what was confirmed stands', async (cause, change) => {
    const { merchant, id, reference } = await startKnown()
    Object.assign(world.paystack.control.payment({ reference }), change)
    await reconcileLater(world)
    expect(await driftsOf(merchant)).toMatchObject([{ cause, status: 'open', transaction_id: id }])
    expect((await look(world, id)).status).toBe('succeeded')
  })

  test('paid here and unknown there: asked after by itself, told, and left for a person', async () => {
    const { merchant, connection, id } = await startKnown()
    const { transactions, transactionsByReference } = accountOf(connection)
    transactions.length = 0
    transactionsByReference.clear()
    await reconcileLater(world)
    expect(await driftsOf(merchant)).toMatchObject([
      { cause: 'paid_here_not_there', status: 'open', transaction_id: id, ours: { status: 'succeeded' } },
    ])
    expect(await eventsOf(world, id)).toEqual([...PAID, 'drift.found'])
    expect(await runsOf(merchant)).toMatchObject([{ status: 'completed', payments_listed: 0, drifts_found: 1 }])
  })

  test('a list that lacks what the provider knows well is no drift', async () => {
    const { merchant, connection } = await startKnown()
    accountOf(connection).transactions.length = 0
    await reconcileLater(world)
    expect(await driftsOf(merchant)).toEqual([])
    expect(await runsOf(merchant)).toMatchObject([{ status: 'completed', payments_listed: 0, drifts_found: 0 }])
  })

  test('the same in both books is no drift', async () => {
    const { merchant } = await startKnown()
    await reconcileLater(world)
    expect(await driftsOf(merchant)).toEqual([])
    expect(await runsOf(merchant)).toMatchObject([{ status: 'completed', payments_listed: 1, drifts_found: 0 }])
  })
})

function accountOf({ account }: Connected) {
  return world.paystack.control.configureAccount(String(account.credentials.secret_key), {})
}

describe('refunded on the provider’s dashboard, and no webhook came', () => {
  test('the refund is taken in, and the drift corrected', async () => {
    const { merchant, connection, id, reference } = await startKnown()
    const there = connection.driver.refundOnDashboard(reference, ORDER.amount)
    await reconcileLater(world)
    expect(await driftsOf(merchant)).toMatchObject([{ cause: 'refunded_there', status: 'corrected' }])
    const { body } = await merchant.api.get(`/api/v1/transactions/${id}/refunds/`)
    expect(body.data).toMatchObject([{ origin: 'provider', status: 'succeeded', provider_refund_id: there }])
    expect(await refundSums(world, id)).toEqual({ underWay: 0, done: ORDER.amount })
    expect(await eventsOf(world, id)).toEqual([
      ...PAID,
      'drift.found',
      'refund.created',
      'refund.succeeded',
      'drift.corrected',
    ])
  })
})

describe('payments that are none of ours', () => {
  test('made elsewhere on the account they are counted, and no drift', async () => {
    const { merchant, connection } = await startKnown()
    for (let made = 0; made < 3; made++) connection.driver.chargeElsewhere(connection.account, 20_000, 'NGN')
    await reconcileLater(world)
    expect(await driftsOf(merchant)).toEqual([])
    expect(await runsOf(merchant)).toMatchObject([{ payments_listed: 4, payments_foreign: 3, drifts_found: 0 }])
  })

  test('under a reference of our form that we never gave out: told, and left for a person', async () => {
    const { merchant, connection } = await startKnown()
    const reference = 'pb-01kav3q2m8x4c5d6e7f8g9h0jk'
    const account = String(connection.account.credentials.secret_key)
    world.paystack.control.chargeElsewhere({ account, amount: 20_000, reference })
    await reconcileLater(world)
    expect(await driftsOf(merchant)).toMatchObject([
      {
        cause: 'unknown_reference',
        status: 'open',
        transaction_id: null,
        ours: {},
        theirs: { reference, status: 'paid', amount: 20_000, currency: 'NGN' },
      },
    ])
    const { body } = await merchant.api.get('/api/v1/events/?type=drift.found')
    expect(body.data).toMatchObject([{ type: 'drift.found', data: { cause: 'unknown_reference' } }])
  })
})

describe('the next run', () => {
  test('comes some hours later, and reaches back behind the end of the last', async () => {
    const { merchant } = await startKnown()
    await reconcileLater(world)
    const [first] = await runsOf(merchant)
    const end = Date.parse(first.range_to)
    expect(end).toBe(world.clock.now().getTime() - LIMITS.reconcileLagSeconds * 1000)
    world.clock.advance(end + EVERY_MS - 1 - world.clock.now().getTime())
    await reconcile(world.deps)
    expect(await runsOf(merchant)).toHaveLength(1)
    world.clock.advance(1)
    await reconcile(world.deps)
    const [second] = await runsOf(merchant)
    expect(Date.parse(second.range_from)).toBe(end - LIMITS.reconcileOverlapSeconds * 1000)
    expect(second).toMatchObject({ status: 'completed', payments_listed: 1 })
  })

  test('finds the same drift, and tells of it once', async () => {
    const { merchant, connection, id } = await startKnown()
    const { transactions, transactionsByReference } = accountOf(connection)
    transactions.length = 0
    transactionsByReference.clear()
    for (let run = 0; run < 3; run++) {
      world.clock.advance(EVERY_MS)
      await reconcile(world.deps)
    }
    expect(await runsOf(merchant)).toHaveLength(3)
    expect(await driftsOf(merchant)).toHaveLength(1)
    expect(await eventsOf(world, id)).toEqual([...PAID, 'drift.found'])
  })

  test('corrects a drift that was mended since', async () => {
    const { merchant, connection, id, reference } = await startUnheard()
    const { driver, account } = connection
    driver.pay(reference)
    driver.accident(account, { kind: 'down', operation: 'confirm' })
    await reconcileLater(world)
    expect(await driftsOf(merchant)).toMatchObject([{ cause: 'paid_there_not_here', status: 'open' }])
    driver.clear(account)
    expect((await merchant.api.get(`/api/v1/transactions/${id}/verify_payment/`)).body.status).toBe('succeeded')
    world.clock.advance(EVERY_MS)
    await reconcile(world.deps)
    expect(await driftsOf(merchant)).toMatchObject([{ cause: 'paid_there_not_here', status: 'corrected' }])
  })

  test('leaves one that is for a person to see', async () => {
    const { merchant, connection, reference } = await startUnheard()
    connection.driver.pay(reference, { kind: 'wrong_amount', delta: -50_000 })
    await reconcileLater(world)
    world.clock.advance(EVERY_MS)
    await reconcile(world.deps)
    expect(await runsOf(merchant)).toHaveLength(2)
    expect(await driftsOf(merchant)).toMatchObject([{ status: 'open' }])
  })

  test('does not come to a connection through which nothing was ever asked', async () => {
    const merchant = await world.newMerchant()
    await connect(world, merchant, 1)
    await reconcileLater(world)
    expect(await runsOf(merchant)).toEqual([])
  })
})

describe('webhooks about payments that nobody knew', () => {
  test('are counted by the run', async () => {
    const { merchant, connection } = await startKnown()
    const body = JSON.stringify({ event: 'charge.success', data: { id: 7, reference: 'elsewhere-7' } })
    const headers = await connection.driver.sign(connection.account, body)
    const path = `/api/v1/webhooks/paystack/${connection.id}/`
    const taken = await world.app.request(`https://api.paybridge.test${path}`, { method: 'POST', headers, body })
    expect(taken.status).toBe(200)
    await sweep(world.deps)
    expect(await eventStatuses(connection)).toEqual(['applied', 'unmatched'])
    await reconcileLater(world)
    const [run] = await runsOf(merchant)
    expect(run).toMatchObject({ status: 'completed', events_unmatched: 1 })
    expect(await eventStatuses(connection)).toEqual(['applied', 'unmatched'])
  })

  test('are applied once the payment turns up', async () => {
    const merchant = await world.newMerchant()
    const connection = await connect(world, merchant, 1, 'flutterwave')
    const { driver, account } = connection
    driver.webhookAccident(account, { kind: 'lost', times: 1 })
    const id = await startAt(merchant)
    const reference = await referenceOf(world, id)
    driver.pay(reference)
    // Flutterwave's refunds name the payment by a number that we learn with the payment.
    driver.refundOnDashboard(reference, 50_000)
    await deliverProviderWebhooks(world)
    expect(await eventStatuses(connection)).toEqual(['unmatched'])
    await reconcileLater(world)
    expect((await look(world, id)).status).toBe('succeeded')
    expect(await runsOf(merchant)).toMatchObject([{ status: 'completed', events_unmatched: 0 }])
    await sweep(world.deps)
    expect(await eventStatuses(connection)).toContain('applied')
    const { body } = await merchant.api.get(`/api/v1/transactions/${id}/refunds/`)
    expect(body.data).toMatchObject([{ origin: 'provider', amount: 50_000 }])
  })
})

async function eventStatuses({ id }: Connected): Promise<unknown[]> {
  const rows = await world.query(sql`select status from provider_events where connection_id = ${id} order by status`)
  return rows.map(({ status }) => status)
}
