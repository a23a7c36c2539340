/** Stripe's plug-in: what it sends, byte for byte, and what it makes of every answer that Stripe is known to give. */

import { describe, expect, test } from 'vitest'
import { type Currency, currencyExponent } from '../../src/domain/currencies.ts'
import { AMOUNT_MAX } from '../../src/domain/money.ts'
import type { ReportedStatus } from '../../src/domain/verdict.ts'
import type {
  AttemptKnown,
  CheckoutRequest,
  ClosedAnswer,
  Conversation,
  ProviderAnswer,
} from '../../src/providers/contract.ts'
import { parseExactJson } from '../../src/providers/kit/exact-json.ts'
import { encodeForm } from '../../src/providers/stripe/form.ts'
import { stripe } from '../../src/providers/stripe/index.ts'
import {
  answered,
  CHARGE,
  CREATED,
  CREATED_AT,
  CREDENTIALS,
  converse,
  DECLINE,
  expandedIntent,
  fieldsOf,
  firstCall,
  HEADERS,
  INTENT,
  INTENT_ID,
  INVALID_KEY,
  KEY,
  KNOWN,
  later,
  listingRefunds,
  listOf,
  MISSING,
  NOT_OPEN,
  ofListing,
  ofRefund,
  ofRefundListing,
  ofRefunds,
  PAID,
  problem,
  RANGE,
  REFERENCE,
  REFUND_REQUEST,
  readSession,
  refused,
  SESSION,
  SESSION_ID,
  UNRECOGNISED,
  WEBHOOK_SECRET,
} from './stripe-fixtures.ts'

const REQUEST: CheckoutRequest = {
  reference: REFERENCE,
  amount: 7_250n,
  currency: 'USD',
  customer: { email: 'ada+7@customer.test', name: 'Ada', phone: undefined },
  description: 'Order 7 & more',
  callbackUrl: 'https://shop.test/thanks?order=7&s={CHECKOUT_SESSION_ID}',
  method: undefined,
  metadata: { transaction_id: 'txn_01kc9v4t2m' },
  createdAt: CREATED_AT,
  expiresAt: later(120),
}

const UNNAMED: AttemptKnown = { ...KNOWN, checkoutId: undefined }
const create = (request: CheckoutRequest) => firstCall(stripe.createCheckout(request, CREDENTIALS))
const close = (attempt: AttemptKnown): Conversation<ClosedAnswer> => {
  if (stripe.closeCheckout === undefined) throw new Error('pages can be closed')
  return stripe.closeCheckout(attempt, CREDENTIALS)
}
const ofCheckout = (answer: ProviderAnswer) => converse(stripe.createCheckout(REQUEST, CREDENTIALS), answer).result
const ofConfirmation = (answer: ProviderAnswer) => converse(stripe.confirm(KNOWN, CREDENTIALS), answer).result
const ofCheck = (answer: ProviderAnswer) => converse(stripe.checkCredentials(CREDENTIALS), answer).result
const ofClosing = (answer: ProviderAnswer) => converse(close(KNOWN), answer).result

describe('a form', () => {
  test.each<[string, Parameters<typeof encodeForm>[0], string]>([
    ['nothing', {}, ''],
    ['a text', { a: 'b' }, 'a=b'],
    ['a number, a big one and a truth', { a: 0, b: 999_999_999_999n, c: false }, 'a=0&b=999999999999&c=false'],
    ['an object in an object', { a: { b: { c: 1 } } }, 'a[b][c]=1'],
    ['a list, by its indices', { a: ['x', 'y'] }, 'a[0]=x&a[1]=y'],
    ['objects in a list', { a: [{ b: 1 }, { b: 2 }] }, 'a[0][b]=1&a[1][b]=2'],
    ['what is undefined', { a: undefined, b: { c: undefined }, d: 1 }, 'd=1'],
    ['an empty list and an empty object', { a: [], b: {} }, ''],
    ['what a form gives a meaning to', { a: 'b&c=d+e f%?#' }, 'a=b%26c%3Dd%2Be%20f%25%3F%23'],
    ['a brace', { a: '{ID}' }, 'a=%7BID%7D'],
    ['letters beyond ASCII', { a: 'é💸' }, 'a=%C3%A9%F0%9F%92%B8'],
    ['half of a character', { a: 'x\ud83d' }, 'a=x%EF%BF%BD'],
    ['names that would change the form', { 'a&b': { 'c=d': 1 } }, 'a%26b[c%3Dd]=1'],
    [
      'a name of a prototype',
      { a: JSON.parse('{"__proto__":"x","constructor":"y"}') },
      'a[__proto__]=x&a[constructor]=y',
    ],
  ])('spells %s', (_what, form, text) => {
    expect(encodeForm(form)).toBe(text)
  })
})

