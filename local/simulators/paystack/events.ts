/** The events that Paystack tells a merchant, as they go into the outbox: body, key order and quirks as recorded. */
import type { WebhookRoute } from '../kit/webhook-outbox.ts'
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { disputeEventBody } from './dispute-wire.ts'
import type { Dispute } from './disputes.ts'
import type { Refund } from './refunds.ts'
import { paystackSignature } from './signature.ts'
import { chargedTransaction, customerAnswer } from './transaction-wire.ts'
import type { Transaction } from './transactions.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Sheet, section 9. Live: every 3 minutes for the first 4 tries, then hourly for 72 hours. Test: hourly for 10 hours. */
const RETRY_AFTER_MS: Readonly<Record<Account['domain'], readonly number[]>> = {
  live: [...Array<number>(3).fill(3 * MINUTE_MS), ...Array<number>(72).fill(HOUR_MS)],
  test: Array<number>(10).fill(HOUR_MS),
}

/** Where an account's webhooks go, signed. A merchant without a URL gets none. */
export async function webhookRoute(account: Account | undefined, body: string): Promise<WebhookRoute | undefined> {
  const url = account?.settings.webhookUrl ?? null
  if (account === undefined || url === null) return undefined
  return { url, headers: await signedHeaders(account, body), retryAfterMs: RETRY_AFTER_MS[account.domain] }
}

/** The headers of a webhook of this account with this body. */
export async function signedHeaders({ secretKey }: Account, body: string): Promise<Record<string, string>> {
  return {
    'content-type': 'application/json',
    'user-agent': 'Paystack/2.0',
    'x-paystack-signature': await paystackSignature(secretKey, body),
  }
}

/** Only the success of a charge is ever announced. */
export function announceCharge(books: Books, account: Account, transaction: Transaction): void {
  const data = chargedTransaction(books, account, transaction)
  announce(books, account, 'charge.success', transaction.id, data, books.world.now())
}

/** A transfer of a wrong amount, which is given back (payload bank.transfer.rejected). */
export function announceRejectedTransfer(
  books: Books,
  account: Account,
  transaction: Transaction,
  amount: number,
): void {
  const { customer_code, email, first_name, id, last_name, metadata, phone, risk_action } = customerAnswer(transaction)
  const createdAt = transaction.customer.createdAt.toISOString()
  const data = {
    bank_transfer: {
      amount: String(amount),
      message: 'incorrect amount sent',
      message_type: 'INCORRECT_AMOUNT',
      transaction_id: String(transaction.id),
    },
    customer: {
      ...{ first_name, last_name, email, phone, metadata },
      domain: account.domain,
      ...{ customer_code, risk_action, id },
      integration: account.integration,
      createdAt,
      updatedAt: createdAt,
    },
  }
  announce(books, account, 'bank.transfer.rejected', transaction.id, data, books.world.now())
}

export function announceRefund(books: Books, account: Account, refund: Refund, at: Date): void {
  const event = `refund.${refund.status}`
  const target = { account: account.secretKey, operation: event }
  const { first_name, last_name, email } = customerAnswer(refund.transaction)
  const withoutId = books.faults.take('webhook_without_id', target) !== undefined
  const data = {
    // The sample of `needs-attention` is the one that has an id, and there it is text.
    ...(withoutId ? {} : { id: refund.status === 'needs-attention' ? String(refund.id) : refund.id }),
    status: refund.status,
    transaction_reference: refund.transaction.reference,
    refund_reference: refund.refundReference,
    // A number in the published failure, text in the others.
    amount: refund.status === 'failed' ? refund.amount : String(refund.amount),
    currency: refund.transaction.currency,
    processor: 'instant-transfer',
    customer: { first_name, last_name, email },
    integration: account.integration,
    domain: account.domain,
  }
  announce(books, account, event, refund.id, data, at)
}

export function announceDispute(
  books: Books,
  account: Account,
  dispute: Dispute,
  moment: 'create' | 'remind' | 'resolve',
  at: Date,
): void {
  announce(books, account, `charge.dispute.${moment}`, dispute.id, disputeEventBody(books, account, dispute), at)
}

function announce(books: Books, account: Account, event: string, subject: number, data: unknown, at: Date): void {
  if (account.settings.webhookUrl === null) return
  const target = { account: account.secretKey, operation: event }
  const asStrings = books.faults.take('webhook_string_amounts', target) !== undefined
  const escaped = books.faults.take('webhook_escaped', target) !== undefined
  const plain = { event, data: asStrings ? amountsAsStrings(data) : data }
  const body = escaped ? JSON.stringify(plain, null, 2).replaceAll('/', '\\/') : JSON.stringify(plain)
  books.outbox.queue({ account: account.secretKey, event, subject: String(subject), body }, at)
}

function amountsAsStrings(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(amountsAsStrings)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      typeof item === 'number' && /amount$|^fees$/.test(name) ? String(item) : amountsAsStrings(item),
    ]),
  )
}
