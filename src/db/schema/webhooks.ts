/** Events, and where and how they are told, as migrations 0011, 0012, 0018 and 0020 make them. */

import { sql } from 'drizzle-orm'
import { bigint, boolean, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { JsonObject } from '../../domain/json.ts'
import type { Mode } from '../../domain/transaction.ts'
import { at } from './identity.ts'

const now = sql`app.now()`

export const events = pgTable(
  'events',
  {
    id: text('id').notNull(),
    merchantId: text('merchant_id').notNull(),
    mode: text('mode').$type<Mode>().notNull(),
    number: bigint('number', { mode: 'bigint' }).notNull(),
    type: text('type').notNull(),
    apiVersion: text('api_version').notNull().default('2026-11-24'),
    transactionId: text('transaction_id'),
    subjectId: text('subject_id'),
    version: integer('version').notNull(),
    object: jsonb('object').$type<JsonObject>().notNull(),
    createdAt: at('created_at').notNull().default(now),
  },
  (table) => [primaryKey({ columns: [table.merchantId, table.mode, table.number] })],
)

export const webhookEndpoints = pgTable('webhook_endpoints', {
  id: text('id').primaryKey(),
  merchantId: text('merchant_id').notNull(),
  mode: text('mode').$type<Mode>().notNull(),
  url: text('url').notNull(),
  description: text('description'),
  eventTypes: text('event_types').array().notNull(),
  status: text('status').$type<'active' | 'disabled'>().notNull().default('active'),
  metadata: jsonb('metadata').$type<JsonObject>().notNull().default({}),
  headerNames: text('header_names').array().notNull().default([]),
  sealedHeaders: text('sealed_headers'),
  rateLimit: integer('rate_limit'),
  ordered: boolean('ordered').notNull().default(false),
  sealedSecret: text('sealed_secret').notNull(),
  sealedPreviousSecret: text('sealed_previous_secret'),
  previousSecretUntil: at('previous_secret_until'),
  disabledBecause: text('disabled_because').$type<'asked' | 'gone' | 'failing'>(),
  failures: integer('failures').notNull().default(0),
  failingSince: at('failing_since'),
  failedAttempts: integer('failed_attempts').notNull().default(0),
  pausedUntil: at('paused_until'),
  nextSendAt: at('next_send_at'),
  warnedAt: at('warned_at'),
  version: integer('version').notNull().default(1),
  tests: integer('tests').notNull().default(0),
  lastDeliveredAt: at('last_delivered_at'),
  deletedAt: at('deleted_at'),
  createdAt: at('created_at').notNull().default(now),
  updatedAt: at('updated_at').notNull().default(now),
})

export const deliveries = pgTable('deliveries', {
  id: text('id').primaryKey(),
  merchantId: text('merchant_id').notNull(),
  mode: text('mode').$type<Mode>().notNull(),
  endpointId: text('endpoint_id').notNull(),
  eventId: text('event_id').notNull(),
  eventType: text('event_type').notNull(),
  transactionId: text('transaction_id'),
  status: text('status').$type<'pending' | 'succeeded' | 'exhausted' | 'dropped'>().notNull().default('pending'),
  attempts: integer('attempts').notNull().default(0),
  attemptsBefore: integer('attempts_before').notNull().default(0),
  nextAttemptAt: at('next_attempt_at'),
  leasedUntil: at('leased_until'),
  createdAt: at('created_at').notNull().default(now),
  finishedAt: at('finished_at'),
})

export const deliveryAttempts = pgTable(
  'delivery_attempts',
  {
    deliveryId: text('delivery_id').notNull(),
    merchantId: text('merchant_id').notNull(),
    mode: text('mode').$type<Mode>().notNull(),
    number: integer('number').notNull(),
    attemptedAt: at('attempted_at').notNull(),
    durationMs: integer('duration_ms').notNull(),
    outcome: text('outcome').notNull(),
    responseStatus: integer('response_status'),
    responseBody: text('response_body'),
    requestUrl: text('request_url'),
    requestHeaders: jsonb('request_headers').$type<JsonObject>(),
  },
  (table) => [primaryKey({ columns: [table.deliveryId, table.number] })],
)

export const webhookReplays = pgTable('webhook_replays', {
  id: text('id').primaryKey(),
  merchantId: text('merchant_id').notNull(),
  mode: text('mode').$type<Mode>().notNull(),
  endpointId: text('endpoint_id'),
  kind: text('kind').$type<'replay' | 'recover' | 'resend'>().notNull(),
  firstNumber: bigint('first_number', { mode: 'bigint' }),
  lastNumber: bigint('last_number', { mode: 'bigint' }),
  scheduled: integer('scheduled').notNull(),
  createdAt: at('created_at').notNull().default(now),
})
