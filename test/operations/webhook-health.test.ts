/** One endpoint's trouble is its own: it is spared while it is dead, caught up when it lives, and given up in the end. */

import { beforeEach, describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/domain/limits.ts'
import { sweep } from '../../src/operations/upkeep/sweep.ts'
import { sweepDeliveries } from '../../src/operations/upkeep/sweep-deliveries.ts'
import { deliverDue } from '../../src/operations/webhooks/deliver.ts'
import {
  addEndpoint,
  deliveriesOf,
  type Endpoint,
  makeEvent,
  newToldMerchant,
  receivedAt,
  WEBHOOKS,
} from '../support/webhooks.ts'
import { createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('webhook_health')
const { receiver, clock, deps } = world

const SECOND = 1_000
const DAY = 86_400_000

beforeEach(() => {
  receiver.answerWith(() => new Response('ok'))
  world.jobs.splice(0)
})

/** From here on the endpoint answers so, and all others take what comes. */
function only(endpoint: Endpoint, answer: (signal: AbortSignal) => Response | Promise<Response>): void {
  receiver.answerWith((request, signal) => (request.url === endpoint.url ? answer(signal) : new Response('ok')))
}

const reset = (): never => {
  throw new TypeError('connection refused')
}

const hang = async (signal: AbortSignal): Promise<Response> => {
  await clock.sleep(LIMITS.deliveryTimeoutMs * 2, signal)
  return new Response('late')
}

async function endpointOf(merchant: Merchant, endpoint: Endpoint) {
  return (await merchant.api.get(`${WEBHOOKS}${endpoint.id}/`)).body
}

/** Delivers until nothing is due, and lets what was left to be done after be done. */
async function deliverAll(): Promise<void> {
  await sweepDeliveries(deps)
  await world.settled()
}

async function eventTypes(merchant: Merchant): Promise<string[]> {
  const { body } = await merchant.api.get('/api/v1/events/?limit=100')
  return body.data.map(({ type }: { type: string }) => type)
}

describe('a dead endpoint', () => {
  /** Fails as often as it takes to be paused; each attempt is one more event. */
  async function kill(merchant: Merchant, endpoint: Endpoint) {
    only(endpoint, reset)
    for (let failure = 0; failure < LIMITS.endpointFailures; failure++) {
      await makeEvent(merchant)
      await deliverDue(deps)
    }
  }

  test('is paused after some failures in a row, and sent nothing while it is', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    await kill(merchant, endpoint)
    const attempts = receivedAt(world, endpoint).length
    expect(attempts).toBe(LIMITS.endpointFailures)
    const until = new Date(clock.now().getTime() + LIMITS.endpointPauseSeconds * SECOND).toISOString()
    expect(await endpointOf(merchant, endpoint)).toMatchObject({ status: 'active', paused_until: until })
    await makeEvent(merchant)
    await deliverAll()
    expect(receivedAt(world, endpoint)).toHaveLength(attempts)
  })

  test('is tried by one delivery when its pause is over, and paused for longer when that fails', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    await kill(merchant, endpoint)
    clock.advance((LIMITS.endpointPauseSeconds + 1) * SECOND)
    const attempts = receivedAt(world, endpoint).length
    await deliverAll()
    expect(receivedAt(world, endpoint)).toHaveLength(attempts + 1)
    const until = new Date(clock.now().getTime() + 2 * LIMITS.endpointPauseSeconds * SECOND).toISOString()
    expect(await endpointOf(merchant, endpoint)).toMatchObject({ paused_until: until })
  })

  test('gets everything that it missed when it lives again', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    await kill(merchant, endpoint)
    for (let missed = 0; missed < 5; missed++) await makeEvent(merchant)
    receiver.answerWith(() => new Response('ok'))
    clock.advance(10 * 60 * SECOND)
    await deliverAll()
    expect((await deliveriesOf(merchant, endpoint)).map(({ status }: { status: string }) => status)).toEqual(
      Array.from({ length: LIMITS.endpointFailures + 5 }, () => 'succeeded'),
    )
    expect(await endpointOf(merchant, endpoint)).toMatchObject({ paused_until: null, failing_since: null })
  })

  test('that hangs holds up neither its batch nor the next one', async () => {
    const { merchant, endpoint: dead } = await newToldMerchant(world)
    const { merchant: neighbour, endpoint: healthy } = await newToldMerchant(world)
    const served = Promise.withResolvers<void>()
    receiver.answerWith(async ({ url }, signal) => {
      if (receivedAt(world, healthy).length === 3) served.resolve()
      if (url !== dead.url) return new Response('ok')
      // Time stands still here while others are at work: it hangs for longer than they take.
      await served.promise
      return hang(signal)
    })
    for (let index = 0; index < 3; index++) {
      await makeEvent(merchant)
      await makeEvent(neighbour)
    }
    const before = clock.now().getTime()
    const [[first]] = [await Promise.all([deliverDue(deps), deliverDue(deps)])]
    expect(first?.leased).toBeGreaterThan(0)
    expect(receivedAt(world, healthy)).toHaveLength(3)
    await world.settled()
    expect(clock.now().getTime() - before).toBeLessThanOrEqual(2 * LIMITS.deliveryTimeoutMs)
    // What was not sent to it when it failed was given back, and waits.
    const log = await deliveriesOf(merchant, dead)
    expect(log).toHaveLength(3)
    expect(log.every(({ status }: { status: string }) => status === 'pending')).toBe(true)
  })

  test('is warned of after a day, again after two more, and disabled after five, each told once', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    const other = await addEndpoint(merchant, { event_types: ['webhook.*'] })
    only(endpoint, () => new Response('', { status: 400 }))
    for (let failure = 0; failure < LIMITS.endpointFailedAttemptsMin; failure++) await makeEvent(merchant)
    await deliverAll()
    await sweep(deps)
    expect(await eventTypes(merchant)).not.toContain('webhook.failing')
    for (const [days, told] of [
      [1, ['webhook.failing']],
      [2, ['webhook.failing']],
      [3, ['webhook.failing', 'webhook.failing']],
      [5, ['webhook.failing', 'webhook.failing', 'webhook.disabled']],
    ] as const) {
      const since = Date.parse((await endpointOf(merchant, endpoint)).failing_since)
      clock.advance(since + days * DAY - clock.now().getTime())
      await sweep(deps)
      await sweep(deps)
      expect(
        (await eventTypes(merchant)).filter((type) => type.startsWith('webhook.')),
        `after ${days} days`,
      ).toEqual(told)
    }
    expect(await endpointOf(merchant, endpoint)).toMatchObject({ status: 'disabled', disabled_because: 'failing' })
    expect(receivedAt(world, other).map(({ body }) => JSON.parse(body).type)).toContain('webhook.disabled')
  })

  test('that accepts a single one is not disabled', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    only(endpoint, () => new Response('', { status: 400 }))
    for (let failure = 0; failure < LIMITS.endpointFailedAttemptsMin; failure++) await makeEvent(merchant)
    await deliverAll()
    receiver.answerWith(() => new Response('ok'))
    await makeEvent(merchant)
    await deliverAll()
    clock.advance(6 * DAY)
    only(endpoint, () => new Response('', { status: 400 }))
    await sweep(deps)
    expect(await endpointOf(merchant, endpoint)).toMatchObject({ status: 'active' })
  })

  test('that answers 410 is disabled at once, its deliveries dropped, and that is told', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    await makeEvent(merchant)
    await makeEvent(merchant)
    only(endpoint, () => new Response('', { status: 410 }))
    await deliverDue(deps)
    expect(await endpointOf(merchant, endpoint)).toMatchObject({ status: 'disabled', disabled_because: 'gone' })
    expect(
      (await deliveriesOf(merchant, endpoint)).every(({ status }: { status: string }) => status === 'dropped'),
    ).toBe(true)
    expect(await eventTypes(merchant)).toContain('webhook.disabled')
    // Enabled again it begins anew.
    await merchant.api.patch(`${WEBHOOKS}${endpoint.id}/`, { status: 'active' })
    expect(await endpointOf(merchant, endpoint)).toMatchObject({ status: 'active', disabled_because: null })
  })
})

