/** Asks the provider what became of a payment, on its merchant's demand, and applies what it says. */

import { type Caller, enter } from '../../db/gate.ts'
import { findPayment, readVerified, takeTurnToAsk } from '../../db/statements/payments.ts'
import type { JsonObject } from '../../domain/json.ts'
import { done, type Outcome, refused } from '../../domain/problem.ts'
import type { Deps } from '../deps.ts'
import { followUp } from './follow-up.ts'

/**
 * Two round trips, and the provider's call between them; one where somebody else asked within the second, for a hundred
 * calls ask the provider once. `confirmed` says whether the provider gave a clear answer just now; without one the
 * transaction stands as it was.
 */
export async function verifyPayment(deps: Deps, caller: Caller, id: string): Promise<Outcome<JsonObject>> {
  const { db } = deps.api
  const gate = enter(db, deps.clock.now(), caller, { scope: 'transactions:read' })
  const batch = await deps.api.run(gate, [takeTurnToAsk(db, id), findPayment(db, id), readVerified(db, id)])
  if (!batch.ok) return batch
  const [[turn], [row], [asItStands]] = batch.rows
  if (row === undefined || asItStands === undefined) return refused('transaction_not_found')
  if (turn === undefined) return done({ ...asItStands.object, confirmed: asItStands.confirmed })
  const { object, isConfirmed } = await followUp(deps, row)
  return done({ ...object, confirmed: isConfirmed })
}
