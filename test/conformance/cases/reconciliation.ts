/** Our books against the provider's own list. */

import { expect } from 'vitest'
import type { Case, Theme } from '../case.ts'
import { DAY, HOUR, type Kit, MINUTE, RUNS } from '../kit.ts'
import { PAY_TWICE, REFERENCES_LISTED } from '../subject.ts'

export const reconciliationCases: Theme = () => [...RUNNING, ...DRIFTING, ...FOREIGN]

async function paidUnheard(kit: Kit) {
  const payment = await kit.open()
  kit.loseWebhooks()
  kit.driver.pay(payment.reference)
  return payment
}

const RUNNING: readonly Case[] = [
  {
    name: 'where both books say the same, nothing is found',
    async run(kit) {
      await kit.openPaid()
      expect(await kit.reconcile()).toMatchObject({
        status: 'completed',
        payments_listed: 1,
        payments_foreign: 0,
        drifts_found: 0,
        events_unmatched: 0,
        failure: null,
      })
    },
  },
  {
    name: 'where nobody has paid, nothing is found',
    async run(kit) {
      const payment = await kit.open()
      expect(await kit.reconcile()).toMatchObject({ status: 'completed', drifts_found: 0, payments_foreign: 0 })
      await kit.expectStatus(payment, 'pending')
    },
  },
  {
    name: 'a declined try is no drift',
    async run(kit) {
      const payment = await kit.open()
      kit.driver.decline(payment.reference)
      await kit.hear()
      expect(await kit.reconcile()).toMatchObject({ status: 'completed', drifts_found: 0 })
      await kit.expectStatus(payment, 'pending')
    },
  },
  {
    name: 'a list longer than a page is read to its end',
    async run(kit) {
      for (let count = 0; count < 12; count++) {
        const payment = await kit.open()
        kit.driver.pay(payment.reference)
      }
      await kit.hear()
      expect(await kit.reconcile()).toMatchObject({ status: 'completed', payments_listed: 12, drifts_found: 0 })
    },
  },
  {
    name: 'runs begin by themselves, every some hours',
    async run(kit) {
      await kit.openPaid()
      await kit.pass(7 * HOUR)
      await kit.pass(7 * HOUR)
      const runs = (await kit.api.get(RUNS)).body.data
      expect(runs).toMatchObject([{ status: 'completed' }, { status: 'completed' }])
      expect(runs[1]).toMatchObject({ payments_listed: 1, drifts_found: 0 })
    },
  },
  {
    name: 'while a run is at work no second one begins',
    async run(kit) {
      await kit.openPaid()
      const first = await kit.api.post(RUNS, { connection_id: kit.connectionId })
      expect(first.status).toBe(202)
      expect(await kit.api.post(RUNS, { connection_id: kit.connectionId })).toMatchObject({
        status: 409,
        body: { code: 'reconciliation_running' },
      })
      await kit.work()
      expect((await kit.api.get(`${RUNS}${first.body.id}/`)).body.status).toBe('completed')
    },
  },
  {
    name: 'a run whose worker died goes on where it stopped',
    async run(kit) {
      const payment = await kit.openPaid()
      const started = await kit.api.post(RUNS, { connection_id: kit.connectionId })
      await kit.world.crashAfter(2, () => kit.work())
      kit.expectErrors(/the connection to the database was cut/)
      const found = async () => (await kit.api.get(`${RUNS}${started.body.id}/`)).body
      expect((await found()).status).toBe('running')
      await kit.until('the run is completed', async () => (await found()).status === 'completed')
      expect(await found()).toMatchObject({ payments_listed: 1, drifts_found: 0 })
      await kit.expectPaidOnce(payment)
    },
  },
]

const DRIFTING: readonly Case[] = [
  {
    name: 'what was paid there and not here is found, corrected and told',
    needs: [REFERENCES_LISTED],
    async run(kit) {
      const payment = await paidUnheard(kit)
      const run = await kit.reconcile()
      expect(run).toMatchObject({ status: 'completed', drifts_found: 1 })
      expect(await kit.driftsOf(run)).toMatchObject([
        { cause: 'paid_there_not_here', status: 'corrected', transaction_id: payment.id, ours: { status: 'pending' } },
      ])
      await kit.expectPaidOnce(payment)
      const told = (await kit.eventTypes()).filter((type) => type !== 'payment.created')
      expect(told.toSorted()).toEqual(['drift.corrected', 'drift.found', 'payment.succeeded'])
    },
  },
  {
    name: 'what was paid there with another amount is found, and is somebody’s to look at',
    needs: [REFERENCES_LISTED],
    async run(kit) {
      const payment = await kit.open()
      kit.loseWebhooks()
      kit.driver.pay(payment.reference, { kind: 'wrong_amount', delta: -1 })
      const run = await kit.reconcile()
      expect((await kit.driftsOf(run))[0]).toMatchObject({ cause: 'paid_there_not_here', transaction_id: payment.id })
      await kit.expectStatus(payment, 'requires_review')
    },
  },
  {
    name: 'what was found and corrected is not found again',
    async run(kit) {
      const payment = await paidUnheard(kit)
      await kit.reconcile()
      await kit.pass(2 * MINUTE)
      expect(await kit.reconcile()).toMatchObject({ status: 'completed', drifts_found: 0 })
      await kit.expectPaidOnce(payment)
      expect(await kit.eventsOf(payment)).toEqual(expect.arrayContaining(['payment.created', 'payment.succeeded']))
    },
  },
  {
    name: 'what was called off here and paid there is found',
    needs: [REFERENCES_LISTED],
    async run(kit) {
      const payment = await kit.open()
      kit.loseWebhooks()
      kit.driver.pay(payment.reference)
      // The provider may not be asked meanwhile.
      kit.accident({ kind: 'down' })
      await kit.cancel(payment)
      kit.endAccidents()
      kit.loseWebhooks()
      await kit.expectStatus(payment, 'cancelled')
      await kit.reconcile()
      await kit.expectPaidOnce(payment)
    },
  },
  {
    name: 'a second payment that was told before is no news',
    needs: [PAY_TWICE],
    async run(kit) {
      const payment = await kit.openPaid()
      kit.driver.payAgain(payment.reference)
      await kit.hear()
      await kit.reconcile()
      await kit.pass(DAY)
      const told = (await kit.eventsOf(payment)).filter((type) => type === 'payment.duplicate_charge')
      expect(told).toHaveLength(1)
    },
  },
]

const FOREIGN: readonly Case[] = [
  {
    name: 'a charge that was made elsewhere is counted as such, and is no drift',
    async run(kit) {
      await kit.openPaid()
      kit.chargeElsewhere()
      await kit.hear()
      expect(await kit.reconcile()).toMatchObject({
        status: 'completed',
        payments_listed: 2,
        payments_foreign: 1,
        drifts_found: 0,
      })
      expect((await kit.eventTypes()).filter((type) => type.startsWith('drift.'))).toEqual([])
    },
  },
  {
    name: 'a stranger’s payments are not in a merchant’s list',
    async run(kit) {
      const stranger = await kit.connectParty()
      await kit.openPaid()
      await kit.openPaid({}, stranger)
      expect(await kit.reconcile()).toMatchObject({ status: 'completed', payments_listed: 1, payments_foreign: 0 })
    },
  },
]
