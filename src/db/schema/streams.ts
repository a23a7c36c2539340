/** Tickets to the stream of events, as migration 0019 makes them. */

import { sql } from 'drizzle-orm'
import { boolean, pgTable, text } from 'drizzle-orm/pg-core'
import type { Mode } from '../../domain/transaction.ts'
import { at } from './identity.ts'

export const streamTickets = pgTable('stream_tickets', {
  hash: text('hash').primaryKey(),
  merchantId: text('merchant_id').notNull(),
  mode: text('mode').$type<Mode>().notNull(),
  apiKeyId: text('api_key_id'),
  sessionId: text('session_id'),
  userId: text('user_id'),
  eventTypes: text('event_types').array().notNull().default(['*']),
  transactionId: text('transaction_id'),
  isPublic: boolean('is_public').notNull().default(false),
  createdAt: at('created_at').notNull().default(sql`app.now()`),
  expiresAt: at('expires_at').notNull(),
  usedAt: at('used_at'),
})
