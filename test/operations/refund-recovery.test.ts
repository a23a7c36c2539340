/** Money goes back once, whatever becomes of the call, and never more of it than was paid. */

import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import type { CallAccident, RefundCourse } from '../../local/simulators/kit/driver.ts'
import { REFUND_RESEND_MS, REFUND_UNCLEAR_MS } from '../../src/domain/retry.ts'
import { applyProviderEvent } from '../../src/operations/provider-events/apply.ts'
import {
  type Connected,
  driftsOf,
  eventsOf,
  idOf,
  refund,
  refundSums,
  refundsThere,
  startPaid,
  sweepAt,
  TRANSACTIONS,
  watchCalls,
} from '../support/connections.ts'
import { deliverProviderWebhooks, look, ORDER } from '../support/paystack.ts'
import { seededRandom } from '../support/random.ts'
import { createWorld, type Merchant, SIMULATORS_URL } from '../support/world.ts'

const world = await createWorld('refund_recovery')
const MINUTE = 60_000
const SEND = 'POST /refund'
const PART = 50_000
const PAID = ['payment.created', 'payment.succeeded']

type Mishap = CallAccident extends infer A ? (A extends CallAccident ? Omit<A, 'operation'> : never) : never

/** Befalls the sending of a refund at this account, once. */
function breakRefund({ driver, account }: Connected, mishap: Mishap = { kind: 'down' }): void {
  driver.accident(account, { times: 1, ...mishap, operation: 'create_refund' })
}

async function refundsHere(merchant: Merchant, transactionId: string) {
  const { body } = await merchant.api.get(`${TRANSACTIONS}${transactionId}/refunds/`)
  return body.data
}

/** Takes the webhooks in, and says which of this connection's events are to be applied. */
async function takeWebhooksIn({ id }: Connected): Promise<string[]> {
  await world.simulators.deliverDueWebhooks()
  await world.settled()
  const rows = await world.query(sql`select id from provider_events where connection_id = ${id}`)
  const own = new Set(rows.map((row) => String(row.id)))
  return world.jobs
    .splice(0)
    .flatMap((job) => (job.kind === 'apply' && own.has(job.providerEventId) ? [job.providerEventId] : []))
}

/** Of these minutes from now, those in which the sweep sends a refund. */
async function minutesOfSending(connection: Connected, minutes: readonly number[]): Promise<number[]> {
  const calls = watchCalls(world, connection)
  const sent: number[] = []
  await sweepAt(world, minutes, (minute) => {
    if (calls.splice(0).includes(SEND)) sent.push(minute)
  })
  return sent
}

