/** A connection that fails again and again is passed by, without a call, until one payment finds that it works. */

import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/domain/limits.ts'
import {
  attemptsOf,
  type Connected,
  connect,
  idOf,
  initiate,
  newMerchantWithTwo,
  startAt,
  watchCalls,
} from '../support/connections.ts'
import { ORDER } from '../support/paystack.ts'
import { createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('circuit_breaker')
const OPEN_MS = LIMITS.circuitOpenSeconds * 1000

const goDown = ({ driver, account }: Connected): void => driver.accident(account, { kind: 'down' })
const comeBack = ({ driver, account }: Connected): void => driver.clear(account)

async function healthOf(merchant: Merchant, { id }: Connected) {
  return (await merchant.api.get(`/api/v1/payment-providers/${id}/`)).body.health
}

async function startSome(merchant: Merchant, count: number): Promise<void> {
  for (let started = 0; started < count; started++) await startAt(merchant)
}

/** The first of two connections has failed so often that it is passed by. */
async function openFirst() {
  const { merchant, first, second } = await newMerchantWithTwo(world)
  const calls = watchCalls(world, first)
  goDown(first)
  await startSome(merchant, LIMITS.circuitFailures)
  calls.splice(0)
  return { merchant, first, second, calls }
}

/** Where the next payment is tried, and why. */
async function nextAttempt(merchant: Merchant) {
  const attempts = await attemptsOf(world, await startAt(merchant))
  return attempts.map(({ connection_id, chosen_because }) => ({ connection_id, chosen_because }))
}

describe('failures in a row open the circuit', () => {
  test('and one less does not', async () => {
    const { merchant, first } = await newMerchantWithTwo(world)
    goDown(first)
    await startSome(merchant, LIMITS.circuitFailures - 1)
    expect(await healthOf(merchant, first)).toMatchObject({ circuit: 'closed', failures: LIMITS.circuitFailures - 1 })
    await startSome(merchant, 1)
    expect(await healthOf(merchant, first)).toEqual({
      circuit: 'open',
      failures: LIMITS.circuitFailures,
      last_failure: 'unreachable',
      last_failure_at: world.clock.now().toISOString(),
    })
  })

  test('a success between them counts from the beginning', async () => {
    const { merchant, first } = await newMerchantWithTwo(world)
    for (let round = 0; round < 2; round++) {
      goDown(first)
      await startSome(merchant, LIMITS.circuitFailures - 1)
      comeBack(first)
      await startSome(merchant, 1)
    }
    expect(await healthOf(merchant, first)).toMatchObject({ circuit: 'closed', failures: 0 })
  })

  test.each([
    ['a rate limit', { kind: 'rate_limited' }, 'rate_limited'],
    ['silence', { kind: 'cut', when: 'before', how: 'hang' }, 'timed_out'],
    ['an error page', { kind: 'html_error_page', when: 'after' }, 'server_error'],
    ['an answer without what matters', { kind: 'field_missing' }, 'answer_unrecognised'],
  ] as const)('%s is a failure', async (_what, accident, cause) => {
    const { merchant, first } = await newMerchantWithTwo(world)
    first.driver.accident(first.account, { ...accident, operation: 'create_checkout' })
    await startSome(merchant, LIMITS.circuitFailures)
    expect(await healthOf(merchant, first)).toMatchObject({ circuit: 'open', last_failure: cause })
  })

  test('a key that is refused is a failure', async () => {
    const { merchant, first } = await newMerchantWithTwo(world)
    world.paystack.control.setStrictAccounts(true)
    const credentials = { secret_key: 'sk_test_thisKeyIsOfNoAccount' }
    await merchant.person.patch(`/api/v1/payment-providers/${first.id}/`, { credentials })
    await startSome(merchant, LIMITS.circuitFailures)
    expect(await healthOf(merchant, first)).toMatchObject({ circuit: 'open', last_failure: 'credentials_refused' })
  })

  test('without another connection too', async () => {
    const merchant = await world.newMerchant()
    const only = await connect(world, merchant, 1)
    goDown(only)
    for (let failed = 0; failed < LIMITS.circuitFailures; failed++) idOf(await initiate(merchant), 202)
    expect(await healthOf(merchant, only)).toMatchObject({ circuit: 'open' })
  })
})

describe('a refusal of the very payment says nothing of the connection', () => {
  test('a currency that the account does not take', async () => {
    const { merchant, first } = await newMerchantWithTwo(world)
    world.paystack.control.configureAccount(String(first.account.credentials.secret_key), { currencies: ['NGN'] })
    for (let refused = 0; refused < LIMITS.circuitFailures; refused++) {
      await startAt(merchant, { ...ORDER, currency: 'GHS' })
    }
    expect(await healthOf(merchant, first)).toMatchObject({ circuit: 'closed', failures: 0 })
  })

  test('a request that it finds wrong', async () => {
    const merchant = await world.newMerchant()
    const only = await connect(world, merchant, 1)
    const { exchange } = world.deps
    const { fetch } = exchange
    const body = { status: false, message: 'Invalid Amount Sent', type: 'validation_error', code: 'invalid_params' }
    exchange.fetch = async () => Response.json(body, { status: 400 })
    for (let refused = 0; refused < LIMITS.circuitFailures; refused++) {
      const { body } = await initiate(merchant)
      expect(body).toMatchObject({ code: 'provider_refused', detail: 'request_refused: Invalid Amount Sent' })
    }
    exchange.fetch = fetch
    expect(await healthOf(merchant, only)).toMatchObject({ circuit: 'closed', failures: 0 })
  })
})

describe('while it is open', () => {
  test('the connection is passed by without a call, and the attempt says so', async () => {
    const { merchant, second, calls } = await openFirst()
    expect(await nextAttempt(merchant)).toEqual([
      { connection_id: second.id, chosen_because: 'first_active_connection, past_open_circuit' },
    ])
    expect(calls).toEqual([])
  })

  test('a rule that names the connection first passes it by as well', async () => {
    const { merchant, first, second, calls } = await openFirst()
    const name = 'N'.repeat(60)
    const connections = [first, second].map(({ id }) => ({ connection_id: id }))
    const rules = [{ name, strategy: 'priority', connections }]
    const set = await merchant.person.put('/api/v1/routing-rules/', { rules })
    expect(set.status).toBe(200)
    expect(await nextAttempt(merchant)).toEqual([
      { connection_id: second.id, chosen_because: `rule_by_priority: ${name}, past_open_circuit` },
    ])
    expect(calls).toEqual([])
  })

  test('what is chosen before it is chosen without a word of it', async () => {
    const { merchant, first, second } = await newMerchantWithTwo(world)
    goDown(first)
    await startSome(merchant, LIMITS.circuitFailures)
    await merchant.person.patch(`/api/v1/payment-providers/${second.id}/`, { priority: 0 })
    expect(await nextAttempt(merchant)).toEqual([
      { connection_id: second.id, chosen_because: 'first_active_connection' },
    ])
  })

  test('it is tried all the same where there is no other', async () => {
    const merchant = await world.newMerchant()
    const only = await connect(world, merchant, 1)
    goDown(only)
    for (let failed = 0; failed < LIMITS.circuitFailures; failed++) idOf(await initiate(merchant), 202)
    comeBack(only)
    expect(await nextAttempt(merchant)).toEqual([
      { connection_id: only.id, chosen_because: 'circuit_open_and_no_other' },
    ])
    expect(await healthOf(merchant, only)).toMatchObject({ circuit: 'closed', failures: 0 })
  })

  test('a payment whose connection failed goes on to it where there is no other', async () => {
    const { merchant, first, second } = await openFirst()
    comeBack(first)
    goDown(second)
    expect(await nextAttempt(merchant)).toEqual([
      { connection_id: second.id, chosen_because: 'first_active_connection, past_open_circuit' },
      { connection_id: first.id, chosen_because: 'failover, circuit_open_and_no_other' },
    ])
  })

  test('it is open for this merchant’s connection alone', async () => {
    await openFirst()
    const { merchant, first } = await newMerchantWithTwo(world)
    expect(await nextAttempt(merchant)).toMatchObject([{ connection_id: first.id }])
  })
})

describe('after a while', () => {
  test('it is half open, and not a moment earlier', async () => {
    const { merchant, first, second, calls } = await openFirst()
    world.clock.advance(OPEN_MS - 1)
    expect(await nextAttempt(merchant)).toMatchObject([{ connection_id: second.id }])
    expect(await healthOf(merchant, first)).toMatchObject({ circuit: 'open' })
    world.clock.advance(1)
    expect(await healthOf(merchant, first)).toMatchObject({ circuit: 'half_open' })
    expect(calls).toEqual([])
  })

  test('a payment that finds it working closes it', async () => {
    const { merchant, first } = await openFirst()
    comeBack(first)
    world.clock.advance(OPEN_MS)
    expect(await nextAttempt(merchant)).toEqual([
      { connection_id: first.id, chosen_because: 'first_active_connection' },
    ])
    expect(await healthOf(merchant, first)).toMatchObject({ circuit: 'closed', failures: 0 })
    expect(await nextAttempt(merchant)).toMatchObject([{ connection_id: first.id }])
  })

  test('a payment that finds it down opens it for twice as long, five minutes at most', async () => {
    const { merchant, first, calls } = await openFirst()
    let failures = LIMITS.circuitFailures
    for (const seconds of [30, 60, 120, 240, 300, 300]) {
      world.clock.advance(seconds * 1000 - 1)
      await startAt(merchant)
      expect(calls.splice(0)).toEqual([])
      world.clock.advance(1)
      await startAt(merchant)
      expect(calls.splice(0)).toHaveLength(1)
      failures += 1
      expect(await healthOf(merchant, first)).toMatchObject({ circuit: 'open', failures })
    }
  })

  test('one payment tries it, and those that come meanwhile pass it by', async () => {
    const { merchant, first, second, calls } = await openFirst()
    comeBack(first)
    world.clock.advance(OPEN_MS)
    const meanwhile: unknown[] = []
    const { exchange } = world.deps
    const { fetch } = exchange
    // While the probe's call is under way, other payments come.
    exchange.fetch = async (request) => {
      exchange.fetch = fetch
      expect(await healthOf(merchant, first)).toMatchObject({ circuit: 'probing' })
      for (let other = 0; other < 3; other++) meanwhile.push(...(await nextAttempt(merchant)))
      return fetch(request)
    }
    expect(await nextAttempt(merchant)).toMatchObject([{ connection_id: first.id }])
    expect(meanwhile).toMatchObject([
      { connection_id: second.id },
      { connection_id: second.id },
      { connection_id: second.id },
    ])
    expect(calls).toHaveLength(1)
    expect(await healthOf(merchant, first)).toMatchObject({ circuit: 'closed' })
  })

  test('of many payments at once one tries it', async () => {
    for (let round = 0; round < 3; round++) {
      const { merchant, calls } = await openFirst()
      world.clock.advance(OPEN_MS)
      await Promise.all(Array.from({ length: 10 }, () => startAt(merchant)))
      expect(calls).toHaveLength(1)
    }
  })

  test('a try that was never ended gives the turn to another', async () => {
    const { merchant, first, calls } = await openFirst()
    comeBack(first)
    world.clock.advance(OPEN_MS)
    await world.crashAfter(1, () => initiate(merchant))
    expect(calls.splice(0)).toHaveLength(1)
    await startAt(merchant)
    expect(calls).toEqual([])
    world.clock.advance(LIMITS.circuitProbeSeconds * 1000)
    await startAt(merchant)
    expect(calls).toHaveLength(1)
    expect(await healthOf(merchant, first)).toMatchObject({ circuit: 'closed' })
  })
})
