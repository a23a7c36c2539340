/** `/api/v1/payment-providers/`: connections, whose credentials go in and never come out. */

import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { SealError } from '../../src/crypto/seal.ts'
import { connect } from '../../src/db/client.ts'
import { findSealed, replaceCredentials } from '../../src/db/statements/connections.ts'
import { LIMITS } from '../../src/domain/limits.ts'
import { CapabilitySchema, CheckedConnectionSchema, ConnectionSchema } from '../../src/http/routes/payment-providers.ts'
import { ListSchema } from '../../src/http/schemas.ts'
import { openCredentials } from '../../src/operations/account/credentials.ts'
import { superuserUrl } from '../support/provided.ts'
import { caller, createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('payment_providers')
const owner = connect(superuserUrl('t_payment_providers'), { roundTrip: () => {}, entered: () => {} })

const CONNECTIONS = '/api/v1/payment-providers/'
const FROM = { 'cf-connecting-ip': '198.51.100.9', 'user-agent': 'kora/1.0' }
const UNKNOWN = 'con_01kav3q2m8x4c5d6e7f8g9h0jk'
const HOUR_MS = 3_600_000

let keys = 0

/** A secret key that no other test has. */
function anotherKey(mode: 'test' | 'live' = 'test'): string {
  keys += 1
  return `sk_${mode}_${String(keys).padStart(4, '0')}fedcba9876543210`
}

const create = (merchant: Merchant, secretKey: string, fields: object = {}, headers?: Record<string, string>) =>
  merchant.api.post(CONNECTIONS, { provider: 'paystack', credentials: { secret_key: secretKey }, ...fields }, headers)

async function connected(fields: object = {}) {
  const merchant = await world.newMerchant()
  const secretKey = anotherKey()
  const { body } = await create(merchant, secretKey, fields)
  return { merchant, secretKey, id: String(body.id), path: `${CONNECTIONS}${body.id}/` }
}

/** The row as the code that calls providers reads it. */
async function sealedOf(id: string) {
  const batch = await owner.run(undefined, [findSealed(owner.db, id)])
  const row = batch.ok ? batch.rows[0][0] : undefined
  if (row === undefined) throw new Error(`there is no connection ${id}`)
  return row
}

const credentialsOf = async (id: string) => openCredentials(world.deps, await sealedOf(id))

async function auditOf(merchant: Merchant, action: string) {
  return (await merchant.api.get(`/api/v1/audit-logs/?action=${action}`)).body.data
}

describe('connecting a provider', () => {
  test('seals the credentials and shows a mask, in one round trip, and is audited', async () => {
    const merchant = await world.newMerchant()
    const key = anotherKey()
    const { result, roundTrips } = await world.countRoundTrips(() =>
      create(merchant, key, { name: 'Main', priority: 5 }, FROM),
    )
    expect(result.status).toBe(201)
    expect(ConnectionSchema.strict().parse(result.body)).toEqual(result.body)
    expect(result.body).toMatchObject({
      mode: 'test',
      provider: 'paystack',
      name: 'Main',
      priority: 5,
      status: 'active',
      secret_key: `sk_test_…${key.slice(-4)}`,
      webhook_path: `/api/v1/webhooks/paystack/${result.body.id}/`,
      check_result: null,
    })
    expect(roundTrips).toBe(1)
    expect(await credentialsOf(result.body.id)).toEqual([{ secret_key: key }])
    expect(await auditOf(merchant, 'connection.created')).toMatchObject([
      { actor_id: merchant.apiKeyId, object_id: result.body.id, ip_address: '198.51.100.9', user_agent: 'kora/1.0' },
    ])
  })

  test('names it after the provider and puts it in the middle where nothing is said', async () => {
    const merchant = await world.newMerchant()
    expect((await create(merchant, anotherKey())).body).toMatchObject({ name: 'paystack', priority: 100 })
  })

  test('again with the same Idempotency-Key makes one connection', async () => {
    const merchant = await world.newMerchant()
    const key = anotherKey()
    const again = () => create(merchant, key, {}, { 'idempotency-key': 'connect' })
    const first = await again()
    expect(await again()).toMatchObject({ status: 201, body: first.body })
    expect(await create(merchant, anotherKey(), {}, { 'idempotency-key': 'connect' })).toMatchObject({
      body: { code: 'idempotency_key_reused' },
    })
    expect((await merchant.api.get(CONNECTIONS)).body.data).toHaveLength(1)
  })

  test.each([
    ['a live key in test mode', 'test', anotherKey('live')],
    ['a test key in live mode', 'live', anotherKey('test')],
  ] as const)('refuses %s', async (_, mode, key) => {
    const merchant = await world.newMerchant({ mode })
    const refused = await create(merchant, key)
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'credentials_wrong_mode', errors: [{ field: 'credentials' }] },
    })
    expect((await merchant.api.get(CONNECTIONS)).body.data).toEqual([])
  })

  const credentials = { secret_key: anotherKey() }
  test.each([
    ['an unknown provider', { provider: 'acme', credentials }, 'validation_failed', 'provider'],
    ['no credentials', { provider: 'paystack' }, 'validation_failed', 'credentials'],
    [
      'credentials without the key',
      { provider: 'paystack', credentials: {} },
      'credentials_malformed',
      'credentials.secret_key',
    ],
    [
      'a public key',
      { provider: 'paystack', credentials: { secret_key: 'pk_test_0123456789abcdef' } },
      'credentials_malformed',
      'credentials.secret_key',
    ],
    [
      'a field that the provider has not',
      { provider: 'paystack', credentials: { ...credentials, pin: '1' } },
      'credentials_malformed',
      'credentials.pin',
    ],
    [
      'a key that is no text',
      { provider: 'paystack', credentials: { secret_key: 7 } },
      'validation_failed',
      'credentials.secret_key',
    ],
    [
      'a key that is too long',
      { provider: 'paystack', credentials: { secret_key: 'k'.repeat(1_001) } },
      'validation_failed',
      'credentials.secret_key',
    ],
    ['a mode of its own', { provider: 'paystack', credentials, mode: 'live' }, 'validation_failed', 'mode'],
    [
      'a priority beyond a thousand',
      { provider: 'paystack', credentials, priority: 1_001 },
      'validation_failed',
      'priority',
    ],
  ])('refuses %s with its field, without asking the database', async (_, body, code, field) => {
    const merchant = await world.newMerchant()
    const { result, roundTrips } = await world.countRoundTrips(() => merchant.api.post(CONNECTIONS, body))
    expect(result).toMatchObject({ status: 422, body: { code } })
    expect(result.body.errors[0].field).toBe(field)
    expect(roundTrips).toBe(0)
  })

  test('stops at fifty in a mode', async () => {
    const { merchant, id } = await connected()
    const { db } = owner
    await owner.run(undefined, [
      db.execute(sql`
        insert into connections (id, merchant_id, mode, provider, name, credentials_mask, sealed_credentials)
        select app.new_id('con'), merchant_id, mode, provider, name, credentials_mask, sealed_credentials
        from connections, generate_series(1, ${LIMITS.connectionsPerMode - 2}::integer) where id = ${id}`),
    ])
    expect((await create(merchant, anotherKey())).status).toBe(201)
    const refused = await create(merchant, anotherKey())
    expect(refused).toMatchObject({ status: 409, body: { code: 'connections_too_many' } })
  })

  test.each([
    ['owner', 200, 201],
    ['admin', 200, 201],
    ['developer', 200, 403],
    ['finance', 200, 403],
    ['viewer', 200, 403],
  ])('and listing them by a person who is %s gives %i and %i', async (role, listed, made) => {
    const merchant = await world.newMerchant()
    const { db } = owner
    await owner.run(undefined, [
      db.execute(sql`update memberships set role = ${role} where user_id = ${merchant.userId}`),
    ])
    const body = { provider: 'paystack', credentials: { secret_key: anotherKey() } }
    expect((await merchant.person.get(CONNECTIONS)).status).toBe(listed)
    expect((await merchant.person.post(CONNECTIONS, body)).status).toBe(made)
  })
})

