/** A payment whose first connection can't take it goes on at the next, and nobody is charged twice without being told. */

import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import type { CallAccident } from '../../local/simulators/kit/driver.ts'
import { LIMITS } from '../../src/domain/limits.ts'
import { applyProviderEvent } from '../../src/operations/provider-events/apply.ts'
import { sweep } from '../../src/operations/upkeep/sweep.ts'
import {
  attemptsOf,
  type Connected,
  connect,
  eventsOf,
  idOf,
  initiate,
  newMerchantWithTwo,
  referenceOf,
  startAt,
  TRANSACTIONS,
  watchCalls,
} from '../support/connections.ts'
import { deliverProviderWebhooks, look, ORDER } from '../support/paystack.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld('failover')
const MINUTE = 60_000

type Mishap = CallAccident extends infer A ? (A extends CallAccident ? Omit<A, 'operation'> : never) : never

/** Befalls the opening of pages at this account, once. */
function breakCheckout({ driver, account }: Connected, mishap: Mishap = { kind: 'down' }): void {
  driver.accident(account, { ...mishap, operation: 'create_checkout', times: 1 })
}

const isPageOf = (connection: Connected, reference: string): boolean =>
  connection.driver.books(connection.account).some((payment) => payment.reference === reference)

/** The first account took the order and its answer was lost: a page there that nobody was handed. */
async function leaveAPage(body: object = ORDER) {
  const { merchant, first, second } = await newMerchantWithTwo(world)
  breakCheckout(first, { kind: 'cut', when: 'after', how: 'reset' })
  const id = await startAt(merchant, body)
  return { merchant, first, second, id, left: await referenceOf(world, id, 1), open: await referenceOf(world, id, 2) }
}

describe('the second connection takes the payment in the same request', () => {
  test.each<[string, Mishap, string]>([
    ['is down', { kind: 'down' }, 'unreachable'],
    ['is cut before the effect', { kind: 'cut', when: 'before', how: 'reset' }, 'unreachable'],
    ['is cut after the effect', { kind: 'cut', when: 'after', how: 'reset' }, 'unreachable'],
    ['hangs before the effect', { kind: 'cut', when: 'before', how: 'hang' }, 'timed_out'],
    ['hangs after the effect', { kind: 'cut', when: 'after', how: 'hang' }, 'timed_out'],
    ['takes too long', { kind: 'slow', ms: LIMITS.failoverTimeoutMs + 1, when: 'before' }, 'timed_out'],
    ['is rate-limited', { kind: 'rate_limited' }, 'rate_limited'],
    ['answers 500', { kind: 'server_error', when: 'before' }, 'server_error'],
    ['answers 500 after the effect', { kind: 'server_error', when: 'after' }, 'server_error'],
    ['answers in HTML', { kind: 'html_error_page', when: 'before' }, 'server_error'],
    ['answers with JSON that breaks off', { kind: 'malformed_json' }, 'answer_not_json'],
    ['answers without the page', { kind: 'field_missing' }, 'answer_unrecognised'],
  ])('where the first %s', async (_what, mishap, because) => {
    const { merchant, first, second } = await newMerchantWithTwo(world)
    breakCheckout(first, mishap)
    const started = await initiate(merchant)
    const id = idOf(started, 201)
    expect(await attemptsOf(world, id)).toMatchObject([
      { number: 1, status: 'failed', connection_id: first.id, left_because: because },
      { number: 2, status: 'open', connection_id: second.id, left_because: null },
    ])
    expect(started.body).toMatchObject({ status: 'pending', connection_id: second.id })
    expect(isPageOf(second, await referenceOf(world, id, 2))).toBe(true)
    expect(await look(world, id)).toMatchObject({ status: 'pending', events: ['payment.created'] })
  })

  test('where the first refuses its key', async () => {
    const { merchant, first, second } = await newMerchantWithTwo(world)
    const secretKey = 'sk_test_thisKeyIsOfNoAccount'
    world.paystack.control.setStrictAccounts(true)
    await merchant.person.patch(`/api/v1/payment-providers/${first.id}/`, { credentials: { secret_key: secretKey } })
    const id = await startAt(merchant)
    expect(await attemptsOf(world, id)).toMatchObject([
      { status: 'failed', left_because: 'credentials_refused', next_check_at: null },
      { status: 'open', connection_id: second.id },
    ])
  })

  test('where the first does not take the currency', async () => {
    const { merchant, first, second } = await newMerchantWithTwo(world)
    world.paystack.control.configureAccount(String(first.account.credentials.secret_key), { currencies: ['NGN'] })
    const id = await startAt(merchant, { ...ORDER, currency: 'GHS' })
    expect(await attemptsOf(world, id)).toMatchObject([
      { status: 'failed', left_because: 'currency_not_supported', next_check_at: null },
      { status: 'open', connection_id: second.id },
    ])
  })

  test('and each attempt says why it was chosen and why it was left', async () => {
    const { merchant, first } = await newMerchantWithTwo(world)
    breakCheckout(first)
    const id = await startAt(merchant)
    const { body } = await merchant.api.get(`${TRANSACTIONS}${id}/`)
    expect(body.attempts).toMatchObject([
      { number: 1, chosen_because: 'first_active_connection', left_because: 'unreachable' },
      { number: 2, chosen_because: 'failover, first_active_connection', left_because: null },
    ])
  })

  test('and the payment is paid there', async () => {
    const { merchant, first, second } = await newMerchantWithTwo(world)
    breakCheckout(first)
    const id = await startAt(merchant)
    second.driver.pay(await referenceOf(world, id, 2))
    await deliverProviderWebhooks(world)
    const { body } = await merchant.api.get(`${TRANSACTIONS}${id}/`)
    expect(body).toMatchObject({ status: 'succeeded', connection_id: second.id })
  })

  test('a slow answer within the short patience is an answer', async () => {
    const { merchant, first } = await newMerchantWithTwo(world)
    breakCheckout(first, { kind: 'slow', ms: LIMITS.failoverTimeoutMs - 1, when: 'before' })
    const started = await initiate(merchant)
    expect(started).toMatchObject({ status: 201, body: { connection_id: first.id } })
  })
})