describe('a refund without a clear answer is pending, and comes to exactly one', () => {
  const FOUND: number[] = []
  /** The list is read after one minute and five more; the call may still have been under way at the first time. */
  const SENT_AGAIN = [6]

  test.each<[string, Mishap, number[]]>([
    ['the provider is down', { kind: 'down' }, SENT_AGAIN],
    ['too many calls', { kind: 'rate_limited' }, SENT_AGAIN],
    ['the connection is cut before the effect', { kind: 'cut', when: 'before', how: 'reset' }, SENT_AGAIN],
    ['the connection is cut after the effect', { kind: 'cut', when: 'after', how: 'reset' }, FOUND],
    ['it hangs before the effect', { kind: 'cut', when: 'before', how: 'hang' }, SENT_AGAIN],
    ['it hangs after the effect', { kind: 'cut', when: 'after', how: 'hang' }, FOUND],
    ['it takes longer than we wait, after the effect', { kind: 'slow', ms: 20_000, when: 'after' }, FOUND],
    ['500 before the effect', { kind: 'server_error', when: 'before' }, SENT_AGAIN],
    ['500 after the effect', { kind: 'server_error', when: 'after' }, FOUND],
    ['HTML before the effect', { kind: 'html_error_page', when: 'before' }, SENT_AGAIN],
    ['HTML after the effect', { kind: 'html_error_page', when: 'after' }, FOUND],
    ['JSON that breaks off', { kind: 'malformed_json' }, FOUND],
    ['an answer without its id', { kind: 'field_missing' }, FOUND],
  ])('%s', async (_what, mishap, sent) => {
    const { merchant, connection, id, reference } = await startPaid(world)
    breakRefund(connection, mishap)
    const answer = await refund(merchant, id, { amount: PART })
    expect(answer).toMatchObject({ status: 202, body: { status: 'pending', amount: PART, provider_refund_id: null } })
    expect(refundsThere(connection, reference)).toHaveLength(sent === FOUND ? 1 : 0)

    expect(await minutesOfSending(connection, [1, 2, 5, 6, 21, 22])).toEqual(sent)

    const [there, ...others] = refundsThere(connection, reference)
    expect(others).toEqual([])
    expect(there).toMatchObject({ amount: PART, state: 'succeeded' })
    expect(await refundsHere(merchant, id)).toMatchObject([
      { id: answer.body.id, status: 'succeeded', provider_refund_id: there?.id, failure_code: null, origin: 'api' },
    ])
    expect(await eventsOf(world, id)).toEqual([...PAID, 'refund.created', 'refund.succeeded'])
    expect(await refundSums(world, id)).toEqual({ underWay: 0, done: PART })
  })

  test('sent again, and that answer lost as well', async () => {
    const { merchant, connection, id, reference } = await startPaid(world)
    breakRefund(connection, { kind: 'down' })
    breakRefund(connection, { kind: 'cut', when: 'after', how: 'reset' })
    idOf(await refund(merchant, id), 202)
    expect(await minutesOfSending(connection, [1, 5, 6, 21, 22, 81])).toEqual([6])
    expect(refundsThere(connection, reference)).toMatchObject([{ amount: ORDER.amount, state: 'succeeded' }])
    expect(await refundsHere(merchant, id)).toMatchObject([{ status: 'succeeded' }])
  })

  test('while the provider’s list can’t be read nothing is sent again', async () => {
    const { merchant, connection, id, reference } = await startPaid(world)
    const { driver, account } = connection
    breakRefund(connection)
    driver.accident(account, { kind: 'server_error', when: 'before', operation: 'read_refunds' })
    idOf(await refund(merchant, id), 202)
    expect(await minutesOfSending(connection, [1, 6, 21, 81])).toEqual([])
    driver.clear(account)
    expect(await minutesOfSending(connection, [180, 181, 362])).toEqual([180])
    expect(refundsThere(connection, reference)).toMatchObject([{ state: 'succeeded' }])
  })

  test('nothing is sent again while the call may be under way, however often the refund is asked after', async () => {
    const { merchant, connection, id, reference } = await startPaid(world)
    breakRefund(connection)
    idOf(await refund(merchant, id), 202)
    const calls = watchCalls(world, connection)
    world.clock.advance(REFUND_RESEND_MS - 1)
    // A webhook about the payment's refunds makes us look, too.
    connection.driver.refundOnDashboard(reference, PART - 1)
    await deliverProviderWebhooks(world)
    expect(calls).toContain('GET /refund')
    expect(calls).not.toContain(SEND)
  })

  test('without a clear answer for three days it is somebody’s to look at, and not sent any more', async () => {
    const { merchant, connection, id } = await startPaid(world)
    breakRefund(connection, { kind: 'down', times: 1_000 })
    idOf(await refund(merchant, id), 202)
    const unclear = REFUND_UNCLEAR_MS / MINUTE
    await sweepAt(
      world,
      Array.from({ length: 12 }, (_, index) => (index + 1) * (unclear / 12) - 1),
    )
    expect(await refundsHere(merchant, id)).toMatchObject([{ status: 'pending', failure_code: 'unreachable' }])
    await sweepAt(world, [360])
    expect(await refundsHere(merchant, id)).toMatchObject([
      { status: 'requires_action', failure_code: 'no_clear_answer' },
    ])
    connection.driver.clear(connection.account)
    expect(await minutesOfSending(connection, [360, 720])).toEqual([])
    expect(await refundSums(world, id)).toEqual({ underWay: ORDER.amount, done: 0 })
  })
})

