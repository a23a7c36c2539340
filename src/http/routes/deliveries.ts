/** Deliveries: the log of what was sent to endpoints, and what is sent again. */

import * as z from 'zod'
import { DELIVERY_STATUSES, type DeliveryStatus, EVENT_TYPES, type EventType } from '../../domain/event.ts'
import { done, type Outcome } from '../../domain/problem.ts'
import type { Answer, Requester } from '../../operations/claimed.ts'
import type { Deps } from '../../operations/deps.ts'
import { getDelivery, listDeliveriesOf } from '../../operations/webhooks/endpoints.ts'
import { recoverFailed, replayMissed, resendDelivery, resendEvent } from '../../operations/webhooks/replays.ts'
import { type App, endpoint } from '../endpoint.ts'
import { listAnswer, readPage } from '../page.ts'
import { IdSchema, ListSchema, pageQuery, TimeSchema } from '../schemas.ts'
import { DeliverySchema, WebhookReplaySchema } from '../webhook-schemas.ts'

const TAG = 'Webhooks'

/** What a log of deliveries can be asked by. */
export const logQuery = {
  ...pageQuery,
  status: z.enum(DELIVERY_STATUSES).optional(),
  type: z.enum(EVENT_TYPES).optional(),
  event_id: IdSchema('evt').optional(),
  created_from: TimeSchema.optional(),
  created_before: TimeSchema.optional(),
}

interface LogQuery {
  limit: number
  cursor?: string | undefined
  status?: DeliveryStatus | undefined
  type?: EventType | undefined
  event_id?: string | undefined
  created_from?: string | undefined
  created_before?: string | undefined
}

/** @param endpointId undefined for the deliveries to all endpoints */
export async function listLog(
  deps: Deps,
  requester: Requester,
  query: LogQuery,
  endpointId: string | undefined,
): Promise<Outcome<Answer>> {
  const page = readPage('del', query)
  if (!page.ok) return page
  const filters = {
    endpointId,
    eventId: query.event_id,
    type: query.type,
    status: query.status,
    createdFrom: query.created_from === undefined ? undefined : new Date(query.created_from),
    createdBefore: query.created_before === undefined ? undefined : new Date(query.created_before),
  }
  return listAnswer(await listDeliveriesOf(deps, requester, filters, page.value))
}

const ofEndpoint = z.object({ id: IdSchema('whe') })
const ofDelivery = z.object({ id: IdSchema('del') })

const PerMinuteSchema = z.int().min(1).max(6000).default(600).meta({ description: 'How many deliveries a minute' })

const ReplaySchema = z
  .strictObject({
    after: z.int().min(0).optional().meta({ description: 'Events after this number' }),
    since: TimeSchema.optional(),
    until: TimeSchema.optional(),
    per_minute: PerMinuteSchema,
  })
  .refine(({ after, since }) => after !== undefined || since !== undefined, {
    path: ['after'],
    message: 'or since says from where',
  })
  .meta({ id: 'ReplayEvents', example: { after: 4711, per_minute: 600 } })

const RecoverSchema = z
  .strictObject({ since: TimeSchema, per_minute: PerMinuteSchema })
  .meta({ id: 'RecoverDeliveries', example: { since: '2026-11-24T00:00:00.000Z', per_minute: 600 } })

const ResendSchema = z
  .strictObject({ endpoint_id: IdSchema('whe').optional() })
  .meta({ id: 'ResendEvent', example: {} })

const REPLAY = { status: 202, schema: WebhookReplaySchema, description: 'What was scheduled.' }

export function deliveryRoutes(app: App): void {
  endpoint(app, {
    method: 'get',
    path: '/api/v1/webhooks/deliveries/',
    scope: 'webhooks:read',
    tag: TAG,
    summary: 'List deliveries to all endpoints',
    query: z.strictObject(logQuery),
    answer: { status: 200, schema: ListSchema(DeliverySchema), description: 'Newest first, each with its attempts.' },
    problems: ['cursor_malformed'],
    run: ({ deps, requester, query }) => listLog(deps, requester, query, undefined),
  })

  endpoint(app, {
    method: 'get',
    path: '/api/v1/webhooks/deliveries/{id}/',
    scope: 'webhooks:read',
    tag: TAG,
    summary: 'Get a delivery',
    params: ofDelivery,
    answer: {
      status: 200,
      schema: DeliverySchema,
      description: 'The delivery, with the request and answer of each attempt.',
    },
    problems: ['delivery_not_found'],
    async run({ deps, requester, params }) {
      const found = await getDelivery(deps, requester, params.id)
      return found.ok ? done({ status: 200, body: found.value, replayed: false }) : found
    },
  })

  endpoint(app, {
    method: 'post',
    path: '/api/v1/webhooks/deliveries/{id}/resend/',
    scope: 'webhooks:write',
    tag: TAG,
    summary: 'Send a delivery again',
    description: 'The same event, with the same `webhook-id`, whatever became of it before.',
    params: ofDelivery,
    answer: REPLAY,
    problems: ['delivery_not_found'],
    run: ({ deps, requester, params }) => resendDelivery(deps, requester, params.id),
  })

  endpoint(app, {
    method: 'post',
    path: '/api/v1/events/{id}/resend/',
    scope: 'webhooks:write',
    tag: TAG,
    summary: 'Send an event again',
    description: 'To one endpoint, or to all that want it.',
    params: z.object({ id: IdSchema('evt') }),
    body: ResendSchema,
    answer: REPLAY,
    problems: ['event_not_found', 'webhook_endpoint_not_found', 'webhook_endpoint_disabled'],
    run: ({ deps, requester, params, body }) => resendEvent(deps, requester, params.id, body.endpoint_id),
  })

  endpoint(app, {
    method: 'post',
    path: '/api/v1/webhooks/{id}/recover/',
    scope: 'webhooks:write',
    tag: TAG,
    summary: 'Recover failed deliveries',
    description: 'Sends again what was tried to its end, or dropped, since then.',
    params: ofEndpoint,
    body: RecoverSchema,
    answer: REPLAY,
    problems: ['webhook_endpoint_not_found', 'webhook_endpoint_disabled'],
    run: ({ deps, requester, params, body }) =>
      recoverFailed(deps, requester, params.id, new Date(body.since), body.per_minute),
  })

  endpoint(app, {
    method: 'post',
    path: '/api/v1/webhooks/{id}/replay/',
    scope: 'webhooks:write',
    tag: TAG,
    summary: 'Replay what was missed',
    description:
      'Everything that the endpoint subscribes to and has not taken, from a number or a time on, also from before it was ' +
      'there: ten thousand events at a time, at the pace that you choose.',
    params: ofEndpoint,
    body: ReplaySchema,
    answer: REPLAY,
    problems: ['webhook_endpoint_not_found', 'webhook_endpoint_disabled'],
    run: ({ deps, requester, params, body }) =>
      replayMissed(
        deps,
        requester,
        params.id,
        {
          after: body.after,
          since: body.since === undefined ? undefined : new Date(body.since),
          until: body.until === undefined ? undefined : new Date(body.until),
        },
        body.per_minute,
      ),
  })
}
