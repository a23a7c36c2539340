/** Starts operations at the Worker or at the floor: one to see what it does, or many to see how fast. */
import autocannon, { type LoadRequest } from 'autocannon'
import type { Recording } from '../floor/recording.ts'
import type { Operation } from './operations.ts'
import { type Shop, TRIAL_ITEMS } from './seed.ts'

/** Who is measured, and where it takes requests and queue batches. */
export interface Target {
  kind: 'worker' | 'floor' | 'select-1'
  url: string
  consumerUrl: string
  pid: number
}

interface Request {
  url: string
  path: string
  method: 'GET' | 'POST'
  headers: Record<string, string>
  body?: string
}

/** The floor is sent what the Worker is sent, and told what to play. */
function requestOf({ kind, url, consumerUrl }: Target, operation: Operation, shop: Shop, item: string): Request {
  const { name } = operation
  const start = operation.start(shop, item)
  if (start.kind === 'messages') {
    const body = { ...start.body, floor: { operation: name, item, isBare: kind === 'select-1' } }
    const message = JSON.stringify({ queue: start.queue, bodies: [body] })
    return {
      url: consumerUrl,
      path: '/',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: message,
    }
  }
  const { method, headers, body } = start
  const path = kind === 'worker' ? start.path : `/${kind}/${name}/${item}`
  return { url, path, method, headers, ...(body === undefined ? {} : { body }) }
}

/** @returns the answer; undefined where a queue's batch has none */
export async function perform(
  target: Target,
  operation: Operation,
  shop: Shop,
  item: string,
): Promise<Recording['answer'] | undefined> {
  const { url, path, ...init } = requestOf(target, operation, shop, item)
  const response = await fetch(`${url}${path}`, init)
  const body = await response.text()
  if (!response.ok) throw new Error(`${target.kind}: ${operation.name} was answered ${response.status} ${body}`)
  return url === target.consumerUrl ? undefined : { status: response.status, body }
}

export interface Volley {
  /** From the first request to the last answer. */
  elapsedMs: number
  /** Of each request. */
  latenciesMs: number[]
}

/** @throws where an answer is not a good one */
export async function fire(
  target: Target,
  operation: Operation,
  shop: Shop,
  items: { next(): string },
  { amount, connections }: { amount: number; connections: number },
): Promise<Volley> {
  const setupRequest = (request: LoadRequest): LoadRequest => {
    // Nothing is used up by a `select 1`.
    const item = target.kind === 'select-1' ? TRIAL_ITEMS.warm : items.next()
    const { path, method, headers, body } = requestOf(target, operation, shop, item)
    return { ...request, path, method, headers, ...(body === undefined ? {} : { body }) }
  }
  const url = operation.start(shop, '').kind === 'messages' ? target.consumerUrl : target.url
  const latenciesMs: number[] = []
  const startedAt = performance.now()
  let lastAt = startedAt
  const load = autocannon({ url, connections, amount, sampleInt: 20, timeout: 30, requests: [{ setupRequest }] })
  load.on('response', (_client, _status, _bytes, ms: number) => {
    lastAt = performance.now()
    latenciesMs.push(ms)
  })
  const { errors, timeouts, non2xx } = await load
  if (errors + timeouts + non2xx > 0 || latenciesMs.length !== amount) {
    throw new Error(
      `${target.kind}: ${operation.name}: ${latenciesMs.length} of ${amount} answered, ${non2xx} not 2xx, ${errors} errors`,
    )
  }
  return { elapsedMs: lastAt - startedAt, latenciesMs }
}
