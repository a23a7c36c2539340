/** Recorded payloads of Stripe through the real plug-in, where the recordings are at hand. In Node. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { AttemptKnown } from '../../../src/providers/contract.ts'
import { parseExactJson } from '../../../src/providers/kit/exact-json.ts'
import { stripe } from '../../../src/providers/stripe/index.ts'
import {
  answered,
  converse,
  EVENTS,
  event,
  REFERENCE,
  REFUND_ID,
  readSession,
  SESSION_ID,
} from '../../providers/stripe-fixtures.ts'

const RECORDINGS = join(import.meta.dirname, '../../../../shared/providers/payloads/stripe')

const CREDENTIALS = { secret_key: 'sk_test_8f2b6d0a4c1e9753', webhook_secret: 'whsec_Jt6nQ2mXv8rBz4Ws' }
const KNOWN: AttemptKnown = {
  reference: REFERENCE,
  amount: 7_250n,
  currency: 'USD',
  checkoutId: SESSION_ID,
  checkoutUrl: undefined,
  providerTransactionId: undefined,
  createdAt: new Date('2026-11-02T08:26:18Z'),
  expiresAt: new Date('2026-11-02T10:26:18Z'),
}
const bytes = (text: string) => new Uint8Array(new TextEncoder().encode(text))
const confirmed = (session: unknown) => converse(stripe.confirm(KNOWN, CREDENTIALS), answered(200, session)).result

test('the plug-in does its work in Node', async () => {
  const [object, claim] = EVENTS['payment_intent.succeeded']
  const body = bytes(JSON.stringify(event('payment_intent.succeeded', object)))
  expect(await stripe.readWebhook(body)).toMatchObject(claim)
  const headers = new Headers({ 'stripe-signature': `t=1793606410,v1=${'0'.repeat(64)}` })
  expect(await stripe.verifyWebhook(body, headers, CREDENTIALS, new Date(1_793_606_410_000))).toBe('wrong')
  expect(confirmed(readSession())).toMatchObject({ status: 'paid' })
})

const text = (path: string): string => readFileSync(join(RECORDINGS, `${path}.json`), 'utf8')

const Recorded = z.object({
  id: z.string(),
  type: z.string(),
  data: z.object({
    object: z.looseObject({
      id: z.string(),
      client_reference_id: z.string().nullish(),
      payment_intent: z.string().nullish(),
      metadata: z.looseObject({ reference: z.string().optional() }).nullish(),
    }),
  }),
})
const recorded = (path: string) => Recorded.parse(parseExactJson(text(path)))
const objectOf = (path: string) => recorded(path).data.object

/** What each recorded webhook asks us to look at, and where its object names our reference and the payment. */
type Naming = [
  'payment' | 'refund' | 'nothing',
  'client' | 'metadata' | undefined,
  'self' | 'payment_intent' | undefined,
]
const SESSION_OF_OURS: Naming = ['payment', 'client', 'payment_intent']
const INTENT_OF_OURS: Naming = ['payment', 'metadata', 'self']
const CHARGE_OF_OURS: Naming = ['payment', 'metadata', 'payment_intent']
const REFUND_OF_OURS: Naming = ['refund', 'metadata', 'payment_intent']
const NOTHING: Naming = ['nothing', undefined, undefined]

const WEBHOOKS: Record<string, Naming> = {
  'charge.failed': CHARGE_OF_OURS,
  'charge.succeeded': CHARGE_OF_OURS,
  'checkout.session.completed': SESSION_OF_OURS,
  'payment_intent.created': INTENT_OF_OURS,
  'composed/charge.dispute.closed': REFUND_OF_OURS,
  'composed/charge.dispute.created': REFUND_OF_OURS,
  'composed/charge.failed': CHARGE_OF_OURS,
  'composed/charge.refunded': REFUND_OF_OURS,
  'composed/charge.succeeded': CHARGE_OF_OURS,
  'composed/checkout.session.async_payment_failed': SESSION_OF_OURS,
  'composed/checkout.session.async_payment_succeeded': SESSION_OF_OURS,
  'composed/checkout.session.completed': SESSION_OF_OURS,
  'composed/checkout.session.expired': SESSION_OF_OURS,
  'composed/payment_intent.payment_failed': INTENT_OF_OURS,
  'composed/payment_intent.processing': INTENT_OF_OURS,
  'composed/payment_intent.succeeded': INTENT_OF_OURS,
  'composed/payout.failed': NOTHING,
  'composed/payout.paid': NOTHING,
  'composed/refund.created': REFUND_OF_OURS,
  'composed/refund.updated': REFUND_OF_OURS,
}

