/**
 * A payment's Checkout Session: opened, found, read and expired. Its creation carries an idempotency key, so that a repeat
 * is the same session; a session without its id is found by its creation time and our reference.
 */

import type * as z from 'zod'
import type {
  AttemptKnown,
  CheckoutAnswer,
  CheckoutRequest,
  ClosedAnswer,
  Confirmation,
  Conversation,
  Credentials,
} from '../contract.ts'
import { UNRECOGNISED } from '../contract.ts'
import { PageUrl } from '../kit/schemas.ts'
import { Words } from '../kit/words.ts'
import { getCall, postCall, type Reply, readPage, readReply } from './call.ts'
import type { Form } from './form.ts'
import { fromWire, toWire } from './money.ts'
import { reportedStatus, Session, SessionKey, SessionPage, unixSeconds } from './wire.ts'

export const SESSIONS = '/v1/checkout/sessions'

const MINUTE_SECONDS = 60

/**
 * When the page closes: Stripe takes 30 minutes to 24 hours from its own clock's now, hence the margins. Of the attempt
 * alone, for a repeat with another time would be refused.
 */
function expiresAtSeconds({ createdAt, expiresAt }: Pick<AttemptKnown, 'createdAt' | 'expiresAt'>): number {
  const created = unixSeconds(createdAt)
  const wanted = Math.max(unixSeconds(expiresAt), created + 35 * MINUTE_SECONDS)
  return Math.min(wanted, created + (24 * 60 - 5) * MINUTE_SECONDS)
}

export function* createCheckout(request: CheckoutRequest, credentials: Credentials): Conversation<CheckoutAnswer> {
  const call = postCall(SESSIONS, sessionForm(request), credentials, `${request.reference}:checkout`)
  const reply = readReply(SessionPage, yield call)
  if (reply.kind !== 'done') return reply
  const { id, client_reference_id: reference, status, url } = reply.value
  // Another reference than ours would open a page for a payment that we could never find.
  if (reference !== request.reference) return UNRECOGNISED
  if (status === 'complete' || status === 'expired') return { kind: 'exists' }
  const page = PageUrl.safeParse(url)
  if (status !== 'open' || !page.success) return UNRECOGNISED
  return { kind: 'opened', checkoutUrl: page.data, checkoutId: id }
}

function sessionForm(request: CheckoutRequest): Form {
  const metadata = metadataOf(request)
  const price = {
    currency: request.currency.toLowerCase(),
    unit_amount: toWire(request.amount, request.currency),
    product_data: { name: request.description?.trim() || 'Payment' },
  }
  return {
    mode: 'payment',
    line_items: [{ quantity: 1, price_data: price }],
    client_reference_id: request.reference,
    customer_email: request.customer.email,
    success_url: request.callbackUrl,
    cancel_url: request.callbackUrl,
    expires_at: expiresAtSeconds(request),
    // The one method of ours that the page is told is called the same there.
    allowed_payment_method_types: request.method && [request.method],
    // The payer pays in the currency that was asked, so that amounts can be compared.
    adaptive_pricing: { enabled: false },
    metadata,
    // The session's own never reaches the payment, its charge or their webhooks.
    payment_intent_data: { metadata },
  }
}

/**
 * What does not fit Stripe's rules, 50 keys of 40 characters and values of 500, is left out or cut: a note on the
 * dashboard must not cost the payment.
 */
function metadataOf({ metadata, reference }: CheckoutRequest): Record<string, string> {
  const notes = Object.entries(metadata)
    .filter(([name, value]) => /^[^[\]]{1,40}$/.test(name) && value !== '')
    .map(([name, value]) => [name, Words.parse(value)])
  return { ...Object.fromEntries(notes.slice(0, 49)), reference }
}

export function* confirm(attempt: AttemptKnown, credentials: Credentials): Conversation<Confirmation> {
  const found = yield* findSessionId(attempt, credentials)
  if (found.kind !== 'done') return found
  if (found.value === undefined) return { kind: 'not_found' }
  const reply = readReply(Session, yield readCall(found.value, credentials))
  return reply.kind === 'done' ? confirmationOf(reply.value) : reply
}

function confirmationOf(session: z.output<typeof Session>): Confirmation {
  const { client_reference_id: reference, currency, payment_intent: intent } = session
  if (!reference || !currency) return UNRECOGNISED
  const amount = fromWire(session.amount_total, currency)
  // What was received in another currency is no amount of this one.
  const received = intent?.currency === currency ? fromWire(intent.amount_received, currency) : undefined
  return {
    kind: 'found',
    status: reportedStatus(session),
    reported: {
      reference,
      amount,
      collected: intent ? received : amount,
      fee: undefined,
      currency,
      mode: session.livemode ? 'live' : 'test',
      providerTransactionId: intent?.id ?? session.id,
    },
    message: intent?.last_payment_error?.message ?? undefined,
  }
}

/** Only an open page can be closed; what became of any other is read. */
export function* closeCheckout(attempt: AttemptKnown, credentials: Credentials): Conversation<ClosedAnswer> {
  const found = yield* findSessionId(attempt, credentials)
  if (found.kind !== 'done') return found
  // No page was made, so no address of one was handed out.
  if (found.value === undefined) return { kind: 'closed' }
  const expiry = readReply(SessionPage, yield postCall(`${sessionPath(found.value)}/expire`, {}, credentials))
  if (expiry.kind === 'done') return expiry.value.status === 'expired' ? { kind: 'closed' } : UNRECOGNISED
  if (expiry.kind === 'unknown' || expiry.reason !== 'request_refused') return expiry
  const reply = readReply(Session, yield readCall(found.value, credentials))
  if (reply.kind !== 'done') return reply
  const status = reportedStatus(reply.value)
  if (status === 'unpaid' || status === 'declined') return expiry
  return { kind: status === 'closed' ? 'closed' : 'too_late' }
}

const sessionPath = (id: string): string => `${SESSIONS}/${encodeURIComponent(id)}`
const readCall = (id: string, credentials: Credentials) =>
  getCall(sessionPath(id), { expand: ['payment_intent.latest_charge'] }, credentials)

/** The id as the attempt knows it, or else as Stripe's list does; done and undefined where no such session was made. */
function* findSessionId(attempt: AttemptKnown, credentials: Credentials): Conversation<Reply<string | undefined>> {
  if (attempt.checkoutId !== undefined) return { kind: 'done', value: attempt.checkoutId }
  for (const created of creationRanges(attempt)) {
    let after: string | undefined
    do {
      const query = { created, limit: 100, starting_after: after }
      const page = readPage(SessionKey, yield getCall(SESSIONS, query, credentials))
      if (page.kind !== 'done') return page
      const match = page.value.rows.find((row) => row.client_reference_id === attempt.reference)
      if (match !== undefined) return { kind: 'done', value: match.id }
      after = page.value.next
    } while (after !== undefined)
  }
  return { kind: 'done', value: undefined }
}

/**
 * When the session can have been made, in unix seconds: around the attempt, where it nearly always was, and then up to the
 * last moment at which Stripe takes the attempt's `expires_at`. The list can't be asked for a reference.
 */
function creationRanges(attempt: AttemptKnown): { gte: number; lte: number }[] {
  const first = unixSeconds(attempt.createdAt) - MINUTE_SECONDS
  const soon = first + 4 * MINUTE_SECONDS
  const last = expiresAtSeconds(attempt) - 30 * MINUTE_SECONDS
  return [
    { gte: first, lte: soon },
    { gte: soon + 1, lte: last },
  ]
}
