/** After every case: the provider's books and ours say the same, or somebody is told to look; and nothing secret got out. */

import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { z } from 'zod'
import type { BookedPayment } from '../../local/simulators/kit/driver.ts'
import type { Kit, Party } from './kit.ts'

export async function audit(kit: Kit): Promise<void> {
  for (const party of kit.parties) await auditParty(kit, party)
  const errors = kit.world.logLines.filter((line) => line.includes('"level":"error"'))
  expect(errors.filter((line) => !kit.expectedErrors.some((pattern) => pattern.test(line)))).toEqual([])
  for (const { account } of kit.parties) {
    for (const secret of Object.values(account.credentials)) {
      expect(kit.world.logLines.filter((line) => line.includes(secret))).toEqual([])
    }
  }
}

async function auditParty(kit: Kit, { account, connectionId }: Party): Promise<void> {
  const booked = new Map(kit.driver.books(account).map((payment) => [payment.reference, payment]))
  const ours = await readOurs(kit, connectionId)
  for (const payment of ours) auditPayment(payment, booked)
  const known = new Set(kit.elsewhere)
  for (const { attempts } of ours) for (const { reference } of attempts) known.add(reference)
  const unknown = [...booked.values()].filter(({ reference, timesPaid }) => timesPaid > 0 && !known.has(reference))
  expect(unknown, 'payments that nobody here knows').toEqual([])
}

const Attempt = z.object({
  reference: z.string(),
  isDuplicate: z.boolean(),
  /** What the provider confirmed: what was asked, and what was collected. */
  amounts: z.array(z.number().nullable()),
  currency: z.string().nullable(),
})
const Refund = z.object({ status: z.string(), amount: z.number() })
const OurPayment = z.object({
  id: z.string(),
  status: z.string(),
  attempts: z.array(Attempt),
  refunds: z.array(Refund),
  drifts: z.number(),
})
type OurPayment = z.output<typeof OurPayment>

async function readOurs(kit: Kit, connectionId: string): Promise<OurPayment[]> {
  const rows = await kit.world.query(sql`
    select t.id, t.status,
      (select jsonb_agg(jsonb_build_object('reference', a.reference, 'isDuplicate', a.is_duplicate,
         'amounts', jsonb_build_array(a.confirmed_amount, a.collected_amount), 'currency', a.confirmed_currency))
       from attempts a where a.transaction_id = t.id) as attempts,
      (select coalesce(jsonb_agg(jsonb_build_object('status', r.status, 'amount', r.amount)), '[]')
       from refunds r where r.transaction_id = t.id) as refunds,
      (select count(*)::integer from drifts d where d.transaction_id = t.id) as drifts
    from transactions t where t.connection_id = ${connectionId}`)
  return rows.map((row) => OurPayment.parse(row))
}

function auditPayment(ours: OurPayment, booked: ReadonlyMap<string, BookedPayment>): void {
  const theirs = ours.attempts.flatMap(({ reference }) => booked.get(reference) ?? [])
  const timesPaid = theirs.reduce((times, payment) => times + payment.timesPaid, 0)
  const about = `payment ${ours.id}, ${ours.status}, paid ${timesPaid} times`
  if (timesPaid === 0) {
    expect(ours.status, about).not.toBe('succeeded')
    return
  }
  if (ours.status === 'requires_review') return
  expect(ours.status, about).toBe('succeeded')
  if (timesPaid > 1)
    expect(
      ours.attempts.some(({ isDuplicate }) => isDuplicate),
      `${about}: told`,
    ).toBe(true)
  const [paid] = theirs.filter((payment) => payment.timesPaid > 0)
  const attempt = ours.attempts.find(({ reference }) => reference === paid?.reference)
  expect(attempt?.amounts, about).toContain(paid?.amount)
  expect(attempt?.currency, about).toBe(paid?.currency)
  auditRefunds(ours, theirs)
}

function auditRefunds({ id, refunds, drifts }: OurPayment, theirs: readonly BookedPayment[]): void {
  // A person was told to look.
  if (drifts > 0 || refunds.some(({ status }) => status === 'requires_action')) return
  const sum = (rows: readonly { amount: number }[]) => rows.reduce((total, { amount }) => total + amount, 0)
  const sentBack = theirs.flatMap((payment) => payment.refunds)
  for (const state of ['succeeded', 'pending']) {
    const here = sum(refunds.filter(({ status }) => status === state))
    const there = sum(sentBack.filter((refund) => refund.state === state))
    expect(here, `refunds of ${id} that are ${state}`).toBe(there)
  }
}
