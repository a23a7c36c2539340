/** No merchant's row, event or delivery reaches another. */

import type { Facts } from './facts.ts'

/** In SQL: rows that belong together and not to one merchant and mode. */
const MIXED = `
  select 'an attempt' as what from attempts a join transactions t on t.id = a.transaction_id
    join connections c on c.id = a.connection_id
    where (a.merchant_id, a.mode) <> (t.merchant_id, t.mode) or (a.merchant_id, a.mode) <> (c.merchant_id, c.mode)
  union all select 'a refund' from refunds r join transactions t on t.id = r.transaction_id
    where (r.merchant_id, r.mode) <> (t.merchant_id, t.mode)
  union all select 'an event' from events e join transactions t on t.id = e.transaction_id
    where (e.merchant_id, e.mode) <> (t.merchant_id, t.mode)
  union all select 'a delivery' from deliveries d join events e on e.id = d.event_id
    join webhook_endpoints w on w.id = d.endpoint_id
    where (d.merchant_id, d.mode) <> (e.merchant_id, e.mode) or (d.merchant_id, d.mode) <> (w.merchant_id, w.mode)
  union all select 'a provider event' from provider_events e join connections c on c.id = e.connection_id
    where (e.merchant_id, e.mode) <> (c.merchant_id, c.mode)
  union all select 'a drift' from drifts d join connections c on c.id = d.connection_id
    where (d.merchant_id, d.mode) <> (c.merchant_id, c.mode)`

export async function merchantsAreApart({ load, events, transactions }: Facts): Promise<string[]> {
  const { database, scheduler } = load.run
  const mixed = await scheduler.outside(database.query(MIXED))
  const ownerOf = new Map(events.map(({ id, merchant_id }) => [id, merchant_id]))
  const endpoints = load.shops.flatMap(({ merchant, endpoints }) =>
    endpoints.map(({ url, name }) => ({ url, name, merchantId: merchant.merchantId })),
  )
  const posted = load.receivers.arrived.flatMap(({ url, eventId }) => {
    const endpoint = endpoints.find((one) => one.url === url)
    return endpoint?.merchantId === ownerOf.get(eventId)
      ? []
      : [`${endpoint?.name ?? 'nobody'} was sent another merchant's event`]
  })
  const answered = load.uses.flatMap(({ shop, key, told }) => {
    const owner = transactions.get(told.body.id)?.merchant_id
    return owner === undefined || owner === shop.merchant.merchantId
      ? []
      : [`${shop.name} was told of another's payment under ${key}`]
  })
  return [...mixed.map(({ what }) => `${what} is of two merchants`), ...posted, ...answered]
}