describe('what it costs', () => {
  test('a connection that hangs costs no more than the short patience', async () => {
    const { merchant, first } = await newMerchantWithTwo(world)
    breakCheckout(first, { kind: 'cut', when: 'before', how: 'hang' })
    const before = world.clock.now().getTime()
    await startAt(merchant)
    expect(world.clock.now().getTime() - before).toBe(LIMITS.failoverTimeoutMs)
  })

  test('the only connection that is left is waited for as long as any call', async () => {
    const merchant = await world.newMerchant()
    const only = await connect(world, merchant, 1)
    breakCheckout(only, { kind: 'slow', ms: LIMITS.failoverTimeoutMs + 1, when: 'before' })
    expect(await initiate(merchant)).toMatchObject({ status: 201 })
  })

  test.each([0, 1, 2, 3])('with %i failovers: so many round trips more than two', async (failovers) => {
    const merchant = await world.newMerchant()
    for (let priority = 1; priority <= failovers; priority++) {
      breakCheckout(await connect(world, merchant, priority))
    }
    await connect(world, merchant, 100)
    const { roundTrips, result } = await world.countRoundTrips(() => initiate(merchant))
    expect(result.status).toBe(201)
    expect(roundTrips).toBe(2 + failovers)
  })

  test('no more connections are tried by one request than the limit says', async () => {
    const merchant = await world.newMerchant()
    for (let priority = 1; priority <= LIMITS.failoversPerRequest + 1; priority++) {
      breakCheckout(await connect(world, merchant, priority))
    }
    const beyond = watchCalls(world, await connect(world, merchant, 100))
    const id = idOf(await initiate(merchant), 202)
    expect(await attemptsOf(world, id)).toHaveLength(1 + LIMITS.failoversPerRequest)
    expect(beyond).toEqual([])
  })
})

