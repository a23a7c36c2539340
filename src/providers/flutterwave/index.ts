/**
 * Flutterwave, v3: the hosted page of Standard checkout, truth by verification. The key picks the mode, and a payment
 * has nothing of ours but `tx_ref`, under which there may be many tries.
 */

import { MODES } from '../../domain/transaction.ts'
import { type CheckoutRequest, type Provider, UNRECOGNISED } from '../contract.ts'
import { getJson, postJson } from '../kit/bearer.ts'
import { parseFields } from '../kit/credentials.ts'
import { credentialCheckOf } from '../kit/reply.ts'
import { ask } from './call.ts'
import { confirm, createRefund, listPayments, listRefunds, readRefunds, readTries } from './lists.ts'
import { readWebhook, verifyWebhook } from './webhook.ts'
import { CURRENCIES, HostedLink, METHODS, OPTIONS, reportedStatus, toWire } from './wire.ts'

const FIELDS = [
  {
    name: 'secret_key',
    pattern: /^FLWSECK(_TEST)?-[A-Za-z0-9-]{10,120}-X$/,
    message:
      'Send the secret key, FLWSECK_TEST-…-X or FLWSECK-…-X: neither the public one, FLWPUBK…, nor that to encrypt.',
  },
  {
    name: 'webhook_hash',
    // A header can't carry more than this unharmed.
    pattern: /^[!-~]([ -~]{0,198}[!-~])?$/,
    message: 'Send the secret hash of your dashboard’s webhook settings: 1 to 200 printable ASCII characters.',
  },
]

export const flutterwave: Provider = {
  name: 'flutterwave',
  origin: 'https://api.flutterwave.com',
  capabilities: {
    currencies: CURRENCIES,
    methods: METHODS,
    needsCallbackUrl: true,
    refunds: { partial: true, modes: MODES },
  },
  parseCredentials: (input) => parseFields(input, FIELDS, (key) => (key.startsWith('FLWSECK_TEST-') ? 'test' : 'live')),
  /** Sent again it opens another page under the same `tx_ref`. One whose address was lost is no harm: nobody has it. */
  *createCheckout(request, credentials) {
    const reply = yield* ask(postJson('/v3/payments', pageOf(request), credentials))
    if (reply.kind === 'refused' && /duplicate (transaction |tx_?)?ref/i.test(reply.message)) return { kind: 'exists' }
    if (reply.kind !== 'done') return reply
    const opened = HostedLink.safeParse(reply.data)
    return opened.success ? { kind: 'opened', checkoutUrl: opened.data.link, checkoutId: undefined } : UNRECOGNISED
  },
  confirm,
  /** A try that is under way goes on, and a page may be inactive for being paid: the tries are looked at as well. */
  *closeCheckout({ reference, checkoutUrl: link }, credentials) {
    // An address that never came was never handed out: nobody can pay there.
    if (link === undefined) return { kind: 'closed' }
    const reply = yield* ask(postJson('/v3/payments/link/disable', { link }, credentials))
    const wasInactive = reply.kind === 'refused' && /link is currently inactive/i.test(reply.message)
    if (reply.kind !== 'done' && !wasInactive) return reply
    const tries = yield* readTries(reference, credentials)
    if (tries.kind !== 'rows') return tries
    return { kind: tries.rows.every((row) => reportedStatus(row.status) === 'declined') ? 'closed' : 'too_late' }
  },
  createRefund,
  readRefunds,
  listPayments,
  listRefunds,
  *checkCredentials(credentials) {
    // The cheapest call that a wrong key fails and that changes nothing.
    return credentialCheckOf(yield* ask(getJson('/v3/balances', credentials)))
  },
  verifyWebhook,
  readWebhook,
}

function pageOf({ reference, amount, currency, customer, method, description, ...request }: CheckoutRequest) {
  const minutes = Math.ceil((request.expiresAt.getTime() - request.createdAt.getTime()) / 60_000)
  return {
    tx_ref: reference,
    amount: toWire(amount, currency),
    currency,
    redirect_url: request.callbackUrl,
    customer: { email: customer.email, name: customer.name, phonenumber: customer.phone },
    // As many tries as stand on one page of the list.
    configurations: { session_duration: Math.min(Math.max(minutes, 1), 1440), max_retry_attempt: 10 },
    payment_options: method && OPTIONS[method],
    customizations: description && { description },
    meta: request.metadata,
  }
}
