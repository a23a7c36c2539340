/** The audit log has an entry for each change by a person or a key. */

import type { Facts } from './facts.ts'

/** In SQL: changes that somebody made, each with the number of entries that tell of it, where that is not one. */
const UNTOLD = `
  select c.what, count(a.id)::int as entries
  from (
    select 'the beginning of ' || coalesce(metadata ->> 'sale', 'a payment') as what, id, 'transaction.initiated' as action
    from transactions
    union all select 'a refund', id, 'refund.created' from refunds where origin = 'api'
    union all select 'a cancellation', transaction_id, 'transaction.cancelled' from events where type = 'payment.cancelled'
    union all select 'an endpoint', id, 'webhook_endpoint.created' from webhook_endpoints
    union all select 'a connection', id, 'connection.created' from connections
    union all select 'the end of a key', id, 'api_key.revoked' from api_keys where revoked_at is not null) c
  left join audit_entries a on a.object_id = c.id and a.action = c.action
  group by c.what, c.id, c.action having count(a.id) <> 1`

export async function auditIsComplete({ load }: Facts): Promise<string[]> {
  const { database, scheduler } = load.run
  const untold = await scheduler.outside(database.query(UNTOLD))
  return untold.map(({ what, entries }) => `the audit log has ${entries} entries for ${what}`)
}
