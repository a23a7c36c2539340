/** Paystack's webhooks: signed with the secret key over the raw bytes, without an event id and without a time. */

import type { Credentials, WebhookCheck, WebhookClaim } from '../contract.ts'
import { bodyHash, readJson, verifyHexHmac } from '../kit/webhook.ts'
import { WebhookBody } from './wire.ts'

export function verifyWebhook(
  body: Uint8Array<ArrayBuffer>,
  headers: Headers,
  { secret_key: key }: Credentials,
): Promise<WebhookCheck> {
  return verifyHexHmac('SHA-512', key, body, headers.get('x-paystack-signature'))
}

/** Event and object id stand for an event's own, or a hash of the bytes where the object has none. */
export async function readWebhook(body: Uint8Array<ArrayBuffer>): Promise<WebhookClaim | undefined> {
  const parsed = WebhookBody.safeParse(readJson(body))
  if (!parsed.success) return undefined
  const { event, data } = parsed.data
  const about = subjectOf(event)
  const named = about === 'refund' ? (data.transaction?.reference ?? data.transaction_reference) : data.reference
  // Others, such as transfers, have a reference too: of something that is no payment.
  const reference = about === 'nothing' ? undefined : (named ?? undefined)
  return {
    type: event,
    dedupeKey: `${event}:${data.id ?? (await bodyHash(body))}`,
    about: reference === undefined ? 'nothing' : about,
    reference,
    providerTransactionId: undefined,
  }
}

function subjectOf(event: string): WebhookClaim['about'] {
  if (/^(refund|charge\.dispute)\./.test(event)) return 'refund'
  return event.startsWith('charge.') ? 'payment' : 'nothing'
}
