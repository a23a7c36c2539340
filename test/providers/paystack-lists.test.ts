/** Paystack's refunds and its lists: what is asked, page by page, and what a row says to us. */

import { describe, expect, test } from 'vitest'
import { parseId } from '../../src/domain/ids.ts'
import { AMOUNT_MAX } from '../../src/domain/money.ts'
import type { RefundReport } from '../../src/domain/refund.ts'
import type { ReportedStatus } from '../../src/domain/verdict.ts'
import type { PaidPayment, ProviderAnswer, RefundRequest } from '../../src/providers/contract.ts'
import { PROVIDERS } from '../../src/providers/registry.ts'
import { answered, converseWith, firstCall, outcomeOf } from '../support/conversation.ts'
import {
  problem,
  REFERENCE,
  REFUND_ROW,
  refundMade,
  refundPage,
  shortProblem,
  TRANSACTION_ROW,
  transactionPage,
} from './paystack-fixtures.ts'

const { paystack } = PROVIDERS
const CREDENTIALS = { secret_key: 'sk_test_8f2b6d0a4c1e9753' }
const HEADERS = { authorization: `Bearer ${CREDENTIALS.secret_key}`, accept: 'application/json' }
const UNRECOGNISED = { kind: 'unknown', cause: 'answer_unrecognised' }
const WITHOUT_KEY = [{}, { secret_key: '' }]

const PAYMENT: PaidPayment = {
  reference: REFERENCE,
  amount: 150_000n,
  currency: 'NGN',
  checkoutId: undefined,
  checkoutUrl: 'https://checkout.paystack.com/q8w2e5r1t9y3u7i',
  providerTransactionId: '5550001234',
  createdAt: new Date('2026-11-02T08:14:00.000Z'),
  expiresAt: new Date('2026-11-03T08:14:00.000Z'),
}

const ID = parseId('ref', 'ref_01kb3s7m5qzr4w8x2y6v9t0nhc')
if (ID === undefined) throw new Error('the id of the fixture is none')

const REFUND: RefundRequest = {
  id: ID,
  payment: PAYMENT,
  amount: 45_000n,
  reason: 'Size was wrong',
}

const TOLD = {
  providerRefundId: '61002003',
  refundId: 'ref_01kb3s7m5qzr4w8x2y6v9t0nhc',
  amount: 45_000n,
  status: 'pending',
  message: undefined,
  createdAt: new Date('2026-11-02T09:21:17.122Z'),
}

/** What Paystack says where it does nothing, and what we make of it, whatever was asked. */
const NOTHING_DONE: [what: string, status: number, body: unknown, outcome: object][] = [
  [
    'a sum that is more than was paid',
    400,
    problem('Total refund amount cannot exceed original transaction amount', 'validation_error', 'invalid_params'),
    { kind: 'refused', reason: 'request_refused' },
  ],
  [
    'a payment that has gone back already',
    400,
    problem('Transaction has been fully reversed', 'api_error', 'transaction_reversed'),
    { kind: 'refused', reason: 'request_refused' },
  ],
  [
    'another currency',
    400,
    shortProblem('Transaction currency must match refund currency'),
    { kind: 'refused', reason: 'currency_not_supported' },
  ],
  ['a wrong key', 401, shortProblem('Invalid key'), { kind: 'refused', reason: 'credentials_refused' }],
  [
    'too many calls',
    429,
    problem('Rate limit exceeded!', 'api_error', 'rate_limited'),
    { kind: 'refused', reason: 'rate_limited' },
  ],
  ['200 with status false', 200, shortProblem('An error occurred'), UNRECOGNISED],
  ['no data', 200, { status: true, message: 'Fine' }, UNRECOGNISED],
  ['a text for data', 200, { status: true, message: 'Fine', data: 'queued' }, UNRECOGNISED],
  ['two stories', 400, refundMade(), UNRECOGNISED],
]

