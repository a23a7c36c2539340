/** Connections, transactions and attempts, as migrations 0009, 0010, 0014, 0016 and 0020 make them. */

import { sql } from 'drizzle-orm'
import { bigint, boolean, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import type { JsonObject } from '../../domain/json.ts'
import type { PaymentMethod } from '../../domain/payment-method.ts'
import type { AttemptStatus, Mode, TransactionStatus } from '../../domain/transaction.ts'
import { at } from './identity.ts'

const now = sql`app.now()`
export const amount = (name: string) => bigint(name, { mode: 'bigint' })

export const connections = pgTable('connections', {
  id: text('id').primaryKey(),
  merchantId: text('merchant_id').notNull(),
  mode: text('mode').$type<Mode>().notNull(),
  provider: text('provider').notNull(),
  name: text('name').notNull(),
  status: text('status').$type<'active' | 'disabled'>().notNull().default('active'),
  priority: integer('priority').notNull().default(100),
  credentialsMask: text('credentials_mask').notNull(),
  sealedCredentials: text('sealed_credentials').notNull(),
  sealedPrevious: text('sealed_previous'),
  previousValidUntil: at('previous_valid_until'),
  checkedAt: at('checked_at'),
  checkResult: text('check_result').$type<'valid' | 'invalid' | 'unknown'>(),
  createdAt: at('created_at').notNull().default(now),
  updatedAt: at('updated_at').notNull().default(now),
})

export const transactions = pgTable('transactions', {
  id: text('id').primaryKey(),
  merchantId: text('merchant_id').notNull(),
  mode: text('mode').$type<Mode>().notNull(),
  reference: text('reference').notNull(),
  amount: amount('amount').notNull(),
  currency: text('currency').notNull(),
  status: text('status').$type<TransactionStatus>().notNull().default('pending'),
  version: integer('version').notNull().default(1),
  customerEmail: text('customer_email').notNull(),
  customerName: text('customer_name'),
  customerPhone: text('customer_phone'),
  description: text('description'),
  metadata: jsonb('metadata').$type<JsonObject>().notNull().default({}),
  callbackUrl: text('callback_url'),
  country: text('country'),
  method: text('method').$type<PaymentMethod>(),
  onlyProvider: text('only_provider'),
  provider: text('provider').notNull(),
  connectionId: text('connection_id'),
  fee: amount('fee'),
  netAmount: amount('net_amount'),
  amountRefunded: amount('amount_refunded').notNull().default(0n),
  amountRefunding: amount('amount_refunding').notNull().default(0n),
  refundsCheckAt: at('refunds_check_at'),
  refundChecks: integer('refund_checks').notNull().default(0),
  disputed: boolean('disputed').notNull().default(false),
  failureReason: text('failure_reason'),
  reviewReason: text('review_reason'),
  succeededAt: at('succeeded_at'),
  expiresAt: at('expires_at').notNull(),
  nextCheckAt: at('next_check_at'),
  checks: integer('checks').notNull().default(0),
  askedAt: at('asked_at'),
  confirmedAt: at('confirmed_at'),
  createdAt: at('created_at').notNull().default(now),
  updatedAt: at('updated_at').notNull().default(now),
})

export const attempts = pgTable('attempts', {
  id: text('id').primaryKey(),
  merchantId: text('merchant_id').notNull(),
  mode: text('mode').$type<Mode>().notNull(),
  transactionId: text('transaction_id').notNull(),
  number: integer('number').notNull(),
  connectionId: text('connection_id').notNull(),
  provider: text('provider').notNull(),
  reference: text('reference').notNull(),
  amount: amount('amount').notNull(),
  currency: text('currency').notNull(),
  status: text('status').$type<AttemptStatus>().notNull().default('created'),
  checkoutUrl: text('checkout_url'),
  checkoutId: text('checkout_id'),
  providerTransactionId: text('provider_transaction_id'),
  confirmedAmount: amount('confirmed_amount'),
  confirmedCurrency: text('confirmed_currency'),
  collectedAmount: amount('collected_amount'),
  fee: amount('fee'),
  chosenBecause: text('chosen_because').notNull(),
  leftBecause: text('left_because'),
  failureCode: text('failure_code'),
  failureMessage: text('failure_message'),
  nextCheckAt: at('next_check_at'),
  checks: integer('checks').notNull().default(0),
  isDuplicate: boolean('is_duplicate').notNull().default(false),
  lastListedAt: at('last_listed_at'),
  createdAt: at('created_at').notNull().default(now),
  updatedAt: at('updated_at').notNull().default(now),
})
