/** Asks a provider to send money back, once, and says what to write down about its answer. */

import type { BatchItem } from 'drizzle-orm/batch'
import type { Db } from '../../db/client.ts'
import { type RefundNews, type RefundRow, updateRefund } from '../../db/statements/refunds.ts'
import { parseId } from '../../domain/ids.ts'
import { afterReport, type OurRefund } from '../../domain/refund.ts'
import type { PaidPayment, RefundAnswer, ReportedRefund } from '../../providers/contract.ts'
import { converse } from '../../providers/exchange.ts'
import type { Deps } from '../deps.ts'
import { knownOf, type Payment } from '../payments/payment.ts'

/** Sends the refund to the provider that the payment was made at. It is in the database before. */
export function sendRefund(deps: Deps, payment: Payment, refund: RefundRow): Promise<RefundAnswer> {
  const id = parseId('ref', refund.id)
  if (id === undefined) throw new TypeError(`${refund.id} is no refund's id`)
  const { gateway, credentials } = payment
  const request = { id, payment: paidOf(payment), amount: refund.amount, reason: refund.reason ?? undefined }
  return converse(deps.exchange, gateway, gateway.createRefund(request, credentials))
}

/** The payment as its provider knows it. Throws where it was not confirmed: nothing of it can be sent back. */
export function paidOf(payment: Payment): PaidPayment {
  const { providerTransactionId } = payment
  if (providerTransactionId === null) throw new Error(`attempt ${payment.attemptId} was never confirmed`)
  return { ...knownOf(payment), providerTransactionId }
}

export function ourRefundOf({ id, amount, status, providerRefundId, createdAt }: RefundRow): OurRefund {
  return { id, amount, status, providerRefundId: providerRefundId ?? undefined, createdAt }
}

/** The statements that write the answer down. Whatever is unclear stays pending, and is asked after. */
export function recordRefund(db: Db, refund: RefundRow, answer: RefundAnswer): BatchItem<'pg'>[] {
  switch (answer.kind) {
    case 'made':
      return [updateRefund(db, refund.id, newsOf(refund, answer.refund))]
    case 'exists':
      return [updateRefund(db, refund.id, { failureCode: REFUND_EXISTS })]
    case 'refused': {
      const { reason, message } = answer
      if (isPutOff(answer)) return [updateRefund(db, refund.id, { failureCode: reason })]
      return [updateRefund(db, refund.id, { status: 'failed', failureCode: reason, failureMessage: message })]
    }
    case 'unknown':
      return [updateRefund(db, refund.id, { failureCode: answer.cause })]
  }
}

/** The provider has it, and doesn't say how it stands: it is not sent again. */
export const REFUND_EXISTS = 'reference_exists'

/** Not done, and not refused for good: the same may work later. */
export function isPutOff(answer: RefundAnswer): boolean {
  return answer.kind === 'refused' && answer.reason === 'rate_limited'
}

/** What a report of the provider's changes about the refund. */
export function newsOf(refund: RefundRow, reported: ReportedRefund): RefundNews {
  const after = afterReport(ourRefundOf(refund), reported)
  const { providerRefundId } = reported
  if (after === undefined) {
    // Why it was not known whether the provider has it is of no interest any more.
    const isAtWork = refund.status === 'pending' && reported.status === 'pending'
    return isAtWork ? { providerRefundId, status: 'pending', failureCode: null } : { providerRefundId }
  }
  const failureMessage = after.code === undefined ? null : (reported.message ?? null)
  return { providerRefundId, status: after.status, failureCode: after.code ?? null, failureMessage }
}
