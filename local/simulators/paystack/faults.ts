/** The faults that the Paystack simulator can show: the kit's, and what only Paystack does or leaves open. */
import { z } from 'zod'
import { callFaults, FaultBoard, faultScope, moneyFaults, webhookFaults } from '../kit/faults.ts'

const METADATA_SHAPES = ['as_sent', 'numbers_as_strings', 'with_referrer', 'string', 'empty', 'null', 'zero'] as const

export const paystackFault = z.discriminatedUnion('kind', [
  ...callFaults,
  ...webhookFaults,
  ...moneyFaults,
  /** Slashes escaped and blanks between the fields: an equal object, other bytes. */
  z.strictObject({ kind: z.literal('webhook_escaped'), ...faultScope }),
  /** Every amount of the event as a string of digits. */
  z.strictObject({ kind: z.literal('webhook_string_amounts'), ...faultScope }),
  /** Refund events without `data.id`, as in most published samples. */
  z.strictObject({ kind: z.literal('webhook_without_id'), ...faultScope }),
  /** How `metadata` comes back (sheet, trap 7). */
  z.strictObject({ kind: z.literal('metadata_shape'), shape: z.enum(METADATA_SHAPES), ...faultScope }),
  /** An unknown reference is 404, as the specification says, instead of the observed 400. */
  z.strictObject({ kind: z.literal('unknown_reference_404'), ...faultScope }),
  /** Errors of nothing but `status` and `message`. */
  z.strictObject({ kind: z.literal('short_errors'), ...faultScope }),
  /** A failed payment stays failed; otherwise the payer may try again on the same page. */
  z.strictObject({ kind: z.literal('failed_is_final'), ...faultScope }),
  /** A transaction reads `reversed` after a partial refund, not `success` again (unconfirmed either way). */
  z.strictObject({ kind: z.literal('partial_refund_reverses'), ...faultScope }),
])

export type PaystackFault = z.infer<typeof paystackFault>
export type MoneyFault = z.infer<(typeof moneyFaults)[number]>
export type MetadataShape = (typeof METADATA_SHAPES)[number]
export type PaystackFaultBoard = FaultBoard<PaystackFault>

export const createPaystackFaultBoard = (): PaystackFaultBoard => new FaultBoard<PaystackFault>()
