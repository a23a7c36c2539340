/**
 * How many requests a second the Worker answers to how many the floor does, in rounds that take turns; and what each costs
 * the Worker's process in CPU.
 */
import type { Figure } from '../figure.ts'
import { fire, type Target } from '../load/fire.ts'
import type { Operation } from '../load/operations.ts'
import type { Pair, Stage } from '../load/stage.ts'
import { median, spread } from './numbers.ts'
import { cpuMsOf } from './process.ts'

export interface Pace {
  rounds: number
  /** About so long is each target under load in each round. */
  seconds: number
}

/** Requests before a round counts. */
const WARM_UP = 300

/** The smallest share of the `select 1` floor's throughput that any operation may have. */
const SELECT_1_AT_LEAST = 0.4

export async function measureThroughput(stage: Stage, pair: Pair, operation: Operation, pace: Pace): Promise<Figure[]> {
  const targets = [pair.worker, pair.floor, { ...pair.floor, kind: 'select-1' } as const]
  const load = await warmUp(stage, targets, operation, pace)
  const rounds: Round[] = []
  for (let round = 0; round < pace.rounds; round++) rounds.push(await runRound(stage, targets, operation, load))
  const { name, atLeast, cpuAtMost } = operation
  const perSecond = rounds.map(({ worker }) => (load.amount * 1000) / worker)
  const toFloor = rounds.map(({ worker, floor }) => floor / worker)
  const toSelect1 = rounds.map(({ worker, 'select-1': bare }) => bare / worker)
  const cpu = rounds.map(({ cpuMs }) => cpuMs / load.amount)
  return [
    {
      what: `${name}: throughput to the floor`,
      value: median(toFloor),
      unit: 'ratio',
      ...(atLeast === undefined ? {} : { target: { is: 'at least', value: atLeast } }),
      note: `${spread(toFloor, 2)}; the Worker does ${median(perSecond).toFixed(0)} a second`,
    },
    {
      what: `${name}: throughput to select 1`,
      value: median(toSelect1),
      unit: 'ratio',
      target: { is: 'at least', value: SELECT_1_AT_LEAST },
      note: spread(toSelect1, 2),
    },
    {
      what: `${name}: CPU a request`,
      value: median(cpu),
      unit: 'ms',
      ...(cpuAtMost === undefined ? {} : { target: { is: 'at most', value: cpuAtMost } }),
      note: `${spread(cpu, 2)}; of the whole workerd process, means of each round`,
    },
  ]
}

interface Load {
  amount: number
  connections: number
}

/** Milliseconds that each target took, and the CPU of the Worker's process. */
type Round = Record<Target['kind'], number> & { cpuMs: number }

async function runRound(stage: Stage, targets: readonly Target[], operation: Operation, load: Load): Promise<Round> {
  const round: Round = { worker: Number.NaN, floor: Number.NaN, 'select-1': Number.NaN, cpuMs: Number.NaN }
  for (const target of targets) {
    const cpuBefore = await cpuMsOf(target.pid)
    round[target.kind] = (await fire(target, operation, stage.shop, stage.itemsFor(operation), load)).elapsedMs
    if (target.kind === 'worker') round.cpuMs = (await cpuMsOf(target.pid)) - cpuBefore
  }
  return round
}

/** Warms everybody, and finds out how many requests a round is. */
async function warmUp(
  stage: Stage,
  targets: readonly Target[],
  operation: Operation,
  { seconds, rounds }: Pace,
): Promise<Load> {
  const { connections } = operation
  const few = { connections, amount: connections * 2 }
  const times: number[] = []
  for (let turn = 0; turn < 2; turn++) {
    for (const target of targets) {
      const { elapsedMs } = await fire(target, operation, stage.shop, stage.itemsFor(operation), few)
      if (target.kind === 'worker') times.push(elapsedMs)
    }
  }
  const perMs = few.amount / Math.min(...times)
  // V8 compiles what is run often only after a while.
  for (const target of targets) {
    const amount = Math.min(WARM_UP, Math.max(connections, Math.floor(stage.itemsFor(operation).left() / 10)))
    await fire(target, operation, stage.shop, stage.itemsFor(operation), { connections, amount })
  }
  // The Worker and the floor use up as many.
  const most = Math.floor(stage.itemsFor(operation).left() / (2 * rounds))
  return { connections, amount: Math.max(connections, Math.min(most, Math.round(perMs * seconds * 1000))) }
}