describe('a crash between the provider’s answer and our commit', () => {
  const headers = { 'idempotency-key': 'refund-1' }

  async function crash(mishap?: Mishap) {
    const paid = await startPaid(world)
    if (mishap) breakRefund(paid.connection, mishap)
    const crashed = await world.crashAfter(1, () => refund(paid.merchant, paid.id, { amount: PART }, headers))
    expect(crashed).toMatchObject({ status: 500, body: { code: 'internal_error' } })
    expect(await refundsHere(paid.merchant, paid.id)).toMatchObject([{ status: 'pending', provider_refund_id: null }])
    return paid
  }

  test.each<[string, Mishap | undefined, number[]]>([
    ['had its effect is found', undefined, []],
    ['never arrived is sent again', { kind: 'down' }, [7]],
  ])('a refund that %s', async (_what, mishap, sent) => {
    const { merchant, connection, id, reference } = await crash(mishap)
    expect(await minutesOfSending(connection, [1, 2, 6, 7, 22])).toEqual(sent)
    expect(refundsThere(connection, reference)).toMatchObject([{ amount: PART, state: 'succeeded' }])
    expect(await refundsHere(merchant, id)).toMatchObject([{ status: 'succeeded' }])
    expect(await eventsOf(world, id)).toEqual([...PAID, 'refund.created', 'refund.succeeded'])
  })

  test('the same request sent again waits while the first may be at work, then finishes its work', async () => {
    const { merchant, connection, id, reference } = await crash()
    expect(await refund(merchant, id, { amount: PART }, headers)).toMatchObject({
      status: 409,
      body: { code: 'idempotency_in_flight' },
    })
    world.clock.advance(31_000)
    const finished = await refund(merchant, id, { amount: PART }, headers)
    expect(finished).toMatchObject({ status: 202, body: { status: 'pending' } })
    const [there] = refundsThere(connection, reference)
    expect(finished.body.provider_refund_id).toBe(there?.id)
    const replayed = await refund(merchant, id, { amount: PART }, headers)
    expect(replayed).toMatchObject({ status: 202, body: finished.body })
    expect(replayed.headers.get('idempotent-replayed')).toBe('true')
    expect(refundsThere(connection, reference)).toHaveLength(1)
  })

  test('before anything was committed: nothing is there, and the request may be sent again', async () => {
    const { merchant, connection, id, reference } = await startPaid(world)
    const crashed = await world.crashAfter(0, () => refund(merchant, id, { amount: PART }, headers))
    expect(crashed.status).toBe(500)
    expect(await refundsHere(merchant, id)).toEqual([])
    expect(await refund(merchant, id, { amount: PART }, headers)).toMatchObject({ status: 201 })
    expect(refundsThere(connection, reference)).toHaveLength(1)
  })
})

describe('a refund’s webhooks', () => {
  test.each<[RefundCourse, string, string[], object]>([
    ['stays_pending', 'refund.pending', [], { status: 'pending', failure_code: null }],
    ['succeeds', 'refund.processed', ['refund.succeeded'], { status: 'succeeded', failure_code: null }],
    ['fails', 'refund.failed', ['refund.failed'], { status: 'failed', failure_code: 'failed_at_provider' }],
    [
      'requires_action',
      'refund.needs-attention',
      ['refund.requires_action'],
      { status: 'requires_action', failure_code: 'requires_action_at_provider' },
    ],
  ])(
    'where it %s: applied in two round trips, and the provider’s list between them',
    async (course, last, told, end) => {
      const { merchant, connection, id, reference } = await startPaid(world)
      connection.driver.setRefundCourse(reference, course)
      idOf(await refund(merchant, id, { amount: PART }), 201)
      const calls = watchCalls(world, connection)
      const applied: unknown[] = []
      for (let minute = 0; minute <= 2; minute++) {
        for (const event of await takeWebhooksIn(connection)) {
          const { roundTrips } = await world.countRoundTrips(() => applyProviderEvent(world.deps, event))
          expect(roundTrips).toBe(2)
          expect(calls.splice(0)).toEqual(['GET /refund'])
          applied.push(...(await world.query(sql`select type, status from provider_events where id = ${event}`)))
        }
        world.clock.advance(MINUTE)
      }
      expect(applied.at(-1)).toEqual({ type: last, status: 'applied' })
      expect(await refundsHere(merchant, id)).toMatchObject([end])
      expect(await eventsOf(world, id)).toEqual([...PAID, 'refund.created', ...told])
    },
  )

  test('sent twice and in whatever order, they change the refund once', async () => {
    const { merchant, connection, id } = await startPaid(world)
    connection.driver.webhookAccident(connection.account, { kind: 'duplicate', copies: 2 })
    idOf(await refund(merchant, id), 201)
    world.clock.advance(2 * MINUTE)
    const events = await takeWebhooksIn(connection)
    await Promise.all(events.reverse().map((event) => applyProviderEvent(world.deps, event)))
    expect(await refundsHere(merchant, id)).toMatchObject([{ status: 'succeeded' }])
    expect(await eventsOf(world, id)).toEqual([...PAID, 'refund.created', 'refund.succeeded'])
  })

  test('lost, they are made up for by the sweep', async () => {
    const { merchant, connection, id } = await startPaid(world)
    connection.driver.webhookAccident(connection.account, { kind: 'lost' })
    idOf(await refund(merchant, id), 201)
    await sweepAt(world, [1, 6])
    expect(await takeWebhooksIn(connection)).toEqual([])
    expect(await refundsHere(merchant, id)).toMatchObject([{ status: 'succeeded' }])
  })
})

