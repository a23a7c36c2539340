/** Everything that operations are measured on: a seeded database, the outside, the Worker, and the floor that plays it back. */
import type { Recordings } from '../floor/recording.ts'
import { type BenchDatabase, startBenchDatabase } from '../platform/bench-database.ts'
import {
  type Bundles,
  buildBundles,
  type Contestant,
  SEALING_KEYS,
  startFloor,
  startWorker,
} from '../platform/contestants.ts'
import { type Outside, startOutside } from '../platform/outside.ts'
import { OPERATIONS, type Operation } from './operations.ts'
import { playBack, type Rehearsal, record } from './record.ts'
import { copiesOf, FIRST_ITEM, type Shop, seed } from './seed.ts'

/** How long the outside takes, in milliseconds for each round trip and each of the provider's answers. */
export interface Distance {
  databaseMs: number
  providerMs: number
}

export interface Pair extends AsyncDisposable {
  worker: Contestant
  floor: Contestant
}

export interface Items {
  /** @throws RangeError where none is left */
  next(): string
  /** How many are left. */
  left(): number
}

export interface Stage extends AsyncDisposable {
  shop: Shop
  /** By the operation's name. */
  rehearsals: ReadonlyMap<string, Rehearsal>
  /** The Worker and the floor, started anew, at this distance from the others. */
  pairAt(distance: Distance, isInspected?: boolean): Promise<Pair>
  /** For an operation, items that nobody has used up; they begin anew where it uses none up. */
  itemsFor(operation: Operation): Items
}

/** @param items how many of each payment there are to work on */
export async function openStage(items: number): Promise<Stage> {
  await using parts = new AsyncDisposableStack()
  const database = parts.use(await startBenchDatabase())
  const outside = parts.use(await startOutside({ host: database.host, port: database.port }))
  const bundles = parts.use(await buildBundles())
  const near = await placesAt(outside, { databaseMs: 0, providerMs: 0 })
  const { shop, rehearsals } = await rehearse(database, outside, bundles, near, items)
  const taken = new Map<string, Items>()
  const running = parts.move()
  return {
    shop,
    rehearsals,
    async pairAt(distance, isInspected = false) {
      const places = await placesAt(outside, distance)
      const recordings = moved(rehearsals, near.providersUrl, places.providersUrl)
      await using pair = new AsyncDisposableStack()
      const worker = pair.use(await startWorker(bundles, { database, ...places, isInspected }))
      const floor = pair.use(await startFloor(bundles, { database, ...places }, recordings))
      const started = pair.move()
      return { worker, floor, [Symbol.asyncDispose]: () => started.disposeAsync() }
    },
    itemsFor(operation) {
      const found = taken.get(operation.name) ?? itemsOf(operation, items)
      taken.set(operation.name, found)
      return found
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

interface Places {
  databaseEndpoint: string
  providersUrl: string
}

async function placesAt(outside: Outside, { databaseMs, providerMs }: Distance): Promise<Places> {
  return {
    databaseEndpoint: await outside.databaseEndpoint(databaseMs),
    providersUrl: await outside.providersUrl(providerMs),
  }
}

/** Seeds, records each operation at the Worker, and plays it back at the floor. */
async function rehearse(database: BenchDatabase, outside: Outside, bundles: Bundles, near: Places, items: number) {
  const setting = { database, ...near }
  await using worker = await startWorker(bundles, setting)
  const stage = {
    owner: database.owner,
    apiUrl: worker.url,
    sealingKeys: SEALING_KEYS,
    receiversUrl: near.providersUrl,
  }
  const shop = await seed(stage, items)
  const rehearsals = new Map<string, Rehearsal>()
  for (const operation of OPERATIONS) {
    rehearsals.set(operation.name, { ...(await record(outside, worker, operation, shop)), floor: [] })
  }
  await using floor = await startFloor(bundles, setting, recordingsOf(rehearsals))
  for (const operation of OPERATIONS) {
    const rehearsal = rehearsals.get(operation.name)
    if (rehearsal !== undefined) rehearsal.floor = await playBack(outside, floor, operation, shop)
  }
  return { shop, rehearsals }
}

const recordingsOf = (rehearsals: ReadonlyMap<string, Rehearsal>): Recordings =>
  Object.fromEntries([...rehearsals].map(([name, { recording }]) => [name, recording]))

/** The recordings, with the provider at another address. */
const moved = (rehearsals: ReadonlyMap<string, Rehearsal>, from: string, to: string): Recordings =>
  JSON.parse(JSON.stringify(recordingsOf(rehearsals)).replaceAll(from, to))

function itemsOf({ uses }: Operation, items: number): Items {
  const count = uses === undefined ? Number.POSITIVE_INFINITY : copiesOf(uses, items)
  let used = 0
  return {
    left: () => count - used,
    next() {
      if (used >= count) throw new RangeError('every item is used up')
      return String(FIRST_ITEM + (used++ % items))
    },
  }
}
