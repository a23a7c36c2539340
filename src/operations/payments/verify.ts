/** Asks the provider what became of a payment, on its merchant's demand, and applies what it says. */

import { type Caller, enter } from '../../db/gate.ts'
import { findPayment } from '../../db/statements/payments.ts'
import type { JsonObject } from '../../domain/json.ts'
import { done, type Outcome, refused } from '../../domain/problem.ts'
import type { Deps } from '../deps.ts'
import { followUp } from './follow-up.ts'

/**
 * Two round trips, and the provider's call between them. `confirmed` says whether the provider gave a clear answer;
 * without one the transaction stands as it was.
 */
export async function verifyPayment(deps: Deps, caller: Caller, id: string): Promise<Outcome<JsonObject>> {
  const { db } = deps.api
  const gate = enter(db, deps.clock.now(), caller, { scope: 'transactions:read' })
  const batch = await deps.api.run(gate, [findPayment(db, id)])
  if (!batch.ok) return batch
  const [[row]] = batch.rows
  if (row === undefined) return refused('transaction_not_found')
  const { object, confirmation } = await followUp(deps, row)
  return done({ ...object, confirmed: confirmation.kind === 'found' })
}