describe('where none takes it', () => {
  test('the answer is 202, and the sweep gives the payment its page', async () => {
    const { merchant, first, second } = await newMerchantWithTwo(world)
    breakCheckout(first)
    breakCheckout(second)
    const id = idOf(await initiate(merchant), 202)
    expect(await attemptsOf(world, id)).toMatchObject([
      { status: 'failed', left_because: 'unreachable' },
      { status: 'unknown', left_because: null },
    ])
    world.clock.advance(MINUTE)
    await sweep(world.deps)
    const { body } = await merchant.api.get(`${TRANSACTIONS}${id}/`)
    expect(body).toMatchObject({ status: 'pending', checkout_url: expect.stringContaining('/paystack/checkout/') })
    expect(await attemptsOf(world, id)).toMatchObject([{ status: 'failed' }, { status: 'open' }])
  })

  test('the sweep goes on to a connection that was not tried', async () => {
    const merchant = await world.newMerchant()
    const tried: Connected[] = []
    for (let priority = 1; priority <= LIMITS.failoversPerRequest + 1; priority++) {
      tried.push(await connect(world, merchant, priority))
    }
    const beyond = await connect(world, merchant, 100)
    for (const connection of tried) breakCheckout(connection)
    const id = idOf(await initiate(merchant), 202)
    for (const connection of tried) breakCheckout(connection)
    world.clock.advance(MINUTE)
    await sweep(world.deps)
    expect((await attemptsOf(world, id)).at(-1)).toMatchObject({ status: 'open', connection_id: beyond.id })
  })

  test('all of them refusing is a refusal, and the caller is told the last one’s', async () => {
    const { merchant, first, second } = await newMerchantWithTwo(world)
    for (const { account } of [first, second]) {
      world.paystack.control.configureAccount(String(account.credentials.secret_key), { currencies: ['NGN'] })
    }
    const refused = await initiate(merchant, { ...ORDER, currency: 'GHS' })
    expect(refused).toMatchObject({ status: 422, body: { code: 'provider_refused' } })
    expect(refused.body.detail).toMatch(/^currency_not_supported: /)
    expect(await look(world, refused.body.transaction_id)).toMatchObject({
      status: 'failed',
      events: ['payment.created', 'payment.failed'],
      attempts: ['failed', 'failed'],
    })
  })
})

describe('a payment for which a provider was named', () => {
  test('fails over to that provider’s other connection only', async () => {
    const merchant = await world.newMerchant()
    const down = await connect(world, merchant, 1)
    const elsewhere = watchCalls(world, await connect(world, merchant, 2, 'flutterwave'))
    const other = await connect(world, merchant, 3)
    breakCheckout(down)
    const started = await initiate(merchant, { ...ORDER, provider: 'paystack' })
    expect(started).toMatchObject({ status: 201, body: { connection_id: other.id } })
    expect(elsewhere).toEqual([])
  })

  test('waits for it where it has no other, and the sweep waits too', async () => {
    const merchant = await world.newMerchant()
    const down = await connect(world, merchant, 1)
    const elsewhere = watchCalls(world, await connect(world, merchant, 2, 'flutterwave'))
    breakCheckout(down)
    const id = idOf(await initiate(merchant, { ...ORDER, provider: 'paystack' }), 202)
    breakCheckout(down)
    world.clock.advance(MINUTE)
    await sweep(world.deps)
    expect(await attemptsOf(world, id)).toMatchObject([{ status: 'unknown', connection_id: down.id }])
    expect(elsewhere).toEqual([])
  })

  test('without a name it goes on at another provider', async () => {
    const merchant = await world.newMerchant()
    breakCheckout(await connect(world, merchant, 1))
    await connect(world, merchant, 2, 'flutterwave')
    const started = await initiate(merchant)
    expect(started).toMatchObject({ status: 201, body: { provider: 'flutterwave' } })
  })
})

