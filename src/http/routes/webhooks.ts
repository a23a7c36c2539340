/** `/api/v1/webhooks/`: where the merchant is told, and the log of how that went. */

import * as z from 'zod'
import { whyNotSendable } from '../../domain/custom-header.ts'
import { SUBSCRIPTIONS } from '../../domain/event.ts'
import { LIMITS } from '../../domain/limits.ts'
import { done } from '../../domain/problem.ts'
import {
  changeWebhookEndpoint,
  createWebhookEndpoint,
  deleteWebhookEndpoint,
  getWebhookEndpoint,
  listEndpoints,
  rotateEndpointSecret,
  testEndpoint,
} from '../../operations/webhooks/endpoints.ts'
import { type App, endpoint } from '../endpoint.ts'
import { EventSchema } from '../event-schema.ts'
import { listAnswer, readPage } from '../page.ts'
import { IdSchema, ListSchema, pageQuery } from '../schemas.ts'
import {
  CreatedWebhookEndpointSchema,
  DeletedWebhookEndpointSchema,
  DeliverySchema,
  EndpointStatusSchema,
  WebhookEndpointSchema,
} from '../webhook-schemas.ts'
import { listLog, logQuery } from './deliveries.ts'

const TAG = 'Webhooks'

// Not normalized here: it is judged as the merchant wrote it.
const UrlSchema = z
  .url({ protocol: /^https?$/ })
  .max(LIMITS.webhookUrlLength)
  .meta({ description: 'A public https address' })
const DescriptionSchema = z.string().trim().min(1).max(500)
const EventTypesSchema = z
  .array(z.enum(SUBSCRIPTIONS))
  .min(1)
  .max(SUBSCRIPTIONS.length)
  .meta({ description: 'Types, a family (`payment.*`), or `*` for all' })

const MetadataSchema = z
  .record(z.string().min(1).max(100), z.string().max(500))
  .refine(
    (metadata) => JSON.stringify(metadata).length <= LIMITS.metadataBytes,
    `is larger than ${LIMITS.metadataBytes} bytes`,
  )
const CustomHeadersSchema = z
  .record(z.string().toLowerCase(), z.string())
  .superRefine((headers, context) => {
    for (const [name, value] of Object.entries(headers)) {
      const why = whyNotSendable(name, value)
      if (why !== undefined) context.addIssue({ code: 'custom', path: [name], message: why })
    }
  })
  .refine(
    (headers) => Object.keys(headers).length <= LIMITS.customHeadersMax,
    `are more than ${LIMITS.customHeadersMax}`,
  )
  .meta({ description: 'Sent with every delivery, such as a password of yours', example: { 'x-shop': 'lagos-1' } })
const RateLimitSchema = z
  .int()
  .min(1)
  .max(6000)
  .nullable()
  .meta({ description: 'Deliveries a minute; null for no limit' })
const OrderedSchema = z
  .boolean()
  .meta({ description: 'Holds an event of a transaction back until the one before it was taken, or given up' })

const CreateWebhookEndpointSchema = z
  .strictObject({
    url: UrlSchema,
    description: DescriptionSchema.optional(),
    event_types: EventTypesSchema.default(['*']),
    metadata: MetadataSchema.default({}),
    custom_headers: CustomHeadersSchema.default({}),
    rate_limit: RateLimitSchema.default(null),
    ordered: OrderedSchema.default(false),
  })
  .meta({
    id: 'CreateWebhookEndpoint',
    example: { url: 'https://shop.example.com/hooks/paybridge', event_types: ['payment.succeeded', 'payment.failed'] },
  })

const UpdateWebhookEndpointSchema = z
  .strictObject({
    url: UrlSchema.optional(),
    description: DescriptionSchema.nullable().optional(),
    event_types: EventTypesSchema.optional(),
    metadata: MetadataSchema.optional(),
    custom_headers: CustomHeadersSchema.optional(),
    rate_limit: RateLimitSchema.optional(),
    ordered: OrderedSchema.optional(),
    status: EndpointStatusSchema.optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'names nothing to change')
  .meta({ id: 'UpdateWebhookEndpoint', example: { status: 'disabled' } })

const params = z.object({ id: IdSchema('whe') })

export function webhookRoutes(app: App): void {
  endpoint(app, {
    method: 'get',
    path: '/api/v1/webhooks/',
    scope: 'webhooks:read',
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
    scope: 'webhooks:write',
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
        metadata: body.metadata,
        customHeaders: body.custom_headers,
        rateLimit: body.rate_limit,
        ordered: body.ordered,
      }),
  })

  endpoint(app, {
    method: 'get',
    path: '/api/v1/webhooks/{id}/',
    scope: 'webhooks:read',
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
    scope: 'webhooks:write',
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
        ...(body.url === undefined ? {} : { url: body.url }),
        ...(body.description === undefined ? {} : { description: body.description }),
        ...(body.event_types === undefined ? {} : { eventTypes: body.event_types }),
        ...(body.metadata === undefined ? {} : { metadata: body.metadata }),
        ...(body.custom_headers === undefined ? {} : { customHeaders: body.custom_headers }),
        ...(body.rate_limit === undefined ? {} : { rateLimit: body.rate_limit }),
        ...(body.ordered === undefined ? {} : { ordered: body.ordered }),
        ...(body.status === undefined ? {} : { status: body.status }),
      })
      return changed.ok ? done({ status: 200, body: changed.value, replayed: false }) : changed
    },
  })

  endpoint(app, {
    method: 'delete',
    path: '/api/v1/webhooks/{id}/',
    scope: 'webhooks:write',
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
    scope: 'webhooks:read',
    tag: TAG,
    summary: 'List the deliveries to a webhook endpoint',
    params,
    query: z.strictObject(logQuery),
    answer: { status: 200, schema: ListSchema(DeliverySchema), description: 'Newest first, each with its attempts.' },
    problems: ['webhook_endpoint_not_found', 'cursor_malformed'],
    run: ({ deps, requester, params, query }) => listLog(deps, requester, query, params.id),
  })

  endpoint(app, {
    method: 'post',
    path: '/api/v1/webhooks/{id}/rotate_secret/',
    scope: 'webhooks:write',
    tag: TAG,
    summary: 'Replace the signing secret',
    description:
      'Until the overlap has passed every delivery carries two signatures, of the secret before and of this one.',
    params,
    body: z
      .strictObject({
        overlap_seconds: z.int().min(0).max(LIMITS.secretOverlapSecondsMax).default(LIMITS.secretOverlapSecondsDefault),
      })
      .meta({ id: 'RotateSecret', example: { overlap_seconds: 86_400 } }),
    answer: {
      status: 200,
      schema: CreatedWebhookEndpointSchema,
      description: 'The endpoint, its new secret shown once.',
    },
    problems: ['webhook_endpoint_not_found', 'idempotency_key_reused', 'idempotency_in_flight'],
    run: ({ deps, requester, params, body }) => rotateEndpointSecret(deps, requester, params.id, body.overlap_seconds),
  })

  endpoint(app, {
    method: 'post',
    path: '/api/v1/webhooks/{id}/test/',
    scope: 'webhooks:write',
    tag: TAG,
    summary: 'Send a test event',
    description: 'To this endpoint alone, whatever it subscribed to. How it went is in the list of its deliveries.',
    params,
    answer: { status: 202, schema: EventSchema, description: 'The event, on its way.' },
    problems: ['webhook_endpoint_not_found', 'webhook_endpoint_disabled'],
    run: ({ deps, requester, params }) => testEndpoint(deps, requester, params.id),
  })
}
