/** Statements about API keys. */

import { and, desc, eq, isNull, type SQL, sql } from 'drizzle-orm'
import { LIMITS } from '../../domain/limits.ts'
import type { Db } from '../client.ts'
import { apiKeys } from '../schema/identity.ts'
import { refuseWhere } from './claims.ts'
import { insertWhere } from './insert-where.ts'
import { afterCursor, jsonObject, type Page, rowsFor } from './page.ts'

/** A key as it is stored. */
export interface NewApiKeyRow {
  id: string
  name: string
  hash: string
  mask: string
  scopes: readonly string[]
  ipAllowList: readonly string[]
  expiresAt: Date | undefined
}

/** What a rotation makes anew. */
export type Successor = Pick<NewApiKeyRow, 'id' | 'hash' | 'mask'>

export function listApiKeys(db: Db, page: Page) {
  return db
    .select({ id: apiKeys.id, object: jsonObject(sql`app.api_key_object(${apiKeys})`) })
    .from(apiKeys)
    .where(afterCursor(apiKeys.id, page))
    .orderBy(desc(apiKeys.id))
    .limit(rowsFor(page))
}

export function findApiKey(db: Db, id: string) {
  return db
    .select({ object: jsonObject(sql`app.api_key_object(${apiKeys})`) })
    .from(apiKeys)
    .where(eq(apiKeys.id, id))
}

/** The key's JSON as an expression, for an answer. */
export function apiKeyObject(id: string): SQL {
  return sql`(select app.api_key_object(k) from api_keys k where k.id = ${id})`
}

/** Inserts where `first` holds, unless the merchant has as many working keys as are allowed. */
export function insertApiKey(db: Db, first: SQL, key: NewApiKeyRow) {
  return [
    refuseTooMany(db, first),
    insertWhere(
      db,
      apiKeys,
      {
        ...key,
        scopes: [...key.scopes],
        // An address with bits beyond its mask, 10.0.0.1/8, means its network.
        ipAllowList: sql`array(select network(a.entry::inet) from jsonb_array_elements_text(
                           ${JSON.stringify(key.ipAllowList)}::jsonb) as a (entry))`,
        merchantId: sql`app.merchant_id()`,
        mode: sql`app.mode()`,
      },
      first,
    ),
  ]
}

/** Where `first` holds: a key that may do what the old one may, for as long; the old one ends after the overlap. */
export function rotateApiKey(db: Db, first: SQL, oldId: string, successor: Successor, oldUntil: Date) {
  const old = sql`api_keys k`
  const isOld = sql`${first} and k.id = ${oldId}`
  const works = sql`k.revoked_at is null and k.rotated_to is null and (k.expires_at is null or k.expires_at > app.now())`
  return [
    refuseMissing(db, first, oldId),
    refuseWhere(db, sql`exists (select from ${old} where ${isOld} and not (${works}))`, 409, 'api_key_not_rotatable'),
    refuseTooMany(db, first),
    insertWhere(
      db,
      apiKeys,
      {
        ...successor,
        name: sql`k.name`,
        scopes: sql`k.scopes`,
        ipAllowList: sql`k.ip_allow_list`,
        expiresAt: sql`app.now() + (k.expires_at - k.created_at)`,
        merchantId: sql`app.merchant_id()`,
        mode: sql`app.mode()`,
      },
      isOld,
      old,
    ),
    db
      .update(apiKeys)
      .set({
        rotatedTo: successor.id,
        expiresAt: sql`least(${apiKeys.expiresAt}, ${oldUntil.toISOString()}::timestamptz)`,
        updatedAt: sql`app.now()`,
      })
      .where(and(first, eq(apiKeys.id, oldId))),
  ]
}

function refuseTooMany(db: Db, first: SQL) {
  const working = sql`(select count(*) from api_keys k
                       where k.revoked_at is null and (k.expires_at is null or k.expires_at > app.now()))`
  return refuseWhere(db, sql`${first} and ${working} >= ${LIMITS.apiKeysPerMode}`, 409, 'api_keys_too_many')
}

function refuseMissing(db: Db, first: SQL, id: string) {
  return refuseWhere(
    db,
    sql`${first} and not exists (select from api_keys k where k.id = ${id})`,
    404,
    'api_key_not_found',
  )
}

export function revokeApiKey(db: Db, first: SQL, id: string) {
  return [
    refuseMissing(db, first, id),
    db
      .update(apiKeys)
      .set({ revokedAt: sql`app.now()`, updatedAt: sql`app.now()` })
      .where(and(first, eq(apiKeys.id, id), isNull(apiKeys.revokedAt))),
  ]
}
