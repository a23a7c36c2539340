/** What Flutterwave tells a merchant, as it goes into the outbox, and how it leaves (sheet, section 9). */
import type { WebhookMessage, WebhookRoute } from '../kit/webhook-outbox.ts'
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { refundEvent } from './refund-wire.ts'
import type { Refund } from './refunds.ts'
import { flutterwaveSignature } from './signature.ts'
import { chargeEvent, legacyChargeEvent } from './transaction-wire.ts'
import type { Transaction } from './transactions.ts'

/** How long Flutterwave waits for a merchant's answer: whoever delivers for this simulator keeps to it. */
export const DELIVERY_TIMEOUT_MS = 60_000

const RETRY_AFTER_MS: readonly number[] = Array<number>(3).fill(30 * 60_000)

/** The names under which the log and the faults know the webhooks; the refund's body has none. */
const CHARGE = 'charge.completed'
const REFUND = 'refund'
const REFUND_CALLBACK = 'refund.callback'

type WebhookBooks = Pick<Books, 'accounts' | 'faults'>

/** Where a webhook goes, and with which header. A merchant without a URL gets none. */
export async function webhookRoute(books: WebhookBooks, message: WebhookMessage): Promise<WebhookRoute | undefined> {
  const account = books.accounts.find(message.account)
  if (account === undefined) return undefined
  const url = message.event === REFUND_CALLBACK ? callbackOf(account, message.subject) : account.settings.webhookUrl
  if (url === null) return undefined
  const target = { account: account.secretKey, operation: message.event }
  const wrong = books.faults.take('webhook_wrong_hash', target) !== undefined
  const bare = books.faults.take('webhook_without_hash', target) !== undefined
  const hash = wrong ? 'some-other-hash' : bare ? null : account.settings.webhookHash
  const headers = await hashHeaders(account, hash, message.body)
  return { url, headers, retryAfterMs: account.settings.webhookRetries ? RETRY_AFTER_MS : [] }
}

/** The headers of a webhook of this account, in lower case; without a hash there is none that proves anything. */
export async function hashHeaders(
  account: Account,
  hash: string | null,
  body: string,
): Promise<Record<string, string>> {
  const headers = { 'content-type': 'application/json' }
  if (hash === null) return headers
  return account.settings.webhookHeader === 'verif-hash'
    ? { ...headers, 'verif-hash': hash }
    : { ...headers, 'flutterwave-signature': await flutterwaveSignature(hash, body) }
}

export function announceTransaction(books: Books, account: Account, transaction: Transaction, at: Date): void {
  if (account.settings.webhookUrl === null) return
  const forged = books.faults.take('webhook_forged_amount', { account: account.secretKey, operation: CHARGE })
  const told = forged ? { ...transaction, amount: forged.amount, charged: forged.amount } : transaction
  const shape = account.settings.webhookShape
  const body = shape === 'legacy' ? legacyChargeEvent(account, told) : chargeEvent(books, account, told, shape)
  queue(books, account, CHARGE, transaction.id, body, at)
}

/** To the account's URL where this is enabled, and to the refund's own where it has one. */
export function announceRefund(books: Books, account: Account, refund: Refund, at: Date): void {
  const body = refundEvent(account, refund)
  const { webhookUrl, refundWebhooks } = account.settings
  if (webhookUrl !== null && refundWebhooks) queue(books, account, REFUND, refund.id, body, at)
  if (refund.callbackUrl !== null) queue(books, account, REFUND_CALLBACK, refund.id, body, at)
}

function queue(books: Books, account: Account, event: string, subject: number, body: unknown, at: Date): void {
  const message = { account: account.secretKey, event, subject: String(subject), body: JSON.stringify(body) }
  books.outbox.queue(message, at)
}

function callbackOf(account: Account, refundId: string): string | null {
  return account.refunds.find(({ id }) => String(id) === refundId)?.callbackUrl ?? null
}
