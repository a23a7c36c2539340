/** The Worker as it would be deployed, under workerd: bundled by Wrangler, with the queues and bindings of wrangler.toml. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { bundle, declaredIn } from './bundle.ts'

export interface BenchWorker extends AsyncDisposable {
  miniflare: Miniflare
  url: string
}

/** @param settings what the Worker finds in its environment (`src/env.ts`) */
export async function startBenchWorker(settings: Readonly<Record<string, string>>): Promise<BenchWorker> {
  await using parts = new AsyncDisposableStack()
  const folder = parts.adopt(await mkdtemp(join(tmpdir(), 'paybridge-bench-')), (made) =>
    rm(made, { recursive: true, force: true }),
  )
  await bundle(folder)
  const { compatibilityDate, compatibilityFlags, queueProducers, queueConsumers, durableObjects } = declaredIn()
  const miniflare = parts.adopt(
    new Miniflare(
      // Wrangler gives its options in the form of the Miniflare before this one.
      convertV4MiniflareOptions({
        name: 'paybridge',
        modules: true,
        modulesRoot: folder,
        scriptPath: join(folder, 'worker.js'),
        bindings: { ...settings },
        // What is measured is the Worker, not its rate limit.
        ratelimits: { RATE_LIMIT: { namespace_id: '1', simple: { limit: 1_000_000_000, period: 60 } } },
        ...defined({ compatibilityDate, compatibilityFlags, queueProducers, queueConsumers, durableObjects }),
      }),
    ),
    (started) => started.dispose(),
  )
  const url = await miniflare.ready
  const running = parts.move()
  return { miniflare, url: url.origin, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

/** Without the members that are undefined. */
function defined<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never
}
