/** Statements about drifts: where a provider's books differ from ours. All but the lists run as the worker. */

import { and, desc, eq, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { DriftCause } from '../../domain/drift.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { Db } from '../client.ts'
import { drifts } from '../schema/reconciliation.ts'
import { insertWhere, textArray } from './insert-where.ts'
import { afterCursor, jsonObject, type Page, rowsFor } from './page.ts'

export interface NewDrift {
  /** Undefined where it was found outside of a run. */
  runId?: string
  connectionId: string
  /** Undefined where it is about nothing of ours. */
  attemptId: string | undefined
  cause: DriftCause
  /** The same for the same drift, so that it is recorded once. */
  subject: string
  theirs: JsonObject
}

const subjectAsKept = (subject: string): string => subject.slice(0, 200)

/** In SQL: we have the refund that the provider names so. */
export const isOurs = (connectionId: SQLWrapper | string, providerRefundId: string): SQL => sql`exists (
  select from refunds r where r.connection_id = ${connectionId} and r.provider_refund_id = ${providerRefundId})`

/**
 * Records a drift, once.
 * @param unless in SQL: nothing is recorded where this holds by now
 */
export function recordDrift(db: Db, drift: NewDrift, unless: SQL = sql`false`) {
  const { runId, connectionId, attemptId, cause, subject, theirs } = drift
  return insertWhere(
    db,
    drifts,
    {
      id: sql`app.new_id('dri')`,
      merchantId: sql`c.merchant_id`,
      mode: sql`c.mode`,
      runId: runId ?? null,
      connectionId: sql`c.id`,
      transactionId: sql`t.id`,
      attemptId: sql`a.id`,
      cause,
      subject: subjectAsKept(subject),
      ours: sql`case when t.id is null then '{}' else jsonb_build_object(
        'status', t.status, 'amount', t.amount, 'currency', t.currency, 'amount_refunded', t.amount_refunded) end`,
      theirs,
    },
    sql`c.id = ${connectionId} and not (${unless}) on conflict on constraint drifts_once do nothing`,
    sql`connections c
        left join attempts a on a.id = ${attemptId ?? null} and a.connection_id = c.id
        left join transactions t on t.id = a.transaction_id`,
  )
}

/**
 * Of what these drifts are about both books say the same by now.
 * @param onceRefund a provider's id of a refund: nothing is corrected before we have it
 */
export function correctDrifts(db: Db, connectionId: string, subjects: readonly string[], onceRefund?: string) {
  return db
    .update(drifts)
    .set({ status: 'corrected', correctedAt: sql`app.now()` })
    .where(
      and(
        eq(drifts.connectionId, connectionId),
        sql`${drifts.subject} = any(${textArray(subjects.map(subjectAsKept))})`,
        eq(drifts.status, 'open'),
        onceRefund === undefined ? undefined : isOurs(drifts.connectionId, onceRefund),
      ),
    )
}

export interface DriftFilters {
  runId: string | undefined
  cause: DriftCause | undefined
  status: 'open' | 'corrected' | undefined
}

export function listDrifts(db: Db, { runId, cause, status }: DriftFilters, page: Page) {
  return db
    .select({ id: drifts.id, object: jsonObject(sql`app.drift_object(${drifts})`) })
    .from(drifts)
    .where(
      and(
        afterCursor(drifts.id, page),
        runId === undefined ? undefined : eq(drifts.runId, runId),
        cause === undefined ? undefined : eq(drifts.cause, cause),
        status === undefined ? undefined : eq(drifts.status, status),
      ),
    )
    .orderBy(desc(drifts.id))
    .limit(rowsFor(page))
}
