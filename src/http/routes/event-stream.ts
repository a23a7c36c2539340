/** The live stream: tickets to it, and the WebSocket that a ticket opens. */

import * as z from 'zod'
import { SUBSCRIPTIONS } from '../../domain/event.ts'
import { LIMITS } from '../../domain/limits.ts'
import { type FieldError, PROBLEMS } from '../../domain/problem.ts'
import { STREAM_ENDS } from '../../domain/stream.ts'
import { createPublicStreamTicket, createStreamTicket, redeemStreamTicket } from '../../operations/events/tickets.ts'
import type { AppContext } from '../context.ts'
import { type App, COMMON_PROBLEMS, type DescribedRoute, endpoint, parse, problemResponses } from '../endpoint.ts'
import { problemResponse } from '../problem.ts'
import { IdSchema, ModeSchema, TimeSchema } from '../schemas.ts'

const TAG = 'Events'
const STREAM_PATH = '/api/v1/events/stream/'

export const StreamTicketSchema = z
  .object({
    object: z.literal('stream_ticket'),
    ticket: z.string().meta({ description: 'Good for one WebSocket' }),
    url: z.string().meta({ description: 'Where to open it, the ticket included: add `&after=` and a number' }),
    mode: ModeSchema,
    event_types: z.array(z.enum(SUBSCRIPTIONS)),
    transaction_id: IdSchema('txn').nullable(),
    is_public: z.boolean(),
    last_number: z.int().min(0).meta({ description: 'Of the last event there is: begin after it for news alone' }),
    expires_at: TimeSchema,
  })
  .meta({ id: 'StreamTicket' })

const CreateTicketSchema = z
  .strictObject({
    types: z
      .array(z.enum(SUBSCRIPTIONS))
      .min(1)
      .max(SUBSCRIPTIONS.length)
      .default(['*'])
      .meta({ description: 'Event types, families such as `refund.*`, or `*` for all' }),
    transaction_id: IdSchema('txn').optional().meta({ description: 'Shows the events of this payment alone' }),
  })
  .meta({ id: 'CreateStreamTicket' })

const StreamQuerySchema = z.strictObject({
  ticket: z.string().max(200),
  after: z.coerce.number().int().min(0).default(0).meta({ description: 'The number of the last event that was seen' }),
})

export function eventStreamRoutes(app: App): void {
  endpoint(app, {
    method: 'post',
    path: '/api/v1/events/stream-ticket/',
    scope: 'events:read',
    tag: TAG,
    summary: 'Make a ticket to the stream',
    description: `Opens one WebSocket within ${LIMITS.streamTicketSeconds} s. The stream lives as long as the key or the session that made the ticket.`,
    body: CreateTicketSchema,
    answer: { status: 201, schema: StreamTicketSchema, description: 'The ticket.' },
    problems: ['transaction_not_found', 'idempotency_key_reused', 'idempotency_in_flight'],
    run: ({ deps, requester, body, url }) =>
      createStreamTicket(
        deps,
        requester,
        { eventTypes: [...new Set(body.types)], transactionId: body.transaction_id },
        streamUrl(url),
      ),
  })

  endpoint(app, {
    method: 'post',
    path: '/api/v1/transactions/{id}/stream-ticket/',
    scope: 'transactions:read',
    tag: 'Transactions',
    summary: 'Make a public ticket to the stream of a payment',
    description:
      'To be handed to the payer’s browser: its stream shows the status, the amount and the currency of this one payment, and ' +
      'nothing else. Its events are numbered from 1 by themselves. It opens one WebSocket, within ' +
      `${LIMITS.publicStreamTicketSeconds} s.`,
    params: z.object({ id: IdSchema('txn') }),
    answer: { status: 201, schema: StreamTicketSchema, description: 'The ticket.' },
    problems: ['transaction_not_found', 'idempotency_in_flight'],
    run: ({ deps, requester, params, url }) => createPublicStreamTicket(deps, requester, params.id, streamUrl(url)),
  })

  app.described.push({ method: 'get', path: STREAM_PATH, describe })
  app.get(STREAM_PATH, stream)
}

const streamUrl = (url: string): string => `${new URL(url).origin.replace(/^http/, 'ws')}${STREAM_PATH}`

async function stream(c: AppContext): Promise<Response> {
  c.set('routePattern', STREAM_PATH)
  if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') return problemResponse(c, { code: 'upgrade_required' })
  const errors: FieldError[] = []
  const query = parse(StreamQuerySchema, c.req.query(), errors)
  if (query === undefined) return problemResponse(c, { code: 'validation_failed', errors })
  const { ticket, after } = query.value
  const opener = { ipAddress: c.get('ipAddress'), requestId: c.get('requestId') }
  const redeemed = await redeemStreamTicket(c.get('deps'), opener, ticket)
  if (redeemed.ok) return c.get('openStream')(redeemed.value, after)
  const { code } = redeemed.problem
  return PROBLEMS[code].status < 500 ? c.get('refuseStream')(code) : problemResponse(c, redeemed.problem)
}

const CLOSES = `| Code | Why | And then |
|---|---|---|
| ${STREAM_ENDS.ticketRefused} | The ticket is unknown, used or expired, or its key is not good from this address | Make another |
| ${STREAM_ENDS.accessEnded} | The key was revoked or has expired, or the session has ended: the reason says which | |
| ${STREAM_ENDS.slow} | ${LIMITS.streamWindowEvents} events, or ${LIMITS.streamWindowBytes / 1_048_576} MiB, were not acknowledged for ${LIMITS.streamStallMs / 1000} s | Resume |
| ${STREAM_ENDS.malformed} | A message was no acknowledgement, or of a number that was never sent | |
| ${STREAM_ENDS.restart} | The server begins anew | Resume |
| ${STREAM_ENDS.tooMany} | There are ${LIMITS.streamsPerMode} streams already | Wait, and resume |`

function describe(): ReturnType<DescribedRoute['describe']> {
  return {
    tags: [TAG],
    summary: 'Follow the events',
    description: [
      'A WebSocket. It sends every event after the number `after`, in the order of their numbers, first those that there are, ' +
        'then each as it happens: no gap, no repeat. Each message is an event, the same text that a webhook carries, or ' +
        '`{"object":"cursor","number":7}`: everything up to 7 was shown, or is not of this stream. The first cursor says that ' +
        'all there was is sent; later ones come where nothing else does.',
      'Acknowledge with `{"ack":7}`: the first cursor, and then now and then, at least once in ' +
        `${LIMITS.streamWindowEvents} events, for more is not sent ahead. Whoever was cut off resumes with another ticket, ` +
        'after the last number of an event or a cursor.',
      CLOSES,
    ].join('\n\n'),
    security: [],
    request: { query: StreamQuerySchema },
    responses: {
      101: { description: 'The stream. A ticket that is refused closes it at once.' },
      ...problemResponses([...COMMON_PROBLEMS, 'upgrade_required', 'validation_failed']),
    },
  }
}
