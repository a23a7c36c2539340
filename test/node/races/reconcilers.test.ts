/** Reconcilers that run at once: a run is begun once, walked over once, and finds each drift once. */
import { beforeAll, expect, test } from 'vitest'
import { LIMITS } from '../../../src/domain/limits.ts'
import { reconcile } from '../../../src/operations/upkeep/reconcile.ts'
import { type Connected, connect, referenceOf, startAt, watchCalls } from '../../support/connections.ts'
import type { Merchant } from '../../support/world.ts'
import { openCourse, race } from './race.ts'

const RUNS = '/api/v1/reconciliation/runs/'

const course = await openCourse('reconcilers')
const { world, owner } = course
let merchant: Merchant
let connection: Connected
let calls: string[]
beforeAll(async () => {
  merchant = await world.newMerchant()
  connection = await connect(world, merchant, 1)
  connection.driver.webhookAccident(connection.account, { kind: 'lost' })
  calls = watchCalls(world, connection)
})

test('two reconcilers at once walk over one run once', async () => {
  await race(course, {
    async prepare(round) {
      world.clock.advance(LIMITS.reconcileEverySeconds * 1000)
      const id = await startAt(merchant)
      connection.driver.pay(await referenceOf(world, id))
      world.clock.advance((LIMITS.reconcileLagSeconds + 1) * 1000)
      // Every other run is there already, so that who takes it is all that they race for.
      if (round % 2 === 0) expect((await merchant.api.post(RUNS, { connection_id: connection.id })).status).toBe(202)
      calls.splice(0)
      return id
    },
    contestants: () => Array.from({ length: 2 }, () => () => reconcile(world.deps)),
    line: 'reconciliation_runs',
    async judge(_, id) {
      expect(calls.filter((call) => call === 'GET /transaction')).toHaveLength(1)
      expect(
        await owner.rows(
          `select status, pages, drifts_found::int as drifts from reconciliation_runs where started_at = $1`,
          [world.clock.now()],
        ),
      ).toEqual([{ status: 'completed', pages: 2, drifts: 1 }])
      expect(
        await owner.rows(
          `select t.status, (select json_agg(d.status) from drifts d where d.transaction_id = t.id) as drifts,
            (select json_agg(e.type order by e.number) from events e where e.transaction_id = t.id) as events
           from transactions t where t.id = $1`,
          [id],
        ),
      ).toEqual([
        {
          status: 'succeeded',
          drifts: ['corrected'],
          events: ['payment.created', 'drift.found', 'payment.succeeded', 'drift.corrected'],
        },
      ])
    },
  })
})
