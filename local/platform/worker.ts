/**
 * The Worker under `wrangler dev`, in processes of its own: PGlite works on the thread that it is called on, and would
 * stand in the way of a Worker in the same process. Wrangler builds again whenever a source changes.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { HOST } from './ports.ts'

const ROOT = join(import.meta.dirname, '../..')

const READY_WITHIN_MS = 60_000
const STOP_WITHIN_MS = 5_000

export interface WorkerOptions {
  /** Where Wrangler keeps queues and Durable Objects, and its own logs. */
  folder: string
  port: number
  /** What the Worker finds in its environment (`src/env.ts`). */
  settings: Readonly<Record<string, string>>
  /** Takes the lines of the Worker's log, and Wrangler's own. */
  write(line: string): void
}

export interface WorkerProcess extends AsyncDisposable {
  url: string
  /**
   * Resolves when the Worker answers and reaches the database.
   * @throws where it ends or gives up before; the signal's reason
   */
  ready(signal: AbortSignal): Promise<void>
  /**
   * Passes the lines on from here. Those before are dropped: they are written only where it never comes to this, to say
   * why.
   */
  passOutput(): void
  /** Rejects when the Worker ends by itself. */
  ended: Promise<never>
}

/** Starts it; disposing of the answer ends all of its processes. */
export async function startWorker({ folder, port, settings, write }: WorkerOptions): Promise<WorkerProcess> {
  const envFile = join(folder, 'worker.env')
  await writeFile(envFile, envText(settings), { mode: 0o600 })
  const child = spawnWrangler(folder, [
    ...['--ip', HOST, '--port', String(port), '--inspector-port', '0'],
    ...['--env-file', envFile, '--persist-to', join(folder, 'wrangler')],
    ...['--show-interactive-dev-session', 'false', '--log-level', 'log'],
  ])
  const output = readOutput(child, write)
  const url = `http://${HOST}:${port}`
  const ended = once(child, 'exit').then(([code]): never => {
    throw new Error(`The Worker's process has ended, with code ${code}`)
  })
  // Whoever waits for it hears it; nobody does while the platform stops.
  ended.catch(() => {})
  return {
    url,
    ended,
    passOutput: output.pass,
    async ready(signal) {
      const patience = AbortSignal.timeout(READY_WITHIN_MS)
      try {
        await Promise.race([ended, answers(`${url}/ready/`, AbortSignal.any([signal, patience]))])
      } catch (error) {
        throw patience.aborted ? new Error(`The Worker was not ready within ${READY_WITHIN_MS} ms`) : error
      }
    },
    async [Symbol.asyncDispose]() {
      output.end()
      await stop(child)
    },
  }
}

function spawnWrangler(folder: string, options: string[]): ChildProcess {
  const wrangler = join(dirname(createRequire(import.meta.url).resolve('wrangler/package.json')), 'bin/wrangler.js')
  return spawn(process.execPath, [wrangler, 'dev', ...options], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    // In a group of its own Ctrl-C reaches it through here only, and all of its processes can be ended as one.
    detached: true,
    env: {
      ...process.env,
      // It asks nobody: not for its latest version, not where this machine is. And it writes nowhere else.
      WRANGLER_HIDE_BANNER: 'true',
      WRANGLER_SEND_METRICS: 'false',
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      WRANGLER_LOG_PATH: join(folder, 'wrangler-logs'),
      WRANGLER_REGISTRY_PATH: join(folder, 'wrangler-registry'),
    },
  })
}

function readOutput(child: ChildProcess, write: (line: string) => void) {
  let kept: string[] | undefined = []
  let ended = false
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    createInterface({ input: stream }).on('line', (line) => {
      if (ended || line.trim() === '' || CHATTER.test(line)) return
      if (kept === undefined) write(line)
      else kept.push(line)
    })
  }
  return {
    pass() {
      kept = undefined
    },
    end() {
      for (const line of kept ?? []) write(line)
      ended = true
    },
  }
}

/** A line for each request, which the Worker's own log says better; the bindings again at each build; where its log lies. */
const CHATTER = /^(\[wrangler:info\]|🪵|⎔ Connection|Your Worker has access|Binding {2}|env\.[A-Z])/u

async function answers(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const response = await fetch(url, { signal }).catch(() => undefined)
    if (response?.ok) return
    if (response?.status === 500) throw new Error(`The Worker can't start: ${await response.text()}`)
    await sleep(100, undefined, { signal })
  }
}

async function stop(child: ChildProcess): Promise<void> {
  const { pid } = child
  if (pid === undefined) return
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit')
    child.kill('SIGINT')
    await Promise.race([exited, sleep(STOP_WITHIN_MS, undefined, { ref: false })])
  }
  killGroup(pid)
}

/** Whatever Wrangler left behind. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

const envText = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}="${value}"\n`)
    .join('')
