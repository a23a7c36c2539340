/** The merchant's own server, as small as it can be: it takes webhooks from PayBridge, and thanks payers. */
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { HOST } from '../platform/ports.ts'

export interface ReceivedWebhook {
  headers: Record<string, string>
  /** Exactly as it came: the signature is over these characters. */
  body: string
}

export interface Receiver extends AsyncDisposable {
  webhookUrl: string
  /** Where payers return to. */
  thanksUrl: string
  /** The first of the wanted ones that came, or comes. @throws after `withinMs` */
  webhook(isWanted: (webhook: ReceivedWebhook) => boolean, withinMs: number): Promise<ReceivedWebhook>
}

export async function startReceiver(): Promise<Receiver> {
  const received: ReceivedWebhook[] = []
  const arrivals = new EventEmitter()
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') {
      received.push({ headers: headersOf(request), body: await text(request) })
      arrivals.emit('arrival')
    }
    response.end('Thank you')
  })
  server.listen(0, HOST)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('A server on TCP has a port')
  const url = `http://${HOST}:${address.port}`
  return {
    webhookUrl: `${url}/webhooks`,
    thanksUrl: `${url}/thanks`,
    async webhook(isWanted, withinMs) {
      const signal = AbortSignal.timeout(withinMs)
      for (;;) {
        const wanted = received.find(isWanted)
        if (wanted !== undefined) return wanted
        await once(arrivals, 'arrival', { signal }).catch(() => {
          throw new Error(`No such webhook came within ${withinMs} ms, and ${received.length} others did`)
        })
      }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await server[Symbol.asyncDispose]()
    },
  }
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const headers = Object.entries(request.headersDistinct)
  return Object.fromEntries(headers.map(([name, values = []]) => [name, values.join(', ')]))
}
