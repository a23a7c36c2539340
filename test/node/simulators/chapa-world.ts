/** A Chapa of its own for a test, with a merchant who calls the API and keeps what is posted to it and got from it. */
import { z } from 'zod'
import { type ChapaSimulator, createChapaSimulator } from '../../../local/simulators/chapa/index.ts'
import type { Simulator, SimulatorWorld } from '../../../local/simulators/kit/world.ts'
import { createTestWorld } from './world.ts'

export const KEY = 'CHASECK_TEST-selam-books'
export const LIVE_KEY = 'CHASECK-selam-books'
export const BASE_URL = 'https://simulators.example/chapa'
export const WEBHOOK_URL = 'https://merchant.example/webhooks/chapa/conn_1/'
export const WEBHOOK_SECRET = 'the hash that Selam typed'

export interface ChapaDelivery {
  method: string
  url: string
  headers: Headers
  raw: string
  /** The body's fields; none of a callback. */
  body: Record<string, unknown>
}

export interface ChapaWorld extends SimulatorWorld {
  advance(ms: number): void
  /** Everything that reached the merchant, in order. */
  readonly inbox: ChapaDelivery[]
  /** What the merchant answers from here on; `unreachable` rejects. */
  merchantAnswers(status: number | 'unreachable'): void
}

const flat = z.record(z.string(), z.unknown())

export function createChapaWorld(): ChapaWorld {
  const { now, random, sleep, advance } = createTestWorld()
  const inbox: ChapaDelivery[] = []
  let answer: number | 'unreachable' = 200
  return {
    ...{ now, random, sleep, advance, inbox },
    async deliver(request) {
      const raw = await request.text()
      const body = raw === '' ? {} : flat.parse(JSON.parse(raw))
      inbox.push({ method: request.method, url: request.url, headers: request.headers, raw, body })
      if (answer === 'unreachable') throw new TypeError('nobody listens')
      return new Response(null, { status: answer })
    },
    merchantAnswers(status) {
      answer = status
    },
  }
}

export interface ChapaAnswer {
  status: number
  headers: Headers
  body: unknown
}

const initialized = z.object({ data: z.object({ checkout_url: z.string() }) })
const verified = z.object({
  message: z.string(),
  data: z.looseObject({
    status: z.string(),
    amount: z.number(),
    charge: z.number().nullable(),
    currency: z.string(),
    mode: z.string(),
    reference: z.string().nullable(),
  }),
})
const refunded = z.object({ data: z.looseObject({ ref_id: z.string(), status: z.string() }) })

/** A merchant with one secret key, as a program that calls the API. */
export class ChapaMerchant {
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

  async call(method: string, path: string, body?: unknown): Promise<ChapaAnswer> {
    const response = await this.request(method, path, body)
    return { status: response.status, headers: response.headers, body: await response.json() }
  }

  initialize(fields: Record<string, unknown>): Promise<ChapaAnswer> {
    return this.call('POST', '/v1/transaction/initialize', { amount: '350.00', currency: 'ETB', ...fields })
  }

  /** Returns the page of a payment that waits to be paid. */
  async open(txRef: string, fields: Record<string, unknown> = {}): Promise<string> {
    return initialized.parse((await this.initialize({ tx_ref: txRef, ...fields })).body).data.checkout_url
  }

  verifyAnswer(txRef: string): Promise<ChapaAnswer> {
    return this.call('GET', `/v1/transaction/verify/${txRef}`)
  }

  async verify(txRef: string): Promise<z.infer<typeof verified>['data']> {
    return verified.parse((await this.verifyAnswer(txRef)).body).data
  }

  cancel(txRef: string): Promise<ChapaAnswer> {
    return this.call('PUT', `/v1/transaction/cancel/${txRef}`)
  }

  async refund(reference: string | null, fields: Record<string, unknown> = {}): Promise<string> {
    return refunded.parse((await this.call('POST', `/v1/refund/${reference}`, fields)).body).data.ref_id
  }

  async refundStatus(refId: string): Promise<string> {
    return refunded.parse((await this.call('GET', `/v1/refund/${refId}/verify`)).body).data.status
  }
}

export interface ChapaTest {
  world: ChapaWorld
  simulator: ChapaSimulator
  merchant: ChapaMerchant
}

/** With one account that has a webhook URL. */
export function chapaTest(key = KEY): ChapaTest {
  const world = createChapaWorld()
  const simulator = createChapaSimulator(world, { baseUrl: BASE_URL })
  simulator.control.configureAccount(key, {
    webhookUrl: WEBHOOK_URL,
    webhookSecret: WEBHOOK_SECRET,
    businessName: 'Selam Books',
  })
  return { world, simulator, merchant: new ChapaMerchant(simulator, key) }
}

/** A payment that was paid; returns Chapa's reference. */
export async function paidPayment({ simulator, merchant }: ChapaTest, txRef: string): Promise<string> {
  await merchant.open(txRef)
  simulator.control.pay({ reference: txRef })
  const { reference } = await merchant.verify(txRef)
  if (reference === null) throw new Error('a paid payment has a reference')
  return reference
}
