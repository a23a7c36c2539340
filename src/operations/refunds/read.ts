/** Refunds as their merchant reads them. One round trip each. */

import { type Caller, enter } from '../../db/gate.ts'
import type { Page } from '../../db/statements/page.ts'
import { listRefunds, type RefundFilters, readRefund } from '../../db/statements/refunds.ts'
import { refuseUnknownTransaction } from '../../db/statements/transactions.ts'
import type { JsonObject } from '../../domain/json.ts'
import { done, type Outcome, refused } from '../../domain/problem.ts'
import type { Deps } from '../deps.ts'
import { type List, toList } from '../list.ts'

const PERMIT = { scope: 'transactions:read' } as const

/** Refuses `transaction_not_found` where the filter names one that isn't there. */
export async function listAll(deps: Deps, caller: Caller, filters: RefundFilters, page: Page): Promise<Outcome<List>> {
  const { db } = deps.api
  const { transactionId } = filters
  const batch = await deps.api.runFor(
    enter(db, deps.clock.now(), caller, PERMIT),
    transactionId === undefined ? [] : [refuseUnknownTransaction(db, transactionId)],
    listRefunds(db, filters, page),
  )
  return batch.ok ? done(toList(batch.rows, page)) : batch
}

/** Refuses `refund_not_found`. */
export async function getRefund(deps: Deps, caller: Caller, id: string): Promise<Outcome<JsonObject>> {
  const { db } = deps.api
  const batch = await deps.api.run(enter(db, deps.clock.now(), caller, PERMIT), [readRefund(db, id)])
  if (!batch.ok) return batch
  const [[row]] = batch.rows
  return row === undefined ? refused('refund_not_found') : done(row.object)
}
