/** `/_control/`: the control of the simulator as JSON over HTTP, for whoever runs it behind a port. */
import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { type Account, accountSettings } from './account.ts'
import type { Books } from './books.ts'
import { ControlError, type StripeControl } from './control.ts'
import { stripeFault } from './faults.ts'
import { intentWire } from './intent-wire.ts'
import { refundWire } from './refund-wire.ts'
import { sessionWire } from './session-wire.ts'
import type { Session } from './sessions.ts'

const text = z.string().min(1)
const amount = z.int().positive()

const payBody = z.strictObject({ method: text.optional() })
const challengeBody = z.strictObject({ passed: z.boolean() })
const delayedBody = z.strictObject({ end: z.enum(['paid', 'failed']) })
const courseBody = z.strictObject({ course: z.enum(['succeeds', 'stays_pending', 'fails', 'requires_action']) })
const refundBody = z.strictObject({ reference: text, account: text.optional(), amount: amount.optional() })
const rollBody = z.strictObject({ secret: z.string().startsWith('whsec_'), keptMs: z.int().nonnegative() })
const elsewhereBody = z.strictObject({
  account: text,
  amount,
  currency: z.string().regex(/^[a-z]{3}$/),
  reference: text,
})

export interface ControlDeps {
  books: Books
  control: StripeControl
  deliverDueWebhooks(): Promise<number>
}

export function controlRoutes({ books, control, deliverDueWebhooks }: ControlDeps): Hono {
  const app = new Hono()
  app.onError((error, c) => {
    if (error instanceof ControlError) return c.json({ error: error.message }, error.httpStatus)
    if (error instanceof z.ZodError) return c.json({ error: z.prettifyError(error) }, 400)
    throw error
  })
  addAccountRoutes(app, books, control)
  addPaymentRoutes(app, books, control)

  app.get('/webhooks', (c) => c.json(books.outbox.entries))
  app.post('/webhooks/deliver', async (c) => c.json({ tries: await deliverDueWebhooks() }))
  app.post('/webhooks/:id/resend', (c) => {
    const entry = books.outbox.entries.find(({ id }) => String(id) === c.req.param('id'))
    if (entry === undefined) throw new ControlError(404, 'no webhook has this number')
    books.outbox.resend(entry)
    return c.json(entry)
  })
  return app
}

function addAccountRoutes(app: Hono, books: Books, control: StripeControl): void {
  app.get('/accounts', (c) => c.json(books.accounts.all().map(accountAnswer)))
  app.put('/accounts/:secretKey', async (c) => {
    const change = accountSettings.partial().parse(await bodyOf(c))
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
    return c.json(accountAnswer(control.configureAccount(c.req.param('secretKey'), given)))
  })
  app.post('/accounts/:secretKey/roll-webhook-secret', async (c) => {
    const { secret, keptMs } = rollBody.parse(await bodyOf(c))
    return c.json(accountAnswer(control.rollWebhookSecret(c.req.param('secretKey'), secret, keptMs)))
  })

  app.get('/faults', (c) => c.json(books.faults.list()))
  app.post('/faults', async (c) => {
    const body = await bodyOf(c)
    for (const fault of z.array(stripeFault).parse(Array.isArray(body) ? body : [body])) control.setFault(fault)
    return c.json(books.faults.list(), 201)
  })
  app.delete('/faults', (c) => c.json({ cleared: control.clearFaults(c.req.query('account')) }))
}

function addPaymentRoutes(app: Hono, books: Books, control: StripeControl): void {
  const refOf = (c: Context) => ({ reference: c.req.param('reference') ?? '', account: c.req.query('account') })
  const answer = (c: Context) => c.json(paymentAnswer(books, control.session(refOf(c))))
  app.get('/payments', (c) => {
    const sessions = books.accounts.all().flatMap((account) => account.sessions)
    return c.json(sessions.map((session) => paymentAnswer(books, session)))
  })
  app.get('/payments/:reference', answer)
  app.post('/payments/:reference/pay', async (c) => {
    const result = control.pay(refOf(c), payBody.parse(await bodyOf(c)))
    return c.json({ result, payment: paymentAnswer(books, control.session(refOf(c))) })
  })
  app.post('/payments/:reference/decline', (c) => {
    control.decline(refOf(c))
    return answer(c)
  })
  app.post('/payments/:reference/challenge', async (c) => {
    control.answerChallenge(refOf(c), challengeBody.parse(await bodyOf(c)).passed)
    return answer(c)
  })
  app.post('/payments/:reference/begin-delayed', (c) => {
    control.beginDelayed(refOf(c))
    return answer(c)
  })
  app.post('/payments/:reference/end-delayed', async (c) => {
    control.endDelayed(refOf(c), delayedBody.parse(await bodyOf(c)).end)
    return answer(c)
  })
  app.put('/payments/:reference/refund-course', async (c) => {
    control.setRefundCourse(refOf(c), courseBody.parse(await bodyOf(c)).course)
    return answer(c)
  })
  app.post('/dashboard/refunds', async (c) => {
    const { amount: wanted, ...ref } = refundBody.parse(await bodyOf(c))
    return c.json(refundWire(control.refund(ref, wanted)), 201)
  })
  app.post('/dashboard/charges', async (c) => {
    const session = control.chargeElsewhere(elsewhereBody.parse(await bodyOf(c)))
    return c.json(paymentAnswer(books, session), 201)
  })
}

/** The JSON body; an empty one is `{}`. */
async function bodyOf(c: Context): Promise<unknown> {
  const body = await c.req.text()
  if (body === '') return {}
  try {
    return JSON.parse(body)
  } catch {
    throw new ControlError(400, 'the body is not JSON')
  }
}

/** What the API would say, and what it never tells: whose it is, and its webhooks. */
function paymentAnswer(books: Books, session: Session) {
  const account = books.accounts.all().find(({ sessions }) => sessions.includes(session))
  if (account === undefined) throw new Error('every session belongs to an account')
  const subjects = [session.id, session.intent?.id, ...account.charges.flatMap((charge) => subjectsOf(session, charge))]
  return {
    account: account.secretKey,
    session: sessionWire(books, account, session),
    payment_intent: session.intent && intentWire(account, session.intent),
    webhooks: books.outbox.entries
      .filter((entry) => entry.account === account.secretKey && subjects.includes(entry.subject))
      .map(({ id, event, status, tries, dueAt, responseCode }) => ({ id, event, status, tries, dueAt, responseCode })),
  }
}

function subjectsOf(session: Session, charge: Account['charges'][number]): string[] {
  return charge.intent.session === session ? [charge.id] : []
}

function accountAnswer({ secretKey, mode, settings, retiringSecrets }: Account) {
  return { secretKey, mode, settings, retiringSecrets }
}
