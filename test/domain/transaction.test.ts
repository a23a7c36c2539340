import { describe, expect, test } from 'vitest'
import {
  ATTEMPT_STATUSES,
  type AttemptStatus,
  attemptMayBecome,
  isUnderWay,
  TRANSACTION_STATUSES,
  type TransactionStatus,
  transactionMayBecome,
} from '../../src/domain/transaction.ts'

/** From a row to a column, in the order of TRANSACTION_STATUSES. */
const TRANSACTIONS: Record<TransactionStatus, string> = {
  //                pending  processing  succeeded  failed  expired  cancelled  requires_review
  pending: '        -        yes         yes        yes     yes      yes        yes',
  processing: '     -        -           yes        yes     yes      yes        yes',
  succeeded: '      -        -           -          -       -        -          -',
  failed: '         -        -           yes        -       -        -          yes',
  expired: '        -        -           yes        -       -        -          yes',
  cancelled: '      -        -           yes        -       -        -          yes',
  requires_review: '-        -           yes        yes     -        -          -',
}

/** The same, in the order of ATTEMPT_STATUSES. */
const ATTEMPTS: Record<AttemptStatus, string> = {
  //          created  open  unknown  succeeded  failed
  created: '  -        yes   yes      yes        yes',
  open: '     -        -     -        yes        yes',
  unknown: '  -        yes   -        yes        yes',
  succeeded: '-        -     -        -          -',
  failed: '   -        -     -        yes        -',
}

const cells = <S extends string>(statuses: readonly S[], table: Record<S, string>) =>
  statuses.flatMap((from) => {
    const row = table[from].trim().split(/\s+/)
    return statuses.map((to, index) => [from, to, row[index] === 'yes'] as const)
  })

describe('a transaction', () => {
  test.each(cells(TRANSACTION_STATUSES, TRANSACTIONS))('from %s to %s: %s', (from, to, may) => {
    expect(transactionMayBecome(from, to)).toBe(may)
  })

  test('is never taken back from succeeded, and may succeed from everywhere else', () => {
    for (const status of TRANSACTION_STATUSES) {
      expect(transactionMayBecome('succeeded', status)).toBe(false)
      expect(transactionMayBecome(status, 'succeeded')).toBe(status !== 'succeeded')
    }
  })

  test('is under way while nobody has given it up', () => {
    expect(TRANSACTION_STATUSES.filter(isUnderWay)).toEqual(['pending', 'processing'])
  })
})

describe('an attempt', () => {
  test.each(cells(ATTEMPT_STATUSES, ATTEMPTS))('from %s to %s: %s', (from, to, may) => {
    expect(attemptMayBecome(from, to)).toBe(may)
  })
})
