/** Reconciliation as its merchant reads it, and asks for it: the runs, and what they found. One round trip each. */

import { type Caller, enter } from '../../db/gate.ts'
import { type DriftFilters, listDrifts } from '../../db/statements/drifts.ts'
import type { Page } from '../../db/statements/page.ts'
import { findRun, insertRun, listRuns, runObject } from '../../db/statements/reconciliation.ts'
import { type Id, newId } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import { done, type Outcome, refused } from '../../domain/problem.ts'
import { type Answer, type Requester, runClaimed } from '../claimed.ts'
import type { Deps } from '../deps.ts'
import { type List, toList } from '../list.ts'

/** Over the last day. Refuses `connection_not_found` and `reconciliation_running`. */
export async function startReconciliation(
  deps: Deps,
  requester: Requester,
  connectionId: Id<'con'>,
): Promise<Outcome<Answer>> {
  const id = newId('rec', deps.clock.now().getTime(), deps.random)
  const started = await runClaimed(deps, requester, {
    permit: { scope: 'transactions:write', action: 'reconciliation_run.started' },
    resourceId: id,
    status: 202,
    statements: (db, first) => insertRun(db, first, id, connectionId),
    answer: runObject(id),
  })
  if (started.ok) await deps.nudge([{ kind: 'reconcile' }])
  return started
}

const PERMIT = { scope: 'transactions:read' } as const

export async function listReconciliationRuns(
  deps: Deps,
  caller: Caller,
  connectionId: string | undefined,
  page: Page,
): Promise<Outcome<List>> {
  const { db } = deps.api
  const gate = enter(db, deps.clock.now(), caller, PERMIT)
  const batch = await deps.api.run(gate, [listRuns(db, connectionId, page)])
  return batch.ok ? done(toList(batch.rows[0], page)) : batch
}

/** Refuses `reconciliation_run_not_found`. */
export async function getReconciliationRun(deps: Deps, caller: Caller, id: string): Promise<Outcome<JsonObject>> {
  const { db } = deps.api
  const batch = await deps.api.run(enter(db, deps.clock.now(), caller, PERMIT), [findRun(db, id)])
  if (!batch.ok) return batch
  const [[row]] = batch.rows
  return row === undefined ? refused('reconciliation_run_not_found') : done(row.object)
}

/** Of one run, or of all; with a run that isn't there it refuses `reconciliation_run_not_found`. */
export async function listAllDrifts(
  deps: Deps,
  caller: Caller,
  filters: DriftFilters,
  page: Page,
): Promise<Outcome<List>> {
  const { db } = deps.api
  const gate = enter(db, deps.clock.now(), caller, PERMIT)
  const batch = await deps.api.run(gate, [findRun(db, filters.runId ?? ''), listDrifts(db, filters, page)])
  if (!batch.ok) return batch
  const [[run], rows] = batch.rows
  if (filters.runId !== undefined && run === undefined) return refused('reconciliation_run_not_found')
  return done(toList(rows, page))
}