describe('a request', () => {
  test('for a checkout page is a form, under a key of its own', () => {
    const { body, ...call } = create(REQUEST)
    expect(call).toEqual({
      method: 'POST',
      path: '/v1/checkout/sessions',
      headers: {
        ...HEADERS,
        'content-type': 'application/x-www-form-urlencoded',
        'idempotency-key': `${REFERENCE}:checkout`,
      },
    })
    expect(fieldsOf(body)).toEqual([
      ['mode', 'payment'],
      ['line_items[0][quantity]', '1'],
      ['line_items[0][price_data][currency]', 'usd'],
      ['line_items[0][price_data][unit_amount]', '7250'],
      ['line_items[0][price_data][product_data][name]', 'Order 7 & more'],
      ['client_reference_id', REFERENCE],
      ['customer_email', 'ada+7@customer.test'],
      ['success_url', 'https://shop.test/thanks?order=7&s={CHECKOUT_SESSION_ID}'],
      ['cancel_url', 'https://shop.test/thanks?order=7&s={CHECKOUT_SESSION_ID}'],
      ['expires_at', `${CREATED + 120 * 60}`],
      ['adaptive_pricing[enabled]', 'false'],
      ['metadata[transaction_id]', 'txn_01kc9v4t2m'],
      ['metadata[reference]', REFERENCE],
      ['payment_intent_data[metadata][transaction_id]', 'txn_01kc9v4t2m'],
      ['payment_intent_data[metadata][reference]', REFERENCE],
    ])
  })

  test('is the same to the byte when it is repeated', () => {
    const again = { ...REQUEST, createdAt: new Date(CREATED_AT), metadata: { ...REQUEST.metadata } }
    expect(create(again)).toEqual(create(REQUEST))
    expect(firstCall(stripe.createRefund({ ...REFUND_REQUEST }, CREDENTIALS))).toEqual(
      firstCall(stripe.createRefund(REFUND_REQUEST, CREDENTIALS)),
    )
  })

  test.each<[string, Date, number]>([
    ['the least and a margin', later(5), 35],
    ['the least, when it is over already', later(-10), 35],
    ['what is wanted', later(36), 36],
    ['what is wanted, nearly a day', later(1434), 1434],
    ['the most less a margin', later(1440), 1435],
    ['the most less a margin, when a week is wanted', later(10_080), 1435],
  ])('asks for a page that lives for %s', (_what, expiresAt, minutes) => {
    const fields = new Map(fieldsOf(create({ ...REQUEST, expiresAt }).body))
    expect(fields.get('expires_at')).toBe(`${CREATED + minutes * 60}`)
  })

  test('keeps the page to one method where one is wanted', () => {
    const fields = new Map(fieldsOf(create({ ...REQUEST, method: 'card' }).body))
    expect(fields.get('allowed_payment_method_types[0]')).toBe('card')
    expect(create(REQUEST).body).not.toContain('payment_method')
  })

  test.each([undefined, '', '  '])('names what is paid for, also without a description: %j', (description) => {
    const fields = new Map(fieldsOf(create({ ...REQUEST, description }).body))
    expect(fields.get('line_items[0][price_data][product_data][name]')).toBe('Payment')
  })

  test.each<[string, Record<string, string>, [string, string][]]>([
    ['brackets in a name are left out', { 'a[b]': 'x', 'c]': 'y', d: 'z' }, [['d', 'z']]],
    ['a name too long is left out', { ['n'.repeat(41)]: 'x', ['m'.repeat(40)]: 'y' }, [['m'.repeat(40), 'y']]],
    ['an empty value is left out, for it would clear', { a: '', b: 'x' }, [['b', 'x']]],
    ['a value too long is cut', { a: 'x'.repeat(501) }, [['a', 'x'.repeat(500)]]],
    ['our reference is not anybody’s to replace', { reference: 'order 7' }, []],
  ])('carries notes as far as Stripe takes them: %s', (_what, metadata, kept) => {
    const notes = fieldsOf(create({ ...REQUEST, metadata }).body).filter(([name]) => name.startsWith('metadata['))
    expect(notes).toEqual([...kept, ['reference', REFERENCE]].map(([name, value]) => [`metadata[${name}]`, value]))
  })

  test('carries no more than 50 notes, and our reference always', () => {
    const metadata = Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`note_${index}`, 'x']))
    const names = fieldsOf(create({ ...REQUEST, metadata }).body).map(([name]) => name)
    expect(names.filter((name) => name.startsWith('metadata['))).toHaveLength(50)
    expect(names).toContain('metadata[reference]')
    expect(names).toContain('payment_intent_data[metadata][reference]')
  })

  test('for a confirmation reads the session with its payment in it', () => {
    expect(firstCall(stripe.confirm({ ...KNOWN, checkoutId: 'a/b?c' }, CREDENTIALS))).toEqual({
      method: 'GET',
      path: '/v1/checkout/sessions/a%2Fb%3Fc?expand[0]=payment_intent.latest_charge',
      headers: HEADERS,
    })
  })

  test('to check credentials only reads, and what every payment needs to read', () => {
    expect(firstCall(stripe.checkCredentials(CREDENTIALS))).toEqual({
      method: 'GET',
      path: '/v1/checkout/sessions?limit=1',
      headers: HEADERS,
    })
  })

  test.each([{}, { secret_key: '' }, { webhook_secret: WEBHOOK_SECRET }])(
    'is never built without a key: %j',
    (credentials) => {
      for (const errand of [
        stripe.createCheckout(REQUEST, credentials),
        stripe.confirm(KNOWN, credentials),
        stripe.createRefund(REFUND_REQUEST, credentials),
        stripe.readRefunds(PAID, [], credentials),
        stripe.listPayments(RANGE, undefined, credentials),
        listingRefunds(undefined, credentials),
        stripe.checkCredentials(credentials),
      ]) {
        expect(() => errand.next()).toThrow(TypeError)
      }
    },
  )
})

