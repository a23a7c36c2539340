/** Paystack's plug-in: what it sends, byte for byte, and what it makes of every answer that Paystack is known to give. */

import { describe, expect, test } from 'vitest'
import type { Currency } from '../../src/domain/currencies.ts'
import { AMOUNT_MAX } from '../../src/domain/money.ts'
import type { ReportedStatus } from '../../src/domain/verdict.ts'
import type { AttemptKnown, CheckoutRequest, ProviderAnswer } from '../../src/providers/contract.ts'
import { PROVIDERS } from '../../src/providers/registry.ts'
import { answered, firstCall, outcomeOf } from '../support/conversation.ts'
import { BALANCE, initialized, problem, REFERENCE, shortProblem, TRANSACTION, verified } from './paystack-fixtures.ts'

const { paystack } = PROVIDERS
const KEY = 'sk_test_8f2b6d0a4c1e9753'
const CREDENTIALS = { secret_key: KEY }

const REQUEST: CheckoutRequest = {
  reference: REFERENCE,
  amount: 150_000n,
  currency: 'NGN',
  customer: { email: 'ada@customer.test', name: 'Ada Obi', phone: '+2348031234567' },
  description: 'Order 7',
  callbackUrl: 'https://shop.test/thanks?order=7',
  method: undefined,
  metadata: { transaction_id: 'txn_01kb3s7m5q', reference: 'order "7"' },
  createdAt: new Date('2026-11-02T08:14:00.000Z'),
  expiresAt: new Date('2026-11-03T08:14:00.000Z'),
}

const ATTEMPT: AttemptKnown = {
  reference: REFERENCE,
  amount: 150_000n,
  currency: 'NGN',
  checkoutId: undefined,
  checkoutUrl: undefined,
  providerTransactionId: undefined,
  createdAt: REQUEST.createdAt,
  expiresAt: REQUEST.expiresAt,
}

const checkoutCall = (changes: Partial<CheckoutRequest> = {}) =>
  firstCall(paystack.createCheckout({ ...REQUEST, ...changes }, CREDENTIALS))
const ofCheckout = (answer: ProviderAnswer) => outcomeOf(paystack.createCheckout(REQUEST, CREDENTIALS), answer)
const ofConfirmation = (answer: ProviderAnswer) => outcomeOf(paystack.confirm(ATTEMPT, CREDENTIALS), answer)
const ofCredentialCheck = (answer: ProviderAnswer) => outcomeOf(paystack.checkCredentials(CREDENTIALS), answer)

const UNRECOGNISED = { kind: 'unknown', cause: 'answer_unrecognised' }

describe('a request', () => {
  test('for a checkout page is a POST of JSON with an integer amount and stringified metadata', () => {
    const { body, ...call } = checkoutCall()
    expect(call).toEqual({
      method: 'POST',
      path: '/transaction/initialize',
      headers: {
        authorization: `Bearer ${KEY}`,
        accept: 'application/json',
        'content-type': 'application/json',
      },
    })
    expect(JSON.parse(body ?? '')).toEqual({
      email: 'ada@customer.test',
      amount: 150_000,
      currency: 'NGN',
      reference: REFERENCE,
      callback_url: 'https://shop.test/thanks?order=7',
      metadata: '{"transaction_id":"txn_01kb3s7m5q","reference":"order \\"7\\""}',
    })
    expect(body).toContain('"amount":150000,')
  })

  test('leaves callback_url out where there is none', () => {
    expect(checkoutCall({ callbackUrl: undefined }).body).not.toContain('callback_url')
  })

  test.each([
    ['card', 'card'],
    ['bank_account', 'bank'],
    ['bank_transfer', 'bank_transfer'],
    ['mobile_money', 'mobile_money'],
    ['ussd', 'ussd'],
  ] as const)('for a page of %s alone asks for the channel %s', (method, channel) => {
    expect(JSON.parse(checkoutCall({ method }).body ?? '')).toMatchObject({ channels: [channel] })
  })

  test('for a page of every method leaves channels out', () => {
    expect(checkoutCall().body).not.toContain('channels')
  })

  test('is the same again, to the byte, for the same attempt', () => {
    expect(checkoutCall()).toEqual(checkoutCall())
  })

  test('for a confirmation is a GET by reference, percent-encoded', () => {
    expect(firstCall(paystack.confirm({ ...ATTEMPT, reference: 'a/b?c=d e#é' }, CREDENTIALS))).toEqual({
      method: 'GET',
      path: '/transaction/verify/a%2Fb%3Fc%3Dd%20e%23%C3%A9',
      headers: { authorization: `Bearer ${KEY}`, accept: 'application/json' },
    })
  })

  test('to check credentials only reads', () => {
    expect(firstCall(paystack.checkCredentials(CREDENTIALS))).toEqual({
      method: 'GET',
      path: '/balance',
      headers: { authorization: `Bearer ${KEY}`, accept: 'application/json' },
    })
  })

  test.each([{}, { secret_key: '' }])('is never built without a key: %j', (credentials) => {
    expect(() => firstCall(paystack.createCheckout(REQUEST, credentials))).toThrow(TypeError)
    expect(() => firstCall(paystack.confirm(ATTEMPT, credentials))).toThrow(TypeError)
    expect(() => firstCall(paystack.checkCredentials(credentials))).toThrow(TypeError)
  })
})

