/**
 * A simulator of Stripe: its API, its hosted checkout page and its webhooks, in one `fetch`. It is written from Stripe's
 * documentation and recorded bodies, and imports nothing of the code that it is there to test.
 */
import { Hono } from 'hono'
import { createAgenda } from '../kit/agenda.ts'
import type { Driver } from '../kit/driver.ts'
import { createWebhookOutbox, earliest } from '../kit/webhook-outbox.ts'
import type { Simulator, SimulatorWorld } from '../kit/world.ts'
import { AccountBook } from './account.ts'
import { answerCall } from './answer-call.ts'
import { API_ROUTES } from './api.ts'
import type { Books } from './books.ts'
import { addCheckoutRoutes } from './checkout.ts'
import { createControl, type StripeControl } from './control.ts'
import { controlRoutes } from './control-routes.ts'
import { createDriver } from './driver.ts'
import { webhookRoute } from './events.ts'
import { StripeFaultBoard } from './faults.ts'
import { incoming, refuse } from './incoming.ts'
import { unknownUrl } from './refusal.ts'

export { type AccountSettings, API_VERSION } from './account.ts'
export { ControlError, type PaymentRef, type StripeControl } from './control.ts'
export type { StripeFault } from './faults.ts'
export type { PaymentResult } from './payments.ts'

export interface StripeSimulator extends Simulator {
  readonly control: StripeControl
  readonly driver: Driver
}

/** `baseUrl` is where the simulator is reached, for the links that it hands out. It may have a path. */
export function createStripeSimulator(world: SimulatorWorld, { baseUrl }: { baseUrl: string }): StripeSimulator {
  const accounts = new AccountBook(world)
  const faults = new StripeFaultBoard()
  const agenda = createAgenda()
  const outbox = createWebhookOutbox(world, faults, ({ account, body }) =>
    webhookRoute(world, accounts.find(account), body),
  )
  const books: Books = { world, baseUrl: baseUrl.replace(/\/$/, ''), accounts, faults, agenda, outbox }
  const control = createControl(books)

  const deliverDueWebhooks = () => {
    agenda.runDue(world.now())
    return outbox.deliverDue()
  }

  const app = new Hono().basePath(new URL(baseUrl).pathname)
  // A cut connection and an aborted call must reject, not become an answer.
  app.onError((error) => {
    throw error
  })
  app.notFound(async (c) => {
    const call = await incoming(books, c.req.raw)
    return refuse(call, unknownUrl(call.method, call.path))
  })
  for (const route of API_ROUTES) {
    app.on(route.method, `/v1${route.path}`, (c) => answerCall(books, route, c.req.raw, c.req.param('id') ?? ''))
  }
  addCheckoutRoutes(app, books)
  app.route('/_control', controlRoutes({ books, control, deliverDueWebhooks }))

  return {
    control,
    driver: createDriver(books, control),
    async fetch(request) {
      agenda.runDue(world.now())
      return app.fetch(request)
    },
    deliverDueWebhooks,
    nextDueAt: () => earliest([agenda.nextAt(), outbox.nextDueAt()]),
  }
}
