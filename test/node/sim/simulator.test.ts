/** The seeded simulator itself: a seed is the same run wherever and whenever it is run, and a few of them hold. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SeedRunner, startSeedRunner } from './worker.ts'

/** With many faults of many kinds, with few, and with none to speak of. */
const SEEDS = [4, 8, 15]

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

test('every invariant holds in the seeds of which some have failed before', async () => {
  for (const seed of FOUND) expect((await one.run(seed)).story).toBeUndefined()
})

/** Seeds that found something, and what it was. */
const FOUND: readonly number[] = [1, 2, 3]