describe('credentials', () => {
  test.each([
    ['sk_test_8f2b6d0a4c1e9753', 'test', 'sk_test_…9753'],
    ['sk_live_8f2b6d0a4c1e9753AbCd', 'live', 'sk_live_…AbCd'],
  ])('of the form %s are for %s and shown as %s', (key, mode, mask) => {
    expect(paystack.parseCredentials({ secret_key: key })).toEqual({
      ok: true,
      credentials: { secret_key: key },
      mode,
      mask,
    })
  })

  test.each<[string, Record<string, unknown>, string]>([
    ['the public key', { secret_key: 'pk_test_8f2b6d0a4c1e9753' }, 'secret_key'],
    ['a key of no mode', { secret_key: 'sk_8f2b6d0a4c1e9753' }, 'secret_key'],
    ['a mode in capitals', { secret_key: 'sk_LIVE_8f2b6d0a4c1e9753' }, 'secret_key'],
    ['a key cut short', { secret_key: 'sk_test_8f2b6d0' }, 'secret_key'],
    ['a key without end', { secret_key: `sk_test_${'a'.repeat(101)}` }, 'secret_key'],
    ['a blank before', { secret_key: ` ${KEY}` }, 'secret_key'],
    ['a blank after', { secret_key: `${KEY} ` }, 'secret_key'],
    ['a line break after', { secret_key: `${KEY}\n` }, 'secret_key'],
    ['another header smuggled in', { secret_key: `${KEY}\r\nx-evil: 1` }, 'secret_key'],
    ['nothing', {}, 'secret_key'],
    ['an empty text', { secret_key: '' }, 'secret_key'],
    ['null', { secret_key: null }, 'secret_key'],
    ['a number', { secret_key: 12345 }, 'secret_key'],
    ['a list of one key', { secret_key: [KEY] }, 'secret_key'],
    ['a field besides', { secret_key: KEY, public_key: 'pk_test_8f2b6d0a4c1e9753' }, 'public_key'],
    ['a field of another provider', { api_key: KEY }, 'api_key'],
  ])('are refused with the field that is wrong: %s', (_what, input, field) => {
    expect(paystack.parseCredentials(input)).toMatchObject({ ok: false, field })
  })

  test('that are a public key are told so', () => {
    const parsed = paystack.parseCredentials({ secret_key: 'pk_live_8f2b6d0a4c1e9753' })
    expect(parsed.ok ? '' : parsed.message).toContain('public key')
  })
})

/** Currency, our minor units, Paystack's subunits. */
const AMOUNTS: [Currency, bigint, number][] = [
  ['NGN', 5_000n, 5_000],
  ['NGN', 123_456_789n, 123_456_789],
  ['USD', 200n, 200],
  ['GHS', 10n, 10],
  ['ZAR', 100n, 100],
  ['KES', 300n, 300],
  ['XOF', 1n, 100],
  ['XOF', 500n, 50_000],
]

