/**
 * An HTTP server that answers Neon's driver in Neon's place, so that the Worker runs the driver that it runs in
 * production while the data stays on this machine. It decides nothing: the backend logs in, checks and performs.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Backend } from './backend.ts'
import { MalformedRequest, printResults, readRequest } from './neon-protocol.ts'
import { asPostgresError } from './postgres-error.ts'

/** Neon's own limit on a request over HTTP (neon.com/docs/serverless/serverless-driver). */
export const BODY_BYTES_MAX = 64 * 1024 * 1024

export type BridgeOptions = {
  backend: Backend
  /** 0 takes any free port. */
  port: number
  /** The address to listen at; only this machine where unsaid. */
  host?: string
  /** Added before each request is performed, to feel a distant database. */
  latencyMs?: number
}

export type Bridge = {
  /** The endpoint for the driver's `fetchEndpoint`. */
  url: string
  port: number
  /** How many requests have reached `POST /sql`: the database round trips so far. */
  requestCount(): number
  /** Ends the server and its connections; the backend stays open, its owner closes it. */
  close(): Promise<void>
}

/** The port is in use, most likely by another copy of what is being started. */
export class PortTaken extends Error {
  readonly port: number

  constructor(host: string, port: number, cause: Error) {
    super(`Port ${port} of ${host} is already in use`, { cause })
    this.port = port
  }
}

/** @throws PortTaken */
export async function startBridge({
  backend,
  port,
  host = '127.0.0.1',
  latencyMs = 0,
}: BridgeOptions): Promise<Bridge> {
  let requestCount = 0
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST' || request.url !== '/sql') return send(response, problem(404, 'Only POST /sql'))
    requestCount += 1
    if (latencyMs > 0) await delay(latencyMs)
    send(response, await answer(backend, request))
  })
  // A client that reuses a connection at the moment of its time-out would see a failure that Neon's edge never shows.
  server.keepAliveTimeout = 0
  const listeningPort = await listen(server, host, port)
  return {
    url: `http://${host}:${listeningPort}/sql`,
    port: listeningPort,
    requestCount: () => requestCount,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') throw new PortTaken(host, port, error)
    throw error
  }
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('A server on TCP has a port')
  return address.port
}

type Answer = { status: 200 | 400 | 404 | 413 | 500; json: string }

/** A refusal by Postgres is a 400 with its fields, as Neon's is; anything else unforeseen is a 500. */
async function answer(backend: Backend, request: IncomingMessage): Promise<Answer> {
  try {
    const text = await readBody(request)
    if (text === undefined) return problem(413, `The body exceeds ${BODY_BYTES_MAX} bytes`)
    const neonRequest = readRequest(request.headers, text)
    const results = await backend.execute(neonRequest.credentials, neonRequest.work)
    return { status: 200, json: JSON.stringify(printResults(neonRequest, results)) }
  } catch (error) {
    if (error instanceof MalformedRequest) return problem(400, error.message)
    const refusal = asPostgresError(error)
    if (refusal !== undefined) return { status: 400, json: JSON.stringify(refusal) }
    return problem(500, error instanceof Error ? error.message : String(error))
  }
}

function problem(status: Answer['status'], message: string): Answer {
  return { status, json: JSON.stringify({ message }) }
}

/** The body, or undefined as soon as it is longer than Neon allows. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX) return undefined
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function send(response: ServerResponse, { status, json }: Answer): void {
  // The rest of a refused body is never read, so the connection can't carry another request.
  if (status === 413) response.setHeader('connection', 'close')
  response.writeHead(status, { 'content-type': 'application/json' }).end(json)
}
