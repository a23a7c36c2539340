/**
 * Refunds that are asked for here while one is made on the provider's dashboard, and while the payer's bank disputes the
 * payment: nothing is sent back that was not paid, and both books come to agree.
 */
import { beforeAll, expect, test } from 'vitest'
import {
  type Connected,
  connect,
  referenceOf,
  refund,
  refundsThere,
  startAt,
  sweepAt,
} from '../../support/connections.ts'
import { deliverProviderWebhooks } from '../../support/paystack.ts'
import type { ApiAnswer, Merchant } from '../../support/world.ts'
import { openCourse, race } from './race.ts'

const PAID = 150_000
/** Two fit, three don't. */
const EACH = 60_000
const ASKED_HERE = 2

const course = await openCourse('refunds_elsewhere')
const { world, owner } = course
let merchant: Merchant
let connection: Connected
beforeAll(async () => {
  merchant = await world.newMerchant()
  connection = await connect(world, merchant, 1)
})

const payments: { id: string; reference: string }[] = []

async function takePayment() {
  const id = await startAt(merchant)
  const reference = await referenceOf(world, id)
  connection.driver.pay(reference)
  await deliverProviderWebhooks(world)
  payments.push({ id, reference })
  return { id, reference }
}

/** Somebody refunds on the dashboard where the provider still lets them, and a dispute is opened. */
async function happensThere(reference: string): Promise<void> {
  try {
    connection.driver.refundOnDashboard(reference, EACH)
  } catch (error) {
    // By then the requests from here had it all.
    expect(String(error)).toMatch(/refund/i)
  }
  world.paystack.control.openDispute({ reference })
  await deliverProviderWebhooks(world)
}

test('refunds here, one on the dashboard and a dispute at once', async () => {
  await race<{ id: string; reference: string }, ApiAnswer | undefined>(course, {
    prepare: takePayment,
    contestants: ({ id, reference }) => [
      ...Array.from({ length: ASKED_HERE }, () => () => refund(merchant, id, { amount: EACH })),
      async () => void (await happensThere(reference)),
    ],
    async judge(answers, { id }) {
      const statuses = answers.flatMap((answer) => answer?.status ?? [])
      for (const status of statuses) expect([201, 202, 422]).toContain(status)
      expect(await soundOf([id])).toEqual([{ status: 'succeeded', is_sound: true }])
    },
  })
  // A quiet while later, with what sweeps and a reconciliation find.
  await sweepAt(world, [3, 10, 30, 7 * 60, 7 * 60 + 10])
  await deliverProviderWebhooks(world)
  expect(await soundOf(payments.map(({ id }) => id))).toEqual(
    payments.map(() => ({ status: 'succeeded', is_sound: true })),
  )
  for (const { id, reference } of payments) {
    const there = refundsThere(connection, reference).filter(({ state }) => state === 'succeeded')
    expect(await succeededHere(id)).toEqual(there.map((made) => made.id).sort())
  }
  expect(await owner.value(`select count(*)::int from drifts where status = 'open'`)).toBe(0)
})

/** Whether the payment's sums are those of its refunds, and within what was paid. */
const soundOf = (ids: string[]) =>
  owner.rows(
    `select t.status, t.amount_refunding = r.under_way and t.amount_refunded = r.done
                      and r.under_way + r.done <= ${PAID} as is_sound
     from transactions t, lateral (
       select coalesce(sum(amount) filter (where status in ('pending', 'requires_action')), 0) as under_way,
              coalesce(sum(amount) filter (where status = 'succeeded'), 0) as done
       from refunds where transaction_id = t.id) r
     where t.id = any ($1) order by array_position($1, t.id)`,
    [ids],
  )

const succeededHere = (id: string) =>
  owner.value(
    `select coalesce(json_agg(provider_refund_id order by provider_refund_id collate "C"), '[]')
     from refunds where transaction_id = $1 and status = 'succeeded'`,
    [id],
  )
