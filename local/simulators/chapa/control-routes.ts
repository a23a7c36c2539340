/** `/_control/`: the control of the simulator as JSON over HTTP, for whoever runs it behind a port. */
import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { type Account, accountSettings } from './account.ts'
import type { Books } from './books.ts'
import { pageUrl } from './checkout.ts'
import { type ChapaControl, ControlError } from './control.ts'
import { chapaFault } from './faults.ts'
import { CURRENCIES } from './money.ts'
import type { Payment } from './payment.ts'
import { verifiedPayment } from './payment-wire.ts'
import { refundAnswer } from './refund-wire.ts'

const text = z.string().min(1)
const cents = z.int().positive()

const payBody = z.strictObject({
  method: text.optional(),
  number: text.optional(),
  otp: text.optional(),
  expiry: text.optional(),
  cvv: text.optional(),
})
const chargeBody = z.strictObject({ account: text, amount: cents, currency: z.enum(CURRENCIES).default('ETB') })
const refundBody = z.strictObject({ reference: text, account: text.optional(), amount: cents.optional() })
const reversalBody = z.strictObject({ reference: text, account: text.optional() })
const forgeryBody = z.strictObject({ account: text, body: text })
const strictBody = z.strictObject({ strict: z.boolean() })

export interface ControlDeps {
  books: Books
  control: ChapaControl
  deliverDueWebhooks(): Promise<number>
}

export function controlRoutes({ books, control, deliverDueWebhooks }: ControlDeps): Hono {
  const app = new Hono()
  app.onError((error, c) => {
    if (error instanceof ControlError) return c.json({ error: error.message }, error.httpStatus)
    if (error instanceof z.ZodError) return c.json({ error: z.prettifyError(error) }, 400)
    throw error
  })
  addAccounts(app, books, control)
  addPayments(app, books, control)
  addDashboard(app, books, control)

  app.get('/faults', (c) => c.json(books.faults.list()))
  app.post('/faults', async (c) => {
    const body = await bodyOf(c)
    const faults = z.array(chapaFault).parse(Array.isArray(body) ? body : [body])
    for (const fault of faults) control.setFault(fault)
    return c.json(books.faults.list(), 201)
  })
  app.delete('/faults', (c) => c.json({ cleared: control.clearFaults(c.req.query('account')) }))

  app.get('/webhooks', (c) => c.json(books.outbox.entries))
  app.post('/webhooks/deliver', async (c) => c.json({ tries: await deliverDueWebhooks() }))
  app.post('/webhooks/forge', async (c) => {
    const { account, body } = forgeryBody.parse(await bodyOf(c))
    return c.json({ answered: await control.forgeWebhook(account, body) })
  })
  return app
}

function addAccounts(app: Hono, books: Books, control: ChapaControl): void {
  app.get('/accounts', (c) => c.json(books.accounts.all().map(accountAnswer)))
  app.put('/accounts', async (c) => {
    const { strict } = strictBody.parse(await bodyOf(c))
    control.setStrictAccounts(strict)
    return c.json({ strict })
  })
  app.put('/accounts/:secretKey', async (c) => {
    const secretKey = c.req.param('secretKey')
    const change = z.record(z.string(), z.unknown()).parse(await bodyOf(c))
    const { settings } = control.configureAccount(secretKey, {})
    const changed = control.configureAccount(secretKey, accountSettings.parse({ ...settings, ...change }))
    return c.json(accountAnswer(changed))
  })
}

function addPayments(app: Hono, books: Books, control: ChapaControl): void {
  const refOf = (c: Context) => ({ reference: c.req.param('reference') ?? '', account: c.req.query('account') })
  const answerOf = (c: Context) => {
    const { account, payment } = control.find(refOf(c))
    return paymentAnswer(books, account, payment)
  }
  app.get('/payments', (c) =>
    c.json(
      books.accounts.all().flatMap((account) => account.payments.map((row) => paymentAnswer(books, account, row))),
    ),
  )
  app.get('/payments/:reference', (c) => c.json(answerOf(c)))
  app.post('/payments/:reference/pay', async (c) => {
    const body = await bodyOf(c)
    const result = control.pay(refOf(c), body === undefined ? undefined : payBody.parse(body))
    return c.json({ result, payment: answerOf(c) })
  })
  app.post('/payments/:reference/decline', (c) => {
    const result = control.decline(refOf(c))
    return c.json({ result, payment: answerOf(c) })
  })
  app.post('/payments/:reference/walk-away', (c) => {
    control.leave(refOf(c))
    return c.json(answerOf(c))
  })
}

function addDashboard(app: Hono, books: Books, control: ChapaControl): void {
  app.post('/dashboard/charges', async (c) => {
    const charge = chargeBody.parse(await bodyOf(c))
    const payment = control.chargeElsewhere(charge)
    return c.json(paymentAnswer(books, control.find({ reference: payment.txRef, ...charge }).account, payment), 201)
  })
  app.post('/dashboard/refunds', async (c) => {
    const { amount, ...ref } = refundBody.parse(await bodyOf(c))
    return c.json(refundAnswer('page', control.refund(ref, amount)), 201)
  })
  app.post('/dashboard/reversals', async (c) => {
    const ref = reversalBody.parse(await bodyOf(c))
    control.reverse(ref)
    const { account, payment } = control.find(ref)
    return c.json(paymentAnswer(books, account, payment), 201)
  })
}

/** The JSON body; undefined where there is none. */
async function bodyOf(c: Context): Promise<unknown> {
  const body = await c.req.text()
  if (body === '') return undefined
  try {
    return JSON.parse(body)
  } catch {
    throw new ControlError(400, 'the body is not JSON')
  }
}

/** What verify would say, and what it never tells: the page, the cancellation and the webhooks. */
function paymentAnswer(books: Books, account: Account, payment: Payment) {
  return {
    account: account.secretKey,
    checkoutUrl: pageUrl(books, payment),
    waitingFor: payment.progress?.method.steps[payment.progress.stepsDone]?.field ?? null,
    isCancelled: payment.cancelledAt !== null,
    payment: verifiedPayment(account.mode, payment, 'measured'),
    webhooks: books.outbox.entries
      .filter((entry) => entry.account === account.secretKey && entry.subject === payment.txRef)
      .map(({ id, event, status, tries, dueAt, responseCode }) => ({ id, event, status, tries, dueAt, responseCode })),
  }
}

function accountAnswer({ secretKey, mode, settings }: Account) {
  return { secretKey, mode, settings }
}
