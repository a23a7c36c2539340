/**
 * A built Worker under `workerd serve`: the runtime by itself, without Miniflare's proxy before it. Queues take what is
 * sent and forget it, the rate limit lets everything through, Durable Objects live in memory.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { z } from 'zod'

/** Of the configuration below. */
const SOCKETS = 2

/** The package says where it is. */
const BINARY = z.object({ default: z.string() }).parse(createRequire(import.meta.url)('workerd')).default

const STAND_INS = ['queue.js', 'rate-limit.js', 'consumer-door.js']

export interface WorkerdOptions {
  /** Where `worker.js` is. */
  folder: string
  compatibilityDate: string
  compatibilityFlags: readonly string[]
  /** What the Worker finds in its environment as text, and as JSON. */
  settings: Readonly<Record<string, string>>
  data?: Readonly<Record<string, unknown>>
  /** Names of bindings. */
  queues?: readonly string[]
  rateLimits?: readonly string[]
  /** Class by binding. */
  durableObjects?: Readonly<Record<string, string>>
  /** Opens V8's inspector, under which it runs a little slower. */
  isInspected?: boolean
}

export interface Workerd extends AsyncDisposable {
  url: string
  /** Takes queue batches for the Worker (`stand-ins/consumer-door.js`). */
  consumerUrl: string
  /** Of V8's inspector (`inspector.ts`); undefined where it was not asked for. */
  inspectorUrl: string | undefined
  pid: number
}

export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  await using parts = new AsyncDisposableStack()
  const folder = parts.adopt(await mkdtemp(join(tmpdir(), 'paybridge-workerd-')), (made) =>
    rm(made, { recursive: true, force: true }),
  )
  await copyFile(join(options.folder, 'worker.js'), join(folder, 'worker.js'))
  for (const name of STAND_INS) await copyFile(join(import.meta.dirname, 'stand-ins', name), join(folder, name))
  for (const [name, value] of Object.entries(options.data ?? {})) {
    await writeFile(join(folder, `${name}.json`), JSON.stringify(value))
  }
  const config = join(folder, 'config.capnp')
  await writeFile(config, configText(options))
  const inspector = options.isInspected === true ? ['--inspector-addr=127.0.0.1:0'] : []
  const child = parts.adopt(
    spawn(BINARY, ['serve', '--experimental', '--control-fd=3', ...inspector, config], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    }),
    stop,
  )
  const ports = await listening(child)
  const running = parts.move()
  const at = (socket: string) => `http://127.0.0.1:${ports.get(socket)}`
  return {
    url: at('http'),
    consumerUrl: at('consumer'),
    inspectorUrl: ports.has(INSPECTOR) ? at(INSPECTOR) : undefined,
    pid: child.pid ?? 0,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

const INSPECTOR = 'inspector'

const event = z.union([
  z.object({ event: z.literal('listen'), socket: z.string(), port: z.number() }),
  z
    .object({ event: z.literal('listen-inspector'), port: z.number() })
    .transform((said) => ({ ...said, socket: INSPECTOR })),
])

/** The port of each socket, once all listen: the inspector's comes first. */
async function listening(child: ChildProcess): Promise<Map<string, number>> {
  const ports = new Map<string, number>()
  const errors: string[] = []
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      // That a flag of wrangler.toml is the default by now is no news.
      if (/became the default/.test(line)) return
      errors.push(line)
      console.error(line)
    })
  }
  const control = child.stdio[3]
  if (!(control instanceof Readable)) throw new Error('there is no pipe from workerd')
  for await (const line of createInterface({ input: control })) {
    const { socket, port } = event.parse(JSON.parse(line))
    ports.set(socket, port)
    if (ports.size === SOCKETS + Number(ports.has(INSPECTOR))) return ports
  }
  throw new Error(`workerd did not start: ${errors.join('\n')}`)
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill()
  await exited
}

const text = (value: string): string => JSON.stringify(value)
const list = (items: readonly string[]): string => `[${items.join(', ')}]`

/** workerd's own form, Cap'n Proto's text. */
function configText(options: WorkerdOptions): string {
  const { compatibilityDate, compatibilityFlags, durableObjects = {} } = options
  const namespaces = Object.values(durableObjects).map(
    (className) => `(className = ${text(className)}, uniqueKey = ${text(`bench-${className}`)}, enableSql = true)`,
  )
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "worker", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = ${text(compatibilityDate)},
      compatibilityFlags = ${list(compatibilityFlags.map(text))},
      bindings = ${list(bindings(options))},
      durableObjectNamespaces = ${list(namespaces)},
      durableObjectStorage = (inMemory = void),
    )),
    (name = "queue", worker = (
      modules = [(name = "queue.js", esModule = embed "queue.js")],
      compatibilityDate = ${text(compatibilityDate)},
    )),
    (name = "consumer-door", worker = (
      modules = [(name = "consumer-door.js", esModule = embed "consumer-door.js")],
      compatibilityDate = ${text(compatibilityDate)},
      compatibilityFlags = ["service_binding_extra_handlers"],
      bindings = [(name = "WORKER", service = "worker")],
    )),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:0", http = (), service = "worker"),
    (name = "consumer", address = "127.0.0.1:0", http = (), service = "consumer-door"),
  ],
  extensions = [(modules = [(name = "bench:rate-limit", internal = true, esModule = embed "rate-limit.js")])],
);
`
}

function bindings({
  settings,
  data = {},
  queues = [],
  rateLimits = [],
  durableObjects = {},
}: WorkerdOptions): string[] {
  return [
    ...Object.entries(settings).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
    ...Object.keys(data).map((name) => `(name = ${text(name)}, json = embed ${text(`${name}.json`)})`),
    ...queues.map((name) => `(name = ${text(name)}, queue = "queue")`),
    ...rateLimits.map(
      (name) => `(name = ${text(name)}, wrapped = (moduleName = "bench:rate-limit", innerBindings = []))`,
    ),
    ...Object.entries(durableObjects).map(
      ([name, className]) => `(name = ${text(name)}, durableObjectNamespace = (className = ${text(className)}))`,
    ),
  ]
}