describe('credentials', () => {
  test.each([
    ['sk_test_8f2b6d0a4c1e9753', 'test', 'sk_test_…9753'],
    ['sk_live_8f2b6d0a4c1e9753AbCd', 'live', 'sk_live_…AbCd'],
    ['rk_test_8f2b6d0a4c1e9753', 'test', 'rk_test_…9753'],
    ['rk_live_8f2b6d0a4c1e9753', 'live', 'rk_live_…9753'],
  ])('with %s are for %s and shown as %s', (key, mode, mask) => {
    expect(stripe.parseCredentials({ secret_key: key, webhook_secret: WEBHOOK_SECRET })).toEqual({
      ok: true,
      credentials: { secret_key: key, webhook_secret: WEBHOOK_SECRET },
      mode,
      mask,
    })
  })

  test.each<[string, Record<string, unknown>, string]>([
    ['the publishable key', { secret_key: 'pk_test_8f2b6d0a4c1e9753' }, 'secret_key'],
    ['a key of no mode', { secret_key: 'sk_8f2b6d0a4c1e9753' }, 'secret_key'],
    ['a key cut short', { secret_key: 'sk_test_8f2b6d0' }, 'secret_key'],
    ['a key without end', { secret_key: `sk_test_${'a'.repeat(251)}` }, 'secret_key'],
    ['a line break after', { secret_key: `${KEY}\n` }, 'secret_key'],
    ['another header smuggled in', { secret_key: `${KEY}\r\nx-evil: 1` }, 'secret_key'],
    ['no key', { secret_key: undefined }, 'secret_key'],
    ['a list of one key', { secret_key: [KEY] }, 'secret_key'],
    ['no webhook secret', { webhook_secret: undefined }, 'webhook_secret'],
    ['an empty webhook secret', { webhook_secret: '' }, 'webhook_secret'],
    ['a webhook secret without its prefix', { webhook_secret: 'Jt6nQ2mXv8rBz4Ws' }, 'webhook_secret'],
    ['the key for the webhook secret', { webhook_secret: KEY }, 'webhook_secret'],
    ['a blank after the webhook secret', { webhook_secret: `${WEBHOOK_SECRET} ` }, 'webhook_secret'],
    ['a field besides', { publishable_key: 'pk_test_8f2b6d0a4c1e9753' }, 'publishable_key'],
  ])('are refused with the field that is wrong: %s', (_what, changes, field) => {
    expect(stripe.parseCredentials({ ...CREDENTIALS, ...changes })).toMatchObject({ ok: false, field })
  })
})

/** Currency, our minor units, Stripe's: of each kind of unit, and each exception. */
const AMOUNTS: [Currency, bigint, number][] = [
  ['USD', 50n, 50],
  ['USD', 99_999_999n, 99_999_999],
  ['NGN', 123_456n, 123_456],
  ['HUF', 17_500n, 17_500],
  ['TWD', 1_001n, 1_001],
  ['IDR', 999_999_999_999n, 999_999_999_999],
  ['INR', 999_999_999n, 999_999_999],
  ['JPY', 50n, 50],
  ['KRW', 1n, 1],
  ['XAF', 500n, 500],
  ['RWF', 99_999_999n, 99_999_999],
  ['KWD', 10n, 10],
  ['BHD', 5_120n, 5_120],
  ['TND', 99_999_990n, 99_999_990],
  ['ISK', 5n, 500],
  ['UGX', 5n, 500],
  ['UGX', 999_999n, 99_999_900],
  ['MGA', 500n, 5],
  ['MGA', 9_999_999_900n, 99_999_999],
]

const { currencies } = stripe.capabilities

