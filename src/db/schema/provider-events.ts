/** What providers posted, as migrations 0013 and 0017 make it. */

import { sql } from 'drizzle-orm'
import { bigint, customType, date, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { encodeHex } from '../../crypto/bytes.ts'
import type { Mode } from '../../domain/transaction.ts'
import { at } from './identity.ts'

/** Bytes as they came. Written only: nothing reads them back through this type. */
const bytea = customType<{ data: Uint8Array; driverData: string }>({
  dataType: () => 'bytea',
  toDriver: (bytes) => `\\x${encodeHex(bytes)}`,
})

export const providerEvents = pgTable('provider_events', {
  id: text('id').primaryKey(),
  merchantId: text('merchant_id').notNull(),
  mode: text('mode').$type<Mode>().notNull(),
  connectionId: text('connection_id').notNull(),
  provider: text('provider').notNull(),
  dedupeKey: text('dedupe_key').notNull(),
  type: text('type').notNull(),
  reference: text('reference'),
  about: text('about').$type<'payment' | 'refund' | 'nothing'>().notNull().default('payment'),
  providerTransactionId: text('provider_transaction_id'),
  rawBody: bytea('raw_body').notNull(),
  status: text('status')
    .$type<'received' | 'applied' | 'ignored' | 'unmatched' | 'abandoned'>()
    .notNull()
    .default('received'),
  attempts: integer('attempts').notNull().default(0),
  repeats: integer('repeats').notNull().default(0),
  nextAttemptAt: at('next_attempt_at'),
  leasedUntil: at('leased_until'),
  receivedAt: at('received_at').notNull().default(sql`app.now()`),
  finishedAt: at('finished_at'),
})

export const providerWebhookRefusals = pgTable(
  'provider_webhook_refusals',
  {
    day: date('day').notNull(),
    provider: text('provider').notNull(),
    reason: text('reason').notNull(),
    count: bigint('count', { mode: 'bigint' }).notNull().default(1n),
  },
  (table) => [primaryKey({ columns: [table.day, table.provider, table.reason] })],
)
