/** Money that goes back without being asked for here: made on the provider's dashboard, heard of or found. */

import { expect } from 'vitest'
import type { Theme } from '../case.ts'
import { DAY, type Kit, MINUTE, type OpenPayment } from '../kit.ts'
import { expectRefunded, half, quarter } from '../refunded.ts'
import { ALL_REFUNDS_LISTED, PARTIAL_REFUNDS, REFUNDS_LISTED, REFUNDS_TOLD, refundCourse } from '../subject.ts'

/** A refund that was made at the provider is one here, or, where it is told without a sum, a drift for a person. */
async function expectFound(kit: Kit, payment: OpenPayment, amount: number): Promise<void> {
  const refunds = await kit.refundsOf(payment)
  if (REFUNDS_TOLD.isMet(kit.subject)) {
    expect(refunds).toMatchObject([{ origin: 'provider', amount }])
    return
  }
  const drifts = (await kit.api.get('/api/v1/reconciliation/drifts/')).body.data
  expect(drifts.map(({ cause }: { cause: string }) => cause)).toContain('refunded_there')
}

/** The refund is one here, and was a drift that is corrected: told once each. */
async function expectTakenIn(kit: Kit, payment: OpenPayment, amount: number): Promise<void> {
  await expectRefunded(kit, payment, [amount])
  expect(await kit.refundsOf(payment)).toMatchObject([{ origin: 'provider', amount }])
  const drifts = (await kit.api.get('/api/v1/reconciliation/drifts/')).body.data
  expect(drifts).toMatchObject([{ cause: 'refunded_there', status: 'corrected', transaction_id: payment.id }])
  const told = (await kit.eventsOf(payment)).filter((type) => type.startsWith('drift.'))
  expect(told).toEqual(['drift.found', 'drift.corrected'])
  await kit.expectPaidOnce(payment)
}

export const dashboardRefundCases: Theme = () => [
  {
    name: 'a refund on the dashboard is heard of',
    async run(kit) {
      const payment = await kit.openPaid()
      kit.driver.refundOnDashboard(payment.reference, kit.subject.money.amount)
      await kit.pass(5 * MINUTE)
      await kit.pass(5 * MINUTE)
      await expectFound(kit, payment, kit.subject.money.amount)
      await kit.expectPaidOnce(payment)
    },
  },
  {
    name: 'a part that was refunded on the dashboard is heard of, and the rest can be refunded here',
    needs: [PARTIAL_REFUNDS, REFUNDS_TOLD],
    async run(kit) {
      const payment = await kit.openPaid()
      const { amount } = kit.subject.money
      kit.driver.refundOnDashboard(payment.reference, half(kit.subject))
      await kit.pass(5 * MINUTE)
      await expectFound(kit, payment, half(kit.subject))
      expect((await kit.refund(payment)).status).toBe(201)
      await expectRefunded(kit, payment, [half(kit.subject), amount - half(kit.subject)])
    },
  },
  {
    name: 'a refund on the dashboard of which no webhook comes is found by reconciliation, and told',
    needs: [REFUNDS_LISTED],
    async run(kit) {
      const payment = await kit.openPaid()
      kit.loseWebhooks()
      kit.driver.refundOnDashboard(payment.reference, kit.subject.money.amount)
      await kit.pass(10 * MINUTE)
      await kit.pass(10 * MINUTE)
      await kit.reconcile()
      await expectFound(kit, payment, kit.subject.money.amount)
      expect(await kit.eventTypes()).toContain('drift.found')
      await kit.expectPaidOnce(payment)
    },
  },
  {
    name: 'a part that was refunded on the dashboard and of which no webhook came is found by the list of refunds',
    needs: [PARTIAL_REFUNDS, ALL_REFUNDS_LISTED],
    async run(kit) {
      const payment = await kit.openPaid()
      kit.loseWebhooks()
      kit.driver.refundOnDashboard(payment.reference, quarter(kit.subject))
      await kit.pass(10 * MINUTE)
      await kit.pass(10 * MINUTE)
      await kit.reconcile()
      await expectTakenIn(kit, payment, quarter(kit.subject))
    },
  },
  {
    name: 'a refund on the dashboard long after the payment, of which no webhook came, is found by the list of refunds',
    needs: [ALL_REFUNDS_LISTED],
    async run(kit) {
      const payment = await kit.openPaid()
      await kit.pass(20 * DAY)
      kit.loseWebhooks()
      kit.driver.refundOnDashboard(payment.reference, kit.subject.money.amount)
      await kit.pass(10 * MINUTE)
      await kit.pass(10 * MINUTE)
      expect(await kit.reconcile()).toMatchObject({ status: 'completed', payments_listed: 0, drifts_found: 1 })
      await expectTakenIn(kit, payment, kit.subject.money.amount)
    },
  },
  {
    name: 'a refund that both books have is no drift',
    needs: [ALL_REFUNDS_LISTED],
    async run(kit) {
      const payment = await kit.openPaid()
      expect((await kit.refund(payment)).status).toBe(201)
      await expectRefunded(kit, payment, [kit.subject.money.amount])
      expect(await kit.reconcile()).toMatchObject({ status: 'completed', drifts_found: 0 })
      expect(await kit.eventTypes()).not.toContain('drift.found')
    },
  },
  {
    name: 'a refund that failed at the provider, and of which nobody here has heard, is no drift',
    needs: [ALL_REFUNDS_LISTED, refundCourse('fails')],
    async run(kit) {
      const payment = await kit.openPaid()
      kit.loseWebhooks()
      kit.driver.setRefundCourse(payment.reference, 'fails')
      kit.driver.refundOnDashboard(payment.reference, kit.subject.money.amount)
      await kit.pass(10 * MINUTE)
      await kit.pass(10 * MINUTE)
      expect(await kit.reconcile()).toMatchObject({ status: 'completed', drifts_found: 0 })
      expect(await kit.refundsOf(payment)).toEqual([])
    },
  },
  {
    name: 'a further refund on the dashboard of which no webhook comes is found by looking back',
    needs: [PARTIAL_REFUNDS, REFUNDS_TOLD],
    async run(kit) {
      const payment = await kit.openPaid()
      const amount = quarter(kit.subject)
      expect((await kit.refund(payment, { amount })).status).toBe(201)
      await expectRefunded(kit, payment, [amount])
      kit.loseWebhooks()
      kit.driver.refundOnDashboard(payment.reference, amount)
      await kit.pass(2 * DAY)
      await kit.pass(DAY)
      await expectRefunded(kit, payment, [amount, amount])
    },
  },
  {
    name: 'refunds here and on the dashboard are told apart',
    needs: [PARTIAL_REFUNDS, REFUNDS_TOLD],
    async run(kit) {
      const payment = await kit.openPaid()
      const amount = quarter(kit.subject)
      kit.driver.refundOnDashboard(payment.reference, amount)
      expect((await kit.refund(payment, { amount })).status).toBe(201)
      await kit.pass(5 * MINUTE)
      await expectRefunded(kit, payment, [amount, amount])
      const origins = (await kit.refundsOf(payment)).map(({ origin }: { origin: string }) => origin)
      expect(origins.sort()).toEqual(['api', 'provider'])
    },
  },
]
