/** A Flutterwave for tests: the shared world with a merchant who keeps webhooks of any shape, and a program that calls the API. */
import { expect } from 'vitest'
import { z } from 'zod'
import {
  type AccountSettings,
  createFlutterwaveSimulator,
  type FlutterwaveSimulator,
} from '../../../local/simulators/flutterwave/index.ts'
import type { SimulatorWorld } from '../../../local/simulators/kit/world.ts'
import { createTestWorld } from './world.ts'

export const KEY = 'FLWSECK_TEST-ama-books-X'
export const LIVE_KEY = 'FLWSECK-ama-books-X'
export const HASH = 'a hash that Ama typed'
/** With a path, under which everything of this simulator lies. */
export const BASE_URL = 'https://simulators.test/flutterwave'
export const WEBHOOK_URL = 'https://merchant.example/webhooks/flutterwave/conn_1/'

export interface Post {
  url: string
  headers: Headers
  raw: string
  body: Record<string, unknown>
}

export interface FlutterwaveWorld extends SimulatorWorld {
  advance(ms: number): void
  readonly inbox: Post[]
  /** What the merchant answers from here on; `unreachable` rejects. */
  merchantAnswers(status: number | 'unreachable'): void
}

const record = z.record(z.string(), z.unknown())

export function createFlutterwaveWorld(): FlutterwaveWorld {
  const inbox: Post[] = []
  let answer: number | 'unreachable' = 200
  return {
    ...createTestWorld(),
    inbox,
    merchantAnswers(status) {
      answer = status
    },
    async deliver(request) {
      const raw = await request.text()
      inbox.push({ url: request.url, headers: request.headers, raw, body: record.parse(JSON.parse(raw)) })
      if (answer === 'unreachable') throw new TypeError('nobody listens')
      return new Response(null, { status: answer })
    },
  }
}

export interface Answer {
  status: number
  body: unknown
}

const hosted = z.object({ data: z.object({ link: z.string() }) })
const transaction = z.looseObject({ id: z.number(), tx_ref: z.string(), status: z.string() })
const verified = z.object({ data: transaction })
const listed = z.object({ data: z.array(z.looseObject({ id: z.string(), tx_ref: z.string(), status: z.string() })) })
const refunded = z.object({ data: z.looseObject({ id: z.number(), status: z.string() }) })

/** A merchant with one secret key. */
export class Merchant {
  readonly simulator: FlutterwaveSimulator
  readonly key: string

  constructor(simulator: FlutterwaveSimulator, key: string) {
    this.simulator = simulator
    this.key = key
  }

  request(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    const headers = { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' }
    const init = { method, headers, body: body === undefined ? null : JSON.stringify(body), signal: signal ?? null }
    return this.simulator.fetch(new Request(`${BASE_URL}/v3${path}`, init))
  }

  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await this.request(method, path, body)
    return { status: response.status, body: await response.json() }
  }

  initialize(fields: Record<string, unknown>): Promise<Answer> {
    return this.call('POST', '/payments', paymentFields(fields))
  }

  /** A page that waits to be paid. Returns its link. */
  async open(reference: string, fields: Record<string, unknown> = {}): Promise<string> {
    return hosted.parse((await this.initialize({ tx_ref: reference, ...fields })).body).data.link
  }

  async verifyReference(reference: string): Promise<z.infer<typeof transaction>> {
    const { body } = await this.call('GET', `/transactions/verify_by_reference?tx_ref=${encodeURIComponent(reference)}`)
    return verified.parse(body).data
  }

  /** A newest-first page of the list. */
  async list(query: string): Promise<z.infer<typeof listed>['data']> {
    return listed.parse((await this.call('GET', `/transactions?${query}`)).body).data
  }

  /** A refund of a paid reference, in major units. */
  async refund(reference: string, fields: Record<string, unknown> = {}): Promise<z.infer<typeof refunded>['data']> {
    const { id } = await this.verifyReference(reference)
    return refunded.parse((await this.call('POST', `/transactions/${id}/refund`, fields)).body).data
  }
}

export function paymentFields(fields: Record<string, unknown>): Record<string, unknown> {
  return { amount: 2500, currency: 'NGN', customer: { email: 'kofi@customer.example', name: 'Kofi Mensah' }, ...fields }
}

export interface FlutterwaveTest {
  world: FlutterwaveWorld
  simulator: FlutterwaveSimulator
  merchant: Merchant
}

/** A simulator of its own for a test, with one account that has a webhook URL. */
export function flutterwaveTest(settings: Partial<AccountSettings> = {}, key = KEY): FlutterwaveTest {
  const world = createFlutterwaveWorld()
  const simulator = createFlutterwaveSimulator(world, { baseUrl: BASE_URL })
  const ours = { businessName: 'Ama Books', webhookUrl: WEBHOOK_URL, webhookHash: HASH }
  simulator.control.configureAccount(key, { ...ours, ...settings })
  return { world, simulator, merchant: new Merchant(simulator, key) }
}

/** An account that the driver has opened, and the program that calls the API with its key. */
export function driven(mode: 'test' | 'live' = 'test') {
  const { world, simulator } = flutterwaveTest()
  const { driver } = simulator
  const account = driver.openAccount(mode)
  driver.setWebhookUrl(account, WEBHOOK_URL)
  const merchant = new Merchant(simulator, account.credentials.secret_key ?? '')
  return { world, simulator, driver, account, merchant }
}

/** The page as the payer's browser gets it. */
export async function pageOf({ simulator }: FlutterwaveTest, url: string): Promise<string> {
  const response = await simulator.fetch(new Request(url))
  expect(response.headers.get('content-type')).toMatch('text/html')
  return response.text()
}

/** Presses a button of the page's form. Returns where the browser is sent. */
export async function press(
  { simulator }: FlutterwaveTest,
  url: string,
  fields: Record<string, string>,
): Promise<string | null> {
  const response = await simulator.fetch(new Request(url, { method: 'POST', body: new URLSearchParams(fields) }))
  expect(response.status).toBe(303)
  return response.headers.get('location')
}
