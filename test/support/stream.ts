/** A client of the live stream, as a merchant's program or a payer's page would be one. */

import { env, runDurableObjectAlarm } from 'cloudflare:test'
import { sql } from 'drizzle-orm'
import { enter } from '../../src/db/gate.ts'
import { newId } from '../../src/domain/ids.ts'
import type { Merchant, World } from './world.ts'

export const TICKETS = '/api/v1/events/stream-ticket/'
const STREAM = 'https://api.paybridge.test/api/v1/events/stream/'

/** An event or a cursor, as it was sent. */
export interface Message {
  object: 'event' | 'cursor'
  number: number
  // biome-ignore lint/suspicious/noExplicitAny: tests assert on every field that they read
  [field: string]: any
}

export interface StreamClient {
  readonly messages: Message[]
  readonly texts: string[]
  /** The numbers of the events that were shown, in the order of their coming. */
  numbers(): number[]
  /** Resolves once this holds of what has come. */
  until(holds: (messages: readonly Message[]) => boolean): Promise<void>
  /** Resolves once everything that there was has been sent. */
  live(): Promise<void>
  send(text: string): void
  close(): void
  /** How the server ended it. */
  readonly ended: Promise<{ code: number; reason: string }>
}

export async function newTicket(merchant: Pick<Merchant, 'api'>, body: object = {}): Promise<string> {
  const made = await merchant.api.post(TICKETS, body)
  if (made.status !== 201) throw new Error(`no ticket: ${JSON.stringify(made.body)}`)
  return String(made.body.ticket)
}

/** Opens a stream of the merchant's: everything after this number. */
export async function follow(
  world: World,
  merchant: Pick<Merchant, 'api'>,
  { after = 0, ...body }: { after?: number; types?: string[]; transaction_id?: string } = {},
): Promise<StreamClient> {
  return openTicket(world, await newTicket(merchant, body), after)
}

/** As `follow`, by a client that acknowledges whatever it is sent. */
export async function followClosely(...args: Parameters<typeof follow>): Promise<StreamClient> {
  const client = await follow(...args)
  await client.until((messages) => {
    const last = messages.at(-1)
    if (last !== undefined) client.send(`{"ack":${last.number}}`)
    return last?.object === 'cursor'
  })
  return client
}

export async function openTicket(world: World, ticket: string, after = 0, address?: string): Promise<StreamClient> {
  const response = await upgrade(world, `?ticket=${ticket}&after=${after}`, address)
  if (response.webSocket === null) throw new Error(`no stream: ${response.status} ${await response.text()}`)
  return clientOf(response.webSocket)
}

export async function upgrade(world: World, query: string, address?: string): Promise<Response> {
  const headers = { upgrade: 'websocket', ...(address === undefined ? {} : { 'cf-connecting-ip': address }) }
  return world.app.request(`${STREAM}${query}`, { headers })
}

/** So many payments in one moment, of which nobody is told: an event each. */
export async function makeMany(world: World, merchant: Merchant, count: number): Promise<void> {
  const { deps } = world
  const { sessionId, userId, merchantId, mode } = merchant
  const requestId = newId('req', deps.clock.now().getTime(), deps.random)
  const credential = { kind: 'session', sessionId, userId, merchantId, mode } as const
  const caller = { credential, ipAddress: undefined, userAgent: undefined, requestId }
  const permit = { scope: 'transactions:write', action: 'transaction.initiated' } as const
  const made = await deps.api.run(enter(deps.api.db, deps.clock.now(), caller, permit), [
    deps.api.db.execute(sql`
      insert into transactions (id, merchant_id, mode, reference, amount, currency, customer_email, provider, expires_at,
                                next_check_at)
      select app.new_id('txn'), app.merchant_id(), app.mode(), 'many-' || app.new_id('txn'), 1000, 'NGN', 'ada@customer.test',
             'paystack', app.now() + interval '1 day', app.now() + interval '1 hour'
      from generate_series(1, ${count}::integer)`),
  ])
  if (!made.ok) throw new Error(made.problem.code)
}

export function objectOf({ merchantId, mode }: Pick<Merchant, 'merchantId' | 'mode'>) {
  return env.EVENT_STREAMS.getByName(`${merchantId}:${mode}`)
}

/** What the object does every few seconds while it has sockets. False where nothing was to be done. */
export function lookAround(merchant: Pick<Merchant, 'merchantId' | 'mode'>): Promise<boolean> {
  return runDurableObjectAlarm(objectOf(merchant))
}

function clientOf(socket: WebSocket): StreamClient {
  const messages: Message[] = []
  const texts: string[] = []
  const waits = new Set<() => void>()
  const { promise: ended, resolve } = Promise.withResolvers<{ code: number; reason: string }>()
  socket.addEventListener('message', ({ data }) => {
    texts.push(String(data))
    messages.push(JSON.parse(String(data)))
    for (const look of [...waits]) look()
  })
  socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason }))
  socket.accept()
  const until = (holds: (messages: readonly Message[]) => boolean) =>
    new Promise<void>((done) => {
      const look = () => {
        if (!holds(messages)) return
        waits.delete(look)
        done()
      }
      waits.add(look)
      look()
    })
  return {
    messages,
    texts,
    numbers: () => messages.flatMap(({ object, number }) => (object === 'event' ? [number] : [])),
    until,
    live: () => until((all) => all.some(({ object }) => object === 'cursor')),
    send: (text) => socket.send(text),
    close: () => socket.close(1000, 'done'),
    ended,
  }
}
