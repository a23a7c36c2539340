import { describe, expect, test } from 'vitest'
import { createWorld } from '../support/world.ts'

const world = await createWorld('api_keys')

describe('API keys', () => {
  test('the key is shown once, and lists show a mask', async () => {
    const merchant = await world.newMerchant()
    const list = await merchant.api.get('/api/v1/api-keys/')
    expect(list.status).toBe(200)
    expect(list.body.data).toHaveLength(1)
    expect(JSON.stringify(list.body)).not.toContain(merchant.apiKey)
    expect(list.body.data[0]).toMatchObject({ id: merchant.apiKeyId, status: 'active', mode: 'test' })
  })

  test('a revoked key stops at once', async () => {
    const merchant = await world.newMerchant()
    const revoked = await merchant.person.post(`/api/v1/api-keys/${merchant.apiKeyId}/revoke/`)
    expect(revoked).toMatchObject({ status: 200, body: { status: 'revoked' } })
    expect(await merchant.api.get('/api/v1/api-keys/')).toMatchObject({
      status: 401,
      body: { code: 'api_key_revoked' },
    })
  })

  test('a repeat with the same Idempotency-Key gives the same key again, marked', async () => {
    const merchant = await world.newMerchant()
    const create = () => merchant.person.post('/api/v1/api-keys/', { name: 'twice' }, { 'idempotency-key': 'k1' })
    const first = await create()
    const second = await create()
    expect(first.status).toBe(201)
    expect(second).toMatchObject({ status: 201, body: first.body })
    expect(second.headers.get('idempotent-replayed')).toBe('true')
    expect((await merchant.person.get('/api/v1/api-keys/')).body.data).toHaveLength(2)
  })
})
