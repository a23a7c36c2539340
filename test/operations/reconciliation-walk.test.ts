/** The walk over a provider's lists: page by page, by one worker at a time, and on from where it broke off. */

import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/domain/limits.ts'
import { reconcile } from '../../src/operations/upkeep/reconcile.ts'
import {
  type Connected,
  connect,
  driftsOf,
  eventsOf,
  referenceOf,
  runsOf,
  startAt,
  watchCalls,
} from '../support/connections.ts'
import { look } from '../support/paystack.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld('reconciliation_walk')
const ROWS_PER_PAGE = 100
const LEASE_MS = LIMITS.reconcileLeaseSeconds * 1000
const MINUTE = 60_000

/**
 * A payment that was paid there and not heard of here, on the last of so many pages of the provider's list, and so many full
 * pages of refunds of a charge that was made elsewhere. The run is due, and no other connection's is.
 */
async function fillPages(pages: number, refundPages = 0) {
  await reconcile(world.deps)
  const merchant = await world.newMerchant()
  const connection = await connect(world, merchant, 1)
  const { driver, account } = connection
  driver.webhookAccident(account, { kind: 'lost' })
  const id = await startAt(merchant)
  driver.pay(await referenceOf(world, id))
  for (let made = 1; made < (pages - 1) * ROWS_PER_PAGE + 1; made++) driver.chargeElsewhere(account, 20_000, 'NGN')
  const refunds = refundPages * ROWS_PER_PAGE
  if (refunds > 0) {
    const elsewhere = driver.chargeElsewhere(account, 5_000 * refunds, 'NGN')
    for (let made = 0; made < refunds; made++) driver.refundOnDashboard(elsewhere, 5_000)
  }
  world.clock.advance((LIMITS.reconcileLagSeconds + 1) * 1000)
  const calls = watchCalls(world, connection)
  const takeOut = (wanted: string) => {
    const others = calls.filter((call) => call !== wanted)
    return calls.splice(0, calls.length, ...others).length - others.length
  }
  /** How many pages of payments, and of refunds, were asked for since the last time. */
  const pagesRead = () => takeOut('GET /transaction')
  const refundPagesRead = () => takeOut('GET /refund')
  return { merchant, connection, id, pagesRead, refundPagesRead, payments: (pages - 1) * ROWS_PER_PAGE + 1 }
}

const breakList = ({ driver, account }: Connected, times?: number): void =>
  driver.accident(account, {
    kind: 'server_error',
    when: 'before',
    operation: 'list_payments',
    ...(times !== undefined && { times }),
  })

/** Pages of a run that is completed: those of payments, and an empty one of refunds. */
const pagesOf = (payments: number): number => payments + 1

/** Of the run that is begun by the batch, and of each page: reading our side, and writing down what differs. */
const roundTrips = (pages: number): number => 1 + 2 * pages

const DONE = { status: 'completed', drifts_found: 1, failure: null }

describe('a list of several pages', () => {
  test('is walked over to its end, each page once', async () => {
    const { merchant, id, pagesRead, payments } = await fillPages(3)
    await reconcile(world.deps)
    expect(pagesRead()).toBe(3)
    expect(await runsOf(merchant)).toMatchObject([
      { ...DONE, pages: pagesOf(3), payments_listed: payments, payments_foreign: payments - 1 },
    ])
    expect(await driftsOf(merchant)).toMatchObject([{ status: 'corrected', transaction_id: id }])
    expect((await look(world, id)).status).toBe('succeeded')
  })

  test('is left after some pages, and gone on with by the next sweep', async () => {
    const { merchant, pagesRead, payments } = await fillPages(LIMITS.reconcilePagesPerSweep + 2)
    await reconcile(world.deps)
    expect(pagesRead()).toBe(LIMITS.reconcilePagesPerSweep)
    expect(await runsOf(merchant)).toMatchObject([{ status: 'running', finished_at: null }])
    await reconcile(world.deps)
    expect(pagesRead()).toBe(2)
    expect(await runsOf(merchant)).toMatchObject([
      { ...DONE, pages: pagesOf(LIMITS.reconcilePagesPerSweep + 2), payments_listed: payments },
    ])
  })
})

