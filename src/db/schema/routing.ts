/** Routing rules and the health of connections, as migration 0015 makes them. */

import { sql } from 'drizzle-orm'
import { integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { Mode } from '../../domain/transaction.ts'
import { at } from './identity.ts'
import { amount } from './payments.ts'

const now = sql`app.now()`

export const routingRules = pgTable('routing_rules', {
  id: text('id').primaryKey(),
  merchantId: text('merchant_id').notNull(),
  mode: text('mode').$type<Mode>().notNull(),
  position: integer('position').notNull(),
  name: text('name').notNull(),
  currencies: text('currencies').array().notNull().default([]),
  amountMin: amount('amount_min'),
  amountMax: amount('amount_max'),
  countries: text('countries').array().notNull().default([]),
  methods: text('methods').array().notNull().default([]),
  strategy: text('strategy').$type<'priority' | 'weight'>().notNull(),
  retiredAt: at('retired_at'),
  createdAt: at('created_at').notNull().default(now),
})

export const routingRuleTargets = pgTable(
  'routing_rule_targets',
  {
    ruleId: text('rule_id').notNull(),
    merchantId: text('merchant_id').notNull(),
    mode: text('mode').$type<Mode>().notNull(),
    place: integer('place').notNull(),
    connectionId: text('connection_id').notNull(),
    weight: integer('weight').notNull().default(1),
  },
  (table) => [primaryKey({ columns: [table.merchantId, table.mode, table.ruleId, table.place] })],
)

export const connectionHealth = pgTable('connection_health', {
  connectionId: text('connection_id').primaryKey(),
  merchantId: text('merchant_id').notNull(),
  mode: text('mode').$type<Mode>().notNull(),
  failures: integer('failures').notNull().default(0),
  openUntil: at('open_until'),
  probeUntil: at('probe_until'),
  lastFailure: text('last_failure'),
  lastFailureAt: at('last_failure_at'),
  updatedAt: at('updated_at').notNull().default(now),
})
