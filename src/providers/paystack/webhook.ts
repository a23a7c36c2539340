/** Paystack's webhooks: signed with the secret key over the raw bytes, without an event id and without a time. */

import type { z } from 'zod'
import { decodeHex, encodeHex, utf8, utf8Text } from '../../crypto/bytes.ts'
import { hmacVerify } from '../../crypto/hmac.ts'
import type { Credentials, WebhookCheck, WebhookClaim } from '../contract.ts'
import { parseExactJson } from '../exact-json.ts'
import { WebhookBody } from './wire.ts'

const SIGNATURE = /^[0-9a-f]{128}$/

/** HMAC-SHA512 over the body as it came: serialised again, it would not fit. */
export async function verifyWebhook(
  body: Uint8Array<ArrayBuffer>,
  headers: Headers,
  credentials: Credentials,
): Promise<WebhookCheck> {
  const header = headers.get('x-paystack-signature') ?? ''
  const signature = SIGNATURE.test(header) ? decodeHex(header) : undefined
  const key = credentials.secret_key
  if (signature === undefined) return 'missing'
  // No key, no proof: an empty key would let anybody sign.
  if (key === undefined || key === '') return 'wrong'
  return (await hmacVerify('SHA-512', utf8(key), body, signature)) ? 'valid' : 'wrong'
}

/**
 * There is no event id: event and object id stand for one, or a hash of the bytes where the object has no id. Two equal
 * bodies are then one event, which is harmless: an event only makes us ask.
 */
export async function readWebhook(body: Uint8Array<ArrayBuffer>): Promise<WebhookClaim | undefined> {
  const parsed = WebhookBody.safeParse(parseBytes(body))
  if (!parsed.success) return undefined
  const { event, data } = parsed.data
  const object = data.id ?? `sha256:${encodeHex(new Uint8Array(await crypto.subtle.digest('SHA-256', body)))}`
  return { type: event, dedupeKey: `${event}:${object}`, reference: referenceOf(event, data) }
}

function referenceOf(event: string, data: WebhookData): string | undefined {
  if (event.startsWith('charge.dispute.') || event.startsWith('refund.')) {
    return data.transaction?.reference ?? data.transaction_reference ?? undefined
  }
  // Others, such as transfers, have a reference too: of something that is no payment.
  return event.startsWith('charge.') ? (data.reference ?? undefined) : undefined
}

type WebhookData = z.output<typeof WebhookBody>['data']

function parseBytes(body: Uint8Array): unknown {
  try {
    return parseExactJson(utf8Text(body))
  } catch {
    return undefined
  }
}
