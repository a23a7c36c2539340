/**
 * `npm run bench`: the built Worker under workerd beside the floor, a bare Worker that asks for the same and does nothing
 * else, before one real Postgres. Prints every figure beside its target, and exits with 1 where one is missed.
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { writeDocs } from './docs.ts'
import { type Figure, holds } from './figure.ts'
import { OPERATIONS, type Operation } from './load/operations.ts'
import { mustAgree, roundTripsOf } from './load/record.ts'
import { openStage, type Stage } from './load/stage.ts'
import { measureDeliveryDelay } from './measure/delivery-delay.ts'
import { measureAddedLatency, measureDistance } from './measure/latency.ts'
import { measureMemory } from './measure/memory.ts'
import { measureStartUp } from './measure/start-up.ts'
import { measureThroughput } from './measure/throughput.ts'
import { summary, table } from './report.ts'

const USAGE = `Usage: npm run bench -- [options]

  --only <name>   only this, an operation (${OPERATIONS.map(({ name }) => name).join(', ')})
                  or start-up, latency, distance, delivery, memory
  --quick         a tenth of the load: to see that it runs, not to judge by
  --json <file>   writes the figures there, as JSON
  --docs          writes docs/performance.svg, and the figures into docs/performance.md
`

const FULL = { items: 8_000, rounds: 5, seconds: 1.5, turns: 20, startUps: 5, events: 400, requests: 100_000 }
const QUICK = { items: 1_000, rounds: 3, seconds: 0.2, turns: 2, startUps: 1, events: 40, requests: 2_000 }
type Size = typeof FULL

const DISTANCE_MS = 30

/** What can be asked for by `--only`, and needs a stage. */
const ON_STAGE = new Set(['latency', 'distance', 'memory', ...OPERATIONS.map(({ name }) => name)])

async function measureAll(size: Size, isWanted: (name: string) => boolean): Promise<Figure[]> {
  const figures: Figure[] = []
  if (isWanted('start-up')) figures.push(...(await told('start-up', measureStartUp(size.startUps))))
  if ([...ON_STAGE].some(isWanted)) {
    await using stage = await told('stage', openStage(size.items))
    mustAgree(stage.rehearsals)
    figures.push(...(await measureNear(stage, size, isWanted)))
    figures.push(...(await measureFar(stage, isWanted)))
    if (isWanted('memory')) figures.push(...(await told('memory', measureKept(stage, size))))
  }
  if (isWanted('delivery')) figures.push(...(await told('delivery', measureDeliveryDelay(size.events))))
  return figures
}

/** Throughput, each operation with the provider as far away as it says; and the latency beside the floor's. */
async function measureNear(stage: Stage, size: Size, isWanted: (name: string) => boolean): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const [providerMs, operations] of Map.groupBy(OPERATIONS, (operation) => operation.providerMs ?? 0)) {
    const wanted = operations.filter(({ name }) => isWanted(name))
    const timed = providerMs === 0 && isWanted('latency') ? operations.filter(({ isTimed }) => isTimed) : []
    if (wanted.length + timed.length === 0) continue
    await using pair = await stage.pairAt({ databaseMs: 0, providerMs })
    for (const operation of wanted) {
      figures.push(budgetOf(stage, operation))
      figures.push(...(await told(operation.name, measureThroughput(stage, pair, operation, size))))
    }
    for (const operation of timed) {
      figures.push(...(await told('latency', measureAddedLatency(stage, pair, operation, size.turns))))
    }
  }
  return figures
}

function budgetOf(stage: Stage, { name, roundTrips }: Operation): Figure {
  const rehearsal = stage.rehearsals.get(name)
  const value = rehearsal === undefined ? Number.NaN : roundTripsOf(rehearsal.recording)
  return { what: `${name}: round trips`, value, unit: 'count', target: { is: 'exactly', value: roundTrips } }
}

async function measureFar(stage: Stage, isWanted: (name: string) => boolean): Promise<Figure[]> {
  if (!isWanted('distance')) return []
  await using pair = await stage.pairAt({ databaseMs: DISTANCE_MS, providerMs: 0 })
  const figures: Figure[] = []
  for (const operation of OPERATIONS.filter(({ providerMs }) => providerMs === undefined)) {
    figures.push(await told(`distance, ${operation.name}`, measureDistance(stage, pair, operation, DISTANCE_MS)))
  }
  return figures
}

/** What an isolate could keep too much of: routes and schemas at reads, the webhooks' secrets at posts. */
async function measureKept(stage: Stage, size: Size): Promise<Figure[]> {
  await using pair = await stage.pairAt({ databaseMs: 0, providerMs: 0 }, true)
  const operations = OPERATIONS.filter(({ name }) => name === 'read' || name === 'replay')
  return await measureMemory(stage, pair, operations, size.requests)
}

/** Says on a terminal what is being done. */
async function told<T>(name: string, work: Promise<T>): Promise<T> {
  const startedAt = performance.now()
  const result = await work
  process.stderr.write(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`)
  return result
}

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    docs: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (options.help) {
  console.log(USAGE)
} else {
  const { only } = options
  const figures = await measureAll(options.quick ? QUICK : FULL, (name) => only === undefined || name === only)
  if (figures.length === 0) throw new RangeError(`There is no ${only}\n\n${USAGE}`)
  console.log(`${table(figures)}\n\n${summary(figures)}`)
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(figures, null, 2)}\n`)
  if (options.docs) await writeDocs(figures)
  process.exitCode = figures.every(holds) ? 0 : 1
}