describe('a crash', () => {
  test('between two pages: the walk goes on where it stopped, once the lease has run out', async () => {
    const { merchant, pagesRead, payments } = await fillPages(3)
    await world.crashAfter(roundTrips(1), () => reconcile(world.deps))
    expect(pagesRead()).toBe(2)
    expect(await runsOf(merchant)).toMatchObject([{ status: 'running', pages: 1, payments_listed: ROWS_PER_PAGE }])
    world.clock.advance(LEASE_MS - 1)
    await reconcile(world.deps)
    expect(pagesRead()).toBe(0)
    world.clock.advance(1)
    await reconcile(world.deps)
    expect(pagesRead()).toBe(2)
    expect(await runsOf(merchant)).toMatchObject([{ ...DONE, pages: pagesOf(3), payments_listed: payments }])
  })

  test('after the last page: no page is read again', async () => {
    const { merchant, id, pagesRead, payments } = await fillPages(2)
    await world.crashAfter(roundTrips(2), () => reconcile(world.deps))
    expect(pagesRead()).toBe(2)
    expect(await driftsOf(merchant)).toMatchObject([{ status: 'open' }])
    world.clock.advance(LEASE_MS)
    await reconcile(world.deps)
    expect(pagesRead()).toBe(0)
    expect(await runsOf(merchant)).toMatchObject([{ ...DONE, pages: pagesOf(2), payments_listed: payments }])

    // What was found and not yet corrected is the next run's.
    expect((await look(world, id)).status).toBe('pending')
    world.clock.advance(LIMITS.reconcileEverySeconds * 1000)
    await reconcile(world.deps)
    expect((await look(world, id)).status).toBe('succeeded')
    expect(await driftsOf(merchant)).toMatchObject([{ status: 'corrected' }])
    expect(await eventsOf(world, id)).toEqual([
      'payment.created',
      'drift.found',
      'payment.succeeded',
      'drift.corrected',
    ])
  })
})

describe('two workers at once', () => {
  test('do the work once', async () => {
    for (let round = 0; round < 3; round++) {
      const { merchant, pagesRead, payments } = await fillPages(2)
      await Promise.all([reconcile(world.deps), reconcile(world.deps), reconcile(world.deps)])
      expect(pagesRead()).toBe(2)
      expect(await runsOf(merchant)).toMatchObject([{ ...DONE, pages: pagesOf(2), payments_listed: payments }])
      expect(await driftsOf(merchant)).toHaveLength(1)
    }
  })

  test('one that was slow leaves the run to the other that took it over', async () => {
    const { merchant, connection, pagesRead, payments } = await fillPages(3)
    const { exchange } = world.deps
    const { fetch } = exchange
    // Its first page comes when the lease has run out, and another worker is at the second, which can't be read yet.
    exchange.fetch = async (request) => {
      exchange.fetch = async (first) => {
        exchange.fetch = fetch
        const answer = await fetch(first)
        breakList(connection, 1)
        return answer
      }
      const answer = await fetch(request)
      world.clock.advance(LEASE_MS)
      await reconcile(world.deps)
      return answer
    }
    await reconcile(world.deps)
    expect(pagesRead()).toBe(1 + 2)
    expect(await runsOf(merchant)).toMatchObject([{ status: 'running', pages: 1, payments_listed: ROWS_PER_PAGE }])
    world.clock.advance(MINUTE)
    await reconcile(world.deps)
    expect(pagesRead()).toBe(2)
    expect(await runsOf(merchant)).toMatchObject([{ ...DONE, pages: pagesOf(3), payments_listed: payments }])
  })
})