describe('an amount', () => {
  test.each(AMOUNTS)('of %s: %d of ours is %d of theirs, both ways', (currency, ours, theirs) => {
    const fields = new Map(fieldsOf(create({ ...REQUEST, amount: ours, currency }).body))
    expect(fields.get('line_items[0][price_data][unit_amount]')).toBe(String(theirs))
    expect(fields.get('line_items[0][price_data][currency]')).toBe(currency.toLowerCase())
    const wire = { currency: currency.toLowerCase(), amount_total: theirs }
    const intent = expandedIntent({ currency: wire.currency, amount_received: theirs })
    const read = ofConfirmation(answered(200, readSession({ ...wire, payment_intent: intent })))
    expect(read).toMatchObject({ reported: { amount: ours, collected: ours, currency } })
  })

  test.each<[Currency, bigint]>([
    ['KWD', 15n],
    ['OMR', 1n],
    ['MGA', 150n],
    ['MGA', 1n],
    ['GHS', 1_000n],
    ['IQD', 1_000n],
    ['LYD', 1_000n],
    ['UGX', AMOUNT_MAX / 100n + 1n],
  ])('of %s that Stripe cannot be told is never sent: %d', (currency, amount) => {
    expect(() => create({ ...REQUEST, amount, currency })).toThrow(RangeError)
    const payment = { ...PAID, currency }
    expect(() => stripe.createRefund({ ...REFUND_REQUEST, payment, amount }, CREDENTIALS).next()).toThrow(RangeError)
  })

  test.each<[string, number]>([
    ['isk', 501],
    ['ugx', 50],
    ['ghs', 500],
    ['iqd', 500],
    ['xxx', 500],
  ])('of %s that is none of ours is undefined: %d', (currency, theirs) => {
    const intent = expandedIntent({ currency, amount_received: theirs })
    const session = readSession({ currency, amount_total: theirs, payment_intent: intent })
    expect(ofConfirmation(answered(200, session))).toMatchObject({
      kind: 'found',
      reported: { amount: undefined, collected: undefined, currency: currency.toUpperCase() },
    })
  })

  test.each<[string, string, bigint | undefined]>([
    ['a whole number', '50000', 50_000n],
    ['a text of digits', '"50000"', 50_000n],
    ['zero', '0', 0n],
    ['a fraction', '500.5', undefined],
    ['a negative number', '-50000', undefined],
    ['a text with a sign', '"+50000"', undefined],
    ['an empty text', '""', undefined],
    ['hexadecimal', '"0x10"', undefined],
    ['other digits', '"٥"', undefined],
    ['null', 'null', undefined],
    ['beyond 2^53 - 1', '9007199254740993', undefined],
    ['beyond everything', '1e400', undefined],
  ])('that is %s is read exactly or not at all', (_what, written, amount) => {
    const body = JSON.stringify(readSession({ amount_total: 'HERE' })).replace('"HERE"', written)
    expect(ofConfirmation(answered(200, body))).toMatchObject({ kind: 'found', reported: { amount } })
  })

  test('that was received is kept beside the one that was asked', () => {
    const intent = expandedIntent({ amount_received: 7_000 })
    expect(ofConfirmation(answered(200, readSession({ payment_intent: intent })))).toMatchObject({
      reported: { amount: 7_250n, collected: 7_000n, fee: undefined },
    })
  })

  test('that was received in another currency is no amount of this one', () => {
    const intent = expandedIntent({ currency: 'eur' })
    expect(ofConfirmation(answered(200, readSession({ payment_intent: intent })))).toMatchObject({
      reported: { amount: 7_250n, collected: undefined, currency: 'USD' },
    })
  })
})

describe('what is taken of a currency', () => {
  test.each<[Currency, object]>([
    ['USD', { minimum: 50n, maximum: 99_999_999n }],
    ['GBP', { minimum: 30n, maximum: 99_999_999n }],
    ['HUF', { minimum: 17_500n, maximum: 99_999_999n }],
    ['JPY', { minimum: 50n, maximum: 99_999_999n }],
    ['KES', { minimum: 1n, maximum: 99_999_999n }],
    ['INR', { minimum: 50n, maximum: 999_999_999n }],
    ['IDR', { minimum: 1n, maximum: 999_999_999_999n }],
    ['KWD', { minimum: 10n, maximum: 99_999_990n, step: 10n }],
    ['UGX', { minimum: 1n, maximum: 999_999n }],
    ['ISK', { minimum: 1n, maximum: 999_999n }],
    ['MGA', { minimum: 100n, maximum: 9_999_999_900n, step: 100n }],
  ])('is said in minor units: %s', (currency, terms) => {
    expect(currencies[currency]).toEqual(terms)
  })

  const taken = Object.entries(currencies) as [Currency, (typeof currencies)[Currency]][]

  test.each(taken)('can be sent from the least to the most: %s', (currency, terms) => {
    for (const amount of [terms?.minimum ?? 0n, terms?.maximum ?? 0n]) {
      const fields = new Map(fieldsOf(create({ ...REQUEST, amount, currency }).body))
      expect(BigInt(fields.get('line_items[0][price_data][unit_amount]') ?? 0)).toBeGreaterThan(0n)
    }
  })

  test('is more than a hundred currencies, and none that is counted otherwise', () => {
    expect(taken.length).toBeGreaterThan(100)
    const exceptions = taken.filter(([currency]) => {
      const fields = new Map(fieldsOf(create({ ...REQUEST, amount: 100_000n, currency }).body))
      return fields.get('line_items[0][price_data][unit_amount]') !== '100000'
    })
    expect(exceptions.map(([currency]) => currency).sort()).toEqual(['ISK', 'MGA', 'UGX'])
    expect(taken.filter(([currency]) => currencyExponent(currency) === 3).map(([currency]) => currency)).toEqual(
      taken.filter(([, terms]) => terms?.step === 10n).map(([currency]) => currency),
    )
  })
})

