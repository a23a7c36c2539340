/**
 * What holds for every route, read from the OpenAPI document, so that a new route is held to it without being listed:
 * who may not come in, what may not be sent, and that none of it writes anything.
 */

import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { PROBLEMS } from '../../src/domain/problem.ts'
import type { Scope } from '../../src/domain/scopes.ts'
import { PROVIDER_NAMES } from '../../src/providers/registry.ts'
import { deliverProviderWebhooks, ORDER, pay, startPayment } from '../support/paystack.ts'
import { caller, createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('every_route')

interface Route {
  method: string
  path: string
  isPublic: boolean
  takesBody: boolean
}

interface SchemaDocument {
  paths: Record<string, Record<string, { security: unknown[]; requestBody?: unknown }>>
}

const response = await world.app.request('https://api.paybridge.test/api/schema/')
const schema = await response.json<SchemaDocument>()
const ROUTES: Route[] = Object.entries(schema.paths).flatMap(([path, operations]) =>
  Object.entries(operations).map(([method, { security, requestBody }]) => ({
    method: method.toUpperCase(),
    path,
    isPublic: security.length === 0,
    takesBody: requestBody !== undefined,
  })),
)
const GUARDED = ROUTES.filter(({ isPublic }) => !isPublic)
/** Providers post what they like: their routes have tests of their own. */
const isOfProvider = (path: string) => PROVIDER_NAMES.some((name) => path.startsWith(`/api/v1/webhooks/${name}/`))
const WITH_BODY = ROUTES.filter(({ takesBody, path }) => takesBody && !isOfProvider(path))

/** Ids that are there, of the first merchant in test mode. */
const ids: Record<string, string> = {}
let owner: Merchant
let stranger: Merchant
let live: Merchant

const SAMPLE_IDS: Record<string, string> = {
  'api-keys': 'key',
  'payment-providers': 'con',
  transactions: 'txn',
  refunds: 'ref',
  reconciliation: 'rec',
  webhooks: 'whe',
  events: 'evt',
}

/** The route's path with the first merchant's own ids in it. */
function fill(path: string): string {
  const noun = path.split('/')[3] ?? ''
  const prefix = path.includes('/webhooks/deliveries/') ? 'del' : (SAMPLE_IDS[noun] ?? '')
  return path.replace('{id}', ids[prefix] ?? 'unknown').replace('{connection_id}', ids.con ?? '')
}

async function send(
  route: Route,
  token: string | undefined,
  body?: unknown,
  headers: Record<string, string> = {},
  mode = 'test',
) {
  const client = caller(world.app, token, mode === 'live' ? 'live' : 'test')
  const path = fill(route.path)
  switch (route.method) {
    case 'GET':
      return client.get(path, headers)
    case 'DELETE':
      return client.delete(path, headers)
    case 'PUT':
      return client.put(path, body, headers)
    case 'PATCH':
      return client.patch(path, body, headers)
    default:
      return client.post(path, body, headers)
  }
}

/** Counts of everything that a request could have written. */
async function written(): Promise<unknown> {
  return world.query(sql`select (select count(*) from transactions) as transactions,
    (select count(*) from attempts) as attempts, (select count(*) from events) as events,
    (select count(*) from connections) as connections, (select count(*) from idempotency_claims) as claims,
    (select count(*) from webhook_endpoints) as endpoints, (select count(*) from provider_events) as provider_events,
    (select count(*) from refunds) as refunds, (select count(*) from routing_rules) as routing_rules,
    (select count(*) from reconciliation_runs) as runs, (select count(*) from deliveries) as deliveries,
    (select max(updated_at) from transactions) as touched`)
}

beforeAll(async () => {
  const started = await startPayment(world)
  owner = started.merchant
  stranger = await world.newMerchant()
  live = await world.newMerchant({ mode: 'live' })
  ids.txn = started.id
  ids.con = started.connection.id
  ids.key = owner.apiKeyId
  const endpoint = await owner.api.post('/api/v1/webhooks/', { url: 'https://shop.example.com/hook' })
  ids.whe = String(endpoint.body.id)
  await pay(world, started.id)
  await deliverProviderWebhooks(world)
  const refund = await owner.api.post(`/api/v1/transactions/${started.id}/refunds/`, { amount: 50_000 })
  ids.ref = String(refund.body.id)
  const deliveries = await owner.api.get('/api/v1/webhooks/deliveries/')
  ids.del = String(deliveries.body.data[0].id)
  const run = await owner.api.post('/api/v1/reconciliation/runs/', { connection_id: ids.con })
  ids.rec = String(run.body.id)
  const events = await owner.api.get('/api/v1/events/')
  ids.evt = String(events.body.data[0].id)
})

describe('every route that is not public', () => {
  test.each(GUARDED)('$method $path refuses whoever shows nothing, or nonsense', async (route) => {
    const before = await written()
    expect(await send(route, undefined)).toMatchObject({ status: 401, body: { code: 'credential_missing' } })
    expect(await send(route, 'nonsense')).toMatchObject({ status: 401, body: { code: 'credential_malformed' } })
    expect(await send(route, 'pb_test_nonsense')).toMatchObject({ status: 401, body: { code: 'credential_malformed' } })
    const basic = await send(route, undefined, undefined, { authorization: 'Basic dXNlcjpwYXNz' })
    expect(basic).toMatchObject({ status: 401, body: { code: 'credential_missing' } })
    expect(await written()).toEqual(before)
  })

  test.each(GUARDED)('$method $path works the same without its trailing slash', async (route) => {
    const bare = { ...route, path: route.path.replace(/\/$/, '') }
    expect(await send(bare, undefined)).toMatchObject({ status: 401, body: { code: 'credential_missing' } })
  })
})

describe('every route that names a thing', () => {
  const NAMED = GUARDED.filter(({ path }) => path.includes('{id}'))

  test.each(NAMED)('$method $path shows another merchant’s as if it were not there', async (route) => {
    const before = await written()
    const answer = await send(route, stranger.accessToken, sampleBody(route))
    expect(answer.status).toBe(404)
    expect(answer.body.code).toMatch(/_not_found$/)
    expect(await written()).toEqual(before)
  })

  test.each(NAMED)('$method $path shows a test row to no live key', async (route) => {
    expect((await send(route, live.apiKey, sampleBody(route), {}, 'live')).status).toBe(404)
    expect((await send(route, owner.accessToken, sampleBody(route), {}, 'live')).status).toBe(404)
  })

  test.each(NAMED)('$method $path tells an id that has no form', async (route) => {
    const answer = await send(
      { ...route, path: route.path.replace('{id}', 'nonsense') },
      owner.accessToken,
      sampleBody(route),
    )
    expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed', errors: [{ field: 'id' }] } })
  })
})

/** A body that the route takes, so that only the id is at fault. */
function sampleBody({ method, path }: Route): unknown {
  if (method === 'PATCH' && path.includes('/payment-providers/')) return { name: 'renamed' }
  if (method === 'PATCH') return { description: 'renamed' }
  if (path.endsWith('/recover/')) return { since: '2026-11-24T00:00:00.000Z' }
  if (path.endsWith('/replay/')) return { after: 0 }
  return undefined
}

describe('every route that takes a body', () => {
  test.each(WITH_BODY)(
    '$method $path refuses what is no JSON object of its fields, and writes nothing',
    async (route) => {
      const before = await written()
      const token = owner.accessToken
      expect(await send(route, token, '{"a":')).toMatchObject({ status: 400, body: { code: 'body_malformed' } })
      expect(await send(route, token, new Uint8Array([0x22, 0xff, 0x22]))).toMatchObject({
        status: 400,
        body: { code: 'body_malformed' },
      })
      expect(await send(route, token, '{}', { 'content-type': 'text/plain' })).toMatchObject({ status: 415 })
      expect(await send(route, token, '{}', { 'content-type': 'application/x-www-form-urlencoded' })).toMatchObject({
        status: 415,
      })
      expect(await send(route, token, `"${'x'.repeat(1_048_576)}"`)).toMatchObject({
        status: 413,
        body: { code: 'body_too_large' },
      })
      expect(await send(route, token, '[]')).toMatchObject({ status: 422, body: { code: 'validation_failed' } })
      expect(await send(route, token, 'null')).toMatchObject({ status: 422, body: { code: 'validation_failed' } })
      expect(await send(route, token, '"text"')).toMatchObject({ status: 422, body: { code: 'validation_failed' } })
      expect(await send(route, token, '['.repeat(5_000) + ']'.repeat(5_000))).toMatchObject({ status: 422 })
      const unknown = await send(route, token, { no_such_field: 1 })
      expect(unknown.status).toBe(422)
      expect(unknown.body.errors.map((error: { field: string }) => error.field)).toContain('no_such_field')
      expect(await send(route, token, { name: 'a\u0000b' })).toMatchObject({
        status: 422,
        body: { errors: [{ field: 'name' }] },
      })
      expect(await send(route, token, '{"name":"\\ud800"}')).toMatchObject({
        status: 422,
        body: { errors: [{ field: 'name' }] },
      })
      expect(await send(route, token, '{"__proto__":{"a":1}}')).toMatchObject({ status: 422 })
      expect(await written()).toEqual(before)
    },
  )

  test.each(GUARDED.filter(({ method }) => method === 'POST'))(
    '$method $path refuses an Idempotency-Key without form',
    async (route) => {
      for (const key of ['', 'a b', 'x'.repeat(256)]) {
        const answer = await send(route, owner.accessToken, validBody(route), { 'idempotency-key': key })
        expect(answer).toMatchObject({ status: 422, body: { code: 'idempotency_key_malformed' } })
      }
    },
  )
})

describe('scopes', () => {
  test.each(GUARDED)('$method $path is closed to a key without its scope', async (route) => {
    const other: Scope = route.path.includes('/audit-logs/') ? 'events:read' : 'audit:read'
    const key = await owner.person.post('/api/v1/api-keys/', { name: 'narrow', scopes: [other] })
    const answer = await send(route, String(key.body.key), validBody(route))
    expect(answer).toMatchObject({ status: 403, body: { code: 'scope_missing' } })
    await owner.person.post(`/api/v1/api-keys/${key.body.id}/revoke/`)
  })
})

/** A body good enough to get past validation. */
function validBody({ method, path }: Route): unknown {
  if (path.endsWith('/initiate_payment/')) return ORDER
  if (method === 'POST' && path === '/api/v1/api-keys/') return { name: 'x' }
  if (method === 'POST' && path === '/api/v1/webhooks/') return { url: 'https://shop.example.com/hook' }
  if (method === 'POST' && path === '/api/v1/payment-providers/') {
    return { provider: 'paystack', credentials: { secret_key: 'sk_test_0123456789abcdef0123' } }
  }
  if (method === 'POST' && path.endsWith('/reconciliation/runs/')) return { connection_id: ids.con }
  if (method === 'PUT' && path.includes('/routing-rules/')) return { rules: [] }
  if (method === 'PUT') return { company_name: 'Renamed' }
  return sampleBody({ method, path, isPublic: false, takesBody: true })
}

describe('the OpenAPI document', () => {
  test('is of version 3.1 and names every problem code that its routes can answer with', () => {
    expect(schema).toMatchObject({ openapi: '3.1.0' })
    const text = JSON.stringify(schema)
    for (const code of ['validation_failed', 'rate_limited', 'provider_refused'] as const) {
      expect(text).toContain(PROBLEMS[code].title)
    }
  })
})
