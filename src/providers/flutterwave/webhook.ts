/**
 * Flutterwave's webhooks. Their header is the secret itself and signs nothing: who has seen one can forge any other, so
 * they are hints, and no amount and no status is taken from them.
 */

import type { Provider } from '../contract.ts'
import { bodyHash, readJson, verifyBase64Hmac, verifySharedSecret } from '../kit/webhook.ts'
import { WebhookBody } from './wire.ts'

/** By `verif-hash`, and only where it doesn't come by the HMAC that pages shared with v4 speak of. */
export const verifyWebhook: Provider['verifyWebhook'] = async (body, headers, { webhook_hash: secret }) => {
  const hash = headers.get('verif-hash')
  if (hash) return verifySharedSecret(secret, hash)
  return verifyBase64Hmac('SHA-256', secret, body, headers.get('flutterwave-signature'))
}

/** Every JSON object is taken, and what is none of our payments is about nothing. */
export const readWebhook: Provider['readWebhook'] = async (body) => {
  const parsed = WebhookBody.safeParse(readJson(body))
  if (!parsed.success) return undefined
  const { event, 'event.type': kind, data, transfer, ...flat } = parsed.data
  const type = event ?? kind ?? (flat.TransactionId ? 'refund' : 'unknown')
  const { id, status, tx_ref, txRef, TransactionId } = data ?? transfer ?? flat
  // The id alone would drop the news of a try that was pending before.
  const isNamed = type !== 'unknown' && id && status
  const dedupeKey = `${type}:${isNamed ? `${id}:${status.toLowerCase()}` : await bodyHash(body)}`
  const reference = /^charge\.|_TRANSACTION$/.test(type) ? (tx_ref ?? txRef ?? undefined) : undefined
  const refunded = type === 'refund' ? (TransactionId ?? undefined) : undefined
  const about = reference !== undefined ? 'payment' : refunded !== undefined ? 'refund' : 'nothing'
  return { type, dedupeKey, about, reference, providerTransactionId: reference ? (id ?? undefined) : refunded }
}
