/** `/api/v1/webhooks/`: where the merchant is told, and the log of how that went. */

import { z } from '@hono/zod-openapi'
import { DELIVERY_OUTCOMES, DELIVERY_STATUSES, SUBSCRIPTIONS } from '../../domain/event.ts'
import { done } from '../../domain/problem.ts'
import {
  changeWebhookEndpoint,
  createWebhookEndpoint,
  deleteWebhookEndpoint,
  getWebhookEndpoint,
  listDeliveriesOf,
  listEndpoints,
} from '../../operations/webhooks/endpoints.ts'
import { type App, endpoint } from '../endpoint.ts'
import { listAnswer, readPage } from '../page.ts'
import { IdSchema, ListSchema, ModeSchema, pageQuery, TimeSchema } from '../schemas.ts'

const TAG = 'Webhooks'

const StatusSchema = z.enum(['active', 'disabled'])

export const WebhookEndpointSchema = z
  .object({
    id: IdSchema('whe'),
    object: z.literal('webhook_endpoint'),
    mode: ModeSchema,
    url: z.string(),
    description: z.string().nullable(),
    event_types: z.array(z.enum(SUBSCRIPTIONS)),
    status: StatusSchema,
    last_delivered_at: TimeSchema.nullable(),
    created_at: TimeSchema,
    updated_at: TimeSchema,
  })
  .openapi('WebhookEndpoint')

export const CreatedWebhookEndpointSchema = WebhookEndpointSchema.extend({
  secret: z.string().openapi({ description: 'Signs every delivery: shown in this answer and never again.' }),
}).openapi('CreatedWebhookEndpoint')

export const DeletedWebhookEndpointSchema = z
  .object({ id: IdSchema('whe'), object: z.literal('webhook_endpoint'), deleted: z.literal(true) })
  .openapi('DeletedWebhookEndpoint')

export const DeliverySchema = z
  .object({
    id: IdSchema('del'),
    object: z.literal('delivery'),
    mode: ModeSchema,
    endpoint_id: IdSchema('whe'),
    event_id: IdSchema('evt'),
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
        response_status: z.int().nullable(),
        response_body: z.string().nullable().openapi({ description: 'The first 4 KiB' }),
      }),
    ),
  })
  .openapi('Delivery')

// Normalized before it is measured: what is stored is what is sent to.
const UrlSchema = z
  .url({ protocol: /^https?$/, normalize: true })
  .max(2000)
  .openapi({ description: 'A public https address' })
const DescriptionSchema = z.string().trim().min(1).max(500)
const EventTypesSchema = z
  .array(z.enum(SUBSCRIPTIONS))
  .min(1)
  .max(SUBSCRIPTIONS.length)
  .openapi({ description: 'Types, a family (`payment.*`), or `*` for all' })

const CreateWebhookEndpointSchema = z
  .strictObject({
    url: UrlSchema,
    description: DescriptionSchema.optional(),
    event_types: EventTypesSchema.default(['*']),
  })
  .openapi('CreateWebhookEndpoint', {
    example: { url: 'https://shop.example.com/hooks/paybridge', event_types: ['payment.succeeded', 'payment.failed'] },
  })

