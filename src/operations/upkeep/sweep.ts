/**
 * Every minute: what the nudges missed and what is due. Lose every queue message, restart everything, and this finds
 * all of it in Postgres; it only comes later. Each part is bounded, and what is left is the next minute's.
 */

import { enterWorker } from '../../db/gate.ts'
import { judgeFailingEndpoints } from '../../db/statements/deliveries.ts'
import { leaseDueAttempts, leaseDuePayments } from '../../db/statements/payments.ts'
import { listDueProviderEvents, removeOutdated } from '../../db/statements/provider-events.ts'
import { leaseDueRefunds } from '../../db/statements/refunds.ts'
import { removeStreamTickets } from '../../db/statements/streams.ts'
import { concurrently } from '../concurrently.ts'
import type { Deps } from '../deps.ts'
import { followUp } from '../payments/follow-up.ts'
import { applyProviderEvent } from '../provider-events/apply.ts'
import { followUpRefunds } from '../refunds/follow-up.ts'
import { reconcile } from './reconcile.ts'
import { sweepDeliveries } from './sweep-deliveries.ts'

/** One part's failure doesn't keep the others from their work: each is logged, and tried again in a minute. */
export async function sweep(deps: Deps): Promise<void> {
  await attempt(deps, 'sweep_provider_events', () => sweepProviderEvents(deps))
  await attempt(deps, 'sweep_payments', () => sweepPayments(deps))
  await attempt(deps, 'sweep_refunds', () => sweepRefunds(deps))
  await attempt(deps, 'sweep_deliveries', () => sweepDeliveries(deps))
  await attempt(deps, 'judge_endpoints', () => judgeEndpoints(deps))
  await attempt(deps, 'reconcile', () => reconcile(deps))
  await attempt(deps, 'remove_outdated', () => removeWhatIsOutdated(deps))
}

async function sweepProviderEvents(deps: Deps): Promise<void> {
  const { db } = deps.worker
  const due = await deps.worker.run(enterWorker(db, deps.clock.now()), [listDueProviderEvents(db)])
  if (!due.ok) throw new Error(due.problem.code)
  await concurrently(due.rows[0], ({ id }) =>
    attempt(deps, 'provider_event_not_applied', () => applyProviderEvent(deps, id)),
  )
}

async function sweepPayments(deps: Deps): Promise<void> {
  const { db } = deps.worker
  const due = await deps.worker.run(enterWorker(db, deps.clock.now()), [leaseDuePayments(db), leaseDueAttempts(db)])
  if (!due.ok) throw new Error(due.problem.code)
  const [payments, left] = due.rows
  await concurrently([...payments, ...left], (row) =>
    attempt(deps, 'payment_not_followed_up', () => followUp(deps, row)),
  )
}

async function sweepRefunds(deps: Deps): Promise<void> {
  const { db } = deps.worker
  const due = await deps.worker.run(enterWorker(db, deps.clock.now()), [leaseDueRefunds(db)])
  if (!due.ok) throw new Error(due.problem.code)
  await concurrently(due.rows[0], ({ id }) => attempt(deps, 'refunds_not_followed_up', () => followUpRefunds(deps, id)))
}

async function judgeEndpoints(deps: Deps): Promise<void> {
  const { db } = deps.worker
  const judged = await deps.worker.run(enterWorker(db, deps.clock.now()), [judgeFailingEndpoints(db)])
  if (!judged.ok) throw new Error(judged.problem.code)
}

async function removeWhatIsOutdated(deps: Deps): Promise<void> {
  const { db } = deps.worker
  const now = deps.clock.now()
  const removed = await deps.worker.run(enterWorker(db, now), [removeOutdated(db, now), removeStreamTickets(db, now)])
  if (!removed.ok) throw new Error(removed.problem.code)
}

async function attempt(deps: Deps, failure: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    deps.log.error(failure, error)
  }
}
