/** The hosted page behind a link: takes the payer's forms, and sends the browser back to the merchant (sheet, section 3). */
import type { Hono } from 'hono'
import { checkoutPage } from '../kit/checkout-page.ts'
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { type Checkout, isPaid, linkOf, whyClosed } from './checkouts.ts'
import { leftStage, shown, stageOf } from './page-stages.ts'
import { decline, lastTry, type PaymentInput, pay } from './payments.ts'

const PATH = '/v3/hosted/pay/:token'

export function addPageRoutes(app: Hono, books: Books): void {
  app.get(PATH, async (c) => {
    const found = findByToken(books, c.req.param('token'))
    return found ? c.html(await page(books, found), 200, PAGE_HEADERS) : c.text('No such payment', 404)
  })

  app.get(`${PATH}/left`, async (c) => {
    const found = findByToken(books, c.req.param('token'))
    return found ? c.html(await page(books, found, 'left'), 200, PAGE_HEADERS) : c.text('No such payment', 404)
  })

  app.post(PATH, async (c) => {
    const found = findByToken(books, c.req.param('token'))
    if (!found) return c.text('No such payment', 404)
    const form = new URLSearchParams(await c.req.text())
    return c.redirect(afterForm(books, found, form), 303)
  })
}

interface Found {
  account: Account
  checkout: Checkout
}

const PAGE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
}

function findByToken(books: Books, token: string): Found | undefined {
  for (const account of books.accounts.all()) {
    const checkout = account.checkouts.find((candidate) => candidate.token === token)
    if (checkout) return { account, checkout }
  }
  return undefined
}

/** Does what the payer pressed, and says where the browser goes. */
function afterForm(books: Books, { account, checkout }: Found, form: URLSearchParams): string {
  const own = linkOf(books, checkout)
  const act = form.get('act')
  if (act === 'walk-away') return closedUrl(checkout) ?? `${own}/left`
  if (act === 'decline') decline(books, account, checkout)
  else pay(books, account, checkout, inputOf(form))
  return returnUrl(books, account, checkout) ?? own
}

function inputOf(form: URLSearchParams): PaymentInput {
  const text = (name: string) => form.get(name)?.trim()
  return {
    method: text('method'),
    pin: text('pin'),
    otp: text('otp'),
    address: text('address'),
    phone: text('phone')?.replaceAll(' ', ''),
    bank_page: text('bank_page'),
    transfer: text('transfer'),
  }
}

/** Where the browser goes once the page has ended, well or not; null while it is open, and without a redirect URL. */
export function returnUrl(books: Books, account: Account, checkout: Checkout): string | null {
  const paid = isPaid(account, checkout)
  if (!paid && (whyClosed(books, checkout) === undefined || checkout.current !== null)) return null
  const last = paid
    ? account.transactions.find((one) => one.checkout === checkout && one.status === 'successful')
    : lastTry(account, checkout)
  const status = paid ? account.settings.successRedirect : 'failed'
  return redirect(checkout, { status, tx_ref: checkout.txRef, ...(last && { transaction_id: String(last.id) }) })
}

/** A payer who closes the page: whatever is under way goes on, and no transaction is named. */
export function closedUrl(checkout: Checkout): string | null {
  return redirect(checkout, { status: 'cancelled', tx_ref: checkout.txRef })
}

function redirect({ redirectUrl }: Checkout, query: Record<string, string>): string | null {
  if (redirectUrl === null) return null
  const [address = '', fragment] = redirectUrl.split('#', 2)
  const joint = address.includes('?') ? (/[?&]$/.test(address) ? '' : '&') : '?'
  return `${address}${joint}${new URLSearchParams(query)}${fragment === undefined ? '' : `#${fragment}`}`
}

function page(books: Books, { account, checkout }: Found, left?: 'left'): Promise<string> {
  const own = linkOf(books, checkout)
  const back = returnUrl(books, account, checkout)
  const stage = left ? leftStage(own) : stageOf(books, account, checkout, back)
  const last = lastTry(account, checkout)
  const says = last?.status === 'failed' && stage.kind !== 'ended' ? last.processorResponse : null
  return checkoutPage({
    provider: 'Flutterwave',
    merchant: checkout.title ?? account.settings.businessName,
    email: checkout.customer.email,
    amount: shown(checkout.amount, checkout.currency),
    reference: checkout.txRef,
    testMode: account.mode === 'test',
    action: own,
    notice: says === null ? undefined : `${says}. You can try again.`,
    stage,
  })
}