describe('an amount', () => {
  test.each(AMOUNTS)('of %s: %d of ours is %d of theirs, both ways', (currency, ours, theirs) => {
    const { body } = checkoutCall({ amount: ours, currency })
    expect(JSON.parse(body ?? '')).toMatchObject({ amount: theirs, currency })
    const read = ofConfirmation(answered(200, verified({ currency, amount: theirs, requested_amount: theirs })))
    expect(read).toMatchObject({ reported: { amount: ours, collected: ours, currency } })
  })

  test('has a case for every currency that is taken', () => {
    expect(new Set(AMOUNTS.map(([currency]) => currency))).toEqual(
      new Set(Object.keys(paystack.capabilities.currencies)),
    )
  })

  test.each(['KWD', 'JPY', 'RWF', 'EGP', 'EUR'] as const)(
    'of %s, which Paystack does not take, is never sent',
    (currency) => {
      expect(() => checkoutCall({ amount: 1_000n, currency })).toThrow(RangeError)
    },
  )

  test.each(['KWD', 'RWF', 'ngn', 'XXX'])('in %s is no amount of ours', (currency) => {
    expect(ofConfirmation(answered(200, verified({ currency })))).toMatchObject({
      reported: { amount: undefined, collected: undefined, fee: undefined, currency },
    })
  })

  test('that XOF in hundredths would carry beyond 2^53 - 1 is never sent', () => {
    expect(() => checkoutCall({ amount: AMOUNT_MAX / 100n + 1n, currency: 'XOF' })).toThrow(RangeError)
  })

  test.each<[string, string, bigint | undefined]>([
    ['a whole number', '50000', 50_000n],
    ['a text of digits', '"50000"', 50_000n],
    ['a whole number with an empty fraction', '50000.0', 50_000n],
    ['zero', '0', 0n],
    ['a fraction', '500.5', undefined],
    ['a text with a fraction', '"500.50"', undefined],
    ['a negative number', '-50000', undefined],
    ['a text with a sign', '"+50000"', undefined],
    ['a text with blanks', '" 50000"', undefined],
    ['an empty text', '""', undefined],
    ['hexadecimal', '"0x10"', undefined],
    ['an exponent', '"5e4"', undefined],
    ['other digits', '"٥"', undefined],
    ['beyond 2^53 - 1', '9007199254740993', undefined],
    ['beyond everything', '1e400', undefined],
    ['a text without end', `"${'9'.repeat(400)}"`, undefined],
  ])('that is %s is read exactly or not at all', (_what, written, amount) => {
    const body = JSON.stringify(verified({ amount: 'HERE', requested_amount: 'HERE' })).replaceAll('"HERE"', written)
    expect(ofConfirmation(answered(200, body))).toMatchObject({
      kind: 'found',
      reported: { amount, collected: amount },
    })
  })

  test('of XOF with a remainder is no amount of ours', () => {
    const remainder = { currency: 'XOF', amount: 50_001, requested_amount: 50_000, fees: 1 }
    expect(ofConfirmation(answered(200, verified(remainder)))).toMatchObject({
      reported: { amount: 500n, collected: undefined, fee: undefined },
    })
  })

  test.each([undefined, null])('that was asked is the one collected where the body does not say: %s', (requested) => {
    expect(ofConfirmation(answered(200, verified({ requested_amount: requested })))).toMatchObject({
      reported: { amount: 150_000n, collected: 150_000n },
    })
  })

  test('that was asked and cannot be read is not replaced by the one collected', () => {
    expect(ofConfirmation(answered(200, verified({ requested_amount: '1500.00' })))).toMatchObject({
      reported: { amount: undefined, collected: 150_000n },
    })
  })

  test('keeps a fee on the payer beside what was asked', () => {
    const fees = { amount: 152_250, requested_amount: 150_000, fees: '2250' }
    expect(ofConfirmation(answered(200, verified(fees)))).toMatchObject({
      reported: { amount: 150_000n, collected: 152_250n, fee: 2_250n },
    })
  })

  test('has no fee where Paystack says null', () => {
    expect(ofConfirmation(answered(200, verified({ fees: null })))).toMatchObject({ reported: { fee: undefined } })
  })
})