function recordedWebhooks(): void {
  test.each(Object.entries(WEBHOOKS))('%s is read', async (path, [about, reference, payment]) => {
    const { id, type, data } = recorded(path)
    const { object } = data
    const named = reference === 'client' ? object.client_reference_id : object.metadata?.reference
    expect(await stripe.readWebhook(bytes(text(path)))).toEqual({
      type,
      dedupeKey: id,
      about,
      reference: reference === undefined ? undefined : (named ?? undefined),
      providerTransactionId:
        payment === undefined ? undefined : ((payment === 'self' ? object.id : object.payment_intent) ?? undefined),
    })
  })

  test('each of them is in the list', () => {
    const named = (folder: string) =>
      readdirSync(join(RECORDINGS, folder))
        .filter((name) => name.endsWith('.json') && name !== 'signature-vectors.json')
        .map((name) => join(folder, name.slice(0, -'.json'.length)))
    expect([...named(''), ...named('composed')].sort()).toEqual(Object.keys(WEBHOOKS).sort())
  })
}

const Vectors = z.object({
  computed: z.object({
    cases: z.array(z.object({ secret: z.string(), t: z.int(), raw_body: z.string(), header: z.string() })).min(1),
  }),
})

function signatureVectors(): void {
  test.each(Vectors.parse(parseExactJson(text('signature-vectors'))).computed.cases)(
    'of $secret at $t fits that body, that secret and that time alone',
    async ({ secret, t, raw_body: body, header }) => {
      const verify = (signed: string, webhookSecret: string, seconds: number) => {
        const headers = new Headers({ 'stripe-signature': header })
        return stripe.verifyWebhook(bytes(signed), headers, { webhook_secret: webhookSecret }, new Date(seconds * 1000))
      }
      expect(await verify(body, secret, t)).toBe('valid')
      expect(await verify(`${body} `, secret, t)).toBe('wrong')
      expect(await verify(body, `${secret}0`, t)).toBe('wrong')
      expect(await verify(body, secret, t + 301)).toBe('wrong')
    },
  )
}

/** A recorded session as reading it gives it: its payment, and that one's charge, in the place of their ids. */
const expanded = (session: string, intent: string | undefined, charge: string | undefined) => ({
  ...objectOf(session),
  payment_intent:
    intent === undefined
      ? null
      : { ...objectOf(intent), latest_charge: charge === undefined ? null : objectOf(charge) },
})

function recordedObjects(): void {
  test.each([
    ['checkout.session.completed', 'payment_intent.succeeded', 'charge.succeeded', 'paid'],
    ['checkout.session.completed', 'payment_intent.succeeded', 'charge.refunded', 'paid'],
    ['checkout.session.async_payment_succeeded', 'payment_intent.succeeded', undefined, 'paid'],
    ['checkout.session.async_payment_failed', 'payment_intent.processing', undefined, 'processing'],
    ['checkout.session.async_payment_failed', 'payment_intent.payment_failed', 'charge.failed', 'failed'],
    ['checkout.session.expired', undefined, undefined, 'closed'],
    ['checkout.session.expired', 'payment_intent.succeeded', 'charge.succeeded', 'paid'],
  ])('%s with %s and %s is confirmed', (session, intent, charge, status) => {
    const [ofSession, ofIntent, ofCharge] = [session, intent, charge].map((name) => name && `composed/${name}`)
    const object = expanded(ofSession ?? '', ofIntent, ofCharge)
    expect(confirmed(object)).toMatchObject({
      kind: 'found',
      status,
      reported: { reference: object.client_reference_id, amount: 5_000n, currency: 'USD', mode: 'test' },
    })
  })

  test('sessions are listed, those of others too', () => {
    const { client_reference_id: reference } = objectOf('composed/checkout.session.completed')
    const rows = [
      expanded('composed/checkout.session.completed', 'composed/payment_intent.succeeded', 'composed/charge.refunded'),
      expanded('checkout.session.completed', 'payment_intent.created', undefined),
    ]
    const range = { from: KNOWN.createdAt, to: KNOWN.expiresAt }
    const answer = answered(200, { data: rows, has_more: false })
    expect(converse(stripe.listPayments(range, undefined, CREDENTIALS), answer).result).toMatchObject({
      kind: 'page',
      payments: [
        { reference, status: 'paid', amount: 5_000n, isRefunded: true },
        { reference: undefined, amount: 999n, currency: 'EUR', isRefunded: false },
      ],
    })
  })

  test.each(['composed/refund.created', 'composed/refund.updated'])('%s is a refund that was made', (path) => {
    const payment = { ...KNOWN, providerTransactionId: 'pi_of_ours' }
    const request = { id: REFUND_ID, payment, amount: 2_000n, reason: undefined }
    const made = converse(stripe.createRefund(request, CREDENTIALS), answered(200, objectOf(path))).result
    const { id: providerRefundId } = objectOf(path)
    expect(made).toMatchObject({ kind: 'made', refund: { providerRefundId, amount: 2_000n, status: 'succeeded' } })
  })
}

if (existsSync(RECORDINGS)) {
  describe('a recorded webhook', recordedWebhooks)
  describe('a signature vector', signatureVectors)
  describe('what was recorded', recordedObjects)
}
