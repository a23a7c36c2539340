/**
 * A simulator of Paystack: its API, its checkout page and its webhooks, in one `fetch`. It is written from Paystack's
 * documentation and recorded bodies, and imports nothing of the code that it is there to test.
 */
import { Hono } from 'hono'
import { createAgenda } from '../kit/agenda.ts'
import type { Driver } from '../kit/driver.ts'
import { callThroughFaults, type FaultAnswers } from '../kit/faulty-call.ts'
import { createWebhookOutbox, earliest } from '../kit/webhook-outbox.ts'
import type { Simulator, SimulatorWorld } from '../kit/world.ts'
import { AccountBook } from './account.ts'
import { API_ROUTES, type ApiRoute } from './api.ts'
import { type Books, idSequence } from './books.ts'
import { type Reply, readFields } from './call.ts'
import { addCheckoutRoutes } from './checkout.ts'
import { createControl, type PaystackControl } from './control.ts'
import { controlRoutes } from './control-routes.ts'
import { createDriver } from './driver.ts'
import { webhookRoute } from './events.ts'
import { createPaystackFaultBoard } from './faults.ts'
import { invalidKey, notFound, Refusal, rateLimited } from './refusal.ts'

export type { AccountSettings } from './account.ts'
export { ControlError, type ElsewhereCharge, type PaymentRef, type PaystackControl } from './control.ts'
export type { PaystackFault } from './faults.ts'
export type { PaymentInput, PaymentResult } from './payments.ts'

export interface PaystackSimulator extends Simulator {
  readonly control: PaystackControl
  readonly driver: Driver
}

/** `baseUrl` is where the simulator is reached, for the links that it hands out. */
export function createPaystackSimulator(world: SimulatorWorld, { baseUrl }: { baseUrl: string }): PaystackSimulator {
  const accounts = new AccountBook()
  const faults = createPaystackFaultBoard()
  const agenda = createAgenda()
  const outbox = createWebhookOutbox(world, faults, ({ account, body }) => webhookRoute(accounts.find(account), body))
  const nextId = idSequence(world.now())
  const books: Books = { world, baseUrl: baseUrl.replace(/\/$/, ''), accounts, faults, agenda, outbox, nextId }
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
  app.notFound(() => refuse(books, undefined, '', notFound('Route not found')))
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
    nextDueAt: () => earliest([agenda.nextAt(), outbox.nextDueAt()]),
  }
}

function answerCall(
  books: Books,
  route: ApiRoute,
  request: Request,
  params: Record<string, string>,
): Promise<Response> {
  const secretKey = /^Bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  const { operation } = route
  const perform = async (): Promise<Response> => {
    const account = secretKey === undefined ? undefined : books.accounts.find(secretKey)
    if (account === undefined) return refuse(books, secretKey, operation, invalidKey())
    const fields = await readFields(request)
    if (fields instanceof Refusal) return refuse(books, secretKey, operation, fields)
    const query = new URL(request.url).searchParams
    const reply = route.handle({ books, account, params, query, fields })
    return reply instanceof Refusal ? refuse(books, secretKey, operation, reply) : accept(reply)
  }
  const target = { account: secretKey, operation }
  const answers = faultAnswers(books, secretKey, operation)
  return callThroughFaults({
    world: books.world,
    faults: books.faults,
    target,
    signal: request.signal,
    answers,
    perform,
  })
}

function accept({ message, data, meta }: Reply): Response {
  return Response.json({ status: true, message, data, ...(meta !== undefined && { meta }) })
}

function refuse(books: Books, account: string | undefined, operation: string, refusal: Refusal): Response {
  const { message, httpStatus, detail } = refusal
  const short = books.faults.take('short_errors', { account, operation }) !== undefined
  const body = { status: false, message }
  if (detail === null || short) return Response.json(body, { status: httpStatus })
  const { nextStep, type, code } = detail
  return Response.json({ ...body, meta: { nextStep }, type, code }, { status: httpStatus })
}

function faultAnswers(books: Books, account: string | undefined, operation: string): FaultAnswers {
  const broken = (httpStatus: number) =>
    refuse(books, account, operation, new Refusal(httpStatus, 'An error occurred while processing the request'))
  return {
    serverError: () => broken(500),
    statusFalse: () => broken(200),
    rateLimited(resetSeconds) {
      const answer = refuse(books, account, operation, rateLimited())
      answer.headers.set('x-ratelimit-reset', String(resetSeconds))
      return answer
    },
  }
}
