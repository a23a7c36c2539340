/** A world for simulators in tests: a clock that stands until it is moved, seeded chance, and a merchant who keeps what arrives. */
import { z } from 'zod'
import type { Simulator, SimulatorWorld } from '../../../local/simulators/kit/world.ts'
import { createPaystackSimulator, type PaystackSimulator } from '../../../local/simulators/paystack/index.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS

export interface Delivery {
  url: string
  headers: Headers
  raw: string
  event: string
  data: Record<string, unknown>
}

export interface TestWorld extends SimulatorWorld {
  advance(ms: number): void
  readonly inbox: Delivery[]
  /** What the merchant answers from here on; `unreachable` rejects. */
  merchantAnswers(status: number | 'unreachable'): void
}

const envelope = z.object({ event: z.string(), data: z.record(z.string(), z.unknown()) })

export function createTestWorld(): TestWorld {
  let now = Date.parse('2026-11-24T10:00:00.000Z')
  let seed = 20_261_124
  let answer: number | 'unreachable' = 200
  const sleepers = new Set<{ until: number; wake(): void }>()
  const inbox: Delivery[] = []
  return {
    inbox,
    now: () => new Date(now),
    random() {
      seed = (seed * 48_271) % 2_147_483_647
      return seed / 2_147_483_647
    },
    sleep(ms, signal) {
      if (signal.aborted) return Promise.reject(signal.reason)
      return new Promise((resolve, reject) => {
        const sleeper = { until: now + ms, wake: resolve }
        sleepers.add(sleeper)
        signal.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          reject(signal.reason)
        })
      })
    },
    async deliver(request) {
      const raw = await request.text()
      inbox.push({ url: request.url, headers: request.headers, raw, ...envelope.parse(JSON.parse(raw)) })
      if (answer === 'unreachable') throw new TypeError('nobody listens')
      return new Response(null, { status: answer })
    },
    merchantAnswers(status) {
      answer = status
    },
    advance(ms) {
      now += ms
      for (const sleeper of sleepers) {
        if (sleeper.until > now) continue
        sleepers.delete(sleeper)
        sleeper.wake()
      }
    },
  }
}

export const KEY = 'sk_test_ama_books'
export const LIVE_KEY = 'sk_live_ama_books'
export const BASE_URL = 'https://paystack.example'

export interface Answer {
  status: number
  headers: Headers
  body: unknown
}

const initialized = z.object({
  data: z.object({ authorization_url: z.string(), access_code: z.string(), reference: z.string() }),
})
const transaction = z.looseObject({
  id: z.number(),
  status: z.string(),
  amount: z.number(),
  requested_amount: z.number(),
  currency: z.string(),
  fees: z.number().nullable(),
  gateway_response: z.string(),
  message: z.string().nullable(),
  channel: z.string(),
  paid_at: z.string().nullable(),
})
const verified = z.object({ data: transaction })

/** A merchant with one secret key, as a program that calls the API. */
export class Merchant {
  readonly simulator: Simulator
  readonly key: string

  constructor(simulator: Simulator, key: string) {
    this.simulator = simulator
    this.key = key
  }

  request(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    const headers = { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' }
    const init = { method, headers, body: body === undefined ? null : JSON.stringify(body), signal: signal ?? null }
    return this.simulator.fetch(new Request(`${BASE_URL}${path}`, init))
  }

  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await this.request(method, path, body)
    return { status: response.status, headers: response.headers, body: await response.json() }
  }

  initialize(fields: Record<string, unknown>): Promise<Answer> {
    return this.call('POST', '/transaction/initialize', { email: 'kofi@customer.example', currency: 'NGN', ...fields })
  }

  /** A transaction that waits to be paid, and where its page is. */
  async open(reference: string, fields: Record<string, unknown> = {}): Promise<{ url: string; code: string }> {
    const { data } = initialized.parse((await this.initialize({ amount: 150_000, reference, ...fields })).body)
    return { url: data.authorization_url, code: data.access_code }
  }

  async verify(reference: string): Promise<z.infer<typeof transaction>> {
    return verified.parse((await this.call('GET', `/transaction/verify/${reference}`)).body).data
  }
}

export interface PaystackTest {
  world: TestWorld
  simulator: PaystackSimulator
  merchant: Merchant
}

/** A Paystack of its own for a test, with one test account that has a webhook URL. */
export function paystackTest(key = KEY): PaystackTest {
  const world = createTestWorld()
  const simulator = createPaystackSimulator(world, { baseUrl: BASE_URL })
  simulator.control.configureAccount(key, { webhookUrl: WEBHOOK_URL, businessName: 'Ama Books' })
  return { world, simulator, merchant: new Merchant(simulator, key) }
}

export const WEBHOOK_URL = 'https://merchant.example/webhooks/paystack/conn_1/'

/** Lets what has been promised happen, without any time passing. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}
