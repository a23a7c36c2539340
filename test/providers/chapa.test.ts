/** Chapa's plug-in: what it sends, byte for byte, and what it makes of every answer that Chapa is known to give. */

import { describe, expect, test } from 'vitest'
import type { Currency } from '../../src/domain/currencies.ts'
import { LIMITS } from '../../src/domain/limits.ts'
import type { RefundReport } from '../../src/domain/refund.ts'
import type { ReportedStatus } from '../../src/domain/verdict.ts'
import { chapa } from '../../src/providers/chapa/index.ts'
import type { AttemptKnown, KnownRefund, PaidPayment, ProviderAnswer } from '../../src/providers/contract.ts'
import {
  answered,
  CANCELLED,
  CHAPAS_ID,
  CURRENCIES,
  drive,
  envelope,
  initialized,
  LISTED,
  listed,
  NOT_PAID,
  PAYMENT,
  PENDING,
  problem,
  REFERENCE,
  REFUND,
  REFUND_ID,
  REFUND_PREVIEW,
  REQUEST,
  verified,
} from './chapa-fixtures.ts'

const KEY = 'CHASECK_TEST-q8Rt3Wm6Zx1Kb9Nd'
const CREDENTIALS = { secret_key: KEY, webhook_secret: 'a dashboard word' }
const HEADERS = { authorization: `Bearer ${KEY}`, accept: 'application/json' }
const UNRECOGNISED = { kind: 'unknown', cause: 'answer_unrecognised' }
const FAULT = { kind: 'unknown', cause: 'server_error' }
const OOPS = 'Oops something went wrong and this is our issue, please report to us! Thank you :)'

const ATTEMPT: AttemptKnown = {
  reference: REFERENCE,
  amount: 125_050n,
  currency: 'ETB',
  checkoutId: undefined,
  checkoutUrl: 'https://checkout.chapa.co/checkout/payment/t7Yq3Lw9Zk',
  providerTransactionId: undefined,
  createdAt: REQUEST.createdAt,
  expiresAt: REQUEST.expiresAt,
}
const PAID: PaidPayment = { ...ATTEMPT, providerTransactionId: CHAPAS_ID }

const open = (request: Partial<typeof REQUEST>, ...answers: ProviderAnswer[]) =>
  drive(chapa.createCheckout({ ...REQUEST, ...request }, CREDENTIALS), ...answers)
const confirm = (answer: ProviderAnswer) => drive(chapa.confirm(ATTEMPT, CREDENTIALS), answer).result
const sent = (call: { body?: string } | undefined): Record<string, unknown> => JSON.parse(call?.body ?? '')

function close(...answers: ProviderAnswer[]) {
  if (chapa.closeCheckout === undefined) throw new Error('its pages can be closed')
  return drive(chapa.closeCheckout(ATTEMPT, CREDENTIALS), ...answers)
}

describe('credentials', () => {
  test.each([
    ['CHASECK_TEST-q8Rt3Wm6Zx1Kb9Nd', 'test', 'CHASECK_TEST-…b9Nd'],
    ['CHASECK-q8Rt3Wm6Zx1Kb9Nd', 'live', 'CHASECK-…b9Nd'],
    // What follows the first hyphen is secret, whatever it spells.
    ['CHASECK-testq8Rt3LIVEWm6Zx', 'live', 'CHASECK-…m6Zx'],
  ])('of the form %s are for %s and shown as %s', (key, mode, mask) => {
    const credentials = { secret_key: key, webhook_secret: 'ሚስጥር 7 ' }
    expect(chapa.parseCredentials(credentials)).toEqual({ ok: true, credentials, mode, mask })
  })

  test.each<[string, Record<string, unknown>, string]>([
    ['the public key', { secret_key: 'CHAPUBK_TEST-q8Rt3Wm6Zx1Kb9Nd' }, 'secret_key'],
    ['a key of the next version', { secret_key: 'CHAPA_TEST_q8Rt3Wm6Zx1Kb9Nd' }, 'secret_key'],
    ['a key in small letters', { secret_key: KEY.toLowerCase() }, 'secret_key'],
    ['a key of a third mode', { secret_key: 'CHASECK_LIVE-q8Rt3Wm6Zx1Kb9Nd' }, 'secret_key'],
    ['a key cut short', { secret_key: 'CHASECK_TEST-q8Rt3Wm6Z' }, 'secret_key'],
    ['a key without end', { secret_key: `CHASECK-${'a'.repeat(101)}` }, 'secret_key'],
    ['a secret with a hyphen, at which the mask would end', { secret_key: 'CHASECK-q8Rt3test-Wm6Zx1' }, 'secret_key'],
    ['a line break after', { secret_key: `${KEY}\n` }, 'secret_key'],
    ['another header smuggled in', { secret_key: `${KEY}\r\nx-evil: 1` }, 'secret_key'],
    ['no key', { secret_key: undefined }, 'secret_key'],
    ['a list of one key', { secret_key: [KEY] }, 'secret_key'],
    ['no webhook secret', { webhook_secret: undefined }, 'webhook_secret'],
    ['an empty webhook secret', { webhook_secret: '' }, 'webhook_secret'],
    ['a webhook secret without end', { webhook_secret: 'a'.repeat(201) }, 'webhook_secret'],
    ['a webhook secret that can’t be typed', { webhook_secret: 'a\0b' }, 'webhook_secret'],
    ['a webhook secret with a line break', { webhook_secret: 'word\n' }, 'webhook_secret'],
    ['a webhook secret that is a number', { webhook_secret: 7 }, 'webhook_secret'],
    ['a field besides', { encryption_key: 'word' }, 'encryption_key'],
  ])('are refused with the field that is wrong: %s', (_what, changes, field) => {
    expect(chapa.parseCredentials({ ...CREDENTIALS, ...changes })).toMatchObject({ ok: false, field })
  })

  test('that are a public key are told so', () => {
    const parsed = chapa.parseCredentials({ ...CREDENTIALS, secret_key: 'CHAPUBK-q8Rt3Wm6Zx1Kb9Nd' })
    expect(parsed.ok ? '' : parsed.message).toContain('public key')
  })

  test.each<[string, number, unknown, object]>([
    ['the list of currencies', 200, CURRENCIES, { kind: 'valid' }],
    ['a missing key', 401, problem('Authorization required'), { kind: 'invalid', message: 'Authorization required' }],
    ['a wrong key', 401, problem("Invalid API Key or User doesn't exist"), { kind: 'invalid' }],
    ['an API switched off', 404, problem('Payments through API is disabled, please contact us'), { kind: 'invalid' }],
    ['hours, which are not the key’s', 401, problem('Our Transfer hours are Mon-Sat…'), UNRECOGNISED],
    ['too many', 429, problem('Too many requests'), UNRECOGNISED],
    ['a failure that answers 200', 200, problem('Authorization required'), UNRECOGNISED],
    ['an empty object', 200, {}, UNRECOGNISED],
  ])('are checked by what only reads: %s (%i)', (_what, status, body, result) => {
    const checked = drive(chapa.checkCredentials(CREDENTIALS), answered(status, body))
    expect(checked.calls).toEqual([{ method: 'GET', path: '/v1/currency_supported', headers: HEADERS }])
    expect(checked.result).toMatchObject(result)
  })

  test.each([{}, { secret_key: '' }])('without a key ask nothing: %j', (credentials) => {
    for (const conversation of [
      chapa.createCheckout(REQUEST, credentials),
      chapa.confirm(ATTEMPT, credentials),
      chapa.checkCredentials(credentials),
    ]) {
      expect(() => conversation.next()).toThrow(TypeError)
    }
  })
})

