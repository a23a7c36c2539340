/** Merchants' servers: one address for each endpoint, living or dead. */
import { once } from 'node:events'
import { createServer } from 'node:http'

export interface Receivers extends AsyncDisposable {
  /** Takes what comes for the endpoint of this name, at once. */
  liveUrl(name: string): string
  /** Takes the connection, and never answers. */
  deadUrl(name: string): string
  /** When each event arrived first, in milliseconds of `performance.now()`, by endpoint and event. */
  arrivals: Map<string, number>
  /** Posts that came for an event that had come before. */
  repeats(): number
}

export async function startReceivers(): Promise<Receivers> {
  const arrivals = new Map<string, number>()
  let repeated = 0
  const server = createServer((request, response) => {
    request.resume()
    const [, kind, name] = (request.url ?? '').split('/')
    // The socket stays open: only the sender's patience ends it.
    if (kind === 'dead') return
    const key = `${name}:${request.headers['webhook-id']}`
    if (arrivals.has(key)) repeated += 1
    else arrivals.set(key, performance.now())
    response.end('ok')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a server on TCP has a port')
  const url = `http://127.0.0.1:${address.port}`
  return {
    arrivals,
    repeats: () => repeated,
    liveUrl: (name) => `${url}/live/${name}`,
    deadUrl: (name) => `${url}/dead/${name}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
