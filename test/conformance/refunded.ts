/** Parts of a payment, and what both books say once they went back. */

import { expect } from 'vitest'
import type { Kit, OpenPayment } from './kit.ts'
import type { Subject } from './subject.ts'

export const half = ({ money }: Subject): number => Math.floor(money.amount / 2)
export const quarter = ({ money }: Subject): number => Math.floor(money.amount / 4)

/** Goes on until every refund of the payment has come to an end; what came of them, oldest first. */
export async function settleRefunds(kit: Kit, payment: OpenPayment) {
  await kit.until('the refunds are over', async () =>
    (await kit.refundsOf(payment)).every(({ status }: { status: string }) => status !== 'pending'),
  )
  return kit.refundsOf(payment)
}

export async function expectRefunded(kit: Kit, payment: OpenPayment, amounts: readonly number[]): Promise<void> {
  const refunds = await settleRefunds(kit, payment)
  const sums = (rows: readonly { amount: number }[]) => rows.map(({ amount }) => amount).toSorted((a, b) => a - b)
  expect(sums(refunds)).toEqual(amounts.toSorted((a, b) => a - b))
  expect(refunds).toMatchObject(amounts.map(() => ({ status: 'succeeded' })))
  const total = amounts.reduce((sum, amount) => sum + amount, 0)
  expect(await kit.look(payment)).toMatchObject({ status: 'succeeded', amount_refunded: total })
  const made = kit.booked(payment.reference).refunds.filter(({ state }) => state !== 'failed')
  expect(sums(made)).toEqual(sums(refunds))
}