describe('to make a refund', () => {
  const refund = (changes: Partial<RefundRequest> = {}) => paystack.createRefund({ ...REFUND, ...changes }, CREDENTIALS)
  const ofRefund = (answer: ProviderAnswer) => outcomeOf(refund(), answer)

  test('names the payment and the amount, and carries our id in the merchant’s note', () => {
    const { body, ...call } = firstCall(refund())
    expect(call).toEqual({
      method: 'POST',
      path: '/refund',
      headers: { ...HEADERS, 'content-type': 'application/json' },
    })
    expect(JSON.parse(body ?? '')).toEqual({
      transaction: REFERENCE,
      amount: 45_000,
      currency: 'NGN',
      customer_note: 'Size was wrong',
      merchant_note: 'refund:ref_01kb3s7m5qzr4w8x2y6v9t0nhc',
    })
  })

  test('sends the amount also where all of it goes back, in Paystack’s unit', () => {
    const payment = { ...PAYMENT, amount: 500n, currency: 'XOF' } as const
    const { body } = firstCall(refund({ payment, amount: 500n, reason: undefined }))
    expect(JSON.parse(body ?? '')).toMatchObject({ amount: 50_000, currency: 'XOF' })
    expect(body).not.toContain('customer_note')
  })

  test('sends nothing that would mean another sum', () => {
    const payment = { ...PAYMENT, currency: 'XOF' } as const
    expect(() => firstCall(refund({ payment, amount: AMOUNT_MAX }))).toThrow(RangeError)
    expect(() => firstCall(refund({ payment: { ...PAYMENT, currency: 'KWD' } }))).toThrow(RangeError)
  })

  test('is told of the refund that was made', () => {
    expect(ofRefund(answered(200, refundMade()))).toEqual({ kind: 'made', refund: TOLD })
  })

  test.each<[string, RefundReport]>([
    ['pending', 'pending'],
    ['processing', 'pending'],
    ['needs-attention', 'requires_action'],
    ['processed', 'succeeded'],
    ['failed', 'failed'],
    // Spellings are exact, and no word is inherited from a prototype.
    ['needs_attention', 'unrecognised'],
    ['Processed', 'unrecognised'],
    ['reversed', 'unrecognised'],
    ['', 'unrecognised'],
    ['constructor', 'unrecognised'],
  ])('and of its state: "%s" is %s', (status, report) => {
    expect(ofRefund(answered(200, refundMade({ status })))).toMatchObject({ refund: { status: report } })
  })

  test.each(['id', 'amount', 'currency', 'status'])('is told nothing by an answer without %s', (field) => {
    for (const value of [undefined, null, {}]) {
      expect(ofRefund(answered(200, refundMade({ [field]: value })))).toEqual(UNRECOGNISED)
    }
  })

  test.each(NOTHING_DONE)('after %s (%i)', (_what, status, body, outcome) => {
    expect(ofRefund(answered(status, body))).toMatchObject(outcome)
  })

  test.each(WITHOUT_KEY)('is never asked without a key: %j', (credentials) => {
    expect(() => firstCall(paystack.createRefund(REFUND, credentials))).toThrow(TypeError)
  })
})

