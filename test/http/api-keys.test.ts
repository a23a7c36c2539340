/** `/api/v1/api-keys/`: what programs authenticate with, what a key may do, and when it is over. */

import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { newApiKey } from '../../src/crypto/api-key.ts'
import { connect } from '../../src/db/client.ts'
import { DEFAULT_KEY_SCOPES } from '../../src/domain/scopes.ts'
import { ApiKeySchema, CreatedApiKeySchema } from '../../src/http/routes/api-keys.ts'
import { ListSchema } from '../../src/http/schemas.ts'
import { superuserUrl } from '../support/provided.ts'
import { caller, createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('api_keys')
const owner = connect(superuserUrl('t_api_keys'), { roundTrip: () => {}, entered: () => {} })

const KEYS = '/api/v1/api-keys/'
const PROFILE = '/api/v1/profile/me/'
const FROM = { 'cf-connecting-ip': '198.51.100.9', 'user-agent': 'kora/1.0' }
const DAY_MS = 86_400_000

const rotate = (merchant: Merchant, id: string, body?: object, headers?: Record<string, string>) =>
  merchant.person.post(`${KEYS}${id}/rotate/`, body, headers)

/** Whether a key lets somebody in: the status, or the code of the refusal. */
async function tryKey(key: string, headers: Record<string, string> = {}): Promise<string | number> {
  const { status, body } = await caller(world.app, key).get(PROFILE, headers)
  return status === 200 ? 200 : body.code
}

async function newKey(merchant: Merchant, fields: object = {}) {
  const { body } = await merchant.person.post(KEYS, { name: 'one', ...fields })
  return { id: String(body.id), key: String(body.key) }
}

async function auditOf(merchant: Merchant, action: string) {
  return (await merchant.person.get(`/api/v1/audit-logs/?action=${action}`)).body.data
}

const inFuture = (ms: number) => new Date(world.clock.now().getTime() + ms).toISOString()

describe('making a key', () => {
  test('shows it once, in one round trip, and audits who made it from where', async () => {
    const merchant = await world.newMerchant()
    const { result, roundTrips } = await world.countRoundTrips(() =>
      merchant.person.post(KEYS, { name: ' Checkout ' }, FROM),
    )
    expect(result.status).toBe(201)
    expect(CreatedApiKeySchema.strict().parse(result.body)).toEqual(result.body)
    expect(result.body).toMatchObject({ name: 'Checkout', mode: 'test', scopes: DEFAULT_KEY_SCOPES, status: 'active' })
    expect(roundTrips).toBe(1)
    expect(await tryKey(result.body.key)).toBe(200)
    expect(await auditOf(merchant, 'api_key.created')).toContainEqual(
      expect.objectContaining({
        actor_id: merchant.userId,
        object_id: result.body.id,
        ip_address: '198.51.100.9',
        user_agent: 'kora/1.0',
      }),
    )
  })

  test('again with the same Idempotency-Key gives the same key again, marked; another body is refused', async () => {
    const merchant = await world.newMerchant()
    const create = (name: string) => merchant.person.post(KEYS, { name }, { 'idempotency-key': 'k1' })
    const [first, second] = await Promise.all([create('twice'), create('twice')])
    const third = await create('twice')
    expect(second.body).toEqual(first.body)
    expect(third).toMatchObject({ status: 201, body: first.body })
    expect(third.headers.get('idempotent-replayed')).toBe('true')
    expect(await create('other')).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } })
    expect((await merchant.person.get(KEYS)).body.data).toHaveLength(2)
    expect(await auditOf(merchant, 'api_key.created')).toHaveLength(2)
  })

  test('refuses scopes that its maker does not hold', async () => {
    const merchant = await world.newMerchant({ scopes: ['api_keys:write', 'events:read'] })
    const within = await merchant.api.post(KEYS, { name: 'less', scopes: ['events:read'] })
    expect(within.status).toBe(201)
    for (const fields of [{ scopes: ['events:read', 'audit:read'] }, {}]) {
      const beyond = await merchant.api.post(KEYS, { name: 'more', ...fields })
      expect(beyond).toMatchObject({ status: 403, body: { code: 'scope_not_held' } })
    }
  })

  test.each([
    ['owner', 200, 201],
    ['admin', 200, 201],
    ['developer', 200, 201],
    ['finance', 403, 403],
    ['viewer', 403, 403],
  ])('and listing them by a person who is %s gives %i and %i', async (role, listed, made) => {
    const merchant = await world.newMerchant()
    const { db } = owner
    await owner.run(undefined, [
      db.execute(sql`update memberships set role = ${role} where user_id = ${merchant.userId}`),
    ])
    expect((await merchant.person.get(KEYS)).status).toBe(listed)
    expect((await merchant.person.post(KEYS, { name: 'one', scopes: ['profile:read'] })).status).toBe(made)
    const beyond = await merchant.person.post(KEYS, { name: 'one', scopes: ['connections:write'] })
    const mayAll = role === 'owner' || role === 'admin'
    expect(beyond.status).toBe(mayAll ? 201 : 403)
  })

  test.each([
    ['no name', {}, 'name'],
    ['an unknown scope', { name: 'x', scopes: ['everything'] }, 'scopes.0'],
    ['no scopes at all', { name: 'x', scopes: [] }, 'scopes'],
    ['an address that is none', { name: 'x', ip_allow_list: ['198.51.100'] }, 'ip_allow_list.0'],
    ['a mask that is none', { name: 'x', ip_allow_list: ['198.51.100.0/33'] }, 'ip_allow_list.0'],
    ['a time that is none', { name: 'x', expires_at: 'tomorrow' }, 'expires_at'],
    ['a field of its own', { name: 'x', mode: 'live' }, 'mode'],
  ])('refuses %s with its field', async (_, body, field) => {
    const merchant = await world.newMerchant()
    const refused = await merchant.person.post(KEYS, body)
    expect(refused).toMatchObject({ status: 422, body: { code: 'validation_failed' } })
    expect(refused.body.errors[0].field).toBe(field)
  })

  test('stops at a hundred working keys in a mode; those that ended do not count', async () => {
    const merchant = await world.newMerchant()
    const fill = (keys: number, columns: string, values: string) =>
      owner.run(undefined, [
        owner.db.execute(sql`
          insert into api_keys (id, merchant_id, mode, name, hash, mask, scopes${sql.raw(columns)})
          select app.new_id('key'), ${merchant.merchantId}, 'test', 'filler',
                 encode(sha256(gen_random_uuid()::text::bytea), 'hex'), '…', '{events:read}'${sql.raw(values)}
          from generate_series(1, ${keys}::integer)`),
      ])
    await fill(98, '', '')
    await fill(5, ', revoked_at', `, '2026-01-01'`)
    await fill(5, ', expires_at', `, '2026-01-01'`)
    expect((await merchant.person.post(KEYS, { name: 'the hundredth' })).status).toBe(201)
    const beyond = [await merchant.person.post(KEYS, { name: 'one more' }), await rotate(merchant, merchant.apiKeyId)]
    for (const refused of beyond) expect(refused).toMatchObject({ status: 409, body: { code: 'api_keys_too_many' } })
    await merchant.person.post(`${KEYS}${merchant.apiKeyId}/revoke/`)
    expect((await merchant.person.post(KEYS, { name: 'one more' })).status).toBe(201)
  })
})

