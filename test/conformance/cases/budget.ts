/** A round trip to the database is the unit of cost: each operation has so many, whatever the provider. */

import { expect } from 'vitest'
import type { Case, Theme } from '../case.ts'
import { INITIATE, type Kit, PROVIDERS_PATH, transactionPath } from '../kit.ts'

export const budgetCases: Theme = () => COSTS.map(costs)

interface Cost {
  what: string
  roundTrips: number
  /** Makes ready, and says what is counted. */
  prepare(kit: Kit): Promise<() => Promise<unknown>>
}

const body = (kit: Kit) => ({
  ...kit.subject.money,
  customer: { email: 'ada@customer.test' },
  callback_url: 'https://shop.test/thanks',
})

const post = async (kit: Kit) => {
  await kit.world.simulators.deliverDueWebhooks()
}

const COSTS: readonly Cost[] = [
  { what: 'starting a payment', roundTrips: 2, prepare: async (kit) => () => kit.api.post(INITIATE, body(kit)) },
  {
    what: 'starting a payment again under the same key',
    roundTrips: 1,
    async prepare(kit) {
      const start = () => kit.api.post(INITIATE, body(kit), { 'idempotency-key': 'order-1' })
      await start()
      return start
    },
  },
  {
    what: 'reading a payment',
    roundTrips: 1,
    async prepare(kit) {
      const payment = await kit.open()
      return () => kit.api.get(transactionPath(payment.id))
    },
  },
  {
    what: 'verifying an unpaid payment',
    roundTrips: 2,
    async prepare(kit) {
      const payment = await kit.open()
      return () => kit.verify(payment)
    },
  },
  {
    what: 'verifying a payment that was paid',
    roundTrips: 2,
    async prepare(kit) {
      const payment = await kit.open()
      kit.driver.pay(payment.reference)
      return () => kit.verify(payment)
    },
  },
  {
    what: 'a refund',
    roundTrips: 2,
    async prepare(kit) {
      const payment = await kit.openPaid()
      return () => kit.refund(payment)
    },
  },
  {
    what: 'taking in a webhook with the secret cold',
    roundTrips: 2,
    async prepare(kit) {
      const payment = await kit.open()
      kit.driver.pay(payment.reference)
      return () => post(kit)
    },
  },
  {
    what: 'taking in a webhook with the secret warm',
    roundTrips: 1,
    async prepare(kit) {
      await kit.openPaid()
      const payment = await kit.open()
      kit.driver.pay(payment.reference)
      return () => post(kit)
    },
  },
  {
    what: 'applying a webhook about a payment',
    roundTrips: 2,
    async prepare(kit) {
      const payment = await kit.open()
      kit.driver.pay(payment.reference)
      await post(kit)
      await kit.world.settled()
      return kit.work
    },
  },
  {
    what: 'calling a payment off, at most',
    roundTrips: 2,
    async prepare(kit) {
      const payment = await kit.open()
      return () => kit.cancel(payment)
    },
  },
  {
    what: 'checking credentials',
    roundTrips: 2,
    prepare: async (kit) => () => kit.api.post(`${PROVIDERS_PATH}${kit.connectionId}/check/`),
  },
]

function costs({ what, roundTrips, prepare }: Cost): Case {
  return {
    name: `${what} costs ${roundTrips === 1 ? 'one round trip' : 'two round trips'}`,
    async run(kit) {
      const deed = await prepare(kit)
      const counted = await kit.world.countRoundTrips(deed)
      expect(counted.roundTrips).toBeGreaterThan(0)
      expect(counted.roundTrips).toBeLessThanOrEqual(roundTrips)
      await kit.until('what was begun is known', async () => {
        await kit.hear()
        return true
      })
    },
  }
}