describe('a request for a page', () => {
  test('is a POST of JSON, the amount in two decimals', () => {
    const { calls, result } = open({}, answered(200, initialized()))
    expect(calls).toHaveLength(1)
    expect(calls[0]).toMatchObject({
      method: 'POST',
      path: '/v1/transaction/initialize',
      headers: { ...HEADERS, 'content-type': 'application/json' },
    })
    expect(sent(calls[0])).toEqual({
      amount: '1250.50',
      currency: 'ETB',
      tx_ref: REFERENCE,
      email: 'sara@customer.test',
      first_name: 'Sara',
      last_name: 'Abebe Kassa',
      phone_number: '0911402233',
      return_url: 'https://shop.test/thanks',
      customization: { description: 'Order 7 two baskets' },
      meta: { transaction_id: 'txn_01kb4t9n2v', reference: 'order "7"' },
    })
    expect(result).toEqual({
      kind: 'opened',
      checkoutUrl: 'https://checkout.chapa.co/checkout/payment/t7Yq3Lw9Zk',
      checkoutId: undefined,
    })
  })

  test('leaves out what there is none of', () => {
    const customer = { email: 'sara@customer.test', name: undefined, phone: undefined }
    const bare = { customer, description: undefined, callbackUrl: undefined, method: undefined }
    expect(Object.keys(sent(open(bare, answered(200, initialized())).calls[0]))).toEqual([
      'amount',
      'currency',
      'tx_ref',
      'email',
      'meta',
    ])
  })

  test('is the same to the byte when it is repeated, and for every method', () => {
    const bodyOf = (request: Partial<typeof REQUEST>) => open(request, answered(200, initialized())).calls[0]?.body
    expect(bodyOf({})).toBe(bodyOf({}))
    expect(bodyOf({ method: 'wallet' })).toBe(bodyOf({ method: undefined }))
  })

  test.each([
    ['+251911402233', '0911402233'],
    ['+251711402233', '0711402233'],
    ['+251811402233', undefined],
    ['+2519114022331', undefined],
    ['+25191140223', undefined],
    ['+2348012345678', undefined],
    ['+12519114022', undefined],
    [undefined, undefined],
  ])('has the number %s as %s', (phone, expected) => {
    const { calls } = open({ customer: { ...REQUEST.customer, phone } }, answered(200, initialized()))
    expect(sent(calls[0]).phone_number).toBe(expected)
  })

  test.each([
    ['Sara', 'Sara', undefined],
    ['  Sara   Abebe  Kassa ', 'Sara', 'Abebe Kassa'],
    ['ሳራ አበበ', 'ሳራ', 'አበበ'],
    ['   ', undefined, undefined],
    ['', undefined, undefined],
  ])('splits the name "%s"', (name, first, last) => {
    const { calls } = open({ customer: { ...REQUEST.customer, name } }, answered(200, initialized()))
    expect(sent(calls[0])).toMatchObject({ tx_ref: REFERENCE })
    expect([sent(calls[0]).first_name, sent(calls[0]).last_name]).toEqual([first, last])
  })

  test.each([
    ['Order #7: 2 × tea', 'Order 7 2 tea'],
    ['  a_b-c.d  ', 'a_b-c.d'],
    ['ክፍያ 12', '12'],
    ['<b>Tea</b>\n&amp;', 'b Tea b amp'],
    ['ክፍያ', undefined],
    ['– . –', undefined],
    ['', undefined],
  ])('describes "%s" in what Chapa takes', (description, expected) => {
    const { calls } = open({ description }, answered(200, initialized()))
    expect(sent(calls[0]).customization).toEqual(expected && { description: expected })
  })
})

const NOT_DROPPED = ['amount', 'currency', 'tx_ref', 'return_url', 'meta']