describe('reading connections', () => {
  test('is one round trip, masked', async () => {
    const { merchant, path } = await connected()
    const list = await world.countRoundTrips(() => merchant.api.get(CONNECTIONS))
    const one = await world.countRoundTrips(() => merchant.api.get(path))
    expect(ListSchema(ConnectionSchema.strict()).parse(list.result.body)).toEqual(list.result.body)
    expect(list.result.body.data).toEqual([one.result.body])
    expect([list.roundTrips, one.roundTrips]).toEqual([1, 1])
  })

  test('what the providers take needs no round trip', async () => {
    const merchant = await world.newMerchant()
    const { result, roundTrips } = await world.countRoundTrips(() => merchant.api.get(`${CONNECTIONS}capabilities/`))
    expect(ListSchema(CapabilitySchema.strict()).parse(result.body)).toEqual(result.body)
    const [paystack, ...others] = result.body.data
    expect(others.map(({ provider }: { provider: string }) => provider)).toEqual(['flutterwave', 'stripe', 'chapa'])
    expect(paystack).toMatchObject({
      provider: 'paystack',
      callback_url_required: false,
      cancellation: false,
      partial_refunds: true,
      refund_modes: ['test', 'live'],
    })
    const naira = { currency: 'NGN', minimum: 5_000, maximum: 1_000_000_000, step: 1, refund_minimum: 5_000 }
    expect(paystack.currencies).toContainEqual(naira)
    expect(roundTrips).toBe(0)
  })
})