describe('a refund’s way at the provider', () => {
  test('one that stays pending and then fails gives the amount back', async () => {
    const { merchant, connection, id, reference } = await startPaid(world)
    connection.driver.setRefundCourse(reference, 'stays_pending')
    idOf(await refund(merchant, id), 201)
    await sweepAt(world, [1, 6, 21])
    expect(await refundSums(world, id)).toEqual({ underWay: ORDER.amount, done: 0 })
    expect(await refund(merchant, id, { amount: PART })).toMatchObject({
      status: 422,
      body: { code: 'refund_exceeds_payment' },
    })

    connection.driver.setRefundCourse(reference, 'fails')
    await sweepAt(world, [60])
    expect(await refundSums(world, id)).toEqual({ underWay: 0, done: 0 })
    expect(await eventsOf(world, id)).toEqual([...PAID, 'refund.created', 'refund.failed'])

    connection.driver.setRefundCourse(reference, 'succeeds')
    idOf(await refund(merchant, id), 201)
    await sweepAt(world, [1, 6])
    expect(await refundSums(world, id)).toEqual({ underWay: 0, done: ORDER.amount })
    expect((await look(world, id)).status).toBe('succeeded')
  })

  test('one that somebody has to act on succeeds once they have', async () => {
    const { merchant, connection, id, reference } = await startPaid(world)
    connection.driver.setRefundCourse(reference, 'requires_action')
    idOf(await refund(merchant, id), 201)
    await sweepAt(world, [1, 6])
    expect(await refundsHere(merchant, id)).toMatchObject([{ status: 'requires_action' }])
    const [there] = refundsThere(connection, reference)
    const details = { currency: 'NGN', account_number: '0123456789', bank_id: '9' }
    const retried = await world.simulators.fetch(
      new Request(`${SIMULATORS_URL}/paystack/refund/retry_with_customer_details/${there?.id}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${connection.account.credentials.secret_key}` },
        body: JSON.stringify({ refund_account_details: details }),
      }),
    )
    expect(retried.status).toBe(200)
    await sweepAt(world, [15])
    expect(await refundsHere(merchant, id)).toMatchObject([{ status: 'succeeded', failure_code: null }])
    const told = (await eventsOf(world, id)).slice(PAID.length)
    expect(told[0]).toBe('refund.created')
    expect(told.at(-1)).toBe('refund.succeeded')
  })
})

describe('a refund that is over', () => {
  const LIST = 'GET /refund'
  const DAYS = [0, 1, 2, 6, 7, 8, 29, 30, 31, 60]

  async function daysOfLooking(connection: Connected): Promise<number[]> {
    // Reconciliation reads the list of all payments' refunds.
    const calls = watchCalls(world, connection, ({ searchParams }) => searchParams.has('transaction'))
    const looked: number[] = []
    const minutes = DAYS.map((days) => days * 24 * 60 + 1)
    await sweepAt(world, minutes, (minute) => {
      if (calls.splice(0).includes(LIST)) looked.push((minute - 1) / (24 * 60))
    })
    return looked
  }

  test('is looked at again after a day, a week and a month, and never after that', async () => {
    const { merchant, connection, id } = await startPaid(world)
    idOf(await refund(merchant, id), 201)
    await sweepAt(world, [1, 6])
    expect(await refundsHere(merchant, id)).toMatchObject([{ status: 'succeeded' }])
    expect(await daysOfLooking(connection)).toEqual([1, 7, 30])
  })

  test('is not looked at where the provider refused it', async () => {
    const { merchant, connection, id, reference } = await startPaid(world)
    connection.driver.webhookAccident(connection.account, { kind: 'lost' })
    connection.driver.refundOnDashboard(reference, ORDER.amount)
    expect((await refund(merchant, id)).status).toBe(422)
    expect(await refundsHere(merchant, id)).toMatchObject([{ status: 'failed' }])
    expect(await daysOfLooking(connection)).toEqual([])
  })
})

