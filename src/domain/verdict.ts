/**
 * Asked × confirmed: what a provider says about a payment, compared with what we asked of it. Whatever does not match
 * in every field is somebody's to look at, never success.
 */

import type { Mode, TransactionStatus } from './transaction.ts'

/** What we asked the provider for, as the attempt recorded it before the provider was called. */
export interface Asked {
  reference: string
  /** Minor units. */
  amount: bigint
  currency: string
  mode: Mode
}

/** What the provider says about the payment, in our units and words. */
export interface Reported {
  reference: string
  /** The amount that was asked for, as the provider has it; undefined where it can't be said in whole minor units. */
  amount: bigint | undefined
  /** What was collected: more than `amount` where the payer bears the fee. */
  collected: bigint | undefined
  fee: bigint | undefined
  currency: string
  /** Undefined where the provider does not say. */
  mode: Mode | undefined
  providerTransactionId: string
}

/**
 * How a provider's status reads in our words.
 * - `unpaid`: the page waits, nobody has paid.
 * - `declined`: a try failed, and the payer may try again on the same page.
 * - `processing`: the payer has paid as far as the payer can, and the money is on its way.
 * - `closed`: nobody has paid, and nobody can any more.
 * - `failed`: it failed for good.
 * - `paid_twice`: more than one payment was taken under the same reference.
 * - `reversed`: was paid and has gone back, all of it or a part.
 * - `unrecognised`: a word that the provider's sheet does not list.
 */
export const REPORTED_STATUSES = [
  'unpaid',
  'declined',
  'processing',
  'paid',
  'closed',
  'failed',
  'paid_twice',
  'reversed',
  'unrecognised',
] as const
export type ReportedStatus = (typeof REPORTED_STATUSES)[number]

export type Mismatch = 'reference' | 'mode' | 'currency' | 'amount' | 'collected_amount'

/** The fields in which the report differs from what was asked, the gravest first; none means that it matches. */
export function mismatches(asked: Asked, reported: Reported): Mismatch[] {
  const found: Mismatch[] = []
  if (reported.reference !== asked.reference) found.push('reference')
  if (reported.mode !== undefined && reported.mode !== asked.mode) found.push('mode')
  if (reported.currency !== asked.currency) found.push('currency')
  if (reported.amount !== asked.amount) found.push('amount')
  if (!collectedExplained(reported)) found.push('collected_amount')
  return found
}

/** The payer paid what was asked, or that and the provider's fee: anything else is a partial or a surplus payment. */
function collectedExplained({ amount, collected, fee }: Reported): boolean {
  if (amount === undefined || collected === undefined) return false
  const surplus = collected - amount
  return surplus === 0n || surplus === fee
}

/** What a confirmed report makes of the attempt and of its transaction. Undefined: nothing changes. */
export interface Decision {
  attempt: 'succeeded' | 'failed' | undefined
  transaction: TransactionStatus | undefined
  /** A stable word for the person who looks at it, with `requires_review`. */
  reviewReason?: string
}

const NOTHING: Decision = { attempt: undefined, transaction: undefined }
const EXPIRED: Decision = { attempt: 'failed', transaction: 'expired' }

/**
 * What a provider's report means for a payment.
 * @param now and `expiresAt` decide whether an unpaid page is still waited for
 */
export function decide(asked: Asked, status: ReportedStatus, reported: Reported, now: Date, expiresAt: Date): Decision {
  const [mismatch] = mismatches(asked, reported)
  // A report about another payment says nothing of this one, good or bad: somebody has to look.
  if (mismatch === 'reference' || mismatch === 'mode') {
    return { attempt: undefined, transaction: 'requires_review', reviewReason: `${mismatch}_mismatch` }
  }
  switch (status) {
    case 'paid':
      return mismatch === undefined
        ? { attempt: 'succeeded', transaction: 'succeeded' }
        : { attempt: 'succeeded', transaction: 'requires_review', reviewReason: `${mismatch}_mismatch` }
    case 'unpaid':
      return now >= expiresAt ? EXPIRED : NOTHING
    case 'declined':
      return now >= expiresAt ? { attempt: 'failed', transaction: 'failed' } : NOTHING
    case 'closed':
      return EXPIRED
    case 'processing':
      return { attempt: undefined, transaction: 'processing' }
    case 'failed':
      return { attempt: 'failed', transaction: 'failed' }
    case 'paid_twice':
      return { attempt: 'succeeded', transaction: 'requires_review', reviewReason: 'paid_twice' }
    case 'reversed':
      return { attempt: undefined, transaction: 'requires_review', reviewReason: 'reversed_before_success' }
    case 'unrecognised':
      return { attempt: undefined, transaction: 'requires_review', reviewReason: 'status_unrecognised' }
  }
}
