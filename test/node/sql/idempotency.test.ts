/** A key is claimed once and answered once. The statements go round the code: what it forgets to check, SQL refuses. */
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import {
  enter,
  enterWorker,
  insert,
  insertion,
  newMerchant,
  openDatabase,
  pidOf,
  type Row,
  type Session,
  waitsForLock,
} from './actors.ts'
import { newClaim, settle } from './rows.ts'

const database = await openDatabase('t_sql_idempotency')
const { owner } = database
const api = await database.connect('paybridge_api')
const other = await database.connect('paybridge_api')
const worker = await database.connect('paybridge_worker')
afterAll(() => database.close())

const ada = await newMerchant(database, 'ada')
const bem = await newMerchant(database, 'bem')
const adaTest = await settle(owner, ada, 'test')
afterEach(() => owner.rows('delete from idempotency_claims'))

const LOCKED_UNTIL = '2026-11-24T09:00:30Z'
const WHILE_LOCKED = '2026-11-24T09:00:30Z'
const AFTER_THE_LOCK = '2026-11-24T09:00:30.001Z'

/** A claim that stands, of a request that is at work. */
async function standing(row: Row = {}): Promise<Row> {
  const claim: Row = { ...newClaim(adaTest), locked_until: LOCKED_UNTIL, ...row }
  await insert(owner, 'idempotency_claims', claim)
  return claim
}

/** What `change` does to the claim when it comes from the API's role as Ada, at this time. */
async function change(claim: Row, assignment: string, at = WHILE_LOCKED, session = api): Promise<string> {
  return session.rehearse(async () => {
    if (session === worker) await enterWorker(worker, at)
    else await enter(session, ada, { at })
    return session.attempt(`update idempotency_claims set ${assignment} where key = $1`, [claim.key])
  })
}

/** A request that wants the key, whoever has it: the insert of the code without its conditions. */
const grab = (session: Session, claim: Row) => {
  const [sql, params] = insertion('idempotency_claims', claim)
  return session.attempt(
    `${sql} on conflict (merchant_id, mode, key) do update set owner = excluded.owner, locked_until = excluded.locked_until`,
    params,
  )
}

describe('a key', () => {
  test('is claimed once in a merchant and mode', async () => {
    const claim = await standing()
    await api.rehearse(async () => {
      await enter(api, ada)
      const again = insertion('idempotency_claims', { ...newClaim(adaTest), key: claim.key })
      expect(await api.attempt(...again)).toBe('23505 idempotency_claims_pkey')
    })
    for (const [merchant, mode] of [
      [ada, 'live'],
      [bem, 'test'],
    ] as const) {
      await api.rehearse(async () => {
        await enter(api, merchant, { mode })
        const elsewhere = insertion('idempotency_claims', { ...newClaim({ merchant, mode }), key: claim.key })
        expect(await api.attempt(...elsewhere)).toBe('INSERT 1')
      })
    }
  })

  test('is not freed by removing its claim: neither role that logs in can', async () => {
    await standing()
    for (const session of [api, worker]) {
      await session.rehearse(async () => {
        expect(await session.attempt('delete from idempotency_claims')).toBe('42501')
      })
    }
  })

  test.each([
    { freed: 'renaming', assignment: `key = 'another'` },
    { freed: 'moving it to another request', assignment: `request_hash = repeat('0', 64)` },
    { freed: 'moving it to another thing', assignment: `resource_id = 'txn_other'` },
    { freed: 'moving it to the other mode', assignment: `mode = 'live'` },
    { freed: 'making it older', assignment: `created_at = '2026-01-01'` },
  ])('is not freed by $freed its claim, by whoever may write', async ({ assignment }) => {
    const claim = await standing()
    for (const session of [api, worker]) expect(await change(claim, assignment, AFTER_THE_LOCK, session)).toBe('42501')
    // Nor where a right came to be too wide.
    await owner.rehearse(async () => {
      expect(await owner.attempt(`update idempotency_claims set ${assignment}`)).toBe(
        'PB500 idempotency_claim_is_settled',
      )
    })
  })
})