describe('to read the refunds of a payment', () => {
  const refunds = () => paystack.readRefunds(PAYMENT, [], CREDENTIALS)
  const page = (rows: object[], meta: unknown = { total: rows.length, skipped: 0 }) =>
    answered(200, refundPage(rows, meta))
  const rows = (count: number) => Array.from({ length: count }, (_, index) => ({ ...REFUND_ROW, id: 1_000 + index }))
  const ofRow = (changes: object) => {
    const list = outcomeOf(refunds(), page([{ ...REFUND_ROW, ...changes }]))
    if (list.kind !== 'listed') throw new Error('the list was not read')
    return list.refunds
  }

  test('asks by the number of the transaction', () => {
    expect(firstCall(refunds())).toEqual({
      method: 'GET',
      path: '/refund?transaction=5550001234&perPage=100&page=1',
      headers: HEADERS,
    })
  })

  test('is told of each, and that there is no other', () => {
    const dashboard = { ...REFUND_ROW, id: 61_002_004, merchant_note: 'By owner@shop.test', reason: 'Duplicate' }
    expect(outcomeOf(refunds(), page([dashboard, REFUND_ROW]))).toEqual({
      kind: 'listed',
      refunds: [{ ...TOLD, providerRefundId: '61002004', refundId: undefined, message: 'Duplicate' }, TOLD],
      isComplete: true,
    })
  })

  test('is told where there is none', () => {
    expect(outcomeOf(refunds(), page([]))).toEqual({ kind: 'listed', refunds: [], isComplete: true })
  })

  test.each<[string, unknown, string | undefined]>([
    ['our note', 'refund:ref_01kb3s7m5qzr4w8x2y6v9t0nhc', 'ref_01kb3s7m5qzr4w8x2y6v9t0nhc'],
    ['our note among other words', 'Ada: refund:ref_01kb3s7m, please', 'ref_01kb3s7m'],
    ['a note of another kind', 'refund for ref_01kb3s7m', undefined],
    ['our note in another word', 'norefund:ref_01kb3s7m', undefined],
    ['an empty note', '', undefined],
    ['null', null, undefined],
    ['a number', 7, undefined],
  ])('knows ours by %s', (_what, merchant_note, refundId) => {
    expect(ofRow({ merchant_note })).toMatchObject([{ refundId }])
  })

  test.each<[string, object, bigint | undefined]>([
    ['a text of digits', { amount: '45000' }, 45_000n],
    ['hundredths of XOF', { amount: 50_000, currency: 'XOF' }, 500n],
    ['a remainder of XOF', { amount: 50_001, currency: 'XOF' }, undefined],
    ['a fraction', { amount: '450.5' }, undefined],
    ['a currency that is not taken', { currency: 'EUR' }, undefined],
  ])('reads the amount exactly or not at all: %s', (_what, changes, amount) => {
    expect(ofRow(changes)).toMatchObject([{ amount }])
  })

  test('reads the time in either spelling, or none', () => {
    const { createdAt, ...row } = REFUND_ROW
    const list = (changes: object) => outcomeOf(refunds(), page([{ ...row, ...changes }]))
    expect(list({ created_at: createdAt })).toMatchObject({ refunds: [{ createdAt: new Date(createdAt) }] })
    expect(list({ createdAt: 'yesterday' })).toMatchObject({ refunds: [{ createdAt: undefined }] })
  })

  test('goes on to the last page, and asks no more than it must', () => {
    const { calls, outcome } = converseWith(refunds(), [
      page(rows(100), { total: 201, skipped: 0, page: 1, pageCount: 3 }),
      page(rows(100), { total: 201, skipped: 100, page: 2, pageCount: 3 }),
      page(rows(1), { total: 201, skipped: 200, page: 3, pageCount: 3 }),
    ])
    expect(calls.map(({ path }) => new URLSearchParams(path.split('?')[1]).get('page'))).toEqual(['1', '2', '3'])
    expect(outcome).toMatchObject({ kind: 'listed', refunds: { length: 201 }, isComplete: true })
  })

  test('goes on after a page that is not full while there are more in all', () => {
    const outcome = outcomeOf(
      refunds(),
      page(rows(50), { total: 60, skipped: 0 }),
      page(rows(10), { total: 60, skipped: 50 }),
    )
    expect(outcome).toMatchObject({ kind: 'listed', refunds: { length: 60 } })
  })

  test.each([null, {}, { total: null }, { total: '1', skipped: 0 }, { total: 1 }, { total: 1, skipped: null }])(
    'goes on to an empty page where it is not told how many there are and came before: %j',
    (meta) => {
      const outcome = outcomeOf(refunds(), page(rows(1), meta), page([], meta))
      expect(outcome).toMatchObject({ kind: 'listed', refunds: { length: 1 }, isComplete: true })
    },
  )

  test('takes no other payment’s refund for one of this, should the filter let it through', () => {
    const others = [{ ...REFUND_ROW, transaction: 5_550_009_999 }, REFUND_ROW]
    expect(outcomeOf(refunds(), page(others))).toEqual({ kind: 'listed', refunds: [TOLD], isComplete: true })
  })

  test('knows nothing where a page is missing, and nothing of any where one can’t be read', () => {
    const full = page(rows(100), { total: 101, skipped: 0 })
    expect(outcomeOf(refunds(), full, answered(429, shortProblem('Slow down')))).toMatchObject({ kind: 'refused' })
    expect(outcomeOf(refunds(), full, answered(200, shortProblem('No')))).toEqual(UNRECOGNISED)
    expect(outcomeOf(refunds(), page([{ ...REFUND_ROW, id: null }, REFUND_ROW]))).toEqual(UNRECOGNISED)
  })

  test.each(NOTHING_DONE)('after %s (%i)', (_what, status, body, outcome) => {
    expect(outcomeOf(refunds(), answered(status, body))).toMatchObject(outcome)
  })

  test.each(WITHOUT_KEY)('is never asked without a key: %j', (credentials) => {
    expect(() => firstCall(paystack.readRefunds(PAYMENT, [], credentials))).toThrow(TypeError)
  })
})

