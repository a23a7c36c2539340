/** Statements about the merchant acted for and the person who acts. Row-level security picks the rows. */

import { eq, sql } from 'drizzle-orm'
import type { Db } from '../client.ts'
import { merchants, users } from '../schema/identity.ts'
import { jsonObject } from './page.ts'

/** Fields that are undefined stay as they are. */
export interface UserChange {
  firstName?: string | undefined
  lastName?: string | undefined
  /** E.164; null takes it away. */
  phoneNumber?: string | null | undefined
}

/** Fields that are undefined stay as they are. */
export interface MerchantChange {
  companyName?: string | undefined
  /** ISO 3166-1 alpha-2. */
  country?: string | undefined
  businessType?: string | null | undefined
  developerType?: string | undefined
  preferredCurrency?: string | undefined
}

/** `{merchant, user}`; the user is null where an API key acts. */
export function readProfile(db: Db) {
  return db
    .select({
      object: jsonObject(sql`jsonb_build_object('merchant', app.merchant_object(${merchants}), 'user', (
        select app.user_object(u.id, u.email, u.first_name, u.last_name, u.phone_number, u.created_at, u.updated_at)
        from users u where u.id = app.user_id()))`),
    })
    .from(merchants)
    .where(eq(merchants.id, sql`app.merchant_id()`))
}

export function updateUser(db: Db, change: UserChange) {
  return db
    .update(users)
    .set({ ...change, updatedAt: sql`app.now()` })
    .where(eq(users.id, sql`app.user_id()`))
}

export function updateMerchant(db: Db, change: MerchantChange) {
  return db
    .update(merchants)
    .set({ ...change, updatedAt: sql`app.now()` })
    .where(eq(merchants.id, sql`app.merchant_id()`))
}
