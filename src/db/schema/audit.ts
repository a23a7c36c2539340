/** The audit log, as migration 0004 makes it: written by triggers, read here. */

import { jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { at } from './identity.ts'

export const auditEntries = pgTable('audit_entries', {
  id: text('id').primaryKey(),
  merchantId: text('merchant_id').notNull(),
  mode: text('mode'),
  actorType: text('actor_type').notNull(),
  actorId: text('actor_id').notNull(),
  action: text('action').notNull(),
  objectType: text('object_type').notNull(),
  objectId: text('object_id').notNull(),
  details: jsonb('details').notNull().default({}),
  ipAddress: text('ip_address'),
  userAgent: text('user_agent'),
  requestId: text('request_id'),
  createdAt: at('created_at').notNull(),
})