/** Session, its payment_status, its PaymentIntent: the table of the provider’s sheet, row by row. */
const STATUSES: [string, string, string | null, ReportedStatus][] = [
  ['open', 'unpaid', null, 'unpaid'],
  ['open', 'unpaid', 'requires_payment_method', 'unpaid'],
  ['open', 'unpaid', 'requires_confirmation', 'unpaid'],
  ['open', 'unpaid', 'requires_action', 'unpaid'],
  ['open', 'unpaid', 'requires_capture', 'unrecognised'],
  ['open', 'unpaid', 'processing', 'processing'],
  ['open', 'unpaid', 'succeeded', 'processing'],
  ['open', 'unpaid', 'canceled', 'unrecognised'],
  ['open', 'paid', 'succeeded', 'unrecognised'],
  ['complete', 'unpaid', 'processing', 'processing'],
  ['complete', 'unpaid', 'requires_action', 'processing'],
  ['complete', 'unpaid', 'succeeded', 'processing'],
  ['complete', 'unpaid', 'requires_payment_method', 'failed'],
  ['complete', 'unpaid', 'canceled', 'failed'],
  ['complete', 'unpaid', 'requires_confirmation', 'unrecognised'],
  ['complete', 'unpaid', 'requires_capture', 'unrecognised'],
  ['complete', 'unpaid', null, 'unrecognised'],
  ['complete', 'paid', 'succeeded', 'paid'],
  ['complete', 'paid', 'requires_capture', 'unrecognised'],
  ['complete', 'paid', 'processing', 'unrecognised'],
  ['complete', 'paid', null, 'unrecognised'],
  ['complete', 'no_payment_required', null, 'unrecognised'],
  ['complete', 'no_payment_required', 'succeeded', 'unrecognised'],
  ['expired', 'unpaid', null, 'closed'],
  ['expired', 'unpaid', 'canceled', 'closed'],
  ['expired', 'unpaid', 'requires_payment_method', 'closed'],
  ['expired', 'unpaid', 'requires_confirmation', 'closed'],
  ['expired', 'unpaid', 'requires_action', 'unrecognised'],
  ['expired', 'unpaid', 'requires_capture', 'unrecognised'],
  ['expired', 'unpaid', 'succeeded', 'paid'],
  ['expired', 'paid', 'succeeded', 'paid'],
  ['expired', 'no_payment_required', 'succeeded', 'paid'],
  ['expired', 'unpaid', 'processing', 'processing'],
  ['expired', 'paid', 'processing', 'processing'],
  ['expired', 'no_payment_required', 'processing', 'processing'],
  ['expired', 'paid', null, 'unrecognised'],
  // Spellings are exact, and no word is inherited from a prototype.
  ['Complete', 'paid', 'succeeded', 'unrecognised'],
  ['complete', 'Paid', 'succeeded', 'unrecognised'],
  ['complete', 'paid', 'succeeded ', 'unrecognised'],
  ['complete/paid', 'succeeded', null, 'unrecognised'],
  ['', '', '', 'unrecognised'],
  ['constructor', 'unpaid', null, 'unrecognised'],
  ['open', '__proto__', null, 'unrecognised'],
  ['open', 'unpaid', 'toString', 'unrecognised'],
]

const withStatuses = (status: string | null, payment_status: string, intent: string | null, changes: object = {}) =>
  readSession({
    status,
    payment_status,
    payment_intent: intent === null ? null : expandedIntent({ status: intent, ...changes }),
  })

describe('a confirmation', () => {
  test.each(STATUSES)(
    'of a session that is "%s", "%s" and "%s" reports %s',
    (status, paymentStatus, intent, report) => {
      const session = withStatuses(status, paymentStatus, intent)
      expect(ofConfirmation(answered(200, session))).toMatchObject({ kind: 'found', status: report })
    },
  )

  test('of a session without a status reports none', () => {
    expect(ofConfirmation(answered(200, withStatuses(null, 'paid', 'succeeded')))).toMatchObject({
      status: 'unrecognised',
    })
  })

  test('says that a try was declined, and why: a declined try leaves the page open', () => {
    const session = withStatuses('open', 'unpaid', 'requires_payment_method', { last_payment_error: DECLINE })
    expect(ofConfirmation(answered(200, session))).toMatchObject({ status: 'declined', message: DECLINE.message })
  })

  test('says why a delayed payment failed', () => {
    const session = withStatuses('complete', 'unpaid', 'requires_payment_method', { last_payment_error: DECLINE })
    expect(ofConfirmation(answered(200, session))).toMatchObject({ status: 'failed', message: DECLINE.message })
  })

  test('of the payer’s next step does not take the last try for a decline', () => {
    const session = withStatuses('open', 'unpaid', 'requires_action', { last_payment_error: DECLINE })
    expect(ofConfirmation(answered(200, session))).toMatchObject({ status: 'unpaid' })
  })

  test('says all that we compare and keep', () => {
    expect(ofConfirmation(answered(200, readSession()))).toEqual({
      kind: 'found',
      status: 'paid',
      reported: {
        reference: REFERENCE,
        amount: 7_250n,
        collected: 7_250n,
        fee: undefined,
        currency: 'USD',
        mode: 'test',
        providerTransactionId: INTENT_ID,
      },
      message: undefined,
    })
  })

  test('of a page that nobody used knows the payment by its session', () => {
    expect(ofConfirmation(answered(200, SESSION))).toMatchObject({
      status: 'unpaid',
      reported: { amount: 7_250n, collected: 7_250n, providerTransactionId: SESSION_ID },
    })
  })

  test('of a payment that was refunded is of a payment that was paid', () => {
    const intent = expandedIntent({ latest_charge: { ...CHARGE, amount_refunded: 7_250, refunded: true } })
    expect(ofConfirmation(answered(200, readSession({ payment_intent: intent })))).toMatchObject({ status: 'paid' })
  })

  test.each([
    [true, 'live'],
    [false, 'test'],
  ])('with livemode %s is of %s', (livemode, mode) => {
    expect(ofConfirmation(answered(200, readSession({ livemode })))).toMatchObject({ reported: { mode } })
  })

  test('of another reference says so: the verdict is not the plug-in’s', () => {
    expect(ofConfirmation(answered(200, readSession({ client_reference_id: 'pb-other' })))).toMatchObject({
      kind: 'found',
      reported: { reference: 'pb-other' },
    })
  })

  test.each<[string, unknown, string | undefined]>([
    ['no NUL, which Postgres refuses', { message: 'a\0b' }, 'ab'],
    ['no half of a character', { message: `${'a'.repeat(499)}💸` }, `${'a'.repeat(499)}\ufffd`],
    ['nothing of another type', { message: { a: 1 } }, undefined],
    ['nothing where there is none', {}, undefined],
    ['nothing where the error is a text', 'declined', undefined],
  ])('carries the words of the provider: %s', (_what, error, message) => {
    const session = withStatuses('complete', 'unpaid', 'canceled', { last_payment_error: error })
    expect(ofConfirmation(answered(200, session))).toHaveProperty('message', message)
  })

  test.each<[string, object]>([
    ['no id', { id: undefined }],
    ['an id that is no name', { id: 'cs test' }],
    ['no reference', { client_reference_id: null }],
    ['an empty reference', { client_reference_id: '' }],
    ['a reference that is a number', { client_reference_id: 7 }],
    ['a status that is a number', { status: 1 }],
    ['no payment_status', { payment_status: undefined }],
    ['no currency', { currency: null }],
    ['a currency that is no code', { currency: 'dollar' }],
    ['an amount that is neither number nor text', { amount_total: [7_250] }],
    ['livemode as a text', { livemode: 'false' }],
    ['no livemode', { livemode: undefined }],
    ['no mode', { mode: undefined }],
    ['a payment that was not expanded', { payment_intent: INTENT_ID }],
    ['a charge that was not expanded', { payment_intent: INTENT }],
    ['a payment without a status', { payment_intent: expandedIntent({ status: undefined }) }],
    ['a payment without an id', { payment_intent: expandedIntent({ id: null }) }],
    ['a payment without what was received', { payment_intent: expandedIntent({ amount_received: null }) }],
    ['a payment without a currency', { payment_intent: expandedIntent({ currency: null }) }],
  ])('with %s is no answer', (_what, changes) => {
    expect(ofConfirmation(answered(200, readSession(changes)))).toEqual(UNRECOGNISED)
  })
})

