/** Flutterwave's refunds, and its own lists of refunds and of payments: what is asked, and what is made of every answer. */

import { describe, expect, test } from 'vitest'
import type { RefundReport } from '../../src/domain/refund.ts'
import { flutterwave } from '../../src/providers/flutterwave/index.ts'
import {
  answered,
  createRefund,
  FAILED_ROW,
  GET_HEADERS,
  listed,
  listPayments,
  listRefunds,
  NONE,
  ok,
  PAYMENT,
  POST_HEADERS,
  problem,
  REFERENCE,
  REFUND_ID,
  REFUND_MADE,
  REFUND_ROW,
  ROW,
  readRefunds,
  UNRECOGNISED,
} from './flutterwave-fixtures.ts'

describe('a refund', () => {
  const made = { status: 'success', message: 'Transaction refund initiated', data: REFUND_MADE }

  test('is asked for of the transaction’s number, with its amount and our id', () => {
    const { calls, result } = createRefund(ok(made))
    expect(calls).toEqual([
      {
        method: 'POST',
        path: '/v3/transactions/640112233/refund',
        headers: POST_HEADERS,
        body: `{"amount":500.25,"comments":"${REFUND_ID}"}`,
      },
    ])
    expect(result).toEqual({
      kind: 'made',
      refund: {
        providerRefundId: '91204',
        refundId: undefined,
        amount: 50_025n,
        status: 'pending',
        message: undefined,
        createdAt: new Date('2026-11-03T10:00:00.250Z'),
      },
    })
  })

  test('cannot leave the path of its transaction', () => {
    const payment = { ...PAYMENT, providerTransactionId: '../../x?y#z' }
    expect(createRefund(ok(made), { payment }).calls[0]?.path).toBe('/v3/transactions/..%2F..%2Fx%3Fy%23z/refund')
  })

  test('has the least that Flutterwave names', () => {
    const { NGN, KES, GHS } = flutterwave.capabilities.currencies
    expect([NGN, KES, GHS].map((terms) => terms?.refundMinimum)).toEqual([10_000n, 1_000n, 1n])
  })

  test.each<[string, number, object, string]>([
    ['below the least', 400, problem('Amount should be above NGN100'), 'Amount should be above NGN100'],
    [
      'of what is not ours, in the words of data',
      400,
      problem('Some error occured', 'Error: no such transaction of yours'),
      'Error: no such transaction of yours',
    ],
    ['with 200', 200, problem('Insufficient balance'), 'Insufficient balance'],
    ['with an object for data', 400, problem('Not now', { code: 'R1', message: 'x' }), 'Not now'],
  ])('that is refused %s was not made', (_what, status, body, message) => {
    expect(createRefund(answered(status, body)).result).toEqual({ kind: 'refused', reason: 'request_refused', message })
  })

  test('is found again in the list by our id', () => {
    const rows = [REFUND_ROW, { ...REFUND_ROW, id: 91_100, comment: 'by hand', amount_refunded: 100 }]
    const { calls, result } = readRefunds(ok(listed(rows)))
    expect(calls).toEqual([{ method: 'GET', path: '/v3/refunds?id=640112233&page=1', headers: GET_HEADERS }])
    expect(result).toEqual({
      kind: 'listed',
      isComplete: true,
      refunds: [
        {
          providerRefundId: '91204',
          refundId: REFUND_ID,
          amount: 50_025n,
          status: 'succeeded',
          message: undefined,
          createdAt: new Date('2026-11-03T10:00:00.000Z'),
        },
        expect.objectContaining({ providerRefundId: '91100', refundId: undefined, amount: 10_000n }),
      ],
    })
  })

  test.each<[string, unknown, string | undefined]>([
    ['alone', REFUND_ID, REFUND_ID],
    ['among other words', `Refund ${REFUND_ID}, shop`, REFUND_ID],
    ['cut short', REFUND_ID.slice(0, -1), undefined],
    ['with more to it', `${REFUND_ID}0`, undefined],
    ['in no comment', null, undefined],
    ['in a comment of another type', { id: REFUND_ID }, undefined],
  ])('is known for ours by an id that stands %s', (_what, comment, refundId) => {
    expect(readRefunds(ok(listed([{ ...REFUND_ROW, comment }]))).result).toMatchObject({ refunds: [{ refundId }] })
  })

  test.each<[string, RefundReport]>([
    ['completed', 'pending'],
    ['processing', 'pending'],
    ['pending-momo', 'pending'],
    ['pending', 'pending'],
    ['new', 'pending'],
    ['completed-mpgs', 'succeeded'],
    ['completed-preauth', 'succeeded'],
    ['completed-bank-transfer', 'succeeded'],
    ['completed-momo', 'succeeded'],
    ['completed-offline', 'succeeded'],
    ['successful', 'succeeded'],
    ['failed', 'failed'],
    // No prefix counts, no other spelling, and no word of a prototype.
    ['completed-', 'unrecognised'],
    ['completed-crypto', 'unrecognised'],
    ['Completed-mpgs', 'unrecognised'],
    ['succeeded', 'unrecognised'],
    ['', 'unrecognised'],
    ['constructor', 'unrecognised'],
    ['__proto__', 'unrecognised'],
  ])('with the status "%s" is %s', (status, report) => {
    expect(createRefund(ok({ ...made, data: { ...REFUND_MADE, status } })).result).toMatchObject({
      refund: { status: report },
    })
    expect(readRefunds(ok(listed([{ ...REFUND_ROW, status }]))).result).toMatchObject({ refunds: [{ status: report }] })
  })

  test.each<[string, unknown, RefundReport]>([
    ['an object that says failed', { disburse_status: 'failed' }, 'failed'],
    ['a text that says failed', '{"disburse_status":"failed"}', 'failed'],
    ['one that says completed', '{"disburse_status":"completed"}', 'pending'],
    ['one that says nothing', {}, 'pending'],
    ['null', null, 'pending'],
    ['a text that is no JSON', 'failed', 'pending'],
    ['a text of another type', '"failed"', 'pending'],
    ['a list', [{ disburse_status: 'failed' }], 'pending'],
    ['absent', undefined, 'pending'],
  ])('that is completed is no more than its disbursement: meta is %s', (_what, meta, status) => {
    expect(readRefunds(ok(listed([{ ...REFUND_ROW, status: 'completed', meta }]))).result).toMatchObject({
      refunds: [{ status }],
    })
  })

  test('that was sent and came back has failed', () => {
    const row = { ...REFUND_ROW, meta: { disburse_status: 'failed' } }
    expect(readRefunds(ok(listed([row]))).result).toMatchObject({ refunds: [{ status: 'failed' }] })
  })

  test('of another transaction is none of the payment’s, whatever the list is filtered by', () => {
    const other = { ...REFUND_ROW, transaction_id: 640_112_234 }
    expect(readRefunds(ok(listed([other]))).result).toEqual({ kind: 'listed', refunds: [], isComplete: true })
  })

  test('stands on any page of the list', () => {
    const other = { ...REFUND_ROW, id: 91_205, transaction_id: '640112233' }
    const { calls, result } = readRefunds(ok(listed([REFUND_ROW], 1, 2)), ok(listed([other], 2, 2)))
    expect(calls[1]?.path).toBe('/v3/refunds?id=640112233&page=2')
    expect(result).toMatchObject({ refunds: [{ providerRefundId: '91204' }, { providerRefundId: '91205' }] })
  })

  test.each<[string, unknown, bigint | undefined]>([
    ['three decimals', 500.255, undefined],
    ['a text', '500.25', 50_025n],
  ])('of an amount with %s is exact or not told', (_what, amount_refunded, amount) => {
    expect(readRefunds(ok(listed([{ ...REFUND_ROW, amount_refunded }]))).result).toMatchObject({
      refunds: [{ amount }],
    })
  })

  test('without a time has none', () => {
    for (const created_at of [null, 'yesterday', 7]) {
      expect(readRefunds(ok(listed([{ ...REFUND_ROW, created_at }]))).result).toMatchObject({
        refunds: [{ createdAt: undefined }],
      })
    }
  })

  test.each(['id', 'status', 'amount_refunded'] as const)('without %s is no answer', (field) => {
    for (const value of [undefined, null, {}, true]) {
      expect(createRefund(ok({ ...made, data: { ...REFUND_MADE, [field]: value } })).result).toEqual(UNRECOGNISED)
      expect(readRefunds(ok(listed([{ ...REFUND_ROW, [field]: value }]))).result).toEqual(UNRECOGNISED)
    }
  })

  test('that does not say whose it is makes the list no answer', () => {
    const { transaction_id: _, ...nobodys } = REFUND_ROW
    expect(readRefunds(ok(listed([REFUND_ROW, nobodys]))).result).toEqual(UNRECOGNISED)
  })
})

