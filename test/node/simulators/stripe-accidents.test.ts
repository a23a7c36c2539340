/** What goes wrong at Stripe in the words that are the same for all providers. */
import { describe, expect, test } from 'vitest'
import type { CallAccident, WebhookAccident } from '../../../local/simulators/kit/driver.ts'
import { opened, StripeMerchant } from './stripe-world.ts'

describe('accidents', () => {
  const outcomeOf = async (call: Promise<Response>) => {
    const response = await call.catch(() => null)
    const text = (await response?.text()) ?? ''
    return { status: response?.status ?? 'cut', text }
  }

  test.each([
    { accident: { kind: 'down' }, status: 'cut', says: '' },
    { accident: { kind: 'cut', when: 'after', how: 'reset' }, status: 'cut', says: '' },
    { accident: { kind: 'rate_limited' }, status: 429, says: 'rate_limit' },
    { accident: { kind: 'server_error', when: 'before' }, status: 500, says: 'api_error' },
    { accident: { kind: 'html_error_page', when: 'after' }, status: 502, says: '<html>' },
    { accident: { kind: 'malformed_json' }, status: 200, says: '{' },
    { accident: { kind: 'field_missing' }, status: 200, says: 'available' },
    { accident: { kind: 'slow', ms: 0, when: 'after' }, status: 200, says: 'livemode' },
  ] satisfies { accident: CallAccident; status: number | 'cut'; says: string }[])(
    '$accident befall the account that is named, as often as said',
    async ({ accident, status, says }) => {
      const { driver, account, merchant, simulator, world } = opened()
      driver.accident(account, { ...accident, operation: 'check_credentials', times: 1 })
      const other = driver.openAccount('test').credentials.secret_key ?? ''
      expect((await new StripeMerchant(simulator, other).get('/balance')).status).toBe(200)
      const call = outcomeOf(merchant.request('GET', '/balance'))
      await new Promise<void>((resolve) => setImmediate(resolve))
      world.advance(1)
      const outcome = await call
      expect(outcome.status).toBe(status)
      expect(outcome.text).toContain(says)
      expect((await merchant.get('/balance')).body).toHaveProperty('livemode')
    },
  )

  test.each([
    { accident: { kind: 'lost', times: 1 }, events: [] },
    { accident: { kind: 'duplicate', copies: 2, times: 1 }, events: ['a', 'a', 'a'] },
    { accident: { kind: 'late', ms: 1000, times: 1 }, events: [], later: ['a'] },
    { accident: { kind: 'reordered', times: 1 }, events: [], second: ['b', 'a'] },
  ] satisfies { accident: WebhookAccident; events: string[]; later?: string[]; second?: string[] }[])(
    '$accident befall the one event that tells a payment',
    async ({ accident, events, later, second }) => {
      const { driver, account, merchant, simulator, world } = opened()
      const told = async () => {
        await simulator.deliverDueWebhooks()
        return world.deliveries.map(({ event }) => event.data.object.client_reference_id)
      }
      driver.webhookAccident(account, accident)
      await merchant.open('a')
      await merchant.open('b')
      driver.pay('a')
      expect(await told()).toEqual(events)
      world.advance(1000)
      if (later !== undefined) expect(await told()).toEqual(later)
      driver.pay('b')
      if (second !== undefined) expect(await told()).toEqual(second)
    },
  )

  test('end when they are cleared', async () => {
    const { driver, account, merchant } = opened()
    driver.accident(account, { kind: 'down' })
    driver.clear(account)
    expect((await merchant.get('/balance')).status).toBe(200)
  })
})
