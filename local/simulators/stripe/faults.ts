/** The faults that the Stripe simulator can show: the kit's, and what only Stripe does. */
import { z } from 'zod'
import type { Operation } from '../kit/driver.ts'
import { callFaults, FaultBoard, type FaultTarget, faultScope, moneyFaults, webhookFaults } from '../kit/faults.ts'

const [wrongAmount, wrongCurrency, , partialDebit] = moneyFaults

export const stripeFault = z.discriminatedUnion('kind', [
  ...callFaults,
  ...webhookFaults,
  wrongAmount,
  wrongCurrency,
  partialDebit,
  /** 409: as if the same idempotency key were in use by another call. */
  z.strictObject({ kind: z.literal('key_in_use'), ...faultScope }),
  /** 429 of an object that is busy: without the header that a limiter's has. */
  z.strictObject({ kind: z.literal('lock_timeout'), ...faultScope }),
  /** 503 before anything began. */
  z.strictObject({ kind: z.literal('unavailable'), ...faultScope }),
  /** A 500 without effect, saved under the idempotency key: the key has no other answer from then on. */
  z.strictObject({ kind: z.literal('saved_error'), ...faultScope }),
])

export type StripeFault = z.infer<typeof stripeFault>

/**
 * The words of `driver.ts` for our API operations. A payment is confirmed by its session, which is looked up in the list
 * where its id isn't known, and a restricted key is tried on the list: faults of all three strike it.
 */
const WORDS: Readonly<Record<string, readonly Operation[]>> = {
  create_session: ['create_checkout'],
  get_session: ['confirm'],
  list_sessions: ['confirm', 'list_payments', 'check_credentials'],
  list_line_items: ['confirm'],
  get_payment_intent: ['confirm'],
  list_payment_intents: ['confirm'],
  get_charge: ['confirm'],
  list_charges: ['confirm'],
  expire_session: ['close_checkout'],
  create_refund: ['create_refund'],
  get_refund: ['read_refunds'],
  list_refunds: ['read_refunds'],
  get_balance: ['check_credentials'],
}

/** A fault's `operation` is the name of an API operation, of an event, or a word of `driver.ts`. */
export class StripeFaultBoard extends FaultBoard<StripeFault> {
  override take<K extends StripeFault['kind']>(kind: K, target: FaultTarget) {
    for (const operation of [target.operation, ...(WORDS[target.operation] ?? [])]) {
      const fault = super.take(kind, { ...target, operation })
      if (fault !== undefined) return fault
    }
    return undefined
  }
}
