/** The merchant's own server, as small as it can be: it takes a webhook from PayBridge, and thanks payers. */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
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
  /** The webhook that came first, or comes. @throws after `withinMs` */
  firstWebhook(withinMs: number): Promise<ReceivedWebhook>
}

export async function startReceiver(): Promise<Receiver> {
  const first = Promise.withResolvers<ReceivedWebhook>()
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') first.resolve({ headers: headersOf(request), body: await text(request) })
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
    firstWebhook: (withinMs) => Promise.race([first.promise, giveUp(withinMs)]),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await server[Symbol.asyncDispose]()
    },
  }
}

async function giveUp(withinMs: number): Promise<never> {
  await sleep(withinMs, undefined, { ref: false })
  throw new Error(`No webhook came within ${withinMs} ms`)
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const headers = Object.entries(request.headersDistinct)
  return Object.fromEntries(headers.map(([name, values = []]) => [name, values.join(', ')]))
}