describe('decoration that is refused', () => {
  test.each<[string, object, string[]]>([
    ['the address', { email: ['validation.email'] }, ['email']],
    ['the number', { phone_number: ['Invalid phone number'] }, ['phone_number']],
    ['the title of a part', { 'customization.description': ['…may only contain letters'] }, ['customization']],
    ['a sentence', { email: 'validation.email' }, ['email']],
    ['a part written as an object', { customization: { title: ['too long'] } }, ['customization']],
    ['several', { email: ['validation.email'], phone_number: ['no'] }, ['email', 'phone_number']],
    ['a name', { first_name: ['validation.alpha'], last_name: ['validation.alpha'] }, ['first_name', 'last_name']],
    [
      'all of it',
      { email: [], first_name: [], last_name: [], phone_number: [], customization: [] },
      ['email', 'first_name', 'last_name', 'phone_number', 'customization'],
    ],
  ])('is dropped, and the rest sent once more: %s', (_what, message, dropped) => {
    const { calls, result } = open({}, answered(400, problem(message)), answered(200, initialized()))
    expect(result).toMatchObject({ kind: 'opened' })
    const [first, second] = calls.map(sent)
    const rest = Object.entries(first ?? {}).filter(([name]) => !dropped.includes(name))
    expect(second).toEqual(Object.fromEntries(rest))
    expect(Object.keys(second ?? {})).toEqual(expect.arrayContaining(NOT_DROPPED))
    expect({ ...calls[1], body: undefined }).toEqual({ ...calls[0], body: undefined })
  })

  test('is dropped once only', () => {
    const { calls, result } = open(
      {},
      answered(400, problem({ email: ['validation.email'] })),
      answered(400, problem({ phone_number: ['no'] })),
    )
    expect(calls).toHaveLength(2)
    expect(result).toEqual({ kind: 'refused', reason: 'request_refused', message: 'phone_number: no' })
  })

  test('gives way to what the second answer says', () => {
    const refusal = answered(400, problem({ email: ['validation.email'] }))
    expect(open({}, refusal, answered(400, problem('Transaction reference has been used before'))).result).toEqual({
      kind: 'exists',
    })
    expect(open({}, refusal, answered(200, {})).result).toEqual(UNRECOGNISED)
  })

  test.each<[string, object]>([
    ['a number that is required, and was not sent', { phone_number: ['validation.required'] }],
    ['the amount', { amount: ['validation.min.numeric'] }],
    ['the reference', { tx_ref: ['validation.max.string'] }],
    ['words of a prototype', { constructor: ['no'], toString: ['no'] }],
  ])('is not looked for where something else is wrong: %s', (_what, message) => {
    const customer = { ...REQUEST.customer, phone: undefined }
    const { calls, result } = open({ customer }, answered(400, problem(message)))
    expect(calls).toHaveLength(1)
    expect(result).toMatchObject({ kind: 'refused', reason: 'request_refused' })
  })
})

/** Currency, our minor units, Chapa's text. */
const AMOUNTS: [Currency, bigint, string][] = [
  ['ETB', 1n, '0.01'],
  ['ETB', 99n, '0.99'],
  ['ETB', 100n, '1.00'],
  ['ETB', 100_000_000n, '1000000.00'],
  ['USD', 10n, '0.10'],
  ['USD', 123_456n, '1234.56'],
]

describe('an amount', () => {
  test.each(AMOUNTS)('of %s: %d of ours is %s of theirs, both ways', (currency, ours, theirs) => {
    const { calls } = open({ amount: ours, currency }, answered(200, initialized()))
    expect(sent(calls[0])).toMatchObject({ amount: theirs, currency })
    expect(theirs).toMatch(/^([1-9]\d{0,6}|0)\.\d{2}$/)
    for (const read of [theirs, `${theirs}0`, Number(theirs)]) {
      expect(confirm(answered(200, verified({ currency, amount: read })))).toMatchObject({
        reported: { amount: ours, collected: ours, currency },
      })
    }
  })

  test('has a case for every currency that is taken', () => {
    const cases = new Set(AMOUNTS.map(([currency]) => currency))
    expect(cases).toEqual(new Set(Object.keys(chapa.capabilities.currencies)))
  })

  test.each<[bigint, Currency]>([
    [0n, 'ETB'],
    [-1n, 'ETB'],
    [100_000_001n, 'ETB'],
    [100_000_001n, 'USD'],
    [1_000n, 'KWD'],
    [1_000n, 'JPY'],
    [1_000n, 'NGN'],
  ])('of %d %s is never sent', (amount, currency) => {
    expect(() => chapa.createCheckout({ ...REQUEST, amount, currency }, CREDENTIALS).next()).toThrow(RangeError)
    const refund = { id: REFUND_ID, payment: { ...PAID, currency }, amount, reason: undefined }
    expect(() => chapa.createRefund(refund, CREDENTIALS).next()).toThrow(RangeError)
  })

  test.each<[string, string, bigint | undefined]>([
    ['a whole number', '5', 500n],
    ['a number with one decimal', '3.5', 350n],
    ['a number with two', '3.55', 355n],
    ['a number of many digits', '4503599627370.49', 450_359_962_737_049n],
    ['a number whose third decimal is zero', '3.550', 355n],
    ['a number with a third decimal', '3.555', undefined],
    ['a text with two decimals', '"400.00"', 40_000n],
    ['a text with three', '"12.000"', 1_200n],
    ['a text with a third decimal', '"12.001"', undefined],
    ['zero', '0', 0n],
    ['a negative number', '-5', undefined],
    ['a text with a separator', '"1,000.00"', undefined],
    ['a text with blanks', '" 5.00"', undefined],
    ['a text with leading zeros', '"0005.00"', undefined],
    ['a text with an exponent', '"1e2"', undefined],
    ['an empty text', '""', undefined],
    ['other digits', '"፭"', undefined],
    ['beyond 2^53 - 1', '90071992547409.93', undefined],
    ['beyond everything', '1e400', undefined],
  ])('that is %s is read exactly or not at all', (_what, written, amount) => {
    const body = JSON.stringify(verified({ amount: 'HERE' })).replace('"HERE"', written)
    expect(confirm(answered(200, body))).toMatchObject({ kind: 'found', reported: { amount, collected: amount } })
  })

  test.each<[string, unknown, bigint | undefined]>([
    ['a number', 3.5, 350n],
    ['a text', '12.00', 1_200n],
    ['null until paid', null, undefined],
    ['finer than a cent', 3.505, undefined],
    ['of another type', { fee: 1 }, undefined],
  ])('of the fee is %s', (_what, charge, fee) => {
    expect(confirm(answered(200, verified({ charge })))).toMatchObject({ kind: 'found', reported: { fee } })
  })

  test.each(['XXX', 'toString', 'et'])('in "%s" is none of ours', (currency) => {
    const read = confirm(answered(200, verified({ currency })))
    expect(read).toSatisfy((answer) => answer.kind === 'unknown' || answer.reported.amount === undefined)
  })
})

