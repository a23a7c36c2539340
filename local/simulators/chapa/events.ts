/** The events that Chapa tells a merchant, as they go into the outbox, and the GET to the payment's `callback_url`. */
import type { WebhookRoute } from '../kit/webhook-outbox.ts'
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { isWebUrl, type Payment } from './payment.ts'
import { eventBody } from './payment-wire.ts'
import { signedHeaders } from './signature.ts'

export type PaymentEvent = 'charge.success' | 'charge.failed/cancelled' | 'charge.refunded' | 'charge.reversed'

/** Sheet, section 9: every ten minutes until 200, ten tries in all. */
const RETRY_AFTER_MS: readonly number[] = Array<number>(9).fill(10 * 60_000)

/** Where an account's webhooks go, signed. A merchant without a URL gets none. */
export async function webhookRoute(account: Account | undefined, body: string): Promise<WebhookRoute | undefined> {
  const url = account?.settings.webhookUrl ?? null
  if (account === undefined || url === null) return undefined
  return { url, headers: await signedHeaders(account.settings.webhookSecret, body), retryAfterMs: RETRY_AFTER_MS }
}

export function announcePayment(books: Books, account: Account, payment: Payment, event: PaymentEvent, at: Date): void {
  if (account.settings.webhookUrl === null) return
  const target = { account: account.secretKey, operation: event }
  const wrongMode = books.faults.take('wrong_mode', target) !== undefined
  const delta = books.faults.take('webhook_wrong_amount', target)?.delta ?? 0
  const body = phpJson(eventBody(account.mode, payment, { event, wrongMode, delta }))
  books.outbox.queue({ account: account.secretKey, event, subject: payment.txRef, body }, at)
}

export function sendCallback(books: Books, account: Account, payment: Payment, at: Date): void {
  if (payment.callbackUrl === null || !isWebUrl(payment.callbackUrl)) return
  const url = new URL(payment.callbackUrl)
  url.searchParams.set('trx_ref', payment.txRef)
  url.searchParams.set('ref_id', payment.reference ?? '')
  url.searchParams.set('status', payment.status)
  books.callbacks.queue(account.secretKey, url.href, at)
}

/** JSON as PHP prints it: slashes and everything beyond ASCII are escaped. An equal object, other bytes. */
export function phpJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('/', '\\/')
    .replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
