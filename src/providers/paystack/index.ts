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

function headers(credentials: Credentials): Record<string, string> {
  return { authorization: `Bearer ${credentials.secret_key}`, accept: 'application/json' }
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

function readCheckout({ status, body }: ProviderAnswer, request: CheckoutRequest): CheckoutAnswer {
  const envelope = Envelope.safeParse(body)
  if (!envelope.success) return { kind: 'unknown', cause: 'answer_unrecognised' }
  if (status >= 400) {
    if (isDuplicate(envelope.data)) return { kind: 'exists' }
    return { kind: 'refused', reason: refusalReason(status, envelope.data), message: envelope.data.message }
  }
  const opened = Initialized.safeParse(envelope.data.data)
  // Another reference than ours would open a page for a payment that we could never find.
  if (status !== 200 || !envelope.data.status || !opened.success || opened.data.reference !== request.reference) {
    return { kind: 'unknown', cause: 'answer_unrecognised' }
  }
  return { kind: 'opened', checkoutUrl: opened.data.authorization_url }
}

function readConfirmation({ status, body }: ProviderAnswer): Confirmation {
  const envelope = Envelope.safeParse(body)
  if (!envelope.success) return { kind: 'unknown', cause: 'answer_unrecognised' }
  if (status >= 400) {
    // 400 or 404 by account and age of the API: the code decides, or the text where there is none.
    if (isNotFound(envelope.data)) return { kind: 'not_found' }
    return { kind: 'refused', reason: refusalReason(status, envelope.data), message: envelope.data.message }
  }
  const found = VerifiedTransaction.safeParse(envelope.data.data)
  // `status: true` says that the call worked, nothing about the money.
  if (status !== 200 || !envelope.data.status || !found.success) {
    return { kind: 'unknown', cause: 'answer_unrecognised' }
  }
  const { data } = found
  return {
    kind: 'found',
    status: reportedStatus(data.status),
    reported: toReported(data),
    message: data.gateway_response ?? data.message ?? undefined,
  }
}

function toReported(verified: z.output<typeof VerifiedTransaction>): Reported {
  const inOurs = (amount: bigint | null | undefined) =>
    amount === null || amount === undefined ? undefined : fromWire(amount, verified.currency)
  return {
    reference: verified.reference,
    // Absent in old bodies; there the amount collected is all there is.
    amount: inOurs(verified.requested_amount ?? verified.amount),
    collected: inOurs(verified.amount),
    fee: inOurs(verified.fees),
    currency: verified.currency,
    mode: verified.domain === 'test' || verified.domain === 'live' ? verified.domain : undefined,
    providerTransactionId: verified.id,
  }
}

function readCredentialCheck({ status, body }: ProviderAnswer): CredentialCheck {
  const envelope = Envelope.safeParse(body)
  if (!envelope.success) return { kind: 'unknown', cause: 'answer_unrecognised' }
  if (status === 401 || status === 403) return { kind: 'invalid', message: envelope.data.message }
  return status === 200 && envelope.data.status ? { kind: 'valid' } : { kind: 'unknown', cause: 'answer_unrecognised' }
}

type Answered = ReturnType<typeof Envelope.parse>

const isDuplicate = ({ code, message }: Answered): boolean =>
  code === 'duplicate_reference' || /duplicate transaction reference/i.test(message)

const isNotFound = ({ code, message }: Answered): boolean =>
  code === 'transaction_not_found' || /transaction reference not found/i.test(message)

function refusalReason(status: number, { code, message }: Answered): RefusalReason {
  if (status === 429 || code === 'rate_limited') return 'rate_limited'
  if (status === 401 || status === 403 || code === 'invalid_Key' || /ip address is not allowed/i.test(message)) {
    return 'credentials_refused'
  }
  if (/currency/i.test(message)) return 'currency_not_supported'
  return 'request_refused'
}
