/**
 * Disputes: opened by the payer's bank (here: by the control API), reminded of every four hours, accepted by themselves
 * when nobody answers in time (sheet, section 7).
 */
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { announceDispute } from './events.ts'
import { addLedgerRow } from './settlements.ts'
import type { Transaction } from './transactions.ts'

export type DisputeResolution = 'merchant-accepted' | 'declined' | 'auto-accepted'

export interface Dispute {
  readonly id: number
  readonly transaction: Transaction
  readonly refundAmount: number
  readonly category: string
  readonly createdAt: Date
  readonly dueAt: Date
  status: 'awaiting-merchant-feedback' | 'resolved'
  resolution: DisputeResolution | null
  resolvedAt: Date | null
  /** The money has gone back to the payer. */
  chargedBack: boolean
}

const HOUR_MS = 60 * 60 * 1000
const REMIND_EVERY_MS = 4 * HOUR_MS
/** How long a merchant in Nigeria has to answer. */
const DEFAULT_DUE_IN_MS = 16 * HOUR_MS

export interface NewDispute {
  transaction: Transaction
  refundAmount?: number | undefined
  category?: string | undefined
  dueInMs?: number | undefined
}

export function openDispute(books: Books, account: Account, wanted: NewDispute): Dispute {
  const now = books.world.now()
  const dispute: Dispute = {
    id: books.nextId(),
    transaction: wanted.transaction,
    refundAmount: wanted.refundAmount ?? wanted.transaction.amount,
    category: wanted.category ?? 'chargeback',
    createdAt: now,
    dueAt: new Date(now.getTime() + (wanted.dueInMs ?? DEFAULT_DUE_IN_MS)),
    status: 'awaiting-merchant-feedback',
    resolution: null,
    resolvedAt: null,
    chargedBack: false,
  }
  account.disputes.push(dispute)
  announceDispute(books, account, dispute, 'create', now)
  scheduleReminder(books, account, dispute, now)
  books.agenda.schedule(dispute.dueAt, (at) => resolveDispute(books, account, dispute, 'auto-accepted', at))
  return dispute
}

/** Ends a dispute; one that has ended stays as it is. Accepting gives the money back and reverses the transaction. */
export function resolveDispute(
  books: Books,
  account: Account,
  dispute: Dispute,
  resolution: DisputeResolution,
  at: Date,
): void {
  if (dispute.status === 'resolved') return
  dispute.status = 'resolved'
  dispute.resolution = resolution
  dispute.resolvedAt = at
  if (resolution !== 'declined') {
    dispute.chargedBack = true
    dispute.transaction.status = 'reversed'
    const { currency } = dispute.transaction
    const row = { currency, difference: -dispute.refundAmount, model: 'Refund', modelId: dispute.id } as const
    addLedgerRow(books, account, row, at)
  }
  announceDispute(books, account, dispute, 'resolve', at)
}

function scheduleReminder(books: Books, account: Account, dispute: Dispute, from: Date): void {
  const next = new Date(from.getTime() + REMIND_EVERY_MS)
  if (next >= dispute.dueAt) return
  books.agenda.schedule(next, (at) => {
    if (dispute.status === 'resolved') return
    announceDispute(books, account, dispute, 'remind', at)
    scheduleReminder(books, account, dispute, at)
  })
}
