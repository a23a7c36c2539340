/** A small server that plays the API: its events, its problems, and what it was asked. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

export const KEY = 'pb_test_standin'

export interface PlayedEvent {
  id: string
  object: 'event'
  number: number
  type: string
  mode: string
  api_version: string
  created_at: string
  data: { id: string; object: string; amount: number; customer: { name: string } }
}

export interface StandIn extends AsyncDisposable {
  url: string
  events: PlayedEvent[]
  /** Happens now: whoever waits is told. */
  happen(...types: string[]): void
  /** `GET /path?query`, in order. */
  asked: string[]
  bodies: unknown[]
  /** Ends every connection that waits. */
  cutWaiting(): void
  /** The next requests are answered so; `reset` cuts the connection. */
  fail(answer: { status: number; code: string; headers?: Record<string, string> } | 'reset', times: number): void
  /** Resolves when somebody waits for news, or asks for them in vain. */
  idle(): Promise<void>
}

const TYPES = ['payment.created', 'payment.succeeded', 'payment.failed', 'refund.created', 'refund.succeeded']

/** @param canWait false for an API of before `wait` */
export async function startStandIn({ canWait = true } = {}): Promise<StandIn> {
  const events: PlayedEvent[] = []
  const asked: string[] = []
  const bodies: unknown[] = []
  const failures: ({ status: number; code: string; headers?: Record<string, string> } | 'reset')[] = []
  let waiting: { response: ServerResponse; after: number }[] = []
  let idle = Promise.withResolvers<void>()

  const give = (response: ServerResponse, after: number, found: PlayedEvent[]): void =>
    answer(response, 200, { object: 'list', data: found, next_after: found.at(-1)?.number ?? after })

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://stand.in')
    asked.push(`${request.method} ${url.pathname}${url.search}`)
    const body = await text(request)
    if (body !== '') bodies.push(JSON.parse(body))
    const failure = failures.shift()
    if (failure === 'reset') return request.socket.destroy()
    if (failure !== undefined) return problem(response, failure.status, failure.code, [], failure.headers)
    if (!isKnown(request)) return problem(response, 401, 'api_key_unknown')
    if (url.pathname === '/api/v1/webhooks/event-types/') {
      return answer(response, 200, { object: 'list', data: TYPES.map((type) => ({ object: 'event_type', type })) })
    }
    const [, id, action] = /^\/api\/v1\/events\/(?:(\w+)\/)?(resend\/)?$/.exec(url.pathname) ?? []
    if (id === undefined) return list(url.searchParams, response)
    const found = events.find((event) => event.id === id)
    if (found === undefined) return problem(response, 404, 'event_not_found')
    if (action === undefined) return answer(response, 200, found)
    answer(response, 202, { id: 'rpl_1', object: 'webhook_replay', kind: 'resend', scheduled: 2 })
  })

  function list(query: URLSearchParams, response: ServerResponse) {
    const wait = query.get('wait')
    if (wait !== null && !canWait) return problem(response, 422, 'validation_failed', ['wait'])
    const after = Number(query.get('after') ?? 0)
    const type = query.get('type')
    const found = events
      .filter((event) => event.number > after && (type === null || event.type === type))
      .slice(0, Number(query.get('limit') ?? 25))
    if (found.length > 0 || Number(query.get('limit')) < 100) return give(response, after, found)
    if (wait === null) give(response, after, found)
    else {
      const waiter = { response, after }
      waiting.push(waiter)
      response.on('close', () => {
        waiting = waiting.filter((one) => one !== waiter)
      })
    }
    // Whoever could wait and doesn't looks around first.
    if (wait === null && canWait) return
    idle.resolve()
    idle = Promise.withResolvers<void>()
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('A server on TCP has a port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    events,
    asked,
    bodies,
    happen(...types) {
      for (const type of types) events.push(eventOf(events.length + 1, type))
      const told = waiting
      waiting = []
      for (const { response, after } of told) give(response, after, events.slice(after, after + 100))
    },
    cutWaiting() {
      for (const { response } of waiting) response.destroy()
    },
    fail(failure, times) {
      failures.push(...Array.from({ length: times }, () => failure))
    },
    idle: async () => (waiting.length > 0 ? undefined : idle.promise),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const isKnown = (request: IncomingMessage): boolean => request.headers.authorization === `Bearer ${KEY}`

function eventOf(number: number, type: string): PlayedEvent {
  return {
    id: `evt_${number}`,
    object: 'event',
    number,
    type,
    mode: 'test',
    api_version: '2026-11-24',
    created_at: '2026-11-24T09:30:00.000Z',
    data: { id: `txn_${number}`, object: 'transaction', amount: 150_000, customer: { name: 'Àdá Òbí' } },
  }
}

function problem(
  response: ServerResponse,
  status: number,
  code: string,
  fields: string[] = [],
  headers: Record<string, string> = {},
): void {
  const errors = fields.map((field) => ({ field, message: 'is not a field of this request' }))
  const body = { type: 'about:blank', title: `It is ${code}.`, status, code, request_id: 'req_1', errors }
  answer(response, status, body, headers)
}

function answer(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
