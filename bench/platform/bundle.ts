/** The Worker's bundle as it would be deployed: `worker.js` in the folder, made by Wrangler of its settings. */
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { V4WorkerOptionsShape } from 'miniflare'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { writeDocsAssets } from '../../local/docs-assets.ts'

export const ROOT = join(import.meta.dirname, '../..')

export const wranglerBin = (): string =>
  join(dirname(createRequire(import.meta.url).resolve('wrangler/package.json')), 'bin/wrangler.js')

/** @param config Wrangler's file, `wrangler.toml` of this project where unsaid */
export async function bundle(folder: string, config = join(ROOT, 'wrangler.toml')): Promise<void> {
  await writeDocsAssets()
  const options = ['deploy', '--dry-run', '--config', config, '--outdir', folder]
  await promisify(execFile)(process.execPath, [wranglerBin(), ...options], {
    cwd: ROOT,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG_PATH: join(folder, 'logs') },
  })
}

/** What Wrangler's file declares, in the words of Miniflare. */
export function declaredIn(config = join(ROOT, 'wrangler.toml')): V4WorkerOptionsShape {
  return unstable_getMiniflareWorkerOptions(config).workerOptions
}
