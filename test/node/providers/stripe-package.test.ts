/**
 * Stripe's own package as the judge: what it signs we accept, what we sign it accepts, both refuse the same, and what we
 * send is what it would send.
 */

import { Stripe } from 'stripe'
import { describe, expect, test } from 'vitest'
import { encodeHex, utf8 } from '../../../src/crypto/bytes.ts'
import { hmacSign } from '../../../src/crypto/hmac.ts'
import type { CheckoutRequest, ProviderCall } from '../../../src/providers/contract.ts'
import { stripe } from '../../../src/providers/stripe/index.ts'
import {
  EVENTS,
  event,
  fieldsOf,
  firstCall,
  INTENT_ID,
  REFERENCE,
  REFUND_ID,
  SESSION_ID,
} from '../../providers/stripe-fixtures.ts'

const KEY = 'sk_test_8f2b6d0a4c1e9753'
const SECRET = 'whsec_Jt6nQ2mXv8rBz4Ws'
const CREDENTIALS = { secret_key: KEY, webhook_secret: SECRET }
const TIME = 1_793_606_410
const { webhooks } = new Stripe(KEY)

const BODIES = [
  ...Object.entries(EVENTS).map(([type, [object]]) => JSON.stringify(event(type, object), null, 2)),
  JSON.stringify(event('checkout.session.completed', { note: 'Adéọlá 💸 a\\/b' })),
]

const ours = (payload: string, header: string, ageSeconds = 0, secret = SECRET) => {
  const headers = new Headers({ 'stripe-signature': header })
  const now = new Date((TIME + ageSeconds) * 1000)
  return stripe.verifyWebhook(utf8(payload), headers, { webhook_secret: secret }, now)
}

/** The package takes the time of arrival, too, so that both look at the same clock. */
function theirs(payload: string, header: string, ageSeconds = 0, secret = SECRET): 'valid' | 'wrong' {
  try {
    webhooks.constructEvent(payload, header, secret, 300, undefined, (TIME + ageSeconds) * 1000)
    return 'valid'
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) return 'wrong'
    throw error
  }
}

const sign = (payload: string, secret = SECRET) =>
  webhooks.generateTestHeaderString({ payload, secret, timestamp: TIME })

describe('a webhook', () => {
  test.each(BODIES)('that the package signed is accepted: %#', async (payload) => {
    expect(await ours(payload, sign(payload))).toBe('valid')
  })

  test.each(BODIES)('that we sign is accepted by the package: %#', async (payload) => {
    const signature = encodeHex(await hmacSign('SHA-256', utf8(SECRET), utf8(`${TIME}.${payload}`)))
    expect(theirs(payload, `t=${TIME},v1=${signature}`)).toBe('valid')
    expect(sign(payload)).toBe(`t=${TIME},v1=${signature}`)
  })

  const [payload = ''] = BODIES
  const header = sign(payload)
  const rolled = `${sign(payload, 'whsec_the_one_before')},v1=${header.slice(-64)}`

  test.each<[string, string, string, number, string, 'valid' | 'wrong']>([
    ['with one signature of two', payload, rolled, 0, SECRET, 'valid'],
    ['just young enough', payload, header, 300, SECRET, 'valid'],
    ['from a clock that is ahead', payload, header, -3_600, SECRET, 'valid'],
    ['too old', payload, header, 301, SECRET, 'wrong'],
    ['changed', payload.replace('event', 'Event'), header, 0, SECRET, 'wrong'],
    ['written again', JSON.stringify(JSON.parse(payload)), header, 0, SECRET, 'wrong'],
    ['signed for another time', payload, header.replace(`${TIME}`, `${TIME + 1}`), 0, SECRET, 'wrong'],
    ['signed with another secret', payload, header, 0, `${SECRET}0`, 'wrong'],
  ])('is %s, and means the same to both', async (_what, body, given, ageSeconds, secret, check) => {
    expect(await ours(body, given, ageSeconds, secret)).toBe(check)
    expect(theirs(body, given, ageSeconds, secret)).toBe(check)
  })

  test.each([`t=${TIME}`, header.slice(header.indexOf('v1')), header.replace('v1=', 'v0=')])(
    'whose signature is not to be read is refused by both: %s',
    async (given) => {
      expect(await ours(payload, given)).toBe('missing')
      expect(theirs(payload, given)).toBe('wrong')
    },
  )
})

/** What the package would send for this, as a call of ours. */
async function sentByPackage(send: (client: Stripe) => Promise<unknown>): Promise<ProviderCall> {
  const calls: ProviderCall[] = []
  const fetchNothing: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const { pathname, search } = new URL(request.url)
    calls.push({
      method: request.method === 'GET' ? 'GET' : 'POST',
      path: pathname + search,
      headers: Object.fromEntries(request.headers),
      body: await request.text(),
    })
    return Response.json({ object: 'list', data: [], has_more: false })
  }
  const httpClient = Stripe.createFetchHttpClient(fetchNothing)
  await send(new Stripe(KEY, { httpClient, telemetry: false }))
  const [call] = calls
  if (call === undefined) throw new Error('the package sent nothing')
  return call
}

