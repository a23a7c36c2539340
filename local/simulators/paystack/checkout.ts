/** The hosted page behind `authorization_url`: shows where a payment stands, and takes the payer's forms. */
import type { Hono } from 'hono'
import { amountText, type CheckoutStage, checkoutPage, type MethodGroup } from '../kit/checkout-page.ts'
import { type Account, subunitsPerMinorUnit } from './account.ts'
import type { Books } from './books.ts'
import type { PaymentMethod, Step } from './payment-methods.ts'
import { decline, isPaid, methodsFor, type PaymentInput, pay, returnUrl, walkAway, whyBarred } from './payments.ts'
import type { Transaction } from './transactions.ts'

export function addCheckoutRoutes(app: Hono, books: Books): void {
  app.get('/checkout/:accessCode', async (c) => {
    const found = findByAccessCode(books, c.req.param('accessCode'))
    if (!found) return c.text('No such payment', 404)
    const stage = stageOf(books, found.account, found.transaction)
    return c.html(await page(books, found, stage), 200, PAGE_HEADERS)
  })

  app.get('/checkout/:accessCode/left', async (c) => {
    const found = findByAccessCode(books, c.req.param('accessCode'))
    if (!found) return c.text('No such payment', 404)
    return c.html(await page(books, found, leftStage(books, found.transaction)), 200, PAGE_HEADERS)
  })

  app.post('/checkout/:accessCode', async (c) => {
    const found = findByAccessCode(books, c.req.param('accessCode'))
    if (!found) return c.text('No such payment', 404)
    const form = new URLSearchParams(await c.req.text())
    return c.redirect(afterForm(books, found, form), 303)
  })
}

interface Found {
  account: Account
  transaction: Transaction
}

const PAGE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
}

function findByAccessCode(books: Books, accessCode: string): Found | undefined {
  for (const account of books.accounts.all()) {
    const transaction = account.transactions.find((candidate) => candidate.accessCode === accessCode)
    if (transaction) return { account, transaction }
  }
  return undefined
}

/** Does what the payer pressed, and says where the browser goes. */
function afterForm(books: Books, { account, transaction }: Found, form: URLSearchParams): string {
  const own = pageUrl(books, transaction)
  const act = form.get('act')
  if (act === 'walk-away') return walkAway(books, transaction) ?? `${own}/left`
  if (act === 'decline') decline(books, transaction)
  else pay(books, account, transaction, inputOf(form))
  return isPaid(transaction) ? (returnUrl(transaction) ?? own) : own
}

function inputOf(form: URLSearchParams): PaymentInput {
  const text = (name: string) => form.get(name)?.trim()
  return {
    method: text('method'),
    pin: text('pin'),
    otp: text('otp'),
    phone: text('phone')?.replaceAll(' ', ''),
    birthday: text('birthday'),
    bank_page: text('bank_page'),
    approval: text('approval'),
    transfer: text('transfer'),
  }
}

function stageOf(books: Books, account: Account, transaction: Transaction): CheckoutStage {
  if (isPaid(transaction)) return paidStage(account, transaction)
  const barred = whyBarred(books, account, transaction)
  if (barred !== undefined) return { kind: 'ended', tone: 'neutral', title: 'This page is closed', text: barred }
  const step = transaction.progress?.method.steps[transaction.progress.stepsDone]
  return step === undefined ? { kind: 'choose', groups: groupsFor(transaction) } : stepStage(transaction, step)
}

function paidStage(account: Account, transaction: Transaction): CheckoutStage {
  const url = returnUrl(transaction)
  return {
    kind: 'ended',
    tone: 'good',
    title: 'Payment successful',
    text: `${shown(transaction.amount, transaction.currency)} went to ${account.settings.businessName}.`,
    ...(url !== null && { link: { url, label: `Return to ${account.settings.businessName}` } }),
  }
}

