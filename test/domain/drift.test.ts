import { describe, expect, test } from 'vitest'
import { compareBooks, DRIFT_CAUSES, type OurPayment, type TheirPayment } from '../../src/domain/drift.ts'
import { ATTEMPT_STATUSES } from '../../src/domain/transaction.ts'
import { REPORTED_STATUSES, type ReportedStatus } from '../../src/domain/verdict.ts'

const OURS: OurPayment = {
  attemptStatus: 'succeeded',
  providerTransactionId: '5550001234',
  confirmedAmount: 150_000n,
  confirmedCurrency: 'NGN',
  isDuplicate: false,
  refunded: 0n,
}
const THEIRS: TheirPayment = {
  reference: 'pb-01kav3q2m8x4c5d6e7f8g9h0jk',
  providerTransactionId: '5550001234',
  status: 'paid',
  amount: 150_000n,
  currency: 'NGN',
  isRefunded: false,
}

type Verdict = ReturnType<typeof compareBooks>

/** The provider has the money, or had it. */
const PAID: ReportedStatus[] = ['paid', 'paid_twice', 'reversed']
const isPaid = (status: ReportedStatus): boolean => PAID.includes(status)

/** Where both books know the payment: every state of ours by every word of theirs. */
const table = ATTEMPT_STATUSES.flatMap((attemptStatus) =>
  REPORTED_STATUSES.map((status) => ({ attemptStatus, status })),
)

describe('a payment in the provider’s list', () => {
  test.each(table)('that is $status there, of an attempt that is $attemptStatus here', ({ attemptStatus, status }) => {
    // An attempt that nobody paid knows no payment.
    const unpaid = { providerTransactionId: undefined, confirmedAmount: undefined, confirmedCurrency: undefined }
    const ours = attemptStatus === 'succeeded' ? OURS : { ...OURS, ...unpaid, attemptStatus }
    const isPaidHere = attemptStatus === 'succeeded'
    const expected: Verdict =
      isPaidHere === isPaid(status) ? undefined : isPaidHere ? 'paid_here_not_there' : 'paid_there_not_here'
    expect(compareBooks(ours, { ...THEIRS, status })).toBe(expected)
    // What did not come to money is no drift in any other field.
    const other = { ...THEIRS, status, amount: 1n, currency: 'GHS', isRefunded: true }
    if (!isPaidHere) expect(compareBooks(ours, other)).toBe(expected)
  })

  describe('that both books have as paid', () => {
    const paid = PAID.map((status) => ({ ...THEIRS, status }))

    test.each<[string, Partial<TheirPayment>, Verdict]>([
      ['and the same in every field is no drift', {}, undefined],
      ['in another currency is drift', { currency: 'GHS' }, 'currency_differs'],
      ['in lower case is another currency', { currency: 'ngn' }, 'currency_differs'],
      ['in less is drift', { amount: 149_999n }, 'amount_differs'],
      ['in more is drift', { amount: 150_001n }, 'amount_differs'],
      ['in a sum that can’t be said is drift', { amount: undefined }, 'amount_differs'],
      ['in another currency and sum differs in the graver', { currency: 'GHS', amount: 1n }, 'currency_differs'],
      ['of which money went back there alone is drift', { isRefunded: true }, 'refunded_there'],
      ['of another sum that went back differs in the sum', { amount: 1n, isRefunded: true }, 'amount_differs'],
      ['without a reference, found by the provider’s id, is compared as well', { reference: undefined }, undefined],
    ])('%s', (_rule, change, expected) => {
      for (const theirs of paid) expect(compareBooks(OURS, { ...theirs, ...change })).toBe(expected)
    })

    test('of which money went back, as our books have it too, is no drift', () => {
      for (const refunded of [1n, 150_000n]) {
        expect(compareBooks({ ...OURS, refunded }, { ...THEIRS, status: 'reversed', isRefunded: true })).toBeUndefined()
      }
      // A refund that is under way here may not be there yet.
      expect(compareBooks({ ...OURS, refunded: 1n }, THEIRS)).toBeUndefined()
    })

    test('a second time under the same reference is drift, unless it is known as a charge too many', () => {
      for (const status of REPORTED_STATUSES) {
        const another = { ...THEIRS, status, providerTransactionId: '5550009999' }
        expect(compareBooks(OURS, another)).toBe(isPaid(status) ? 'paid_there_not_here' : undefined)
        expect(compareBooks({ ...OURS, isDuplicate: true }, another)).toBeUndefined()
      }
    })
  })

  test.each<[string, string | undefined, boolean]>([
    ['without a reference', undefined, false],
    ['under the reference of a terminal', 'T685312322670591', false],
    ['under no reference at all', '', false],
    ['under one that is almost of our form', 'pb-01KAV3Q2M8X4C5D6E7F8G9H0JK', false],
    ['under one of our form', THEIRS.reference, true],
  ])('that no attempt of ours is, %s', (_what, reference, isOfOurForm) => {
    for (const status of REPORTED_STATUSES) {
      const expected: Verdict = isOfOurForm ? (isPaid(status) ? 'unknown_reference' : undefined) : 'foreign'
      expect(compareBooks(undefined, { ...THEIRS, reference, status })).toBe(expected)
    }
  })
})

test('every cause of a drift is one that the comparison finds', () => {
  const found = [
    compareBooks({ ...OURS, attemptStatus: 'open' }, THEIRS),
    compareBooks(OURS, { ...THEIRS, status: 'unpaid' }),
    compareBooks(OURS, { ...THEIRS, amount: 1n }),
    compareBooks(OURS, { ...THEIRS, currency: 'GHS' }),
    compareBooks(OURS, { ...THEIRS, isRefunded: true }),
    compareBooks(undefined, THEIRS),
  ]
  expect(found).toEqual(DRIFT_CAUSES)
})
