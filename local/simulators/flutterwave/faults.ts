/** The faults that the Flutterwave simulator can show: the kit's, and what only Flutterwave does. Amounts are minor units. */
import { z } from 'zod'
import type { Operation } from '../kit/driver.ts'
import { callFaults, FaultBoard, type FaultTarget, faultScope, moneyFaults, webhookFaults } from '../kit/faults.ts'

export const flutterwaveFault = z.discriminatedUnion('kind', [
  ...callFaults,
  ...webhookFaults,
  ...moneyFaults,
  /** 28 seconds inside, then 503: nobody can tell what became of it. */
  z.strictObject({ kind: z.literal('timed_out'), when: z.enum(['before', 'after']).default('before'), ...faultScope }),
  /** 403 and a page of the edge, before anything has happened. */
  z.strictObject({ kind: z.literal('forbidden_page'), ...faultScope }),
  /** The header says another hash. */
  z.strictObject({ kind: z.literal('webhook_wrong_hash'), ...faultScope }),
  z.strictObject({ kind: z.literal('webhook_without_hash'), ...faultScope }),
  /** The header is right and the amount of the body is not: the hash signs nothing. */
  z.strictObject({ kind: z.literal('webhook_forged_amount'), amount: z.int().positive().default(100), ...faultScope }),
])
export type FlutterwaveFault = z.infer<typeof flutterwaveFault>

/** Every call of the API, and what a merchant's system wants with it in the words of the kit's driver. */
export const OPERATION_OF = {
  payments: 'create_checkout',
  disable_link: 'close_checkout',
  verify: 'confirm',
  verify_by_reference: 'confirm',
  list_by_reference: 'confirm',
  list_transactions: 'list_payments',
  create_refund: 'create_refund',
  fetch_refund: 'read_refunds',
  list_refunds: 'read_refunds',
  balances: 'check_credentials',
  transaction_events: null,
  resend_hook: null,
  fee: null,
  list_chargebacks: null,
  answer_chargeback: null,
} as const satisfies Record<string, Operation | null>
export type ApiOperation = keyof typeof OPERATION_OF

const groupOf = new Map<string, Operation | null>(Object.entries(OPERATION_OF))

type OfKind<K> = { [P in FlutterwaveFault['kind']]: Extract<FlutterwaveFault, { kind: P }> }[K &
  FlutterwaveFault['kind']]

/** A fault may name a call of the API or, in the driver's words, all the calls of one purpose. */
export class FlutterwaveFaultBoard extends FaultBoard<FlutterwaveFault> {
  override take<K extends FlutterwaveFault['kind']>(kind: K, target: FaultTarget): OfKind<K> | undefined {
    const group = groupOf.get(target.operation)
    const narrow = super.take(kind, target)
    return narrow ?? (group ? super.take(kind, { ...target, operation: group }) : undefined)
  }
}
