/**
 * Paystack: hosted page by initialize, truth by verify. The key picks the mode; a payment is protected by its reference,
 * which Paystack never lets anybody use twice.
 */

import * as z from 'zod'
import { MODES } from '../../domain/transaction.ts'
import type { CheckoutRequest, Confirmation, Credentials, Provider, ProviderCall } from '../contract.ts'
import { UNRECOGNISED } from '../contract.ts'
import { getJson, postJson } from '../kit/bearer.ts'
import { parseFields } from '../kit/credentials.ts'
import { credentialCheckOf } from '../kit/reply.ts'
import { readReply } from './call.ts'
import { createRefund, listPayments, listRefunds, readRefunds } from './lists.ts'
import { readWebhook, verifyWebhook } from './webhook.ts'
import { CURRENCIES, channelsOf, fromWire, Initialized, METHODS, reportedStatus, Transaction, toWire } from './wire.ts'

const SECRET_KEY = {
  name: 'secret_key',
  pattern: /^sk_(test|live)_[A-Za-z0-9]{10,100}$/,
  message: 'Send the secret key as Paystack shows it, sk_test_… or sk_live_…, and not the public key, pk_….',
}

export const paystack: Provider = {
  name: 'paystack',
  origin: 'https://api.paystack.co',
  capabilities: {
    currencies: CURRENCIES,
    methods: METHODS,
    needsCallbackUrl: false,
    refunds: { partial: true, modes: MODES },
  },
  parseCredentials: (input) =>
    parseFields(input, [SECRET_KEY], (key) => (key.startsWith('sk_live_') ? 'live' : 'test')),
  *createCheckout(request, credentials) {
    const reply = readReply(yield initialize(request, credentials), Initialized)
    if (reply.kind === 'not_done') return reply.isDuplicate ? { kind: 'exists' } : reply.outcome
    // Another reference than ours would open a page for a payment that we could never find.
    if (reply.data.reference !== request.reference) return UNRECOGNISED
    return { kind: 'opened', checkoutUrl: reply.data.authorization_url, checkoutId: undefined }
  },
  *confirm({ reference }, credentials) {
    const path = `/transaction/verify/${encodeURIComponent(reference)}`
    const reply = readReply(yield getJson(path, credentials), Transaction)
    if (reply.kind === 'not_done') return reply.isNotFound ? { kind: 'not_found' } : reply.outcome
    return confirmationOf(reply.data)
  },
  createRefund,
  readRefunds,
  listPayments,
  listRefunds,
  *checkCredentials(credentials) {
    // The cheapest call that a wrong key fails and that changes nothing.
    const reply = readReply(yield getJson('/balance', credentials), z.unknown())
    return credentialCheckOf(reply.kind === 'done' ? reply : reply.outcome)
  },
  verifyWebhook,
  readWebhook,
}

function initialize(request: CheckoutRequest, credentials: Credentials): ProviderCall {
  const body = {
    email: request.customer.email,
    amount: toWire(request.amount, request.currency),
    currency: request.currency,
    reference: request.reference,
    callback_url: request.callbackUrl,
    channels: request.method && channelsOf(request.method),
    // Documented as stringified JSON; an object works, and comes back changed.
    metadata: JSON.stringify(request.metadata),
  }
  return postJson('/transaction/initialize', body, credentials)
}

function confirmationOf(found: z.output<typeof Transaction>): Confirmation {
  const { reference, currency, domain, id, amount, requested_amount, fees } = found
  return {
    kind: 'found',
    status: reportedStatus(found.status),
    reported: {
      reference,
      // Where Paystack doesn't say what was asked, what was collected is all there is.
      amount: fromWire(requested_amount ?? amount, currency),
      collected: fromWire(amount, currency),
      fee: fees === null || fees === undefined ? undefined : fromWire(fees, currency),
      currency,
      mode: domain,
      providerTransactionId: id,
    },
    message: found.gateway_response ?? found.message ?? undefined,
  }
}
