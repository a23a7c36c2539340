/** The audit log as its merchant reads it. One round trip. */

import { type Caller, enter } from '../../db/gate.ts'
import { type AuditFilters, listAuditEntries } from '../../db/statements/audit.ts'
import type { Page } from '../../db/statements/page.ts'
import { done, type Outcome } from '../../domain/problem.ts'
import type { Deps } from '../deps.ts'
import { type List, toList } from '../list.ts'

export async function listEntries(
  deps: Deps,
  caller: Caller,
  filters: AuditFilters,
  page: Page,
): Promise<Outcome<List>> {
  const { db } = deps.api
  const gate = enter(db, deps.clock.now(), caller, { scope: 'audit:read' })
  const batch = await deps.api.run(gate, [listAuditEntries(db, filters, page)])
  return batch.ok ? done(toList(batch.rows[0], page)) : batch
}