describe('a confirmation', () => {
  test.each<[string, ReportedStatus]>([
    ['abandoned', 'unpaid'],
    ['ongoing', 'processing'],
    ['pending', 'processing'],
    ['processing', 'processing'],
    ['queued', 'processing'],
    ['success', 'paid'],
    ['failed', 'failed'],
    ['reversal-pending', 'reversed'],
    ['reversed', 'reversed'],
    // Of the Charge API, which is not ours.
    ['send_otp', 'unrecognised'],
    ['open_url', 'unrecognised'],
    ['timeout', 'unrecognised'],
    // Spellings are exact, and no word is inherited from a prototype.
    ['Success', 'unrecognised'],
    ['success ', 'unrecognised'],
    ['succeeded', 'unrecognised'],
    ['reversal_pending', 'unrecognised'],
    ['', 'unrecognised'],
    ['constructor', 'unrecognised'],
    ['__proto__', 'unrecognised'],
  ])('with data.status "%s" reports %s', (word, status) => {
    expect(ofConfirmation(answered(200, verified({ status: word })))).toMatchObject({ kind: 'found', status })
  })

  test('says all that we compare and keep', () => {
    expect(ofConfirmation(answered(200, verified()))).toEqual({
      kind: 'found',
      status: 'paid',
      reported: {
        reference: REFERENCE,
        amount: 150_000n,
        collected: 150_000n,
        fee: 2_250n,
        currency: 'NGN',
        mode: 'test',
        providerTransactionId: '5550001234',
      },
      message: 'Successful',
    })
  })

  test('of another reference says so: the verdict is not the plug-in’s', () => {
    expect(ofConfirmation(answered(200, verified({ reference: 'pb-other' })))).toMatchObject({
      kind: 'found',
      reported: { reference: 'pb-other' },
    })
  })

  test.each(['5550001234', '9007199254740993', '18446744073709551615'])('keeps the id %s to the last digit', (id) => {
    const body = JSON.stringify(verified({ id: 'HERE' })).replace('"HERE"', id)
    expect(ofConfirmation(answered(200, body))).toMatchObject({ reported: { providerTransactionId: id } })
  })

  test.each([
    ['an object', { order: 7 }],
    ['a text', 'order 7'],
    ['an empty text', ''],
    ['null', null],
    ['zero', 0],
    ['a list', []],
  ])('is read whatever metadata is: %s', (_what, metadata) => {
    expect(ofConfirmation(answered(200, verified({ metadata })))).toMatchObject({ kind: 'found', status: 'paid' })
  })

  test.each<[string, object, string | undefined]>([
    ['the response of the bank', { gateway_response: 'Incorrect PIN', message: 'No' }, 'Incorrect PIN'],
    ['the message where there is none', { gateway_response: null, message: 'madePayment' }, 'madePayment'],
    ['nothing where both lack', { gateway_response: null, message: null }, undefined],
    ['nothing of another type', { gateway_response: { a: 1 }, message: 7 }, undefined],
    ['no NUL, which Postgres refuses', { gateway_response: 'a\0b' }, 'ab'],
    ['no half of a character', { gateway_response: `${'a'.repeat(499)}💸` }, `${'a'.repeat(499)}\ufffd`],
  ])('carries the words of the provider: %s', (_what, words, message) => {
    expect(ofConfirmation(answered(200, verified(words)))).toHaveProperty('message', message)
  })

  test.each(['id', 'domain', 'reference', 'status', 'amount', 'currency'] as const)(
    'without %s is no answer',
    (field) => {
      const { [field]: _, ...rest } = TRANSACTION
      expect(ofConfirmation(answered(200, { ...verified(), data: rest }))).toEqual(UNRECOGNISED)
      expect(ofConfirmation(answered(200, verified({ [field]: null })))).toEqual(UNRECOGNISED)
      expect(ofConfirmation(answered(200, verified({ [field]: {} })))).toEqual(UNRECOGNISED)
    },
  )

  test.each<[string, object]>([
    ['a third mode', { domain: 'sandbox' }],
    ['an id that is no number', { id: 'CUS_p4n8w2k6j0' }],
    ['a negative id', { id: -1 }],
    ['a currency that is no code', { currency: 'NAIRA' }],
    ['an amount that is neither number nor text', { requested_amount: true }],
    ['fees that are neither', { fees: [2_250] }],
  ])('with %s is no answer', (_what, changes) => {
    expect(ofConfirmation(answered(200, verified(changes)))).toEqual(UNRECOGNISED)
  })
})

