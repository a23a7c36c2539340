/** Stripe's refunds, and its own lists of refunds and of payments: what is asked, and what is made of every answer. */

import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/domain/limits.ts'
import type { RefundReport } from '../../src/domain/refund.ts'
import type { ProviderAnswer, RefundRequest } from '../../src/providers/contract.ts'
import { stripe } from '../../src/providers/stripe/index.ts'
import {
  answered,
  CHARGE,
  CREDENTIALS,
  converse,
  expandedIntent,
  fieldsOf,
  firstCall,
  HEADERS,
  INTENT_ID,
  listing,
  listingRefunds,
  listOf,
  ofListing,
  ofRefund,
  ofRefundListing,
  ofRefunds,
  PAID,
  problem,
  REFERENCE,
  REFUND,
  REFUND_ID,
  REFUND_REQUEST,
  readSession,
  SESSION,
  UNRECOGNISED,
} from './stripe-fixtures.ts'

const refundForm = (changes: Partial<RefundRequest>) => {
  const { body } = firstCall(stripe.createRefund({ ...REFUND_REQUEST, ...changes }, CREDENTIALS))
  return fieldsOf(body)
}

describe('a refund', () => {
  test('is asked for under a key of its own, with the amount and our id', () => {
    const { body, ...call } = firstCall(stripe.createRefund(REFUND_REQUEST, CREDENTIALS))
    expect(call).toEqual({
      method: 'POST',
      path: '/v1/refunds',
      headers: {
        ...HEADERS,
        'content-type': 'application/x-www-form-urlencoded',
        'idempotency-key': `${REFUND_ID}:refund`,
      },
    })
    expect(fieldsOf(body)).toEqual([
      ['payment_intent', INTENT_ID],
      ['amount', '2000'],
      ['metadata[refund_id]', REFUND_ID],
      ['metadata[reference]', REFERENCE],
    ])
  })

  test.each(['duplicate', 'fraudulent', 'requested_by_customer'])('has the reason %s where it was given', (reason) => {
    expect(refundForm({ reason })).toContainEqual(['reason', reason])
    expect(refundForm({ reason }).map(([name]) => name)).not.toContain('metadata[reason]')
  })

  test.each([
    ['too small', 'too small'],
    ['Duplicate', 'Duplicate'],
    ['x'.repeat(600), 'x'.repeat(500)],
  ])('has no reason of Stripe’s for one of the merchant’s: %s', (reason, note) => {
    expect(refundForm({ reason })).toContainEqual(['metadata[reason]', note])
    expect(refundForm({ reason }).map(([name]) => name)).not.toContain('reason')
  })

  test('of UGX is sent in hundredths, too', () => {
    expect(refundForm({ payment: { ...PAID, currency: 'UGX' }, amount: 5n })).toContainEqual(['amount', '500'])
  })

  test('that was made is told with all that we keep', () => {
    expect(ofRefund(answered(200, REFUND))).toEqual({
      kind: 'made',
      refund: {
        providerRefundId: REFUND.id,
        refundId: REFUND_ID,
        amount: 2_000n,
        status: 'succeeded',
        message: undefined,
        createdAt: new Date('2026-11-03T08:00:00Z'),
      },
    })
  })

  test.each<[string | null, RefundReport]>([
    ['pending', 'pending'],
    ['requires_action', 'requires_action'],
    ['succeeded', 'succeeded'],
    ['failed', 'failed'],
    ['canceled', 'failed'],
    ['cancelled', 'unrecognised'],
    ['Succeeded', 'unrecognised'],
    ['', 'unrecognised'],
    ['constructor', 'unrecognised'],
    ['__proto__', 'unrecognised'],
    [null, 'unrecognised'],
  ])('that Stripe says is %j is %s', (status, report) => {
    expect(ofRefund(answered(200, { ...REFUND, status }))).toMatchObject({ refund: { status: report } })
    expect(ofRefunds(answered(200, listOf([{ ...REFUND, status }])))).toMatchObject({ refunds: [{ status: report }] })
  })

  test('that failed says why', () => {
    const failed = { ...REFUND, status: 'failed', failure_reason: 'lost_or_stolen_card' }
    expect(ofRefund(answered(200, failed))).toMatchObject({
      refund: { status: 'failed', message: 'lost_or_stolen_card' },
    })
  })

  test.each<[string, object]>([
    ['no id', { id: undefined }],
    ['no amount', { amount: null }],
    ['no currency', { currency: undefined }],
    ['a status that is a number', { status: 7 }],
    ['no time', { created: null }],
    ['a time that is a text', { created: '2026-11-03' }],
  ])('with %s is no answer', (_what, changes) => {
    expect(ofRefund(answered(200, { ...REFUND, ...changes }))).toEqual(UNRECOGNISED)
    expect(ofRefunds(answered(200, listOf([{ ...REFUND, ...changes }])))).toEqual(UNRECOGNISED)
  })

  test.each<[string, string, object]>([
    ['that went back already', 'Charge ch_… was refunded before.', { code: 'charge_already_refunded' }],
    ['of more than is left', 'Refund amount ($20.00) is more than is left ($10.00).', { param: 'amount' }],
    ['of what is disputed', 'The charge was charged back.', { code: 'charge_disputed' }],
    ['of what was never paid', 'There is no successful charge to refund.', {}],
  ])('%s is refused, in the words of the provider', (_what, message, more) => {
    expect(ofRefund(answered(400, problem('invalid_request_error', message, more)))).toEqual({
      kind: 'refused',
      reason: 'request_refused',
      message,
    })
  })
})