describe('changing a connection', () => {
  test('changes what is sent, in one round trip, and names the fields in its audit entry', async () => {
    const { merchant, id, path } = await connected()
    world.clock.advance(1_000)
    const before = (await merchant.api.get(path)).body
    const change = { name: 'Backup', priority: 900, status: 'disabled' }
    const { result, roundTrips } = await world.countRoundTrips(() => merchant.api.patch(path, change, FROM))
    expect(result.status).toBe(200)
    expect(result.body).toEqual({ ...before, ...change, updated_at: world.clock.now().toISOString() })
    expect(roundTrips).toBe(1)
    expect(await auditOf(merchant, 'connection.updated')).toMatchObject([
      {
        actor_id: merchant.apiKeyId,
        object_id: id,
        details: { changed: ['name', 'priority', 'status'] },
        ip_address: '198.51.100.9',
        user_agent: 'kora/1.0',
      },
    ])
    expect((await merchant.api.patch(path, { status: 'active' })).body.status).toBe('active')
  })

  test('to other credentials keeps the ones before, sealed, for three days', async () => {
    const { merchant, id, path, secretKey } = await connected()
    await merchant.api.post(`${path}check/`)
    const next = anotherKey()
    const { result, roundTrips } = await world.countRoundTrips(() =>
      merchant.api.patch(path, { credentials: { secret_key: next } }),
    )
    const until = world.clock.now().getTime() + LIMITS.previousCredentialsSeconds * 1_000
    expect(result.body).toMatchObject({
      secret_key: `sk_test_…${next.slice(-4)}`,
      previous_credentials_until: new Date(until).toISOString(),
      checked_at: null,
      check_result: null,
    })
    // The connection knows whose credentials they must be, and so is read first.
    expect(roundTrips).toBe(2)
    expect(await credentialsOf(id)).toEqual([{ secret_key: next }, { secret_key: secretKey }])
    world.clock.advance(72 * HOUR_MS)
    expect(await credentialsOf(id)).toEqual([{ secret_key: next }])
    expect((await merchant.api.get(path)).body.previous_credentials_until).toBeNull()
  })

  test('to the credentials that it has changes nothing, so that a repeat does not lose the ones before', async () => {
    const { merchant, id, path, secretKey } = await connected()
    const next = anotherKey()
    const change = () => merchant.api.patch(path, { credentials: { secret_key: next } })
    const first = await change()
    world.clock.advance(1_000)
    expect(await change()).toMatchObject({ status: 200, body: first.body })
    expect(await credentialsOf(id)).toEqual([{ secret_key: next }, { secret_key: secretKey }])
    expect(await auditOf(merchant, 'connection.updated')).toHaveLength(1)
  })

  test('is refused, to be sent again, where others have taken the place of the credentials that it read', async () => {
    const { id, path, merchant } = await connected()
    const before = await sealedOf(id)
    await merchant.api.patch(path, { credentials: { secret_key: anotherKey() } })
    const between = await credentialsOf(id)
    const late = {
      mask: 'sk_…',
      sealed: before.sealedCredentials.replace('v1.', 'v1.x'),
      replaces: before.sealedCredentials,
      previousValidUntil: world.clock.now(),
    }
    const batch = await owner.runFor(
      owner.db.select({ merchantId: sql<string>`'-'` }).from(sql`(select 1) one`),
      replaceCredentials(owner.db, id, late),
      findSealed(owner.db, id),
    )
    expect(batch).toMatchObject({ ok: false, problem: { code: 'try_again' } })
    expect(await credentialsOf(id)).toEqual(between)
  })

  test('to the same credentials twice at once does not lose the ones before', async () => {
    const { merchant, id, path, secretKey } = await connected()
    const next = anotherKey()
    await Promise.all([1, 2].map(() => merchant.api.patch(path, { credentials: { secret_key: next } })))
    expect(await credentialsOf(id)).toEqual([{ secret_key: next }, { secret_key: secretKey }])
  })

  test.each([
    ['nothing', {}, 'validation_failed', 'body'],
    ['the provider', { provider: 'paystack' }, 'validation_failed', 'provider'],
    ['an unknown status', { status: 'deleted' }, 'validation_failed', 'status'],
    [
      'credentials of another form',
      { credentials: { secret_key: 'FLWSECK-1' } },
      'credentials_malformed',
      'credentials.secret_key',
    ],
    [
      'credentials of the other mode',
      { credentials: { secret_key: anotherKey('live') } },
      'credentials_wrong_mode',
      'credentials',
    ],
  ])('refuses %s with its field', async (_, change, code, field) => {
    const { merchant, path } = await connected()
    const before = (await merchant.api.get(path)).body
    const refused = await merchant.api.patch(path, change)
    expect(refused).toMatchObject({ status: 422, body: { code } })
    expect(refused.body.errors[0].field).toBe(field)
    expect((await merchant.api.get(path)).body).toEqual(before)
  })

  test.each([
    ['its name', { name: 'Other' }],
    ['its credentials', { credentials: { secret_key: anotherKey() } }],
  ])('that is not there: %s', async (_, change) => {
    const merchant = await world.newMerchant()
    const refused = await merchant.api.patch(`${CONNECTIONS}${UNKNOWN}/`, change)
    expect(refused).toMatchObject({ status: 404, body: { code: 'connection_not_found' } })
  })
})