/** What Stripe reads of a call: the order of fields and the spelling of brackets are nobody's business. */
function readByStripe({ method, path, headers, body }: ProviderCall) {
  const [pathname, query] = path.split('?')
  const named = ['authorization', 'stripe-version', ...(method === 'POST' ? ['content-type', 'idempotency-key'] : [])]
  return {
    method,
    pathname,
    fields: fieldsOf(method === 'GET' ? query : body).sort(([a], [b]) => (a < b ? -1 : 1)),
    headers: named.map((name) => headers[name]),
  }
}

const CREATED_AT = new Date('2026-11-02T08:26:18Z')
const REQUEST: CheckoutRequest = {
  reference: REFERENCE,
  amount: 7_250n,
  currency: 'EUR',
  customer: { email: 'ada+7@customer.test', name: undefined, phone: undefined },
  description: 'Order 7 & more: 10% off, “très bon”',
  callbackUrl: 'https://shop.test/thanks?order=7&s={CHECKOUT_SESSION_ID}#top',
  method: 'card',
  metadata: { 'order no.': 'a=b&c d', note: '💸' },
  createdAt: CREATED_AT,
  expiresAt: new Date(CREATED_AT.getTime() + 3_600_000),
}
const PAYMENT = {
  ...REQUEST,
  checkoutId: SESSION_ID,
  checkoutUrl: undefined,
  providerTransactionId: INTENT_ID,
}
const SECONDS = CREATED_AT.getTime() / 1000

describe('a call', () => {
  test('to open a page is what the package sends', async () => {
    const metadata = { ...REQUEST.metadata, reference: REFERENCE }
    const theirs = await sentByPackage((client) =>
      client.checkout.sessions.create(
        {
          mode: 'payment',
          line_items: [
            {
              quantity: 1,
              price_data: {
                currency: 'eur',
                unit_amount: 7_250,
                product_data: { name: 'Order 7 & more: 10% off, “très bon”' },
              },
            },
          ],
          client_reference_id: REFERENCE,
          customer_email: 'ada+7@customer.test',
          success_url: 'https://shop.test/thanks?order=7&s={CHECKOUT_SESSION_ID}#top',
          cancel_url: 'https://shop.test/thanks?order=7&s={CHECKOUT_SESSION_ID}#top',
          expires_at: SECONDS + 3_600,
          allowed_payment_method_types: ['card'],
          adaptive_pricing: { enabled: false },
          metadata,
          payment_intent_data: { metadata },
        },
        { idempotencyKey: `${REFERENCE}:checkout` },
      ),
    )
    const ours = firstCall(stripe.createCheckout(REQUEST, CREDENTIALS))
    expect(readByStripe(ours)).toEqual(readByStripe(theirs))
  })

  test('to read a session is what the package sends', async () => {
    const theirs = await sentByPackage((client) =>
      client.checkout.sessions.retrieve(SESSION_ID, { expand: ['payment_intent.latest_charge'] }),
    )
    expect(readByStripe(firstCall(stripe.confirm(PAYMENT, CREDENTIALS)))).toEqual(readByStripe(theirs))
  })

  test('to list sessions is what the package sends', async () => {
    const theirs = await sentByPackage((client) =>
      client.checkout.sessions.list({
        created: { gte: SECONDS, lte: SECONDS + 3_600 },
        limit: 50,
        expand: ['data.payment_intent.latest_charge'],
        starting_after: SESSION_ID,
      }),
    )
    const range = { from: CREATED_AT, to: REQUEST.expiresAt }
    const ours = firstCall(stripe.listPayments(range, SESSION_ID, CREDENTIALS))
    expect(readByStripe(ours)).toEqual(readByStripe(theirs))
  })

  test('to close a page is what the package sends, but for the key that it makes up', async () => {
    const theirs = await sentByPackage((client) => client.checkout.sessions.expire(SESSION_ID))
    const ours = stripe.closeCheckout && firstCall(stripe.closeCheckout(PAYMENT, CREDENTIALS))
    const { 'idempotency-key': _key, ...headers } = theirs.headers
    expect(ours && readByStripe(ours)).toEqual(readByStripe({ ...theirs, headers }))
  })

  test('to refund is what the package sends', async () => {
    const theirs = await sentByPackage((client) =>
      client.refunds.create(
        {
          payment_intent: INTENT_ID,
          amount: 2_000,
          metadata: { refund_id: REFUND_ID, reference: REFERENCE, reason: 'too small' },
        },
        { idempotencyKey: `${REFUND_ID}:refund` },
      ),
    )
    const request = { id: REFUND_ID, payment: PAYMENT, amount: 2_000n, reason: 'too small' }
    expect(readByStripe(firstCall(stripe.createRefund(request, CREDENTIALS)))).toEqual(readByStripe(theirs))
  })

  test('to list all refunds is what the package sends', async () => {
    const theirs = await sentByPackage((client) =>
      client.refunds.list({ created: { gte: SECONDS, lte: SECONDS + 3_600 }, limit: 100, starting_after: 're_last' }),
    )
    const range = { from: CREATED_AT, to: REQUEST.expiresAt }
    const ours = stripe.listRefunds && firstCall(stripe.listRefunds(range, 're_last', CREDENTIALS))
    expect(ours && readByStripe(ours)).toEqual(readByStripe(theirs))
  })

  test('to list refunds is what the package sends', async () => {
    const theirs = await sentByPackage((client) => client.refunds.list({ payment_intent: INTENT_ID, limit: 100 }))
    expect(readByStripe(firstCall(stripe.readRefunds(PAYMENT, [], CREDENTIALS)))).toEqual(readByStripe(theirs))
  })
})
