/** Sweeps that run at once, as after a cron that came twice: each thing is done by one of them. */
import { beforeAll, expect, test } from 'vitest'
import { sweep } from '../../../src/operations/upkeep/sweep.ts'
import { type Connected, connect, referenceOf, refund, startAt } from '../../support/connections.ts'
import { deliverProviderWebhooks } from '../../support/paystack.ts'
import { addEndpoint } from '../../support/webhooks.ts'
import type { Merchant } from '../../support/world.ts'
import { openCourse, race } from './race.ts'

/** After which payments and refunds of which nothing was heard are asked after. */
const DUE_MS = 120_000

const course = await openCourse('sweeps')
const { world, owner } = course
let merchant: Merchant
let connection: Connected
beforeAll(async () => {
  merchant = await world.newMerchant()
  connection = await connect(world, merchant, 1)
  await addEndpoint(merchant)
})

/** A payment that was paid, and of which nothing was heard yet. */
async function paid(): Promise<string> {
  const id = await startAt(merchant)
  connection.driver.pay(await referenceOf(world, id))
  return id
}

/** What a sweep finds: a payment to ask after, a refund, a stored webhook, and deliveries. */
async function leaveWork() {
  const { driver, account } = connection
  const refunded = await paid()
  await deliverProviderWebhooks(world)
  driver.accident(account, { kind: 'cut', when: 'after', how: 'reset', operation: 'create_refund', times: 1 })
  // Also of the refund: news of it that one sweep applies is no reason for the other not to ask after it.
  driver.webhookAccident(account, { kind: 'lost' })
  expect((await refund(merchant, refunded)).status).toBe(202)
  const unheard = await paid()
  world.clock.advance(DUE_MS)
  await world.simulators.deliverDueWebhooks()
  driver.clear(account)
  const stored = await paid()
  await world.simulators.deliverDueWebhooks()
  await world.settled()
  world.jobs.splice(0)
  return { refunded, unheard, stored, before: await checksOf(refunded, unheard) }
}

/** How often the provider was asked: after refunds of the one, after the other. */
const checksOf = async (refunded: string, unheard: string) => ({
  refunds: Number(await owner.value('select refund_checks from transactions where id = $1', [refunded])),
  payments: Number(await owner.value('select checks from transactions where id = $1', [unheard])),
})

test('two sweeps at once do each thing once', async () => {
  await race(course, {
    prepare: leaveWork,
    contestants: () => Array.from({ length: 2 }, () => () => sweep(world.deps)),
    line: 'transactions',
    async judge(_, { refunded, unheard, stored, before }) {
      const { refunds, payments } = await checksOf(refunded, unheard)
      expect({ refunds, payments }).toEqual({ refunds: before.refunds + 1, payments: before.payments + 1 })
      const ids = [refunded, unheard, stored]
      expect(
        await owner.rows(
          `select t.status, t.amount_refunded::int as refunded,
            (select json_agg(e.type order by e.number) from events e where e.transaction_id = t.id) as events
           from transactions t where t.id = any ($1) order by array_position($1, t.id)`,
          [ids],
        ),
      ).toEqual([
        {
          status: 'succeeded',
          refunded: 150_000,
          events: ['payment.created', 'payment.succeeded', 'refund.created', 'refund.succeeded'],
        },
        { status: 'succeeded', refunded: 0, events: ['payment.created', 'payment.succeeded'] },
        { status: 'succeeded', refunded: 0, events: ['payment.created', 'payment.succeeded'] },
      ])
      expect(
        await owner.rows(
          `select p.status, p.attempts from provider_events p join attempts a on a.reference = p.reference
           where a.transaction_id = $1`,
          [stored],
        ),
      ).toEqual([{ status: 'applied', attempts: 1 }])
      await expectDeliveredOnce(ids)
    },
  })
})

async function expectDeliveredOnce(transactionIds: string[]): Promise<void> {
  const EVENTS = 8
  expect(
    await owner.rows(
      `select d.status, count(distinct d.id)::int as deliveries, count(n.*)::int as tries
       from deliveries d left join delivery_attempts n on n.delivery_id = d.id
       where d.transaction_id = any ($1) group by d.status`,
      [transactionIds],
    ),
  ).toEqual([{ status: 'succeeded', deliveries: EVENTS, tries: EVENTS }])
  const received = world.receiver.received.splice(0).map(({ headers }) => headers.get('webhook-id'))
  expect([received.length, new Set(received).size]).toEqual([EVENTS, EVENTS])
}
