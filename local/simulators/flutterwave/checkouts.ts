/** Hosted pages: what `POST /payments` accepts, what is kept of each, and how one ends (sheet, section 3). */
import { randomText } from '../kit/world.ts'
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { countField, type Fields, isFields, textField } from './call.ts'
import { CURRENCIES, readMajor } from './money.ts'
import { PAYMENT_METHODS, type PaymentMethod } from './payment-methods.ts'
import { invalid, linkInactive, notApproved, Refusal, required } from './refusal.ts'
import { type Customer, customerOf, type Transaction } from './transactions.ts'

export interface Checkout {
  /** Names the page. */
  readonly token: string
  readonly txRef: string
  /** Minor units asked of the payer. */
  readonly amount: number
  readonly currency: string
  readonly customer: Customer
  readonly redirectUrl: string | null
  readonly meta: Fields | null
  readonly title: string | null
  /** Words of `payment_options`; null allows every method. */
  readonly options: readonly string[] | null
  readonly sessionEndsAt: Date
  readonly maxRetries: number
  /** Failed tries on this page. */
  failures: number
  disabled: boolean
  /** The try that waits for the payer. */
  current: Transaction | null
}

/** Those of the reference, where the request names none. */
const SESSION_MINUTES = 30
const SESSION_MINUTES_MAX = 1440
const RETRIES = 5

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
const REFERENCE_MAX = 100

/** `POST /payments`: a new page per call, also for a reference that has one. */
export function createCheckout(books: Books, account: Account, fields: Fields): Checkout | Refusal {
  if (!account.settings.approved) return notApproved()
  const txRef = textField(fields, 'tx_ref')
  if (txRef === undefined) return required('tx_ref')
  if (txRef.length > REFERENCE_MAX) return invalid(`tx_ref must not be longer than ${REFERENCE_MAX} characters`)
  // Without a word, as Flutterwave does it.
  const currency = textField(fields, 'currency') ?? 'NGN'
  if (!takes(account, currency)) return invalid(`currency ${currency} is not enabled on this account`)
  if (fields.amount === undefined || fields.amount === null || fields.amount === '') return required('amount')
  const amount = readMajor(fields.amount, currency)
  if (amount === undefined) return invalid('amount is invalid')
  const customer = isFields(fields.customer) ? fields.customer : {}
  const email = textField(customer, 'email')
  if (email === undefined) return required('customer email')
  if (!EMAIL.test(email)) return invalid('customer email is invalid')
  const redirectUrl = textField(fields, 'redirect_url') ?? null
  if (redirectUrl !== null && !isWebUrl(redirectUrl)) return invalid('redirect_url must be a valid url')
  const session = readSession(fields)
  if (session instanceof Refusal) return session
  if (account.settings.refuseUsedReferences && account.checkouts.some((known) => known.txRef === txRef)) {
    return invalid('Transaction reference already exists')
  }
  const checkout: Checkout = {
    token: account.mode === 'test' ? randomText(books.world, 20, HEX) : `flwlnk-${randomText(books.world, 26)}`,
    ...{ txRef, amount, currency, redirectUrl },
    customer: customerOf(books, account, {
      email,
      name: textField(customer, 'name'),
      phone: textField(customer, 'phonenumber') ?? textField(customer, 'phone_number'),
    }),
    meta: isFields(fields.meta) ? fields.meta : null,
    title: isFields(fields.customizations) ? (textField(fields.customizations, 'title') ?? null) : null,
    options: textField(fields, 'payment_options')?.split(/[,\s]+/) ?? null,
    sessionEndsAt: new Date(books.world.now().getTime() + session.minutes * 60_000),
    maxRetries: session.retries,
    failures: 0,
    disabled: false,
    current: null,
  }
  account.checkouts.push(checkout)
  return checkout
}

const HEX = '0123456789abcdef'

/** The tutorial spells the field one way, the reference the other. */
function readSession(fields: Fields): { minutes: number; retries: number } | Refusal {
  const named = isFields(fields.configurations) ? fields.configurations : fields.configuration
  const configuration = isFields(named) ? named : {}
  const minutes = countField(configuration, 'session_duration')
  const retries = countField(configuration, 'max_retry_attempt')
  if (minutes === null || minutes === 0 || (minutes ?? 0) > SESSION_MINUTES_MAX) {
    return invalid(`session_duration must be a number of minutes up to ${SESSION_MINUTES_MAX}`)
  }
  if (retries === null) return invalid('max_retry_attempt must be a number')
  return { minutes: minutes ?? SESSION_MINUTES, retries: retries ?? RETRIES }
}

function takes(account: Account, currency: string): boolean {
  const known = CURRENCIES.find((candidate) => candidate === currency)
  return known !== undefined && account.settings.currencies.includes(known)
}

/** `POST /payments/link/disable`: nobody begins to pay there any more; what is under way may still complete. */
export function disableLink(books: Books, account: Account, link: string): Refusal | undefined {
  const checkout = account.checkouts.find((candidate) => linkOf(books, candidate) === link)
  if (checkout === undefined) return invalid('Payment link was not found')
  if (isPaid(account, checkout)) return linkInactive()
  const wasClosed = whyClosed(books, checkout) !== undefined
  // Whoever meant to send their transfer after the session takes it from here that it is too late.
  checkout.disabled = true
  return wasClosed ? linkInactive() : undefined
}

export function linkOf(books: Books, checkout: Checkout): string {
  return `${books.baseUrl}/v3/hosted/pay/${checkout.token}`
}

export function isPaid(account: Account, checkout: Checkout): boolean {
  return account.transactions.some((one) => one.checkout === checkout && one.status === 'successful')
}

export function isSessionOver(books: Books, checkout: Checkout): boolean {
  return books.world.now() >= checkout.sessionEndsAt
}

/** Why nobody can begin to pay on this page any more, if so. */
export function whyClosed(books: Books, checkout: Checkout): string | undefined {
  if (checkout.disabled) return 'This payment link is currently inactive'
  if (isSessionOver(books, checkout)) return 'The session of this page is over'
  if (checkout.failures > checkout.maxRetries) return 'There are no tries left on this page'
  return undefined
}

/** The methods that the currency and `payment_options` leave; options that leave none are ignored. */
export function methodsFor({ currency, options }: Checkout): PaymentMethod[] {
  const fitting = PAYMENT_METHODS.filter(({ currencies }) => currencies === null || currencies.includes(currency))
  const wanted = fitting.filter(({ option }) => options?.includes(option))
  return wanted.length === 0 ? fitting : wanted
}

function isWebUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}