const RANGE = { from: new Date('2026-11-01T00:00:00.000Z'), to: new Date('2026-11-02T00:00:00.000Z') }

/** `listRefunds` is one of those that a provider may lack. */
function listRefunds(cursor?: string, credentials: Record<string, string> = CREDENTIALS) {
  const conversation = paystack.listRefunds?.(RANGE, cursor, credentials)
  if (conversation === undefined) throw new Error('it lists refunds')
  return conversation
}

describe('to list refunds', () => {
  const page = (rows: object[], meta: unknown = { total: rows.length, skipped: 0 }) =>
    answered(200, refundPage(rows, meta))

  test('asks for the first page of those that were made between the two times', () => {
    expect(firstCall(listRefunds())).toEqual({
      method: 'GET',
      path: '/refund?from=2026-11-01T00%3A00%3A00.000Z&to=2026-11-02T00%3A00%3A00.000Z&perPage=100&page=1',
      headers: HEADERS,
    })
  })

  test('is told of each, and of which payment it is', () => {
    const dashboard = { ...REFUND_ROW, id: 61_002_004, merchant_note: 'By owner@shop.test', status: 'failed' }
    expect(outcomeOf(listRefunds(), page([dashboard, REFUND_ROW]))).toEqual({
      kind: 'page',
      refunds: [
        {
          ...TOLD,
          providerTransactionId: '5550001234',
          providerRefundId: '61002004',
          refundId: undefined,
          status: 'failed',
        },
        { ...TOLD, providerTransactionId: '5550001234' },
      ],
      next: undefined,
    })
  })

  test('passes over a row that does not say of which payment it is, and reads the others', () => {
    const { transaction: _, ...nobodys } = REFUND_ROW
    for (const row of [nobodys, { ...nobodys, transaction: null }, { ...nobodys, transaction: {} }]) {
      expect(outcomeOf(listRefunds(), page([row, REFUND_ROW]))).toMatchObject({
        refunds: [{ providerTransactionId: '5550001234' }],
        next: undefined,
      })
    }
  })

  test.each<[string, number, unknown, string | undefined]>([
    ['a full page of more', 100, { total: 101, skipped: 0 }, '3'],
    ['a page that is not full, and more in all', 50, { total: 160, skipped: 50 }, '3'],
    ['the last rows', 1, { total: 101, skipped: 100 }, undefined],
    ['no rows', 0, { total: 201, skipped: 100 }, undefined],
    ['rows, and nothing about how many there are', 1, null, '3'],
    ['rows, and nothing about how many came before', 1, { total: 1 }, '3'],
  ])('on the second page, after %s, the list goes on or ends', (_what, count, meta, next) => {
    const rows = Array.from({ length: count }, (_row, index) => ({ ...REFUND_ROW, id: 1_000 + index }))
    const { calls, outcome } = converseWith(listRefunds('2'), [page(rows, meta)])
    expect(calls[0]?.path).toMatch(/&page=2$/)
    expect(outcome).toMatchObject({ kind: 'page', refunds: { length: count } })
    expect(outcome).toHaveProperty('next', next)
  })

  test.each(['id', 'status', 'amount', 'currency'])('is told nothing where a row has no %s', (field) => {
    expect(outcomeOf(listRefunds(), page([REFUND_ROW, { ...REFUND_ROW, [field]: null }]))).toEqual(UNRECOGNISED)
  })

  test.each(NOTHING_DONE)('after %s (%i)', (_what, status, body, outcome) => {
    expect(outcomeOf(listRefunds(), answered(status, body))).toMatchObject(outcome)
  })

  test.each(WITHOUT_KEY)('is never asked without a key: %j', (credentials) => {
    expect(() => firstCall(listRefunds(undefined, credentials))).toThrow(TypeError)
  })
})