describe('a checkout page', () => {
  test('that was opened has its address', () => {
    expect(ofCheckout(answered(200, initialized(REFERENCE)))).toEqual({
      kind: 'opened',
      checkoutUrl: 'https://checkout.paystack.com/q8w2e5r1t9y3u7i',
    })
  })

  test('under another reference is not ours to hand out', () => {
    expect(ofCheckout(answered(200, initialized('pb-other')))).toEqual(UNRECOGNISED)
  })

  test.each(['authorization_url', 'access_code', 'reference'] as const)('without %s is no answer', (field) => {
    const body = initialized(REFERENCE)
    for (const value of [undefined, null, '', 7]) {
      expect(ofCheckout(answered(200, { ...body, data: { ...body.data, [field]: value } }))).toEqual(UNRECOGNISED)
    }
  })

  test.each([
    ['https://checkout.paystack.com/q8w2e5r1t9y3u7i', true],
    ['http://127.0.0.1:4002/checkout/q8w2e5r1t9y3u7i', true],
    ['http://localhost:4002/checkout/q8w2e5r1t9y3u7i', true],
    ['http://checkout.paystack.com/q8w2e5r1t9y3u7i', false],
    ['http://localhost.evil.test/', false],
    ['http://evil.test/?localhost', false],
    ['javascript:alert(1)', false],
    ['data:text/html,pay', false],
    ['//checkout.paystack.com/q8w2e5r1t9y3u7i', false],
    ['checkout.paystack.com', false],
    [`https://checkout.paystack.com/${'a'.repeat(2000)}`, false],
  ])('is handed out over TLS, or on the own machine: %s is %s', (url, isHandedOut) => {
    const body = initialized(REFERENCE)
    const read = ofCheckout(answered(200, { ...body, data: { ...body.data, authorization_url: url } }))
    expect(read).toEqual(isHandedOut ? { kind: 'opened', checkoutUrl: url } : UNRECOGNISED)
  })
})

describe('a check of credentials', () => {
  test('that Paystack answers finds them valid', () => {
    expect(ofCredentialCheck(answered(200, BALANCE))).toEqual({ kind: 'valid' })
  })

  test.each<[string, number, object]>([
    ['401 with its code', 401, problem('Invalid key', 'validation_error', 'invalid_Key')],
    ['401 with the text alone', 401, shortProblem('Invalid key')],
    ['400 with the text alone', 400, shortProblem('Invalid key')],
    ['403', 403, shortProblem('Not allowed')],
    ['an address that is not allowed', 400, shortProblem('Your IP address is not allowed to make this call')],
  ])('finds them invalid, in the words of the provider: %s', (_what, status, body) => {
    expect(ofCredentialCheck(answered(status, body))).toEqual({
      kind: 'invalid',
      message: 'message' in body ? body.message : '',
    })
  })

  test.each<[string, number, object]>([
    ['too many calls', 429, problem('Rate limit exceeded!', 'api_error', 'rate_limited')],
    ['another refusal', 400, problem('Something is missing', 'validation_error', 'missing_params')],
    ['200 with status false', 200, shortProblem('Invalid key')],
    ['401 with status true', 401, BALANCE],
    ['a redirect', 302, BALANCE],
  ])('knows nothing after %s', (_what, status, body) => {
    expect(ofCredentialCheck(answered(status, body))).toEqual(UNRECOGNISED)
  })
})

type Case = [what: string, status: number, body: unknown, checkout: object, confirmation: object]
const refused = (reason: string) => ({ kind: 'refused', reason })

