/** Two pages of one payment, both paid, of which everybody hears at once: one charge is right, the other is told of. */
import { beforeAll, expect, test } from 'vitest'
import { applyProviderEvent } from '../../../src/operations/provider-events/apply.ts'
import { type Connected, connect, referenceOf, startAt, TRANSACTIONS } from '../../support/connections.ts'
import type { Merchant } from '../../support/world.ts'
import { openCourse, race } from './race.ts'

const course = await openCourse('duplicate_charge')
const { world, owner } = course
let merchant: Merchant
let first: Connected
let second: Connected
beforeAll(async () => {
  merchant = await world.newMerchant()
  first = await connect(world, merchant, 1)
  second = await connect(world, merchant, 2)
})

/** The first account's answer is lost, so that there is a page at each; both are paid, and both webhooks are stored. */
async function payTwice() {
  // By now the circuit of the first lets one payment through again.
  world.clock.advance(3_600_000)
  first.driver.accident(first.account, {
    kind: 'cut',
    when: 'after',
    how: 'reset',
    operation: 'create_checkout',
    times: 1,
  })
  const id = await startAt(merchant)
  first.driver.pay(await referenceOf(world, id, 1))
  second.driver.pay(await referenceOf(world, id, 2))
  await world.simulators.deliverDueWebhooks()
  await world.settled()
  return { id, events: world.jobs.splice(0).flatMap((job) => (job.kind === 'apply' ? [job.providerEventId] : [])) }
}

test('of two charges that are heard of at once one is right, and the other is told as one too many', async () => {
  await race<Awaited<ReturnType<typeof payTwice>>, unknown>(course, {
    prepare: payTwice,
    contestants: ({ id, events }) => [
      ...events.map((event) => () => applyProviderEvent(world.deps, event)),
      () => merchant.api.get(`${TRANSACTIONS}${id}/verify_payment/`),
    ],
    line: 'attempts',
    async judge(outcomes, { id }) {
      expect(outcomes.at(-1)).toMatchObject({ status: 200, body: { status: 'succeeded' } })
      expect(
        await owner.rows(
          `select t.status,
            (select json_agg(e.type order by e.number) from events e where e.transaction_id = t.id) as events,
            (select json_agg(a.status order by a.number) from attempts a where a.transaction_id = t.id) as attempts,
            (select count(*)::int from attempts a where a.transaction_id = t.id and a.is_duplicate) as duplicates,
            (select a.is_duplicate from attempts a
             where a.transaction_id = t.id and a.connection_id = t.connection_id) as paid_by_the_duplicate
           from transactions t where t.id = $1`,
          [id],
        ),
      ).toEqual([
        {
          status: 'succeeded',
          events: ['payment.created', 'payment.succeeded', 'payment.duplicate_charge'],
          attempts: ['succeeded', 'succeeded'],
          duplicates: 1,
          paid_by_the_duplicate: false,
        },
      ])
    },
  })
})
