/** A payer who pays while the merchant calls the payment off: money that was taken is never lost sight of. */
import { describe, expect, test } from 'vitest'
import type { SimulatorName } from '../../../local/simulators/index.ts'
import { connect, referenceOf, startAt, TRANSACTIONS } from '../../support/connections.ts'
import { deliverProviderWebhooks, ORDER } from '../../support/paystack.ts'
import { openCourse, race } from './race.ts'

const course = await openCourse('cancel')
const { world, owner } = course

describe('a payment that is called off while it is paid', () => {
  // The first can't close its page, the second can.
  test.each<{ provider: SimulatorName; currency: string }>([
    { provider: 'paystack', currency: 'NGN' },
    { provider: 'stripe', currency: 'USD' },
  ])('at $provider: it has succeeded where money was taken, and is over where not', async ({ provider, currency }) => {
    const merchant = await world.newMerchant()
    const { driver, account } = await connect(world, merchant, 1, provider)
    const verify = (id: string) => merchant.api.get(`${TRANSACTIONS}${id}/verify_payment/`)
    /** Of the payer: in every other round the page was closed before. */
    const pay = async (reference: string, id: string, isEarly: boolean) => {
      if (!isEarly) await verify(id)
      try {
        driver.pay(reference)
      } catch {
        return
      }
      await deliverProviderWebhooks(world)
    }
    await race(course, {
      async prepare(round) {
        world.clock.advance(2_000)
        const id = await startAt(merchant, { ...ORDER, currency })
        return { id, reference: await referenceOf(world, id), isEarly: round % 2 === 0 }
      },
      contestants: ({ id, reference, isEarly }) => [
        async () => void (await merchant.api.post(`${TRANSACTIONS}${id}/cancel/`, {})),
        () => pay(reference, id, isEarly),
      ],
      async judge(_, { id, reference }) {
        world.clock.advance(2_000)
        await verify(id)
        const timesPaid = driver.books(account).find((booked) => booked.reference === reference)?.timesPaid
        const [became] = await owner.rows(
          `select t.status, t.version, (select json_agg(e.type order by e.number) from events e
             where e.transaction_id = t.id) as events from transactions t where t.id = $1`,
          [id],
        )
        const events = [
          ['payment.created', 'payment.cancelled'],
          ['payment.created', 'payment.expired'],
          ['payment.created', 'payment.succeeded'],
          ['payment.created', 'payment.cancelled', 'payment.succeeded'],
        ]
        // Who asks between the closing of the page and the cancelling is told that the page has ended.
        expect(timesPaid === 1 ? ['succeeded'] : ['cancelled', 'expired']).toContain(became?.status)
        expect(events).toContainEqual(became?.events)
      },
    })
  })
})
