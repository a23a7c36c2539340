/**
 * `npm run demo`: shows that PayBridge does its main job, and fails where it does not. It uses the local platform that
 * runs, or one of its own, on free ports and in a folder that is gone afterwards.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { findRunning } from '../platform/running.ts'
import { DEFAULT_FOLDER, startPlatform } from '../platform/start.ts'
import { createReport } from './report.ts'
import type { Addresses } from './shop.ts'
import { demonstrate } from './steps.ts'

const DEMO_WITHIN_MS = 120_000

const report = createReport((text) => process.stdout.write(text))

/** What the Worker of a platform of our own has logged. */
const workerLog: string[] = []

async function main(signal: AbortSignal): Promise<void> {
  await using parts = new AsyncDisposableStack()
  const platform = await report.step('Find or start the local platform', async (note) => {
    const addresses = (await findPlatform()) ?? parts.use(await startOwn(signal))
    note(`API ${addresses.apiUrl}, simulators ${addresses.simulatorsUrl}`)
    return addresses
  })
  const gaveUp = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  await Promise.race([demonstrate(report, platform), gaveUp])
}

/** The one that `npm run dev` has started. */
async function findPlatform(): Promise<Addresses | undefined> {
  const running = await findRunning(DEFAULT_FOLDER)
  if (running === undefined) return undefined
  const answer = await fetch(`${running.apiUrl}/ready/`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
  return answer?.ok ? running : undefined
}

async function startOwn(signal: AbortSignal): Promise<Addresses & AsyncDisposable> {
  await using parts = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'paybridge-demo-'))
  parts.defer(() => rm(folder, { recursive: true, force: true }))
  const { apiUrl, simulatorsUrl } = parts.use(
    await startPlatform({
      folder,
      ports: { api: 0, database: 0, simulators: 0 },
      reset: false,
      databaseLatencyMs: 0,
      write: (line) => workerLog.push(line),
      signal,
    }),
  )
  const running = parts.move()
  return { apiUrl, simulatorsUrl, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interrupted.abort(new Error(`Interrupted by ${signal}`)))
}
const tooLate = AbortSignal.timeout(DEMO_WITHIN_MS)

report.say('Payments at four providers, from logging in to the audit log, through the HTTP API alone.\n')
try {
  await main(AbortSignal.any([interrupted.signal, tooLate]))
  report.say(`\n${styleText('green', 'All of it is true')}, after ${(performance.now() / 1000).toFixed(1)} s.`)
} catch (error) {
  const why = tooLate.aborted ? `The demo took longer than ${DEMO_WITHIN_MS} ms` : error
  console.error(`\n${styleText('red', 'The demo failed.')}`, why)
  if (workerLog.length > 0) console.error(`The Worker's last lines:\n${workerLog.slice(-20).join('\n')}`)
  process.exitCode = 1
}
