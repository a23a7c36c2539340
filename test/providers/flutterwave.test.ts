/** Flutterwave's calls and answers: what is sent to the letter, and what is made of every answer, friendly or not. */

import { describe, expect, test } from 'vitest'
import { type Currency, isCurrency } from '../../src/domain/currencies.ts'
import type { PaymentMethod } from '../../src/domain/payment-method.ts'
import { mismatches, type ReportedStatus } from '../../src/domain/verdict.ts'
import type { ProviderAnswer } from '../../src/providers/contract.ts'
import { flutterwave } from '../../src/providers/flutterwave/index.ts'
import {
  answered,
  BALANCES,
  CREDENTIALS,
  createRefund,
  FAILED_ROW,
  GET_HEADERS,
  hosted,
  LINK,
  listed,
  listPayments,
  listRefunds,
  NONE,
  NOT_FOUND,
  ok,
  PAYMENT,
  POST_HEADERS,
  problem,
  REFERENCE,
  REFUND,
  REFUND_ID,
  REQUEST,
  ROW,
  readRefunds,
  TRANSACTION,
  talk,
  UNRECOGNISED,
  verified,
} from './flutterwave-fixtures.ts'

const BY_REFERENCE = `/v3/transactions/verify_by_reference?tx_ref=${REFERENCE}`
const BY_ID = '/v3/transactions/640112233/verify'
const tries = (page: number) => `/v3/transactions?tx_ref=${REFERENCE}&page=${page}`
const EMPTY = ok(listed([]))

const createCheckout = (answer: ProviderAnswer, changes: object = {}) =>
  talk(flutterwave.createCheckout({ ...REQUEST, ...changes }, CREDENTIALS), answer)
const sentCheckout = (changes: object = {}) => createCheckout(ok(hosted), changes).calls[0]?.body ?? ''
const confirm = (...answers: ProviderAnswer[]) => talk(flutterwave.confirm(PAYMENT, CREDENTIALS), ...answers)
/** Of one paid transaction, as both calls tell it. */
const confirmed = (changes: object) => confirm(ok(verified(changes)), ok(listed([{ ...ROW, ...changes }]))).result

function closeCheckout(...answers: ProviderAnswer[]) {
  const conversation = flutterwave.closeCheckout?.(PAYMENT, CREDENTIALS)
  if (conversation === undefined) throw new Error('it closes pages')
  return talk(conversation, ...answers)
}

