/** Transactions as their merchant reads them. One round trip each. */

import { type Caller, enter } from '../../db/gate.ts'
import type { Page } from '../../db/statements/page.ts'
import { findTransaction, listTransactions, type TransactionFilters } from '../../db/statements/transactions.ts'
import type { JsonObject } from '../../domain/json.ts'
import { done, type Outcome, refused } from '../../domain/problem.ts'
import type { Deps } from '../deps.ts'
import { type List, toList } from '../list.ts'

export async function getTransaction(deps: Deps, caller: Caller, id: string): Promise<Outcome<JsonObject>> {
  const { db } = deps.api
  const gate = enter(db, deps.clock.now(), caller, { scope: 'transactions:read' })
  const batch = await deps.api.run(gate, [findTransaction(db, id)])
  if (!batch.ok) return batch
  const [[row]] = batch.rows
  return row === undefined ? refused('transaction_not_found') : done(row.object)
}

export async function listAll(
  deps: Deps,
  caller: Caller,
  filters: TransactionFilters,
  page: Page,
): Promise<Outcome<List>> {
  const { db } = deps.api
  const gate = enter(db, deps.clock.now(), caller, { scope: 'transactions:read' })
  const batch = await deps.api.run(gate, [listTransactions(db, filters, page)])
  return batch.ok ? done(toList(batch.rows[0], page)) : batch
}
