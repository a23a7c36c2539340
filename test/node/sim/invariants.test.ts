/** Each invariant sees it when it does not hold: a run that went well is tampered with, in one place at a time. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { withSqlSession } from '../../../local/database/sql-session.ts'
import { openSimDatabase, type SimDatabase } from '../../../sim/database.ts'
import { findViolations } from '../../../sim/invariants/index.ts'
import type { Load } from '../../../sim/load/load.ts'
import { PASSWORDS } from '../../../sim/postgres.ts'
import { playSeed } from '../../../sim/run.ts'
import { installSynchronousCrypto } from '../../../sim/synchronous-crypto.ts'
import { superuserUrl } from '../../support/provided.ts'

installSynchronousCrypto()

/** With payments that succeeded, refunds, endpoints and a reader. */
const SEED = 44

let database: SimDatabase
let load: Load

beforeAll(async () => {
  await withSqlSession(superuserUrl('postgres'), (session) =>
    session.execute('create database sim_invariants template paybridge_template'),
  )
  database = await openSimDatabase(superuserUrl('sim_invariants'), PASSWORDS)
  load = await playSeed(database, SEED)
})

afterAll(() => database.close())

/** What does not hold after this was done to the tables. They are as they were afterwards. */
async function brokenBy(...statements: string[]): Promise<string[]> {
  await database.query('begin')
  try {
    for (const statement of statements) await database.query(statement)
    return [...new Set((await findViolations(load)).map(({ invariant }) => invariant))]
  } finally {
    await database.query('rollback')
  }
}

test('all of them hold where nobody tampered', async () => {
  expect(await brokenBy()).toEqual([])
})

const paid = "(select id from transactions where status = 'succeeded' order by id limit 1)"

describe.each([
  [
    'moneyAgrees',
    'what was paid there has failed here',
    `update transactions set status = 'failed', amount_refunded = 0, amount_refunding = 0 where id = ${paid}`,
  ],
  [
    'moneyAgrees',
    'the attempt was never confirmed',
    `update attempts set status = 'open' where transaction_id = ${paid}`,
  ],
  [
    'moneyAgrees',
    'what nobody paid has succeeded',
    "update attempts set status = 'succeeded' where id = (select id from attempts where status <> 'succeeded' order by id limit 1)",
  ],
  [
    'moneyAgrees',
    'another amount was confirmed',
    `update attempts set confirmed_amount = 1 where transaction_id = ${paid}`,
  ],
  ['refundsAgree', 'a refund there is not here', "delete from refunds where status = 'succeeded'"],
  [
    'refundsAgree',
    'a refund here is not there',
    "update refunds set provider_refund_id = provider_refund_id || '0' where status = 'succeeded'",
  ],
  ['refundsAgree', 'a refund of another amount', "update refunds set amount = amount + 1 where status = 'succeeded'"],
  ['changesAreToldOnce', 'a gap in the numbers', 'delete from events where number = 2'],
  [
    'changesAreToldOnce',
    'a change that nobody was told of',
    `update transactions set version = version + 1 where id = ${paid}`,
  ],
  ['endpointsHaveEverything', 'a delivery is missing', "delete from deliveries where status = 'succeeded'"],
  ['readersSeeEverything', 'an event that no reader saw', eventMore()],
  [
    'nothingIsStuck',
    'a payment waits',
    "update transactions set status = 'pending', next_check_at = '2030-01-01' where status <> 'succeeded'",
  ],
  [
    'nothingIsStuck',
    'a delivery waits',
    "update deliveries set status = 'pending', next_attempt_at = '2030-01-01', finished_at = null",
  ],
  [
    'nothingIsStuck',
    'a provider event waits',
    "update provider_events set status = 'received', next_attempt_at = '2030-01-01'",
  ],
  ['nothingIsStuck', 'something is due', `update transactions set next_check_at = '2026-01-01' where id = ${paid}`],
  [
    'merchantsAreApart',
    'an event of another merchant',
    "update events set mode = case mode when 'test' then 'live' else 'test' end where number = 1",
  ],
  ['auditIsComplete', 'an entry is missing', "delete from audit_entries where action = 'transaction.initiated'"],
  ['auditIsComplete', 'an entry too many', 'update audit_entries set object_id = (select min(id) from transactions)'],
  ['keysHaveOneEffect', 'what a key made is gone', 'delete from transactions'],
])('%s', (invariant, what, statement) => {
  test(`sees it: ${what}`, async () => {
    expect(await brokenBy(statement)).toContain(invariant)
  })
})

function eventMore(): string {
  return `insert into events (id, merchant_id, mode, number, type, transaction_id, version, object)
    select app.new_id('evt'), merchant_id, mode, last_number + 1, 'payment.failed', (select min(id) from transactions), 99, '{}'
    from event_counters`
}

describe('what is not in the tables', () => {
  let uses: Load['uses']
  beforeEach(() => {
    uses = structuredClone(load.uses.map(({ told }) => told)).map((told, place) => ({
      ...mustBe(load.uses[place]),
      told,
    }))
  })

  const violated = async (changed: Partial<Load>): Promise<string[]> =>
    (await findViolations({ ...load, ...changed })).map(({ invariant }) => invariant)

  test('keysHaveOneEffect sees it: a second answer under a key', async () => {
    const first = mustBe(uses.find(({ told }) => told.status === 201))
    const second = { ...first, told: { status: 201, body: { ...first.told.body, id: 'txn_other' } } }
    expect(await violated({ uses: [...uses, second] })).toContain('keysHaveOneEffect')
  })

  test('keysHaveOneEffect sees it: another request was answered under a key', async () => {
    const first = mustBe(uses.find(({ told }) => told.status === 201))
    expect(await violated({ uses: [...uses, { ...first, asked: 'POST /other' }] })).toContain('keysHaveOneEffect')
  })

  test('endpointsHaveEverything sees it: an event that never arrived', async () => {
    const receivers = { ...load.receivers, arrived: load.receivers.arrived.slice(1) }
    expect(await violated({ receivers })).toContain('endpointsHaveEverything')
  })

  test("merchantsAreApart sees it: another merchant's event arrived", async () => {
    const [first] = load.receivers.arrived
    const receivers = {
      ...load.receivers,
      arrived: [...load.receivers.arrived, { ...mustBe(first), eventId: 'evt_other' }],
    }
    expect(await violated({ receivers })).toContain('merchantsAreApart')
  })

  test('handlersDontBreak sees it: an error that no fault explains', async () => {
    const platform = { ...load.platform, errors: ['cron 1: TypeError: undefined is not a function'] }
    expect(await violated({ platform })).toContain('handlersDontBreak')
  })
})

function mustBe<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the seed shows too little for this test')
  return value
}