describe('a checkout page', () => {
  test('is asked for with a POST whose amount is a number in major units', () => {
    const { calls, result } = createCheckout(ok(hosted))
    const [{ body, ...call } = { body: '' }] = calls
    expect(call).toEqual({ method: 'POST', path: '/v3/payments', headers: POST_HEADERS })
    expect(JSON.parse(body ?? '')).toEqual({
      tx_ref: REFERENCE,
      amount: 1500.5,
      currency: 'NGN',
      redirect_url: 'https://shop.test/thanks?order=7',
      customer: { email: 'ada@customer.test', name: 'Ada Obi', phonenumber: '+2348030000001' },
      configurations: { session_duration: 61, max_retry_attempt: 10 },
      customizations: { description: 'Two lamps' },
      meta: { transaction_id: 'txn_01kb3s7m5q', reference: 'order "7"' },
    })
    expect(body).toContain('"amount":1500.5,')
    expect(result).toEqual({ kind: 'opened', checkoutUrl: LINK, checkoutId: undefined })
  })

  test('that is asked for again is the same request to the byte, and its new address is told', () => {
    expect(sentCheckout()).toBe(sentCheckout())
    const again = { ...hosted, data: { link: `${LINK}2` } }
    expect(createCheckout(ok(again)).result).toMatchObject({ kind: 'opened', checkoutUrl: `${LINK}2` })
  })

  test('leaves out what is not there', () => {
    const customer = { email: 'ada@customer.test', name: undefined, phone: undefined }
    const sent = JSON.parse(sentCheckout({ customer, description: undefined }))
    expect(sent.customer).toEqual({ email: 'ada@customer.test' })
    expect(Object.keys(sent)).not.toContain('customizations')
    expect(Object.keys(sent)).not.toContain('payment_options')
  })

  test.each<[PaymentMethod, string | undefined]>([
    ['card', 'card'],
    ['bank_transfer', 'banktransfer'],
    ['bank_account', 'account'],
    ['ussd', 'ussd'],
    [
      'mobile_money',
      'mpesa,mobilemoneyghana,mobilemoneyrwanda,mobilemoneytanzania,mobilemoneyuganda,mobilemoneyzambia,mobilemoneyfranco',
    ],
    ['wallet', undefined],
  ])('that is for %s alone is asked for as %s', (method, options) => {
    expect(JSON.parse(sentCheckout({ method })).payment_options).toBe(options)
    expect(flutterwave.capabilities.methods.includes(method)).toBe(options !== undefined)
  })

  test.each([
    ['a second', '2026-11-02T08:14:01.000Z', 1],
    ['a minute to the millisecond', '2026-11-02T08:15:00.000Z', 1],
    ['a millisecond more', '2026-11-02T08:15:00.001Z', 2],
    ['a day', '2026-11-03T08:14:00.000Z', 1440],
    ['a week, of which a session lasts a day', '2026-11-09T08:14:00.000Z', 1440],
    ['no time at all', '2026-11-02T08:14:00.000Z', 1],
    ['less than that', '2026-11-01T08:14:00.000Z', 1],
  ])('lives in whole minutes: %s', (_what, expiresAt, minutes) => {
    const sent = JSON.parse(sentCheckout({ expiresAt: new Date(expiresAt) }))
    expect(sent.configurations.session_duration).toBe(minutes)
  })

  test.each([
    ['https://checkout-v2.dev-flutterwave.com/v3/hosted/pay/0f1e2d3c4b5a69788796', true],
    ['http://127.0.0.1:4010/pay/0f1e2d3c', true],
    ['http://checkout.flutterwave.com/v3/hosted/pay/x', false],
    ['javascript:alert(1)', false],
    ['/v3/hosted/pay/x', false],
    ['', false],
    [`https://checkout.flutterwave.com/${'a'.repeat(2000)}`, false],
    [null, false],
    [7, false],
    [undefined, false],
  ])('is handed out over TLS, or on the own machine: %s is %s', (link, isHandedOut) => {
    const opened = { kind: 'opened', checkoutUrl: link, checkoutId: undefined }
    expect(createCheckout(ok({ ...hosted, data: { link } })).result).toEqual(isHandedOut ? opened : UNRECOGNISED)
  })

  test.each([
    'Oops! Duplicate transaction reference. Please check and try again',
    'Duplicate tx_ref',
    'duplicate reference',
  ])('whose reference is refused as used is there already: %s', (message) => {
    expect(createCheckout(answered(400, problem(message))).result).toEqual({ kind: 'exists' })
  })
})

/** Currency, our minor units, the number that is sent and read. */
const AMOUNTS: [Currency, bigint, string][] = [
  ['NGN', 10_000n, '100'],
  ['NGN', 10_050n, '100.5'],
  ['NGN', 100_000_000_001n, '1000000000.01'],
  ['GHS', 115n, '1.15'],
  ['KES', 101n, '1.01'],
  ['UGX', 7_500n, '7500'],
  ['TZS', 250_000n, '2500'],
  ['RWF', 1n, '1'],
  ['ZMW', 199n, '1.99'],
  ['ZAR', 110n, '1.1'],
  ['MWK', 1_234_567n, '12345.67'],
  ['XAF', 500n, '500'],
  ['XOF', 99_999n, '99999'],
  ['GNF', 1_000_000n, '1000000'],
  ['EGP', 1_005n, '10.05'],
  ['MAD', 100n, '1'],
  ['USD', 29_999n, '299.99'],
  ['EUR', 435n, '4.35'],
  ['GBP', 820n, '8.2'],
  ['CAD', 101n, '1.01'],
  ['CLP', 4_990n, '4990'],
  ['COP', 1_990_000n, '19900'],
]