describe('an attempt that was left may have had its effect', () => {
  test('so it is asked after until its deadline, and two days beyond, and then no more', async () => {
    const { first, id, left } = await leaveAPage({ ...ORDER, expires_in: 3_600 })
    const calls = watchCalls(world, first)
    const isAskedAfter = async (ms: number) => {
      world.clock.advance(ms)
      await sweep(world.deps)
      return calls.splice(0).includes(`GET /transaction/verify/${left}`)
    }
    const minutes: number[] = []
    for (let minute = 1; minute <= 60; minute++) if (await isAskedAfter(MINUTE)) minutes.push(minute)
    expect(minutes).toEqual([1, 3, 8, 23, 53, 60])
    const days: boolean[] = []
    for (let day = 1; day <= 4; day++) days.push(await isAskedAfter(24 * 60 * MINUTE))
    expect(days).toEqual([true, true, false, false])
    expect(await attemptsOf(world, id)).toMatchObject([{ next_check_at: null }, { next_check_at: null }])
    expect(await look(world, id)).toMatchObject({ status: 'expired', attempts: ['failed', 'failed'] })
  })

  test('nothing that it says but money is news', async () => {
    const { first, id, left } = await leaveAPage({ ...ORDER, expires_in: 3_600 })
    const lookAfterMinutes = async (minutes: number) => {
      world.clock.advance(minutes * MINUTE)
      await sweep(world.deps)
      return look(world, id)
    }
    const WAITING = { status: 'pending', attempts: ['failed', 'open'] }
    expect(await lookAfterMinutes(1)).toMatchObject(WAITING)
    first.driver.decline(left)
    expect(await lookAfterMinutes(2)).toMatchObject(WAITING)
    first.driver.beginDelayed(left)
    expect(await lookAfterMinutes(5)).toMatchObject(WAITING)
    first.driver.endDelayed(left, 'failed')
    expect(await lookAfterMinutes(15)).toMatchObject(WAITING)
  })

  test.each([
    ['by webhook', false],
    ['by the sweep, where the webhook is lost', true],
  ])('should it be paid, the payment succeeds by it: %s', async (_how, isLost) => {
    const { merchant, first, id, left } = await leaveAPage()
    if (isLost) first.driver.webhookAccident(first.account, { kind: 'lost' })
    first.driver.pay(left)
    await deliverProviderWebhooks(world)
    world.clock.advance(MINUTE)
    if (isLost) await sweep(world.deps)
    const { body } = await merchant.api.get(`${TRANSACTIONS}${id}/`)
    expect(body).toMatchObject({ status: 'succeeded', connection_id: first.id, checkout_url: null })
    expect(await look(world, id)).toMatchObject({
      attempts: ['succeeded', 'open'],
      events: ['payment.created', 'payment.succeeded'],
    })
  })

  test('once it is paid, the page that is still open is looked after by itself', async () => {
    const { first, second, id, left, open } = await leaveAPage()
    first.driver.pay(left)
    await deliverProviderWebhooks(world)
    second.driver.webhookAccident(second.account, { kind: 'lost' })
    second.driver.pay(open)
    await sweep(world.deps)
    expect(await eventsOf(world, id)).toEqual(['payment.created', 'payment.succeeded', 'payment.duplicate_charge'])
  })
})