describe('a confirmation', () => {
  test('is a GET by our reference, percent-encoded', () => {
    const { calls } = drive(
      chapa.confirm({ ...ATTEMPT, reference: 'a/b?c=d é' }, CREDENTIALS),
      answered(200, verified()),
    )
    const path = '/v1/transaction/verify/a%2Fb%3Fc%3Dd%20%C3%A9'
    expect(calls).toEqual([{ method: 'GET', path, headers: HEADERS }])
  })

  test('says all that we compare and keep', () => {
    expect(confirm(answered(200, verified()))).toEqual({
      kind: 'found',
      status: 'paid',
      reported: {
        reference: REFERENCE,
        amount: 125_050n,
        collected: 125_050n,
        fee: 3_752n,
        currency: 'ETB',
        mode: 'test',
        providerTransactionId: CHAPAS_ID,
      },
      message: undefined,
    })
  })

  test.each<[string, ReportedStatus]>([
    ['pending', 'unpaid'],
    ['success', 'paid'],
    ['failed', 'declined'],
    ['failed/cancelled', 'declined'],
    ['cancelled', 'declined'],
    ['refunded', 'reversed'],
    ['reversed', 'reversed'],
    ['SUCCESS', 'paid'],
    ['Pending', 'unpaid'],
    ['Failed/Cancelled', 'declined'],
    ['processing', 'unrecognised'],
    ['initiated', 'unrecognised'],
    ['refund success', 'unrecognised'],
    ['success ', 'unrecognised'],
    ['succeeded', 'unrecognised'],
    ['paid', 'unrecognised'],
    ['', 'unrecognised'],
    ['constructor', 'unrecognised'],
    ['__proto__', 'unrecognised'],
    ['toString', 'unrecognised'],
  ])('with data.status "%s" reports %s', (status, expected) => {
    expect(confirm(answered(200, verified({ status })))).toMatchObject({ kind: 'found', status: expected })
  })

  test.each(['success', 'failed', 'pending', null, undefined])('does not heed the envelope’s status: %s', (status) => {
    expect(confirm(answered(200, { ...PENDING, status }))).toMatchObject({ kind: 'found', status: 'unpaid' })
    expect(confirm(answered(200, { ...verified(), status }))).toMatchObject({ kind: 'found', status: 'paid' })
  })

  test('of a page that nobody tried has our reference for Chapa’s', () => {
    expect(confirm(answered(200, PENDING))).toMatchObject({
      status: 'unpaid',
      reported: { fee: undefined, providerTransactionId: REFERENCE },
    })
  })

  test.each(['6kTzQpXwRme', 'AP-7_x.9', 41_207])('has the id %s as Chapa gives it', (reference) => {
    expect(confirm(answered(200, verified({ reference })))).toMatchObject({
      reported: { providerTransactionId: `${reference}` },
    })
  })

  test.each(['', 'a b', 'a/../b', {}, ['AP1'], 'A'.repeat(101)])(
    'has our reference where the id is %j',
    (reference) => {
      expect(confirm(answered(200, verified({ reference })))).toMatchObject({
        reported: { providerTransactionId: REFERENCE },
      })
    },
  )

  test('of another payment says so: the verdict is not the plug-in’s', () => {
    const other = { tx_ref: 'pb-other', mode: 'live', currency: 'usd' }
    expect(confirm(answered(200, verified(other)))).toMatchObject({
      kind: 'found',
      reported: { reference: 'pb-other', mode: 'live', currency: 'USD' },
    })
  })

  test.each([
    ['an object', { order: 7 }],
    ['a text', 'order 7'],
    ['null', null],
    ['a list', []],
  ])('is read whatever meta is: %s', (_what, meta) => {
    expect(confirm(answered(200, verified({ meta, customization: meta })))).toMatchObject({ status: 'paid' })
  })

  test.each(['tx_ref', 'status', 'amount', 'currency', 'mode'] as const)('without %s is no answer', (field) => {
    const { [field]: _, ...rest } = PAYMENT
    expect(confirm(answered(200, envelope(rest)))).toEqual(UNRECOGNISED)
    expect(confirm(answered(200, verified({ [field]: null })))).toEqual(UNRECOGNISED)
    expect(confirm(answered(200, verified({ [field]: {} })))).toEqual(UNRECOGNISED)
  })

  test.each(['sandbox', 'LIVE', ''])('in the mode "%s" is no answer', (mode) => {
    expect(confirm(answered(200, verified({ mode })))).toEqual(UNRECOGNISED)
  })
})

const refused = (reason: string) => ({ kind: 'refused', reason })
const EXISTS = { kind: 'exists' }
const NOT_FOUND = { kind: 'not_found' }

