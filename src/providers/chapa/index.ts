/** Chapa: hosted page by initialize, truth by verify. What protects a payment is its reference, which Chapa takes once. */

import { type Provider, UNRECOGNISED } from '../contract.ts'
import { getJson } from '../kit/bearer.ts'
import { parseFields } from '../kit/credentials.ts'
import { readReply } from './call.ts'
import { closeCheckout, confirm, createCheckout } from './checkout.ts'
import { createRefund, listPayments, readRefunds } from './lists.ts'
import { readWebhook, verifyWebhook } from './webhook.ts'
import { CURRENCIES } from './wire.ts'

const SECRET_KEY = {
  name: 'secret_key',
  pattern: /^CHASECK(_TEST)?-[A-Za-z0-9]{10,100}$/,
  message: 'Send the secret key as Chapa shows it, CHASECK_TEST-… or CHASECK-…, and not the public key, CHAPUBK….',
}
const WEBHOOK_SECRET = {
  name: 'webhook_secret',
  // Whatever the merchant made up: it is neither trimmed nor decoded.
  pattern: /^\P{C}{1,200}$/u,
  message: "Send the webhook's secret hash as it stands on the dashboard, 1 to 200 characters.",
}

export const chapa: Provider = {
  name: 'chapa',
  origin: 'https://api.chapa.co',
  capabilities: {
    currencies: CURRENCIES,
    methods: ['card', 'mobile_money', 'wallet'],
    needsCallbackUrl: false,
    refunds: { partial: true, modes: ['live'] },
  },
  parseCredentials: (input) =>
    parseFields(input, [SECRET_KEY, WEBHOOK_SECRET], (key) => (key.startsWith('CHASECK_TEST-') ? 'test' : 'live')),
  createCheckout,
  confirm,
  closeCheckout,
  createRefund,
  readRefunds,
  listPayments,
  *checkCredentials(credentials) {
    // The cheapest call that a wrong key fails. Of the envelope its answer has the status alone.
    const reply = readReply(yield getJson('/v1/currency_supported', credentials))
    if (reply.kind === 'done' && reply.status === 'success') return { kind: 'valid' }
    const isOfKey = reply.kind === 'refused' && reply.reason === 'credentials_refused'
    return isOfKey ? { kind: 'invalid', message: reply.message } : UNRECOGNISED
  },
  verifyWebhook,
  readWebhook,
}