const ERRORS: Case[] = [
  [
    'a reference that was used',
    400,
    problem('Duplicate Transaction Reference', 'validation_error', 'duplicate_reference'),
    { kind: 'exists' },
    refused('request_refused'),
  ],
  [
    'the same with the text alone',
    400,
    shortProblem('Duplicate Transaction Reference'),
    { kind: 'exists' },
    refused('request_refused'),
  ],
  [
    'the same in other words',
    400,
    problem('Used before', 'validation_error', 'duplicate_reference'),
    { kind: 'exists' },
    refused('request_refused'),
  ],
  [
    'an unknown reference, as 400',
    400,
    problem('Transaction reference not found.', 'validation_error', 'transaction_not_found'),
    refused('request_refused'),
    { kind: 'not_found' },
  ],
  [
    'an unknown reference, as 404',
    404,
    problem('Transaction reference not found.', 'validation_error', 'transaction_not_found'),
    refused('request_refused'),
    { kind: 'not_found' },
  ],
  [
    'the same with the text alone',
    404,
    shortProblem('Transaction reference not found'),
    refused('request_refused'),
    { kind: 'not_found' },
  ],
  [
    'the same in fewer words',
    404,
    shortProblem('Transaction not found'),
    refused('request_refused'),
    { kind: 'not_found' },
  ],
  [
    'the same in other words',
    400,
    problem('No such payment', 'validation_error', 'transaction_not_found'),
    refused('request_refused'),
    { kind: 'not_found' },
  ],
  ['a path that is not there', 404, shortProblem('Not found'), refused('request_refused'), refused('request_refused')],
  [
    'a field that lacks',
    400,
    problem('Email is required', 'validation_error', 'missing_params'),
    refused('request_refused'),
    refused('request_refused'),
  ],
  [
    'a field that is wrong',
    400,
    problem('"amount" must be an integer', 'validation_error', 'invalid_params'),
    refused('request_refused'),
    refused('request_refused'),
  ],
  [
    'an address that is none',
    400,
    problem('Invalid Email Address Passed', 'validation_error', 'invalid_email_address'),
    refused('request_refused'),
    refused('request_refused'),
  ],
  [
    'a currency that the account does not take',
    400,
    problem('Currency not supported by merchant', 'validation_error', 'unsupported_currency'),
    refused('currency_not_supported'),
    refused('currency_not_supported'),
  ],
  [
    'a wrong key',
    401,
    problem('Invalid key', 'validation_error', 'invalid_Key'),
    refused('credentials_refused'),
    refused('credentials_refused'),
  ],
  [
    'a wrong key, as 400 with the text alone',
    400,
    shortProblem('Invalid key'),
    refused('credentials_refused'),
    refused('credentials_refused'),
  ],
  [
    'an IP address that is not allowed',
    400,
    shortProblem('Your IP address is not allowed to make this call'),
    refused('credentials_refused'),
    refused('credentials_refused'),
  ],
  [
    'a wrong key in other words',
    401,
    shortProblem('Unauthorized'),
    refused('credentials_refused'),
    refused('credentials_refused'),
  ],
  [
    'a wrong key in other words, as 400',
    400,
    problem('Unauthorized', 'validation_error', 'invalid_Key'),
    refused('credentials_refused'),
    refused('credentials_refused'),
  ],
  ['a ban', 403, shortProblem('Forbidden'), refused('credentials_refused'), refused('credentials_refused')],
  [
    'too many calls',
    429,
    problem('Rate limit exceeded!', 'api_error', 'rate_limited'),
    refused('rate_limited'),
    refused('rate_limited'),
  ],
  ['the same with the text alone', 429, shortProblem('Slow down'), refused('rate_limited'), refused('rate_limited')],
  [
    'too many calls, as 400',
    400,
    problem('Slow down', 'api_error', 'rate_limited'),
    refused('rate_limited'),
    refused('rate_limited'),
  ],
  ['null for a message', 400, { status: false, message: null }, refused('request_refused'), refused('request_refused')],
  [
    'a number for a code',
    400,
    { status: false, message: 'No', code: 400 },
    refused('request_refused'),
    refused('request_refused'),
  ],
  ['200 with status false', 200, shortProblem('An error occurred'), UNRECOGNISED, UNRECOGNISED],
  [
    '200 with status false and an error’s code',
    200,
    problem('Duplicate Transaction Reference', 'validation_error', 'duplicate_reference'),
    UNRECOGNISED,
    UNRECOGNISED,
  ],
  ['400 with status true', 400, initialized(REFERENCE), UNRECOGNISED, UNRECOGNISED],
  ['201', 201, initialized(REFERENCE), UNRECOGNISED, UNRECOGNISED],
  ['a redirect', 302, shortProblem('Moved'), UNRECOGNISED, UNRECOGNISED],
  ['no data', 200, { status: true, message: 'Fine' }, UNRECOGNISED, UNRECOGNISED],
  ['a list for data', 200, { status: true, message: 'Fine', data: [] }, UNRECOGNISED, UNRECOGNISED],
  ['null', 200, 'null', UNRECOGNISED, UNRECOGNISED],
  ['a list', 200, [initialized(REFERENCE)], UNRECOGNISED, UNRECOGNISED],
  ['a text', 200, '"ok"', UNRECOGNISED, UNRECOGNISED],
  ['the status as a text', 200, { ...initialized(REFERENCE), status: 'true' }, UNRECOGNISED, UNRECOGNISED],
  ['an error of somebody between us', 403, { message: 'Forbidden' }, UNRECOGNISED, UNRECOGNISED],
]

describe('an error', () => {
  test.each(ERRORS)('%s (%i)', (_what, status, body, checkout, confirmation) => {
    expect(ofCheckout(answered(status, body))).toMatchObject(checkout)
    expect(ofConfirmation(answered(status, body))).toMatchObject(confirmation)
  })

  test('is told in the words of the provider, as far as they can be kept', () => {
    const read = ofCheckout(answered(400, shortProblem(`Bad\0 ${'x'.repeat(1_000_000)}`)))
    expect(read).toEqual({ kind: 'refused', reason: 'request_refused', message: `Bad ${'x'.repeat(495)}` })
  })
})