/** What, HTTP status, body; what it says to who opens a page, and to who confirms. */
const ANSWERS: [string, number, unknown, object, object][] = [
  ['not paid yet', 404, NOT_PAID, refused('request_refused'), NOT_FOUND],
  ['not paid yet, in capitals', 404, problem(' PAYMENT NOT PAID YET. '), refused('request_refused'), NOT_FOUND],
  ['unknown, as measured', 400, problem('Invalid transaction reference'), refused('request_refused'), NOT_FOUND],
  [
    'unknown, as documented',
    404,
    problem('Invalid transaction or Transaction not found'),
    refused('request_refused'),
    NOT_FOUND,
  ],
  [
    'unknown, with a status that is not listed',
    403,
    problem('Transaction not found'),
    refused('request_refused'),
    UNRECOGNISED,
  ],
  ['used before', 400, problem('Transaction reference has been used before'), EXISTS, UNRECOGNISED],
  ['used before, in capitals', 400, problem('REFERENCE HAS BEEN USED BEFORE'), EXISTS, UNRECOGNISED],
  ['used before, with 200', 200, problem('Transaction reference has been used before'), EXISTS, UNRECOGNISED],
  [
    'a key of the other mode',
    401,
    problem('Test keys cannot be used to verify a live transaction'),
    refused('credentials_refused'),
    refused('credentials_refused'),
  ],
  ['no key', 401, problem('Authorization required'), refused('credentials_refused'), refused('credentials_refused')],
  [
    'a wrong key',
    401,
    problem("Invalid API Key or User doesn't exist"),
    refused('credentials_refused'),
    refused('credentials_refused'),
  ],
  [
    'an API switched off',
    404,
    problem('Payments through API is disabled, please contact us'),
    refused('credentials_refused'),
    refused('credentials_refused'),
  ],
  [
    'hours of transfers',
    401,
    problem('Our Transfer hours are Mon-Sat from 08:30 AM - 04:30 PM only'),
    refused('request_refused'),
    UNRECOGNISED,
  ],
  ['a wrong bank', 401, problem('Invalid bank code'), refused('request_refused'), UNRECOGNISED],
  [
    'a merchant who is not ready',
    400,
    problem("User can't receive payments"),
    refused('request_refused'),
    UNRECOGNISED,
  ],
  [
    'a currency',
    400,
    problem('Invalid currency, only ETB and USD are supported'),
    refused('currency_not_supported'),
    UNRECOGNISED,
  ],
  [
    'a currency by field',
    400,
    problem({ currency: ['validation.in'] }),
    refused('currency_not_supported'),
    UNRECOGNISED,
  ],
  [
    'a currency among others',
    400,
    problem({ currency: ['validation.required'], tx_ref: ['validation.required'] }),
    refused('request_refused'),
    UNRECOGNISED,
  ],
  [
    'an amount',
    400,
    problem({ amount: ['The amount must not exceed 1000000.'] }),
    refused('request_refused'),
    UNRECOGNISED,
  ],
  ['headers', 400, problem('Incorrect header settings, use JSON'), refused('request_refused'), UNRECOGNISED],
  ['too many', 429, problem('Too many requests'), refused('rate_limited'), refused('rate_limited')],
  [
    'too many, without an envelope',
    429,
    { message: 'Too Many Attempts.' },
    refused('rate_limited'),
    refused('rate_limited'),
  ],
  ['a fault of theirs', 400, problem(OOPS), FAULT, FAULT],
  ['a fault of theirs with 200', 200, problem(OOPS), FAULT, FAULT],
  ['a message that is null', 400, problem(null), refused('request_refused'), UNRECOGNISED],
  ['a message that is a number', 400, problem(7), refused('request_refused'), UNRECOGNISED],
  ['a message that is a list', 400, problem(['no']), refused('request_refused'), UNRECOGNISED],
  ['a message of lists of lists', 400, problem({ amount: [['no']] }), refused('request_refused'), UNRECOGNISED],
  ['400 with status success', 400, initialized(), UNRECOGNISED, UNRECOGNISED],
  [
    '400 with a status that is not listed',
    400,
    { message: 'no', status: 'error', data: null },
    UNRECOGNISED,
    UNRECOGNISED,
  ],
  ['an error of somebody between us', 403, { message: 'Forbidden' }, UNRECOGNISED, UNRECOGNISED],
  ['200 with status failed', 200, { ...initialized(), status: 'failed' }, UNRECOGNISED, UNRECOGNISED],
  ['200 with status null', 200, { ...initialized(), status: null }, UNRECOGNISED, UNRECOGNISED],
  ['200 without data', 200, envelope(null), UNRECOGNISED, UNRECOGNISED],
  ['a list for data', 200, envelope([]), UNRECOGNISED, UNRECOGNISED],
  ['a bare text for data', 200, envelope(REFERENCE), UNRECOGNISED, UNRECOGNISED],
  ['201', 201, initialized(), UNRECOGNISED, UNRECOGNISED],
  ['a redirect', 302, problem('Moved'), UNRECOGNISED, UNRECOGNISED],
  ['null', 200, 'null', UNRECOGNISED, UNRECOGNISED],
  ['a list', 200, [initialized()], UNRECOGNISED, UNRECOGNISED],
  ['a text', 200, '"ok"', UNRECOGNISED, UNRECOGNISED],
  ['a status that is a number', 200, { ...initialized(), status: 1 }, UNRECOGNISED, UNRECOGNISED],
]

describe('an answer', () => {
  test.each(ANSWERS)('%s (%i)', (_what, status, body, checkout, confirmation) => {
    expect(open({}, answered(status, body)).result).toMatchObject(checkout)
    expect(confirm(answered(status, body))).toMatchObject(confirmation)
  })

  test.each(['javascript:alert(1)', 'http://checkout.chapa.co/x', 'checkout.chapa.co/x', '', 7, null])(
    'with the address %j opens nothing',
    (url) => {
      const body = envelope({ checkout_url: url }, 'Hosted Link')
      expect(open({}, answered(200, body)).result).toEqual(UNRECOGNISED)
    },
  )

  test('is told in the words of Chapa, as far as they can be kept', () => {
    const result = open({}, answered(400, problem(`Bad\0 ${'x'.repeat(1_000_000)}`))).result
    expect(result).toEqual({ kind: 'refused', reason: 'request_refused', message: `Bad ${'x'.repeat(495)}` })
  })

  test('that lists fields is told as one text', () => {
    const message = { amount: ['validation.required', 'validation.numeric'], tx_ref: 'validation.required' }
    expect(open({}, answered(400, problem(message))).result).toEqual({
      kind: 'refused',
      reason: 'request_refused',
      message: 'amount: validation.required validation.numeric; tx_ref: validation.required',
    })
  })

  test('does not pollute a prototype', () => {
    const body = '{"message":{"__proto__":{"email":["no"]}},"status":"failed","data":null}'
    expect(open({}, answered(400, body)).result).toMatchObject({ kind: 'refused', reason: 'request_refused' })
  })
})

