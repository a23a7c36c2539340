/** Nothing waits without somebody due to look at it; and after days of quiet, nothing waits at all that could have ended. */

import { nextDueAt } from '../quiet.ts'
import type { Facts } from './facts.ts'

/** In SQL: what has not come to its end, in words. */
const WAITING = `
  select coalesce(t.metadata ->> 'sale', 'a payment') || ' is ' || t.status as words from transactions t
  where t.status in ('pending', 'processing') and t.expires_at < $1 and not exists (
    select from attempts a where a.transaction_id = t.id and a.reference = any($2))
  union all
  select coalesce(t.metadata ->> 'sale', 'a payment') || ' has an attempt that is ' || a.status
  from attempts a join transactions t on t.id = a.transaction_id
  where a.status in ('created', 'open', 'unknown') and t.status not in ('pending', 'processing') and a.next_check_at is null
    and t.next_check_at is null and t.status <> 'requires_review'
    -- Its payer has begun and never ends: it is asked after until two days past its deadline.
    and not (a.reference = any($2))
  union all
  select 'a refund of ' || coalesce(t.metadata ->> 'sale', 'a payment') || ' is pending, and unheard of by its provider'
  from refunds r join transactions t on t.id = r.transaction_id where r.status = 'pending' and r.provider_refund_id is null
  union all
  select 'a provider event, ' || e.type || ', is ' || e.status from provider_events e where e.status = 'received'
  union all
  select 'a provider event, ' || e.type || ', is unmatched though its payment is known' from provider_events e
  where e.status = 'unmatched' and exists (
    select from attempts a where a.connection_id = e.connection_id and a.reference = e.reference)
  union all
  select 'a delivery is pending after ' || d.attempts || ' tries' from deliveries d where d.status = 'pending'
  union all
  select 'a reconciliation is running' from reconciliation_runs r where r.status = 'running'`

/** How long a payment may be asked after beyond its deadline, once nothing goes wrong. */
const GRACE_MS = 86_400_000

/** The cron comes every minute, and the last minute of a run has none. */
const CRON_MS = 2 * 60_000

export async function nothingIsStuck({ load, booked }: Facts): Promise<string[]> {
  const { database, scheduler } = load.run
  const underWay = booked
    .filter(({ payment }) => load.unfinished.has(payment.reference))
    .map(({ payment }) => payment.reference)
  const waiting = await scheduler.outside(database.query(WAITING, [new Date(scheduler.now() - GRACE_MS), underWay]))
  const dueAt = await nextDueAt(load)
  const isOverdue = dueAt !== undefined && dueAt <= scheduler.now() - CRON_MS
  return [...waiting.map(({ words }) => String(words)), ...(isOverdue ? ['something is due, and nobody does it'] : [])]
}
