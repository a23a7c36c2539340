/** The hosted page behind a session's `url`: shows where the payment stands, and takes the payer's forms. */
import type { Hono } from 'hono'
import { amountText, type CheckoutStage, checkoutPage, type MethodGroup } from '../kit/checkout-page.ts'
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { wireExponent } from './currencies.ts'
import { DECLINED, PAYMENT_METHODS, type PaymentMethod } from './payment-methods.ts'
import { answerChallenge, methodsFor, pay } from './payments.ts'
import { pageUrl } from './session-wire.ts'
import type { Session } from './sessions.ts'

export function addCheckoutRoutes(app: Hono, books: Books): void {
  app.get('/c/pay/:id', async (c) => {
    const found = findSession(books, c.req.param('id'))
    if (!found) return c.text('No such payment', 404)
    return c.html(await page(books, found, stageOf(found)), 200, PAGE_HEADERS)
  })
  app.get('/c/pay/:id/left', async (c) => {
    const found = findSession(books, c.req.param('id'))
    if (!found) return c.text('No such payment', 404)
    return c.html(await page(books, found, leftStage(books, found.session)), 200, PAGE_HEADERS)
  })
  app.post('/c/pay/:id', async (c) => {
    const found = findSession(books, c.req.param('id'))
    if (!found) return c.text('No such payment', 404)
    const form = new URLSearchParams(await c.req.text())
    return c.redirect(await afterForm(books, found, form), 303)
  })
}

interface Found {
  account: Account
  session: Session
}

const PAGE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
}

function findSession(books: Books, id: string): Found | undefined {
  for (const account of books.accounts.all()) {
    const session = account.sessions.find((candidate) => candidate.id === id)
    if (session) return { account, session }
  }
  return undefined
}

/** Does what the payer pressed, and says where the browser goes. */
async function afterForm(books: Books, { account, session }: Found, form: URLSearchParams): Promise<string> {
  const own = pageUrl(books, session)
  if (form.get('act') === 'walk-away') return session.cancelUrl ?? `${own}/left`
  const challenge = form.get('challenge')
  const result =
    challenge === null
      ? pay(books, account, session, methodOf(session, form))
      : answerChallenge(books, account, session, challenge === 'pass')
  if (result.kind !== 'paid' && result.kind !== 'processing') return own
  await merchantHears(books)
  return returnUrl(session)
}

function methodOf(session: Session, form: URLSearchParams): PaymentMethod {
  const wanted = form.get('method')?.replaceAll(' ', '')
  const method = methodsFor(session).find(({ id }) => id === wanted)
  return form.get('act') === 'decline' || method === undefined ? DECLINED : method
}

/** Where the payer returns; the placeholder counts only as it is written here. */
export function returnUrl(session: Session): string {
  return session.successUrl.replaceAll('{CHECKOUT_SESSION_ID}', session.id)
}

const LONGEST_WAIT_MS = 10_000

/** Checkout waits for the merchant's answer to the events before it lets the payer go, and not for ever. */
async function merchantHears(books: Books): Promise<void> {
  const heard = new AbortController()
  const patience = books.world.sleep(LONGEST_WAIT_MS, heard.signal).catch(() => undefined)
  await Promise.race([books.outbox.deliverDue(), patience])
  heard.abort()
}

function stageOf({ account, session }: Found): CheckoutStage {
  switch (session.status) {
    case 'complete':
      return doneStage(account, session)
    case 'expired':
      return {
        kind: 'ended',
        tone: 'neutral',
        title: 'This page has expired',
        text: 'Nothing was paid. Ask the merchant for another one.',
        ...(session.cancelUrl !== null && { link: { url: session.cancelUrl, label: 'Back to the merchant' } }),
      }
    case 'open':
      return session.intent?.challenge ? CHALLENGE_STAGE : { kind: 'choose', groups: groupsFor(session) }
  }
}

function doneStage({ settings }: Account, session: Session): CheckoutStage {
  const amount = shown(session)
  const link = { url: returnUrl(session), label: `Return to ${settings.businessName}` }
  return session.paymentStatus === 'paid'
    ? {
        kind: 'ended',
        tone: 'good',
        title: 'Payment successful',
        text: `${amount} went to ${settings.businessName}.`,
        link,
      }
    : { kind: 'ended', tone: 'neutral', title: 'Payment under way', text: `${amount} has been ordered.`, link }
}

const CHALLENGE_STAGE: CheckoutStage = {
  kind: 'wait',
  title: 'Your bank asks you to confirm',
  text: 'This stands for the 3D Secure page of a bank.',
  buttons: [
    { name: 'challenge', value: 'pass', label: 'Confirm', weight: 'primary' },
    { name: 'challenge', value: 'refuse', label: 'Refuse', weight: 'danger' },
  ],
}

function leftStage(books: Books, session: Session): CheckoutStage {
  return {
    kind: 'ended',
    tone: 'neutral',
    title: 'You have left the payment',
    text: 'Nothing was paid. The page stays open until it expires.',
    link: { url: pageUrl(books, session), label: 'Back to the payment' },
  }
}

const GROUPS: readonly { type: PaymentMethod['type']; title: string }[] = [
  { type: 'card', title: 'Test card' },
  { type: 'sepa_debit', title: 'SEPA debit' },
]

function groupsFor(session: Session): MethodGroup[] {
  const groups = GROUPS.filter(({ type }) => session.methodTypes.includes(type))
  return groups.map(({ type, title }) => ({
    title,
    methods: PAYMENT_METHODS.filter((method) => method.type === type).map(({ id, hint }) => ({
      id,
      label: id.replace(/(.{4})(?=.)/g, '$1 '),
      hint,
    })),
  }))
}

function page(books: Books, { account, session }: Found, stage: CheckoutStage): Promise<string> {
  const failure = session.intent?.lastError?.failure
  return checkoutPage({
    provider: 'Stripe',
    merchant: account.settings.businessName,
    email: session.payer?.email ?? session.customerEmail ?? '',
    amount: shown(session),
    reference: session.clientReferenceId ?? session.id,
    testMode: account.mode === 'test',
    action: pageUrl(books, session),
    notice: stage.kind === 'choose' && failure ? `${failure.message} You can try again.` : undefined,
    stage,
  })
}

function shown({ amountTotal, currency }: Session): string {
  return amountText(amountTotal, currency.toUpperCase(), wireExponent(currency))
}