describe('a payment that was paid twice', () => {
  const TOLD_ONCE = ['payment.created', 'payment.succeeded', 'payment.duplicate_charge']

  async function expectTold(id: string, duplicateNumber: number): Promise<void> {
    expect(await eventsOf(world, id)).toEqual(TOLD_ONCE)
    const attempts = await attemptsOf(world, id)
    expect(attempts).toMatchObject([{ status: 'succeeded' }, { status: 'succeeded' }])
    expect(attempts.flatMap(({ is_duplicate }, index) => (is_duplicate ? [index + 1] : []))).toEqual([duplicateNumber])
    const [row] = await world.query(sql`
      select t.status, t.amount, t.connection_id, a.number as paid_by from transactions t
      join attempts a on a.transaction_id = t.id and a.connection_id = t.connection_id where t.id = ${id}`)
    expect(row).toMatchObject({ status: 'succeeded', amount: String(ORDER.amount), paid_by: 3 - duplicateNumber })
  }

  test('first where it was handed out, then at the page that was left: the second charge is marked and told', async () => {
    const { first, second, id, left, open } = await leaveAPage()
    second.driver.pay(open)
    await deliverProviderWebhooks(world)
    first.driver.pay(left)
    await deliverProviderWebhooks(world)
    await expectTold(id, 1)
  })

  test('the other way round: the same', async () => {
    const { first, second, id, left, open } = await leaveAPage()
    first.driver.pay(left)
    await deliverProviderWebhooks(world)
    second.driver.pay(open)
    await deliverProviderWebhooks(world)
    await expectTold(id, 2)
  })

  test('it is told once, however often it is found', async () => {
    const { merchant, first, second, id, left, open } = await leaveAPage()
    second.driver.pay(open)
    await deliverProviderWebhooks(world)
    first.driver.webhookAccident(first.account, { kind: 'duplicate', copies: 3 })
    first.driver.pay(left)
    await deliverProviderWebhooks(world)
    for (let minute = 0; minute < 10; minute++) {
      world.clock.advance(MINUTE)
      await sweep(world.deps)
      await merchant.api.get(`${TRANSACTIONS}${id}/verify_payment/`)
    }
    await expectTold(id, 1)
  })

  test('found by two workers at once, exactly one of the charges is too many', async () => {
    for (let round = 0; round < 5; round++) {
      const { first, second, id, left, open } = await leaveAPage()
      first.driver.pay(left)
      second.driver.pay(open)
      await world.simulators.deliverDueWebhooks()
      await world.settled()
      const events = world.jobs.splice(0).flatMap((job) => (job.kind === 'apply' ? [job.providerEventId] : []))
      expect(events).toHaveLength(2)
      await Promise.all(events.map((event) => applyProviderEvent(world.deps, event)))
      expect(await eventsOf(world, id)).toEqual(TOLD_ONCE)
      const marks = (await attemptsOf(world, id)).map(({ is_duplicate }) => is_duplicate)
      expect(marks.filter(Boolean)).toHaveLength(1)
      expect(await look(world, id)).toMatchObject({ status: 'succeeded', attempts: ['succeeded', 'succeeded'] })
    }
  })

  test('the event shows the payment and the charge that is too many', async () => {
    const { merchant, first, second, id, left, open } = await leaveAPage()
    second.driver.pay(open)
    await deliverProviderWebhooks(world)
    first.driver.pay(left)
    await deliverProviderWebhooks(world)
    const { body } = await merchant.api.get('/api/v1/events/?type=payment.duplicate_charge')
    expect(body.data).toMatchObject([
      {
        type: 'payment.duplicate_charge',
        data: {
          id,
          status: 'succeeded',
          duplicate_attempt: { number: 1, connection_id: first.id, is_duplicate: true },
        },
      },
    ])
  })
})

describe('once a page was handed out', () => {
  async function handOut() {
    const { merchant, first, second } = await newMerchantWithTwo(world)
    const id = await startAt(merchant)
    const { account, driver } = first
    const calls = watchCalls(world, first)
    const others = watchCalls(world, second)
    /** Calls that open a page, there or elsewhere. */
    const ordered = () => [...calls, ...others].filter((call) => call === 'POST /transaction/initialize')
    return { merchant, id, account, driver, reference: await referenceOf(world, id), ordered }
  }

  test('its connection going down opens no other page', async () => {
    const { merchant, id, account, driver, ordered } = await handOut()
    driver.accident(account, { kind: 'down' })
    for (let hour = 0; hour < 3; hour++) {
      world.clock.advance(60 * MINUTE)
      await sweep(world.deps)
      await merchant.api.get(`${TRANSACTIONS}${id}/verify_payment/`)
    }
    expect(await attemptsOf(world, id)).toMatchObject([{ status: 'open' }])
    expect(ordered()).toEqual([])
  })

  test('a try that was declined opens no other page', async () => {
    const { id, driver, reference, ordered } = await handOut()
    driver.decline(reference)
    world.clock.advance(60 * MINUTE)
    await sweep(world.deps)
    expect(await attemptsOf(world, id)).toMatchObject([{ status: 'open' }])
    expect(ordered()).toEqual([])
  })

  test('by a request and by the sweep at once, the payer is led to one page', async () => {
    const { merchant, first, second } = await newMerchantWithTwo(world)
    const { exchange } = world.deps
    const { fetch } = exchange
    // The page is there, and before its address is told the sweep gives it up for lost and goes on to the second.
    exchange.fetch = async (request) => {
      exchange.fetch = fetch
      const answer = await fetch(request)
      world.clock.advance(MINUTE)
      breakCheckout(first)
      await sweep(world.deps)
      return answer
    }
    const started = await initiate(merchant)
    const id = idOf(started, 201)
    expect(await attemptsOf(world, id)).toMatchObject([
      { status: 'failed' },
      { status: 'open', connection_id: second.id },
    ])
    const pages = await world.query(sql`
      select checkout_url from attempts where transaction_id = ${id} and checkout_url is not null`)
    expect(pages).toEqual([{ checkout_url: started.body.checkout_url }])
  })
})
