/**
 * Stripe's words: the shapes of its answers and its statuses. Facts: docs.stripe.com/api, on Checkout Sessions,
 * PaymentIntents and refunds, and docs.stripe.com/checkout/fulfillment.
 */

import * as z from 'zod'
import type { RefundReport } from '../../domain/refund.ts'
import type { ReportedStatus } from '../../domain/verdict.ts'
import { CurrencyCode, WireAmount, wordTable } from '../kit/schemas.ts'
import { Words } from '../kit/words.ts'

/** A time as Stripe writes it: whole seconds. */
export const unixSeconds = (time: Date): number => Math.floor(time.getTime() / 1000)

/** Opaque, and up to 255 characters long. */
const Id = z.string().regex(/^\w{1,255}$/)
const Message = Words.nullish().catch(undefined)

/** A session as every list and answer has it, whoever made it. */
export const SessionKey = z.object({ id: Id, client_reference_id: z.string().nullish() })

/** The answer to a session's creation and to its expiry. */
export const SessionPage = SessionKey.extend({ status: z.string(), url: z.string().nullish() })

const PaymentIntent = z.object({
  id: Id,
  status: z.string(),
  amount_received: WireAmount,
  currency: CurrencyCode,
  last_payment_error: z.object({ message: Message }).nullish().catch(undefined),
  latest_charge: z.object({ amount_refunded: WireAmount }).nullish(),
})

/** A session with its PaymentIntent and that one's charge in it: there is none before the payer tries to pay. */
export const Session = SessionKey.extend({
  mode: z.string(),
  status: z.string().nullish(),
  payment_status: z.string(),
  /** Null, as the currency, where the session is of no payment. */
  amount_total: WireAmount.nullish(),
  currency: CurrencyCode.nullish(),
  livemode: z.boolean(),
  payment_intent: PaymentIntent.nullish(),
})

export const Refund = z.object({
  id: Id,
  amount: WireAmount,
  currency: CurrencyCode,
  status: z.string().nullish(),
  metadata: z
    .object({ refund_id: z.string().nullish().catch(undefined) })
    .nullish()
    .catch(undefined),
  /** None where it is of a charge that was made without one. */
  payment_intent: Id.nullish().catch(undefined),
  failure_reason: Message,
  /** Unix seconds. */
  created: z.int().nonnegative(),
})

/** Session, its payment_status, its PaymentIntent: three words that mean something together. */
const statusOf = wordTable<ReportedStatus>(
  {
    'open/unpaid/none': 'unpaid',
    'open/unpaid/requires_payment_method': 'unpaid',
    'open/unpaid/requires_confirmation': 'unpaid',
    'open/unpaid/requires_action': 'unpaid',
    'open/unpaid/processing': 'processing',
    // Read between two steps of Stripe's: the session follows its PaymentIntent.
    'open/unpaid/succeeded': 'processing',
    'complete/unpaid/succeeded': 'processing',
    'complete/unpaid/processing': 'processing',
    'complete/unpaid/requires_action': 'processing',
    'complete/unpaid/requires_payment_method': 'failed',
    'complete/unpaid/canceled': 'failed',
    'complete/paid/succeeded': 'paid',
    'expired/unpaid/none': 'closed',
    'expired/unpaid/canceled': 'closed',
    // That Stripe cancels what a declined try left behind is not confirmed; without its session nobody can pay it.
    'expired/unpaid/requires_payment_method': 'closed',
    'expired/unpaid/requires_confirmation': 'closed',
    // Late money is money, whatever else the session says.
    'expired/unpaid/succeeded': 'paid',
    'expired/paid/succeeded': 'paid',
    'expired/no_payment_required/succeeded': 'paid',
    'expired/unpaid/processing': 'processing',
    'expired/paid/processing': 'processing',
    'expired/no_payment_required/processing': 'processing',
  },
  'unrecognised',
)

/** An unlisted combination is never success and never failure. */
export function reportedStatus({ status, payment_status, payment_intent }: z.output<typeof Session>): ReportedStatus {
  const reported = statusOf(`${status}/${payment_status}/${payment_intent?.status ?? 'none'}`)
  const wasDeclined = payment_intent?.status === 'requires_payment_method' && payment_intent.last_payment_error
  return reported === 'unpaid' && wasDeclined ? 'declined' : reported
}

/** `succeeded` is not final: a bank may turn the money away days later. */
export const refundReport = wordTable<RefundReport>(
  {
    pending: 'pending',
    requires_action: 'requires_action',
    succeeded: 'succeeded',
    failed: 'failed',
    canceled: 'failed',
  },
  'unrecognised',
)