describe('an amount', () => {
  test.each(AMOUNTS)('of %s: %d of ours is %s of theirs, both ways', (currency, ours, theirs) => {
    expect(sentCheckout({ amount: ours, currency })).toContain(`"amount":${theirs},"currency":"${currency}"`)
    const number = Number(theirs)
    expect(confirmed({ currency, amount: number, charged_amount: number, app_fee: 0 })).toMatchObject({
      reported: { amount: ours, collected: ours, fee: 0n, currency },
    })
  })

  test('has a case for every currency that is taken, none of which has three decimals', () => {
    const { currencies } = flutterwave.capabilities
    expect(new Set(AMOUNTS.map(([currency]) => currency))).toEqual(new Set(Object.keys(currencies)))
  })

  test('is sent exactly up to the most that is taken', () => {
    for (const [currency, terms] of Object.entries(flutterwave.capabilities.currencies)) {
      for (const amount of [terms.minimum, terms.maximum, terms.maximum - 1n]) {
        const sent = JSON.parse(sentCheckout({ amount, currency })).amount
        expect(confirmed({ currency, amount: sent, charged_amount: sent })).toMatchObject({ reported: { amount } })
      }
    }
  })

  test.each(['KWD', 'BHD', 'JPY', 'ETB'] as const)(
    'of %s, which Flutterwave does not take, is never sent',
    (currency) => {
      expect(() => sentCheckout({ amount: 1_000n, currency })).toThrow(RangeError)
      const refund = { id: REFUND_ID, payment: { ...PAYMENT, currency }, amount: 1_000n, reason: undefined }
      expect(() => talk(flutterwave.createRefund(refund, CREDENTIALS))).toThrow(RangeError)
    },
  )

  test('that a number does not carry is never sent', () => {
    expect(() => sentCheckout({ amount: 9_007_199_254_740_991n })).toThrow(RangeError)
  })

  test.each(['KWD', 'SLL', 'STD', 'XXX'])('in %s is no amount of ours', (currency) => {
    expect(confirmed({ currency, amount: 1.234, charged_amount: 1.234 })).toMatchObject({
      reported: { amount: undefined, collected: undefined, fee: undefined, currency },
    })
  })

  test.each<[string, string, bigint | undefined]>([
    ['a whole number', '7500', 750_000n],
    ['one decimal', '7500.1', 750_010n],
    ['two decimals', '7500.15', 750_015n],
    ['a text', '"7500.15"', 750_015n],
    ['a text with a zero', '"7500.10"', 750_010n],
    ['zeros beyond the currency’s', '7500.1500', 750_015n],
    ['zero', '0', 0n],
    ['three decimals', '7500.155', undefined],
    ['a float’s shadow', '7500.1500000000001', undefined],
    ['a negative number', '-7500', undefined],
    ['a text with a sign', '"+7500"', undefined],
    ['a text with separators', '"7,500.00"', undefined],
    ['a text with blanks', '" 7500"', undefined],
    ['an empty text', '""', undefined],
    ['hexadecimal', '"0x10"', undefined],
    ['a text with an exponent', '"75e2"', undefined],
    ['a small number with an exponent', '75e-4', undefined],
    ['other digits', '"٧٥"', undefined],
    ['beyond 2^53 - 1', '90071992547409.93', undefined],
    ['beyond everything', '1e400', undefined],
    ['digits without end', `"${'9'.repeat(101)}"`, undefined],
  ])('that is %s is read exactly or not at all', (_what, written, amount) => {
    const body = JSON.stringify(verified({ amount: 'HERE', charged_amount: 'HERE' })).replaceAll('"HERE"', written)
    expect(confirm(ok(body), EMPTY).result).toMatchObject({ kind: 'found', reported: { amount, collected: amount } })
  })

  test.each(['XAF', 'XOF', 'RWF', 'UGX', 'GNF', 'CLP'])('of %s with a fraction is no amount of ours', (currency) => {
    expect(confirmed({ currency, amount: 500.5, charged_amount: '500.00' })).toMatchObject({
      reported: { amount: undefined, collected: 500n },
    })
  })

  test.each<[string, object, bigint | undefined, string[]]>([
    ['on the merchant', { charged_amount: 1500.5, app_fee: 21.01 }, 2101n, []],
    ['on the payer', { charged_amount: 1521.51, app_fee: 21.01 }, 2101n, []],
    ['on the payer, rounded down', { charged_amount: 1527.37, app_fee: 26.875 }, 2687n, []],
    ['on the payer, rounded up', { charged_amount: 1527.38, app_fee: 26.875 }, 2688n, []],
    ['on the merchant, finer than the currency', { charged_amount: 1500.5, app_fee: 26.875 }, 2688n, []],
    ['on the payer with something besides', { charged_amount: 1530, app_fee: 21.01 }, 2101n, ['collected_amount']],
    ['of which nothing is said', { charged_amount: 1521.51, app_fee: null }, undefined, ['collected_amount']],
    ['on the payer, who paid less', { charged_amount: 1479.49, app_fee: 21.01 }, 2101n, ['collected_amount']],
    ['where nobody says what was collected', { charged_amount: null }, undefined, ['collected_amount']],
  ])('is compared as it was asked, with the fee %s', (_what, changes, fee, differing) => {
    const confirmation = confirmed(changes)
    if (confirmation.kind !== 'found') throw new Error('it is found')
    expect(confirmation).toMatchObject({ reported: { amount: 150_050n, fee } })
    const asked = { reference: REFERENCE, amount: 150_050n, currency: 'NGN', mode: 'live' } as const
    expect(mismatches(asked, confirmation.reported)).toEqual(differing)
  })
})

