/** The events that Stripe tells a merchant: kept, and sent to the endpoint that listens to them (sheet, section 9). */
import type { WebhookRoute } from '../kit/webhook-outbox.ts'
import type { SimulatorWorld } from '../kit/world.ts'
import type { Account } from './account.ts'
import type { Books, Cause } from './books.ts'
import { newId, seconds } from './ids.ts'
import { stripeSignature } from './signature.ts'

export interface StripeEvent {
  readonly id: string
  readonly type: string
  readonly createdAt: Date
  /** As sent: a snapshot of its object, with the blanks that are signed. */
  readonly body: string
}

interface Circumstances {
  at: Date
  cause?: Cause
  /** What the changed fields were before. */
  previous?: Readonly<Record<string, unknown>>
}

export function announce(
  books: Books,
  account: Account,
  type: string,
  object: { readonly id: string },
  { at, cause = null, previous }: Circumstances,
): void {
  const { settings } = account
  const listens = settings.enabledEvents.includes('*') || settings.enabledEvents.includes(type)
  const isSent = settings.webhookUrl !== null && listens
  const event = {
    id: newId(books.world, 'evt'),
    object: 'event',
    api_version: settings.webhookApiVersion,
    created: seconds(at),
    data: { object, ...(previous !== undefined && { previous_attributes: previous }) },
    livemode: account.mode === 'live',
    pending_webhooks: isSent ? 1 : 0,
    request: { id: cause?.requestId ?? null, idempotency_key: cause?.idempotencyKey ?? null },
    type,
  }
  const body = JSON.stringify(event, null, 2)
  account.events.push({ id: event.id, type, createdAt: at, body })
  if (isSent) books.outbox.queue({ account: account.secretKey, event: type, subject: object.id, body }, at)
}

/** The event as the API shows it: `pending_webhooks` is what it is by now. */
export function eventWire(books: Books, event: StripeEvent): Record<string, unknown> {
  const pending = books.outbox.entries.filter(({ body, status }) => body === event.body && status === 'pending').length
  return { ...JSON.parse(event.body), pending_webhooks: pending }
}

export function wasDelivered(books: Books, event: StripeEvent): boolean {
  return books.outbox.entries.some(({ body, status }) => body === event.body && status === 'delivered')
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Live: back-off that doubles, up to three days in all. Test: three more tries over a few hours. */
const RETRY_AFTER_MS: Readonly<Record<Account['mode'], readonly number[]>> = {
  live: [...[5, 10, 20, 40].map((minutes) => minutes * MINUTE_MS), ...[1, 2, 4, 8, 16, 16, 16].map((h) => h * HOUR_MS)],
  test: [10 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS],
}

/** Where an account's webhooks go; asked at every try, so that each has a time and a signature of its own. */
export async function webhookRoute(
  world: Pick<SimulatorWorld, 'now'>,
  account: Account | undefined,
  body: string,
): Promise<WebhookRoute | undefined> {
  const url = account?.settings.webhookUrl ?? null
  if (account === undefined || url === null) return undefined
  return {
    url,
    headers: await webhookHeaders(account, body, world.now()),
    retryAfterMs: RETRY_AFTER_MS[account.mode],
    isSuccess: (responseCode) => responseCode >= 200 && responseCode < 300,
  }
}

/** What Stripe sends with a body, names in lower case. */
export async function webhookHeaders(account: Account, body: string, at: Date): Promise<Record<string, string>> {
  const retiring = account.retiringSecrets.filter(({ until }) => until > at).map(({ secret }) => secret)
  return {
    'cache-control': 'no-cache',
    'content-type': 'application/json; charset=utf-8',
    'stripe-signature': await stripeSignature([account.settings.webhookSecret, ...retiring], body, at, account.mode),
    'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
  }
}
