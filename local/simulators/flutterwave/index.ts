/**
 * A simulator of Flutterwave's API v3: its API, its hosted page and its webhooks, in one `fetch`. It is written from
 * Flutterwave's documentation and recorded bodies, and imports nothing of the code that it is there to test.
 */
import { Hono } from 'hono'
import { createAgenda } from '../kit/agenda.ts'
import type { Driver } from '../kit/driver.ts'
import { createWebhookOutbox, earliest } from '../kit/webhook-outbox.ts'
import type { Simulator, SimulatorWorld } from '../kit/world.ts'
import { AccountBook } from './account.ts'
import { answerCall, refuse } from './answer.ts'
import { API_ROUTES } from './api.ts'
import { type Books, idSequence } from './books.ts'
import { createControl, type FlutterwaveControl } from './control.ts'
import { controlRoutes } from './control-routes.ts'
import { createDriver } from './driver.ts'
import { webhookRoute } from './events.ts'
import { FlutterwaveFaultBoard } from './faults.ts'
import { addPageRoutes } from './page.ts'
import { pathUnknown } from './refusal.ts'

export type { AccountSettings } from './account.ts'
export { ControlError, type ElsewhereCharge, type FlutterwaveControl, type PaymentRef } from './control.ts'
export { DELIVERY_TIMEOUT_MS } from './events.ts'
export type { FlutterwaveFault } from './faults.ts'
export type { PaymentInput, PaymentResult } from './payments.ts'

export interface FlutterwaveSimulator extends Simulator {
  readonly control: FlutterwaveControl
  readonly driver: Driver
}

/** `baseUrl` is where the simulator is reached, with the path that it lives under, for the links that it hands out. */
export function createFlutterwaveSimulator(
  world: SimulatorWorld,
  { baseUrl }: { baseUrl: string },
): FlutterwaveSimulator {
  const accounts = new AccountBook()
  const faults = new FlutterwaveFaultBoard()
  const agenda = createAgenda()
  const outbox = createWebhookOutbox(world, faults, (message) => webhookRoute({ accounts, faults }, message))
  const nextId = idSequence(world.now())
  const books: Books = { world, baseUrl: baseUrl.replace(/\/$/, ''), accounts, faults, agenda, outbox, nextId }
  const control = createControl(books)

  const deliverDueWebhooks = () => {
    agenda.runDue(world.now())
    return outbox.deliverDue()
  }

  const app = new Hono({ getPath: plainPath }).basePath(new URL(baseUrl).pathname)
  // A cut connection and an aborted call must reject, not become an answer.
  app.onError((error) => {
    throw error
  })
  app.notFound(() => refuse(pathUnknown()))
  for (const route of API_ROUTES) {
    app.on(route.method, route.path, (c) => answerCall(books, route, c.req.raw, c.req.param()))
  }
  addPageRoutes(app, books)
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

/** Flutterwave's own client doubles slashes. */
function plainPath(request: Request): string {
  return new URL(request.url).pathname.replace(/\/{2,}/g, '/')
}
