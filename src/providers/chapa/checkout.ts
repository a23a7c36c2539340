/** Chapa's page, opened and closed, and the truth about it: the answer to verify, by our reference. */

import { type CheckoutRequest, type Confirmation, type Provider, UNRECOGNISED } from '../contract.ts'
import { bearerHeaders, getJson, postJson } from '../kit/bearer.ts'
import { majorToMinor } from '../kit/decimals.ts'
import { failure, readReply, USED_BEFORE } from './call.ts'
import { Initialized, Payment, toWire } from './wire.ts'

const OPEN = '/v1/transaction/initialize'

/** What a payment can do without: Chapa refuses addresses and names that it doesn't like. */
const DECORATION = ['email', 'first_name', 'last_name', 'phone_number', 'customization']

export const createCheckout: Provider['createCheckout'] = function* (request, credentials) {
  const body = checkoutBody(request)
  let reply = readReply(yield postJson(OPEN, body, credentials))
  const lesser = reply.kind === 'refused' ? withoutDecoration(body, reply.fields) : undefined
  if (lesser !== undefined) reply = readReply(yield postJson(OPEN, lesser, credentials))
  if (reply.kind !== 'unknown' && USED_BEFORE.test(reply.message)) return { kind: 'exists' }
  const opened = Initialized.safeParse(reply.kind === 'done' && reply.status === 'success' ? reply.data : undefined)
  if (!opened.success) return failure(reply)
  return { kind: 'opened', checkoutUrl: opened.data.checkout_url, checkoutId: undefined }
}

/** The page offers every method of the account: Chapa can't be told which one is wanted. */
function checkoutBody({ reference, amount, currency, customer, ...request }: CheckoutRequest) {
  const [first, ...others] = customer.name?.trim().split(/\s+/) ?? []
  const [, subscriber] = /^\+251([79]\d{8})$/.exec(customer.phone ?? '') ?? []
  const description = plain(request.description ?? '')
  return {
    amount: toWire(amount, currency),
    currency,
    tx_ref: reference,
    email: customer.email,
    first_name: first || undefined,
    last_name: others.join(' ') || undefined,
    phone_number: subscriber && `0${subscriber}`,
    return_url: request.callbackUrl,
    customization: description && { description },
    meta: request.metadata,
  }
}

/** The letters, digits, hyphens, underscores, blanks and dots, which are all that Chapa takes; undefined without a word. */
function plain(text: string): string | undefined {
  return /[A-Za-z0-9]/.test(text) ? text.replaceAll(/[^\w.-]+/g, ' ').trim() : undefined
}

/** The body less the decoration that was refused; undefined where none of that was sent. */
function withoutDecoration(body: ReturnType<typeof checkoutBody>, refused: readonly string[]): object | undefined {
  const sent = Object.entries(body).filter(([, value]) => value !== undefined)
  const kept = sent.filter(([name]) => !(DECORATION.includes(name) && refused.includes(name)))
  return kept.length < sent.length ? Object.fromEntries(kept) : undefined
}

const NOBODY_PAID = /not paid yet|invalid transaction|transaction not found/i

/** Verify speaks two dialects: of a page at which nobody paid it says `pending`, or 404 and that it is not paid yet. */
export const confirm: Provider['confirm'] = function* ({ reference }, credentials) {
  const answer = yield getJson(`/v1/transaction/verify/${encodeURIComponent(reference)}`, credentials)
  const reply = readReply(answer)
  if (reply.kind === 'done') return readPayment(reply.data, reference)
  if (reply.kind === 'unknown') return reply
  if ((answer.status === 400 || answer.status === 404) && NOBODY_PAID.test(reply.message)) return { kind: 'not_found' }
  // Any other refusal is no news of the payment.
  return reply.reason === 'credentials_refused' || reply.reason === 'rate_limited' ? failure(reply) : UNRECOGNISED
}

/** Only the payment's own status counts: of the envelope's it is told that it is the payment's, and that it is not. */
function readPayment(data: unknown, asked: string): Confirmation {
  const parsed = Payment.safeParse(data)
  if (!parsed.success) return UNRECOGNISED
  const { tx_ref: reference, status, currency, mode, charge } = parsed.data
  const amount = majorToMinor(parsed.data.amount, currency)
  const fee = charge === undefined ? undefined : majorToMinor(charge, currency)
  // Chapa has an id of its own once somebody has tried to pay; until then it knows ours alone.
  const providerTransactionId = parsed.data.reference ?? asked
  const reported = { reference, amount, collected: amount, fee, currency, mode, providerTransactionId }
  return { kind: 'found', status, reported, message: undefined }
}

/** Verify never shows that a page was closed, and one that expired may have been paid: it is asked after every closing. */
export const closeCheckout: NonNullable<Provider['closeCheckout']> = function* (attempt, credentials) {
  const path = `/v1/transaction/cancel/${encodeURIComponent(attempt.reference)}`
  const reply = readReply(yield { method: 'PUT', path, headers: bearerHeaders(credentials) })
  const wasClosed = reply.kind === 'refused' && /already expired/i.test(reply.message)
  if (!wasClosed && !(reply.kind === 'done' && reply.status === 'success')) return failure(reply)
  const seen = yield* confirm(attempt, credentials)
  if (seen.kind === 'not_found') return { kind: 'closed' }
  // A refusal would say that nothing was done, but the page is closed.
  if (seen.kind !== 'found' || seen.reported.reference !== attempt.reference) return UNRECOGNISED
  return { kind: seen.status === 'unpaid' || seen.status === 'declined' ? 'closed' : 'too_late' }
}