describe('disabling a connection', () => {
  test('is one round trip, audited once however often it is asked', async () => {
    const { merchant, id, path } = await connected()
    const disable = () => merchant.api.post(`${path}disable/`, undefined, FROM)
    const { result, roundTrips } = await world.countRoundTrips(disable)
    expect(result).toMatchObject({ status: 200, body: { id, status: 'disabled' } })
    expect(roundTrips).toBe(1)
    world.clock.advance(1_000)
    expect((await disable()).body).toEqual(result.body)
    expect(await auditOf(merchant, 'connection.disabled')).toMatchObject([
      { actor_id: merchant.apiKeyId, object_id: id, ip_address: '198.51.100.9', user_agent: 'kora/1.0' },
    ])
  })
})

describe('checking the credentials', () => {
  test('asks the provider between two round trips, notes what it said, and is audited', async () => {
    const { merchant, id, path } = await connected()
    const { result, roundTrips } = await world.countRoundTrips(() =>
      merchant.api.post(`${path}check/`, undefined, FROM),
    )
    expect(result.status).toBe(200)
    expect(CheckedConnectionSchema.strict().parse(result.body)).toEqual(result.body)
    expect(result.body).toMatchObject({ check_result: 'valid', check_message: null })
    expect(roundTrips).toBe(2)
    expect((await merchant.api.get(path)).body).toMatchObject({
      checked_at: world.clock.now().toISOString(),
      check_result: 'valid',
    })
    expect(await auditOf(merchant, 'connection.checked')).toMatchObject([
      { actor_id: merchant.apiKeyId, object_id: id, ip_address: '198.51.100.9', user_agent: 'kora/1.0' },
    ])
  })

  test('tells credentials that the provider refuses, in its words', async () => {
    const { merchant, path } = await connected()
    world.paystack.control.setStrictAccounts(true)
    const { body } = await merchant.api.post(`${path}check/`)
    world.paystack.control.setStrictAccounts(false)
    expect(body).toMatchObject({ check_result: 'invalid', check_message: expect.stringContaining('Invalid key') })
  })

  test.each([
    ['the provider is down', { kind: 'down' }],
    ['the provider does not answer', { kind: 'cut', how: 'hang', when: 'before' }],
    ['the answer is broken', { kind: 'malformed_json' }],
  ] as const)('leaves them unknown where %s', async (_, fault) => {
    const { merchant, path, secretKey } = await connected()
    world.paystack.control.setFault({ ...fault, account: secretKey })
    const { status, body } = await merchant.api.post(`${path}check/`)
    expect({ status, result: body.check_result }).toEqual({ status: 200, result: 'unknown' })
    expect(body.check_message).toMatch(/^No clear answer/)
  })

  test('again with the same Idempotency-Key asks the provider once', async () => {
    const { merchant, path, secretKey } = await connected()
    const check = () => merchant.api.post(`${path}check/`, undefined, { 'idempotency-key': 'check' })
    const first = await check()
    world.paystack.control.setFault({ kind: 'down', account: secretKey })
    const { result, roundTrips } = await world.countRoundTrips(check)
    expect(result).toMatchObject({ status: 200, body: first.body })
    expect(result.headers.get('idempotent-replayed')).toBe('true')
    expect(roundTrips).toBe(1)
  })

  test('says nothing of credentials that came while the provider was asked', async () => {
    const { merchant, path, secretKey } = await connected()
    const next = anotherKey()
    const { fetch } = world.deps.exchange
    world.deps.exchange.fetch = async (request) => {
      await merchant.api.patch(path, { credentials: { secret_key: next } })
      return fetch(request)
    }
    await merchant.api.post(`${path}check/`)
    world.deps.exchange.fetch = fetch
    expect(secretKey).not.toBe(next)
    expect((await merchant.api.get(path)).body.check_result).toBeNull()
  })

  test('of a connection that is not there is refused without asking anybody', async () => {
    const merchant = await world.newMerchant()
    const refused = await merchant.api.post(`${CONNECTIONS}${UNKNOWN}/check/`)
    expect(refused).toMatchObject({ status: 404, body: { code: 'connection_not_found' } })
  })
})

