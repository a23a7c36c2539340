/** Statements about reconciliation runs: each walks over one connection's payments and refunds at its provider, page by page. */

import { and, desc, eq, type SQL, sql } from 'drizzle-orm'
import { LIMITS } from '../../domain/limits.ts'
import type { Db } from '../client.ts'
import { attempts, connections, transactions } from '../schema/payments.ts'
import { providerEvents } from '../schema/provider-events.ts'
import { reconciliationRuns as runs } from '../schema/reconciliation.ts'
import { refuseWhere } from './claims.ts'
import { insertWhere, textArray } from './insert-where.ts'
import { afterCursor, jsonObject, madeWithin, newestOf, oneOrAll, type Page, rowsFor } from './page.ts'

/**
 * Waits until nobody else begins runs. A statement of its own, for `startDueRuns` must see what they have begun: of two at
 * once the slower one would not find the run that the faster one has begun and ended meanwhile, and begin it once more.
 */
export function takeTurnToStartRuns(db: Db) {
  return db.execute(sql`select pg_advisory_xact_lock('reconciliation_runs'::regclass::bigint)`)
}

/**
 * Begins a run for connections that are due for one: those through which payments were made, and whose last walk ended long
 * enough ago. Each begins before the last one ended, for a payment may turn up late in the provider's list.
 */
export function startDueRuns(db: Db) {
  const seconds = (count: number) => sql`make_interval(secs => ${count})`
  const lastEnd = sql`(select max(r.range_to) from reconciliation_runs r where r.connection_id = c.id and r.status = 'completed')`
  return db.execute(sql`
    insert into reconciliation_runs (id, merchant_id, mode, connection_id, provider, range_from, range_to)
    select app.new_id('rec'), due.merchant_id, due.mode, due.id, due.provider, due.range_from, due.range_to
    from (
      select c.*, app.now() - ${seconds(LIMITS.reconcileLagSeconds)} as range_to,
             coalesce(${lastEnd} - ${seconds(LIMITS.reconcileOverlapSeconds)},
                      c.created_at - ${seconds(LIMITS.reconcileOverlapSeconds)}) as range_from
      from connections c
      where coalesce(${lastEnd}, '-infinity') <= app.now() - ${seconds(LIMITS.reconcileEverySeconds)}
        -- As values: Postgres would rather read all attempts and runs there are than look for one of each connection.
        and (select true from attempts a where a.connection_id = c.id limit 1)
        and (select true from reconciliation_runs r where r.connection_id = c.id and r.status = 'running') is null
        and (select true from reconciliation_runs r where r.connection_id = c.id and r.status = 'failed'
             and r.finished_at > app.now() - ${seconds(LIMITS.reconcileEverySeconds)} limit 1) is null
      order by c.id limit ${LIMITS.reconcileRunsPerSweep}) due
    where due.range_from < due.range_to
    on conflict (connection_id) where status = 'running' do nothing`)
}

/** A run that its merchant asks for, where `first` holds: over the last day, up to this moment. */
export function insertRun(db: Db, first: SQL, id: string, connectionId: string) {
  return [
    refuseWhere(
      db,
      sql`${first} and not exists (select from connections c where c.id = ${connectionId})`,
      404,
      'connection_not_found',
    ),
    insertWhere(
      db,
      runs,
      {
        id,
        merchantId: sql`app.merchant_id()`,
        mode: sql`app.mode()`,
        connectionId: sql`c.id`,
        provider: sql`c.provider`,
        rangeFrom: sql`app.now() - make_interval(secs => ${LIMITS.reconcileOverlapSeconds})`,
        rangeTo: sql`app.now()`,
      },
      sql`c.id = ${connectionId} and ${first}`,
      sql`connections c`,
    ),
  ]
}

/** The run's JSON as an expression, for an answer. */
export function runObject(id: string): SQL {
  return sql`(select app.reconciliation_run_object(r) from reconciliation_runs r where r.id = ${id})`
}