const sessions = (created: string, after?: string) =>
  `/v1/checkout/sessions?${created}&limit=100${after === undefined ? '' : `&starting_after=${after}`}`
const AROUND = `created[gte]=${CREATED - 60}&created[lte]=${CREATED + 180}`
const AFTERWARDS = `created[gte]=${CREATED + 181}&created[lte]=${CREATED + 90 * 60}`
const OTHER = { ...SESSION, id: 'cs_test_other', client_reference_id: 'pb-other' }
const FOREIGN = { ...SESSION, id: 'cs_test_foreign', client_reference_id: null, payment_intent: 'pi_foreign' }

describe('a session whose id was never told', () => {
  const confirm = (...answers: ProviderAnswer[]) => converse(stripe.confirm(UNNAMED, CREDENTIALS), ...answers)
  const found = answered(200, readSession())

  test('is found among those that were made around the attempt, and read', () => {
    const { calls, result } = confirm(answered(200, listOf([FOREIGN, OTHER, SESSION])), found)
    expect(calls.map(({ path }) => path)).toEqual([
      sessions(AROUND),
      `/v1/checkout/sessions/${SESSION_ID}?expand[0]=payment_intent.latest_charge`,
    ])
    expect(result).toMatchObject({ kind: 'found', status: 'paid' })
  })

  test('is looked for page by page, and then until the last moment at which it can have been made', () => {
    const { calls, result } = confirm(
      answered(200, listOf([FOREIGN], true)),
      answered(200, listOf([OTHER])),
      answered(200, listOf([OTHER], true)),
      answered(200, listOf([SESSION], true)),
      found,
    )
    expect(calls.slice(0, 4).map(({ path }) => path)).toEqual([
      sessions(AROUND),
      sessions(AROUND, 'cs_test_foreign'),
      sessions(AFTERWARDS),
      sessions(AFTERWARDS, 'cs_test_other'),
    ])
    expect(result).toMatchObject({ kind: 'found' })
  })

  test('is not found where no page has it', () => {
    const { calls, result } = confirm(answered(200, listOf([])), answered(200, listOf([FOREIGN, OTHER])))
    expect(calls.map(({ path }) => path)).toEqual([sessions(AROUND), sessions(AFTERWARDS)])
    expect(result).toEqual({ kind: 'not_found' })
  })

  test.each([
    ['the shortest', later(5), 5],
    ['the longest', later(10_080), 1405],
  ])('can have been made until its page would live less than half an hour: %s', (_what, expiresAt, minutes) => {
    const attempt = { ...UNNAMED, expiresAt }
    const empty = answered(200, listOf([]))
    const { calls } = converse(stripe.confirm(attempt, CREDENTIALS), empty, empty)
    expect(calls[1]?.path).toContain(`created[lte]=${CREATED + minutes * 60}&`)
  })

  test.each<[string, ProviderAnswer, object]>([
    ['more that begins nowhere', answered(200, listOf([], true)), UNRECOGNISED],
    ['no word of whether there is more', answered(200, { data: [] }), UNRECOGNISED],
    ['a row without an id', answered(200, listOf([{ ...SESSION, id: null }])), UNRECOGNISED],
    ['a wrong key', answered(401, INVALID_KEY), refused('credentials_refused')],
    ['too many calls', answered(429, problem('invalid_request_error', 'Slow down')), refused('rate_limited')],
  ])('is not said to be absent after %s', (_what, answer, result) => {
    expect(confirm(answer).result).toMatchObject(result)
  })

  test('that we know and Stripe does not is refused, not absent: the key may be of another account', () => {
    expect(ofConfirmation(answered(404, MISSING))).toMatchObject(refused('request_refused'))
  })
})