describe('to list payments', () => {
  const payments = (cursor?: string) => paystack.listPayments(RANGE, cursor, CREDENTIALS)
  const page = (rows: object[], meta: unknown = { next: null, previous: null, perPage: 100 }) =>
    answered(200, transactionPage(rows, meta))

  test('asks for the first page between the two times, by cursors', () => {
    expect(firstCall(payments())).toEqual({
      method: 'GET',
      path: '/transaction?from=2026-11-01T00%3A00%3A00.000Z&to=2026-11-02T00%3A00%3A00.000Z&perPage=100&use_cursor=true',
      headers: HEADERS,
    })
  })

  test('asks for the next page with the cursor of the one before', () => {
    const first = outcomeOf(payments(), page([TRANSACTION_ROW], { next: 'dW5kZWZpbmVkOjc+/w==', previous: null }))
    expect(first).toMatchObject({ kind: 'page', next: 'dW5kZWZpbmVkOjc+/w==' })
    const { path } = firstCall(payments('dW5kZWZpbmVkOjc+/w=='))
    const query = new URLSearchParams(path.split('?')[1])
    expect(query.get('next')).toBe('dW5kZWZpbmVkOjc+/w==')
    expect(query.get('from')).toBe('2026-11-01T00:00:00.000Z')
  })

  test('is told of each payment', () => {
    expect(outcomeOf(payments(), page([TRANSACTION_ROW]))).toEqual({
      kind: 'page',
      payments: [
        {
          reference: REFERENCE,
          providerTransactionId: '5550001234',
          status: 'paid',
          amount: 150_000n,
          currency: 'NGN',
          isRefunded: false,
        },
      ],
      next: undefined,
    })
  })

  test.each<[string, object, object]>([
    ['a charge that was made elsewhere', { reference: '714/400 x' }, { reference: '714/400 x' }],
    ['one that a part went back of', { status: 'reversal-pending' }, { status: 'reversed', isRefunded: true }],
    ['one whose fee the payer bore', { amount: 152_250, requested_amount: 150_000 }, { amount: 150_000n }],
    ['an old one', { requested_amount: undefined }, { amount: 150_000n }],
    ['one of a currency of no interest', { currency: 'EUR' }, { amount: undefined, currency: 'EUR' }],
    ['one in lower case', { currency: 'ngn' }, { amount: undefined, currency: 'NGN' }],
    ['one in a state that nobody lists', { status: 'send_otp' }, { status: 'unrecognised' satisfies ReportedStatus }],
  ])('reads %s', (_what, changes, payment) => {
    expect(outcomeOf(payments(), page([{ ...TRANSACTION_ROW, ...changes }]))).toMatchObject({ payments: [payment] })
  })

  test.each([
    ['null', { next: null }],
    ['absent', { perPage: 100 }],
  ])('is over where the next cursor is %s', (_what, meta) => {
    expect(outcomeOf(payments(), page([TRANSACTION_ROW], meta))).toMatchObject({ kind: 'page', next: undefined })
  })

  test('is over at an empty page, whatever cursor comes with it', () => {
    expect(outcomeOf(payments(), page([], { next: 'dW5kZWZpbmVkOjc=' }))).toEqual({
      kind: 'page',
      payments: [],
      next: undefined,
    })
  })

  test.each<[string, ProviderAnswer]>([
    ['meta is missing', page([TRANSACTION_ROW], null)],
    ['the cursor is a number', page([TRANSACTION_ROW], { next: 7 })],
    ['a row has no id', page([{ ...TRANSACTION_ROW, id: null }])],
  ])('is told nothing where %s', (_what, answer) => {
    expect(outcomeOf(payments(), answer)).toEqual(UNRECOGNISED)
  })

  test.each(NOTHING_DONE)('after %s (%i)', (_what, status, body, outcome) => {
    expect(outcomeOf(payments(), answered(status, body))).toMatchObject(outcome)
  })

  test.each(WITHOUT_KEY)('is never asked without a key: %j', (credentials) => {
    expect(() => firstCall(paystack.listPayments(RANGE, undefined, credentials))).toThrow(TypeError)
  })
})