/** Takes runs that nobody is at, with the connection's sealed credentials; nobody else takes them while the lease lasts. */
export function leaseRuns(db: Db) {
  const leased = db.$with('leased', {}).as(sql`
    update reconciliation_runs set leased_until = app.now() + make_interval(secs => ${LIMITS.reconcileLeaseSeconds})
    where id in (select r.id from reconciliation_runs r
                 where r.status = 'running' and (r.leased_until is null or r.leased_until <= app.now())
                 order by r.started_at limit ${LIMITS.reconcileRunsPerSweep} for update skip locked)
    returning id, leased_until`)
  return db
    .with(leased)
    .select({
      id: runs.id,
      merchantId: runs.merchantId,
      mode: runs.mode,
      provider: runs.provider,
      rangeFrom: runs.rangeFrom,
      rangeTo: runs.rangeTo,
      cursor: runs.cursor,
      failures: runs.failures,
      startedAt: runs.startedAt,
      // Of the lease that was taken just now: the table itself still reads as it was before this statement.
      leasedUntil: sql`(select l.leased_until from leased l where l.id = ${runs.id})`.mapWith(runs.leasedUntil),
      connection: {
        id: connections.id,
        sealedCredentials: connections.sealedCredentials,
        sealedPrevious: connections.sealedPrevious,
        previousValidUntil: connections.previousValidUntil,
      },
    })
    .from(runs)
    .innerJoin(connections, eq(connections.id, runs.connectionId))
    .where(sql`${runs.id} in (select id from leased)`)
}

export type RunRow = Awaited<ReturnType<typeof leaseRuns>>[number]

const ours = {
  attemptId: attempts.id,
  transactionId: transactions.id,
  transactionStatus: transactions.status,
  reference: attempts.reference,
  currency: transactions.currency,
  attemptStatus: attempts.status,
  providerTransactionId: attempts.providerTransactionId,
  confirmedAmount: attempts.confirmedAmount,
  confirmedCurrency: attempts.confirmedCurrency,
  isDuplicate: attempts.isDuplicate,
  amountRefunded: transactions.amountRefunded,
  amountRefunding: transactions.amountRefunding,
}

export type OurRow = Awaited<ReturnType<typeof findListed>>[number]

/** Our attempts that a page of the provider's list is about, by our reference or by the provider's id. */
export function findListed(db: Db, connectionId: string, references: readonly string[], ids: readonly string[]) {
  return db
    .select(ours)
    .from(attempts)
    .innerJoin(transactions, eq(transactions.id, attempts.transactionId))
    .where(
      and(
        eq(attempts.connectionId, connectionId),
        sql`(${attempts.reference} = any(${textArray(references)})
             or ${attempts.providerTransactionId} = any(${textArray(ids)}))`,
      ),
    )
}

/** The provider's list had these attempts. */
export function markListed(db: Db, attemptIds: readonly string[]) {
  return db
    .update(attempts)
    .set({ lastListedAt: sql`app.now()` })
    .where(sql`${attempts.id} = any(${textArray(attemptIds)})`)
}

export interface PageCounts {
  listed: number
  foreign: number
  drifts: number
}

/**
 * The page is done: the run goes on at the next one. Does nothing where another worker took the run over.
 * @param next where that is, as the run keeps it
 */
export function advanceRun(db: Db, run: Pick<RunRow, 'id' | 'leasedUntil'>, next: string, counts: PageCounts) {
  return db
    .update(runs)
    .set({
      cursor: next,
      pages: sql`${runs.pages} + 1`,
      failures: 0,
      paymentsListed: sql`${runs.paymentsListed} + ${counts.listed}`,
      paymentsForeign: sql`${runs.paymentsForeign} + ${counts.foreign}`,
      driftsFound: sql`${runs.driftsFound} + ${counts.drifts}`,
    })
    .where(and(eq(runs.id, run.id), eq(runs.status, 'running'), sql`leased_until = ${iso(run.leasedUntil)}`))
    .returning({ id: runs.id })
}

const iso = (at: Date | null) => sql`${at?.toISOString() ?? null}::timestamptz`

