/**
 * A simulator of Chapa: its API, its checkout page and its webhooks, in one `fetch`. It is written from Chapa's
 * documentation and recorded bodies, and imports nothing of the code that it is there to test. Transfers are not in it.
 */
import { Hono } from 'hono'
import { createAgenda } from '../kit/agenda.ts'
import type { Driver } from '../kit/driver.ts'
import { createWebhookOutbox, earliest } from '../kit/webhook-outbox.ts'
import type { Simulator, SimulatorWorld } from '../kit/world.ts'
import { AccountBook } from './account.ts'
import { answerCall } from './answer.ts'
import { API_ROUTES } from './api.ts'
import type { Books } from './books.ts'
import { createCallbackQueue } from './callbacks.ts'
import { addCheckoutRoutes } from './checkout.ts'
import { type ChapaControl, createControl } from './control.ts'
import { controlRoutes } from './control-routes.ts'
import { createDriver } from './driver.ts'
import { webhookRoute } from './events.ts'
import { createChapaFaultBoard } from './faults.ts'
import { routeNotFound } from './refusal.ts'

export interface ChapaSimulator extends Simulator {
  readonly control: ChapaControl
  readonly driver: Driver
}

/** `baseUrl` is where the simulator is reached, for the links that it hands out; the API is at `/v1` below it. */
export function createChapaSimulator(world: SimulatorWorld, { baseUrl }: { baseUrl: string }): ChapaSimulator {
  const accounts = new AccountBook()
  const faults = createChapaFaultBoard()
  const agenda = createAgenda()
  const callbacks = createCallbackQueue(world, faults)
  const outbox = createWebhookOutbox(world, faults, ({ account, body }) => webhookRoute(accounts.find(account), body))
  let lastId = 0
  const nextId = () => {
    lastId += 1
    return lastId
  }
  const books: Books = {
    ...{ world, accounts, faults, agenda, outbox, callbacks, nextId },
    baseUrl: baseUrl.replace(/\/$/, ''),
  }
  const control = createControl(books)

  const deliverDueWebhooks = async () => {
    agenda.runDue(world.now())
    return (await callbacks.deliverDue()) + (await outbox.deliverDue())
  }

  const app = new Hono().basePath(new URL(baseUrl).pathname)
  // A cut connection and an aborted call must reject, not become an answer.
  app.onError((error) => {
    throw error
  })
  app.notFound(() => routeNotFound().toResponse())
  for (const route of API_ROUTES) {
    app.on(route.method, route.path, (c) => answerCall(books, route, c.req.raw, c.req.param()))
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
    nextDueAt: () => earliest([agenda.nextAt(), callbacks.nextDueAt(), outbox.nextDueAt()]),
  }
}
