/** Where our books and a provider's differ, and why. */

import { attemptIdOf } from './ids.ts'
import type { AttemptStatus } from './transaction.ts'
import type { ReportedStatus } from './verdict.ts'

export const DRIFT_CAUSES = [
  /** The provider took money of which nothing here says so. */
  'paid_there_not_here',
  /** We say that it was paid, and the provider knows nothing of it. */
  'paid_here_not_there',
  'amount_differs',
  'currency_differs',
  /** Money went back there of which nothing here says so. */
  'refunded_there',
  /** A payment under a reference of our form that we never gave out. */
  'unknown_reference',
] as const
export type DriftCause = (typeof DRIFT_CAUSES)[number]

export const DRIFT_STATUSES = ['open', 'corrected'] as const

export const RUN_STATUSES = ['running', 'completed', 'failed'] as const

/** An attempt as our books have it. */
export interface OurPayment {
  attemptStatus: AttemptStatus
  providerTransactionId: string | undefined
  /** As the provider confirmed it, in minor units. */
  confirmedAmount: bigint | undefined
  confirmedCurrency: string | undefined
  isDuplicate: boolean
  /** Of the transaction: refunds that succeeded or are under way. */
  refunded: bigint
}

/** A payment as the provider's list has it. */
export interface TheirPayment {
  reference: string | undefined
  providerTransactionId: string
  status: ReportedStatus
  /** Minor units. */
  amount: bigint | undefined
  currency: string
  isRefunded: boolean
}

/**
 * What differs; undefined where both say the same.
 * @param ours undefined where the reference names no attempt of ours. `foreign`: it was never meant to.
 */
export function compareBooks(ours: OurPayment | undefined, theirs: TheirPayment): DriftCause | 'foreign' | undefined {
  const isPaidThere = theirs.status === 'paid' || theirs.status === 'paid_twice' || theirs.status === 'reversed'
  if (ours === undefined) {
    // A terminal, a plug-in, another system on the same account.
    if (theirs.reference === undefined || attemptIdOf(theirs.reference) === undefined) return 'foreign'
    return isPaidThere ? 'unknown_reference' : undefined
  }
  const isSameTry = ours.providerTransactionId === theirs.providerTransactionId
  if (ours.attemptStatus !== 'succeeded') return isPaidThere ? 'paid_there_not_here' : undefined
  // Another try under the same reference: only a second payment is news.
  if (!isSameTry) return isPaidThere && !ours.isDuplicate ? 'paid_there_not_here' : undefined
  if (!isPaidThere) return 'paid_here_not_there'
  if (ours.confirmedCurrency !== theirs.currency) return 'currency_differs'
  if (ours.confirmedAmount !== theirs.amount) return 'amount_differs'
  return theirs.isRefunded && ours.refunded === 0n ? 'refunded_there' : undefined
}
