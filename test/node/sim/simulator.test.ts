/** The seeded simulator itself: a seed is the same run wherever and whenever it is run, and a few of them hold. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SeedRunner, startSeedRunner } from './worker.ts'

/** With many faults of many kinds, and with few. */
const SEEDS = [4, 8]

let one: SeedRunner
let another: SeedRunner

beforeAll(async () => {
  ;[one, another] = await Promise.all([startSeedRunner('sim_one'), startSeedRunner('sim_another')])
})

afterAll(() => {
  one.stop()
  another.stop()
})

test('a seed is the same run to the byte in another process, and after other seeds', async () => {
  const first: (readonly string[] | undefined)[] = []
  for (const seed of SEEDS) first.push((await one.run(seed)).trace)
  const backwards: (readonly string[] | undefined)[] = []
  for (const seed of SEEDS.toReversed()) backwards.unshift((await another.run(seed)).trace)
  expect(backwards).toEqual(first)
  expect(first.every((trace) => trace !== undefined && trace.length > 20)).toBe(true)
})

/** What a seed found is found by it again: where one finds something, it is added here. */
const KEPT: readonly number[] = [
  1, 2, 3,
  // A part that was refunded on Paystack's dashboard, and all its webhooks lost: no list of payments tells of it.
  1156,
  // The simulator's own: a reader whose old key was revoked had no chance to come back with the new one.
  1661,
  // News of a refund of a payment that nobody knew as paid was applied again and again, though a person had been told.
  7183,
]

test('every invariant holds in the seeds that are kept', async () => {
  for (const seed of KEPT) expect((await one.run(seed)).story).toBeUndefined()
})
