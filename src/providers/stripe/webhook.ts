/**
 * Stripe's webhooks: snapshot events, signed with the endpoint's secret over a time and the raw bytes. Facts:
 * docs.stripe.com/webhooks and /webhooks/signature.
 */

import * as z from 'zod'
import { decodeHex, equalBytes, utf8 } from '../../crypto/bytes.ts'
import { hmacSign } from '../../crypto/hmac.ts'
import type { Credentials, WebhookCheck, WebhookClaim } from '../contract.ts'
import { Reference } from '../kit/schemas.ts'
import { readJson } from '../kit/webhook.ts'
import { unixSeconds } from './wire.ts'

/** Each attempt at delivery is signed afresh, so an old signature is a repeat by somebody else. */
const TOLERANCE_SECONDS = 300

/** One signature of ours is compared with every `v1`, of which there is one for each secret that is in force. */
export async function verifyWebhook(
  body: Uint8Array<ArrayBuffer>,
  headers: Headers,
  { webhook_secret: secret }: Credentials,
  now: Date,
): Promise<WebhookCheck> {
  const signed = readSignature(headers.get('stripe-signature'))
  if (signed === undefined) return 'missing'
  // No secret, no proof: an empty one would let anybody sign.
  if (!secret || unixSeconds(now) - Number(signed.time) > TOLERANCE_SECONDS) return 'wrong'
  // The whole text is the key: what follows whsec_ is not decoded.
  const ours = await hmacSign('SHA-256', utf8(secret), withTime(signed.time, body))
  return signed.signatures.some((theirs) => equalBytes(ours, theirs)) ? 'valid' : 'wrong'
}

function withTime(time: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const prefix = utf8(`${time}.`)
  const message = new Uint8Array(prefix.length + body.length)
  message.set(prefix)
  message.set(body, prefix.length)
  return message
}

/** `t=…,v1=…,v1=…`: other schemes prove nothing, `v0` least of all. Undefined without one time and one signature. */
function readSignature(header: string | null): { time: string; signatures: Uint8Array[] } | undefined {
  const fields = (header ?? '').split(',').map((field) => /^([^=]*)=(.*)$/.exec(field)?.slice(1) ?? [])
  const valuesOf = (name: string) => fields.flatMap(([scheme, value = '']) => (scheme === name ? [value] : []))
  const [time = '', ...otherTimes] = valuesOf('t')
  const signatures = valuesOf('v1').flatMap((hex) => (hex.length === 64 ? (decodeHex(hex) ?? []) : []))
  if (!/^\d{1,12}$/.test(time) || otherTimes.length > 0 || signatures.length === 0) return undefined
  return { time, signatures }
}

const Event = z.object({
  id: z.string().regex(/^evt_\w{1,250}$/),
  /** An event of the other kind, which only names what changed, says `v2.core.event`. */
  object: z.literal('event'),
  type: z.string().regex(/^[\w.]{1,100}$/),
  data: z.object({
    object: z.object({
      id: Reference,
      client_reference_id: Reference,
      payment_intent: Reference,
      metadata: z.object({ reference: Reference }).nullish().catch(undefined),
    }),
  }),
})

const NOTHING = { about: 'nothing', reference: undefined, providerTransactionId: undefined } as const
const OURS = /^(checkout\.session|payment_intent|charge|refund)\./
const OF_REFUNDS = /^(refund|charge\.(refunded|refund|dispute))\b/

/** Refunds made on the dashboard, and disputes, don't carry our reference, but their PaymentIntent always. */
export async function readWebhook(body: Uint8Array<ArrayBuffer>): Promise<WebhookClaim | undefined> {
  const event = Event.safeParse(readJson(body))
  if (!event.success) return undefined
  const { id, type, data } = event.data
  const { id: objectId, client_reference_id: ofSession, payment_intent: intent, metadata } = data.object
  // Others, such as payouts, have metadata too: of something that is no payment.
  if (!OURS.test(type)) return { ...NOTHING, type, dedupeKey: id }
  const reference = ofSession ?? metadata?.reference ?? undefined
  const providerTransactionId = (type.startsWith('payment_intent.') ? objectId : intent) ?? undefined
  if (reference === undefined && providerTransactionId === undefined) return { ...NOTHING, type, dedupeKey: id }
  return { type, dedupeKey: id, about: OF_REFUNDS.test(type) ? 'refund' : 'payment', reference, providerTransactionId }
}