describe('a page that is closed', () => {
  test('is asked after once more', () => {
    const { calls, result } = close(answered(200, CANCELLED), answered(200, PENDING))
    expect(calls).toEqual([
      { method: 'PUT', path: `/v1/transaction/cancel/${REFERENCE}`, headers: HEADERS },
      { method: 'GET', path: `/v1/transaction/verify/${REFERENCE}`, headers: HEADERS },
    ])
    expect(result).toEqual({ kind: 'closed' })
  })

  const EXPIRED = problem('Payment link already expired')

  test.each<[string, number, unknown, object]>([
    ['pending', 200, PENDING, { kind: 'closed' }],
    ['not paid yet', 404, NOT_PAID, { kind: 'closed' }],
    ['unknown', 400, problem('Invalid transaction reference'), { kind: 'closed' }],
    ['failed', 200, verified({ status: 'failed' }), { kind: 'closed' }],
    ['failed/cancelled', 200, verified({ status: 'failed/cancelled' }), { kind: 'closed' }],
    ['cancelled', 200, verified({ status: 'cancelled' }), { kind: 'closed' }],
    ['success', 200, verified(), { kind: 'too_late' }],
    ['refunded', 200, verified({ status: 'refunded' }), { kind: 'too_late' }],
    [
      'a word that is not listed, which is somebody’s to look at',
      200,
      verified({ status: 'held' }),
      { kind: 'too_late' },
    ],
    ['another payment', 200, verified({ tx_ref: 'pb-other', status: 'pending' }), UNRECOGNISED],
    ['no answer', 200, {}, UNRECOGNISED],
    ['too many, though it was closed', 429, problem('Too many requests'), UNRECOGNISED],
    ['a wrong key, though it was closed', 401, problem('Authorization required'), UNRECOGNISED],
  ])('counts as verify says afterwards: %s', (_what, status, body, result) => {
    expect(close(answered(200, CANCELLED), answered(status, body)).result).toEqual(result)
    expect(close(answered(400, EXPIRED), answered(status, body)).result).toEqual(result)
  })

  test.each<[string, number, unknown, object]>([
    ['unknown', 404, problem('Payment link not found'), refused('request_refused')],
    ['no reason that is listed', 400, problem('Payment is not active'), refused('request_refused')],
    ['a wrong key', 401, problem('Authorization required'), refused('credentials_refused')],
    ['too many', 429, problem('Too many requests'), refused('rate_limited')],
    ['a fault of theirs', 400, problem(OOPS), FAULT],
    ['200 with status failed', 200, { ...CANCELLED, status: 'failed' }, UNRECOGNISED],
    ['no envelope', 404, { message: 'Not Found' }, UNRECOGNISED],
  ])('is open where Chapa says: %s', (_what, status, body, result) => {
    expect(close(answered(status, body)).result).toMatchObject(result)
  })
})

const refund = (reason: string | undefined, ...answers: ProviderAnswer[]) =>
  drive(chapa.createRefund({ id: REFUND_ID, payment: PAID, amount: 30_025n, reason }, CREDENTIALS), ...answers)

/** Chapa's words for a refund, whichever call tells them. */
const REFUND_WORDS: [string, RefundReport][] = [
  ['initiated', 'pending'],
  ['processing', 'pending'],
  ['pending', 'pending'],
  ['refunded', 'succeeded'],
  ['success', 'succeeded'],
  ['reversed', 'failed'],
  ['failed', 'failed'],
  ['Refund Initiated', 'pending'],
  ['REFUND PROCESSING', 'pending'],
  ['Refunded', 'succeeded'],
  ['refund refund success', 'unrecognised'],
  ['done', 'unrecognised'],
  ['', 'unrecognised'],
  ['refund constructor', 'unrecognised'],
  ['__proto__', 'unrecognised'],
]