describe('reading keys', () => {
  test('shows a mask, in one round trip, and never the key', async () => {
    const merchant = await world.newMerchant()
    const list = await world.countRoundTrips(() => merchant.api.get(KEYS))
    const one = await world.countRoundTrips(() => merchant.api.get(`${KEYS}${merchant.apiKeyId}/`))
    expect(ListSchema(ApiKeySchema.strict()).parse(list.result.body)).toEqual(list.result.body)
    expect(ApiKeySchema.strict().parse(one.result.body)).toEqual(one.result.body)
    expect(list.result.body.data).toEqual([one.result.body])
    expect(one.result.body.mask).toBe(`pb_test_…${merchant.apiKey.slice(-4)}`)
    expect([list.roundTrips, one.roundTrips]).toEqual([1, 1])
  })

  test('tells when a key was used last, to the minute', async () => {
    const merchant = await world.newMerchant()
    const { id, key } = await newKey(merchant)
    const lastUsed = async () => (await merchant.person.get(`${KEYS}${id}/`)).body.last_used_at
    expect(await lastUsed()).toBeNull()
    const first = world.clock.now().toISOString()
    await tryKey(key)
    world.clock.advance(59_000)
    await tryKey(key)
    expect(await lastUsed()).toBe(first)
    world.clock.advance(2_000)
    await tryKey(key)
    expect(await lastUsed()).toBe(world.clock.now().toISOString())
  })
})

