/**
 * Every subscribed live endpoint has each event at least once. An ordered one has the events of a payment in their order, as
 * long as nothing was sent to it again.
 */

import type { EventFact, Facts } from './facts.ts'

export async function endpointsHaveEverything(facts: Facts): Promise<string[]> {
  const { load } = facts
  const { database, scheduler } = load.run
  const rows = await scheduler.outside(
    database.query(`
      select e.id as endpoint, d.event_id as event, d.status, w.status = 'active' and w.deleted_at is null as live,
             w.event_types, w.url, w.ordered, w.changed
      from (select w.*, exists (select from audit_entries a where a.object_id = w.id and a.action <> 'webhook_endpoint.created')
                   as changed from webhook_endpoints w) w
      join webhook_endpoints e on e.id = w.id left join deliveries d on d.endpoint_id = w.id`),
  )
  const endpoints = Map.groupBy(rows, ({ endpoint }) => String(endpoint))
  return load.shops.flatMap((shop) =>
    shop.endpoints.flatMap(({ id, name, url }) => {
      const deliveries = endpoints.get(id) ?? []
      const [endpoint] = deliveries
      if (endpoint === undefined) return [`${name} is gone`]
      if (endpoint.live !== true) return []
      const arrived = new Set(load.receivers.arrived.filter((post) => post.url === url).map(({ eventId }) => eventId))
      const outbox = new Map(deliveries.map(({ event, status }) => [event, status]))
      const types = endpoint.event_types as string[]
      const wanted = facts.events.filter(
        (event) =>
          event.merchant_id === shop.merchant.merchantId && event.mode === shop.mode && wants(types, event, id),
      )
      return wanted.flatMap((event) => {
        const status = outbox.get(event.id)
        const what = `${name}, ${event.type} of ${facts.nameOf(event.transaction_id)}`
        // While it was disabled, or before it wanted such events, nothing was to be sent.
        if (endpoint.changed === true && (status === undefined || status === 'dropped')) return []
        if (status === 'succeeded' && arrived.has(event.id)) return []
        return [
          `${what}: ${arrived.has(event.id) ? 'arrived' : 'never arrived'}, its delivery is ${status ?? 'missing'}`,
        ]
      })
    }),
  )
}

function wants(types: readonly string[], { type, subject_id }: EventFact, endpointId: string): boolean {
  if (type === 'webhook.test') return subject_id === endpointId
  return types.some((wanted) => wanted === '*' || wanted === type || wanted === `${type.split('.', 1)}.*`)
}