describe('a claim at work', () => {
  test('is not taken over while its lock holds', async () => {
    const claim = await standing()
    expect(await change(claim, `owner = 'req_late'`, WHILE_LOCKED)).toBe('PB500 idempotency_claim_is_held')
    expect(await change(claim, `owner = 'req_late'`, WHILE_LOCKED, worker)).toBe('PB500 idempotency_claim_is_held')
  })

  test('is taken over after its lock, by a request of the same content', async () => {
    const claim = await standing()
    expect(await change(claim, `owner = 'req_late', locked_until = app.now() + interval '30 s'`, AFTER_THE_LOCK)).toBe(
      'UPDATE 1',
    )
    const changed = `owner = 'req_late', request_hash = repeat('0', 64)`
    await owner.rehearse(async () => {
      await owner.rows(`select set_config('app.now', $1, true)`, [AFTER_THE_LOCK])
      expect(await owner.attempt(`update idempotency_claims set ${changed}`)).toBe('PB500 idempotency_claim_is_settled')
    })
  })

  test('is answered by its owner, early or late, by either role', async () => {
    const claim = await standing()
    for (const session of [api, worker]) {
      for (const at of [WHILE_LOCKED, AFTER_THE_LOCK]) {
        expect(await change(claim, `status_code = 201, answer = '{}'`, at, session)).toBe('UPDATE 1')
      }
    }
  })

  test.each([`status_code = 201`, `answer = '{}'`, `status_code = 99, answer = '{}'`])(
    'is answered with a status and a body: not %s',
    async (assignment) => {
      expect(await change(await standing(), assignment)).toMatch(/^23514 /)
    },
  )
})

describe('an answered claim', () => {
  test.each([
    `answer = '{"other": true}'`,
    `status_code = 500`,
    `status_code = null, answer = null`,
    `owner = 'req_late'`,
    `locked_until = 'infinity'`,
    `owner = owner`,
  ])('stays as it is: %s', async (assignment) => {
    const claim = await standing({ status_code: 201, answer: { id: 1 } })
    for (const at of [WHILE_LOCKED, AFTER_THE_LOCK]) {
      expect(await change(claim, assignment, at)).toBe('PB500 idempotency_claim_is_settled')
      expect(await change(claim, assignment, at, worker)).toBe('PB500 idempotency_claim_is_settled')
    }
  })
})

describe('two requests at once', () => {
  test.each([
    { first: 'commits', second: 'PB500 idempotency_claim_is_held', wins: 'the first' },
    { first: 'fails', second: 'INSERT 1', wins: 'the second' },
  ])('have one owner: when the first $first, $wins has the claim', async ({ first, second, wins }) => {
    const mine = newClaim(adaTest)
    const theirs: Row = { ...mine, owner: 'req_second' }
    const pid = await pidOf(other)
    await api.rows('begin')
    await other.rows('begin')
    await enter(api, ada)
    await enter(other, ada)
    expect(await grab(api, mine)).toBe('INSERT 1')
    const grabbed = grab(other, theirs)
    await waitsForLock(owner, pid, grabbed)
    await api.rows(first === 'commits' ? 'commit' : 'rollback')
    expect(await grabbed).toBe(second)
    await other.rows('commit')
    expect(await owner.rows('select owner from idempotency_claims where key = $1', [mine.key])).toEqual([
      { owner: wins === 'the first' ? mine.owner : 'req_second' },
    ])
  })

  test('that both take over a dead one’s claim have one owner', async () => {
    const claim = await standing()
    const late = (owner: string): Row => ({ ...claim, owner, locked_until: '2026-11-24T09:02:00Z' })
    const at = '2026-11-24T09:01:00Z'
    const pid = await pidOf(other)
    await api.rows('begin')
    await other.rows('begin')
    await enter(api, ada, { at })
    await enter(other, ada, { at })
    expect(await grab(api, late('req_second'))).toBe('INSERT 1')
    const grabbed = grab(other, late('req_third'))
    await waitsForLock(owner, pid, grabbed)
    await api.rows('commit')
    // The lock that it finds is the second's, and holds.
    expect(await grabbed).toBe('PB500 idempotency_claim_is_held')
    await other.rows('commit')
    expect(await owner.value('select owner from idempotency_claims where key = $1', [claim.key])).toBe('req_second')
  })
})

describe('keeping', () => {
  test('a claim is removed a day after it was made, and no sooner', async () => {
    const claim = await standing({ status_code: 201, answer: {} })
    const left = () => owner.value('select count(*)::int from idempotency_claims where key = $1', [claim.key])
    const sweep = (at: string) => worker.transact(() => worker.rows('select app.remove_outdated($1, 100)', [at]))
    await sweep('2026-11-25T09:00:00Z')
    expect(await left()).toBe(1)
    await sweep('2026-11-25T09:00:00.001Z')
    expect(await left()).toBe(0)
  })
})
