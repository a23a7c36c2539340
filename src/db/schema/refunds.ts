/** Refunds, as migration 0016 makes them. */

import { sql } from 'drizzle-orm'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import type { RefundStatus } from '../../domain/refund.ts'
import type { Mode } from '../../domain/transaction.ts'
import { at } from './identity.ts'
import { amount } from './payments.ts'

const now = sql`app.now()`

export const refunds = pgTable('refunds', {
  id: text('id').primaryKey(),
  merchantId: text('merchant_id').notNull(),
  mode: text('mode').$type<Mode>().notNull(),
  transactionId: text('transaction_id').notNull(),
  attemptId: text('attempt_id').notNull(),
  connectionId: text('connection_id').notNull(),
  provider: text('provider').notNull(),
  origin: text('origin').$type<'api' | 'provider'>().notNull().default('api'),
  amount: amount('amount').notNull(),
  currency: text('currency').notNull(),
  reason: text('reason'),
  status: text('status').$type<RefundStatus>().notNull().default('pending'),
  version: integer('version').notNull().default(1),
  providerRefundId: text('provider_refund_id'),
  failureCode: text('failure_code'),
  failureMessage: text('failure_message'),
  sentAt: at('sent_at'),
  createdAt: at('created_at').notNull().default(now),
  updatedAt: at('updated_at').notNull().default(now),
  finishedAt: at('finished_at'),
})
