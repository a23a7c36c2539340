/** What is measured: each operation as a caller, a provider or the queue starts it, and what the design allows it. */
import { ORDER, webhookPost } from '../platform/provider-stub.ts'
import { keyOf, SECRET_KEY, type Shop } from './seed.ts'
import type { StoryName } from './stories.ts'

export type Start =
  | { kind: 'request'; method: 'GET' | 'POST'; path: string; headers: Record<string, string>; body?: string }
  | { kind: 'messages'; queue: string; body: object }

export interface Operation {
  /** As `--only` and the floor know it: a word. */
  name: string
  /** Database round trips: the design's budget. */
  roundTrips: number
  /** How many at a time. */
  connections: number
  /** What it begins with and uses up, an item for each time; absent where it leaves everything as it was. */
  uses?: StoryName
  /** Milliseconds that the provider takes. */
  providerMs?: number
  /** Throughput to the floor, where a target is set. */
  atLeast?: number
  /** Its latency is measured beside the floor's. */
  isTimed?: true
  /** CPU in milliseconds a request, where a target is set. */
  cpuAtMost?: number
  start(shop: Shop, item: string): Start
}

const TRANSACTIONS = '/api/v1/transactions/'

const authorized = ({ apiKey }: Shop) => ({ authorization: `Bearer ${apiKey}` })

const get = (shop: Shop, path: string): Start => ({ kind: 'request', method: 'GET', path, headers: authorized(shop) })

function post(shop: Shop, path: string, body: object, headers: Record<string, string> = {}): Start {
  const all = { ...authorized(shop), 'content-type': 'application/json', ...headers }
  return { kind: 'request', method: 'POST', path, headers: all, body: JSON.stringify(body) }
}

const initiate = (shop: Shop) => post(shop, `${TRANSACTIONS}initiate_payment/`, ORDER)

function webhook(shop: Shop, item: string): Start {
  const { headers, body } = webhookPost(SECRET_KEY, shop.idOf('open', 'pb-', item))
  return { kind: 'request', method: 'POST', path: shop.webhookPath, headers, body }
}

export const OPERATIONS: readonly Operation[] = [
  {
    name: 'initiate',
    roundTrips: 2,
    connections: 8,
    atLeast: 0.7,
    isTimed: true,
    cpuAtMost: 2,
    start: initiate,
  },
  {
    name: 'initiate-200',
    roundTrips: 2,
    connections: 64,
    providerMs: 200,
    atLeast: 0.7,
    start: initiate,
  },
  {
    name: 'read',
    roundTrips: 1,
    connections: 8,
    atLeast: 0.75,
    cpuAtMost: 1,
    start: (shop, item) => get(shop, `${TRANSACTIONS}${shop.idOf('paid', 'txn_', item)}/`),
  },
  { name: 'list', roundTrips: 1, connections: 8, start: (shop) => get(shop, TRANSACTIONS) },
  {
    name: 'replay',
    roundTrips: 1,
    connections: 8,
    atLeast: 0.75,
    start: (shop, item) => post(shop, `${TRANSACTIONS}initiate_payment/`, ORDER, { 'idempotency-key': keyOf(item) }),
  },
  {
    name: 'verify',
    roundTrips: 2,
    uses: 'open',
    connections: 8,
    start: (shop, item) => get(shop, `${TRANSACTIONS}${shop.idOf('open', 'txn_', item)}/verify_payment/`),
  },
  { name: 'webhook-in', roundTrips: 1, uses: 'open', connections: 8, atLeast: 0.75, start: webhook },
  {
    name: 'apply',
    roundTrips: 2,
    uses: 'reported',
    connections: 8,
    start: (shop, item) => ({
      kind: 'messages',
      queue: 'paybridge-provider-events',
      body: { kind: 'apply', providerEventId: shop.idOf('reported', 'pev_', item) },
    }),
  },
  {
    name: 'deliver-100',
    roundTrips: 2,
    uses: 'due',
    connections: 2,
    start: (shop, item) => ({
      kind: 'messages',
      queue: 'paybridge-deliveries',
      body: { kind: 'deliver', deliveryIds: shop.idsOf('due', 'del_', item) },
    }),
  },
  {
    name: 'refund',
    roundTrips: 2,
    uses: 'paid',
    connections: 8,
    atLeast: 0.7,
    start: (shop, item) =>
      post(shop, `${TRANSACTIONS}${shop.idOf('paid', 'txn_', item)}/refunds/`, { amount: ORDER.amount / 3 }),
  },
]
