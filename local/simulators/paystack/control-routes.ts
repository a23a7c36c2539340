/** `/_control/`: the control of the simulator as JSON over HTTP, for whoever runs it behind a port. */
import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { type Account, accountSettings } from './account.ts'
import type { Books } from './books.ts'
import { ControlError, type PaystackControl } from './control.ts'
import { fetchedDispute } from './dispute-wire.ts'
import { createPaystackFaultBoard, paystackFault } from './faults.ts'
import { refundAnswer } from './refund-wire.ts'
import { settlementAnswer } from './settlements.ts'
import { verifiedTransaction } from './transaction-wire.ts'
import type { Transaction } from './transactions.ts'

const text = z.string().min(1)
const amount = z.int().positive()

/** A payment named in a body, as the Dashboard's acts do. */
const paymentRef = { reference: text, account: text.optional() }

const payBody = z.strictObject({
  method: text.optional(),
  pin: text.optional(),
  otp: text.optional(),
  phone: text.optional(),
  birthday: text.optional(),
  bank_page: z.literal('yes').optional(),
  approval: z.literal('yes').optional(),
  transfer: text.optional(),
})
const declineBody = z.strictObject({ status: z.enum(['abandoned', 'failed']).optional() })
const chargeBody = z.strictObject({
  account: text,
  amount,
  currency: z.string().length(3).optional(),
  email: z.email().optional(),
  reference: text.optional(),
})
const refundBody = z.strictObject({ ...paymentRef, amount: amount.optional() })
const refundCourseBody = z.strictObject({
  course: z.enum(['processed', 'failed', 'needs-attention', 'stays-pending']),
})
const disputeBody = z.strictObject({
  ...paymentRef,
  refundAmount: amount.exactOptional(),
  category: text.exactOptional(),
  dueInMs: amount.exactOptional(),
})
const resolutionBody = z.strictObject({ resolution: z.enum(['merchant-accepted', 'declined']) })
const settlementBody = z.strictObject({ account: text, currency: z.string().length(3) })
const strictBody = z.strictObject({ strict: z.boolean() })

export interface ControlDeps {
  books: Books
  control: PaystackControl
  deliverDueWebhooks(): Promise<number>
}

export function controlRoutes({ books: everything, control, deliverDueWebhooks }: ControlDeps): Hono {
  // A look from here must not use up a fault that is meant for the merchant.
  const books: Books = { ...everything, faults: createPaystackFaultBoard() }
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
    const changed = control.configureAccount(secretKey, accountSettings.parse({ ...settings, ...change }))
    return c.json(accountAnswer(changed))
  })

  app.get('/faults', (c) => c.json(everything.faults.list()))
  app.post('/faults', async (c) => {
    const body = await bodyOf(c)
    const faults = z.array(paystackFault).parse(Array.isArray(body) ? body : [body])
    for (const fault of faults) control.setFault(fault)
    return c.json(everything.faults.list(), 201)
  })
  app.delete('/faults', (c) => c.json({ cleared: control.clearFaults(c.req.query('account')) }))

  const refOf = (c: Context) => ({ reference: c.req.param('reference') ?? '', account: c.req.query('account') })
  const answer = (c: Context) => c.json(paymentAnswer(books, control.payment(refOf(c))))
  app.get('/payments', (c) => {
    const all = books.accounts.all().flatMap((account) => account.transactions)
    return c.json(all.map((transaction) => paymentAnswer(books, transaction)))
  })
  app.get('/payments/:reference', answer)
  app.post('/payments/:reference/pay', async (c) => {
    const result = control.pay(refOf(c), payBody.parse(await bodyOf(c)))
    return c.json({ result, payment: paymentAnswer(books, control.payment(refOf(c))) })
  })
  app.post('/payments/:reference/decline', async (c) => {
    control.decline(refOf(c), declineBody.parse(await bodyOf(c)).status)
    return answer(c)
  })
  app.post('/payments/:reference/walk-away', (c) => {
    control.walkAway(refOf(c))
    return answer(c)
  })

  app.post('/payments/:reference/refund-course', async (c) => {
    control.setRefundCourse(refOf(c), refundCourseBody.parse(await bodyOf(c)).course)
    return answer(c)
  })

  app.get('/webhooks', (c) => c.json(books.outbox.entries))
  app.post('/webhooks/deliver', async (c) => c.json({ tries: await deliverDueWebhooks() }))

  addDashboard(app, books, control)
  return app
}

function addDashboard(app: Hono, books: Books, control: PaystackControl): void {
  app.post('/dashboard/charges', async (c) => {
    const transaction = control.chargeElsewhere(chargeBody.parse(await bodyOf(c)))
    return c.json(paymentAnswer(books, transaction), 201)
  })
  app.post('/dashboard/refunds', async (c) => {
    const { amount, ...ref } = refundBody.parse(await bodyOf(c))
    const refund = control.refund(ref, amount)
    return c.json(refundAnswer(ownerOf(books, refund.transaction), refund, 'fetched'), 201)
  })
  app.post('/dashboard/disputes', async (c) => {
    const { reference, account, ...wanted } = disputeBody.parse(await bodyOf(c))
    const dispute = control.openDispute({ reference, account }, wanted)
    return c.json(fetchedDispute(books, ownerOf(books, dispute.transaction), dispute), 201)
  })
  app.post('/dashboard/disputes/:id/resolve', async (c) => {
    const { resolution } = resolutionBody.parse(await bodyOf(c))
    const dispute = control.resolveDispute(Number(c.req.param('id')), resolution)
    return c.json(fetchedDispute(books, ownerOf(books, dispute.transaction), dispute))
  })
  app.post('/dashboard/settlements', async (c) => {
    const { account, currency } = settlementBody.parse(await bodyOf(c))
    const settlement = control.settle(account, currency)
    return c.json(settlementAnswer(control.configureAccount(account, {}), settlement), 201)
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

function ownerOf(books: Books, transaction: Transaction): Account {
  const owner = books.accounts.all().find((account) => account.transactions.includes(transaction))
  if (owner === undefined) throw new Error('every transaction belongs to an account')
  return owner
}

/** What verify would say, and what it never tells: the page and the webhooks. */
function paymentAnswer(books: Books, transaction: Transaction) {
  const account = ownerOf(books, transaction)
  return {
    account: account.secretKey,
    checkoutUrl: `${books.baseUrl}/checkout/${transaction.accessCode}`,
    waitingFor: transaction.progress?.method.steps[transaction.progress.stepsDone]?.field ?? null,
    transaction: verifiedTransaction(books, account, transaction),
    webhooks: books.outbox.entries
      .filter((entry) => entry.account === account.secretKey && entry.subject === String(transaction.id))
      .map(({ id, event, status, tries, dueAt, responseCode }) => ({ id, event, status, tries, dueAt, responseCode })),
  }
}

function accountAnswer({ secretKey, domain, integration, settings }: Account) {
  return { secretKey, domain, integration, settings }
}