describe('a page that can’t be read', () => {
  test('is read again a little later, and the walk goes on there', async () => {
    const { merchant, connection, pagesRead, payments } = await fillPages(2)
    breakList(connection, 1)
    await reconcile(world.deps)
    expect(pagesRead()).toBe(1)
    expect(await runsOf(merchant)).toMatchObject([{ status: 'running', failure: 'server_error', pages: 0 }])
    await reconcile(world.deps)
    expect(pagesRead()).toBe(0)
    world.clock.advance(MINUTE)
    await reconcile(world.deps)
    expect(pagesRead()).toBe(2)
    expect(await runsOf(merchant)).toMatchObject([{ ...DONE, pages: pagesOf(2), payments_listed: payments }])
  })

  test('a refusal says why in the provider’s words', async () => {
    const { merchant, connection, pagesRead } = await fillPages(1)
    world.paystack.control.setStrictAccounts(true)
    const credentials = { secret_key: 'sk_test_thisKeyIsOfNoAccount' }
    await merchant.person.patch(`/api/v1/payment-providers/${connection.id}/`, { credentials })
    await reconcile(world.deps)
    expect(pagesRead()).toBe(0)
    expect(await runsOf(merchant)).toMatchObject([{ status: 'running', failure: 'Invalid key' }])
  })

  test('too often in a row gives the run up, and the next one begins where it did', async () => {
    const { merchant, connection, pagesRead } = await fillPages(1)
    breakList(connection)
    for (let failures = 1; failures < LIMITS.reconcileFailuresMax; failures++) {
      await reconcile(world.deps)
      expect(pagesRead()).toBe(1)
      world.clock.advance(failures * MINUTE - 1)
      await reconcile(world.deps)
      expect(pagesRead()).toBe(0)
      world.clock.advance(1)
    }
    expect(await runsOf(merchant)).toMatchObject([{ status: 'running' }])
    await reconcile(world.deps)
    const [failed] = await runsOf(merchant)
    expect(failed).toMatchObject({ status: 'failed', failure: 'server_error', finished_at: expect.any(String) })
    pagesRead()

    connection.driver.clear(connection.account)
    world.clock.advance(LIMITS.reconcileEverySeconds * 1000 - 1)
    await reconcile(world.deps)
    expect(pagesRead()).toBe(0)
    world.clock.advance(1)
    await reconcile(world.deps)
    const [next] = await runsOf(merchant)
    expect(next).toMatchObject({ status: 'completed', range_from: failed.range_from })
    expect(await driftsOf(merchant)).toMatchObject([{ status: 'corrected' }])
  })

  test('failures with a page between them are not in a row', async () => {
    const { merchant, connection } = await fillPages(LIMITS.reconcilePagesPerSweep + 2)
    for (const times of [1, LIMITS.reconcileFailuresMax - 1]) {
      breakList(connection, times)
      for (let failed = 0; failed < times; failed++) {
        await reconcile(world.deps)
        world.clock.advance(30 * MINUTE)
      }
      await reconcile(world.deps)
    }
    const [run] = await runsOf(merchant)
    expect(run).toMatchObject({ status: 'completed', pages: pagesOf(LIMITS.reconcilePagesPerSweep + 2) })
  })
})

/** Of a payment that is found to be paid: what the provider says of it is written down, and both books are compared. */
const ROUND_TRIPS_TO_CORRECT = 4

describe('the list of refunds', () => {
  test('is walked over after that of payments, each page once', async () => {
    const { merchant, pagesRead, refundPagesRead } = await fillPages(1, 2)
    await reconcile(world.deps)
    expect([pagesRead(), refundPagesRead()]).toEqual([1, 2])
    expect(await runsOf(merchant)).toMatchObject([{ ...DONE, pages: 3, payments_listed: 2 }])
  })

  test('after a crash between two of its pages the walk goes on there, and reads no payments again', async () => {
    const { merchant, pagesRead, refundPagesRead } = await fillPages(1, 2)
    await world.crashAfter(roundTrips(2) + ROUND_TRIPS_TO_CORRECT, () => reconcile(world.deps))
    expect([pagesRead(), refundPagesRead()]).toEqual([1, 2])
    expect(await runsOf(merchant)).toMatchObject([{ status: 'running', pages: 2 }])
    world.clock.advance(LEASE_MS)
    await reconcile(world.deps)
    expect([pagesRead(), refundPagesRead()]).toEqual([0, 1])
    expect(await runsOf(merchant)).toMatchObject([{ ...DONE, pages: 3, payments_listed: 2 }])
  })

  test('is left after some pages with the list before it, and gone on with by the next sweep', async () => {
    const { merchant, refundPagesRead } = await fillPages(1, LIMITS.reconcilePagesPerSweep + 1)
    await reconcile(world.deps)
    expect(refundPagesRead()).toBe(LIMITS.reconcilePagesPerSweep - 1)
    expect(await runsOf(merchant)).toMatchObject([{ status: 'running', pages: LIMITS.reconcilePagesPerSweep }])
    await reconcile(world.deps)
    expect(refundPagesRead()).toBe(2)
    expect(await runsOf(merchant)).toMatchObject([{ ...DONE, pages: LIMITS.reconcilePagesPerSweep + 2 }])
  })

  test('a page of it that can’t be read is read again a little later, and no other', async () => {
    const { merchant, connection, pagesRead, refundPagesRead } = await fillPages(1, 1)
    const { driver, account } = connection
    driver.accident(account, { kind: 'server_error', when: 'before', operation: 'read_refunds', times: 1 })
    await reconcile(world.deps)
    expect([pagesRead(), refundPagesRead()]).toEqual([1, 1])
    expect(await runsOf(merchant)).toMatchObject([{ status: 'running', failure: 'server_error', pages: 1 }])
    world.clock.advance(MINUTE)
    await reconcile(world.deps)
    expect([pagesRead(), refundPagesRead()]).toEqual([0, 1])
    expect(await runsOf(merchant)).toMatchObject([{ ...DONE, pages: 2, payments_listed: 2 }])
  })
})
