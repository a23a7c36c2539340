import { describe, expect, test } from 'vitest'
import {
  type Asked,
  type Decision,
  decide,
  type Mismatch,
  mismatches,
  REPORTED_STATUSES,
  type Reported,
  type ReportedStatus,
} from '../../src/domain/verdict.ts'

const ASKED: Asked = { reference: 'pb-7', amount: 150_000n, currency: 'NGN', mode: 'live' }
const REPORTED: Reported = {
  reference: 'pb-7',
  amount: 150_000n,
  collected: 150_000n,
  fee: 2_250n,
  currency: 'NGN',
  mode: 'live',
  providerTransactionId: '5550001234',
}
const DEADLINE = new Date('2026-11-25T09:00:00.000Z')
const BEFORE = new Date(DEADLINE.getTime() - 1)

/** A report in which this field, and nothing else, differs from what was asked. */
const WRONG: Record<Mismatch, Partial<Reported>> = {
  reference: { reference: 'pb-8' },
  mode: { mode: 'test' },
  currency: { currency: 'GHS' },
  amount: { amount: 149_999n, collected: 149_999n },
  collected_amount: { collected: 149_999n },
}
const FIELDS: Mismatch[] = ['reference', 'mode', 'currency', 'amount', 'collected_amount']

describe('a report', () => {
  test('matches where all is as asked', () => {
    expect(mismatches(ASKED, REPORTED)).toEqual([])
  })

  test.each(FIELDS)('that differs in %s names it', (field) => {
    expect(mismatches(ASKED, { ...REPORTED, ...WRONG[field] })).toEqual([field])
  })

  test('that differs in everything names everything, the gravest first', () => {
    const all = { ...REPORTED, ...WRONG.reference, ...WRONG.mode, ...WRONG.currency, amount: 1n }
    expect(mismatches(ASKED, all)).toEqual(FIELDS)
  })

  test.each<[string, Partial<Reported>, Mismatch[]]>([
    ['a reference in capitals', { reference: 'PB-7' }, ['reference']],
    ['a currency in lower case', { currency: 'ngn' }, ['currency']],
    ['an amount that cannot be said', { amount: undefined }, ['amount', 'collected_amount']],
    ['a collected amount that cannot be said', { collected: undefined }, ['collected_amount']],
    ['no mode, where the provider never says', { mode: undefined }, []],
  ])('with %s: %j', (_what, change, expected) => {
    expect(mismatches(ASKED, { ...REPORTED, ...change })).toEqual(expected)
  })

  test.each<[string, bigint, bigint | undefined, boolean]>([
    ['what was asked', 150_000n, 2_250n, true],
    ['what was asked, the fee unknown', 150_000n, undefined, true],
    ['the fee on top', 152_250n, 2_250n, true],
    ['another surplus than the fee', 152_251n, 2_250n, false],
    ['a surplus, the fee unknown', 152_250n, undefined, false],
    ['a part of it', 100_000n, 2_250n, false],
    ['the fee taken off', 147_750n, 2_250n, false],
    ['nothing', 0n, 0n, false],
  ])('of money collected: %s', (_what, collected, fee, isExplained) => {
    expect(mismatches(ASKED, { ...REPORTED, collected, fee })).toEqual(isExplained ? [] : ['collected_amount'])
  })
})

const NOTHING: Decision = { attempt: undefined, transaction: undefined }
const review = (attempt: Decision['attempt'], reviewReason: string): Decision => ({
  attempt,
  transaction: 'requires_review',
  reviewReason,
})

/** What a matching report decides: before the deadline, and from it on. */
const DECISIONS: Record<ReportedStatus, [before: Decision, after: Decision]> = {
  paid: [
    { attempt: 'succeeded', transaction: 'succeeded' },
    { attempt: 'succeeded', transaction: 'succeeded' },
  ],
  unpaid: [NOTHING, { attempt: 'failed', transaction: 'expired' }],
  declined: [NOTHING, { attempt: 'failed', transaction: 'failed' }],
  closed: [
    { attempt: 'failed', transaction: 'expired' },
    { attempt: 'failed', transaction: 'expired' },
  ],
  paid_twice: [review('succeeded', 'paid_twice'), review('succeeded', 'paid_twice')],
  processing: [
    { attempt: undefined, transaction: 'processing' },
    { attempt: undefined, transaction: 'processing' },
  ],
  failed: [
    { attempt: 'failed', transaction: 'failed' },
    { attempt: 'failed', transaction: 'failed' },
  ],
  reversed: [review(undefined, 'reversed_before_success'), review(undefined, 'reversed_before_success')],
  unrecognised: [review(undefined, 'status_unrecognised'), review(undefined, 'status_unrecognised')],
}
const STATUSES = REPORTED_STATUSES

describe('the decision', () => {
  test('is on every word', () => {
    expect(new Set(STATUSES)).toEqual(new Set(Object.keys(DECISIONS)))
  })

  test.each(STATUSES)('on a matching report of %s', (status) => {
    const [before, after] = DECISIONS[status]
    expect(decide(ASKED, status, REPORTED, BEFORE, DEADLINE)).toEqual(before)
    expect(decide(ASKED, status, REPORTED, DEADLINE, DEADLINE)).toEqual(after)
  })

  test('is success for one word alone, and neither success nor failure for one that no sheet lists', () => {
    for (const status of STATUSES) {
      for (const now of [BEFORE, DEADLINE]) {
        const { attempt, transaction } = decide(ASKED, status, REPORTED, now, DEADLINE)
        expect(transaction === 'succeeded').toBe(status === 'paid')
        // Twice is paid as well: the money is there, and somebody looks at it.
        expect(attempt === 'succeeded').toBe(status === 'paid' || status === 'paid_twice')
        if (status === 'unrecognised') expect([attempt, transaction]).toEqual([undefined, 'requires_review'])
      }
    }
  })

  test.each<[Mismatch]>([['currency'], ['amount'], ['collected_amount']])(
    'on money that differs in %s is somebody’s, and other news is as ever',
    (field) => {
      for (const status of STATUSES) {
        const [before, after] = DECISIONS[status]
        const isPaid = status === 'paid'
        const reported = { ...REPORTED, ...WRONG[field] }
        const looked = review('succeeded', `${field}_mismatch`)
        expect(decide(ASKED, status, reported, BEFORE, DEADLINE)).toEqual(isPaid ? looked : before)
        expect(decide(ASKED, status, reported, DEADLINE, DEADLINE)).toEqual(isPaid ? looked : after)
      }
    },
  )

  test.each<[Mismatch]>([['reference'], ['mode']])(
    'on a report about another %s touches no attempt and is somebody’s, whatever it says',
    (field) => {
      for (const status of STATUSES) {
        for (const now of [BEFORE, DEADLINE]) {
          const decided = decide(ASKED, status, { ...REPORTED, ...WRONG[field] }, now, DEADLINE)
          expect(decided).toEqual(review(undefined, `${field}_mismatch`))
        }
      }
    },
  )
})
