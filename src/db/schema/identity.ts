/** Merchants, their people and their keys, as migrations 0003 and 0005 make them. */

import { sql } from 'drizzle-orm'
import { cidr, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import type { Mode } from '../../domain/transaction.ts'

const now = sql`app.now()`
export const at = (name: string) => timestamp(name, { withTimezone: true })

export const merchants = pgTable('merchants', {
  id: text('id').primaryKey(),
  companyName: text('company_name').notNull(),
  country: text('country').notNull(),
  businessType: text('business_type'),
  developerType: text('developer_type').notNull().default('other'),
  preferredCurrency: text('preferred_currency').notNull().default('USD'),
  kycStatus: text('kyc_status').notNull().default('pending'),
  suspendedAt: at('suspended_at'),
  createdAt: at('created_at').notNull().default(now),
  updatedAt: at('updated_at').notNull().default(now),
})

export const users = pgTable('users', {
  id: text('id').primaryKey(),
  email: text('email').notNull(),
  passwordHash: text('password_hash').notNull(),
  firstName: text('first_name').notNull().default(''),
  lastName: text('last_name').notNull().default(''),
  phoneNumber: text('phone_number'),
  createdAt: at('created_at').notNull().default(now),
  updatedAt: at('updated_at').notNull().default(now),
})

export const memberships = pgTable(
  'memberships',
  {
    merchantId: text('merchant_id').notNull(),
    userId: text('user_id').notNull(),
    role: text('role').notNull(),
    createdAt: at('created_at').notNull().default(now),
  },
  (table) => [primaryKey({ columns: [table.merchantId, table.userId] })],
)

export const apiKeys = pgTable('api_keys', {
  id: text('id').primaryKey(),
  merchantId: text('merchant_id').notNull(),
  mode: text('mode').$type<Mode>().notNull(),
  name: text('name').notNull(),
  hash: text('hash').notNull(),
  mask: text('mask').notNull(),
  scopes: text('scopes').array().notNull(),
  ipAllowList: cidr('ip_allow_list').array().notNull().default([]),
  expiresAt: at('expires_at'),
  revokedAt: at('revoked_at'),
  rotatedTo: text('rotated_to'),
  lastUsedAt: at('last_used_at'),
  createdAt: at('created_at').notNull().default(now),
  updatedAt: at('updated_at').notNull().default(now),
})