describe('a confirmation', () => {
  test('asks by reference and then for every try, and says all that we compare and keep', () => {
    const { calls, result } = confirm(ok(verified()), ok(listed([ROW, FAILED_ROW])))
    expect(calls).toEqual([
      { method: 'GET', path: BY_REFERENCE, headers: GET_HEADERS },
      { method: 'GET', path: tries(1), headers: GET_HEADERS },
    ])
    expect(result).toEqual({
      kind: 'found',
      status: 'paid',
      reported: {
        reference: REFERENCE,
        amount: 150_050n,
        collected: 150_050n,
        fee: 2_101n,
        currency: 'NGN',
        mode: undefined,
        providerTransactionId: '640112233',
      },
      message: 'Approved',
    })
  })

  test('encodes the reference', () => {
    const conversation = flutterwave.confirm({ ...PAYMENT, reference: '../a&b=c#é' }, CREDENTIALS)
    expect(talk(conversation, NONE, EMPTY).calls.map(({ path }) => path)).toEqual([
      '/v3/transactions/verify_by_reference?tx_ref=..%2Fa%26b%3Dc%23%C3%A9',
      '/v3/transactions?tx_ref=..%2Fa%26b%3Dc%23%C3%A9&page=1',
    ])
  })

  test.each<[string, ReportedStatus]>([
    ['pending', 'processing'],
    ['success-pending-validation', 'processing'],
    ['pending auth', 'processing'],
    ['successful', 'paid'],
    ['failed', 'declined'],
    ['cancelled', 'declined'],
    // The envelope's, the redirect's and v4's.
    ['success', 'unrecognised'],
    ['completed', 'unrecognised'],
    ['succeeded', 'unrecognised'],
    // Spellings are exact, and no word is inherited from a prototype.
    ['Successful', 'unrecognised'],
    ['SUCCESSFUL', 'unrecognised'],
    ['successful ', 'unrecognised'],
    ['reversed', 'unrecognised'],
    ['', 'unrecognised'],
    ['constructor', 'unrecognised'],
    ['__proto__', 'unrecognised'],
    ['toString', 'unrecognised'],
  ])('with data.status "%s" reports %s', (word, status) => {
    expect(confirmed({ status: word })).toMatchObject({ kind: 'found', status })
  })

  const PENDING = { ...ROW, id: '640112210', status: 'pending', app_fee: null }
  const ODD = { ...ROW, id: '640112220', status: 'held' }
  const SECOND = { ...ROW, id: '640112299' }

  test.each<[string, ProviderAnswer, unknown[], ReportedStatus, string]>([
    ['a paid one hides another', ok(verified()), [SECOND, ROW], 'paid_twice', '640112233'],
    [
      'two are paid, whichever is told by reference',
      ok(verified({ id: 640_112_299 })),
      [ROW],
      'paid_twice',
      '640112233',
    ],
    ['two are paid, and none is told by reference', NONE, [SECOND, FAILED_ROW, ROW], 'paid_twice', '640112233'],
    ['one is paid and listed twice', ok(verified()), [ROW, ROW], 'paid', '640112233'],
    ['one is paid and not listed yet', ok(verified()), [], 'paid', '640112233'],
    ['one is paid and listed as it was', ok(verified()), [{ ...ROW, status: 'pending' }], 'paid', '640112233'],
    ['one is paid and others are not', ok(verified()), [ODD, PENDING, FAILED_ROW, ROW], 'paid', '640112233'],
    ['one is under way', ok(verified({ status: 'failed' })), [ODD, PENDING, FAILED_ROW], 'processing', '640112210'],
    [
      'one is under way by reference alone',
      ok(verified({ status: 'pending' })),
      [FAILED_ROW],
      'processing',
      '640112233',
    ],
    ['one has a status that nobody lists', NONE, [FAILED_ROW, ODD], 'unrecognised', '640112220'],
    [
      'all have failed: the newest tells',
      NONE,
      [FAILED_ROW, { ...FAILED_ROW, id: '640112201' }],
      'declined',
      '640112201',
    ],
    [
      'ids have more digits than a number',
      NONE,
      [{ ...FAILED_ROW, id: '18446744073709551615' }, FAILED_ROW],
      'declined',
      '18446744073709551615',
    ],
  ])('decides over all tries: %s', (_what, named, rows, status, id) => {
    expect(confirm(named, ok(listed(rows))).result).toMatchObject({
      kind: 'found',
      status,
      reported: { reference: REFERENCE, providerTransactionId: id },
    })
  })

  test.each([
    ['failed', ok(verified({ id: 640_112_200, status: 'failed' }))],
    ['pending', ok(verified({ id: 640_112_200, status: 'pending' }))],
    ['not found', NONE],
    ['a list of failed ones', ok({ ...verified(), data: [{ ...TRANSACTION, id: 640_112_200, status: 'failed' }] })],
  ])('settles a paid one that a try hides from the transaction itself: by reference it is %s', (_what, named) => {
    const { calls, result } = confirm(named, ok(listed([ROW])), ok(verified({ app_fee: 21.5 })))
    expect(calls.map(({ path }) => path)).toEqual([BY_REFERENCE, tries(1), BY_ID])
    expect(result).toMatchObject({ status: 'paid', reported: { fee: 2150n, providerTransactionId: '640112233' } })
  })

  test.each([
    ['is pending', ok(verified({ status: 'pending' }))],
    ['has failed', ok(verified({ status: 'failed' }))],
    ['is another', ok(verified({ id: 640_112_299 }))],
    ['is not found', NONE],
    ['has no answer of its form', ok({ ...verified(), data: null })],
  ])('does not believe a list whose paid transaction %s', (_what, settled) => {
    expect(confirm(NONE, ok(listed([ROW])), settled).result).toEqual(UNRECOGNISED)
  })

  test('finds a paid one in an array', () => {
    const several = [{ ...TRANSACTION, id: 640_112_200, status: 'failed' }, TRANSACTION]
    const { result } = confirm(ok({ ...verified(), data: several }), EMPTY)
    expect(result).toMatchObject({ status: 'paid', reported: { providerTransactionId: '640112233' } })
  })

  test('walks all pages', () => {
    const page = (number: number, rows: unknown[]) => ok(listed(rows, number, 3))
    const ten = Array.from({ length: 10 }, (_, index) => ({ ...FAILED_ROW, id: `6401121${10 + index}` }))
    const { calls, result } = confirm(NONE, page(1, ten), page(2, ten), page(3, [ROW]), ok(verified()))
    expect(calls.slice(1, 4).map(({ path }) => path)).toEqual([tries(1), tries(2), tries(3)])
    expect(result).toMatchObject({ status: 'paid' })
  })

  test('goes on after a full page where nobody says how many there are', () => {
    const ten = Array.from({ length: 10 }, (_, index) => ({ ...FAILED_ROW, id: `6401121${10 + index}` }))
    const { calls } = confirm(NONE, ok({ ...listed(ten), meta: undefined }), ok({ ...listed([]), meta: {} }))
    expect(calls.map(({ path }) => path)).toEqual([BY_REFERENCE, tries(1), tries(2)])
  })

  test('is not misled by a list that gives the same page again', () => {
    expect(confirm(NONE, ok(listed([FAILED_ROW], 1, 2)), ok(listed([FAILED_ROW], 1, 2))).result).toEqual(UNRECOGNISED)
  })

  test.each([
    ['another reference', { ...ROW, tx_ref: 'pb-other' }],
    ['a longer reference', { ...ROW, tx_ref: `${REFERENCE}0` }],
    ['the reference in capitals', { ...ROW, tx_ref: REFERENCE.toUpperCase() }],
  ])('takes nothing from a list under %s', (_what, row) => {
    expect(confirm(NONE, ok(listed([row]))).result).toEqual({ kind: 'not_found' })
    expect(confirm(ok(verified()), ok(listed([{ ...row, id: '640112299' }]))).result).toMatchObject({ status: 'paid' })
  })

  test('of another reference says so where nothing is ours: the verdict is not the plug-in’s', () => {
    const other = ok(verified({ tx_ref: 'pb-other' }))
    expect(confirm(other, EMPTY).result).toMatchObject({ status: 'paid', reported: { reference: 'pb-other' } })
    const ours = ok(listed([FAILED_ROW]))
    expect(confirm(other, ours).result).toMatchObject({ status: 'declined', reported: { reference: REFERENCE } })
  })

  test.each([400, 404, 200])('knows of nobody who paid where nothing is found, told with %d', (status) => {
    const none = answered(status, NOT_FOUND)
    expect(confirm(none, EMPTY).result).toEqual({ kind: 'not_found' })
    expect(confirm(none, none).result).toEqual({ kind: 'not_found' })
  })

  test('never gives away the token that charges the card again', () => {
    expect(
      JSON.stringify(confirmed({}), (_name, value) => (typeof value === 'bigint' ? `${value}` : value)),
    ).not.toContain('secret')
  })

  test.each(['5550001234', '9007199254740993', '18446744073709551615'])('keeps the id %s to the last digit', (id) => {
    const body = JSON.stringify(verified({ id: 'HERE' })).replace('"HERE"', id)
    expect(confirm(ok(body), EMPTY).result).toMatchObject({ reported: { providerTransactionId: id } })
  })

  test.each<[string, unknown, string | undefined]>([
    ['its words', 'Incorrect PIN', 'Incorrect PIN'],
    ['none', null, undefined],
    ['nothing of another type', { a: 1 }, undefined],
    ['no NUL, which Postgres refuses', 'a\0b', 'ab'],
    ['no half of a character', `${'a'.repeat(499)}💸`, `${'a'.repeat(499)}\ufffd`],
  ])('carries %s', (_what, words, message) => {
    expect(confirmed({ processor_response: words })).toHaveProperty('message', message)
  })

  test.each(['id', 'tx_ref', 'status', 'amount', 'currency'] as const)('without %s is no answer', (field) => {
    for (const value of [undefined, null, {}, [], true]) {
      const changes = { [field]: value }
      expect(confirm(ok(verified(changes))).result).toEqual(UNRECOGNISED)
      expect(confirm(ok({ ...verified(), data: [TRANSACTION, { ...TRANSACTION, ...changes }] })).result).toEqual(
        UNRECOGNISED,
      )
      expect(confirm(NONE, ok(listed([ROW, { ...ROW, ...changes }]))).result).toEqual(UNRECOGNISED)
    }
  })

  test.each<[string, object]>([
    ['an id that is no number', { id: 'FLW-7' }],
    ['an id that climbs out of its path', { id: '../../v3/balances' }],
    ['a negative id', { id: -1 }],
    ['a currency that is no code', { currency: 'NAIRA' }],
    ['a fee that is neither number nor text', { app_fee: [21.01] }],
    ['a collected amount that is neither', { charged_amount: true }],
  ])('with %s is no answer', (_what, changes) => {
    expect(confirm(ok(verified(changes))).result).toEqual(UNRECOGNISED)
    expect(confirm(NONE, ok(listed([{ ...ROW, ...changes }]))).result).toEqual(UNRECOGNISED)
  })

  test.each<[string, object]>([
    ['rows that are none', { data: ['640112233'] }],
    ['one row for many', { data: ROW }],
    ['no rows', { data: null }],
    ['pages that nobody can count', { meta: { page_info: { current_page: 1, total_pages: 'many' } } }],
    ['half of the pages', { meta: { page_info: { current_page: 1 } } }],
    ['a list for the pages', { meta: [] }],
  ])('from a list with %s is no answer', (_what, changes) => {
    expect(confirm(NONE, ok({ ...listed([ROW]), ...changes })).result).toEqual(UNRECOGNISED)
  })
})

