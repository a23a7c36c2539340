/**
 * Paystack: hosted page by initialize, truth by verify. The key picks the mode; a payment is protected by its reference,
 * which Paystack never lets anybody use twice.
 */

import type { z } from 'zod'
import type { Mode } from '../../domain/transaction.ts'
import type { Reported } from '../../domain/verdict.ts'
import type {
  CheckoutAnswer,
  CheckoutRequest,
  Confirmation,
  CredentialCheck,
  Credentials,
  CredentialsParse,
  Provider,
  ProviderAnswer,
  ProviderCall,
  RefusalReason,
} from '../contract.ts'
import { readWebhook, verifyWebhook } from './webhook.ts'
import { CURRENCIES, Envelope, fromWire, Initialized, reportedStatus, toWire, VerifiedTransaction } from './wire.ts'

const SECRET_KEY = /^sk_(test|live)_[A-Za-z0-9]{10,100}$/

export const paystack: Provider = {
  name: 'paystack',
  baseUrl: 'https://api.paystack.co',
  currencies: CURRENCIES,
  parseCredentials,
  createCheckout,
  readCheckout,
  confirm: (reference, credentials) => get(`/transaction/verify/${encodeURIComponent(reference)}`, credentials),
  readConfirmation,
  // The cheapest call that a wrong key fails and that changes nothing.
  checkCredentials: (credentials) => get('/balance', credentials),
  readCredentialCheck,
  verifyWebhook,
  readWebhook,
}

function parseCredentials(input: Readonly<Record<string, unknown>>): CredentialsParse {
  const { secret_key: key, ...others } = input
  const [other] = Object.keys(others)
  if (other !== undefined) return { ok: false, field: other, message: 'Paystack needs the secret key only.' }
  if (typeof key === 'string' && key.startsWith('pk_')) {
    return {
      ok: false,
      field: 'secret_key',
      message: 'This is the public key: send the secret key, sk_test_… or sk_live_….',
    }
  }
  const mode = typeof key === 'string' ? SECRET_KEY.exec(key)?.[1] : undefined
  if (typeof key !== 'string' || mode === undefined) {
    return {
      ok: false,
      field: 'secret_key',
      message: 'Send the secret key as Paystack shows it: sk_test_… or sk_live_….',
    }
  }
  const keyMode: Mode = mode === 'live' ? 'live' : 'test'
  return { ok: true, credentials: { secret_key: key }, mode: keyMode, mask: `sk_${mode}_…${key.slice(-4)}` }
}

function headers({ secret_key: key }: Credentials): Record<string, string> {
  if (!key) throw new TypeError('a Paystack connection has a secret key')
  return { authorization: `Bearer ${key}`, accept: 'application/json' }
}

function get(path: string, credentials: Credentials): ProviderCall {
  return { method: 'GET', path, headers: headers(credentials) }
}

function createCheckout(request: CheckoutRequest, credentials: Credentials): ProviderCall {
  const body = {
    email: request.customerEmail,
    amount: toWire(request.amount, request.currency),
    currency: request.currency,
    reference: request.reference,
    callback_url: request.callbackUrl,
    // Documented as stringified JSON; an object works, and comes back changed.
    metadata: JSON.stringify(request.metadata),
  }
  return {
    method: 'POST',
    path: '/transaction/initialize',
    headers: { ...headers(credentials), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }
}

function readCheckout(answer: ProviderAnswer, request: CheckoutRequest): CheckoutAnswer {
  const reply = readReply(answer)
  if (reply.kind === 'refused') return isDuplicate(reply) ? { kind: 'exists' } : refusal(reply)
  const opened = reply.kind === 'done' ? Initialized.safeParse(reply.data) : undefined
  // Another reference than ours would open a page for a payment that we could never find.
  if (!opened?.success || opened.data.reference !== request.reference) return UNRECOGNISED
  return { kind: 'opened', checkoutUrl: opened.data.authorization_url }
}

function readConfirmation(answer: ProviderAnswer): Confirmation {
  const reply = readReply(answer)
  if (reply.kind === 'refused') return isNotFound(reply) ? { kind: 'not_found' } : refusal(reply)
  const found = reply.kind === 'done' ? VerifiedTransaction.safeParse(reply.data) : undefined
  if (!found?.success) return UNRECOGNISED
  const { data } = found
  return {
    kind: 'found',
    status: reportedStatus(data.status),
    reported: toReported(data),
    message: data.gateway_response ?? data.message ?? undefined,
  }
}

function toReported(verified: z.output<typeof VerifiedTransaction>): Reported {
  const { reference, currency, domain, id, amount, requested_amount, fees } = verified
  return {
    reference,
    // Where Paystack doesn't say what was asked, what was collected is all there is.
    amount: fromWire(requested_amount ?? amount, currency),
    collected: fromWire(amount, currency),
    fee: fees === null || fees === undefined ? undefined : fromWire(fees, currency),
    currency,
    mode: domain,
    providerTransactionId: id,
  }
}

function readCredentialCheck(answer: ProviderAnswer): CredentialCheck {
  const reply = readReply(answer)
  if (reply.kind === 'done') return { kind: 'valid' }
  if (reply.kind === 'refused' && refusalReason(reply) === 'credentials_refused') {
    return { kind: 'invalid', message: reply.message }
  }
  return UNRECOGNISED
}

const UNRECOGNISED = { kind: 'unknown', cause: 'answer_unrecognised' } as const

/** A call that did not work. Some of them have only the text. */
interface Refused {
  status: number
  code: string | undefined
  message: string
}

type Reply = { kind: 'done'; data: unknown } | ({ kind: 'refused' } & Refused) | { kind: 'unrecognised' }

/** An answer counts where its HTTP status and its own `status` say the same; two stories are no answer. */
function readReply({ status, body }: ProviderAnswer): Reply {
  const envelope = Envelope.safeParse(body)
  if (!envelope.success) return { kind: 'unrecognised' }
  const { status: worked, message, code, data } = envelope.data
  if (status === 200 && worked) return { kind: 'done', data }
  if (status >= 400 && !worked) return { kind: 'refused', status, code: code ?? undefined, message }
  return { kind: 'unrecognised' }
}

function refusal(refused: Refused): { kind: 'refused'; reason: RefusalReason; message: string } {
  return { kind: 'refused', reason: refusalReason(refused), message: refused.message }
}

const isDuplicate = ({ code, message }: Refused): boolean =>
  code === 'duplicate_reference' || /duplicate transaction reference/i.test(message)

/** 400 or 404, by account and age of the API: the code decides, or the text where there is none. */
const isNotFound = ({ code, message }: Refused): boolean =>
  code === 'transaction_not_found' || /^transaction (reference )?not found/i.test(message)

function refusalReason({ status, code, message }: Refused): RefusalReason {
  if (status === 429 || code === 'rate_limited') return 'rate_limited'
  // A wrong key was recorded as 400 with nothing but the text.
  const isOfKey = code === 'invalid_Key' || /^invalid key|ip address is not allowed/i.test(message)
  if (status === 401 || status === 403 || isOfKey) return 'credentials_refused'
  if (/currency/i.test(message)) return 'currency_not_supported'
  return 'request_refused'
}
