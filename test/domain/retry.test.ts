import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/domain/limits.ts'
import {
  DELIVERY_ATTEMPTS_MAX,
  DELIVERY_WAITS_MS,
  IN_FLIGHT_MS,
  nextDeliveryAt,
  nextRefundCheckAt,
  REFUND_RESEND_MS,
  REFUND_UNCLEAR_MS,
} from '../../src/domain/retry.ts'

const NOW = new Date('2026-11-24T09:00:00.000Z')
const later = (ms: number) => new Date(NOW.getTime() + ms)

describe('a delivery that failed', () => {
  // Seconds, as the Standard Webhooks specification recommends them.
  test.each([
    [1, 5],
    [2, 300],
    [3, 1_800],
    [4, 7_200],
    [5, 18_000],
    [6, 36_000],
    [7, 50_400],
    [8, 72_000],
    [9, 86_400],
  ])('%i times is tried again after %i seconds, and at most a tenth later', (attempts, seconds) => {
    expect(nextDeliveryAt(attempts, NOW, 0)).toEqual(later(seconds * 1000))
    expect(nextDeliveryAt(attempts, NOW, 0.5)).toEqual(later(seconds * 1050))
    expect(nextDeliveryAt(attempts, NOW, 1)).toEqual(later(seconds * 1100))
  })

  test('as often as there are tries is exhausted', () => {
    expect(DELIVERY_ATTEMPTS_MAX).toBe(10)
    expect(nextDeliveryAt(DELIVERY_ATTEMPTS_MAX - 1, NOW, 0)).toBeDefined()
    expect(nextDeliveryAt(DELIVERY_ATTEMPTS_MAX, NOW, 0)).toBeUndefined()
  })

  test('is tried for three days', () => {
    const hours = DELIVERY_WAITS_MS.reduce((sum, ms) => sum + ms, 0) / 3_600_000
    expect(Math.round(hours / 24)).toBe(3)
  })
})

describe('a receiver that says when to come back', () => {
  const DAY = 86_400

  test.each([
    ['sooner than the schedule is asked no sooner', 1, 1, 5],
    ['later than the schedule is heeded', 1, 120, 120],
    ['at the same time as the schedule changes nothing', 2, 300, 300],
    ['in a day is heeded', 1, DAY, DAY],
    ['in a week is asked in a day', 1, 7 * DAY, DAY],
    ['at once is asked as the schedule says', 3, 0, 1_800],
    ['in the past is asked as the schedule says', 3, -60, 1_800],
  ])('%s', (_rule, attempts, retryAfter, seconds) => {
    expect(nextDeliveryAt(attempts, NOW, 0, retryAfter)).toEqual(later(seconds * 1000))
    expect(nextDeliveryAt(attempts, NOW, 1, retryAfter)).toEqual(later(seconds * 1100))
  })

  test('is given no try more than others', () => {
    expect(nextDeliveryAt(DELIVERY_ATTEMPTS_MAX, NOW, 0, 60)).toBeUndefined()
  })
})

describe('asking after the refunds of a payment', () => {
  test.each([
    [0, 1],
    [1, 5],
    [2, 15],
    [3, 60],
    [4, 180],
    [5, 360],
    [6, 360],
    [1_000, 360],
  ])('after %i readings of the list, the next is %i minutes later', (checks, minutes) => {
    expect(nextRefundCheckAt(checks, NOW)).toEqual(later(minutes * 60_000))
  })

  test('comes first when the call that made it can be under way no more', () => {
    expect(nextRefundCheckAt(0, NOW).getTime()).toBeGreaterThanOrEqual(later(IN_FLIGHT_MS).getTime())
  })

  test('sends one that is not listed again well after the call can be under way, and well before it is a person’s', () => {
    expect(REFUND_RESEND_MS).toBeGreaterThan(IN_FLIGHT_MS)
    expect(REFUND_RESEND_MS).toBeLessThan(REFUND_UNCLEAR_MS)
    // Three days, in which a provider's list has caught up.
    expect(REFUND_UNCLEAR_MS).toBe(72 * 3_600_000)
  })

  test('reads the list several times before a refund is a person’s', () => {
    let now = NOW
    let readings = 0
    while (now.getTime() < NOW.getTime() + REFUND_UNCLEAR_MS) now = nextRefundCheckAt(readings++, now)
    expect(readings).toBeGreaterThan(10)
  })
})

test('a lease outlives the slowest batch of deliveries, in which each waits for its time-out', () => {
  const rounds = Math.ceil(LIMITS.deliveriesPerBatch / LIMITS.concurrentCalls)
  expect(LIMITS.deliveryLeaseSeconds * 1000).toBeGreaterThan(rounds * LIMITS.deliveryTimeoutMs)
})