function leftStage(books: Books, transaction: Transaction): CheckoutStage {
  return {
    kind: 'ended',
    tone: 'neutral',
    title: 'You have left the payment',
    text: 'Nothing was paid. The page stays open for as long as the merchant allows.',
    link: { url: pageUrl(books, transaction), label: 'Back to the payment' },
  }
}

function stepStage(transaction: Transaction, step: Step): CheckoutStage {
  switch (step.field) {
    case 'pin':
      return ask(
        step.field,
        'Enter your card PIN',
        'PIN',
        `The test PIN is ${step.accepts}. Any other one fails.`,
        true,
      )
    case 'otp':
      return ask(
        step.field,
        'Enter the code',
        'One-time code',
        `The test code is ${step.accepts}. Any other one fails.`,
        true,
      )
    case 'phone':
      return ask(
        step.field,
        'Enter your phone number',
        'Phone number',
        'Any number of ten digits or more passes.',
        true,
      )
    case 'birthday':
      return ask(step.field, 'Enter your birthday', 'Birthday', `The test birthday is ${step.accepts}.`, false)
    case 'bank_page':
      return {
        kind: 'wait',
        title: 'Your bank asks you to confirm',
        text: 'This stands for the page of a bank.',
        buttons: [button('bank_page', 'yes', 'Confirm at the bank'), DECLINE],
      }
    case 'approval':
      return {
        kind: 'wait',
        title: 'Waiting for your phone',
        text: 'Approve the prompt on the phone. Until then the payment stays pending.',
        buttons: [button('approval', 'yes', 'Approve on the phone'), DECLINE],
      }
    case 'transfer':
      return {
        kind: 'wait',
        title: 'Transfer the exact amount',
        text: `Send ${shown(transaction.requestedAmount, transaction.currency)} to account 0123456789 at Test Bank.`,
        buttons: [
          button('transfer', 'exact', 'I have sent the money'),
          {
            name: 'transfer',
            value: String(transaction.requestedAmount + 100),
            label: 'Send too much',
            weight: 'plain',
          },
        ],
      }
  }
}

const DECLINE = { name: 'act', value: 'decline', label: 'Decline', weight: 'danger' } as const

function button(name: string, value: string, label: string) {
  return { name, value, label, weight: 'primary' } as const
}

function ask(field: string, title: string, label: string, hint: string, numeric: boolean): CheckoutStage {
  return { kind: 'ask', title, field, label, hint, numeric }
}

const CHANNEL_TITLES: Record<PaymentMethod['channel'], string> = {
  card: 'Test card',
  bank_transfer: 'Bank transfer',
  mobile_money: 'Mobile money',
  ussd: 'USSD',
  bank: 'Bank account',
  eft: 'Instant EFT',
}

function groupsFor(transaction: Transaction): MethodGroup[] {
  const methods = methodsFor(transaction)
  return [...new Set(methods.map((method) => method.channel))].map((channel) => ({
    title: CHANNEL_TITLES[channel],
    methods: methods.filter((method) => method.channel === channel),
  }))
}

function page(books: Books, { account, transaction }: Found, stage: CheckoutStage): Promise<string> {
  const last = transaction.log?.history.at(-1)
  return checkoutPage({
    provider: 'Paystack',
    merchant: account.settings.businessName,
    email: transaction.customer.email,
    amount: shown(isPaid(transaction) ? transaction.amount : transaction.requestedAmount, transaction.currency),
    reference: transaction.reference,
    testMode: account.domain === 'test',
    action: pageUrl(books, transaction),
    notice: last?.type === 'error' && stage.kind !== 'ended' ? `${last.message}. You can try again.` : undefined,
    stage,
  })
}

function pageUrl(books: Books, transaction: Transaction): string {
  return `${books.baseUrl}/checkout/${transaction.accessCode}`
}

/** XOF has no decimals in the payer's eyes, though Paystack counts it in hundredths. */
function shown(amount: number, currency: string): string {
  const unit = subunitsPerMinorUnit(currency)
  return amountText(Math.floor(amount / unit), currency, unit === 1 ? 2 : 0)
}
