import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/domain/limits.ts'
import { DELIVERY_ATTEMPTS_MAX, DELIVERY_WAITS_MS, nextDeliveryAt } from '../../src/domain/retry.ts'

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

test('a lease outlives the slowest batch of deliveries, in which each waits for its time-out', () => {
  const rounds = Math.ceil(LIMITS.deliveriesPerBatch / LIMITS.concurrentCalls)
  expect(LIMITS.deliveryLeaseSeconds * 1000).toBeGreaterThan(rounds * LIMITS.deliveryTimeoutMs)
})
