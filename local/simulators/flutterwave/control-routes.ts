/** `/_control/`: the control of the simulator as JSON over HTTP, for whoever runs it behind a port. */
import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { type Account, accountSettings, REFUND_COURSES } from './account.ts'
import type { Books } from './books.ts'
import { type Chargeback, chargebackAnswer } from './chargebacks.ts'
import { type Checkout, linkOf, whyClosed } from './checkouts.ts'
import { ControlError, type FlutterwaveControl } from './control.ts'
import { flutterwaveFault } from './faults.ts'
import { refundAnswer } from './refund-wire.ts'
import { REFUND_STATUSES, type Refund } from './refunds.ts'
import { verifiedTransaction } from './transaction-wire.ts'
import { TRANSACTION_STATUSES, type Transaction, triesOf } from './transactions.ts'

const text = z.string().min(1)
const amount = z.int().positive()
const paymentRef = { reference: text, account: text.optional() }

const payBody = z.strictObject({
  method: text.optional(),
  pin: text.optional(),
  otp: text.optional(),
  address: text.optional(),
  phone: text.optional(),
  bank_page: z.literal('yes').optional(),
  transfer: z.literal('sent').optional(),
})
const endBody = z.strictObject({ end: z.enum(['paid', 'failed']) })
const statusBody = z.strictObject({ status: z.enum(TRANSACTION_STATUSES) })
const courseBody = z.strictObject({ course: z.enum(REFUND_COURSES) })
const chargeBody = z.strictObject({
  account: text,
  amount,
  currency: z.string().length(3).optional(),
  email: z.email().optional(),
})
const refundBody = z.strictObject({ ...paymentRef, amount: amount.optional() })
const refundStatusBody = z.strictObject({
  status: z.enum(REFUND_STATUSES),
  disburseStatus: z.enum(['completed', 'failed']).nullable().default(null),
})
const chargebackBody = z.strictObject({
  ...paymentRef,
  amount: amount.exactOptional(),
  dueInMs: amount.exactOptional(),
})
const chargebackEndBody = z.strictObject({ status: z.enum(['won', 'lost']) })
const strictBody = z.strictObject({ strict: z.boolean() })

export interface ControlDeps {
  books: Books
  control: FlutterwaveControl
  deliverDueWebhooks(): Promise<number>
}

export function controlRoutes({ books, control, deliverDueWebhooks }: ControlDeps): Hono {
  const app = new Hono()
  app.onError((error, c) => {
    if (error instanceof ControlError) return c.json({ error: error.message }, error.httpStatus)
    if (error instanceof z.ZodError) return c.json({ error: z.prettifyError(error) }, 400)
    throw error
  })

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
    return c.json(accountAnswer(control.configureAccount(secretKey, accountSettings.parse({ ...settings, ...change }))))
  })

  app.get('/faults', (c) => c.json(books.faults.list()))
  app.post('/faults', async (c) => {
    const body = await bodyOf(c)
    const faults = z.array(flutterwaveFault).parse(Array.isArray(body) ? body : [body])
    for (const fault of faults) control.setFault(fault)
    return c.json(books.faults.list(), 201)
  })
  app.delete('/faults', (c) => c.json({ cleared: control.clearFaults(c.req.query('account')) }))

  app.get('/webhooks', (c) => c.json(books.outbox.entries))
  app.post('/webhooks/deliver', async (c) => c.json({ tries: await deliverDueWebhooks() }))

  addPayments(app, books, control)
  addDashboard(app, books, control)
  return app
}

