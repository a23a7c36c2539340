/** The Worker and the floor, each in a workerd of its own, before the same database and the same provider. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Recordings } from '../floor/recording.ts'
import type { Target } from '../load/fire.ts'
import type { BenchDatabase } from './bench-database.ts'
import { bundle, declaredIn, ROOT } from './bundle.ts'
import { startWorkerd, type Workerd } from './workerd.ts'

const FLOOR_CONFIG = join(ROOT, 'bench/floor/wrangler.toml')

/** Good for nothing but benchmarks. */
export const SEALING_KEYS = `bench:${randomBytes(32).toString('base64')}`
const TOKEN_KEYS = `bench:${randomBytes(32).toString('base64')}`

export interface Bundles extends AsyncDisposable {
  worker: string
  floor: string
}

/** Folders, each with a `worker.js`. */
export async function buildBundles(): Promise<Bundles> {
  await using parts = new AsyncDisposableStack()
  const folder = parts.adopt(await mkdtemp(join(tmpdir(), 'paybridge-bundles-')), (made) =>
    rm(made, { recursive: true, force: true }),
  )
  const [worker, floor] = [join(folder, 'worker'), join(folder, 'floor')]
  await bundle(worker)
  await bundle(floor, FLOOR_CONFIG)
  const made = parts.move()
  return { worker, floor, [Symbol.asyncDispose]: () => made.disposeAsync() }
}

/** Where the outside of this run is. */
export interface Setting {
  database: BenchDatabase
  databaseEndpoint: string
  providersUrl: string
  isInspected?: boolean
}

export type Contestant = Workerd & Target

export async function startWorker(bundles: Bundles, setting: Setting): Promise<Contestant> {
  const { compatibilityDate = '', compatibilityFlags = [], queueProducers = {}, durableObjects = {} } = declaredIn()
  const { database, databaseEndpoint, providersUrl, isInspected = false } = setting
  const workerd = await startWorkerd({
    folder: bundles.worker,
    compatibilityDate,
    compatibilityFlags,
    settings: {
      ENVIRONMENT: 'local',
      DATABASE_URL: database.urlOf('paybridge_api'),
      WORKER_DATABASE_URL: database.urlOf('paybridge_worker'),
      LOCAL_DATABASE_ENDPOINT: databaseEndpoint,
      LOCAL_PROVIDERS_URL: providersUrl,
      SEALING_KEYS,
      TOKEN_KEYS,
    },
    queues: Object.keys(queueProducers),
    rateLimits: ['RATE_LIMIT'],
    durableObjects: Object.fromEntries(
      Object.entries(durableObjects).map(([name, declared]) => [
        name,
        typeof declared === 'string' ? declared : declared.className,
      ]),
    ),
    isInspected,
  })
  return { ...workerd, kind: 'worker' }
}

export async function startFloor(bundles: Bundles, setting: Setting, recordings: Recordings): Promise<Contestant> {
  const { compatibilityDate = '', compatibilityFlags = [] } = declaredIn(FLOOR_CONFIG)
  const { database, databaseEndpoint } = setting
  const roles = ['paybridge_api', 'paybridge_worker'] as const
  const workerd = await startWorkerd({
    folder: bundles.floor,
    compatibilityDate,
    compatibilityFlags,
    settings: { DATABASE_ENDPOINT: databaseEndpoint },
    data: {
      DATABASE_URLS: Object.fromEntries(roles.map((role) => [role, database.urlOf(role)])),
      RECORDINGS: recordings,
    },
  })
  return { ...workerd, kind: 'floor' }
}
