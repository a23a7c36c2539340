/** `/api/v1/audit-logs/`: who changed what. Every change by a person or a key is there, and nobody can take it out. */

import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../../src/db/client.ts'
import { AuditEntrySchema } from '../../src/http/routes/audit-logs.ts'
import { ListSchema } from '../../src/http/schemas.ts'
import { superuserUrl } from '../support/provided.ts'
import { caller, createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('audit_logs')
const AUDIT = '/api/v1/audit-logs/'
const FROM = { 'cf-connecting-ip': '198.51.100.9', 'user-agent': 'kora/1.0' }

/** A merchant to which one thing after another has happened, a minute apart, in this order. */
let merchant: Merchant
let connectionId: string
const times: string[] = []
const HAPPENED = [
  'connection.created',
  'connection.updated',
  'connection.checked',
  'connection.disabled',
  'api_key.rotated',
  'profile.updated',
]

beforeAll(async () => {
  merchant = await world.newMerchant()
  const step = async <T>(work: () => Promise<T>) => {
    world.clock.advance(60_000)
    times.push(world.clock.now().toISOString())
    return work()
  }
  const { person, api } = merchant
  const path = '/api/v1/payment-providers/'
  const credentials = { secret_key: 'sk_test_0123456789abcdef0123' }
  const made = await step(() => person.post(path, { provider: 'paystack', credentials }, FROM))
  connectionId = String(made.body.id)
  await step(() => person.patch(`${path}${connectionId}/`, { name: 'Main', priority: 5 }, FROM))
  await step(() => person.post(`${path}${connectionId}/check/`, undefined, FROM))
  await step(() => api.post(`${path}${connectionId}/disable/`, undefined, FROM))
  await step(() => person.post(`/api/v1/api-keys/${merchant.apiKeyId}/rotate/`, {}, FROM))
  await step(() => person.put('/api/v1/profile/me/', { company_name: 'Kora' }, FROM))
})

const list = async (query = '') => (await merchant.person.get(`${AUDIT}${query}`)).body
const actions = async (query: string) => (await list(query)).data.map((entry: { action: string }) => entry.action)

describe('the audit log', () => {
  test('tells every change, newest first, with who, what, when and from where, in one round trip', async () => {
    const { result, roundTrips } = await world.countRoundTrips(() => merchant.person.get(`${AUDIT}?limit=100`))
    expect(result.status).toBe(200)
    expect(ListSchema(AuditEntrySchema.strict()).parse(result.body)).toEqual(result.body)
    expect(roundTrips).toBe(1)
    const told = result.body.data.map((entry: { action: string }) => entry.action)
    // The rotation changed two keys, and the world made the merchant with one.
    const before = ['user.registered', 'session.started', 'api_key.created']
    expect(told.toSorted()).toEqual([...HAPPENED, 'api_key.rotated', ...before].sort())
    expect(told.slice(0, 7)).toEqual([...HAPPENED, 'api_key.rotated'].sort(byTime).reverse())
    for (const entry of result.body.data.slice(0, 7)) {
      expect(entry).toMatchObject({ ip_address: '198.51.100.9', user_agent: 'kora/1.0' })
      expect(entry.request_id).toMatch(/^req_/)
    }
  })

  const byTime = (a: string, b: string) => HAPPENED.indexOf(a) - HAPPENED.indexOf(b)

  test('names the fields that changed, never their values', async () => {
    const [changed] = (await list('?action=connection.updated')).data
    expect(changed).toMatchObject({
      actor_type: 'user',
      actor_id: merchant.userId,
      object_type: 'connection',
      object_id: connectionId,
      mode: 'test',
      details: { changed: ['name', 'priority'] },
      created_at: times[1],
    })
  })

  test('narrows by action, actor, object and time', async () => {
    expect(await actions('?action=connection.checked')).toEqual(['connection.checked'])
    expect(await actions(`?actor_id=${merchant.apiKeyId}`)).toEqual(['connection.disabled'])
    expect(await actions(`?object_id=${connectionId}`)).toEqual(HAPPENED.slice(0, 4).reverse())
    expect(await actions(`?created_after=${times[1]}&created_before=${times[3]}`)).toEqual([
      'connection.checked',
      'connection.updated',
    ])
    expect(await actions(`?object_id=${connectionId}&actor_id=nobody`)).toEqual([])
  })

  test('is paged without a gap or a repeat', async () => {
    const whole = (await list('?limit=100')).data.map((entry: { id: string }) => entry.id)
    const paged: string[] = []
    let cursor = ''
    for (let page = 0; page < whole.length; page++) {
      const { data, next_cursor: next } = await list(`?limit=2${cursor}`)
      paged.push(...data.map((entry: { id: string }) => entry.id))
      if (next === null) break
      cursor = `&cursor=${next}`
    }
    expect(paged).toEqual(whole)
  })

  test.each([
    ['an unknown filter', '?actor=me', 'actor'],
    ['a time that is none', '?created_after=yesterday', 'created_after'],
    ['a limit beyond a hundred', '?limit=101', 'limit'],
    ['another list’s cursor', '?cursor=con_01kav3q2m8x4c5d6e7f8g9h0jk', 'cursor'],
  ])('refuses %s with its field', async (_, query, field) => {
    const refused = await merchant.person.get(`${AUDIT}${query}`)
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ field }] } })
  })

  test('shows a live key nothing of test mode, and what belongs to no mode', async () => {
    const live = caller(world.app, merchant.accessToken, 'live')
    const { body } = await live.get(`${AUDIT}?limit=100`)
    expect(body.data.map((entry: { action: string }) => entry.action).sort()).toEqual(
      ['profile.updated', 'session.started', 'user.registered'].sort(),
    )
  })

  test('shows no other merchant’s entries', async () => {
    const other = await world.newMerchant()
    const { body } = await other.person.get(`${AUDIT}?limit=100`)
    expect(JSON.stringify(body)).not.toContain(connectionId)
    expect(body.data.map((entry: { action: string }) => entry.action).sort()).toEqual(
      ['api_key.created', 'session.started', 'user.registered'].sort(),
    )
  })

  test('says nothing of what was refused: the change and its entry are one transaction', async () => {
    const before = await list('?limit=100')
    const credentials = { secret_key: 'sk_test_0123456789abcdef0123' }
    const refused = await caller(world.app, merchant.apiKey, 'test').post(
      `/api/v1/api-keys/${merchant.apiKeyId}/rotate/`,
    )
    expect(refused.status).toBe(409)
    await merchant.person.post('/api/v1/payment-providers/', { provider: 'paystack', credentials, name: '' })
    await merchant.person.patch('/api/v1/payment-providers/con_01kav3q2m8x4c5d6e7f8g9h0jk/', { name: 'Other' })
    expect(await list('?limit=100')).toEqual(before)
  })

  test('cannot be changed or emptied, not even by the owner of the database', async () => {
    const owner = connect(superuserUrl('t_audit_logs'), { roundTrip: () => {}, entered: () => {} })
    const { db } = owner
    const before = await list('?limit=100')
    for (const statement of [
      sql`update audit_entries set action = 'nothing.happened'`,
      sql`delete from audit_entries`,
      sql`truncate audit_entries`,
    ]) {
      await expect(owner.run(undefined, [db.execute(statement)])).rejects.toThrow('record_is_immutable')
    }
    expect(await list('?limit=100')).toEqual(before)
  })
})
