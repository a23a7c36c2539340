/** Statements about the audit log: it is only read. */

import { and, desc, eq, gte, lt, sql } from 'drizzle-orm'
import type { Db } from '../client.ts'
import { auditEntries } from '../schema/audit.ts'
import { afterCursor, jsonObject, type Page, rowsFor } from './page.ts'

export interface AuditFilters {
  action: string | undefined
  actorId: string | undefined
  objectId: string | undefined
  createdAfter: Date | undefined
  createdBefore: Date | undefined
}

export function listAuditEntries(db: Db, filters: AuditFilters, page: Page) {
  const { action, actorId, objectId, createdAfter, createdBefore } = filters
  return db
    .select({ id: auditEntries.id, object: jsonObject(sql`app.audit_entry_object(${auditEntries})`) })
    .from(auditEntries)
    .where(
      and(
        afterCursor(auditEntries.id, page),
        action === undefined ? undefined : eq(auditEntries.action, action),
        actorId === undefined ? undefined : eq(auditEntries.actorId, actorId),
        objectId === undefined ? undefined : eq(auditEntries.objectId, objectId),
        createdAfter === undefined ? undefined : gte(auditEntries.createdAt, createdAfter),
        createdBefore === undefined ? undefined : lt(auditEntries.createdAt, createdBefore),
      ),
    )
    .orderBy(desc(auditEntries.id))
    .limit(rowsFor(page))
}
