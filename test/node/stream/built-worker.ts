/**
 * The Worker as it would be deployed, under workerd: built by Wrangler, with the bindings of wrangler.toml. What differs is
 * where its database and its providers are, and that nobody counts its requests.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { writeDocsAssets } from '../../../local/docs-assets.ts'
import { hear } from '../../support/secrets.ts'

const ROOT = join(import.meta.dirname, '../../..')

export interface BuiltWorker extends AsyncDisposable {
  url: string
}

/** @param settings what the Worker finds in its environment (`src/env.ts`) */
export async function startBuiltWorker(settings: Readonly<Record<string, string>>): Promise<BuiltWorker> {
  await using parts = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'paybridge-built-'))
  parts.defer(() => rm(folder, { recursive: true }))
  await build(folder)
  // The rules are for the sources, and these are built.
  const { modulesRules: _, ...workerOptions } = unstable_getMiniflareWorkerOptions(
    join(ROOT, 'wrangler.toml'),
  ).workerOptions
  const worker = parts.adopt(
    new Miniflare(
      convertV4MiniflareOptions({
        ...workerOptions,
        modules: true,
        modulesRoot: folder,
        scriptPath: join(folder, 'worker.js'),
        bindings: settings,
        ratelimits: { RATE_LIMIT: { namespace_id: '1001', simple: { limit: 1_000_000, period: 60 } } },
        cf: false,
        handleStructuredLogs: ({ level, message }) => {
          hear('the log', message)
          if (level === 'error') console.error(message)
        },
      }),
    ),
    (miniflare) => miniflare.dispose(),
  )
  const url = (await worker.ready).origin
  const running = parts.move()
  return { url, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

async function build(folder: string): Promise<void> {
  await writeDocsAssets()
  const wrangler = join(dirname(createRequire(import.meta.url).resolve('wrangler/package.json')), 'bin/wrangler.js')
  const child = spawn(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', folder], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, WRANGLER_HIDE_BANNER: 'true', WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG_PATH: folder },
  })
  const [[code], said] = await Promise.all([once(child, 'exit'), text(child.stderr)])
  if (code !== 0) throw new Error(`The Worker was not built: ${said}`)
}