describe('a list of payments', () => {
  test('is asked for by days, one more than the range has, and leads to its next page', () => {
    const { calls, result } = listPayments(undefined, ok(listed([ROW, FAILED_ROW], 1, 2)))
    const path = '/v3/transactions?from=2026-11-01&to=2026-11-03&page=1'
    expect(calls).toEqual([{ method: 'GET', path, headers: GET_HEADERS }])
    expect(result).toEqual({
      kind: 'page',
      next: '2',
      payments: [
        {
          reference: REFERENCE,
          providerTransactionId: '640112233',
          status: 'paid',
          amount: 150_050n,
          currency: 'NGN',
          isRefunded: false,
        },
        expect.objectContaining({ providerTransactionId: '640112200', status: 'declined' }),
      ],
    })
  })

  test('ends with its last page', () => {
    const { calls, result } = listPayments('2', ok(listed([ROW], 2, 2)))
    expect(calls[0]?.path).toBe('/v3/transactions?from=2026-11-01&to=2026-11-03&page=2')
    expect(result).toMatchObject({ kind: 'page', next: undefined })
    expect(listPayments('3', ok(listed([], 3, 2))).result).toEqual({ kind: 'page', payments: [], next: undefined })
  })

  test('has charges of any kind, in currencies of any kind', () => {
    const row = { ...ROW, tx_ref: 'Links-71 (€)', currency: 'sll', amount: 3 }
    expect(listPayments(undefined, ok(listed([row]))).result).toMatchObject({
      payments: [{ reference: 'Links-71 (€)', currency: 'SLL', amount: undefined }],
    })
  })
})

