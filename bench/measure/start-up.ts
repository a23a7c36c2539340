/** The bundle's size and what it costs to start, as `wrangler check startup` says: it profiles the bundle under workerd. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import type { Figure } from '../figure.ts'
import { bundle, ROOT, wranglerBin } from '../platform/bundle.ts'
import { median, spread } from './numbers.ts'

const BUNDLE_KB_AT_MOST = 300
const START_UP_MS_AT_MOST = 50

export async function measureStartUp(rounds: number): Promise<Figure[]> {
  await using parts = new AsyncDisposableStack()
  const folder = parts.adopt(await mkdtemp(join(tmpdir(), 'paybridge-start-up-')), (made) =>
    rm(made, { recursive: true, force: true }),
  )
  await bundle(folder)
  const gzipped = gzipSync(await readFile(join(folder, 'worker.js'))).byteLength
  const actives: number[] = []
  for (let round = 0; round < rounds; round++) actives.push(await profileStartUp(join(folder, 'start-up.cpuprofile')))
  return [
    {
      what: 'bundle, compressed',
      value: gzipped / 1000,
      unit: 'KB',
      target: { is: 'at most', value: BUNDLE_KB_AT_MOST },
      note: 'gzip, 1 KB is 1,000 bytes',
    },
    {
      what: 'start-up: CPU',
      value: median(actives),
      unit: 'ms',
      target: { is: 'at most', value: START_UP_MS_AT_MOST },
      note: `${spread(actives, 1)}; active in the profile of wrangler check startup`,
    },
  ]
}

/** Milliseconds in which something ran. */
async function profileStartUp(file: string): Promise<number> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [wranglerBin(), 'check', 'startup', '--outfile', file],
    {
      cwd: ROOT,
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG_PATH: `${file}.logs` },
    },
  )
  const [, active] = /Active: ([\d.]+) ms/.exec(stdout) ?? []
  if (active === undefined) throw new Error(`wrangler said nothing of how long the start-up took: ${stdout}`)
  return Number(active)
}
