/** What Paystack's envelope says of a call: the same for every path. */

import type * as z from 'zod'
import { type ProviderAnswer, type Refused, UNRECOGNISED, type Unknown } from '../contract.ts'
import { refusalOf } from '../kit/reply.ts'
import { Envelope } from './wire.ts'

type Reply<T> = { kind: 'done'; data: T; meta: unknown } | NotDone

interface NotDone {
  kind: 'not_done'
  outcome: Refused | Unknown
  isDuplicate: boolean
  isNotFound: boolean
}

const NO_REPLY: NotDone = { kind: 'not_done', outcome: UNRECOGNISED, isDuplicate: false, isNotFound: false }

/** An answer counts where its HTTP status and its own `status` say the same; two stories are no answer. */
export function readReply<S extends z.ZodType>({ status, body }: ProviderAnswer, Data: S): Reply<z.output<S>> {
  const envelope = Envelope.safeParse(body)
  if (!envelope.success) return NO_REPLY
  const { status: worked, message, code, data, meta } = envelope.data
  if (status === 200 && worked) {
    const parsed = Data.safeParse(data)
    return parsed.success ? { kind: 'done', data: parsed.data, meta } : NO_REPLY
  }
  if (status < 400 || worked) return NO_REPLY
  // A wrong key was recorded as 400 with nothing but the text.
  const isOfKey = code === 'invalid_Key' || /^invalid key|ip address is not allowed/i.test(message)
  return {
    kind: 'not_done',
    outcome: refusalOf(message, {
      limit: status === 429 || code === 'rate_limited',
      key: status === 401 || status === 403 || isOfKey,
    }),
    isDuplicate: code === 'duplicate_reference' || /duplicate transaction reference/i.test(message),
    // 400 or 404, by account and age of the API: the code decides, or the text where there is none.
    isNotFound: code === 'transaction_not_found' || /^transaction (reference )?not found/i.test(message),
  }
}