describe('a refund that was made on the provider’s dashboard', () => {
  test('becomes a refund here, with its events', async () => {
    const { merchant, connection, id, reference } = await startPaid(world)
    const there = connection.driver.refundOnDashboard(reference, PART)
    await deliverProviderWebhooks(world)
    expect(await refundsHere(merchant, id)).toMatchObject([
      { origin: 'provider', status: 'pending', amount: PART, currency: 'NGN', provider_refund_id: there, reason: null },
    ])
    expect(await refundSums(world, id)).toEqual({ underWay: PART, done: 0 })
    world.clock.advance(2 * MINUTE)
    await deliverProviderWebhooks(world)
    expect(await refundSums(world, id)).toEqual({ underWay: 0, done: PART })
    expect(await eventsOf(world, id)).toEqual([...PAID, 'refund.created', 'refund.succeeded'])
  })

  test('that is found when it is done is told as made and done', async () => {
    const { connection, id, reference } = await startPaid(world)
    connection.driver.refundOnDashboard(reference, PART)
    world.clock.advance(2 * MINUTE)
    await deliverProviderWebhooks(world)
    expect(await eventsOf(world, id)).toEqual([...PAID, 'refund.created', 'refund.succeeded'])
  })

  test('that came to nothing before anybody here knew of it is left alone', async () => {
    const { merchant, connection, id, reference } = await startPaid(world)
    connection.driver.setRefundCourse(reference, 'fails')
    connection.driver.refundOnDashboard(reference, PART)
    world.clock.advance(2 * MINUTE)
    await deliverProviderWebhooks(world)
    expect(await refundsHere(merchant, id)).toEqual([])
    expect(await eventsOf(world, id)).toEqual(PAID)
  })

  test('is one, found by several workers at once', async () => {
    for (let round = 0; round < 5; round++) {
      const { merchant, connection, id, reference } = await startPaid(world)
      connection.driver.refundOnDashboard(reference, PART)
      world.clock.advance(2 * MINUTE)
      const events = await takeWebhooksIn(connection)
      expect(events).toHaveLength(3)
      await Promise.all(events.map((event) => applyProviderEvent(world.deps, event)))
      expect(await refundsHere(merchant, id)).toMatchObject([{ origin: 'provider', status: 'succeeded' }])
      expect(await eventsOf(world, id)).toEqual([...PAID, 'refund.created', 'refund.succeeded'])
      expect(await driftsOf(merchant)).toEqual([])
    }
  })

  test('twice, with the amount of one that got no answer, leaves it to a person which is which', async () => {
    const { merchant, connection, id, reference } = await startPaid(world)
    breakRefund(connection)
    idOf(await refund(merchant, id, { amount: PART }), 202)
    connection.driver.refundOnDashboard(reference, PART)
    connection.driver.refundOnDashboard(reference, PART)
    expect(await minutesOfSending(connection, [1, 5, 6, 21, 81])).toEqual([])
    expect(refundsThere(connection, reference)).toHaveLength(2)
    expect(await refundsHere(merchant, id)).toMatchObject([
      { status: 'requires_action', failure_code: 'ambiguous_at_provider' },
    ])
    expect(await driftsOf(merchant)).toMatchObject([
      { cause: 'refunded_there', status: 'open' },
      { cause: 'refunded_there', status: 'open' },
    ])
  })

  test('waits for the next look where another is asked for here meanwhile, for the list may have either', async () => {
    const { merchant, connection, id, reference } = await startPaid(world)
    connection.driver.refundOnDashboard(reference, PART)
    const events = await takeWebhooksIn(connection)
    const { exchange } = world.deps
    const { fetch } = exchange
    exchange.fetch = async (request) => {
      exchange.fetch = fetch
      // What we have was read before this, and the provider's list is read after it.
      breakRefund(connection, { kind: 'cut', when: 'after', how: 'reset' })
      idOf(await refund(merchant, id, { amount: PART }), 202)
      return fetch(request)
    }
    for (const event of events) await applyProviderEvent(world.deps, event)
    expect(await refundsHere(merchant, id)).toMatchObject([{ origin: 'api', status: 'pending' }])
    await sweepAt(world, [2, 7])
    expect(await refundsHere(merchant, id)).toMatchObject([
      { origin: 'provider', status: 'succeeded' },
      { origin: 'api', status: 'succeeded' },
    ])
    expect(refundsThere(connection, reference)).toHaveLength(2)
    expect(await refundSums(world, id)).toEqual({ underWay: 0, done: 2 * PART })
    expect(await driftsOf(merchant)).toEqual([])
  })

  test('and two of the same amount are two', async () => {
    const { merchant, connection, id, reference } = await startPaid(world)
    const there = [1, 2].map(() => connection.driver.refundOnDashboard(reference, PART))
    await deliverProviderWebhooks(world)
    const here = await refundsHere(merchant, id)
    expect(here.map((one: { provider_refund_id: string }) => one.provider_refund_id).sort()).toEqual(there.sort())
    expect(await refundSums(world, id)).toEqual({ underWay: 2 * PART, done: 0 })
  })

  test('of which there is no room here is a drift for a person, and corrected once there is', async () => {
    const { merchant, connection, id, reference } = await startPaid(world)
    breakRefund(connection)
    idOf(await refund(merchant, id, { amount: 100_000 }), 202)
    const there = connection.driver.refundOnDashboard(reference, 80_000)
    await deliverProviderWebhooks(world)
    expect(await refundsHere(merchant, id)).toMatchObject([{ origin: 'api', status: 'pending' }])
    expect(await driftsOf(merchant)).toMatchObject([
      {
        cause: 'refunded_there',
        status: 'open',
        transaction_id: id,
        run_id: null,
        theirs: { status: 'pending', amount: 80_000, currency: 'NGN' },
      },
    ])
    expect(await eventsOf(world, id)).toEqual([...PAID, 'refund.created', 'drift.found'])

    // Ours is sent again, and refused for want of money: that makes room.
    await sweepAt(world, [1, 6])
    expect(await refundsHere(merchant, id)).toMatchObject([
      { origin: 'provider', provider_refund_id: there, status: 'succeeded' },
      { origin: 'api', status: 'failed', failure_code: 'request_refused' },
    ])
    expect(await driftsOf(merchant)).toMatchObject([{ status: 'corrected' }])
    expect(await refundSums(world, id)).toEqual({ underWay: 0, done: 80_000 })
  })
})

