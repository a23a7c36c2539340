/** Calls a payment off. Where the provider's page can't be closed it lives on: money that still comes is a fact. */

import { sql } from 'drizzle-orm'
import { enter, enterWorker } from '../../db/gate.ts'
import { answerClaim, type Claim, claimKey, isFirst, problemObject, readClaim } from '../../db/statements/claims.ts'
import { findPayment, readOutcome, transactionObject } from '../../db/statements/payments.ts'
import { cancelTransaction, hasNoPageAt, isCancelled, refuseUncancellable } from '../../db/statements/transactions.ts'
import { type Outcome, PROBLEMS, refused } from '../../domain/problem.ts'
import { PROVIDER_NAMES, PROVIDERS } from '../../providers/registry.ts'
import { type Answer, holdsClaim, makeClaim, type Requester, readAnswer } from '../claimed.ts'
import type { Deps } from '../deps.ts'
import { tell } from '../events/tell.ts'
import { askToClose } from './follow-up.ts'
import { openPayment } from './payment.ts'

const PERMIT = { scope: 'transactions:write', action: 'transaction.cancelled' } as const

const CLOSING_PROVIDERS = PROVIDER_NAMES.filter((name) => PROVIDERS[name].closeCheckout !== undefined)

/**
 * One round trip; two, and the provider's call between them, where an open page can be closed: the payment is called off
 * once nobody can pay it.
 * Refuses `transaction_not_found`, `transaction_not_cancellable`, and `transaction_being_paid` where the payer was faster.
 */
export async function cancel(deps: Deps, requester: Requester, id: string): Promise<Outcome<Answer>> {
  const { db } = deps.api
  const now = deps.clock.now()
  const claim = await makeClaim(deps, requester, id)
  const first = isFirst(claim)
  const batch = await deps.api.run(enter(db, now, requester, PERMIT), [
    claimKey(db, now, claim),
    ...refuseUncancellable(db, first, id),
    cancelTransaction(db, id, sql`${first} and ${hasNoPageAt(id, CLOSING_PROVIDERS)}`),
    answerClaim(db, claim, 200, transactionObject(id), isCancelled(id)),
    readClaim(db, claim.key),
    findPayment(db, id),
    readOutcome(db, id),
  ])
  if (!batch.ok) return batch
  const [, , , , , claims, [row], [outcome]] = batch.rows
  if (!holdsClaim(claim, claims)) {
    if (outcome !== undefined) await tell(deps, outcome)
    return readAnswer(deps, claim, claims)
  }
  if (row === undefined) return refused('transaction_not_found')
  const closed = await askToClose(deps, await openPayment(deps, row))
  return closed?.kind === 'too_late' ? tellTooLate(deps, claim, id) : callOff(deps, requester, claim, id)
}

async function callOff(deps: Deps, requester: Requester, claim: Claim, id: string): Promise<Outcome<Answer>> {
  const { db } = deps.api
  const batch = await deps.api.run(enter(db, deps.clock.now(), requester, PERMIT), [
    ...refuseUncancellable(db, isFirst(claim), id),
    cancelTransaction(db, id, isFirst(claim)),
    answerClaim(db, claim, 200, transactionObject(id), isCancelled(id)),
    readClaim(db, claim.key),
    readOutcome(db, id),
  ])
  if (!batch.ok) return batch
  const [, , , , claims, [outcome]] = batch.rows
  if (outcome !== undefined) await tell(deps, outcome)
  return readAnswer(deps, claim, claims)
}

async function tellTooLate(deps: Deps, claim: Claim, transactionId: string): Promise<Outcome<Answer>> {
  const { db } = deps.worker
  const problem = { code: 'transaction_being_paid', transactionId } as const
  const batch = await deps.worker.runFor(
    enterWorker(db, deps.clock.now()),
    [answerClaim(db, claim, PROBLEMS[problem.code].status, problemObject(problem))],
    readClaim(db, claim.key),
  )
  await deps.nudge([{ kind: 'follow_up', transactionId, delaySeconds: 0 }])
  return batch.ok ? readAnswer(deps, claim, batch.rows) : batch
}
