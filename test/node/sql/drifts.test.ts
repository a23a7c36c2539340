/** Where a provider's books differ from ours: recorded once, corrected once, told both times, and otherwise left alone. */
import { afterAll, describe, expect, test } from 'vitest'
import { DRIFT_CAUSES } from '../../../src/domain/drift.ts'
import {
  atTheSameMoment,
  enter,
  enterWorker,
  insert,
  insertion,
  NOW,
  newMerchant,
  openDatabase,
  type Row,
  type Session,
} from './actors.ts'
import { newDrift, newEndpoint, newRun, settle } from './rows.ts'

const database = await openDatabase('t_sql_drifts')
const { owner } = database
const api = await database.connect('paybridge_api')
const worker = await database.connect('paybridge_worker')
const otherWorker = await database.connect('paybridge_worker')
afterAll(() => database.close())

const ada = await newMerchant(database, 'ada')
const bem = await newMerchant(database, 'bem')
const adaTest = await settle(owner, ada, 'test')
const adaLive = await settle(owner, ada, 'live')
const bemTest = await settle(owner, bem, 'test')

const asWorker = <T>(work: () => Promise<T>): Promise<T> =>
  worker.rehearse(async () => {
    await enterWorker(worker)
    return work()
  })

/** A drift about Ada's payment, with everything that one may have. */
const full = (row: Row = {}): Row => ({
  ...newDrift(adaTest),
  run_id: adaTest.runId,
  transaction_id: adaTest.payment.transactionId,
  attempt_id: adaTest.payment.attemptId,
  cause: 'amount_differs',
  ours: { status: 'succeeded', amount: 150_000, currency: 'NGN' },
  ...row,
})

const record = (row: Row) => worker.attempt(...insertion('drifts', row))
const CORRECT = `status = 'corrected', corrected_at = app.now()`
const change = (id: unknown, assignment: string, params: unknown[] = []) =>
  worker.attempt(`update drifts set ${assignment} where id = $1`, [id, ...params])

