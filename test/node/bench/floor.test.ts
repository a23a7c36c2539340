/** The floor of the benchmarks: what it leaves out is the Worker's own work, and nothing of what the Worker asks for. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fire } from '../../../bench/load/fire.ts'
import { OPERATIONS } from '../../../bench/load/operations.ts'
import { roundTripsOf } from '../../../bench/load/record.ts'
import { openStage, type Pair, type Stage } from '../../../bench/load/stage.ts'

let stage: Stage
let pair: Pair

beforeAll(async () => {
  stage = await openStage(100)
  pair = await stage.pairAt({ databaseMs: 0, providerMs: 0 })
}, 300_000)

afterAll(async () => {
  await pair?.[Symbol.asyncDispose]()
  await stage?.[Symbol.asyncDispose]()
})

describe.each(OPERATIONS)('$name', (operation) => {
  test('is recorded in as many round trips as the design allows', () => {
    const { recording, worker } = rehearsalOf(operation.name)
    expect(roundTripsOf(recording)).toBe(operation.roundTrips)
    expect(worker.filter((asked) => 'statements' in asked)).toHaveLength(operation.roundTrips)
  })

  test('is played back with the same statements, which find and change as many rows', () => {
    const { worker, floor } = rehearsalOf(operation.name)
    expect(floor).toEqual(worker)
  })

  test('is answered under load by the Worker and by both floors', async () => {
    const load = { amount: 2, connections: 2 }
    const items = stage.itemsFor(operation)
    for (const target of [pair.worker, pair.floor, { ...pair.floor, kind: 'select-1' } as const]) {
      const { latenciesMs } = await fire(target, operation, stage.shop, items, load)
      expect(latenciesMs).toHaveLength(load.amount)
    }
  }, 60_000)
})

function rehearsalOf(name: string) {
  const rehearsal = stage.rehearsals.get(name)
  if (rehearsal === undefined) throw new Error(`${name} was not rehearsed`)
  return rehearsal
}
