/** `/api/v1/profile/me/`: what a merchant and its people say of themselves, and who may change it. */

import { sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { connect } from '../../src/db/client.ts'
import { ProfileSchema } from '../../src/http/routes/profile.ts'
import { superuserUrl } from '../support/provided.ts'
import { createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('profile')
const owner = connect(superuserUrl('t_profile'), { roundTrip: () => {}, entered: () => {} })
const PROFILE = '/api/v1/profile/me/'

/** Who changes what, as the audit log tells it, without the API key that each merchant begins with. */
async function changesOf(merchant: Merchant) {
  const { body } = await merchant.person.get('/api/v1/audit-logs/?action=profile.updated')
  return body.data.map((entry: Record<string, unknown>) => ({
    actor: entry.actor_id,
    object: entry.object_id,
    details: entry.details,
    ip: entry.ip_address,
    agent: entry.user_agent,
  }))
}

async function giveRole(merchant: Merchant, role: string) {
  const { db } = owner
  await owner.run(undefined, [
    db.execute(sql`update memberships set role = ${role} where user_id = ${merchant.userId}`),
  ])
}

describe('the profile', () => {
  test('is the merchant and the person who is signed in, in one round trip', async () => {
    const merchant = await world.newMerchant()
    const { result, roundTrips } = await world.countRoundTrips(() => merchant.person.get(PROFILE))
    expect(result.status).toBe(200)
    expect(ProfileSchema.strict().parse(result.body)).toEqual(result.body)
    expect(result.body).toMatchObject({
      merchant: { id: merchant.merchantId, kyc_status: 'pending' },
      user: { id: merchant.userId, email: merchant.email },
    })
    expect(roundTrips).toBe(1)
  })

  test('has no person where an API key asks', async () => {
    const merchant = await world.newMerchant()
    const { body } = await merchant.api.get(PROFILE)
    expect(body).toMatchObject({ merchant: { id: merchant.merchantId }, user: null })
  })
})

describe('changing the profile', () => {
  test('changes the fields that are sent, in one round trip, and audits each row by its fields', async () => {
    const merchant = await world.newMerchant()
    const before = await merchant.person.get(PROFILE)
    const change = {
      first_name: 'Ada',
      phone_number: '+2348012345678',
      company_name: 'Kora & Daughters',
      country: 'GH',
    }
    const headers = { 'cf-connecting-ip': '198.51.100.7', 'user-agent': 'kora/1.0' }
    world.clock.advance(1_000)
    const { result, roundTrips } = await world.countRoundTrips(() => merchant.person.put(PROFILE, change, headers))
    const { first_name, phone_number, ...ofMerchant } = change
    const updated_at = world.clock.now().toISOString()
    expect(result).toMatchObject({ status: 200 })
    expect(result.body).toEqual({
      user: { ...before.body.user, first_name, phone_number, updated_at },
      merchant: { ...before.body.merchant, ...ofMerchant, updated_at },
    })
    expect(roundTrips).toBe(1)
    expect(await merchant.person.get(PROFILE)).toMatchObject({ body: result.body })
    const by = { actor: merchant.userId, ip: '198.51.100.7', agent: 'kora/1.0' }
    const changes = await changesOf(merchant)
    expect(changes).toHaveLength(2)
    expect(changes).toContainEqual({
      ...by,
      object: merchant.userId,
      details: { changed: ['first_name', 'phone_number'] },
    })
    expect(changes).toContainEqual({
      ...by,
      object: merchant.merchantId,
      details: { changed: ['company_name', 'country'] },
    })
  })

  test('takes a number and a business type away with null', async () => {
    const merchant = await world.newMerchant()
    await merchant.person.put(PROFILE, { phone_number: '+2348012345678', business_type: 'retail' })
    const { body } = await merchant.person.put(PROFILE, { phone_number: null, business_type: null })
    expect(body).toMatchObject({ user: { phone_number: null }, merchant: { business_type: null } })
  })

  test.each([
    ['the KYC status', { kyc_status: 'verified' }, 'kyc_status'],
    ['the e-mail', { email: 'eve@merchant.test' }, 'email'],
    ['a country that is none', { country: 'Nigeria' }, 'country'],
    ['a currency that is none', { preferred_currency: 'XXX' }, 'preferred_currency'],
    ['an unknown kind of developer', { developer_type: 'wizard' }, 'developer_type'],
    ['a number that is not E.164', { phone_number: '08012345678' }, 'phone_number'],
    ['an empty company name', { company_name: ' ' }, 'company_name'],
    ['a name that is too long', { first_name: 'a'.repeat(101) }, 'first_name'],
    ['nothing', {}, 'body'],
  ])('refuses %s with its field', async (_, change, field) => {
    const merchant = await world.newMerchant()
    const refused = await merchant.person.put(PROFILE, change)
    expect(refused).toMatchObject({ status: 422, body: { code: 'validation_failed' } })
    expect(refused.body.errors[0].field).toBe(field)
    expect(await changesOf(merchant)).toEqual([])
  })

  test('is for an API key where it is the merchant’s, and not where it is a person’s', async () => {
    const merchant = await world.newMerchant()
    expect(await merchant.api.put(PROFILE, { company_name: 'Kora' })).toMatchObject({
      status: 200,
      body: { user: null },
    })
    const refused = await merchant.api.put(PROFILE, { company_name: 'Kora 2', first_name: 'Eve' })
    expect(refused).toMatchObject({ status: 403, body: { code: 'session_required' } })
    expect((await merchant.api.get(PROFILE)).body.merchant.company_name).toBe('Kora')
    expect(await changesOf(merchant)).toMatchObject([{ actor: merchant.apiKeyId, object: merchant.merchantId }])
  })

  test.each([
    ['owner', 200],
    ['admin', 200],
    ['developer', 403],
    ['finance', 403],
    ['viewer', 403],
  ])('lets a person who is %s change the merchant with %i, and themself in any case', async (role, status) => {
    const merchant = await world.newMerchant()
    await giveRole(merchant, role)
    expect((await merchant.person.put(PROFILE, { company_name: 'Kora' })).status).toBe(status)
    expect((await merchant.person.put(PROFILE, { company_name: 'Kora', last_name: 'Obi' })).status).toBe(status)
    expect(await merchant.person.put(PROFILE, { first_name: 'Ada' })).toMatchObject({
      status: 200,
      body: { user: { first_name: 'Ada' } },
    })
  })

  test('changes no other merchant and no other person', async () => {
    const [merchant, other] = [await world.newMerchant(), await world.newMerchant()]
    const before = (await other.person.get(PROFILE)).body
    await merchant.person.put(PROFILE, { company_name: 'Mine', first_name: 'Ada' })
    expect((await other.person.get(PROFILE)).body).toEqual(before)
  })
})
