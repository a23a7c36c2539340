/** Checkout Sessions: what Stripe accepts, what is kept of each, and how one ends unpaid (sheet, section 3). */
import type { RefundCourse } from '../kit/driver.ts'
import { randomText } from '../kit/world.ts'
import type { Account } from './account.ts'
import type { Books, Cause } from './books.ts'
import type { Intent } from './charges.ts'
import { requireChargeable } from './currencies.ts'
import { announce } from './events.ts'
import { newId, seconds } from './ids.ts'
import { intentWire } from './intent-wire.ts'
import { invalidRequest } from './refusal.ts'
import type { LineItemParams, SessionParams } from './session-params.ts'
import { sessionWire } from './session-wire.ts'

export interface LineItem {
  readonly id: string
  readonly priceId: string
  readonly productId: string
  readonly name: string
  readonly unitAmount: number
  readonly currency: string
  readonly quantity: number
}

export interface Session {
  readonly id: string
  /** What follows the `#` of the page's address. */
  readonly fragment: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly clientReferenceId: string | null
  readonly customerEmail: string | null
  readonly metadata: Readonly<Record<string, string>>
  readonly intentData: NonNullable<SessionParams['payment_intent_data']>
  readonly lineItems: readonly LineItem[]
  readonly successUrl: string
  readonly cancelUrl: string | null
  /** The filter as sent; null allows all. */
  readonly allowedMethodTypes: readonly string[] | null
  readonly methodTypes: readonly string[]
  readonly adaptivePricing: boolean
  readonly locale: string | null
  readonly submitType: string | null
  /** Null for a session that the API made. */
  readonly paymentLink: string | null
  amountTotal: number
  currency: string
  status: 'open' | 'complete' | 'expired'
  paymentStatus: 'unpaid' | 'paid'
  intent: Intent | null
  payer: { readonly email: string; readonly name: string } | null
  /** How its refunds go on; null leaves it to the card. */
  refundCourse: RefundCourse | null
}

const MINUTE_SECONDS = 60
const SHORTEST_SECONDS = 30 * MINUTE_SECONDS
const LONGEST_SECONDS = 24 * 60 * MINUTE_SECONDS

/** @throws Refusal */
export function createSession(books: Books, account: Account, params: SessionParams): Session {
  const [first] = params.line_items
  if (first === undefined) throw invalidRequest('A payment needs a line item', { param: 'line_items' })
  const { currency } = first.price_data
  if (params.line_items.some(({ price_data }) => price_data.currency !== currency)) {
    throw invalidRequest('All line items must be in the same currency', { param: 'line_items' })
  }
  requireChargeable(totalOf(params.line_items), currency)
  requireExpiry(params.expires_at, seconds(books.world.now()))
  return addSession(books, account, params)
}

/** Without the rules of the API: how a payment link makes its own. */
export function addSession(books: Books, account: Account, params: SessionParams, paymentLink?: string): Session {
  const { world } = books
  const createdAt = world.now()
  const expiresAt = params.expires_at ?? seconds(createdAt) + LONGEST_SECONDS
  const currency = params.line_items[0]?.price_data.currency ?? 'usd'
  const session: Session = {
    id: newId(world, `cs_${account.mode}`, 60),
    fragment: `fid${randomText(world, 40)}`,
    createdAt,
    expiresAt: new Date(expiresAt * 1000),
    clientReferenceId: params.client_reference_id ?? null,
    customerEmail: params.customer_email ?? null,
    metadata: params.metadata ?? {},
    intentData: params.payment_intent_data ?? {},
    lineItems: params.line_items.map((item) => lineItem(books, item)),
    successUrl: params.success_url,
    cancelUrl: params.cancel_url ?? null,
    allowedMethodTypes: params.allowed_payment_method_types ?? null,
    methodTypes: methodTypesFor(currency, params.allowed_payment_method_types ?? null),
    adaptivePricing: params.adaptive_pricing?.enabled ?? true,
    locale: params.locale ?? null,
    submitType: params.submit_type ?? null,
    paymentLink: paymentLink ?? null,
    amountTotal: totalOf(params.line_items),
    currency,
    status: 'open',
    paymentStatus: 'unpaid',
    intent: null,
    payer: null,
    refundCourse: null,
  }
  account.sessions.push(session)
  books.agenda.schedule(session.expiresAt, (at) => {
    if (session.status === 'open') endUnpaid(books, account, session, at, null)
  })
  return session
}

/** `POST …/{id}/expire`. @throws Refusal unless the session is open */
export function expireSession(books: Books, account: Account, session: Session, cause: Cause): void {
  if (session.status !== 'open') {
    const message =
      'Only Checkout Sessions with a status in ["open"] can be expired. ' +
      `This Checkout Session has a status of \`${session.status}\`.`
    throw invalidRequest(message)
  }
  endUnpaid(books, account, session, books.world.now(), cause)
}

function endUnpaid(books: Books, account: Account, session: Session, at: Date, cause: Cause): void {
  session.status = 'expired'
  const { intent } = session
  if (intent !== null && account.settings.expiryCancelsIntent) {
    const { status } = intent
    intent.status = 'canceled'
    intent.canceledAt = at
    intent.cancellationReason = 'expired'
    intent.challenge = null
    const previous = { status, canceled_at: null, cancellation_reason: null }
    announce(books, account, 'payment_intent.canceled', intentWire(account, intent), { at, cause, previous })
  }
  announce(books, account, 'checkout.session.expired', sessionWire(books, account, session), { at, cause })
}

function lineItem(books: Books, { price_data, quantity }: LineItemParams): LineItem {
  return {
    id: newId(books.world, 'li'),
    priceId: newId(books.world, 'price'),
    productId: newId(books.world, 'prod', 14),
    name: price_data.product_data.name,
    unitAmount: price_data.unit_amount,
    currency: price_data.currency,
    quantity,
  }
}

function totalOf(items: readonly LineItemParams[]): number {
  return items.reduce((sum, { price_data, quantity }) => sum + price_data.unit_amount * quantity, 0)
}

/** Computed from the currency; SEPA debits are in euros only. @throws Refusal when the filter leaves nothing */
function methodTypesFor(currency: string, allowed: readonly string[] | null): string[] {
  const types = currency === 'eur' ? ['card', 'sepa_debit'] : ['card']
  const left = types.filter((type) => allowed === null || allowed.includes(type))
  if (left.length > 0) return left
  const message = `None of the allowed payment method types can take a payment in ${currency}`
  throw invalidRequest(message, { param: 'allowed_payment_method_types' })
}

/** @throws Refusal */
function requireExpiry(expiresAt: number | undefined, now: number): void {
  if (expiresAt === undefined) return
  const text =
    expiresAt < now + SHORTEST_SECONDS
      ? 'at least 30 minutes from Checkout Session creation'
      : expiresAt > now + LONGEST_SECONDS
        ? 'less than 24 hours from Checkout Session creation'
        : undefined
  if (text !== undefined) throw invalidRequest(`The \`expires_at\` timestamp must be ${text}.`)
}
