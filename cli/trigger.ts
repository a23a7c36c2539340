/**
 * `paybridge trigger`: makes an event for real. A payment is started through the API, and what its customer or its provider
 * would do is done at the local platform's simulator.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { type Api, reasonOf } from './api.ts'
import { EVENTS_PATH, type Event, events } from './event.ts'
import { Failure, misused } from './failure.ts'
import { type Output, paint } from './output.ts'
import type { Target } from './target.ts'

/** A refund that fails at the simulator takes a minute until it does. */
const TOLD_WITHIN_MS = 90_000
const LOOK_EVERY_MS = 300

const started = z.object({ id: z.string(), checkout_url: z.url() })
const detail = z.object({
  attempts: z.array(z.object({ provider_reference: z.string() })),
  history: z.array(z.object({ number: z.int() })),
})

interface Payment {
  id: string
  /** What the provider knows it by. */
  reference: string
  /** Asks the API about it: `cancel/`, `verify_payment/`. */
  ask(action: string, body?: object): Promise<unknown>
  /** At the provider's simulator. */
  act(action: string, body?: object, method?: 'POST' | 'PUT'): Promise<void>
}

interface Recipe {
  provider: keyof typeof ORDERS
  make(payment: Payment): Promise<unknown>
}

const ORDERS = {
  paystack: { amount: 150_000, currency: 'NGN' },
  stripe: { amount: 2_500, currency: 'USD' },
} as const

const CUSTOMER = { email: 'ada@customer.test', name: 'Ada Obi' }
const CALLBACK_URL = 'https://shop.example.com/thanks'

const verify = (payment: Payment): Promise<unknown> => payment.ask('verify_payment/')

/** @param course what the simulator makes of the refund */
function refundThat(course: 'succeeds' | 'fails' | 'requires_action' | 'stays_pending'): Recipe {
  return {
    provider: 'stripe',
    async make(payment) {
      await payment.act('pay')
      await verify(payment)
      await payment.act('refund-course', { course }, 'PUT')
      await payment.ask('refunds/', {})
    },
  }
}

const RECIPES: Readonly<Record<string, Recipe>> = {
  'payment.created': { provider: 'paystack', make: async () => undefined },
  'payment.processing': {
    provider: 'stripe',
    make: (payment) => payment.act('begin-delayed').then(() => verify(payment)),
  },
  'payment.succeeded': { provider: 'paystack', make: (payment) => payment.act('pay') },
  'payment.failed': {
    provider: 'paystack',
    make: (payment) => payment.act('decline', { status: 'failed' }).then(() => verify(payment)),
  },
  'payment.cancelled': { provider: 'paystack', make: (payment) => payment.ask('cancel/', {}) },
  'refund.created': refundThat('stays_pending'),
  'refund.requires_action': refundThat('requires_action'),
  'refund.succeeded': refundThat('succeeds'),
  'refund.failed': refundThat('fails'),
}

export const TRIGGERS: readonly string[] = Object.keys(RECIPES)

/** @throws Failure where it is none of `TRIGGERS`, there is no simulator, or the event does not come */
export async function trigger(api: Api, output: Output, { apiUrl, key }: Target, type: string): Promise<void> {
  const recipe = RECIPES[type]
  if (recipe === undefined) throw misused(`"${type}" can't be triggered. What can: ${TRIGGERS.join(', ')}.`)
  if (!isThisMachine(apiUrl))
    throw misused(`Events are triggered at the local platform only, and ${apiUrl} is not on this machine.`)
  if (!key.startsWith('pb_test_')) throw misused('Events are triggered with a test key only.')
  const order = {
    ...ORDERS[recipe.provider],
    provider: recipe.provider,
    customer: CUSTOMER,
    callback_url: CALLBACK_URL,
  }
  const { id, checkout_url } = await api({
    path: '/api/v1/transactions/initiate_payment/',
    body: order,
    answer: started,
  })
  const { attempts, history } = await api({ path: `/api/v1/transactions/${id}/`, answer: detail })
  const reference = attempts.at(-1)?.provider_reference
  const first = history[0]?.number
  if (reference === undefined || first === undefined) throw new Error('a payment has an attempt and a first event')
  await recipe.make({
    id,
    reference,
    ask: (action, body) =>
      api({
        path: `/api/v1/transactions/${id}/${action}`,
        answer: z.unknown(),
        ...(body === undefined ? {} : { body }),
      }),
    act: (action, body, method) => actAt(controlUrl(checkout_url, recipe.provider, reference, action), body, method),
  })
  const event = await findEvent(api, type, id, first - 1)
  output.result(
    `${paint('green', event.type)}  number ${event.number}  ${event.id}  ${paint('dim', event.data.id)}`,
    event,
  )
}

function isThisMachine(url: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname)
}

function controlUrl(checkoutUrl: string, provider: string, reference: string, action: string): URL {
  if (!isThisMachine(checkoutUrl)) {
    const { origin } = new URL(checkoutUrl)
    throw new Failure(
      1,
      'no_simulator',
      `The payment's page is at ${origin}, which is no simulator: pay there yourself.`,
    )
  }
  return new URL(`/${provider}/_control/payments/${encodeURIComponent(reference)}/${action}`, checkoutUrl)
}

async function actAt(url: URL, body: object = {}, method: 'POST' | 'PUT' = 'POST'): Promise<void> {
  const response = await fetch(url, { method, body: JSON.stringify(body) }).catch((error: unknown) => {
    throw new Failure(1, 'no_simulator', `The simulator at ${url.origin} is not reached: ${reasonOf(error)}.`)
  })
  if (!response.ok)
    throw new Failure(1, 'simulator_refused', `The simulator answered ${response.status}: ${await response.text()}`)
}

/** The event of this type about the payment, or about what belongs to it. */
async function findEvent(api: Api, type: string, transactionId: string, after: number): Promise<Event> {
  const deadline = performance.now() + TOLD_WITHIN_MS
  while (performance.now() < deadline) {
    const { data } = await api({ path: EVENTS_PATH, query: { after, type, limit: 100 }, answer: events })
    const found = data.find(
      ({ data: { id, transaction_id } }) => id === transactionId || transaction_id === transactionId,
    )
    if (found !== undefined) return found
    await sleep(LOOK_EVERY_MS)
  }
  throw new Failure(1, 'not_told', `${type} of ${transactionId} was not told within ${TOLD_WITHIN_MS / 1_000} s.`)
}