describe('a drift', () => {
  test('is recorded once, though it is found again, in another run or after it was corrected', async () => {
    await asWorker(async () => {
      const drift = full()
      expect(await record(drift)).toBe('INSERT 1')
      const again = full({ subject: drift.subject })
      expect(await record(again)).toBe('23505 drifts_once')
      expect(await record({ ...again, run_id: null, transaction_id: null, attempt_id: null })).toBe('23505 drifts_once')
      expect(await change(drift.id, CORRECT)).toBe('UPDATE 1')
      expect(await record(again)).toBe('23505 drifts_once')
    })
  })

  test('is another one where cause, subject or connection is', async () => {
    await asWorker(async () => {
      const { subject, cause } = full()
      for (const row of [
        full({ subject }),
        full({ subject, cause: 'currency_differs' }),
        full({ subject: `${subject}-2` }),
        full({ subject, connection_id: adaTest.otherConnectionId }),
        { ...newDrift(adaLive), cause, subject },
        { ...newDrift(bemTest), cause, subject },
      ]) {
        expect(await record(row)).toBe('INSERT 1')
      }
    })
  })

  test('is recorded once by two who find it at the same moment', async () => {
    const { subject } = full()
    const find = (session: Session) => session.attempt(...insertion('drifts', full({ subject })))
    expect(await atTheSameMoment(owner, worker, otherWorker, find)).toEqual(['INSERT 1', '23505 drifts_once'])
  })

  test('is open at first', async () => {
    await asWorker(async () => {
      expect(await record(full({ status: 'corrected', corrected_at: NOW }))).toBe('PB409 drift_starts_open')
      expect(await record(full({ version: 2 }))).toBe('PB409 drift_starts_open')
      expect(await record(full({ corrected_at: NOW }))).toMatch(/^23514 /)
    })
  })

  test('is corrected once, at a time', async () => {
    await asWorker(async () => {
      const { id, ...rest } = full()
      await record({ id, ...rest })
      expect(await change(id, `status = 'corrected'`)).toMatch(/^23514 /)
      expect(await change(id, CORRECT)).toBe('UPDATE 1')
      for (const assignment of [CORRECT, `status = 'open', corrected_at = null`, 'status = status']) {
        expect(await change(id, assignment), assignment).toBe('PB409 drift_is_recorded')
      }
    })
  })

  test.each([
    { column: 'id', value: 'dri_00000000000000000000000000' },
    { column: 'merchant_id', value: bem.merchantId },
    { column: 'mode', value: 'live' },
    { column: 'run_id', value: null },
    { column: 'connection_id', value: adaTest.otherConnectionId },
    { column: 'transaction_id', value: adaTest.transactionId },
    { column: 'attempt_id', value: null },
    { column: 'cause', value: 'refunded_there' },
    { column: 'subject', value: 'another' },
    { column: 'ours', value: {} },
    { column: 'theirs', value: {} },
    { column: 'found_at', value: '2026-01-01' },
    { column: 'version', value: 9 },
  ])('stays as it was found: $column', async ({ column, value }) => {
    await asWorker(async () => {
      const { id, ...rest } = full()
      await record({ id, ...rest })
      expect(await change(id, `${column} = $2`, [value])).toBe('42501')
    })
    // Nor where a right came to be too wide, with a correction or without.
    await owner.rehearse(async () => {
      const drift = full()
      await insert(owner, 'drifts', drift)
      const write = (assignment: string) =>
        owner.attempt(`update drifts set ${column} = $2${assignment} where id = $1`, [drift.id, value])
      expect(await write('')).toBe('PB409 drift_is_recorded')
      const corrected = await write(`, ${CORRECT}`)
      if (column !== 'version') expect(corrected).toBe('PB409 drift_is_recorded')
      else expect(await owner.value('select version from drifts where id = $1', [drift.id])).toBe(2)
    })
  })

  test.each([
    { row: { cause: 'no_reason' }, refusal: '23514 drifts_cause_check' },
    { row: { transaction_id: null }, refusal: '23514 drifts_attempt_of_a_transaction' },
    { row: { ours: { note: 'x'.repeat(2_000) } }, refusal: '23514 drifts_ours_check' },
    { row: { theirs: { note: 'x'.repeat(2_000) } }, refusal: '23514 drifts_theirs_check' },
  ])('says what it may say: not $row', async ({ row, refusal }) => {
    await asWorker(async () => expect(await record(full(row))).toBe(refusal))
  })

  test.each(DRIFT_CAUSES)('may be of this cause: %s', async (cause) => {
    await asWorker(async () => expect(await record(full({ cause }))).toBe('INSERT 1'))
  })

  test('is the provider’s word: the merchant’s own role reads it', async () => {
    await api.rehearse(async () => {
      await enter(api, ada)
      expect(await api.attempt(...insertion('drifts', full()))).toBe('42501')
      expect(await api.attempt(`update drifts set ${CORRECT}`)).toBe('42501')
      expect(await api.attempt('delete from drifts')).toBe('42501')
    })
    await asWorker(async () => expect(await worker.attempt('delete from drifts')).toBe('42501'))
  })
})

describe('what is told of a drift', () => {
  const told = `select number::int - min(number::int) over () as step, type, version, transaction_id,
                       object ->> 'object' as what, object ->> 'status' as status, object ->> 'corrected_at' as corrected_at
                from events where subject_id = $1 order by number`

  test.each([
    { about: 'a payment', drift: full(), transactionId: adaTest.payment.transactionId },
    { about: 'nothing of ours', drift: newDrift(adaTest), transactionId: null },
  ])('is that it was found, and that it was corrected: about $about', async ({ drift, transactionId }) => {
    await asWorker(async () => {
      await record(drift)
      await record(drift)
      await change(drift.id, CORRECT)
      await change(drift.id, CORRECT)
      const each = { what: 'drift', transaction_id: transactionId }
      expect(await worker.rows(told, [drift.id])).toEqual([
        { ...each, step: 0, type: 'drift.found', version: 1, status: 'open', corrected_at: null },
        { ...each, step: 1, type: 'drift.corrected', version: 2, status: 'corrected', corrected_at: NOW },
      ])
    })
  })

  test.each([
    { about: 'a payment', drift: full() },
    { about: 'nothing of ours', drift: newDrift(adaTest) },
  ])('is owed to whoever listens to drifts: about $about', async ({ drift }) => {
    const listening = async (...types: string[]) => {
      const endpoint: Row = { ...newEndpoint(adaTest), event_types: types }
      await insert(owner, 'webhook_endpoints', endpoint)
      return endpoint.id
    }
    const family = await listening('drift.*')
    const corrections = await listening('drift.corrected')
    await listening('payment.*', 'refund.*')
    await asWorker(async () => {
      await record(drift)
      await change(drift.id, CORRECT)
      const owed = await worker.rows(
        `select d.endpoint_id, e.type from deliveries d join events e on e.id = d.event_id
         where e.subject_id = $1 and d.status = 'pending' and d.transaction_id is not distinct from e.transaction_id
           and d.endpoint_id = any ($2) order by e.number, d.endpoint_id`,
        [drift.id, [family, corrections]],
      )
      expect(owed).toEqual([
        { endpoint_id: family, type: 'drift.found' },
        { endpoint_id: family, type: 'drift.corrected' },
        { endpoint_id: corrections, type: 'drift.corrected' },
      ])
    })
  })
})

