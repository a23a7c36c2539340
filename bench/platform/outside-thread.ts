/** The thread of `outside.ts`. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { startBridge } from '../../local/database/bridge.ts'
import { openPgBackend } from '../../local/database/pg-backend.ts'
import { answerAsProvider } from './provider-stub.ts'
import { type Traced, traced } from './trace.ts'

/** Where Postgres is. */
export interface OutsideOptions {
  host: string
  port: number
}

export type OutsideQuestion = { kind: 'bridge' | 'provider'; latencyMs: number } | { kind: 'watch' | 'trace' | 'end' }

export type OutsideAnswer =
  | { kind: 'bridge' | 'provider'; url: string }
  /** What was asked since `watch`. */
  | { kind: 'trace'; trace: Traced[] }
  | { kind: 'watch' | 'end' }

const options: OutsideOptions = workerData
const parts = new AsyncDisposableStack()
/** Undefined while nobody watches. */
let trace: Traced[] | undefined
const tell = (asked: Traced) => trace?.push(asked)
const backend = parts.adopt(traced(openPgBackend(options), tell), (opened) => opened.close())

async function startProvider(latencyMs: number): Promise<string> {
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const { method = '', headers } = request
    const url = `http://${headers.host}${request.url}`
    tell({ kind: 'call', method, url, headers: ownHeaders(request.rawHeaders), body })
    if (latencyMs > 0) await delay(latencyMs)
    const answer = answerAsProvider(request, body)
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(typeof answer === 'object' ? JSON.stringify(answer) : answer)
  })
  server.keepAliveTimeout = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  parts.defer(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a server on TCP has a port')
  return `http://127.0.0.1:${address.port}`
}

/** Those that the caller set: the others are the runtime's. */
function ownHeaders(raw: readonly string[]): Record<string, string> {
  const pairs = Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at] ?? '', raw[2 * at + 1] ?? ''] as const)
  return Object.fromEntries(pairs.filter(([name]) => !/^(host|content-length|connection|accept-encoding)$/i.test(name)))
}

async function answer(question: OutsideQuestion): Promise<OutsideAnswer> {
  switch (question.kind) {
    case 'bridge': {
      const bridge = await startBridge({ backend, port: 0, latencyMs: question.latencyMs })
      parts.defer(() => bridge.close())
      return { kind: 'bridge', url: bridge.url }
    }
    case 'provider':
      return { kind: 'provider', url: await startProvider(question.latencyMs) }
    case 'watch':
      trace = []
      return { kind: 'watch' }
    case 'trace': {
      const seen = trace ?? []
      trace = undefined
      return { kind: 'trace', trace: seen }
    }
    case 'end':
      await parts.disposeAsync()
      return { kind: 'end' }
  }
}

parentPort?.on('message', async (question: OutsideQuestion) => parentPort?.postMessage(await answer(question)))