describe('a checkout page', () => {
  test('that was opened has its address and its session', () => {
    expect(ofCheckout(answered(200, SESSION))).toEqual({
      kind: 'opened',
      checkoutUrl: SESSION.url,
      checkoutId: SESSION_ID,
    })
  })

  test.each(['complete', 'expired'])('of a session that is %s exists, and is not handed out', (status) => {
    expect(ofCheckout(answered(200, { ...SESSION, status, url: null }))).toEqual({ kind: 'exists' })
  })

  test.each<[string, object]>([
    ['under another reference', { client_reference_id: 'pb-other' }],
    ['under no reference', { client_reference_id: null }],
    ['of a status that is not listed', { status: 'paused' }],
    ['of no status', { status: null }],
    ['without an address', { url: null }],
    ['without an id', { id: null }],
    ['whose address is a number', { url: 7 }],
    ['without TLS', { url: 'http://checkout.stripe.com/c/pay/cs' }],
    ['that is a script', { url: 'javascript:alert(1)' }],
    ['that is no address', { url: 'checkout.stripe.com' }],
    ['without end', { url: `https://checkout.stripe.com/${'a'.repeat(2000)}` }],
  ])('%s is not ours to hand out', (_what, changes) => {
    expect(ofCheckout(answered(200, { ...SESSION, ...changes }))).toEqual(UNRECOGNISED)
  })

  test.each(['http://127.0.0.1:4002/pay/cs', 'http://localhost:4002/pay/cs#a'])('on the own machine is: %s', (url) => {
    expect(ofCheckout(answered(200, { ...SESSION, url }))).toMatchObject({ kind: 'opened', checkoutUrl: url })
  })
})

describe('closing a page', () => {
  const notOpen = answered(400, NOT_OPEN)
  const read = (session: object) => converse(close(KNOWN), notOpen, answered(200, session)).result

  test('expires its session, without a key, for a repeat must be asked anew', () => {
    const { calls, result } = converse(close(KNOWN), answered(200, { ...SESSION, status: 'expired', url: null }))
    expect(calls).toEqual([
      {
        method: 'POST',
        path: `/v1/checkout/sessions/${SESSION_ID}/expire`,
        headers: { ...HEADERS, 'content-type': 'application/x-www-form-urlencoded' },
        body: '',
      },
    ])
    expect(result).toEqual({ kind: 'closed' })
  })

  test('finds a session whose id was never told', () => {
    const expired = answered(200, { ...SESSION, status: 'expired' })
    const { calls, result } = converse(close(UNNAMED), answered(200, listOf([SESSION])), expired)
    expect(calls.map(({ path }) => path)).toEqual([sessions(AROUND), `/v1/checkout/sessions/${SESSION_ID}/expire`])
    expect(result).toEqual({ kind: 'closed' })
  })

  test('that was never opened is done', () => {
    const empty = answered(200, listOf([]))
    expect(converse(close(UNNAMED), empty, empty).result).toEqual({ kind: 'closed' })
  })

  test('that is refused reads what became of it', () => {
    const { calls } = converse(close(KNOWN), notOpen, answered(200, readSession()))
    expect(calls[1]?.path).toBe(`/v1/checkout/sessions/${SESSION_ID}?expand[0]=payment_intent.latest_charge`)
  })

  test.each<[string, string, string | null, object]>([
    ['expired', 'unpaid', null, { kind: 'closed' }],
    ['expired', 'unpaid', 'canceled', { kind: 'closed' }],
    ['expired', 'unpaid', 'succeeded', { kind: 'too_late' }],
    ['expired', 'unpaid', 'processing', { kind: 'too_late' }],
    ['complete', 'paid', 'succeeded', { kind: 'too_late' }],
    ['complete', 'unpaid', 'processing', { kind: 'too_late' }],
    ['complete', 'unpaid', 'canceled', { kind: 'too_late' }],
    ['open', 'unpaid', 'processing', { kind: 'too_late' }],
    ['open', 'unpaid', null, refused('request_refused')],
    ['open', 'unpaid', 'requires_action', refused('request_refused')],
  ])('of a session that turns out %s, %s and %s', (status, paymentStatus, intent, result) => {
    expect(read(withStatuses(status, paymentStatus, intent))).toMatchObject(result)
  })

  test('is not done while the answer says anything but expired', () => {
    expect(ofClosing(answered(200, SESSION))).toEqual(UNRECOGNISED)
  })

  test.each([
    [401, 'credentials_refused'],
    [403, 'credentials_refused'],
    [429, 'rate_limited'],
  ])('that may not be asked for is not asked about again: %i', (status, reason) => {
    expect(ofClosing(answered(status, INVALID_KEY))).toMatchObject(refused(reason))
  })

  test('is not decided without a clear answer to the second question', () => {
    expect(converse(close(KNOWN), notOpen, answered(200, {})).result).toEqual(UNRECOGNISED)
    expect(converse(close(KNOWN), answered(404, MISSING), answered(404, MISSING)).result).toMatchObject(
      refused('request_refused'),
    )
  })
})