describe('a key lets nobody in', () => {
  test('that was never issued, or that names the other mode', async () => {
    const merchant = await world.newMerchant()
    const { key } = await newApiKey('test', world.random)
    expect(await tryKey(key)).toBe('api_key_unknown')
    expect(await tryKey(merchant.apiKey.replace('pb_test_', 'pb_live_'))).toBe('credential_malformed')
  })

  test('from the moment it expires', async () => {
    const merchant = await world.newMerchant()
    const { id, key } = await newKey(merchant, { expires_at: inFuture(60_000) })
    world.clock.advance(59_999)
    expect(await tryKey(key)).toBe(200)
    world.clock.advance(1)
    expect(await tryKey(key)).toBe('api_key_expired')
    expect((await merchant.person.get(`${KEYS}${id}/`)).body.status).toBe('expired')
  })

  test('once it is revoked: at once, in one round trip, audited once however often it is asked', async () => {
    const merchant = await world.newMerchant()
    const revoke = () => merchant.person.post(`${KEYS}${merchant.apiKeyId}/revoke/`, undefined, FROM)
    const { result, roundTrips } = await world.countRoundTrips(revoke)
    expect(result).toMatchObject({ status: 200, body: { status: 'revoked' } })
    expect(roundTrips).toBe(1)
    expect(await tryKey(merchant.apiKey)).toBe('api_key_revoked')
    world.clock.advance(1_000)
    expect((await revoke()).body).toEqual(result.body)
    expect(await auditOf(merchant, 'api_key.revoked')).toMatchObject([
      { actor_id: merchant.userId, object_id: merchant.apiKeyId, ip_address: '198.51.100.9', user_agent: 'kora/1.0' },
    ])
  })

  test('without the scope that is asked for, and says which', async () => {
    const merchant = await world.newMerchant({ scopes: ['events:read'] })
    const refused = await merchant.api.get(PROFILE)
    expect(refused).toMatchObject({ status: 403, body: { code: 'scope_missing', detail: 'profile:read' } })
  })

  const EVERYWHERE: readonly string[] = []
  test.each<[readonly string[], string, string | number]>([
    [EVERYWHERE, '203.0.113.1', 200],
    [['198.51.100.7'], '198.51.100.7', 200],
    [['198.51.100.7'], '198.51.100.8', 'ip_not_allowed'],
    [['198.51.100.0/24'], '198.51.100.255', 200],
    [['198.51.100.0/24'], '198.51.101.0', 'ip_not_allowed'],
    [['203.0.113.9', '198.51.100.0/24'], '198.51.100.1', 200],
    [['2001:db8:1::/48'], '2001:db8:1:ffff::1', 200],
    [['2001:db8:1::/48'], '2001:db8:2::1', 'ip_not_allowed'],
    [['2001:DB8::1'], '2001:db8:0:0:0:0:0:1', 200],
    [['0.0.0.0/0'], '2001:db8::1', 'ip_not_allowed'],
    // Bits beyond the mask name the network all the same.
    [['10.1.2.3/8'], '10.200.0.1', 200],
  ])('with the allow-list %j from elsewhere: %s gets %s', async (list, address, outcome) => {
    const merchant = await world.newMerchant()
    const { key } = await newKey(merchant, { ip_allow_list: list })
    expect(await tryKey(key, { 'cf-connecting-ip': address })).toBe(outcome)
  })
})