describe('Retry-After', () => {
  test.each<[string, string, number]>([
    ['in seconds', '120', 120],
    ['less than the schedule', '1', 5],
    ['beyond reason', '999999999', LIMITS.retryAfterSecondsMax],
    ['that is no time', 'soon', 5],
  ])('%s is heeded within reason', async (_what, header, seconds) => {
    const { merchant, endpoint } = await newToldMerchant(world)
    await makeEvent(merchant)
    only(endpoint, () => new Response('', { status: 503, headers: { 'retry-after': header } }))
    await deliverDue(deps)
    const [delivery] = await deliveriesOf(merchant, endpoint)
    const waitedMs = Date.parse(delivery.next_attempt_at) - clock.now().getTime()
    expect(waitedMs).toBeGreaterThanOrEqual(seconds * SECOND)
    expect(waitedMs).toBeLessThanOrEqual(seconds * SECOND * 1.1)
  })

  test('as a date is heeded too', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    await makeEvent(merchant)
    const at = new Date(clock.now().getTime() + 600 * SECOND)
    only(endpoint, () => new Response('', { status: 429, headers: { 'retry-after': at.toUTCString() } }))
    await deliverDue(deps)
    const [delivery] = await deliveriesOf(merchant, endpoint)
    expect(Date.parse(delivery.next_attempt_at)).toBeGreaterThanOrEqual(at.getTime() - SECOND)
  })
})