describe('a refund', () => {
  test('is a POST of a form to Chapa’s id, with the amount and our id', () => {
    const { calls, result } = refund('Wrong size & colour', answered(200, envelope(REFUND, 'Refund initiated')))
    expect(calls).toEqual([
      {
        method: 'POST',
        path: `/v1/refund/${CHAPAS_ID}`,
        headers: { ...HEADERS, 'content-type': 'application/x-www-form-urlencoded' },
        body: `amount=300.25&reference=${REFUND_ID}&reason=Wrong+size+%26+colour`,
      },
    ])
    expect(result).toEqual({
      kind: 'made',
      refund: {
        providerRefundId: 'RFp4Nd8Hs1',
        refundId: REFUND_ID,
        amount: 30_025n,
        status: 'pending',
        message: undefined,
        createdAt: undefined,
      },
    })
  })

  test('needs no reason', () => {
    const { calls } = refund(undefined, answered(200, envelope(REFUND)))
    expect(calls[0]?.body).toBe(`amount=300.25&reference=${REFUND_ID}`)
  })

  test('is read in the shape of the preview documentation, too', () => {
    expect(refund('Wrong size', answered(200, envelope(REFUND_PREVIEW))).result).toEqual({
      kind: 'made',
      refund: {
        providerRefundId: 'RFv6Ck3Jt5',
        refundId: REFUND_ID,
        amount: 30_025n,
        status: 'pending',
        message: undefined,
        createdAt: new Date('2026-11-05T06:30:00Z'),
      },
    })
  })

  test.each<[string, object, object]>([
    ['no id', { ref_id: null }, { providerRefundId: undefined, refundId: REFUND_ID }],
    ['an id that is none', { ref_id: {} }, { providerRefundId: undefined }],
    ['a number for an amount', { amount: 300.25 }, { amount: 30_025n }],
    ['three decimals', { amount: '300.250' }, { amount: 30_025n }],
    ['another amount', { amount: '1250.50' }, { amount: 125_050n }],
    ['an amount that is none', { amount: 'all' }, { amount: undefined }],
    ['another currency', { currency: 'USD' }, { amount: undefined }],
  ])('is told as far as the answer goes: %s', (_what, changes, expected) => {
    const { result } = refund(undefined, answered(200, envelope({ ...REFUND, ...changes })))
    expect(result).toMatchObject({ kind: 'made', refund: expected })
  })

  test.each(REFUND_WORDS)('in the state "%s" is %s', (status, expected) => {
    const row = envelope({ ...REFUND, status })
    expect(refund(undefined, answered(200, row)).result).toMatchObject({ kind: 'made', refund: { status: expected } })
    expect(listRefunds([OURS], answered(200, row), answered(200, verified())).result).toMatchObject({
      refunds: [{ status: expected }],
    })
  })

  test.each<[string, number, unknown, object]>([
    ['in test mode', 400, problem('Refunds can only be processed in live mode'), refused('request_refused')],
    ['in test mode, with 200', 200, problem('Refunds can only be processed in live mode'), refused('request_refused')],
    ['too much', 400, problem('Refund amount cannot exceed the full amount'), refused('request_refused')],
    ['too little on the account', 400, problem('Insufficient Balance'), refused('request_refused')],
    ['made before', 400, problem('The reference number has been used before'), EXISTS],
    ['made before, with 200', 200, problem('The reference number has been used before'), EXISTS],
    ['a wrong key', 401, problem("Invalid API Key or User doesn't exist"), refused('credentials_refused')],
    ['too many', 429, problem('Too many requests'), refused('rate_limited')],
    ['a fault of theirs', 400, problem(OOPS), FAULT],
    ['a fault of theirs, with 200', 200, problem(OOPS), FAULT],
    ['failed, but something was made', 200, { ...envelope(REFUND), status: 'failed' }, UNRECOGNISED],
    ['no data', 200, envelope(null), UNRECOGNISED],
    ['no state', 200, envelope({ ...REFUND, status: null }), UNRECOGNISED],
    ['no amount', 200, envelope({ ...REFUND, amount: null }), UNRECOGNISED],
    ['no currency', 200, envelope({ ...REFUND, currency: null }), UNRECOGNISED],
    ['neither success nor failed', 200, { ...envelope(REFUND), status: null }, UNRECOGNISED],
    ['201', 201, envelope(REFUND), UNRECOGNISED],
    ['a list', 200, [], UNRECOGNISED],
  ])('that was not clearly made: %s', (_what, status, body, expected) => {
    expect(refund('Wrong size', answered(status, body)).result).toMatchObject(expected)
  })

  test('is for live money alone, of all or a part', () => {
    expect(chapa.capabilities.refunds).toEqual({ partial: true, modes: ['live'] })
  })
})

const OURS: KnownRefund = { refundId: REFUND_ID, providerRefundId: 'RFp4Nd8Hs1' }
const UNTOLD = {
  providerRefundId: undefined,
  refundId: undefined,
  amount: undefined,
  status: 'succeeded',
  message: undefined,
  createdAt: undefined,
}
const listRefunds = (known: readonly KnownRefund[], ...answers: ProviderAnswer[]) =>
  drive(chapa.readRefunds(PAID, known, CREDENTIALS), ...answers)
const stateOf = (status: string) => answered(200, envelope({ ...REFUND, status }))

describe('the refunds of a payment', () => {
  test('are asked after one by one, and then the payment', () => {
    const other = { refundId: 'ref_other', providerRefundId: 'RF/2' }
    const { calls, result } = listRefunds(
      [OURS, other],
      stateOf('refunded'),
      stateOf('failed'),
      answered(200, verified()),
    )
    expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v1/refund/RFp4Nd8Hs1/verify',
      'GET /v1/refund/RF%2F2/verify',
      `GET /v1/transaction/verify/${REFERENCE}`,
    ])
    expect(result).toMatchObject({
      kind: 'listed',
      isComplete: false,
      refunds: [
        { providerRefundId: 'RFp4Nd8Hs1', refundId: REFUND_ID, amount: 30_025n, status: 'succeeded' },
        { providerRefundId: 'RF/2', refundId: 'ref_other', status: 'failed' },
      ],
    })
  })

  test('are never told to be all', () => {
    expect(listRefunds([], answered(200, verified())).result).toEqual({
      kind: 'listed',
      refunds: [],
      isComplete: false,
    })
  })

  test.each(['refunded', 'reversed', 'Refunded'])('that nobody told us of show in the payment: %s', (status) => {
    const seen = answered(200, verified({ status }))
    expect(listRefunds([], seen).result).toMatchObject({ refunds: [UNTOLD] })
    expect(listRefunds([OURS], stateOf('failed'), seen).result).toMatchObject({
      refunds: [{ status: 'failed' }, UNTOLD],
    })
  })

  test.each(['refunded', 'initiated', 'held'])('of ours explain a payment that went back: %s', (state) => {
    const { result } = listRefunds([OURS], stateOf(state), answered(200, verified({ status: 'refunded' })))
    expect(result).toMatchObject({ refunds: [{ refundId: REFUND_ID }] })
    expect(result).toHaveProperty('refunds.length', 1)
  })

  test('whose id we never got may be the one that shows', () => {
    const lost = { refundId: REFUND_ID, providerRefundId: undefined }
    const { calls, result } = listRefunds([lost], answered(200, verified({ status: 'refunded' })))
    expect(calls).toHaveLength(1)
    expect(result).toEqual({ kind: 'listed', refunds: [], isComplete: false })
  })

  test('are left out where Chapa does not know them, and may be the one that shows', () => {
    const seen = answered(200, verified({ status: 'refunded' }))
    expect(listRefunds([OURS], answered(404, problem('Refund not found')), seen).result).toMatchObject({ refunds: [] })
  })

  test.each<[string, ProviderAnswer, object]>([
    ['a wrong key', answered(401, problem('Authorization required')), refused('credentials_refused')],
    ['too many', answered(429, problem('Too many requests')), refused('rate_limited')],
    ['no data', answered(200, envelope(null)), UNRECOGNISED],
    ['no refund', answered(200, envelope(PAYMENT.status)), UNRECOGNISED],
  ])('are not known where an answer says: %s', (_what, answer, expected) => {
    expect(listRefunds([OURS], answer).result).toMatchObject(expected)
    expect(listRefunds([], answer).result).toMatchObject(expected)
  })

  test('are the last known where a conversation has not enough calls for all', () => {
    const known = Array.from({ length: 30 }, (_, index) => ({
      refundId: `ref_${index}`,
      providerRefundId: `RF${index}`,
    }))
    const answers = Array.from({ length: LIMITS.callsPerConversation - 1 }, () => stateOf('refunded'))
    const { calls } = listRefunds(known, ...answers, answered(200, verified()))
    expect(calls).toHaveLength(LIMITS.callsPerConversation)
    expect(calls.at(-2)?.path).toBe('/v1/refund/RF29/verify')
  })
})