describe('closing a page', () => {
  const DISABLED = ok({ status: 'success', message: 'Link disabled', data: null })
  const INACTIVE = answered(400, problem('This payment link is currently inactive'))

  test.each([
    ['is disabled', DISABLED],
    ['was disabled before', INACTIVE],
  ])('closes one that %s and under which nobody is paying', (_what, answer) => {
    const { calls, result } = closeCheckout(answer, ok(listed([FAILED_ROW])))
    expect(calls).toEqual([
      {
        method: 'POST',
        path: '/v3/payments/link/disable',
        headers: POST_HEADERS,
        body: JSON.stringify({ link: LINK }),
      },
      { method: 'GET', path: tries(1), headers: GET_HEADERS },
    ])
    expect(result).toEqual({ kind: 'closed' })
  })

  test.each(['successful', 'pending', 'success-pending-validation', 'pending auth', 'held'])(
    'comes too late for a try that is %s',
    (status) => {
      for (const answer of [DISABLED, INACTIVE]) {
        expect(closeCheckout(answer, ok(listed([FAILED_ROW, { ...ROW, status }]))).result).toEqual({ kind: 'too_late' })
      }
    },
  )

  test('needs no call for a page whose address never came, and so was never handed out', () => {
    const conversation = flutterwave.closeCheckout?.({ ...PAYMENT, checkoutUrl: undefined }, CREDENTIALS)
    expect(conversation?.next()).toEqual({ done: true, value: { kind: 'closed' } })
  })

  test('that is refused leaves the page open', () => {
    expect(closeCheckout(answered(400, problem('link is required'))).result).toMatchObject({ kind: 'refused' })
  })

  test('is not said to be done where nobody knows of the tries', () => {
    expect(closeCheckout(DISABLED, answered(429, problem('Slow down'))).result).toMatchObject({
      reason: 'rate_limited',
    })
    expect(closeCheckout(DISABLED, ok({})).result).toEqual(UNRECOGNISED)
  })
})