/** Much longer than it takes from the making of an id to the row's own time. */
const CLOCKS_APART_MS = 60_000

/** Paid by our books within the run's range, and not in the list that was walked over. */
export function findUnlisted(db: Db, run: Pick<RunRow, 'connection' | 'rangeFrom' | 'rangeTo' | 'startedAt'>) {
  return db
    .select(ours)
    .from(attempts)
    .innerJoin(transactions, eq(transactions.id, attempts.transactionId))
    .where(
      and(
        eq(attempts.connectionId, run.connection.id),
        eq(attempts.status, 'succeeded'),
        // Whichever moment the provider's list goes by lies between these two.
        sql`${attempts.createdAt} >= ${iso(run.rangeFrom)} and ${transactions.succeededAt} < ${iso(run.rangeTo)}`,
        // The same by the index. An attempt's id may be made a little before the row is.
        madeWithin(attempts.id, 'att', new Date(run.rangeFrom.getTime() - CLOCKS_APART_MS), run.rangeTo),
        sql`coalesce(${attempts.lastListedAt}, '-infinity') < ${iso(run.startedAt)}`,
      ),
    )
    .orderBy(attempts.id)
    .limit(LIMITS.sweepRowsMax)
}

/** Lets a run go, to be taken up again: where it stopped, at the next sweep. */
export function releaseRun(db: Db, id: string) {
  return db.update(runs).set({ leasedUntil: null }).where(eq(runs.id, id))
}

/** A page could not be read. After too many in a row the run is given up; the next one begins where this one did. */
export function failRunPage(db: Db, id: string, failure: string) {
  const isOver = sql`failures + 1 >= ${LIMITS.reconcileFailuresMax}`
  return db
    .update(runs)
    .set({
      failures: sql`${runs.failures} + 1`,
      failure,
      // Half an hour at most is lost to a provider that is down for a while.
      leasedUntil: sql`app.now() + make_interval(mins => least(${runs.failures} + 1, 30))`,
      status: sql`case when ${isOver} then 'failed' else status end`,
      finishedAt: sql`case when ${isOver} then app.now() end`,
    })
    .where(and(eq(runs.id, id), eq(runs.status, 'running')))
}

export function completeRun(db: Db, id: string, drifts: number) {
  return db
    .update(runs)
    .set({
      status: 'completed',
      finishedAt: sql`app.now()`,
      leasedUntil: null,
      failure: null,
      driftsFound: sql`${runs.driftsFound} + ${drifts}`,
      eventsUnmatched: sql`(select count(*) from provider_events e
                            where e.connection_id = ${runs.connectionId} and e.status = 'unmatched')`,
    })
    .where(and(eq(runs.id, id), eq(runs.status, 'running')))
}

/** Webhooks about payments that nobody knew, and that have turned up since, are to be applied. */
export function wakeUnmatched(db: Db, connectionId: string) {
  return db
    .update(providerEvents)
    .set({ status: 'received', nextAttemptAt: sql`app.now()`, finishedAt: null })
    .where(
      and(
        eq(providerEvents.connectionId, connectionId),
        eq(providerEvents.status, 'unmatched'),
        sql`exists (select from attempts a where a.connection_id = ${connectionId}
                    and (a.reference = provider_events.reference
                         or a.provider_transaction_id = provider_events.provider_transaction_id))`,
      ),
    )
}

export function listRuns(db: Db, connectionId: string | undefined, page: Page) {
  return db
    .select({ id: runs.id, object: jsonObject(sql`app.reconciliation_run_object(${runs})`) })
    .from(runs)
    .where(
      connectionId === undefined
        ? afterCursor(runs.id, page)
        : newestOf(runs.id, page, oneOrAll('id', connectionId, []), sql`${runs.connectionId} = id.id`),
    )
    .orderBy(desc(runs.id))
    .limit(rowsFor(page))
}

export function findRun(db: Db, id: string) {
  return db
    .select({ object: jsonObject(sql`app.reconciliation_run_object(${runs})`) })
    .from(runs)
    .where(eq(runs.id, id))
}