describe('a list of refunds', () => {
  test('is asked for by days, one more than the range has, and leads to its next page', () => {
    const dashboard = { ...REFUND_ROW, id: 91_203, comment: 'the lamp was broken', status: 'failed' }
    const { calls, result } = listRefunds(undefined, ok(listed([REFUND_ROW, dashboard], 1, 2)))
    const path = '/v3/refunds?from=2026-11-01&to=2026-11-03&page=1'
    expect(calls).toEqual([{ method: 'GET', path, headers: GET_HEADERS }])
    const createdAt = new Date('2026-11-03T10:00:00.000Z')
    const told = { providerTransactionId: '640112233', amount: undefined, message: undefined, createdAt }
    expect(result).toEqual({
      kind: 'page',
      next: '2',
      refunds: [
        { ...told, providerRefundId: '91204', refundId: REFUND_ID, status: 'succeeded' },
        { ...told, providerRefundId: '91203', refundId: undefined, status: 'failed' },
      ],
    })
  })

  test('ends with its last page', () => {
    const { calls, result } = listRefunds('2', ok(listed([REFUND_ROW], 2, 2)))
    expect(calls[0]?.path).toBe('/v3/refunds?from=2026-11-01&to=2026-11-03&page=2')
    expect(result).toMatchObject({ kind: 'page', next: undefined })
    expect(listRefunds('3', ok(listed([], 3, 2))).result).toEqual({ kind: 'page', refunds: [], next: undefined })
    expect(listRefunds(undefined, NONE).result).toEqual({ kind: 'page', refunds: [], next: undefined })
  })

  test('passes over a row that does not say of which payment it is, and has the others', () => {
    const { transaction_id: _, ...nobodys } = REFUND_ROW
    for (const row of [nobodys, { ...nobodys, transaction_id: null }, { ...nobodys, transaction_id: {} }]) {
      expect(listRefunds(undefined, ok(listed([row, REFUND_ROW]))).result).toMatchObject({
        refunds: [{ providerTransactionId: '640112233' }],
      })
    }
  })

  test.each(['id', 'status', 'amount_refunded'] as const)('of which a row has no %s is no answer', (field) => {
    expect(listRefunds(undefined, ok(listed([REFUND_ROW, { ...REFUND_ROW, [field]: null }]))).result).toEqual(
      UNRECOGNISED,
    )
  })
})