describe('sealed credentials', () => {
  test('copied to another row do not open there', async () => {
    const [mine, theirs] = [await connected(), await connected()]
    const { db } = owner
    await owner.run(undefined, [
      db.execute(sql`update connections set sealed_credentials =
        (select sealed_credentials from connections where id = ${theirs.id}) where id = ${mine.id}`),
    ])
    await expect(credentialsOf(mine.id)).rejects.toThrow(SealError)
  })

  test('are the only form in which a secret key is stored, told or logged', async () => {
    const { merchant, path, secretKey } = await connected()
    const next = anotherKey()
    const change = { credentials: { secret_key: next } }
    const answers = [
      await merchant.api.patch(path, change),
      await merchant.api.post(`${path}check/`),
      await merchant.api.post(`${path}disable/`),
      await merchant.api.get(CONNECTIONS),
      await merchant.api.get('/api/v1/audit-logs/'),
      await create(merchant, `${next}!`),
      await create(await world.newMerchant({ mode: 'live' }), next),
      await caller(world.app, undefined).post(CONNECTIONS, change),
    ]
    const { db } = owner
    const stored = await owner.run(undefined, [
      db.execute(sql`select to_jsonb(c) from connections c`),
      db.execute(sql`select to_jsonb(c) from idempotency_claims c`),
      db.execute(sql`select to_jsonb(a) from audit_entries a`),
    ])
    if (!stored.ok) throw new Error(stored.problem.code)
    const seen = JSON.stringify([world.logLines, answers.map(({ body }) => body), stored.rows.map(({ rows }) => rows)])
    expect(seen).toContain(next.slice(-4))
    for (const key of [secretKey, next]) expect(seen).not.toContain(key)
  })
})
