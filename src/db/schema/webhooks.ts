/** Events, and where and how they are told, as migrations 0011 and 0012 make them. */

import { sql } from 'drizzle-orm'
import { bigint, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
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
    transactionId: text('transaction_id').notNull(),
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
  sealedSecret: text('sealed_secret').notNull(),
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
  transactionId: text('transaction_id').notNull(),
  status: text('status').$type<'pending' | 'succeeded' | 'exhausted' | 'dropped'>().notNull().default('pending'),
  attempts: integer('attempts').notNull().default(0),
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
  },
  (table) => [primaryKey({ columns: [table.deliveryId, table.number] })],
)
