/** Chapa's webhooks: flat bodies, signed with a secret that the merchant makes up, without an event id and without a time. */

import type { Provider } from '../contract.ts'
import { bodyHash, readJson, verifyHexHmac } from '../kit/webhook.ts'
import { WebhookBody } from './wire.ts'

/**
 * Only `x-chapa-signature` is over the body. `chapa-signature`, which comes beside it, is the secret signed with itself: the
 * same on every request, so that whoever saw one could forge any other.
 */
export const verifyWebhook: Provider['verifyWebhook'] = (body, headers, { webhook_secret: secret }) =>
  verifyHexHmac('SHA-256', secret, body, headers.get('x-chapa-signature'))

/** Two refunds of a part each differ in their bytes alone, so a hash of those stands for the event. */
export const readWebhook: Provider['readWebhook'] = async (body) => {
  const parsed = WebhookBody.safeParse(readJson(body))
  if (!parsed.success) return undefined
  const { event, tx_ref, reference: id } = parsed.data
  // A payout's reference is the merchant's, and of no payment.
  const isOfPayment = !event.startsWith('payout.')
  const reference = isOfPayment ? (tx_ref ?? undefined) : undefined
  // Chapa's ids begin alike; what doesn't is a reference of the merchant's own.
  const providerTransactionId = isOfPayment && id && /^AP[A-Za-z0-9]{4,98}$/.test(id) ? id : undefined
  const isKnown = reference !== undefined || providerTransactionId !== undefined
  const about = !isKnown ? 'nothing' : /^charge\.re(funded|versed)$|^refund\./.test(event) ? 'refund' : 'payment'
  return { type: event, dedupeKey: `${event}:${await bodyHash(body)}`, about, reference, providerTransactionId }
}