describe('rotating a key', () => {
  test('makes one that may do the same for as long, in one round trip, and audits both', async () => {
    const merchant = await world.newMerchant()
    const fields = { name: 'Shop', scopes: ['profile:read', 'events:read'], ip_allow_list: ['203.0.113.0/24'] }
    const old = await newKey(merchant, { ...fields, expires_at: inFuture(10 * DAY_MS) })
    world.clock.advance(DAY_MS)
    const { result, roundTrips } = await world.countRoundTrips(() =>
      merchant.api.post(`${KEYS}${old.id}/rotate/`, undefined, FROM),
    )
    expect(result.status).toBe(201)
    expect(CreatedApiKeySchema.strict().parse(result.body)).toEqual(result.body)
    expect(result.body).toMatchObject({ ...fields, expires_at: inFuture(10 * DAY_MS), rotated_to: null })
    expect(roundTrips).toBe(1)
    expect(await tryKey(result.body.key, { 'cf-connecting-ip': '203.0.113.1' })).toBe(200)
    const entries = (await merchant.api.get('/api/v1/audit-logs/?action=api_key.rotated')).body.data
    const by = { actor_id: merchant.apiKeyId, ip_address: '198.51.100.9', user_agent: 'kora/1.0' }
    expect(entries).toMatchObject([by, by])
    expect(entries.map((entry: { object_id: string }) => entry.object_id).sort()).toEqual(
      [old.id, result.body.id].sort(),
    )
  })

  test('leaves the old key good for the overlap, and not a moment longer', async () => {
    const merchant = await world.newMerchant()
    const old = await newKey(merchant)
    const rotated = await rotate(merchant, old.id, { overlap_seconds: 3_600 }, FROM)
    expect((await merchant.person.get(`${KEYS}${old.id}/`)).body).toMatchObject({
      rotated_to: rotated.body.id,
      expires_at: inFuture(3_600_000),
      status: 'active',
    })
    world.clock.advance(3_599_999)
    expect([await tryKey(old.key), await tryKey(rotated.body.key)]).toEqual([200, 200])
    world.clock.advance(1)
    expect([await tryKey(old.key), await tryKey(rotated.body.key)]).toEqual(['api_key_expired', 200])
  })

  test.each([
    ['a day, where none is named', undefined, {}, DAY_MS],
    ['none at all', undefined, { overlap_seconds: 0 }, 0],
    ['a week at most', undefined, { overlap_seconds: 604_800 }, 7 * DAY_MS],
    ['never longer than the key had', 60_000, { overlap_seconds: 604_800 }, 60_000],
  ])('overlaps for %s', async (_, livesForMs, body, overlapMs) => {
    const merchant = await world.newMerchant()
    const old = await newKey(merchant, livesForMs === undefined ? {} : { expires_at: inFuture(livesForMs) })
    expect((await rotate(merchant, old.id, body)).status).toBe(201)
    expect((await merchant.person.get(`${KEYS}${old.id}/`)).body.expires_at).toBe(inFuture(overlapMs))
  })

  test.each([604_801, -1, 0.5, '60'])('refuses an overlap of %j', async (overlap) => {
    const merchant = await world.newMerchant()
    const refused = await rotate(merchant, merchant.apiKeyId, { overlap_seconds: overlap })
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ field: 'overlap_seconds' }] } })
  })

  test('again with the same Idempotency-Key gives the same key again', async () => {
    const merchant = await world.newMerchant()
    const again = () => rotate(merchant, merchant.apiKeyId, {}, { 'idempotency-key': 'rotate-1' })
    const first = await again()
    const second = await again()
    expect(second).toMatchObject({ status: 201, body: first.body })
    expect(second.headers.get('idempotent-replayed')).toBe('true')
    expect((await merchant.person.get(KEYS)).body.data).toHaveLength(2)
  })

  test('is refused for a key that was revoked, has expired or was rotated', async () => {
    const merchant = await world.newMerchant()
    const revoked = await newKey(merchant)
    await merchant.person.post(`${KEYS}${revoked.id}/revoke/`)
    const expired = await newKey(merchant, { expires_at: inFuture(1) })
    world.clock.advance(1)
    const rotated = await newKey(merchant)
    await rotate(merchant, rotated.id)
    for (const { id } of [revoked, expired, rotated]) {
      expect(await rotate(merchant, id)).toMatchObject({ status: 409, body: { code: 'api_key_not_rotatable' } })
    }
    // The merchant's first key, these three, and the one successor.
    expect((await merchant.person.get(KEYS)).body.data).toHaveLength(5)
  })

  test('twice at once makes one successor', async () => {
    const merchant = await world.newMerchant()
    const answers = await Promise.all([1, 2].map(() => rotate(merchant, merchant.apiKeyId)))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
    expect((await merchant.person.get(KEYS)).body.data).toHaveLength(2)
  })

  test('cannot give a key a second successor, not even by the owner of the database', async () => {
    const merchant = await world.newMerchant()
    const other = await newKey(merchant)
    await rotate(merchant, merchant.apiKeyId)
    const again = sql`update api_keys set rotated_to = ${other.id} where id = ${merchant.apiKeyId}`
    expect(await owner.run(undefined, [owner.db.execute(again)])).toMatchObject({
      problem: { code: 'api_key_not_rotatable' },
    })
  })

  test('is refused to a key that may do less than the key it would rotate', async () => {
    const merchant = await world.newMerchant()
    const { key } = await newKey(merchant, { scopes: ['api_keys:write'] })
    const refused = await caller(world.app, key).post(`${KEYS}${merchant.apiKeyId}/rotate/`)
    expect(refused).toMatchObject({ status: 403, body: { code: 'scope_not_held' } })
  })
})

test('no key is in any log line, list, audit entry or stored row', async () => {
  const merchant = await world.newMerchant()
  const made = await newKey(merchant)
  const rotated = await rotate(merchant, made.id, {}, { 'idempotency-key': 'hush' })
  const { db } = owner
  const stored = await owner.run(undefined, [
    db.execute(sql`select to_jsonb(k) from api_keys k`),
    db.execute(sql`select to_jsonb(c) from idempotency_claims c`),
    db.execute(sql`select to_jsonb(a) from audit_entries a`),
  ])
  if (!stored.ok) throw new Error(stored.problem.code)
  const lists = [await merchant.person.get(KEYS), await merchant.person.get('/api/v1/audit-logs/')]
  const seen = JSON.stringify([world.logLines, stored.rows.map(({ rows }) => rows), lists.map(({ body }) => body)])
  expect(seen).toContain(made.id)
  for (const key of [merchant.apiKey, made.key, rotated.body.key]) expect(seen).not.toContain(key)
})