describe('the refunds of a payment', () => {
  const list = (...answers: ProviderAnswer[]) => converse(stripe.readRefunds(PAID, [], CREDENTIALS), ...answers)
  const path = `/v1/refunds?payment_intent=${INTENT_ID}&limit=100`

  test('are all of them, page by page, whoever made them', () => {
    const elsewhere = { ...REFUND, id: 're_elsewhere', metadata: null }
    const { calls, result } = list(answered(200, listOf([REFUND], true)), answered(200, listOf([elsewhere])))
    expect(calls.map((call) => call.path)).toEqual([path, `${path}&starting_after=${REFUND.id}`])
    expect(result).toMatchObject({
      kind: 'listed',
      isComplete: true,
      refunds: [
        { providerRefundId: REFUND.id, refundId: REFUND_ID },
        { providerRefundId: 're_elsewhere', refundId: undefined },
      ],
    })
  })

  test('may be none', () => {
    expect(list(answered(200, listOf([]))).result).toEqual({ kind: 'listed', isComplete: true, refunds: [] })
  })

  test.each([{}, null, undefined, { refund_id: 7 }, { refund_id: null }, 'note'])(
    'that carry no id of ours are of others: %j',
    (metadata) => {
      expect(ofRefunds(answered(200, listOf([{ ...REFUND, metadata }])))).toMatchObject({
        refunds: [{ refundId: undefined, amount: 2_000n }],
      })
    },
  )

  test('are not called complete where a page is missing', () => {
    expect(list(answered(200, listOf([REFUND], true)), answered(200, listOf([], true))).result).toEqual(UNRECOGNISED)
  })
})

