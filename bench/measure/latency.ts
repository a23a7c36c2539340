/** What the Worker adds to the time that the floor takes, and what it takes where the database is far away. */
import type { Figure } from '../figure.ts'
import { fire } from '../load/fire.ts'
import type { Operation } from '../load/operations.ts'
import type { Pair, Stage } from '../load/stage.ts'
import { quantile } from './numbers.ts'

/** Requests before a turn counts. */
const WARM_UP = 300
/** Requests of a turn, one after another. */
const TURN = { amount: 25, connections: 1 }
const P50_AT_MOST_MS = 5
const P99_AT_MOST_MS = 15

/** One request at a time, and the two take turns. */
export async function measureAddedLatency(
  stage: Stage,
  pair: Pair,
  operation: Operation,
  turns: number,
): Promise<Figure[]> {
  const items = stage.itemsFor(operation)
  const times = { worker: [] as number[], floor: [] as number[] }
  for (let turn = -1; turn < turns; turn++) {
    for (const kind of ['worker', 'floor'] as const) {
      const { latenciesMs } = await fire(pair[kind], operation, stage.shop, items, TURN)
      if (turn >= 0) times[kind].push(...latenciesMs)
    }
  }
  return (
    [
      [0.5, P50_AT_MOST_MS],
      [0.99, P99_AT_MOST_MS],
    ] as const
  ).map(([share, atMost]) => {
    const [worker, floor] = [quantile(times.worker, share), quantile(times.floor, share)]
    return {
      what: `${operation.name}: added latency over the floor, p${share * 100}`,
      value: worker - floor,
      unit: 'ms',
      target: { is: 'at most', value: atMost },
      note: `${worker.toFixed(1)} ms to ${floor.toFixed(1)} ms, ${times.worker.length} requests each, one at a time`,
    }
  })
}

/** How long a request takes with a distant database. */
export async function measureDistance(
  stage: Stage,
  pair: Pair,
  operation: Operation,
  databaseMs: number,
): Promise<Figure> {
  const items = stage.itemsFor(operation)
  const { roundTrips } = operation
  // The isolate is new: V8 compiles what is run often only after a while.
  const amount = Math.min(WARM_UP, Math.floor(items.left() / 10))
  await fire(pair.worker, operation, stage.shop, items, { amount, connections: operation.connections })
  const { latenciesMs } = await fire(pair.worker, operation, stage.shop, items, TURN)
  return {
    what: `${operation.name}: p50 with ${databaseMs} ms to the database`,
    value: quantile(latenciesMs, 0.5),
    unit: 'ms',
    target: { is: 'at most', value: roundTrips * databaseMs + P50_AT_MOST_MS },
    note: `${roundTrips} round trips; ${TURN.amount} requests, one at a time`,
  }
}