describe('many at once', () => {
  test('a hundred refunds of one payment never give back more than was paid, round after round', async () => {
    const random = seededRandom(7)
    for (let round = 0; round < 3; round++) {
      const { merchant, connection, id, reference } = await startPaid(world)
      const amounts = Array.from({ length: 100 }, () => random.int(5_000, 40_000))
      const answers = await Promise.all(amounts.map((amount) => refund(merchant, id, { amount })))
      const made = answers.filter(({ status }) => status === 201)
      const refused = answers.filter(({ status }) => status !== 201)
      expect(new Set(refused.map(({ body }) => body.code))).toEqual(new Set(['refund_exceeds_payment']))
      const sum = made.reduce((total, { body }) => total + body.amount, 0)
      expect(sum).toBeLessThanOrEqual(ORDER.amount)
      // Nothing was refused that there was room for.
      const refusedAmounts = amounts.filter((_, index) => answers[index]?.status !== 201)
      expect(Math.min(...refusedAmounts)).toBeGreaterThan(ORDER.amount - sum)
      expect(await refundSums(world, id)).toEqual({ underWay: sum, done: 0 })
      const there = refundsThere(connection, reference)
      expect(there.map(({ id }) => id).sort()).toEqual(made.map(({ body }) => body.provider_refund_id).sort())
      expect(there.reduce((total, { amount }) => total + amount, 0)).toBe(sum)
    }
  })

  test('a hundred refunds of all that is left are one', async () => {
    const { merchant, connection, id, reference } = await startPaid(world)
    const answers = await Promise.all(Array.from({ length: 100 }, () => refund(merchant, id)))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(new Set(answers.map(({ body }) => body.code))).toEqual(new Set([undefined, 'refund_exceeds_payment']))
    expect(refundsThere(connection, reference)).toMatchObject([{ amount: ORDER.amount }])
  })

  test('the same request a hundred times is one refund', async () => {
    const { merchant, connection, id, reference } = await startPaid(world)
    const headers = { 'idempotency-key': 'the-same' }
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => refund(merchant, id, { amount: 5_000 }, headers)),
    )
    const refunds = new Set(answers.flatMap(({ status, body }) => (status === 201 ? [body.id] : [])))
    expect(refunds.size).toBe(1)
    expect(new Set(answers.map(({ body }) => body.code))).toEqual(new Set([undefined, 'idempotency_in_flight']))
    expect(refundsThere(connection, reference)).toHaveLength(1)
  })
})
