/**
 * The states of a transaction and of an attempt, and the arrows between them. The database holds the same table
 * (app.transaction_may_become, app.attempt_may_become): a test compares the two, so that neither drifts.
 */

export const MODES = ['test', 'live'] as const
export type Mode = (typeof MODES)[number]

export const TRANSACTION_STATUSES = [
  'pending',
  'processing',
  'succeeded',
  'failed',
  'expired',
  'cancelled',
  'requires_review',
] as const
export type TransactionStatus = (typeof TRANSACTION_STATUSES)[number]

export const ATTEMPT_STATUSES = ['created', 'open', 'unknown', 'succeeded', 'failed'] as const
export type AttemptStatus = (typeof ATTEMPT_STATUSES)[number]

/** Money beats paperwork: what was given up may still turn out paid. Nothing takes `succeeded` back. */
const TRANSACTION_ARROWS: Record<TransactionStatus, readonly TransactionStatus[]> = {
  pending: ['processing', 'succeeded', 'failed', 'expired', 'cancelled', 'requires_review'],
  processing: ['succeeded', 'failed', 'expired', 'cancelled', 'requires_review'],
  failed: ['succeeded', 'requires_review'],
  expired: ['succeeded', 'requires_review'],
  cancelled: ['succeeded', 'requires_review'],
  requires_review: ['succeeded', 'failed'],
  succeeded: [],
}

const ATTEMPT_ARROWS: Record<AttemptStatus, readonly AttemptStatus[]> = {
  created: ['open', 'unknown', 'succeeded', 'failed'],
  unknown: ['open', 'succeeded', 'failed'],
  open: ['succeeded', 'failed'],
  failed: ['succeeded'],
  succeeded: [],
}

/** Whether news may change the status. Staying as it is is no change: duplicates and stale news are not errors. */
export function transactionMayBecome(from: TransactionStatus, to: TransactionStatus): boolean {
  return TRANSACTION_ARROWS[from].includes(to)
}

/** As `transactionMayBecome`, for an attempt. */
export function attemptMayBecome(from: AttemptStatus, to: AttemptStatus): boolean {
  return ATTEMPT_ARROWS[from].includes(to)
}

/** Whether the payer can still pay as far as we know, so that the merchant may call it off. */
export function isUnderWay(status: TransactionStatus): boolean {
  return status === 'pending' || status === 'processing'
}