function addPayments(app: Hono, books: Books, control: FlutterwaveControl): void {
  const refOf = (c: Context) => ({ reference: c.req.param('reference') ?? '', account: c.req.query('account') })
  const answer = (c: Context) => {
    const { account, checkout } = control.checkout(refOf(c))
    return c.json(paymentAnswer(books, account, checkout))
  }
  app.get('/payments', (c) => {
    const all = books.accounts.all()
    return c.json(all.flatMap((account) => account.checkouts.map((one) => paymentAnswer(books, account, one))))
  })
  app.get('/payments/:reference', answer)
  app.post('/payments/:reference/pay', async (c) => {
    const result = control.pay(refOf(c), payBody.parse(await bodyOf(c)))
    const { account, checkout } = control.checkout(refOf(c))
    return c.json({ result, payment: paymentAnswer(books, account, checkout) })
  })
  app.post('/payments/:reference/decline', (c) => {
    control.decline(refOf(c))
    return answer(c)
  })
  app.post('/payments/:reference/begin-transfer', (c) => {
    control.beginTransfer(refOf(c))
    return answer(c)
  })
  app.post('/payments/:reference/receive-transfer', (c) => {
    control.receiveTransfer(refOf(c))
    return answer(c)
  })
  app.put('/payments/:reference/refund-course', async (c) => {
    control.setRefundCourse(refOf(c), courseBody.parse(await bodyOf(c)).course)
    return answer(c)
  })

  const transaction = (c: Context, found: Transaction) => {
    const owner = ownerOf(books, ({ transactions }) => transactions.includes(found))
    return c.json(verifiedTransaction(books, owner, found))
  }
  app.post('/transactions/:id/end', async (c) => {
    const { end } = endBody.parse(await bodyOf(c))
    return transaction(c, control.end(Number(c.req.param('id')), end))
  })
  app.put('/transactions/:id/status', async (c) => {
    const { status } = statusBody.parse(await bodyOf(c))
    return transaction(c, control.setStatus(Number(c.req.param('id')), status))
  })
}

function addDashboard(app: Hono, books: Books, control: FlutterwaveControl): void {
  const refund = (found: Refund) =>
    refundAnswer(
      ownerOf(books, ({ refunds }) => refunds.includes(found)),
      found,
    )
  const chargeback = (found: Chargeback) => chargebackAnswer(found)

  app.post('/dashboard/charges', async (c) => {
    const charge = chargeBody.parse(await bodyOf(c))
    const owner = control.configureAccount(charge.account, {})
    return c.json(verifiedTransaction(books, owner, control.chargeElsewhere(charge)), 201)
  })
  app.post('/dashboard/refunds', async (c) => {
    const { amount, ...ref } = refundBody.parse(await bodyOf(c))
    return c.json(refund(control.refund(ref, amount)), 201)
  })
  app.put('/dashboard/refunds/:id', async (c) => {
    const { status, disburseStatus } = refundStatusBody.parse(await bodyOf(c))
    return c.json(refund(control.setRefundStatus(Number(c.req.param('id')), status, disburseStatus)))
  })
  app.post('/dashboard/chargebacks', async (c) => {
    const { reference, account, ...wanted } = chargebackBody.parse(await bodyOf(c))
    return c.json(chargeback(control.openChargeback({ reference, account }, wanted)), 201)
  })
  app.put('/dashboard/chargebacks/:id', async (c) => {
    const { status } = chargebackEndBody.parse(await bodyOf(c))
    return c.json(chargeback(control.endChargeback(Number(c.req.param('id')), status)))
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

function ownerOf(books: Books, owns: (account: Account) => boolean): Account {
  const owner = books.accounts.all().find(owns)
  if (owner === undefined) throw new Error('every object belongs to an account')
  return owner
}

/** The page, and what verify would say of every try under its reference. */
function paymentAnswer(books: Books, account: Account, checkout: Checkout) {
  const tries = triesOf(account, checkout.txRef)
  const ids = tries.map(({ id }) => String(id))
  const current = checkout.current
  return {
    account: account.secretKey,
    reference: checkout.txRef,
    checkoutUrl: linkOf(books, checkout),
    closed: whyClosed(books, checkout) ?? null,
    waitingFor: current?.method.steps[current.stepsDone]?.field ?? null,
    transactions: tries.map((transaction) => verifiedTransaction(books, account, transaction)),
    webhooks: books.outbox.entries
      .filter((entry) => entry.account === account.secretKey && ids.includes(entry.subject))
      .map(({ id, event, status, tries, dueAt, responseCode }) => ({ id, event, status, tries, dueAt, responseCode })),
  }
}

function accountAnswer({ secretKey, mode, id, settings }: Account) {
  return { secretKey, mode, id, settings }
}
