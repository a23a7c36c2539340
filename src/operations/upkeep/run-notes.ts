/** What a reconciliation run writes down and tells. */

import { enterWorker } from '../../db/gate.ts'
import type { RunRow } from '../../db/statements/reconciliation.ts'
import type { Deps } from '../deps.ts'

type Statements = Parameters<Deps['worker']['run']>[1]

export async function write(deps: Deps, statements: Statements): Promise<void> {
  const { db } = deps.worker
  const batch = await deps.worker.run(enterWorker(db, deps.clock.now()), statements)
  if (!batch.ok) throw new Error(`reconciliation was not written down: ${batch.problem.code}`)
}

/** Some of them may be about payments, and each is an event. */
export function announceDrifts(deps: Deps, { merchantId, mode }: RunRow): void {
  deps.announce(merchantId, mode, { number: undefined, transactionId: undefined })
}
