/** The hosted page behind `checkout_url`: shows where a payment stands, and takes the payer's forms. */
import type { Hono } from 'hono'
import { amountText, type CheckoutStage, checkoutPage, type MethodGroup } from '../kit/checkout-page.ts'
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { decline, leave, type PaymentInput, pay, returnUrl, whyBarred } from './payer.ts'
import { isPaid, type Payment } from './payment.ts'
import { PAYMENT_METHODS, type PaymentMethod, type Step, type StepField } from './payment-methods.ts'

interface Found {
  account: Account
  payment: Payment
}

export function addCheckoutRoutes(app: Hono, books: Books): void {
  const path = '/checkout/payment/:token'
  app.get(path, async (c) => {
    const found = findByToken(books, c.req.param('token'))
    if (!found) return c.text('No such payment', 404)
    return c.html(await page(books, found, stageOf(books, found)), 200, PAGE_HEADERS)
  })
  app.get(`${path}/left`, async (c) => {
    const found = findByToken(books, c.req.param('token'))
    if (!found) return c.text('No such payment', 404)
    return c.html(await page(books, found, leftStage(books, found.payment)), 200, PAGE_HEADERS)
  })
  app.post(path, async (c) => {
    const found = findByToken(books, c.req.param('token'))
    if (!found) return c.text('No such payment', 404)
    const form = new URLSearchParams(await c.req.text())
    return c.redirect(afterForm(books, found, form), 303)
  })
}

const PAGE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
}

function findByToken(books: Books, token: string): Found | undefined {
  for (const account of books.accounts.all()) {
    const payment = account.payments.find((candidate) => candidate.token === token)
    if (payment) return { account, payment }
  }
  return undefined
}

/** Does what the payer pressed, and says where the browser goes. */
function afterForm(books: Books, { account, payment }: Found, form: URLSearchParams): string {
  const own = pageUrl(books, payment)
  const act = form.get('act')
  if (act === 'walk-away') {
    leave(books, payment)
    return `${own}/left`
  }
  if (act === 'decline') decline(books, account, payment)
  else pay(books, account, payment, inputOf(form))
  return isPaid(payment) ? (returnUrl(payment) ?? own) : own
}

function inputOf(form: URLSearchParams): PaymentInput {
  const text = (name: string) => form.get(name)?.trim()
  return {
    method: text('method'),
    number: text('number')?.replaceAll(' ', ''),
    otp: text('otp'),
    expiry: text('expiry'),
    cvv: text('cvv'),
  }
}

function stageOf(books: Books, { account, payment }: Found): CheckoutStage {
  if (isPaid(payment)) return paidStage(account, payment)
  const barred = whyBarred(books, account, payment)
  if (barred !== undefined) return { kind: 'ended', tone: 'neutral', title: 'This page is closed', text: barred }
  const step = payment.progress?.method.steps[payment.progress.stepsDone]
  return step === undefined ? { kind: 'choose', groups: GROUPS } : askStage(step)
}

function paidStage({ settings }: Account, payment: Payment): CheckoutStage {
  const url = returnUrl(payment)
  return {
    kind: 'ended',
    tone: 'good',
    title: 'Payment successful',
    text: `${shown(payment)} went to ${settings.businessName}.`,
    ...(url !== null && { link: { url, label: `Return to ${settings.businessName}` } }),
  }
}

function leftStage(books: Books, payment: Payment): CheckoutStage {
  return {
    kind: 'ended',
    tone: 'neutral',
    title: 'You have left the payment',
    text: 'Nothing was paid. The page stays open until the merchant closes it.',
    link: { url: pageUrl(books, payment), label: 'Back to the payment' },
  }
}

const ASKED: Readonly<Record<StepField, { title: string; label: string }>> = {
  number: { title: 'Enter the number', label: 'Number of the phone or card' },
  otp: { title: 'Enter the code', label: 'One-time code' },
  expiry: { title: 'Enter the expiry', label: 'Month and year' },
  cvv: { title: 'Enter the CVV', label: 'CVV' },
}

function askStage({ field, accepts }: Step): CheckoutStage {
  const hint = `${accepts.join(', ')} ${accepts.length === 1 ? 'passes' : 'pass'}. Anything else fails.`
  return { kind: 'ask', field, ...ASKED[field], hint, numeric: field !== 'expiry' }
}

const methodsOf = (kind: PaymentMethod['kind']) => PAYMENT_METHODS.filter((method) => method.kind === kind)

const GROUPS: readonly MethodGroup[] = [
  { title: 'Wallet', methods: methodsOf('wallet') },
  { title: 'Test card', methods: methodsOf('card') },
]

function page(books: Books, { account, payment }: Found, stage: CheckoutStage): Promise<string> {
  const last = payment.log.at(-1)
  return checkoutPage({
    provider: 'Chapa',
    merchant: account.settings.businessName,
    email: payment.email ?? '',
    amount: shown(payment),
    reference: payment.txRef,
    testMode: account.mode === 'test',
    action: pageUrl(books, payment),
    notice: last?.type === 'error' && stage.kind !== 'ended' ? `${last.message}. You can try again.` : undefined,
    stage,
  })
}

export function pageUrl(books: Books, payment: Payment): string {
  return `${books.baseUrl}/checkout/payment/${payment.token}`
}

function shown({ amount, currency }: Payment): string {
  return amountText(amount, currency, 2)
}
