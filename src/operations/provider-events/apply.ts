/**
 * Applies a stored provider event: what it is about is looked up, the provider is asked, and only what the provider then
 * confirms is believed. Two round trips, and the provider's confirmation between them.
 */

import type { BatchItem } from 'drizzle-orm/batch'
import { enterWorker } from '../../db/gate.ts'
import { findPaymentOfEvent, type PaymentRow, readOutcome } from '../../db/statements/payments.ts'
import {
  type FinalStatus,
  findRefundsOfEvent,
  finishProviderEvent,
  leaseProviderEvent,
  retryProviderEvent,
} from '../../db/statements/provider-events.ts'
import type { RefundRow } from '../../db/statements/refunds.ts'
import { fraction } from '../../domain/random.ts'
import { nextApplyAt } from '../../domain/retry.ts'
import type { Deps } from '../deps.ts'
import { tell } from '../events/tell.ts'
import { closeWhenOver } from '../payments/follow-up.ts'
import { openPayment, type Payment } from '../payments/payment.ts'
import { askProvider, settle } from '../payments/settle.ts'
import { type Learned, learnRefunds } from '../refunds/follow-up.ts'

/** Safe at any time and any number of times: an event that is applied, or that somebody else is at, is left alone. */
export async function applyProviderEvent(deps: Deps, id: string): Promise<void> {
  const { db } = deps.worker
  const taken = await deps.worker.run(enterWorker(db, deps.clock.now()), [
    leaseProviderEvent(db, id),
    findPaymentOfEvent(db, id),
    findRefundsOfEvent(db, id),
  ])
  if (!taken.ok) throw new Error(`provider event ${id} was not taken: ${taken.problem.code}`)
  const [[lease], [row], refunds] = taken.rows
  if (lease === undefined) return
  if (row === undefined) return finish(deps, id, lease.about === 'nothing' ? 'ignored' : 'unmatched')
  await applyTo(deps, id, row, lease, refunds)
}

type Lease = Awaited<ReturnType<typeof leaseProviderEvent>>[number]

async function applyTo(
  deps: Deps,
  id: string,
  row: PaymentRow,
  { about, attempts }: Lease,
  refunds: readonly RefundRow[],
): Promise<void> {
  const { db } = deps.worker
  const payment = await openPayment(deps, row)
  // News of a refund is news of a payment as well, until we know that it was paid.
  const isOfRefund = about === 'refund' && row.transactionStatus === 'succeeded' && row.attemptStatus === 'succeeded'
  const learned = isOfRefund ? await learnRefunds(deps, payment, refunds) : await learnPayment(deps, payment, about)
  const batch = await deps.worker.runFor(
    enterWorker(db, deps.clock.now()),
    [...learned.statements, afterwards(deps, id, learned.isClear, attempts)],
    readOutcome(db, payment.transactionId),
  )
  if (!batch.ok) throw new Error(`provider event ${id} was not applied: ${batch.problem.code}`)
  const [news] = batch.rows
  if (news !== undefined) await tell(deps, news)
}

/**
 * News of a refund is not learned before its payment is known as paid: it is applied again then. But where the provider says
 * no more than that the money has gone back, the payment is a person's to look at, and the news has done what it can.
 */
async function learnPayment(deps: Deps, payment: Payment, about: Lease['about']): Promise<Learned> {
  const confirmation = await closeWhenOver(deps, payment, await askProvider(deps, payment))
  const statements = settle(deps.worker.db, payment, confirmation, deps.clock.now())
  const isClear = confirmation.kind === 'found' && (about !== 'refund' || confirmation.status === 'reversed')
  return { statements, isClear }
}

function afterwards(deps: Deps, id: string, isDone: boolean, attempts: number): BatchItem<'pg'> {
  const { db } = deps.worker
  if (isDone) return finishProviderEvent(db, id, 'applied')
  const next = nextApplyAt(attempts, deps.clock.now(), fraction(deps.random))
  return next === undefined ? finishProviderEvent(db, id, 'abandoned') : retryProviderEvent(db, id, next)
}

async function finish(deps: Deps, id: string, status: FinalStatus): Promise<void> {
  const { db } = deps.worker
  const batch = await deps.worker.run(enterWorker(db, deps.clock.now()), [finishProviderEvent(db, id, status)])
  if (!batch.ok) throw new Error(`provider event ${id} was not finished: ${batch.problem.code}`)
}
