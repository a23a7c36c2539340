/** Webhook endpoints: where the merchant is told. The signing secret leaves this service once, in the answer that makes it. */

import { newWebhookSecret } from '../../crypto/standard-webhooks.ts'
import { type Caller, enter } from '../../db/gate.ts'
import { findEndpointOfLog, listDeliveries } from '../../db/statements/deliveries.ts'
import type { Page } from '../../db/statements/page.ts'
import {
  findWebhookEndpoint,
  insertWebhookEndpoint,
  listWebhookEndpoints,
  removeWebhookEndpoint,
  updateWebhookEndpoint,
  type WebhookEndpointChanges,
  webhookEndpointObject,
} from '../../db/statements/webhook-endpoints.ts'
import type { DeliveryStatus, Subscription } from '../../domain/event.ts'
import { newId } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import { done, type Outcome, refused } from '../../domain/problem.ts'
import { type Answer, type Requester, runClaimed } from '../claimed.ts'
import type { Deps } from '../deps.ts'
import { type List, toList } from '../list.ts'
import { sealEndpointSecret } from './endpoint-secret.ts'

export interface WebhookEndpointInput {
  url: string
  description: string | null
  eventTypes: readonly Subscription[]
}

/** Refuses `webhook_url_forbidden` and `webhook_endpoints_too_many`. One round trip, as are all of these. */
export async function createWebhookEndpoint(
  deps: Deps,
  requester: Requester,
  input: WebhookEndpointInput,
): Promise<Outcome<Answer>> {
  if (!deps.egress.allows(input.url)) return urlForbidden()
  const id = newId('whe', deps.clock.now().getTime(), deps.random)
  const secret = newWebhookSecret(deps.random)
  const sealedSecret = await sealEndpointSecret(deps, id, secret)
  return runClaimed(deps, requester, {
    permit: { scope: 'webhooks:write', action: 'webhook_endpoint.created' },
    resourceId: id,
    status: 201,
    showOnce: { secret },
    statements: (db, first) => insertWebhookEndpoint(db, first, { ...input, id, sealedSecret }),
    answer: webhookEndpointObject(id),
  })
}

export async function listEndpoints(deps: Deps, caller: Caller, page: Page): Promise<Outcome<List>> {
  const { db } = deps.api
  const gate = enter(db, deps.clock.now(), caller, { scope: 'webhooks:read' })
  const batch = await deps.api.run(gate, [listWebhookEndpoints(db, page)])
  return batch.ok ? done(toList(batch.rows[0], page)) : batch
}

export async function getWebhookEndpoint(deps: Deps, caller: Caller, id: string): Promise<Outcome<JsonObject>> {
  const { db } = deps.api
  const gate = enter(db, deps.clock.now(), caller, { scope: 'webhooks:read' })
  const batch = await deps.api.run(gate, [findWebhookEndpoint(db, id)])
  if (!batch.ok) return batch
  const [[row]] = batch.rows
  return row === undefined ? refused('webhook_endpoint_not_found') : done(row.object)
}

/** Refuses `webhook_url_forbidden` and `webhook_endpoint_not_found`. */
export async function changeWebhookEndpoint(
  deps: Deps,
  caller: Caller,
  id: string,
  changes: WebhookEndpointChanges,
): Promise<Outcome<JsonObject>> {
  if (changes.url !== undefined && !deps.egress.allows(changes.url)) return urlForbidden()
  const { db } = deps.api
  const permit = { scope: 'webhooks:write', action: 'webhook_endpoint.updated' } as const
  const batch = await deps.api.run(enter(db, deps.clock.now(), caller, permit), [
    updateWebhookEndpoint(db, id, changes),
  ])
  if (!batch.ok) return batch
  const [[row]] = batch.rows
  return row === undefined ? refused('webhook_endpoint_not_found') : done(row.object)
}

/** Its pending deliveries are dropped with it; the log of the others stays. Refuses `webhook_endpoint_not_found`. */
export async function deleteWebhookEndpoint(deps: Deps, caller: Caller, id: string): Promise<Outcome<JsonObject>> {
  const { db } = deps.api
  const permit = { scope: 'webhooks:write', action: 'webhook_endpoint.deleted' } as const
  const batch = await deps.api.run(enter(db, deps.clock.now(), caller, permit), [removeWebhookEndpoint(db, id)])
  if (!batch.ok) return batch
  const [[row]] = batch.rows
  if (row === undefined) return refused('webhook_endpoint_not_found')
  return done({ id: row.id, object: 'webhook_endpoint', deleted: true })
}

/** What was and will be sent to the endpoint, also to a deleted one. Refuses `webhook_endpoint_not_found`. */
export async function listDeliveriesOf(
  deps: Deps,
  caller: Caller,
  endpointId: string,
  status: DeliveryStatus | undefined,
  page: Page,
): Promise<Outcome<List>> {
  const { db } = deps.api
  const batch = await deps.api.run(enter(db, deps.clock.now(), caller, { scope: 'webhooks:read' }), [
    findEndpointOfLog(db, endpointId),
    listDeliveries(db, endpointId, status, page),
  ])
  if (!batch.ok) return batch
  const [[endpoint], rows] = batch.rows
  return endpoint === undefined ? refused('webhook_endpoint_not_found') : done(toList(rows, page))
}

function urlForbidden() {
  return refused('webhook_url_forbidden', { errors: [{ field: 'url', message: 'is not a public https address' }] })
}
