/** Lists choose rows made within a time by their ids alone, so an id must carry the millisecond of its row's `created_at`. */

import { expect, test } from 'vitest'
import { firstIdAt, type IdPrefix } from '../../src/domain/ids.ts'
import { startPayment } from '../support/paystack.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld('list_times')

test.each([
  ['/api/v1/transactions/', 'txn'],
  ['/api/v1/webhooks/deliveries/', 'del'],
  ['/api/v1/audit-logs/', 'aud'],
] as const)('each row of %s was made at the time that its id tells', async (path, prefix: IdPrefix) => {
  const { merchant } = await startPayment(world)
  const hook = await merchant.person.post('/api/v1/webhooks/', { url: 'https://shop.test/hook', event_types: ['*'] })
  expect(hook.status).toBe(201)
  world.clock.advance(1_234)
  await merchant.api.post('/api/v1/transactions/initiate_payment/', {
    amount: 150_000,
    currency: 'NGN',
    customer: { email: 'ada@customer.test' },
    callback_url: 'https://shop.test/thanks',
  })
  const { body } = await merchant.person.get(path)
  expect(body.data.length).toBeGreaterThan(0)
  for (const { id, created_at: createdAt } of body.data) {
    const at = Date.parse(createdAt)
    expect(id >= firstIdAt(prefix, at) && id < firstIdAt(prefix, at + 1), `${id} at ${createdAt}`).toBe(true)
    const within = (from: number, before: number, after = path.includes('audit') ? 'created_after' : 'created_from') =>
      `${path}?${after}=${new Date(from).toISOString()}&created_before=${new Date(before).toISOString()}`
    const found = await merchant.person.get(within(at, at + 1))
    expect(found.body.data.map((row: { id: string }) => row.id)).toContain(id)
    const missed = await merchant.person.get(within(at + 1, at + 2))
    expect(missed.body.data).toEqual([])
  }
})
