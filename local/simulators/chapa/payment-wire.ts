/** The payment as Chapa prints it: one object in several dialects (verify, cancel, list, log, event). */
import type { Mode } from './account.ts'
import { amountNumber, amountText } from './money.ts'
import { isPaid, type Payment } from './payment.ts'

/** UTC with microseconds. */
export function timeText(at: Date): string {
  return at.toISOString().replace('Z', '000Z')
}

/** `data` of verify. */
export function verifiedPayment(mode: Mode, payment: Payment, dialect: 'measured' | 'documented') {
  return {
    first_name: payment.firstName,
    last_name: payment.lastName,
    email: payment.email,
    ...(dialect === 'measured' && { phone_number: payment.phoneNumber }),
    currency: payment.currency,
    amount: amountNumber(payment.amount),
    charge: isPaid(payment) && payment.charge !== null ? amountNumber(payment.charge) : null,
    mode,
    method: payment.triedWith?.method.id ?? null,
    type: payment.reference === null ? 'Unknown' : payment.origin,
    // Chapa's page of verify has `failed`; clients see the webhooks' word.
    status: dialect === 'documented' && payment.status === 'failed/cancelled' ? 'failed' : payment.status,
    reference: payment.reference,
    tx_ref: payment.txRef,
    customization: payment.customization,
    meta: payment.meta,
    created_at: timeText(payment.createdAt),
    updated_at: timeText(payment.updatedAt),
  }
}

/** `data` of a cancellation. */
export function cancelledPayment(payment: Payment) {
  return {
    tx_ref: payment.txRef,
    amount: amountText(payment.amount),
    currency: payment.currency,
    created_at: timeText(payment.createdAt),
    updated_at: timeText(payment.updatedAt),
  }
}

/** A row of the list: Chapa's reference only, three decimals. */
export function listedPayment(payment: Payment) {
  return {
    status: payment.status,
    ref_id: payment.reference,
    type: payment.origin,
    created_at: timeText(payment.createdAt),
    currency: payment.currency,
    amount: amountText(payment.amount, 3),
    charge: amountText(payment.charge ?? 0, 3),
    trans_id: null,
    payment_method: payment.triedWith?.method.id ?? null,
    customer: {
      id: payment.customerId,
      email: payment.email,
      first_name: payment.firstName,
      last_name: payment.lastName,
      mobile: payment.triedWith?.number ?? payment.phoneNumber,
    },
  }
}

/** `data` of the payment's log. */
export function loggedEvents(payment: Payment) {
  return payment.log.map(({ type, message, at }, index) => ({
    item: index + 1,
    message,
    type,
    created_at: timeText(at),
    updated_at: timeText(at),
  }))
}

/** A webhook's body, in the recorded order of keys. Live bodies lack `failure_reason`, and have empty names for null. */
export function eventBody(
  mode: Mode,
  payment: Payment,
  { event, wrongMode, delta }: { event: string; wrongMode: boolean; delta: number },
) {
  const noName = mode === 'live' ? '' : null
  return {
    event,
    first_name: payment.firstName ?? noName,
    last_name: payment.lastName ?? noName,
    email: payment.email,
    mobile: mode === 'live' ? mobileOf(payment) : payment.phoneNumber,
    currency: payment.currency,
    amount: amountText(Math.max(payment.amount + delta, 1)),
    charge: amountText(payment.charge ?? 0),
    status: payment.status,
    ...(mode === 'test' && { failure_reason: payment.failureReason }),
    mode: wrongMode ? (mode === 'live' ? 'test' : 'live') : mode,
    reference: payment.reference,
    created_at: timeText(payment.createdAt),
    updated_at: timeText(payment.updatedAt),
    type: payment.origin,
    tx_ref: payment.txRef,
    payment_method: payment.triedWith?.method.id ?? null,
    customization: payment.customization,
    meta: payment.meta,
  }
}

/** A wallet's number with the country before it. */
function mobileOf({ triedWith, phoneNumber }: Payment): string | null {
  const number = triedWith?.method.kind === 'wallet' ? triedWith.number : phoneNumber
  return number === null ? null : number.replace(/^0/, '251')
}
