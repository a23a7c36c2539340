/** One payment of which the webhook, the merchant's question and the sweep hear at once: it succeeds once, told once. */
import { beforeAll, expect, test } from 'vitest'
import { sweep } from '../../../src/operations/upkeep/sweep.ts'
import { sweepDeliveries } from '../../../src/operations/upkeep/sweep-deliveries.ts'
import { type Connected, connect, referenceOf, startAt, TRANSACTIONS } from '../../support/connections.ts'
import { deliverProviderWebhooks } from '../../support/paystack.ts'
import { addEndpoint } from '../../support/webhooks.ts'
import type { Merchant } from '../../support/world.ts'
import { openCourse, race } from './race.ts'

const ENDPOINTS = 2
/** Until the sweep asks after a payment of which nothing was heard. */
const DUE_MS = 120_000

const course = await openCourse('one_payment')
const { world, owner } = course
let merchant: Merchant
let connection: Connected
beforeAll(async () => {
  merchant = await world.newMerchant()
  connection = await connect(world, merchant, 1)
  for (let made = 0; made < ENDPOINTS; made++) await addEndpoint(merchant)
})

test('a payment that everybody hears of at once succeeds once, with one event and one delivery to each endpoint', async () => {
  await race<string, unknown>(course, {
    async prepare() {
      const id = await startAt(merchant)
      world.clock.advance(DUE_MS)
      connection.driver.webhookAccident(connection.account, { kind: 'duplicate', copies: 2, times: 1 })
      connection.driver.pay(await referenceOf(world, id))
      return id
    },
    contestants: (id) => [
      () => deliverProviderWebhooks(world),
      () => merchant.api.get(`${TRANSACTIONS}${id}/verify_payment/`),
      () => sweep(world.deps),
    ],
    line: 'attempts',
    async judge([, verified], id) {
      expect(verified).toMatchObject({ status: 200, body: { status: 'succeeded' } })
      await sweepDeliveries(world.deps)
      expect(await whatBecameOf(id)).toEqual({
        status: 'succeeded',
        version: 2,
        attempts: ['succeeded'],
        events: ['payment.created', 'payment.succeeded'],
        provider_events: ['applied'],
        deliveries: 2 * ENDPOINTS,
        tries: 2 * ENDPOINTS,
        arrived: 2 * ENDPOINTS,
      })
      const received = world.receiver.received
        .splice(0)
        .map(({ url, headers }) => `${headers.get('webhook-id')} ${url}`)
      expect(received).toHaveLength(2 * ENDPOINTS)
      expect(new Set(received).size).toBe(2 * ENDPOINTS)
    },
  })
})

const whatBecameOf = async (id: string) =>
  (
    await owner.rows(
      `select t.status, t.version,
        (select json_agg(a.status order by a.number) from attempts a where a.transaction_id = t.id) as attempts,
        (select json_agg(e.type order by e.number) from events e where e.transaction_id = t.id) as events,
        (select json_agg(p.status) from provider_events p join attempts a on a.reference = p.reference
         where a.transaction_id = t.id) as provider_events,
        (select count(*)::int from deliveries d where d.transaction_id = t.id) as deliveries,
        (select count(*)::int from delivery_attempts n join deliveries d on d.id = n.delivery_id
         where d.transaction_id = t.id) as tries,
        (select count(*)::int from deliveries d where d.transaction_id = t.id and d.status = 'succeeded') as arrived
       from transactions t where t.id = $1`,
      [id],
    )
  )[0]
