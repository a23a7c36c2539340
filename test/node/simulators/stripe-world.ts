/** A Stripe of its own for a test: the kit's world, a merchant who keeps what arrives, and one who calls the API. */
import { z } from 'zod'
import type { Simulator } from '../../../local/simulators/kit/world.ts'
import { createStripeSimulator, type StripeSimulator } from '../../../local/simulators/stripe/index.ts'
import { createTestWorld, type TestWorld } from './world.ts'

export { HOUR_MS, MINUTE_MS, settled } from './world.ts'

export const KEY = 'sk_test_esi_crafts'
export const LIVE_KEY = 'sk_live_esi_crafts'
/** Under a path, as where several simulators share a host. */
export const BASE_URL = 'https://simulators.example/stripe'
export const WEBHOOK_URL = 'https://merchant.example/webhooks/stripe/conn_1/'
export const WEBHOOK_SECRET = 'whsec_of_esi_crafts'
/** The world's clock at its start, in seconds. */
export const START = Date.parse('2026-11-24T10:00:00.000Z') / 1000

const stripeEvent = z.looseObject({
  id: z.string(),
  type: z.string(),
  created: z.number(),
  livemode: z.boolean(),
  data: z.object({
    object: z.record(z.string(), z.unknown()),
    previous_attributes: z.record(z.string(), z.unknown()).optional(),
  }),
})

export interface StripeDelivery {
  url: string
  headers: Headers
  raw: string
  event: z.infer<typeof stripeEvent>
}

type MerchantAnswer = number | 'unreachable' | 'never'

export interface StripeWorld extends Omit<TestWorld, 'inbox' | 'merchantAnswers'> {
  readonly deliveries: StripeDelivery[]
  /** What the merchant answers from here on: `unreachable` rejects, `never` lets wait. */
  merchantAnswers(answer: MerchantAnswer): void
}

export function createStripeWorld(): StripeWorld {
  const { inbox: _inbox, ...world } = createTestWorld()
  const deliveries: StripeDelivery[] = []
  let answer: MerchantAnswer = 200
  return {
    ...world,
    deliveries,
    async deliver(request) {
      const raw = await request.text()
      deliveries.push({ url: request.url, headers: request.headers, raw, event: stripeEvent.parse(JSON.parse(raw)) })
      if (answer === 'unreachable') throw new TypeError('nobody listens')
      if (answer === 'never') return new Promise(() => {})
      return new Response(null, { status: answer })
    },
    merchantAnswers(wanted) {
      answer = wanted
    },
  }
}

/** What a form may say: texts, numbers and booleans, in objects and lists. */
export type FormValue = string | number | boolean | FormValue[] | { [name: string]: FormValue }

/** As Stripe's clients write forms: `a[0][b]=1`. */
export function form(fields: { [name: string]: FormValue }): string {
  const pairs: string[] = []
  const add = (name: string, value: FormValue): void => {
    if (typeof value === 'object') {
      for (const [inner, item] of Object.entries(value)) add(`${name}[${inner}]`, item)
    } else pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
  }
  for (const [name, value] of Object.entries(fields)) add(name, value)
  return pairs.join('&')
}

export const item = (currency: string, unit_amount: number, quantity = 1) => ({
  quantity,
  price_data: { currency, unit_amount, product_data: { name: 'A woven basket' } },
})

export const ORDER = {
  mode: 'payment',
  line_items: [item('usd', 4500)],
  success_url: 'https://shop.example/thanks?session={CHECKOUT_SESSION_ID}',
}

/** The order with another amount or currency. */
export const orderOf = (currency: string, unit_amount: number) => ({
  ...ORDER,
  line_items: [item(currency, unit_amount)],
})