const UpdateWebhookEndpointSchema = z
  .strictObject({
    url: UrlSchema.optional(),
    description: DescriptionSchema.nullable().optional(),
    event_types: EventTypesSchema.optional(),
    status: StatusSchema.optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'names nothing to change')
  .openapi('UpdateWebhookEndpoint', { example: { status: 'disabled' } })

const params = z.object({ id: IdSchema('whe') })

export function webhookRoutes(app: App): void {
  endpoint(app, {
    method: 'get',
    path: '/api/v1/webhooks/',
    tag: TAG,
    summary: 'List webhook endpoints',
    query: z.strictObject(pageQuery),
    answer: { status: 200, schema: ListSchema(WebhookEndpointSchema), description: 'Newest first, without secrets.' },
    problems: ['cursor_malformed'],
    async run({ deps, requester, query }) {
      const page = readPage('whe', query)
      return page.ok ? listAnswer(await listEndpoints(deps, requester, page.value)) : page
    },
  })

  endpoint(app, {
    method: 'post',
    path: '/api/v1/webhooks/',
    tag: TAG,
    summary: 'Create a webhook endpoint',
    description:
      'Deliveries are signed as standardwebhooks.com says, with the secret of this answer. `webhook-id` is the ' +
      "event's id: the same event may come twice, and then has the same id. Answer 200 to 299 within 15 seconds; " +
      'anything else is tried again, ten times over three days.',
    body: CreateWebhookEndpointSchema,
    answer: { status: 201, schema: CreatedWebhookEndpointSchema, description: 'The endpoint, its secret shown once.' },
    problems: [
      'webhook_url_forbidden',
      'webhook_endpoints_too_many',
      'idempotency_key_reused',
      'idempotency_in_flight',
    ],
    run: ({ deps, requester, body }) =>
      createWebhookEndpoint(deps, requester, {
        url: body.url,
        description: body.description ?? null,
        eventTypes: body.event_types,
      }),
  })

  endpoint(app, {
    method: 'get',
    path: '/api/v1/webhooks/{id}/',
    tag: TAG,
    summary: 'Get a webhook endpoint',
    params,
    answer: { status: 200, schema: WebhookEndpointSchema, description: 'The endpoint, without its secret.' },
    problems: ['webhook_endpoint_not_found'],
    async run({ deps, requester, params }) {
      const found = await getWebhookEndpoint(deps, requester, params.id)
      return found.ok ? done({ status: 200, body: found.value, replayed: false }) : found
    },
  })

  endpoint(app, {
    method: 'patch',
    path: '/api/v1/webhooks/{id}/',
    tag: TAG,
    summary: 'Change a webhook endpoint',
    description:
      'A disabled endpoint is told nothing, and what was pending for it is dropped. Enabled again, it is told what ' +
      'happens from then on: what it missed is in `/api/v1/events/`.',
    params,
    body: UpdateWebhookEndpointSchema,
    answer: { status: 200, schema: WebhookEndpointSchema, description: 'The changed endpoint.' },
    problems: ['webhook_endpoint_not_found', 'webhook_url_forbidden'],
    async run({ deps, requester, params, body }) {
      const changed = await changeWebhookEndpoint(deps, requester, params.id, {
        url: body.url,
        description: body.description,
        eventTypes: body.event_types,
        status: body.status,
      })
      return changed.ok ? done({ status: 200, body: changed.value, replayed: false }) : changed
    },
  })

  endpoint(app, {
    method: 'delete',
    path: '/api/v1/webhooks/{id}/',
    tag: TAG,
    summary: 'Delete a webhook endpoint',
    description: 'What was pending for it is dropped. The log of its deliveries stays.',
    params,
    answer: { status: 200, schema: DeletedWebhookEndpointSchema, description: 'It is gone.' },
    problems: ['webhook_endpoint_not_found'],
    async run({ deps, requester, params }) {
      const deleted = await deleteWebhookEndpoint(deps, requester, params.id)
      return deleted.ok ? done({ status: 200, body: deleted.value, replayed: false }) : deleted
    },
  })

  endpoint(app, {
    method: 'get',
    path: '/api/v1/webhooks/{id}/deliveries/',
    tag: TAG,
    summary: 'List the deliveries to a webhook endpoint',
    params,
    query: z.strictObject({ ...pageQuery, status: z.enum(DELIVERY_STATUSES).optional() }),
    answer: { status: 200, schema: ListSchema(DeliverySchema), description: 'Newest first, each with its attempts.' },
    problems: ['webhook_endpoint_not_found', 'cursor_malformed'],
    async run({ deps, requester, params, query }) {
      const page = readPage('del', query)
      if (!page.ok) return page
      return listAnswer(await listDeliveriesOf(deps, requester, params.id, query.status, page.value))
    },
  })
}
