/** What Chapa's envelope says of a call. There are no codes: the HTTP status and the text decide. */

import { type ProviderAnswer, type RefusalReason, type Refused, UNRECOGNISED, type Unknown } from '../contract.ts'
import { Envelope } from './wire.ts'

type Reply =
  /** HTTP 200. `status` is the envelope's, in lower case. */
  | { kind: 'done'; status: string | null | undefined; message: string; data: unknown }
  /** `fields` are those that were wrong, where it says so. */
  | (Refused & { fields: readonly string[] })
  | Unknown

/** Said of a fault on their side, with whatever HTTP status: nobody knows what was done. */
const THEIR_FAULT = /this is our issue/i
/** Of a reference of ours, a payment's or a refund's. */
export const USED_BEFORE = /has been used before/i
const OF_KEY = /authorization required|invalid api key|be used to verify a|payments through api is disabled/i

export function readReply({ status: httpStatus, body }: ProviderAnswer): Reply {
  const envelope = Envelope.safeParse(body)
  if (!envelope.success) return UNRECOGNISED
  const { status, data } = envelope.data
  const { text: message, fields } = envelope.data.message
  if (THEIR_FAULT.test(message)) return { kind: 'unknown', cause: 'server_error' }
  if (httpStatus === 200) return { kind: 'done', status, message, data }
  if (httpStatus === 429) return { kind: 'refused', reason: 'rate_limited', message, fields }
  // An error without a status is of somebody between us.
  if (httpStatus < 400 || (status !== 'failed' && status !== null)) return UNRECOGNISED
  return { kind: 'refused', reason: refusalReason(message), message, fields }
}

/** 401 is also said outside the hours of transfers: only the text tells that it is the key. */
function refusalReason(message: string): RefusalReason {
  if (OF_KEY.test(message)) return 'credentials_refused'
  return /^(invalid )?currency\b[^;]*$/i.test(message) ? 'currency_not_supported' : 'request_refused'
}

/** What stands for the answer where the call did not do what it was to do. */
export function failure(reply: Reply): Refused | Unknown {
  if (reply.kind === 'refused') return { kind: 'refused', reason: reply.reason, message: reply.message }
  return reply.kind === 'unknown' ? reply : UNRECOGNISED
}
