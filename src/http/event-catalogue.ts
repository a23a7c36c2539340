/**
 * The catalogue of event types: what each of them tells, the shape of its `data`, and an example. A type without an entry
 * does not compile. The routes, the OpenAPI document's webhooks and the docs are made from it.
 */

import * as z from 'zod'
import { EVENT_TYPES, type EventType } from '../domain/event.ts'
import { type JsonObject, parseJsonObject } from '../domain/json.ts'
import type { RefundStatus } from '../domain/refund.ts'
import type { TransactionStatus } from '../domain/transaction.ts'
import { ATTEMPT, DRIFT, ENVELOPE, REFUND, TRANSACTION, WEBHOOK_ENDPOINT } from './event-examples.ts'
import { EventSchema } from './event-schema.ts'
import { DriftSchema } from './routes/reconciliation.ts'
import { RefundSchema } from './routes/refunds.ts'
import { DuplicateChargeSchema, TransactionSchema } from './routes/transactions.ts'
import { WebhookEndpointSchema } from './webhook-schemas.ts'

interface Entry {
  /** One sentence. */
  description: string
  /** Of `data`. */
  schema: z.ZodObject
  /** Of `data`, made from the example of its kind. */
  example: JsonObject
}

const LATER = '2026-11-24T09:31:00.000Z'

const payment = (
  status: TransactionStatus,
  description: string,
  changes: Partial<z.input<typeof TransactionSchema>> = {},
): Entry => ({
  description,
  schema: TransactionSchema.extend({ status: z.literal(status) }),
  example: { ...TRANSACTION, ...changes, status },
})

const refund = (
  status: RefundStatus,
  description: string,
  changes: Partial<z.input<typeof RefundSchema>> = {},
): Entry => ({
  description,
  schema: RefundSchema.extend({ status: z.literal(status) }),
  example: { ...REFUND, ...changes, status },
})

const PAID = {
  checkout_url: null,
  fee: 2_250,
  net_amount: 147_750,
  succeeded_at: LATER,
  updated_at: LATER,
} satisfies Partial<z.input<typeof TransactionSchema>>

const CLOSED = { checkout_url: null, updated_at: LATER }

const catalogue = (): Readonly<Record<EventType, Entry>> => ({
  'payment.created': payment('pending', 'A payment was asked for; its customer can pay as soon as it has its page.', {
    checkout_url: null,
  }),
  'payment.processing': payment('processing', 'The customer has begun to pay, and the money is on its way.', {
    updated_at: LATER,
  }),
  'payment.succeeded': payment('succeeded', 'The provider confirmed the payment: amount and currency are right.', PAID),
  'payment.failed': payment('failed', 'The payment failed for good; money that comes all the same is told.', {
    ...CLOSED,
    failure_reason: 'Declined by the bank',
  }),
  'payment.expired': payment('expired', 'Nobody paid before the deadline.', {
    ...CLOSED,
    updated_at: TRANSACTION.expires_at,
  }),
  'payment.cancelled': payment('cancelled', 'The payment was called off before it was paid.', CLOSED),
  'payment.requires_review': payment(
    'requires_review',
    'The provider reports money that does not match: somebody has to look at it.',
    { ...CLOSED, review_reason: 'amount_mismatch' },
  ),
  'payment.duplicate_charge': {
    description: 'Money was taken once more for a payment that was paid already: give it back.',
    schema: DuplicateChargeSchema,
    example: { ...TRANSACTION, ...PAID, status: 'succeeded', duplicate_attempt: ATTEMPT },
  },
  'refund.created': refund('pending', 'A refund was asked for, here or on the provider’s dashboard.'),
  'refund.pending': refund('pending', 'A refund that waited for somebody is under way again.', {
    provider_refund_id: '3018284',
    updated_at: LATER,
  }),
  'refund.requires_action': refund('requires_action', 'The provider needs something of you before it refunds.', {
    provider_refund_id: '3018284',
    failure_message: 'The account details of the customer are missing',
    updated_at: LATER,
  }),
  'refund.succeeded': refund('succeeded', 'The money went back.', {
    provider_refund_id: '3018284',
    updated_at: LATER,
    finished_at: LATER,
  }),
  'refund.failed': refund('failed', 'The money did not go back, or came back to you.', {
    provider_refund_id: '3018284',
    failure_code: 'failed',
    failure_message: 'The account is closed',
    updated_at: LATER,
    finished_at: LATER,
  }),
  'drift.found': {
    description: 'Our books and the provider’s differ about a payment.',
    schema: DriftSchema.extend({ status: z.literal('open') }),
    example: DRIFT,
  },
  'drift.corrected': {
    description: 'Both books say the same again.',
    schema: DriftSchema.extend({ status: z.literal('corrected') }),
    example: { ...DRIFT, status: 'corrected', corrected_at: LATER },
  },
  'webhook.test': {
    description: 'You asked for it, to try this endpoint: no other endpoint is told.',
    schema: WebhookEndpointSchema,
    example: WEBHOOK_ENDPOINT,
  },
  'webhook.failing': {
    description: 'An endpoint has accepted nothing for a day or more; after five days it is disabled.',
    schema: WebhookEndpointSchema.extend({ status: z.literal('active') }),
    example: { ...WEBHOOK_ENDPOINT, failing_since: '2026-11-23T09:30:00.000Z', paused_until: LATER },
  },
  'webhook.disabled': {
    description: 'An endpoint was disabled because it is gone (410), or has accepted nothing for days.',
    schema: WebhookEndpointSchema.extend({ status: z.literal('disabled') }),
    example: { ...WEBHOOK_ENDPOINT, status: 'disabled', disabled_because: 'gone' },
  },
})

/** A type of the catalogue, with the whole event that is told. */
export interface EventDescription {
  type: EventType
  description: string
  /** Of the event, envelope included. */
  schema: z.ZodObject
  /** The same as JSON Schema (2020-12). It is open: fields are added without a new version of the API. */
  jsonSchema: JsonObject
  example: JsonObject
}

let described: readonly EventDescription[] | undefined

/** Every type, in the order of the domain's list. Made when it is first asked for: a cold start doesn't wait for it. */
export function describeEvents(): readonly EventDescription[] {
  if (described !== undefined) return described
  const entries = catalogue()
  described = EVENT_TYPES.map((type) => describe(type, entries[type]))
  return described
}

function describe(type: EventType, { description, schema: data, example }: Entry): EventDescription {
  const schema = z.object({ ...EventSchema.shape, type: z.literal(type), data })
  return {
    type,
    description,
    schema,
    jsonSchema: toJsonSchema(schema),
    example: { ...ENVELOPE, type, data: example },
  }
}

const NO_METADATA = z.registry<z.core.GlobalMeta>()

function toJsonSchema(schema: z.ZodObject): JsonObject {
  const made = z.toJSONSchema(schema, {
    // The other direction closes every object to fields that it doesn't know.
    io: 'input',
    // Names and hints are of the OpenAPI document: an event's schema stands by itself.
    metadata: NO_METADATA,
    override({ jsonSchema }) {
      // The format says the same in one word.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
    },
  })
  return parseJsonObject(JSON.stringify(made))
}
