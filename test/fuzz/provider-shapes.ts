/** The types of the providers' contract as schemas: what a plug-in may hand over, whatever it was sent. */

import { z } from 'zod'
import { REFUND_STATUSES } from '../../src/domain/refund.ts'
import { MODES } from '../../src/domain/transaction.ts'
import { REPORTED_STATUSES } from '../../src/domain/verdict.ts'
import type { Errand } from './provider-subjects.ts'

/** What Postgres can store. */
const storable = z.string().refine((text) => !text.includes('\0') && text.isWellFormed(), 'can’t be stored')
const words = storable.max(500)
const amount = z.bigint().nonnegative().or(z.undefined())
const maybe = storable.min(1).max(500).optional()

const Unknown = z.strictObject({
  kind: z.literal('unknown'),
  cause: z.enum(['timed_out', 'unreachable', 'server_error', 'answer_not_json', 'answer_unrecognised']),
})
const Refused = z.strictObject({
  kind: z.literal('refused'),
  reason: z.enum(['credentials_refused', 'currency_not_supported', 'request_refused', 'rate_limited']),
  message: words,
})
const bare = (kind: string) => z.strictObject({ kind: z.literal(kind) })
const Reported = z.strictObject({
  reference: z.string(),
  amount,
  collected: amount,
  fee: amount,
  currency: z.string().regex(/^[A-Za-z]{3}$/),
  mode: z.enum(MODES).or(z.undefined()),
  providerTransactionId: storable.min(1).max(300),
})
export const FoundReport = z.strictObject({
  kind: z.literal('found'),
  status: z.enum(REPORTED_STATUSES),
  reported: Reported,
  message: words.optional(),
})
const Refund = z.looseObject({ status: z.enum([...REFUND_STATUSES, 'unrecognised']) })
const ListedRefund = Refund.extend({
  providerTransactionId: storable.min(1).max(300),
  providerRefundId: storable.min(1).max(300),
})
const Listed = z.strictObject({
  reference: z.string().optional(),
  providerTransactionId: storable.min(1).max(300),
  status: z.enum(REPORTED_STATUSES),
  amount,
  currency: z.string(),
  isRefunded: z.boolean(),
})

const CLEAR: Readonly<Record<Errand, readonly z.ZodType[]>> = {
  createCheckout: [
    z.strictObject({ kind: z.literal('opened'), checkoutUrl: z.url().max(2_000), checkoutId: maybe }),
    bare('exists'),
  ],
  confirm: [FoundReport, bare('not_found')],
  closeCheckout: [bare('closed'), bare('too_late')],
  createRefund: [z.strictObject({ kind: z.literal('made'), refund: Refund }), bare('exists')],
  readRefunds: [z.strictObject({ kind: z.literal('listed'), refunds: z.array(Refund), isComplete: z.boolean() })],
  listPayments: [
    z.strictObject({ kind: z.literal('page'), payments: z.array(Listed), next: z.string().max(1_000).optional() }),
  ],
  listRefunds: [
    z.strictObject({ kind: z.literal('page'), refunds: z.array(ListedRefund), next: z.string().max(900).optional() }),
  ],
  checkCredentials: [bare('valid'), z.strictObject({ kind: z.literal('invalid'), message: words })],
}

/** @returns the schema of all that may come of the errand */
export const shapeOf = (errand: Errand): z.ZodType => z.union([...CLEAR[errand], Refused, Unknown])

export const Claim = z
  .strictObject({
    type: storable.min(1).max(200),
    dedupeKey: storable.min(1).max(400),
    about: z.enum(['payment', 'refund', 'nothing']),
    reference: z
      .string()
      .regex(/^[\w.=-]{1,200}$/)
      .optional(),
    providerTransactionId: z
      .string()
      .regex(/^[\w.-]{1,200}$/)
      .optional(),
  })
  .refine(
    ({ about, reference, providerTransactionId: id }) => about === 'nothing' || (reference ?? id) !== undefined,
    'is about something that it doesn’t name',
  )
