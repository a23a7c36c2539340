/** A payer who pays while the merchant calls the payment off: money that was taken is never lost sight of. */
import { expect, test } from 'vitest'
import { type Connected, connect, referenceOf, startAt, TRANSACTIONS } from '../../support/connections.ts'
import { deliverProviderWebhooks, ORDER } from '../../support/paystack.ts'
import type { Merchant } from '../../support/world.ts'
import { openCourse, race } from './race.ts'

const course = await openCourse('cancel')
const { world, owner } = course

interface Shop {
  merchant: Merchant
  connection: Connected
  currency: string
}

const openShop = async (provider: 'paystack' | 'stripe', currency: string): Promise<Shop> => {
  const merchant = await world.newMerchant()
  return { merchant, connection: await connect(world, merchant, 1, provider), currency }
}

/** The first can't close its page, the second can. */
const shops = [await openShop('paystack', 'NGN'), await openShop('stripe', 'USD')]

const verify = ({ merchant }: Shop, id: string) => merchant.api.get(`${TRANSACTIONS}${id}/verify_payment/`)

/** @param isEarly or the page may have been closed before, and nothing is paid */
async function pay(shop: Shop, id: string, reference: string, isEarly: boolean): Promise<void> {
  if (!isEarly) await verify(shop, id)
  try {
    shop.connection.driver.pay(reference)
  } catch {
    return
  }
  await deliverProviderWebhooks(world)
}

/** How the payment may have gone: who asks between the closing of the page and the cancelling is told that it has ended. */
const WAYS = {
  paid: [
    ['payment.created', 'payment.succeeded'],
    ['payment.created', 'payment.cancelled', 'payment.succeeded'],
  ],
  unpaid: [
    ['payment.created', 'payment.cancelled'],
    ['payment.created', 'payment.expired'],
  ],
}

test('a payment that is called off while it is paid has succeeded where money was taken, and is over where not', async () => {
  const ends = new Set<string>()
  await race(course, {
    async prepare(round) {
      world.clock.advance(2_000)
      const shop = shops[round % 2]
      if (shop === undefined) throw new Error('there are two shops')
      const id = await startAt(shop.merchant, { ...ORDER, currency: shop.currency })
      return { shop, id, reference: await referenceOf(world, id), isEarly: round % 4 < 2 }
    },
    contestants: ({ shop, id, reference, isEarly }) => [
      async () => void (await shop.merchant.api.post(`${TRANSACTIONS}${id}/cancel/`, {})),
      () => pay(shop, id, reference, isEarly),
    ],
    async judge(_, { shop, id, reference }) {
      world.clock.advance(2_000)
      await verify(shop, id)
      const { driver, account } = shop.connection
      const timesPaid = driver.books(account).find((booked) => booked.reference === reference)?.timesPaid
      const [became] = await owner.rows(
        `select t.status, (select json_agg(e.type order by e.number) from events e where e.transaction_id = t.id) as events
         from transactions t where t.id = $1`,
        [id],
      )
      expect(timesPaid === 1 ? WAYS.paid : WAYS.unpaid).toContainEqual(became?.events)
      ends.add(String(became?.status))
    },
  })
  expect(ends).toContain('succeeded')
  expect(ends).toContain('cancelled')
})