describe('a check of credentials', () => {
  test('that Stripe answers finds them valid', () => {
    expect(ofCheck(answered(200, listOf([])))).toEqual({ kind: 'valid' })
    expect(ofCheck(answered(200, listOf([FOREIGN], true)))).toEqual({ kind: 'valid' })
  })

  test.each([401, 403])('finds them invalid, in the words of the provider: %i', (status) => {
    expect(ofCheck(answered(status, INVALID_KEY))).toEqual({ kind: 'invalid', message: INVALID_KEY.error.message })
  })

  test.each<[string, number, object]>([
    ['too many calls', 429, INVALID_KEY],
    ['another refusal', 400, INVALID_KEY],
    ['an error that says 200', 200, INVALID_KEY],
    ['a redirect', 302, listOf([])],
    ['401 with no error', 401, listOf([])],
  ])('knows nothing after %s', (_what, status, body) => {
    expect(ofCheck(answered(status, body))).toEqual(UNRECOGNISED)
  })
})

const invalid = (message: string, more: object = {}) => problem('invalid_request_error', message, more)

const ERRORS: [what: string, status: number, body: unknown, result: object][] = [
  ['a field that lacks', 400, invalid('No url', { code: 'parameter_missing' }), refused('request_refused')],
  ['an amount too small', 400, invalid('At least $0.50 usd', { code: 'amount_too_small' }), refused('request_refused')],
  [
    'a currency, by the parameter',
    400,
    invalid('Not taken', { param: 'line_items[0][price_data][currency]' }),
    refused('currency_not_supported'),
  ],
  ['a currency, by the text', 400, invalid('Invalid currency: xxx'), refused('currency_not_supported')],
  ['a payment that is refused', 402, problem('card_error', 'No'), refused('request_refused')],
  ['another kind of 4xx', 405, invalid('Unknown method'), refused('request_refused')],
  ['a wrong key', 401, INVALID_KEY, refused('credentials_refused')],
  ['a key that may not', 403, invalid('The key may not do this'), refused('credentials_refused')],
  ['too many calls', 429, invalid('Slow down', { code: 'rate_limit' }), refused('rate_limited')],
  ['an object that is locked', 429, invalid('Locked', { code: 'lock_timeout' }), refused('rate_limited')],
  ['an error without words', 400, { error: {} }, { kind: 'refused', reason: 'request_refused', message: '' }],
  ['words of other types', 400, { error: { type: 1, code: [], message: {} } }, refused('request_refused')],
  ['a conflict', 409, problem('api_error', 'Conflict'), UNRECOGNISED],
  ['a key in use', 409, invalid('Still running', { code: 'idempotency_key_in_use' }), UNRECOGNISED],
  ['a key in use, as 400', 400, invalid('Still running', { code: 'idempotency_key_in_use' }), UNRECOGNISED],
  ['a key of another request', 400, problem('idempotency_error', 'Other parameters'), UNRECOGNISED],
  ['a dependency that is down', 424, problem('api_error', 'Down'), UNRECOGNISED],
  ['an error that says 200', 200, problem('api_error', 'No'), UNRECOGNISED],
  ['an error that says 302', 302, problem('api_error', 'No'), UNRECOGNISED],
  ['an error of somebody between us', 403, { message: 'Forbidden' }, UNRECOGNISED],
  ['an error that is a text', 400, { error: 'bad_request' }, UNRECOGNISED],
  ['an error that is null', 400, { error: null }, UNRECOGNISED],
  ['201', 201, SESSION, UNRECOGNISED],
  ['a session with 400', 400, SESSION, UNRECOGNISED],
  ['nothing', 200, {}, UNRECOGNISED],
  ['null', 200, 'null', UNRECOGNISED],
  ['a list', 200, [SESSION], UNRECOGNISED],
  ['a text', 200, '"ok"', UNRECOGNISED],
  ['fields of a prototype', 200, '{"__proto__":{"id":"cs_test_x","status":"open"}}', UNRECOGNISED],
]

describe('an error', () => {
  test.each(ERRORS)('%s (%i)', (_what, status, body, result) => {
    for (const read of [ofCheckout, ofConfirmation, ofRefund, ofRefunds, ofListing, ofRefundListing]) {
      expect(read(answered(status, body))).toMatchObject(result)
    }
  })

  test.each(ERRORS.filter(([, , , result]) => result === UNRECOGNISED))(
    'leaves open whether a page was closed: %s (%i)',
    (_what, status, body) => {
      expect(ofClosing(answered(status, body))).toEqual(UNRECOGNISED)
    },
  )

  test('is told in the words of the provider, as far as they can be kept', () => {
    expect(ofCheckout(answered(400, invalid(`Bad\0 ${'x'.repeat(1_000_000)}`)))).toEqual({
      kind: 'refused',
      reason: 'request_refused',
      message: `Bad ${'x'.repeat(495)}`,
    })
  })

  test('beside a session is an error', () => {
    const body = parseExactJson(JSON.stringify({ ...SESSION, ...problem('api_error', 'No') }))
    expect(ofCheckout({ status: 200, body })).toEqual(UNRECOGNISED)
  })
})
