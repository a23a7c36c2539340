/** Statements about the audit log: it is only read. */

import { and, desc, eq, inArray, isNull, type SQL, sql } from 'drizzle-orm'
import type { Db } from '../client.ts'
import { auditEntries } from '../schema/audit.ts'
import { afterCursor, asIs, jsonObject, madeWithin, newestIds, type Page, pairsOf, rowsFor } from './page.ts'

export interface AuditFilters {
  action: string | undefined
  actorId: string | undefined
  objectId: string | undefined
  createdAfter: Date | undefined
  createdBefore: Date | undefined
}

export function listAuditEntries(db: Db, filters: AuditFilters, page: Page) {
  const { objectId } = filters
  // Both by their index: what belongs to no mode, and what belongs to this one.
  const [ofNone, ofMode] = [isNull(auditEntries.mode), eq(auditEntries.mode, sql`(select app.mode())`)]
  const ofBoth = sql`(select found.id from (${newestOfMode(filters, page, ofNone)} union all ${newestOfMode(filters, page, ofMode)}) found
                      order by found.id desc limit ${rowsFor(page)})`
  return db
    .select({ id: auditEntries.id, object: jsonObject(sql`app.audit_entry_object(${auditEntries})`) })
    .from(auditEntries)
    .where(
      objectId === undefined
        ? inArray(auditEntries.id, ofBoth)
        : // Of one thing they are few.
          and(
            eq(auditEntries.objectId, objectId),
            asIs(auditEntries.action, filters.action),
            asIs(auditEntries.actorId, filters.actorId),
            made(filters),
            afterCursor(auditEntries.id, page),
          ),
    )
    .orderBy(desc(auditEntries.id))
    .limit(rowsFor(page))
}

const made = ({ createdAfter, createdBefore }: AuditFilters) =>
  madeWithin(auditEntries.id, 'aud', createdAfter, createdBefore)

/** The newest ids of one mode and, where one of them is asked for, of each pair of action and actor. */
function newestOfMode(filters: AuditFilters, page: Page, ofMode: SQL): SQL {
  const { id, mode, action, actorId } = auditEntries
  // Postgres doesn't know that rows without a mode are all alike: so ordered, it reads them by the index all the same.
  const order = sql`${mode}, ${desc(id)}`
  const asked = [filters.action, filters.actorId] as const
  if (asked.every((value) => value === undefined))
    return newestIds(id, page, sql`(select 1) one`, and(ofMode, made(filters)), order)
  const pairs = sql`${pairsOf({ columns: [action, actorId], asked, within: ofMode, after: mode })} pair`
  const ofPair = sql`${action} = pair.first and ${actorId} = pair.second`
  return newestIds(id, page, pairs, and(ofMode, ofPair, made(filters)), order)
}
