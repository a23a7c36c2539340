/** An event on the wire: in lists, deliveries and the live stream alike. */

import * as z from 'zod'
import { EVENT_TYPES } from '../domain/event.ts'
import { DriftSchema } from './routes/reconciliation.ts'
import { RefundSchema } from './routes/refunds.ts'
import { DuplicateChargeSchema, TransactionSchema } from './routes/transactions.ts'
import { IdSchema, ModeSchema, TimeSchema } from './schemas.ts'
import { WebhookEndpointSchema } from './webhook-schemas.ts'

const NumberSchema = z.int().min(1).meta({ description: 'Counts without gaps, for each merchant and mode' })

export const EventSchema = z
  .object({
    id: IdSchema('evt'),
    object: z.literal('event'),
    number: NumberSchema,
    type: z.enum(EVENT_TYPES),
    mode: ModeSchema,
    api_version: z.string(),
    created_at: TimeSchema,
    data: z
      .union([TransactionSchema, DuplicateChargeSchema, RefundSchema, DriftSchema, WebhookEndpointSchema])
      .meta({ description: 'What it is about, as it was at that moment: see `data.object`' }),
  })
  .meta({ id: 'Event' })
