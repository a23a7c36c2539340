/** Statements about webhook endpoints. A removed one is in no list and can't be changed; its deliveries can be read. */

import { and, desc, eq, isNull, type SQL, sql } from 'drizzle-orm'
import { LIMITS } from '../../domain/limits.ts'
import type { Db } from '../client.ts'
import { webhookEndpoints } from '../schema/webhooks.ts'
import { refuseWhere } from './claims.ts'
import { insertWhere } from './insert-where.ts'
import { afterCursor, jsonObject, type Page, rowsFor } from './page.ts'

const object = jsonObject(sql`app.webhook_endpoint_object(${webhookEndpoints})`)
const notRemoved = isNull(webhookEndpoints.deletedAt)

export interface NewWebhookEndpointRow {
  id: string
  url: string
  description: string | null
  eventTypes: readonly string[]
  metadata: Record<string, string>
  headerNames: readonly string[]
  sealedHeaders: string | null
  rateLimit: number | null
  ordered: boolean
  sealedSecret: string
}

/** What can be changed; undefined is left as it is. */
export interface WebhookEndpointChanges {
  url?: string | undefined
  description?: string | null | undefined
  eventTypes?: string[] | undefined
  metadata?: Record<string, string> | undefined
  headerNames?: string[] | undefined
  sealedHeaders?: string | null | undefined
  rateLimit?: number | null | undefined
  ordered?: boolean | undefined
  status?: 'active' | 'disabled' | undefined
}

export function listWebhookEndpoints(db: Db, page: Page) {
  return db
    .select({ id: webhookEndpoints.id, object })
    .from(webhookEndpoints)
    .where(and(afterCursor(webhookEndpoints.id, page), notRemoved))
    .orderBy(desc(webhookEndpoints.id))
    .limit(rowsFor(page))
}

export function findWebhookEndpoint(db: Db, id: string) {
  return db
    .select({ object })
    .from(webhookEndpoints)
    .where(and(eq(webhookEndpoints.id, id), notRemoved))
}

/** The endpoint's JSON as an expression, for an answer. */
export function webhookEndpointObject(id: string): SQL {
  return sql`(select app.webhook_endpoint_object(e) from webhook_endpoints e where e.id = ${id})`
}

/** Inserts where `first` holds, unless the merchant has as many endpoints as are allowed. */
export function insertWebhookEndpoint(db: Db, first: SQL, endpoint: NewWebhookEndpointRow) {
  const count = sql`(select count(*) from webhook_endpoints e where e.deleted_at is null)`
  return [
    refuseWhere(db, sql`${first} and ${count} >= ${LIMITS.webhookEndpointsPerMode}`, 409, 'webhook_endpoints_too_many'),
    insertWhere(
      db,
      webhookEndpoints,
      {
        ...endpoint,
        eventTypes: [...endpoint.eventTypes],
        headerNames: [...endpoint.headerNames],
        merchantId: sql`app.merchant_id()`,
        mode: sql`app.mode()`,
      },
      first,
    ),
  ]
}

/** Returns nothing where there is no such endpoint. Disabling drops what is pending for it: a trigger sees to that. */
export function updateWebhookEndpoint(db: Db, id: string, changes: WebhookEndpointChanges) {
  return db
    .update(webhookEndpoints)
    .set({ ...changes, updatedAt: sql`app.now()` })
    .where(and(eq(webhookEndpoints.id, id), notRemoved))
    .returning({ object })
}

/** As `updateWebhookEndpoint`: what is pending for it is dropped, its log is kept. */
export function removeWebhookEndpoint(db: Db, id: string) {
  return db
    .update(webhookEndpoints)
    .set({ deletedAt: sql`app.now()`, updatedAt: sql`app.now()` })
    .where(and(eq(webhookEndpoints.id, id), notRemoved))
    .returning({ id: webhookEndpoints.id })
}

/** Refuses the batch where there is no such endpoint. */
export function refuseWithoutEndpoint(db: Db, id: string) {
  return refuseWhere(
    db,
    sql`not exists (select from webhook_endpoints e where e.id = ${id} and e.deleted_at is null)`,
    404,
    'webhook_endpoint_not_found',
  )
}

/** Refuses the batch where the endpoint is disabled: nothing goes there. */
export function refuseDisabledEndpoint(db: Db, id: string) {
  return refuseWhere(
    db,
    sql`exists (select from webhook_endpoints e where e.id = ${id} and e.status = 'disabled')`,
    409,
    'webhook_endpoint_disabled',
  )
}

/** Where `first` holds: another secret, beside which the one before goes on signing until then. */
export function rotateSecret(db: Db, first: SQL, id: string, sealedSecret: string, previousUntil: Date) {
  return [
    refuseWithoutEndpoint(db, id),
    db
      .update(webhookEndpoints)
      .set({
        sealedPreviousSecret: sql`${webhookEndpoints.sealedSecret}`,
        previousSecretUntil: previousUntil,
        sealedSecret,
        updatedAt: sql`app.now()`,
      })
      .where(and(eq(webhookEndpoints.id, id), notRemoved, first)),
  ]
}

/** Where `first` holds: a test event, which a trigger tells to this endpoint alone. */
export function askForTest(db: Db, first: SQL, id: string) {
  return [
    refuseWithoutEndpoint(db, id),
    refuseDisabledEndpoint(db, id),
    db
      .update(webhookEndpoints)
      .set({ tests: sql`${webhookEndpoints.tests} + 1` })
      .where(and(eq(webhookEndpoints.id, id), notRemoved, first)),
  ]
}

/** The endpoint's latest test event as JSON, for an answer. */
export function latestTest(id: string): SQL {
  return sql`(select app.event_object(e) from events e where e.subject_id = ${id} and e.type = 'webhook.test'
              order by e.number desc limit 1)`
}