describe('credentials', () => {
  test.each([
    ['FLWSECK_TEST-4c81f0a7d29be653-X', 'test', 'FLWSECK_TEST-…53-X'],
    ['FLWSECK-9b04e7d1c38fa265-19c2vt-X', 'live', 'FLWSECK-…vt-X'],
  ])('of the form %s are for %s and shown as %s', (key, mode, mask) => {
    const credentials = { secret_key: key, webhook_hash: 'a' }
    expect(flutterwave.parseCredentials(credentials)).toEqual({ ok: true, credentials, mode, mask })
  })

  const { secret_key: KEY, webhook_hash: HASH } = CREDENTIALS

  test.each<[string, Record<string, unknown>, string]>([
    ['the public key', { secret_key: 'FLWPUBK_TEST-4c81f0a7d29be653-X' }, 'secret_key'],
    ['the encryption key', { secret_key: 'FLWSECK_TEST4c81f0a7d29b' }, 'secret_key'],
    ['a key in small letters', { secret_key: KEY.toLowerCase() }, 'secret_key'],
    ['a key cut short', { secret_key: 'FLWSECK_TEST-4c81f0a7d29be653' }, 'secret_key'],
    ['a key without end', { secret_key: `FLWSECK-${'a'.repeat(121)}-X` }, 'secret_key'],
    ['a key with a blank', { secret_key: `${KEY} ` }, 'secret_key'],
    ['a key with a line break', { secret_key: `${KEY}\n` }, 'secret_key'],
    ['another header smuggled in', { secret_key: `${KEY}\r\nx-evil: 1` }, 'secret_key'],
    ['no key', { secret_key: undefined }, 'secret_key'],
    ['a list of one key', { secret_key: [KEY] }, 'secret_key'],
    ['no hash', { webhook_hash: undefined }, 'webhook_hash'],
    ['an empty hash', { webhook_hash: '' }, 'webhook_hash'],
    ['a hash without end', { webhook_hash: 'a'.repeat(201) }, 'webhook_hash'],
    ['a hash with blanks around', { webhook_hash: ` ${HASH}` }, 'webhook_hash'],
    ['a hash of blanks', { webhook_hash: '   ' }, 'webhook_hash'],
    ['a hash with a line break', { webhook_hash: 'a\nb' }, 'webhook_hash'],
    ['a hash beyond what a header carries', { webhook_hash: 'dùndún' }, 'webhook_hash'],
    ['null for a hash', { webhook_hash: null }, 'webhook_hash'],
    ['a field besides', { public_key: 'FLWPUBK_TEST-4c81f0a7d29be653-X' }, 'public_key'],
  ])('are refused with the field that is wrong: %s', (_what, changes, field) => {
    expect(flutterwave.parseCredentials({ ...CREDENTIALS, ...changes })).toMatchObject({ ok: false, field })
  })

  test('with a hash of 200 characters are taken', () => {
    expect(flutterwave.parseCredentials({ ...CREDENTIALS, webhook_hash: 'a'.repeat(200) })).toMatchObject({ ok: true })
  })

  test('that are a public key are told so', () => {
    const parsed = flutterwave.parseCredentials({ ...CREDENTIALS, secret_key: 'FLWPUBK-9b04e7d1c38fa265-X' })
    expect(parsed.ok ? '' : parsed.message).toContain('FLWPUBK')
  })

  const check = (answer: ProviderAnswer) => talk(flutterwave.checkCredentials(CREDENTIALS), answer)

  test('are checked by reading the balances', () => {
    const { calls, result } = check(ok(BALANCES))
    expect(calls).toEqual([{ method: 'GET', path: '/v3/balances', headers: GET_HEADERS }])
    expect(result).toEqual({ kind: 'valid' })
  })

  test.each<[number, string]>([
    [401, 'Invalid authorization key'],
    [401, 'Authorization required'],
    [400, 'merchant secret key required'],
  ])('are invalid in the words of the provider: %d %s', (status, message) => {
    expect(check(answered(status, problem(message))).result).toEqual({ kind: 'invalid', message })
  })

  test.each<[string, number, unknown]>([
    ['too many calls', 429, problem('Too many requests')],
    ['another refusal', 400, problem('Something is missing')],
    ['403', 403, problem('Forbidden')],
    ['a redirect', 302, BALANCES],
    ['success with 401', 401, BALANCES],
  ])('are neither after %s', (_what, status, body) => {
    expect(check(answered(status, body)).result).toEqual(UNRECOGNISED)
  })

  test('that are missing are never sent', () => {
    for (const credentials of [{}, { secret_key: '' }]) {
      expect(() => flutterwave.createCheckout(REQUEST, credentials).next()).toThrow(TypeError)
      expect(() => flutterwave.confirm(PAYMENT, credentials).next()).toThrow(TypeError)
      expect(() => flutterwave.createRefund(REFUND, credentials).next()).toThrow(TypeError)
    }
  })
})