const RANGE = { from: new Date('2026-11-04T00:00:00Z'), to: new Date('2026-11-05T00:00:00Z') }
const page = (cursor: string | undefined, answer: ProviderAnswer) =>
  drive(chapa.listPayments(RANGE, cursor, CREDENTIALS), answer)
const NEXT = 'https://api.chapa.co/v1/transactions?page=2'
const OLD = { ...LISTED, ref_id: 'APold0001', created_at: '2026-11-03T23:59:59.999999Z' }

describe('a page of payments', () => {
  test('has them by Chapa’s ids, and not by ours', () => {
    const { calls, result } = page(undefined, answered(200, listed([LISTED])))
    expect(calls).toEqual([{ method: 'GET', path: '/v1/transactions?page=1', headers: HEADERS }])
    expect(result).toEqual({
      kind: 'page',
      payments: [
        {
          reference: undefined,
          providerTransactionId: CHAPAS_ID,
          status: 'paid',
          amount: 125_050n,
          currency: 'ETB',
          isRefunded: false,
        },
      ],
      next: undefined,
    })
  })

  test.each<[string, unknown, string | undefined]>([
    ['more follow', listed([LISTED], NEXT), '2'],
    ['some are young enough', listed([LISTED, OLD], NEXT), '2'],
    ['one has no time', listed([OLD, { ...OLD, created_at: null }], NEXT), '2'],
    ['it does not say whether more follow', envelope({ transactions: [LISTED] }), '2'],
    ['none follow', listed([LISTED], null), undefined],
    ['all are too old', listed([OLD, OLD], NEXT), undefined],
    ['it is empty', listed([], NEXT), undefined],
  ])('leads on or ends where %s', (_what, body, next) => {
    expect(page(undefined, answered(200, body)).result).toMatchObject({ kind: 'page', next })
  })

  test('leads on by number', () => {
    const { calls, result } = page('9', answered(200, listed([LISTED], NEXT, 9)))
    expect(calls[0]?.path).toBe('/v1/transactions?page=9')
    expect(result).toMatchObject({ next: '10' })
  })

  test.each<[string, object, object]>([
    ['refunded', { status: 'refunded' }, { status: 'reversed', isRefunded: true }],
    ['pending', { status: 'PENDING' }, { status: 'unpaid', isRefunded: false }],
    ['unlisted', { status: 'toString' }, { status: 'unrecognised', isRefunded: false }],
    ['of another currency', { currency: 'kes' }, { currency: 'KES' }],
    ['of no currency of ours', { currency: 'zzz' }, { currency: 'ZZZ', amount: undefined }],
    ['of a finer amount', { amount: '12.005' }, { amount: undefined }],
    ['of a number', { amount: 12.5 }, { amount: 1_250n }],
  ])('has one that is %s', (_what, changes, expected) => {
    expect(page(undefined, answered(200, listed([{ ...LISTED, ...changes }]))).result).toMatchObject({
      payments: [expected],
    })
  })

  test('leaves out what nobody has tried to pay', () => {
    const untried = { ...LISTED, ref_id: null, status: 'pending' }
    const { result } = page(undefined, answered(200, listed([untried, LISTED])))
    expect(result).toMatchObject({ payments: [{ providerTransactionId: CHAPAS_ID }] })
  })

  test.each<[string, number, unknown, object]>([
    ['a wrong key', 401, problem('Authorization required'), refused('credentials_refused')],
    ['too many', 429, problem('Too many requests'), refused('rate_limited')],
    ['no data', 200, envelope(null), UNRECOGNISED],
    ['a list for data', 200, envelope([LISTED]), UNRECOGNISED],
    ['a row without a state', 200, listed([{ ...LISTED, status: null }]), UNRECOGNISED],
    ['a row that is none', 200, listed([null]), UNRECOGNISED],
    ['status failed', 200, { ...listed([LISTED]), status: 'failed' }, UNRECOGNISED],
  ])('is none where the answer is: %s', (_what, status, body, expected) => {
    expect(page(undefined, answered(status, body)).result).toMatchObject(expected)
  })
})
