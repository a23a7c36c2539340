/** Webhook endpoints: where the merchant is told. The signing secret leaves this service once, in the answer that makes it. */

import { newWebhookSecret } from '../../crypto/standard-webhooks.ts'
import { type Caller, enter } from '../../db/gate.ts'
import {
  type DeliveryFilters,
  findDelivery,
  findEndpointOfLog,
  listDeliveries,
} from '../../db/statements/deliveries.ts'
import type { Page } from '../../db/statements/page.ts'
import {
  askForTest,
  findWebhookEndpoint,
  insertWebhookEndpoint,
  latestTest,
  listWebhookEndpoints,
  removeWebhookEndpoint,
  rotateSecret,
  updateWebhookEndpoint,
  webhookEndpointObject,
} from '../../db/statements/webhook-endpoints.ts'
import { asSent, type EndpointUrlRefusal } from '../../domain/endpoint-url.ts'
import type { Subscription } from '../../domain/event.ts'
import { type Id, newId } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import { done, type Outcome, refused } from '../../domain/problem.ts'
import { type Answer, type Requester, runClaimed } from '../claimed.ts'
import type { Deps } from '../deps.ts'
import { type List, toList } from '../list.ts'
import { sealEndpointHeaders, sealEndpointSecret } from './endpoint-secret.ts'

export interface WebhookEndpointInput {
  url: string
  description: string | null
  eventTypes: readonly Subscription[]
  metadata: Record<string, string>
  /** By their names in lower case; their values leave this service with deliveries only. */
  customHeaders: Readonly<Record<string, string>>
  /** Deliveries a minute; null for no limit. */
  rateLimit: number | null
  ordered: boolean
}

/** What can be changed; undefined is left as it is. */
export interface EndpointChanges extends Partial<Omit<WebhookEndpointInput, 'eventTypes'>> {
  eventTypes?: Subscription[]
  status?: 'active' | 'disabled'
}

/** Refuses `webhook_url_forbidden` and `webhook_endpoints_too_many`. One round trip, as are all of these. */
export async function createWebhookEndpoint(
  deps: Deps,
  requester: Requester,
  input: WebhookEndpointInput,
): Promise<Outcome<Answer>> {
  const verdict = await deps.egress.judge(input.url)
  if (!verdict.ok) return urlForbidden(verdict)
  const id = newId('whe', deps.clock.now().getTime(), deps.random)
  const secret = newWebhookSecret(deps.random)
  const sealedSecret = await sealEndpointSecret(deps, id, secret)
  const { customHeaders, ...rest } = input
  const headers = await sealHeaders(deps, id, customHeaders)
  return runClaimed(deps, requester, {
    permit: { scope: 'webhooks:write', action: 'webhook_endpoint.created' },
    resourceId: id,
    status: 201,
    showOnce: { secret },
    statements: (db, first) =>
      insertWebhookEndpoint(db, first, { ...rest, ...headers, url: asSent(input.url), id, sealedSecret }),
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
  changes: EndpointChanges,
): Promise<Outcome<JsonObject>> {
  const verdict = changes.url === undefined ? undefined : await deps.egress.judge(changes.url)
  if (verdict?.ok === false) return urlForbidden(verdict)
  const { db } = deps.api
  const permit = { scope: 'webhooks:write', action: 'webhook_endpoint.updated' } as const
  const { customHeaders, url, ...rest } = changes
  const headers = customHeaders === undefined ? {} : await sealHeaders(deps, id, customHeaders)
  const address = url === undefined ? {} : { url: asSent(url) }
  const batch = await deps.api.run(enter(db, deps.clock.now(), caller, permit), [
    updateWebhookEndpoint(db, id, { ...rest, ...headers, ...address }),
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

/**
 * Another secret; the one before signs beside it until the overlap has passed. Refuses `webhook_endpoint_not_found`.
 */
export async function rotateEndpointSecret(
  deps: Deps,
  requester: Requester,
  id: Id<'whe'>,
  overlapSeconds: number,
): Promise<Outcome<Answer>> {
  const secret = newWebhookSecret(deps.random)
  const sealedSecret = await sealEndpointSecret(deps, id, secret)
  const until = new Date(deps.clock.now().getTime() + overlapSeconds * 1000)
  return runClaimed(deps, requester, {
    permit: { scope: 'webhooks:write', action: 'webhook_endpoint.secret_rotated' },
    resourceId: id,
    status: 200,
    showOnce: { secret },
    statements: (db, first) => rotateSecret(db, first, id, sealedSecret, until),
    answer: webhookEndpointObject(id),
  })
}

/** Sends the endpoint a test event. Refuses `webhook_endpoint_not_found` and `webhook_endpoint_disabled`. */
export async function testEndpoint(deps: Deps, requester: Requester, id: Id<'whe'>): Promise<Outcome<Answer>> {
  const asked = await runClaimed(deps, requester, {
    permit: { scope: 'webhooks:write', action: 'webhook_endpoint.tested' },
    resourceId: id,
    status: 202,
    statements: (db, first) => askForTest(db, first, id),
    answer: latestTest(id),
  })
  if (asked.ok) await deps.nudge([{ kind: 'deliver', deliveryIds: [], delaySeconds: 0 }])
  return asked
}

/** What was and will be sent, also to a deleted endpoint. Refuses `webhook_endpoint_not_found` of one that never was. */
export async function listDeliveriesOf(
  deps: Deps,
  caller: Caller,
  filters: DeliveryFilters,
  page: Page,
): Promise<Outcome<List>> {
  const { db } = deps.api
  const batch = await deps.api.run(enter(db, deps.clock.now(), caller, { scope: 'webhooks:read' }), [
    findEndpointOfLog(db, filters.endpointId ?? ''),
    listDeliveries(db, filters, page),
  ])
  if (!batch.ok) return batch
  const [[endpoint], rows] = batch.rows
  if (filters.endpointId !== undefined && endpoint === undefined) return refused('webhook_endpoint_not_found')
  return done(toList(rows, page))
}

/** Refuses `delivery_not_found`. */
export async function getDelivery(deps: Deps, caller: Caller, id: string): Promise<Outcome<JsonObject>> {
  const { db } = deps.api
  const gate = enter(db, deps.clock.now(), caller, { scope: 'webhooks:read' })
  const batch = await deps.api.run(gate, [findDelivery(db, id)])
  if (!batch.ok) return batch
  const [[row]] = batch.rows
  return row === undefined ? refused('delivery_not_found') : done(row.object)
}

async function sealHeaders(deps: Deps, endpointId: string, headers: Readonly<Record<string, string>>) {
  const sealedHeaders = await sealEndpointHeaders(deps, endpointId, headers)
  return { headerNames: Object.keys(headers).sort(), sealedHeaders }
}

function urlForbidden({ reason, message }: EndpointUrlRefusal) {
  return refused('webhook_url_forbidden', { errors: [{ field: 'url', message: `${message}: ${reason}` }] })
}
