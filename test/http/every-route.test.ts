/**
 * What holds for every route, read from the OpenAPI document, so that a new route is held to it without being listed:
 * who may not come in, what may not be sent, and that none of it writes anything.
 */

import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { PROBLEMS } from '../../src/domain/problem.ts'
import {
  bodyWith,
  type Ids,
  isOfProvider,
  pathWith,
  type Route,
  readSchema,
  routesOf,
  send as sendTo,
} from '../support/routes.ts'
import { settle } from '../support/settled.ts'
import { createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('every_route')
const schema = await readSchema(world)
const ROUTES = routesOf(schema)
const GUARDED = ROUTES.filter(({ isPublic }) => !isPublic)
const WITH_BODY = ROUTES.filter((route) => route.takesBody && !isOfProvider(route))

let owner: Merchant
let ids: Ids

const send = (route: Route, token: string | undefined, body?: unknown, headers: Record<string, string> = {}) =>
  sendTo(world, route, pathWith(route, ids), { token, body, headers })

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
  owner = await world.newMerchant()
  ids = await settle(world, owner, 'owner')
})

describe('every route that is not public', () => {
  test.each(GUARDED)('$name refuses whoever shows nothing, or nonsense', async (route) => {
    const before = await written()
    expect(await send(route, undefined)).toMatchObject({ status: 401, body: { code: 'credential_missing' } })
    expect(await send(route, 'nonsense')).toMatchObject({ status: 401, body: { code: 'credential_malformed' } })
    expect(await send(route, 'pb_test_nonsense')).toMatchObject({ status: 401, body: { code: 'credential_malformed' } })
    const basic = await send(route, undefined, undefined, { authorization: 'Basic dXNlcjpwYXNz' })
    expect(basic).toMatchObject({ status: 401, body: { code: 'credential_missing' } })
    expect(await written()).toEqual(before)
  })

  test.each(GUARDED)('$name works the same without its trailing slash', async (route) => {
    const bare = { ...route, path: route.path.replace(/\/$/, '') }
    expect(await send(bare, undefined)).toMatchObject({ status: 401, body: { code: 'credential_missing' } })
  })
})

describe('every route that names a thing', () => {
  test.each(GUARDED.filter(({ path }) => path.includes('{id}')))(
    '$name tells an id that has no form',
    async (route) => {
      const path = route.path.replace('{id}', 'nonsense')
      const answer = await sendTo(world, route, path, { token: owner.accessToken, body: bodyWith(route, ids) })
      expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed', errors: [{ field: 'id' }] } })
    },
  )
})

describe('every route that takes a body', () => {
  test.each(WITH_BODY)('$name refuses what is no JSON object of its fields, and writes nothing', async (route) => {
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
  })

  test.each(GUARDED.filter(({ method }) => method === 'POST'))(
    '$name refuses an Idempotency-Key without form',
    async (route) => {
      for (const key of ['', 'a b', 'x'.repeat(256)]) {
        const answer = await send(route, owner.accessToken, bodyWith(route, ids), { 'idempotency-key': key })
        expect(answer).toMatchObject({ status: 422, body: { code: 'idempotency_key_malformed' } })
      }
    },
  )
})

describe('the OpenAPI document', () => {
  test('is of version 3.1 and names every problem code that its routes can answer with', () => {
    expect(schema).toMatchObject({ openapi: '3.1.0' })
    const text = JSON.stringify(schema)
    for (const code of ['validation_failed', 'rate_limited', 'provider_refused'] as const) {
      expect(text).toContain(PROBLEMS[code].title)
    }
  })
})