describe('the list of refunds', () => {
  test('is asked for by time', () => {
    expect(firstCall(listingRefunds())).toEqual({
      method: 'GET',
      path: '/v1/refunds?created[gte]=1793491200&created[lte]=1793577600&limit=100',
      headers: HEADERS,
    })
    expect(firstCall(listingRefunds('re_last')).path).toMatch(/&limit=100&starting_after=re_last$/)
  })

  test('says of each of which payment it is', () => {
    const dashboard = { ...REFUND, id: 're_dashboard', metadata: {}, amount: 1_250, status: 'failed' }
    const told = {
      providerTransactionId: INTENT_ID,
      message: undefined,
      createdAt: new Date(REFUND.created * 1000),
    }
    expect(ofRefundListing(answered(200, listOf([REFUND, dashboard], true)))).toEqual({
      kind: 'page',
      refunds: [
        { ...told, providerRefundId: REFUND.id, refundId: REFUND_ID, amount: 2_000n, status: 'succeeded' },
        { ...told, providerRefundId: 're_dashboard', refundId: undefined, amount: 1_250n, status: 'failed' },
      ],
      next: 're_dashboard',
    })
  })

  test('leaves out those of charges without a PaymentIntent, and goes on behind them', () => {
    const rows = [REFUND, { ...REFUND, id: 're_old', payment_intent: null }]
    expect(ofRefundListing(answered(200, listOf(rows, true)))).toMatchObject({
      refunds: [{ providerRefundId: REFUND.id }],
      next: 're_old',
    })
  })

  test('ends where there are no more', () => {
    expect(ofRefundListing(answered(200, listOf([])))).toEqual({ kind: 'page', refunds: [], next: undefined })
  })

  test.each(['id', 'amount', 'currency', 'created'])('of which a row has no %s says nothing', (field) => {
    expect(ofRefundListing(answered(200, listOf([REFUND, { ...REFUND, [field]: null }])))).toEqual(UNRECOGNISED)
  })
})

describe('the list of payments', () => {
  test('is asked for by time, small enough to fit an answer', () => {
    expect(firstCall(listing())).toEqual({
      method: 'GET',
      path: '/v1/checkout/sessions?created[gte]=1793491200&created[lte]=1793577600&limit=50&expand[0]=data.payment_intent.latest_charge',
      headers: HEADERS,
    })
    expect(firstCall(listing('cs_test_last')).path).toMatch(/&starting_after=cs_test_last$/)
    const page = listOf(Array.from({ length: 50 }, () => readSession()))
    expect(JSON.stringify(page, null, 2).length).toBeLessThan(LIMITS.providerAnswerBytes)
  })

  test('has a row for each session of a payment', () => {
    const refunded = expandedIntent({ latest_charge: { ...CHARGE, amount_refunded: 1 } })
    const rows = [
      readSession(),
      readSession({ id: 'cs_test_refunded', payment_intent: refunded }),
      { ...SESSION, id: 'cs_test_waiting', client_reference_id: null },
      { ...SESSION, id: 'cs_test_card_saved', mode: 'setup', currency: null, amount_total: null },
      { ...SESSION, id: 'cs_test_subscribed', mode: 'subscription' },
    ]
    expect(ofListing(answered(200, listOf(rows, true)))).toEqual({
      kind: 'page',
      payments: [
        {
          reference: REFERENCE,
          providerTransactionId: INTENT_ID,
          status: 'paid',
          amount: 7_250n,
          currency: 'USD',
          isRefunded: false,
        },
        {
          reference: REFERENCE,
          providerTransactionId: INTENT_ID,
          status: 'paid',
          amount: 7_250n,
          currency: 'USD',
          isRefunded: true,
        },
        {
          reference: undefined,
          providerTransactionId: 'cs_test_waiting',
          status: 'unpaid',
          amount: 7_250n,
          currency: 'USD',
          isRefunded: false,
        },
      ],
      next: 'cs_test_subscribed',
    })
  })

  test('ends where there is no more', () => {
    expect(ofListing(answered(200, listOf([])))).toEqual({ kind: 'page', payments: [], next: undefined })
  })

  test.each<[string, unknown]>([
    ['a row that was not expanded', listOf([readSession({ payment_intent: INTENT_ID })])],
    ['more that begins nowhere', listOf([], true)],
    ['no list', { has_more: false }],
    ['rows that are no list', { data: {}, has_more: false }],
  ])('is no answer with %s', (_what, body) => {
    expect(ofListing(answered(200, body))).toEqual(UNRECOGNISED)
  })
})
