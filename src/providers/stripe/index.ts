/**
 * Stripe: a Checkout Session for the page, and its PaymentIntent for the money. The key picks the mode; idempotency keys
 * keep a repeat from being a second payment, and our reference finds both again.
 */

import { MODES } from '../../domain/transaction.ts'
import type { Conversation, CredentialCheck, Credentials, Provider } from '../contract.ts'
import { UNRECOGNISED } from '../contract.ts'
import { parseFields } from '../kit/credentials.ts'
import { getCall, readPage } from './call.ts'
import { createRefund, listPayments, listRefunds, readRefunds } from './lists.ts'
import { CURRENCIES } from './money.ts'
import { closeCheckout, confirm, createCheckout, SESSIONS } from './sessions.ts'
import { readWebhook, verifyWebhook } from './webhook.ts'
import { SessionKey } from './wire.ts'

const FIELDS = [
  {
    name: 'secret_key',
    pattern: /^[sr]k_(test|live)_[A-Za-z0-9]{10,250}$/,
    message: 'Send a secret or restricted key as Stripe shows it, sk_… or rk_…, and not the publishable key, pk_….',
  },
  {
    name: 'webhook_secret',
    pattern: /^whsec_[\w+/=-]{16,250}$/,
    message: 'Send the signing secret of the webhook endpoint as Stripe shows it, whsec_….',
  },
]

export const stripe: Provider = {
  name: 'stripe',
  origin: 'https://api.stripe.com',
  capabilities: {
    currencies: CURRENCIES,
    methods: ['card'],
    needsCallbackUrl: true,
    refunds: { partial: true, modes: MODES },
  },
  parseCredentials: (input) => parseFields(input, FIELDS, (key) => (/^.k_live_/.test(key) ? 'live' : 'test')),
  createCheckout,
  confirm,
  closeCheckout,
  createRefund,
  readRefunds,
  listPayments,
  listRefunds,
  checkCredentials,
  verifyWebhook,
  readWebhook,
}

/** Asks for what every payment needs: a restricted key may well not be allowed to see the balance. */
function* checkCredentials(credentials: Credentials): Conversation<CredentialCheck> {
  const reply = readPage(SessionKey, yield getCall(SESSIONS, { limit: 1 }, credentials))
  if (reply.kind === 'done') return { kind: 'valid' }
  const isOfKey = reply.kind === 'refused' && reply.reason === 'credentials_refused'
  return isOfKey ? { kind: 'invalid', message: reply.message } : UNRECOGNISED
}
