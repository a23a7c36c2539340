/** Calls a payment off. The provider's page may live on where it can't be closed: money that still comes is a fact. */

import { transactionObject } from '../../db/statements/payments.ts'
import { cancelTransaction } from '../../db/statements/transactions.ts'
import type { Outcome } from '../../domain/problem.ts'
import { type Answer, type Requester, runClaimed } from '../claimed.ts'
import type { Deps } from '../deps.ts'

/** Refuses `transaction_not_found` and `transaction_not_cancellable`. One round trip. */
export function cancel(deps: Deps, requester: Requester, id: string): Promise<Outcome<Answer>> {
  return runClaimed(deps, requester, {
    permit: { scope: 'transactions:write', action: 'transaction.cancelled' },
    resourceId: id,
    status: 200,
    statements: (db, first) => cancelTransaction(db, first, id),
    answer: transactionObject(id),
  })
}
