/** The refund as Chapa prints it, in either of its shapes (sheet, section 5). */
import type { AccountSettings } from './account.ts'
import { amountText } from './money.ts'
import type { Refund } from './refunds.ts'

export function refundAnswer(shape: AccountSettings['refundShape'], refund: Refund): Record<string, unknown> {
  const common = { amount: amountText(refund.amount), currency: refund.payment.currency }
  const { refId, payment, status } = refund
  if (shape === 'page') return { ...common, ref_id: refId, payment_reference: payment.reference, status }
  return {
    id: refund.id,
    ref: refId,
    chapa_reference: payment.reference,
    bank_reference: null,
    merchant_reference: refund.reference,
    ...common,
    reason: refund.reason,
    status: `Refund ${status.charAt(0).toUpperCase()}${status.slice(1)}`,
  }
}
