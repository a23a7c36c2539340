import { describe, expect, test } from 'vitest'
import { nextApplyAt, nextCheckAt } from '../../src/domain/retry.ts'
import { TRANSACTION_STATUSES } from '../../src/domain/transaction.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const START = new Date('2026-11-24T09:00:00.000Z')
const DEADLINE = new Date(START.getTime() + DAY_MS)

const later = (from: Date, ms: number) => new Date(from.getTime() + ms)

/** Around the deadline to the millisecond, and far from it. */
const MOMENTS = [-DAY_MS, -HOUR_MS, -1, 0, 1, HOUR_MS, 30 * DAY_MS].map((ms) => later(DEADLINE, ms))
const CHECKS = [0, 1, 2, 5, 6, 100, 1_000_000]
const UNDER_WAY = ['pending', 'processing'] as const
const GIVEN_UP = ['failed', 'expired', 'cancelled'] as const

describe('asking after a transaction', () => {
  test.each([
    [0, 2],
    [1, 5],
    [2, 15],
    [3, 30],
    [4, 60],
    [5, 180],
    [6, 180],
    [1_000, 180],
  ])('after %i questions, the next is %i minutes later', (checks, minutes) => {
    expect(nextCheckAt('pending', checks, START, DEADLINE)).toEqual(later(START, minutes * MINUTE_MS))
  })

  test('goes on while it is under way, however often it was asked after and however late it is', () => {
    for (const status of UNDER_WAY) {
      for (const now of MOMENTS) {
        for (const checks of CHECKS) {
          const next = nextCheckAt(status, checks, now, DEADLINE)
          expect(next?.getTime()).toBeGreaterThan(now.getTime())
          expect(next?.getTime()).toBeLessThanOrEqual(now.getTime() + 3 * HOUR_MS)
        }
      }
    }
  })

  test('never skips the deadline', () => {
    for (const status of [...UNDER_WAY, ...GIVEN_UP]) {
      for (const now of MOMENTS.filter((moment) => moment < DEADLINE)) {
        for (const checks of CHECKS) {
          const next = nextCheckAt(status, checks, now, DEADLINE)
          expect(next?.getTime()).toBeGreaterThan(now.getTime())
          expect(next?.getTime()).toBeLessThanOrEqual(DEADLINE.getTime())
        }
      }
    }
    expect(nextCheckAt('pending', 5, later(DEADLINE, -1), DEADLINE)).toEqual(DEADLINE)
  })

  test.each(GIVEN_UP)('goes on for days after the deadline where the page may still be paid: %s', (status) => {
    const asked: Date[] = []
    for (let now: Date | undefined = DEADLINE; now !== undefined && asked.length < 100; ) {
      now = nextCheckAt(status, asked.length, now, DEADLINE)
      if (now !== undefined) asked.push(now)
    }
    expect(asked).toEqual([later(DEADLINE, DAY_MS), later(DEADLINE, 2 * DAY_MS)])
  })

  test.each(['succeeded', 'requires_review'] as const)('ends with %s', (status) => {
    for (const now of MOMENTS) {
      for (const checks of CHECKS) expect(nextCheckAt(status, checks, now, DEADLINE)).toBeUndefined()
    }
  })

  test('has its rule for every status', () => {
    expect(new Set([...UNDER_WAY, ...GIVEN_UP, 'succeeded', 'requires_review'])).toEqual(new Set(TRANSACTION_STATUSES))
  })
})

describe('a provider event without a clear answer', () => {
  test.each([
    [1, 10],
    [2, 60],
    [3, 300],
    [4, 900],
    [5, 3_600],
    [6, 21_600],
    [7, 86_400],
  ])('at try %i is applied again %i seconds later, or up to a tenth more', (attempts, seconds) => {
    expect(nextApplyAt(attempts, START, 0)).toEqual(later(START, seconds * 1_000))
    expect(nextApplyAt(attempts, START, 0.5)).toEqual(later(START, seconds * 1_050))
    expect(nextApplyAt(attempts, START, 1)).toEqual(later(START, seconds * 1_100))
  })

  test.each([8, 9, 100])('is given up at try %i', (attempts) => {
    expect(nextApplyAt(attempts, START, 0)).toBeUndefined()
  })
})
