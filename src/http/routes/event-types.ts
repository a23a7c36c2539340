/** `/api/v1/webhooks/event-types/`: what a merchant can be told, for everybody to read, and the same in the OpenAPI document. */

import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi'
import * as z from 'zod'
import { EVENT_TYPES } from '../../domain/event.ts'
import { done } from '../../domain/problem.ts'
import { type App, publicEndpoint } from '../endpoint.ts'
import { describeEvents } from '../event-catalogue.ts'

const TAG = 'Webhooks'

const EventTypeSchema = z
  .object({
    object: z.literal('event_type'),
    type: z.enum(EVENT_TYPES),
    description: z.string(),
    schema: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema (2020-12) of the whole event' }),
    example: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'EventType' })

export const EventTypesSchema = z.object({ object: z.literal('list'), data: z.array(EventTypeSchema) })

export function eventTypeRoutes(app: App): void {
  publicEndpoint(app, {
    method: 'get',
    path: '/api/v1/webhooks/event-types/',
    tag: TAG,
    summary: 'List the types of events',
    description: 'All that an endpoint can subscribe to. Fields may be added to an event at any time: let them pass.',
    answer: { status: 200, schema: EventTypesSchema, description: 'Each type with its JSON Schema and an example.' },
    async run() {
      const data = describeEvents().map(({ type, description, jsonSchema, example }) => ({
        object: 'event_type',
        type,
        description,
        schema: jsonSchema,
        example,
      }))
      return done({ status: 200, body: { object: 'list', data }, replayed: false })
    },
  })
}

/** The headers that every delivery carries (standardwebhooks.com). */
const HeadersSchema = z.object({
  'webhook-id': z.string().meta({ description: "The event's id, the same at every attempt" }),
  'webhook-timestamp': z.string().meta({ description: 'When this attempt was made, in seconds since 1970' }),
  'webhook-signature': z.string().meta({
    description: '`v1,` and the HMAC-SHA-256 of id, timestamp and body in base64; two while a secret is being replaced',
  }),
})

/** Puts every event type among the document's webhooks. */
export function documentWebhooks(registry: OpenAPIRegistry): void {
  for (const { type, description, schema, example } of describeEvents()) {
    registry.registerWebhook({
      method: 'post',
      path: type,
      tags: [TAG],
      summary: type,
      description,
      security: [],
      request: {
        headers: HeadersSchema,
        body: { required: true, content: { 'application/json': { schema, example } } },
      },
      responses: {
        '2XX': { description: 'It was taken. Anything else, or no answer within 15 seconds, is tried again.' },
        410: { description: 'The endpoint is gone: it is disabled at once.' },
      },
    })
  }
}
