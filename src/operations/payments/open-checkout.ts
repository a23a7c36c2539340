/** Asks the provider for a checkout page, once, and says what to write down about it. */

import type { BatchItem } from 'drizzle-orm/batch'
import type { Db } from '../../db/client.ts'
import {
  failAttempt,
  loseSightOfAttempt,
  moveTransaction,
  openAttempt,
  scheduleCheck,
} from '../../db/statements/outcomes.ts'
import { IN_FLIGHT_MS, nextCheckAt } from '../../domain/retry.ts'
import type { CheckoutAnswer } from '../../providers/contract.ts'
import { exchange } from '../../providers/exchange.ts'
import type { Deps } from '../deps.ts'
import { checkoutRequestOf, type Payment } from './payment.ts'

/** Sends the attempt to its provider. What was asked is in the database before: a crash here leaves it to the sweep. */
export async function sendCheckout(deps: Deps, payment: Payment): Promise<CheckoutAnswer> {
  const { gateway, credentials } = payment
  const request = checkoutRequestOf(payment)
  const exchanged = await exchange(deps.exchange, gateway, gateway.createCheckout(request, credentials))
  return exchanged.kind === 'unknown' ? exchanged : gateway.readCheckout(exchanged.answer, request)
}

/** The statements that write the answer down, for the second batch. */
export function recordCheckout(db: Db, payment: Payment, answer: CheckoutAnswer, now: Date): BatchItem<'pg'>[] {
  const { attemptId, transactionId, expiresAt } = payment
  const soon = new Date(now.getTime() + IN_FLIGHT_MS)
  switch (answer.kind) {
    case 'opened':
      return [
        openAttempt(db, attemptId, answer.checkoutUrl),
        scheduleCheck(db, transactionId, nextCheckAt('pending', 0, now, expiresAt)),
      ]
    case 'refused':
      return [
        failAttempt(db, attemptId, answer.reason, answer.message),
        moveTransaction(db, transactionId, { to: 'failed', failureReason: answer.reason }),
        // Nothing was ordered, so there is nothing to ask after.
        scheduleCheck(db, transactionId, undefined),
      ]
    case 'exists':
      return [loseSightOfAttempt(db, attemptId, 'reference_exists'), scheduleCheck(db, transactionId, soon)]
    case 'unknown':
      return [loseSightOfAttempt(db, attemptId, answer.cause), scheduleCheck(db, transactionId, soon)]
  }
}
