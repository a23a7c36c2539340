/**
 * A simulator behind a port, on the real clock (Node only). It delivers its webhooks by itself, and a connection that a
 * fault cuts is a destroyed socket.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectionCut } from './faulty-call.ts'
import type { Simulator, SimulatorWorld } from './world.ts'

export class PortTaken extends Error {
  override readonly name = 'PortTaken'
  readonly port: number
  constructor(port: number) {
    super(`port ${port} is already in use`)
    this.port = port
  }
}

export interface ServeOptions<S extends Simulator> {
  create(world: SimulatorWorld, baseUrl: string): S
  /** 0 takes any free port. */
  port: number
  host?: string
  /** How long a merchant may take to answer a webhook. */
  deliveryTimeoutMs?: number
}

export interface SimulatorServer<S extends Simulator> {
  url: string
  simulator: S
  close(): Promise<void>
}

/** Longest time between two looks at what is due: timers can't reach further than some weeks anyway. */
const LOOK_EVERY_MS = 60_000

/** @throws PortTaken */
export async function serveSimulator<S extends Simulator>(options: ServeOptions<S>): Promise<SimulatorServer<S>> {
  const host = options.host ?? '127.0.0.1'
  const server = createServer()
  const port = await listen(server, options.port, host)
  const url = `http://${host}:${port}`
  const simulator = options.create(realWorld(options.deliveryTimeoutMs ?? 30_000), url)

  let timer: NodeJS.Timeout | undefined
  const arm = (): void => {
    clearTimeout(timer)
    const next = simulator.nextDueAt()
    if (next === undefined || !server.listening) return
    timer = setTimeout(deliver, Math.min(Math.max(next.getTime() - Date.now(), 0), LOOK_EVERY_MS)).unref()
  }
  const deliver = (): void => {
    simulator.deliverDueWebhooks().then(arm, (error) => console.error(error))
  }

  server.on('request', (incoming, outgoing) => {
    answer(simulator, url, incoming, outgoing).then(arm, (error) => {
      if (!(error instanceof ConnectionCut) && !outgoing.destroyed) console.error(error)
      outgoing.destroy()
      arm()
    })
  })

  return {
    url,
    simulator,
    close() {
      clearTimeout(timer)
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
  }
}

function listen(server: ReturnType<typeof createServer>, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new PortTaken(port) : error)
    })
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function realWorld(deliveryTimeoutMs: number): SimulatorWorld {
  return {
    now: () => new Date(),
    random: Math.random,
    async sleep(ms, signal) {
      // Node rejects with an AbortError of its own; the contract is the signal's reason.
      await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted())
    },
    deliver: (request) => fetch(request, { signal: AbortSignal.timeout(deliveryTimeoutMs) }),
  }
}

async function answer(
  simulator: Simulator,
  url: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController()
  outgoing.once('close', () => gone.abort(new ConnectionCut('the caller has gone')))
  const chunks: Uint8Array<ArrayBuffer>[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headersDistinct)) {
    for (const item of value ?? []) headers.append(name, item)
  }
  const method = incoming.method ?? 'GET'
  const body = method === 'GET' || method === 'HEAD' ? null : new Blob(chunks)
  const response = await simulator.fetch(
    new Request(new URL(incoming.url ?? '/', url), { method, headers, body, signal: gone.signal }),
  )
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  outgoing.end(new Uint8Array(await response.arrayBuffer()))
}