const refused = (reason: string, message: string) => ({ kind: 'refused', reason, message })

/** What every errand makes of an answer that is none of its own. */
const ANSWERS: [string, number, unknown, object][] = [
  ['bad input', 400, problem('email is required'), refused('request_refused', 'email is required')],
  ['200 with an error', 200, problem('email is required'), refused('request_refused', 'email is required')],
  ['an account fault', 400, problem('Merchant not approved'), refused('request_refused', 'Merchant not approved')],
  ['a currency', 400, problem('Currency not enabled'), refused('currency_not_supported', 'Currency not enabled')],
  [
    'a wrong key',
    401,
    problem('Invalid authorization key'),
    refused('credentials_refused', 'Invalid authorization key'),
  ],
  ['a wrong key without words', 401, {}, refused('credentials_refused', '')],
  ['no access', 403, problem('Not for you'), refused('request_refused', 'Not for you')],
  ['an unknown path', 404, problem('Route not found'), refused('request_refused', 'Route not found')],
  ['a limit', 429, problem('Slow down'), refused('rate_limited', 'Slow down')],
  ['a limit without an envelope', 429, { message: 'Slow down' }, refused('rate_limited', 'Slow down')],
  ['a limit that is no object', 429, '"Slow down"', refused('rate_limited', '')],
  ['an empty text for data', 400, problem('Not now', ''), refused('request_refused', 'Not now')],
  ['words of another type', 400, problem('', ['x']), refused('request_refused', '')],
  ['NUL in the words', 400, problem('a\0b'), refused('request_refused', 'ab')],
  ['words without end', 400, problem('a'.repeat(900)), refused('request_refused', 'a'.repeat(500))],
  ['400 without an envelope', 400, { message: 'no' }, UNRECOGNISED],
  ['403 without an envelope', 403, { code: 'blocked' }, UNRECOGNISED],
  ['400 with success', 400, verified(), UNRECOGNISED],
  ['201 with success', 201, verified(), UNRECOGNISED],
  ['204 with an error', 204, problem('no'), UNRECOGNISED],
  ['a redirect', 302, problem('no'), UNRECOGNISED],
  ['success without data', 200, { status: 'success', message: 'ok' }, UNRECOGNISED],
  ['success with null', 200, { status: 'success', message: 'ok', data: null }, UNRECOGNISED],
  ['success with a text', 200, { status: 'success', message: 'ok', data: 'done' }, UNRECOGNISED],
  ['success with a number', 200, { status: 'success', message: 'ok', data: 7 }, UNRECOGNISED],
  ['success with an empty object', 200, { status: 'success', message: 'ok', data: {} }, UNRECOGNISED],
  ['success in capitals', 200, { ...verified(), status: 'SUCCESS' }, UNRECOGNISED],
  ['a status that is true', 200, { ...verified(), status: true }, UNRECOGNISED],
  ['a status of a prototype', 200, '{"__proto__":{"status":"success"},"data":{}}', UNRECOGNISED],
  ['an empty object', 200, {}, UNRECOGNISED],
  ['a list', 200, [verified()], UNRECOGNISED],
  ['a text', 200, '"success"', UNRECOGNISED],
  ['a number', 200, 7, UNRECOGNISED],
  ['null', 200, null, UNRECOGNISED],
]

describe('an answer', () => {
  test.each(ANSWERS)('that is %s is the same to every errand', (_what, status, body, outcome) => {
    const answer = answered(status, body)
    expect(createCheckout(answer).result).toEqual(outcome)
    expect(confirm(answer).result).toEqual(outcome)
    expect(confirm(NONE, answer).result).toEqual(outcome)
    expect(createRefund(answer).result).toEqual(outcome)
    expect(readRefunds(answer).result).toEqual(outcome)
    expect(listPayments(undefined, answer).result).toEqual(outcome)
    expect(listRefunds(undefined, answer).result).toEqual(outcome)
  })
})

test('every currency that is taken is one of ours, from one major unit on', () => {
  for (const [currency, terms] of Object.entries(flutterwave.capabilities.currencies)) {
    expect(isCurrency(currency)).toBe(true)
    expect([1n, 100n]).toContain(terms.minimum)
    expect(terms.maximum).toBe(terms.minimum * 1_000_000_000n)
  }
})