describe('a reconciliation', () => {
  const FINISH = `finished_at = app.now()`
  const start = (row: Row = {}) => worker.attempt(...insertion('reconciliation_runs', { ...newRun(adaTest), ...row }))
  const finish = (status: string) =>
    worker.attempt(
      `update reconciliation_runs set status = $2, ${FINISH} where connection_id = $1 and status = 'running'`,
      [adaTest.otherConnectionId, status],
    )

  test('runs once at a time at a connection, whoever starts it', async () => {
    await asWorker(async () => {
      expect(await start()).toBe('INSERT 1')
      expect(await start()).toBe('23505 reconciliation_runs_one_at_a_time')
      for (const status of ['completed', 'failed']) {
        expect(await finish(status)).toBe('UPDATE 1')
        expect(await start()).toBe('INSERT 1')
      }
      const again = `update reconciliation_runs set status = 'running', finished_at = null where status = 'completed'`
      expect(await worker.attempt(again)).toBe('23505 reconciliation_runs_one_at_a_time')
    })
    await api.rehearse(async () => {
      await enter(api, ada, { action: 'reconciliation_run.requested' })
      const atTheFirst = insertion('reconciliation_runs', { ...newRun(adaTest), connection_id: adaTest.connectionId })
      expect(await api.attempt(...atTheFirst)).toBe('23505 reconciliation_runs_one_at_a_time')
    })
  })

  test('runs once at a connection when two start it at the same moment', async () => {
    const begin = (session: Session) => session.attempt(...insertion('reconciliation_runs', newRun(adaTest)))
    expect(await atTheSameMoment(owner, worker, otherWorker, begin)).toEqual([
      'INSERT 1',
      '23505 reconciliation_runs_one_at_a_time',
    ])
    await worker.transact(async () => {
      await enterWorker(worker)
      await finish('completed')
    })
  })

  test('runs at each connection by itself', async () => {
    await asWorker(async () => {
      for (const { otherConnectionId, merchant, mode } of [adaTest, adaLive, bemTest]) {
        const run = newRun({ merchant, mode, otherConnectionId })
        expect(await worker.attempt(...insertion('reconciliation_runs', run))).toBe('INSERT 1')
      }
    })
  })

  test.each([
    { row: { status: 'completed' }, refusal: /^23514 / },
    { row: { finished_at: NOW }, refusal: /^23514 / },
    { row: { status: 'resting' }, refusal: /^23514 / },
    { row: { range_from: '2026-11-24T09:00:00Z', range_to: '2026-11-24T09:00:00Z' }, refusal: /^23514 / },
    { row: { failures: -1 }, refusal: /^23514 / },
    { row: { cursor: 'x'.repeat(1_001) }, refusal: /^23514 / },
    { row: { status: 'completed', finished_at: NOW }, refusal: /^INSERT 1$/ },
  ])('says what it may say: $row', async ({ row, refusal }) => {
    await asWorker(async () => expect(await start(row)).toMatch(refusal))
  })

  test('is asked for by its merchant, and walked by the worker alone', async () => {
    await api.rehearse(async () => {
      await enter(api, ada, { action: 'reconciliation_run.requested' })
      expect(await api.attempt(...insertion('reconciliation_runs', newRun(adaTest)))).toBe('INSERT 1')
      for (const row of [{ status: 'running' }, { drifts_found: 0 }, { cursor: 'x' }, { started_at: NOW }]) {
        const run = { ...newRun(adaTest), connection_id: adaTest.connectionId, ...row }
        expect(await api.attempt(...insertion('reconciliation_runs', run)), JSON.stringify(row)).toBe('42501')
      }
      expect(await api.attempt(`update reconciliation_runs set status = 'failed', ${FINISH}`)).toBe('42501')
    })
    await asWorker(async () => {
      await start()
      for (const column of ['id', 'merchant_id', 'mode', 'connection_id', 'range_from', 'range_to', 'started_at']) {
        expect(await worker.attempt(`update reconciliation_runs set ${column} = ${column}`), column).toBe('42501')
      }
    })
  })
})
