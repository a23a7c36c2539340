/** Claims on idempotency keys, as migration 0008 makes them. */

import { sql } from 'drizzle-orm'
import { integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { JsonObject } from '../../domain/json.ts'
import type { Mode } from '../../domain/transaction.ts'
import { at } from './identity.ts'

export const idempotencyClaims = pgTable(
  'idempotency_claims',
  {
    merchantId: text('merchant_id').notNull(),
    mode: text('mode').$type<Mode>().notNull(),
    key: text('key').notNull(),
    requestHash: text('request_hash').notNull(),
    resourceId: text('resource_id').notNull(),
    owner: text('owner').notNull(),
    lockedUntil: at('locked_until').notNull(),
    statusCode: integer('status_code'),
    answer: jsonb('answer').$type<JsonObject>(),
    sealedExtra: text('sealed_extra'),
    createdAt: at('created_at').notNull().default(sql`app.now()`),
  },
  (table) => [primaryKey({ columns: [table.merchantId, table.mode, table.key] })],
)
