/** Webhook endpoints and deliveries on the wire. */

import * as z from 'zod'
import { DELIVERY_OUTCOMES, DELIVERY_STATUSES, EVENT_TYPES, SUBSCRIPTIONS } from '../domain/event.ts'
import { IdSchema, ModeSchema, TimeSchema } from './schemas.ts'

export const EndpointStatusSchema = z.enum(['active', 'disabled'])

export const WebhookEndpointSchema = z
  .object({
    id: IdSchema('whe'),
    object: z.literal('webhook_endpoint'),
    mode: ModeSchema,
    url: z.string(),
    description: z.string().nullable(),
    event_types: z.array(z.enum(SUBSCRIPTIONS)),
    metadata: z.record(z.string(), z.string()),
    custom_headers: z.array(z.string()).meta({ description: 'Their names; their values are never shown again' }),
    rate_limit: z.int().nullable().meta({ description: 'Deliveries a minute' }),
    ordered: z.boolean(),
    status: EndpointStatusSchema,
    disabled_because: z.enum(['asked', 'gone', 'failing']).nullable(),
    failing_since: TimeSchema.nullable().meta({ description: 'Nothing was accepted since then' }),
    paused_until: TimeSchema.nullable().meta({ description: 'Nobody was there: it is tried again then' }),
    previous_secret_until: TimeSchema.nullable().meta({ description: 'Until then two secrets sign' }),
    last_delivered_at: TimeSchema.nullable(),
    created_at: TimeSchema,
    updated_at: TimeSchema,
  })
  .meta({ id: 'WebhookEndpoint' })

export const CreatedWebhookEndpointSchema = WebhookEndpointSchema.extend({
  secret: z.string().meta({ description: 'Signs every delivery: shown in this answer and never again.' }),
}).meta({ id: 'CreatedWebhookEndpoint' })

export const DeletedWebhookEndpointSchema = z
  .object({ id: IdSchema('whe'), object: z.literal('webhook_endpoint'), deleted: z.literal(true) })
  .meta({ id: 'DeletedWebhookEndpoint' })

export const DeliverySchema = z
  .object({
    id: IdSchema('del'),
    object: z.literal('delivery'),
    mode: ModeSchema,
    endpoint_id: IdSchema('whe'),
    event_id: IdSchema('evt'),
    event_type: z.enum(EVENT_TYPES),
    status: z.enum(DELIVERY_STATUSES),
    next_attempt_at: TimeSchema.nullable(),
    created_at: TimeSchema,
    finished_at: TimeSchema.nullable(),
    attempts: z.array(
      z.object({
        number: z.int(),
        attempted_at: TimeSchema,
        duration_ms: z.int(),
        outcome: z.enum(DELIVERY_OUTCOMES),
        request_url: z.string().nullable(),
        request_headers: z
          .record(z.string(), z.string())
          .nullable()
          .meta({ description: 'As they were sent; the values of custom headers are hidden' }),
        response_status: z.int().nullable(),
        response_body: z.string().nullable().meta({ description: 'The first 4 KiB' }),
      }),
    ),
  })
  .meta({ id: 'Delivery' })

export const WebhookReplaySchema = z
  .object({
    id: IdSchema('rpl'),
    object: z.literal('webhook_replay'),
    mode: ModeSchema,
    endpoint_id: IdSchema('whe').nullable(),
    kind: z.enum(['replay', 'recover', 'resend']),
    first_number: z.int().nullable().meta({ description: 'Of the events: both ends included, null for none' }),
    last_number: z.int().nullable().meta({ description: 'Where the next replay goes on, if there was more' }),
    scheduled: z.int().meta({ description: 'How many deliveries' }),
    created_at: TimeSchema,
  })
  .meta({ id: 'WebhookReplay' })
