/**
 * Starts the local platform: Postgres behind Neon's protocol, the providers' simulators, the Worker with its cron, and a
 * merchant to try it with. What was started is ended again when a later part fails.
 */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PGLITE_DATABASE } from '../database/pglite-login.ts'
import type { RoleName } from '../database/roles.ts'
import { writeDocsAssets } from '../docs-assets.ts'
import { type DemoMerchant, seedDemoMerchant } from '../seed.ts'
import { createSimulators, DEMO_CREDENTIALS, SIMULATOR_NAMES } from '../simulators/index.ts'
import { serveSimulator } from '../simulators/kit/server.ts'
import { startCron } from './cron.ts'
import { startDatabase } from './database.ts'
import { findPorts, HOST, type Ports } from './ports.ts'
import { takeFolder } from './running.ts'
import { type LocalSettings, readSettings, saveSettings } from './settings.ts'
import { startWorker } from './worker.ts'

/** Git ignores it. */
export const DEFAULT_FOLDER = join(import.meta.dirname, '../../.paybridge')

export interface PlatformOptions {
  /** Where everything is kept. */
  folder: string
  ports: Readonly<Ports>
  /** Starts from an empty database. */
  reset: boolean
  /** Added to each round trip to the database. */
  databaseLatencyMs: number
  /** Takes the lines of the Worker's log. */
  write(line: string): void
  /** Ends the start, wherever it is. */
  signal: AbortSignal
}

export interface Platform extends AsyncDisposable {
  apiUrl: string
  /** The simulators are below it, each at its provider's name. */
  simulatorsUrl: string
  demo: DemoMerchant
  /** Rejects when a part of it ends by itself. */
  ended: Promise<never>
}

/** What the platform keeps in its folder, and nothing else that may lie there. */
const KEPT = ['database', 'wrangler', 'settings.json']

/** @throws StartRefused; the signal's reason; an error of the part that did not start */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { folder, write, signal } = options
  const ports = await findPorts(options.ports)
  const apiUrl = `http://${HOST}:${ports.api}`
  const simulatorsUrl = `http://${HOST}:${ports.simulators}`
  await mkdir(folder, { recursive: true })

  await using parts = new AsyncDisposableStack()
  parts.use(await takeFolder(folder, { apiUrl, simulatorsUrl }))
  if (options.reset) await Promise.all(KEPT.map((name) => rm(join(folder, name), { recursive: true, force: true })))
  const settings = await readSettings(folder)
  await writeDocsAssets()

  // Wrangler builds in its own process while Postgres starts in this one.
  const worker = parts.use(
    await startWorker({ folder, port: ports.api, settings: workerSettings(settings, ports, simulatorsUrl), write }),
  )
  parts.use(
    await startDatabase({
      dataFolder: join(folder, 'database'),
      port: ports.database,
      latencyMs: options.databaseLatencyMs,
      passwords: settings.rolePasswords,
    }),
  )
  const simulators = await serveSimulator({
    port: ports.simulators,
    create: (world, baseUrl) => createSimulators(world, { baseUrl }),
  })
  parts.defer(() => simulators.close())
  await worker.ready(signal)
  parts.use(startCron(apiUrl, (error) => write(String(error))))

  const demo = await seedDemoMerchant(apiUrl, settings.demoApiKey)
  await saveSettings(folder, { ...settings, demoApiKey: demo.apiKey })
  // The simulators forget when they end, and the API may have moved to another port.
  for (const name of SIMULATOR_NAMES) {
    const account = { credentials: DEMO_CREDENTIALS[name] }
    simulators.simulator.of[name].driver.setWebhookUrl(account, `${apiUrl}${demo.webhookPaths[name]}`)
  }
  signal.throwIfAborted()
  worker.passOutput()

  const running = parts.move()
  return { apiUrl, simulatorsUrl, demo, ended: worker.ended, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

function workerSettings(settings: LocalSettings, ports: Ports, simulatorsUrl: string): Record<string, string> {
  const databaseUrl = (role: RoleName) =>
    `postgres://${role}:${settings.rolePasswords[role]}@${HOST}/${PGLITE_DATABASE}`
  return {
    ENVIRONMENT: 'local',
    DATABASE_URL: databaseUrl('paybridge_api'),
    WORKER_DATABASE_URL: databaseUrl('paybridge_worker'),
    SEALING_KEYS: settings.sealingKeys,
    TOKEN_KEYS: settings.tokenKeys,
    LOCAL_DATABASE_ENDPOINT: `http://${HOST}:${ports.database}/sql`,
    LOCAL_PROVIDERS_URL: simulatorsUrl,
  }
}