describe('a retry', () => {
  test('soon to come is nudged for its moment, so that it does not wait for the minute', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    await makeEvent(merchant)
    world.jobs.splice(0)
    only(endpoint, () => new Response('', { status: 500 }))
    await deliverDue(deps)
    const [delivery] = await deliveriesOf(merchant, endpoint)
    expect(world.jobs).toEqual([{ kind: 'deliver', deliveryIds: [delivery.id], delaySeconds: expect.any(Number) }])
    const [job] = world.jobs
    expect(job?.kind === 'deliver' && job.delaySeconds).toBeGreaterThanOrEqual(5)
  })
})

describe('a rate limit', () => {
  test('sends so many a minute and no more, and all of them in the end', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    await merchant.api.patch(`${WEBHOOKS}${endpoint.id}/`, { rate_limit: 12 })
    for (let index = 0; index < 10; index++) await makeEvent(merchant)
    const perMinute: number[] = []
    for (let minute = 0; minute < 3 && receivedAt(world, endpoint).length < 10; minute++) {
      const before = receivedAt(world, endpoint).length
      for (let second = 0; second < 60; second++) {
        await deliverDue(deps)
        clock.advance(SECOND)
      }
      perMinute.push(receivedAt(world, endpoint).length - before)
    }
    expect(Math.max(...perMinute)).toBeLessThanOrEqual(12)
    expect(receivedAt(world, endpoint)).toHaveLength(10)
  })
})

describe('an ordered endpoint', () => {
  test('gets the events of a transaction one after another, and those of others meanwhile', async () => {
    const { merchant, endpoint } = await newToldMerchant(world)
    await merchant.api.patch(`${WEBHOOKS}${endpoint.id}/`, { ordered: true })
    const first = await makeEvent(merchant)
    await merchant.api.post(`/api/v1/transactions/${first}/cancel/`)
    const second = await makeEvent(merchant)
    const seen = () =>
      receivedAt(world, endpoint).map(({ body }) => {
        const event = JSON.parse(body)
        return `${event.type} ${event.data.id}`
      })
    // The first event of the first transaction is not taken: the second one of it waits, the other transaction's doesn't.
    receiver.answerWith(({ url, body }) =>
      url === endpoint.url && JSON.parse(body).data.id === first
        ? new Response('', { status: 400 })
        : new Response('ok'),
    )
    await deliverAll()
    expect(seen()).toEqual([`payment.created ${first}`, `payment.created ${second}`])
    receiver.answerWith(() => new Response('ok'))
    clock.advance(6 * SECOND)
    await deliverAll()
    expect(seen().slice(2)).toEqual([`payment.created ${first}`, `payment.cancelled ${first}`])
  })
})

describe('round trips', () => {
  test('a batch of a hundred deliveries to a hundred endpoints costs two', async () => {
    const told = []
    for (let index = 0; index < 100; index++) told.push(await newToldMerchant(world))
    await Promise.all(told.map(({ merchant }) => makeEvent(merchant)))
    const { roundTrips, result } = await world.countRoundTrips(() => deliverDue(deps))
    expect({ roundTrips, result }).toEqual({ roundTrips: 2, result: { leased: 100, accepted: 100 } })
  })
})
