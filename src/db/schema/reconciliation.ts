/** Reconciliation runs and the drifts that they found, as migration 0017 makes them. */

import { sql } from 'drizzle-orm'
import { bigint, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import type { DriftCause } from '../../domain/drift.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { Mode } from '../../domain/transaction.ts'
import { at } from './identity.ts'

const now = sql`app.now()`
const count = (name: string) => bigint(name, { mode: 'bigint' }).notNull().default(0n)

export const reconciliationRuns = pgTable('reconciliation_runs', {
  id: text('id').primaryKey(),
  merchantId: text('merchant_id').notNull(),
  mode: text('mode').$type<Mode>().notNull(),
  connectionId: text('connection_id').notNull(),
  provider: text('provider').notNull(),
  status: text('status').$type<'running' | 'completed' | 'failed'>().notNull().default('running'),
  rangeFrom: at('range_from').notNull(),
  rangeTo: at('range_to').notNull(),
  cursor: text('cursor'),
  leasedUntil: at('leased_until'),
  failures: integer('failures').notNull().default(0),
  failure: text('failure'),
  pages: integer('pages').notNull().default(0),
  paymentsListed: count('payments_listed'),
  paymentsForeign: count('payments_foreign'),
  eventsUnmatched: count('events_unmatched'),
  driftsFound: count('drifts_found'),
  startedAt: at('started_at').notNull().default(now),
  finishedAt: at('finished_at'),
})

export const drifts = pgTable('drifts', {
  id: text('id').primaryKey(),
  merchantId: text('merchant_id').notNull(),
  mode: text('mode').$type<Mode>().notNull(),
  runId: text('run_id'),
  connectionId: text('connection_id').notNull(),
  transactionId: text('transaction_id'),
  attemptId: text('attempt_id'),
  cause: text('cause').$type<DriftCause>().notNull(),
  subject: text('subject').notNull(),
  ours: jsonb('ours').$type<JsonObject>().notNull(),
  theirs: jsonb('theirs').$type<JsonObject>().notNull(),
  status: text('status').$type<'open' | 'corrected'>().notNull().default('open'),
  version: integer('version').notNull().default(1),
  foundAt: at('found_at').notNull().default(now),
  correctedAt: at('corrected_at'),
})