const session = z.looseObject({
  id: z.string(),
  url: z.string().nullable(),
  status: z.string(),
  payment_status: z.string(),
  payment_intent: z.string().nullable(),
  amount_total: z.number(),
  currency: z.string(),
})
export type SessionBody = z.infer<typeof session>
const intent = z.looseObject({
  id: z.string(),
  status: z.string(),
  amount: z.number(),
  amount_received: z.number(),
  latest_charge: z.string().nullable(),
  last_payment_error: z.record(z.string(), z.unknown()).nullable(),
})
const charge = z.looseObject({ id: z.string(), status: z.string(), amount_refunded: z.number(), refunded: z.boolean() })
const refund = z.looseObject({ id: z.string(), status: z.string(), amount: z.number(), charge: z.string() })
const failed = z.object({
  error: z.looseObject({ type: z.string(), code: z.string().optional(), message: z.string() }),
})

export interface StripeAnswer {
  status: number
  headers: Headers
  body: unknown
}

/** A merchant with one secret key, as a program that calls the API. */
export class StripeMerchant {
  readonly simulator: Simulator
  readonly key: string

  constructor(simulator: Simulator, key: string) {
    this.simulator = simulator
    this.key = key
  }

  /** @param body a form */
  request(
    method: 'GET' | 'POST',
    path: string,
    body = '',
    headers: Record<string, string> = {},
    signal?: AbortSignal,
  ): Promise<Response> {
    const init = {
      method,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(method === 'POST' && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...headers,
      },
      body: method === 'POST' ? body : null,
      signal: signal ?? null,
    }
    return this.simulator.fetch(new Request(`${BASE_URL}/v1${path}`, init))
  }

  async get(path: string): Promise<StripeAnswer> {
    return read(await this.request('GET', path))
  }

  async post(path: string, fields: { [name: string]: FormValue } = {}, key?: string): Promise<StripeAnswer> {
    return read(await this.request('POST', path, form(fields), key === undefined ? {} : { 'idempotency-key': key }))
  }

  /** The error of a call that is refused. */
  async refusal(path: string, fields: { [name: string]: FormValue }) {
    const { status, body } = await this.post(path, fields)
    return { status, ...failed.parse(body).error }
  }

  /** A session that waits to be paid. */
  async open(reference: string, fields: { [name: string]: FormValue } = {}): Promise<SessionBody> {
    const answer = await this.post('/checkout/sessions', { ...ORDER, client_reference_id: reference, ...fields })
    return session.parse(answer.body)
  }

  async session(id: string): Promise<SessionBody> {
    return session.parse((await this.get(`/checkout/sessions/${id}`)).body)
  }

  async intentOf(id: string) {
    const { payment_intent } = await this.session(id)
    return intent.parse((await this.get(`/payment_intents/${payment_intent}`)).body)
  }

  async chargeOf(id: string) {
    const { latest_charge } = await this.intentOf(id)
    return charge.parse((await this.get(`/charges/${latest_charge}`)).body)
  }

  async refund(fields: { [name: string]: FormValue }) {
    return refund.parse((await this.post('/refunds', fields)).body)
  }

  async readRefund(id: string) {
    return refund.parse((await this.get(`/refunds/${id}`)).body)
  }
}

async function read(response: Response): Promise<StripeAnswer> {
  return { status: response.status, headers: response.headers, body: await response.json() }
}

/** A Stripe with one account, whose endpoint listens to everything. */
export function stripeTest(key = KEY) {
  const world = createStripeWorld()
  const simulator: StripeSimulator = createStripeSimulator(world, { baseUrl: BASE_URL })
  simulator.control.configureAccount(key, {
    businessName: 'Esi Crafts',
    webhookUrl: WEBHOOK_URL,
    webhookSecret: WEBHOOK_SECRET,
  })
  /** The types of the events that have arrived, after all that is due has been sent. */
  const arrived = async (): Promise<string[]> => {
    await simulator.deliverDueWebhooks()
    return world.deliveries.map(({ event }) => event.type)
  }
  return { world, simulator, merchant: new StripeMerchant(simulator, key), arrived }
}

/** A merchant of an account that the driver has opened. */
export function opened(mode: 'test' | 'live' = 'test') {
  const { world, simulator, arrived } = stripeTest()
  const { driver } = simulator
  const account = driver.openAccount(mode)
  driver.setWebhookUrl(account, WEBHOOK_URL)
  const merchant = new StripeMerchant(simulator, account.credentials.secret_key ?? '')
  return { world, simulator, driver, account, merchant, arrived }
}
