/** `/api/v1/events/`: what happened, for a reader who resumes at the number where it stopped. */

import * as z from 'zod'
import { EVENT_TYPES } from '../../domain/event.ts'
import { LIMITS } from '../../domain/limits.ts'
import { done } from '../../domain/problem.ts'
import { getEvent, readEvents } from '../../operations/webhooks/events.ts'
import { type App, endpoint } from '../endpoint.ts'
import { EventSchema } from '../event-schema.ts'
import { IdSchema, pageQuery } from '../schemas.ts'

const TAG = 'Events'

export const EventsSchema = z.object({
  object: z.literal('list'),
  data: z.array(EventSchema),
  next_after: z.int().min(0).meta({ description: 'Ask `after` this next' }),
})

const EventsQuerySchema = z.strictObject({
  after: z.coerce.number().int().min(0).default(0).meta({ description: 'The number of the last event that was seen' }),
  limit: pageQuery.limit,
  type: z.enum(EVENT_TYPES).optional(),
  wait: z.coerce
    .number()
    .int()
    .min(0)
    .max(LIMITS.longPollSecondsMax)
    .default(0)
    .meta({ description: 'Seconds to wait for news where there is nothing yet' }),
})

export function eventRoutes(app: App): void {
  endpoint(app, {
    method: 'get',
    path: '/api/v1/events/',
    scope: 'events:read',
    tag: TAG,
    summary: 'List events',
    description:
      `Oldest first, at most ${LIMITS.pageSizeMax} at a time. Whoever has seen number N has seen all before it. With ` +
      '`wait` it answers as soon as something happens, and with an empty list where nothing does: ask again after `next_after`.',
    query: EventsQuerySchema,
    answer: { status: 200, schema: EventsSchema, description: 'What happened after that number.' },
    async run({ deps, requester, query }) {
      const range = { after: query.after, limit: query.limit, type: query.type }
      const read = await readEvents(deps, requester, range, query.wait)
      if (!read.ok) return read
      const { data, nextAfter } = read.value
      return done({ status: 200, body: { object: 'list', data, next_after: nextAfter }, replayed: false })
    },
  })

  endpoint(app, {
    method: 'get',
    path: '/api/v1/events/{id}/',
    scope: 'events:read',
    tag: TAG,
    summary: 'Get an event',
    params: z.object({ id: IdSchema('evt') }),
    answer: { status: 200, schema: EventSchema, description: 'The event.' },
    problems: ['event_not_found'],
    async run({ deps, requester, params }) {
      const found = await getEvent(deps, requester, params.id)
      return found.ok ? done({ status: 200, body: found.value, replayed: false }) : found
    },
  })
}
