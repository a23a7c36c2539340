/**
 * Applies a stored provider event: what it is about is looked up, the provider is asked, and only what the provider then
 * confirms is believed. Two round trips, and the provider's confirmation between them.
 */

import type { BatchItem } from 'drizzle-orm/batch'
import { enterWorker } from '../../db/gate.ts'
import { findPaymentOfEvent, type PaymentRow, readOutcome } from '../../db/statements/payments.ts'
import {
  type FinalStatus,
  finishProviderEvent,
  leaseProviderEvent,
  retryProviderEvent,
} from '../../db/statements/provider-events.ts'
import { fraction } from '../../domain/random.ts'
import { nextApplyAt } from '../../domain/retry.ts'
import type { Confirmation } from '../../providers/contract.ts'
import type { Deps } from '../deps.ts'
import { nudgeDeliveries } from '../nudge.ts'
import { openPayment } from '../payments/payment.ts'
import { askProvider, settle } from '../payments/settle.ts'

/** Safe at any time and any number of times: an event that is applied, or that somebody else is at, is left alone. */
export async function applyProviderEvent(deps: Deps, id: string): Promise<void> {
  const { db } = deps.worker
  const taken = await deps.worker.run(enterWorker(db, deps.clock.now()), [
    leaseProviderEvent(db, id),
    findPaymentOfEvent(db, id),
  ])
  if (!taken.ok) throw new Error(`provider event ${id} was not taken: ${taken.problem.code}`)
  const [[lease], [row]] = taken.rows
  if (lease === undefined) return
  if (row === undefined) return finish(deps, id, lease.reference === null ? 'ignored' : 'unmatched')
  await applyTo(deps, id, row, lease.attempts)
}

async function applyTo(deps: Deps, id: string, row: PaymentRow, attempts: number): Promise<void> {
  const { db } = deps.worker
  const payment = await openPayment(deps, row)
  const confirmation = await askProvider(deps, payment)
  const now = deps.clock.now()
  const batch = await deps.worker.runFor(
    enterWorker(db, now),
    [...settle(db, payment, confirmation, now), afterwards(deps, id, confirmation, attempts, now)],
    readOutcome(db, payment.transactionId),
  )
  if (!batch.ok) throw new Error(`provider event ${id} was not applied: ${batch.problem.code}`)
  await nudgeDeliveries(deps, batch.rows[0]?.deliveryIds ?? [])
}

function afterwards(deps: Deps, id: string, confirmation: Confirmation, attempts: number, now: Date): BatchItem<'pg'> {
  const { db } = deps.worker
  if (confirmation.kind === 'found') return finishProviderEvent(db, id, 'applied')
  const next = nextApplyAt(attempts, now, fraction(deps.random))
  return next === undefined ? finishProviderEvent(db, id, 'abandoned') : retryProviderEvent(db, id, next)
}

async function finish(deps: Deps, id: string, status: FinalStatus): Promise<void> {
  const { db } = deps.worker
  const batch = await deps.worker.run(enterWorker(db, deps.clock.now()), [finishProviderEvent(db, id, status)])
  if (!batch.ok) throw new Error(`provider event ${id} was not finished: ${batch.problem.code}`)
}
