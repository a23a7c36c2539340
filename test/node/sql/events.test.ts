/** What happened is told exactly once, in order, without gaps, to whoever asked for it, and is never taken back. */
import { afterAll, describe, expect, test } from 'vitest'
import { enter, enterWorker, insert, insertion, newMerchant, openDatabase, type Row, type Session } from './actors.ts'
import { newAttempt, newEndpoint, newRow, newTransaction, settle } from './rows.ts'

const database = await openDatabase('t_sql_events')
const { owner } = database
const api = await database.connect('paybridge_api')
const worker = await database.connect('paybridge_worker')
afterAll(() => database.close())

const ada = await newMerchant(database, 'ada')
const bem = await newMerchant(database, 'bem')
const adaTest = await settle(owner, ada, 'test')
const adaLive = await settle(owner, ada, 'live')
const bemTest = await settle(owner, bem, 'test')

async function asAda<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await enter(session, ada, { action: 'payment.initiated' })
  return work()
}

/** A transaction of Ada's, made by the API's role. */
async function initiate(session: Session): Promise<string> {
  const row = newTransaction(adaTest)
  await insert(session, 'transactions', row)
  return String(row.id)
}

const eventsOf = (session: Session, transactionId: string) =>
  session.rows('select type, version from events where transaction_id = $1 order by number', [transactionId])

describe('a change', () => {
  test('is told by one event, whatever else the statement does', async () => {
    const id = await api.transact(() => asAda(api, () => initiate(api)))
    await worker.rehearse(async () => {
      await enterWorker(worker)
      const attempt: Row = { ...newAttempt({ ...adaTest, transactionId: id }), number: 1 }
      await insert(worker, 'attempts', attempt)
      const statements = [
        // Stays, with and without the status named.
        `update transactions set checks = checks + 1 where id = $1`,
        `update transactions set status = status, updated_at = app.now() where id = $1`,
        // Moves.
        `update transactions set status = 'processing' where id = $1`,
        `insert into transactions select * from transactions where id = $1
           on conflict (id) do update set status = 'expired'`,
        `update transactions set status = 'expired' where id = $1`,
        // Twice in one statement is once.
        `with first as (update transactions set status = 'requires_review', review_reason = 'late' where id = $1 returning id)
           update transactions set status = 'succeeded' where id in (select id from first)`,
      ]
      const outcomes: string[] = []
      for (const statement of statements) outcomes.push(await worker.attempt(statement, [id]))
      expect(outcomes).toEqual(['UPDATE 1', 'UPDATE 1', 'UPDATE 1', '42501', 'UPDATE 1', 'UPDATE 0'])
      await worker.rows(
        `update attempts set status = 'succeeded', confirmed_amount = amount, confirmed_currency = currency where id = $1`,
        [attempt.id],
      )
      await worker.rows(`update transactions set status = 'succeeded', succeeded_at = app.now() where id = $1`, [id])
      expect(await eventsOf(worker, id)).toEqual([
        { type: 'payment.created', version: 1 },
        { type: 'payment.processing', version: 2 },
        { type: 'payment.expired', version: 3 },
        { type: 'payment.requires_review', version: 4 },
        { type: 'payment.succeeded', version: 5 },
      ])
    })
  })

  test('of many rows at once is told by one event each', async () => {
    const ids = await api.transact(() =>
      asAda(api, async () => [await initiate(api), await initiate(api), await initiate(api)]),
    )
    await worker.rehearse(async () => {
      await enterWorker(worker)
      await worker.rows(`update transactions set status = 'expired' where id = any ($1)`, [ids])
      for (const id of ids) {
        expect(await eventsOf(worker, id)).toEqual([
          { type: 'payment.created', version: 1 },
          { type: 'payment.expired', version: 2 },
        ])
      }
    })
  })

  test('that is refused or taken back is told by none', async () => {
    const count = `select count(*)::int from events where merchant_id = $1 and mode = 'test'`
    const before = await owner.value(count, [ada.merchantId])
    const id = await api.rehearse(() => asAda(api, () => initiate(api)))
    expect(await eventsOf(owner, id)).toEqual([])
    expect(await owner.value(count, [ada.merchantId])).toBe(before)
  })

  test('is told as it stood at that moment, at the time that the batch lives in', async () => {
    const id = await api.transact(() => asAda(api, () => initiate(api)))
    await worker.transact(async () => {
      await enterWorker(worker, '2026-11-24T10:30:00.125Z')
      await worker.rows(`update transactions set status = 'failed', failure_reason = 'declined' where id = $1`, [id])
    })
    await worker.transact(() => worker.rows(`update transactions set failure_reason = 'other' where id = $1`, [id]))
    const event = `select app.event_object(e) from events e where transaction_id = $1 and version = $2`
    expect(await worker.value(event, [id, 1])).toMatchObject({
      type: 'payment.created',
      data: { id, object: 'transaction', status: 'pending', amount: 150_000, failure_reason: null },
    })
    expect(await worker.value(event, [id, 2])).toMatchObject({
      type: 'payment.failed',
      created_at: '2026-11-24T10:30:00.125Z',
      data: { status: 'failed', failure_reason: 'declined' },
    })
  })
})

describe('an event', () => {
  const forged = insertion('events', newRow('events', adaTest))

  test.each(['paybridge_api', 'paybridge_worker', 'paybridge_gate'])(
    'is not made up, changed or removed by %s',
    async (role) => {
      await owner.rehearse(async () => {
        await owner.rows(`set local role ${role}`)
        expect(await owner.attempt(...forged)).toBe(role === 'paybridge_gate' ? 'PB500 event_without_change' : '42501')
        expect(await owner.attempt('update events set object = $1', [{}])).toBe('42501')
        expect(await owner.attempt('delete from events')).toBe('42501')
        expect(await owner.attempt('truncate events cascade')).toBe('42501')
        expect(await owner.attempt('alter table events disable trigger all')).toBe('42501')
        expect(await owner.attempt('alter table transactions disable trigger all')).toBe('42501')
        expect(await owner.attempt('drop trigger transactions_tell_when_changed on transactions')).toBe('42501')
      })
    },
  )

  test('is not made up, changed or removed by the owner either', async () => {
    await owner.rehearse(async () => {
      expect(await owner.attempt(...forged)).toBe('PB500 event_without_change')
      expect(await owner.attempt('update events set object = $1', [{}])).toBe('PB500 record_is_immutable')
      expect(await owner.attempt('delete from events')).toBe('PB500 record_is_immutable')
      expect(await owner.attempt('truncate events cascade')).toBe('PB500 record_is_immutable')
    })
  })

  test.each(['paybridge_api', 'paybridge_worker'])('has no number that %s could take', async (role) => {
    await owner.rehearse(async () => {
      await owner.rows(`set local role ${role}`)
      expect(await owner.attempt('update event_counters set last_number = 0')).toBe('42501')
      expect(await owner.attempt(`select app.next_event_number($1, 'test')`, [ada.merchantId])).toBe('42501')
    })
  })
})

describe('numbers', () => {
  const numbers = (merchantId: string, mode: string) =>
    owner
      .rows('select number::int from events where merchant_id = $1 and mode = $2 order by number', [merchantId, mode])
      .then((rows) => rows.map(({ number }) => number))
  const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

  test('count from 1 in each merchant and mode', async () => {
    for (const { merchant, mode } of [bemTest, adaLive]) {
      const told = await numbers(merchant.merchantId, mode)
      expect(told).not.toEqual([])
      expect(told).toEqual(upTo(told.length))
    }
  })

  test('have no gap after a transaction was rolled back', async () => {
    const before = (await numbers(ada.merchantId, 'test')).length
    await api.rehearse(() => asAda(api, () => initiate(api)))
    await api.transact(() =>
      asAda(api, async () => {
        await initiate(api)
        // A part of it is taken back.
        await api.rows('savepoint part')
        await initiate(api)
        await api.rows('rollback to savepoint part')
        await initiate(api)
      }),
    )
    expect(await numbers(ada.merchantId, 'test')).toEqual(upTo(before + 2))
  })

  test('have no gap, and show none to a reader, while 20 connections write and every third takes it back', async () => {
    const [writers, each] = [20, 10]
    const before = (await numbers(ada.merchantId, 'test')).length
    const sessions = await Promise.all(Array.from({ length: writers }, () => database.connect('paybridge_api')))
    let writing = true

    const write = async (session: Session, writer: number) => {
      for (let turn = 0; turn < each; turn++) {
        const pay = () => asAda(session, () => initiate(session))
        await ((writer + turn) % 3 === 0 ? session.rehearse(pay) : session.transact(pay))
      }
    }
    const read = async () => {
      let looks = 0
      while (writing || looks === 0) {
        const seen = await owner.rows(
          `select count(*)::int as count, max(number)::int as last from events where merchant_id = $1 and mode = 'test'`,
          [ada.merchantId],
        )
        expect(seen[0]?.count).toBe(seen[0]?.last)
        looks += 1
      }
    }
    const written = Promise.all(sessions.map(write)).finally(() => {
      writing = false
    })
    await Promise.all([written, read()])

    const kept = upTo(writers).flatMap((writer) => upTo(each).filter((turn) => (writer + turn - 2) % 3 !== 0)).length
    expect(await numbers(ada.merchantId, 'test')).toEqual(upTo(before + kept))
  })
})

describe('the outbox', () => {
  const endpoint = async (row: Row, tenant = adaTest) => {
    const full: Row = { ...newEndpoint(tenant), ...row }
    await insert(owner, 'webhook_endpoints', full)
    return full.id
  }

  test('is filled in the change’s own transaction, for the active endpoints of that merchant and mode that want it', async () => {
    const wanting = [
      adaTest.endpointId,
      await endpoint({ event_types: ['payment.created'] }),
      await endpoint({ event_types: ['refund.created', 'payment.*'] }),
    ]
    await endpoint({ event_types: ['payment.succeeded'] })
    await endpoint({ event_types: ['pay.*', 'payment', 'payment.create'] })
    await endpoint({ status: 'disabled' })
    await endpoint({ deleted_at: '2026-11-24' })
    await endpoint({}, adaLive)
    await endpoint({}, bemTest)

    await api.rehearse(async () => {
      const id = await asAda(api, () => initiate(api))
      // Before the commit, in the same transaction.
      const due = await owner.value('select count(*)::int from deliveries where transaction_id = $1', [id])
      expect(due).toBe(0)
      const filled = await api.rows(
        `select d.endpoint_id, d.status, e.type, d.merchant_id, d.mode, d.next_attempt_at = app.now() as due
         from deliveries d join events e on e.id = d.event_id where d.transaction_id = $1`,
        [id],
      )
      const expected = wanting.map((endpointId) => ({
        endpoint_id: endpointId,
        status: 'pending',
        type: 'payment.created',
        merchant_id: ada.merchantId,
        mode: 'test',
        due: true,
      }))
      expect(filled).toHaveLength(wanting.length)
      expect(filled).toEqual(expect.arrayContaining(expected))
    })
  })

  test('is filled once per endpoint and event', async () => {
    await owner.rehearse(async () => {
      expect(await owner.attempt(...insertion('deliveries', newRow('deliveries', adaTest)))).toBe(
        '23505 deliveries_once_per_endpoint',
      )
    })
  })

  test.each(['paybridge_api', 'paybridge_worker'])('takes nothing from %s', async (role) => {
    await owner.rehearse(async () => {
      await owner.rows(`set local role ${role}`)
      expect(await owner.attempt(...insertion('deliveries', newRow('deliveries', adaTest)))).toBe('42501')
    })
  })

  test.each([
    { change: `next_attempt_at = null`, refusal: /^23514 / },
    { change: `status = 'succeeded', next_attempt_at = null`, refusal: /^23514 / },
    { change: `status = 'succeeded', finished_at = app.now()`, refusal: /^23514 / },
    { change: `status = 'succeeded', next_attempt_at = null, finished_at = app.now()`, refusal: /^UPDATE 1$/ },
    { change: `event_id = 'other'`, refusal: /^42501$/ },
  ])('forgets nothing that is pending: $change', async ({ change, refusal }) => {
    await worker.rehearse(async () => {
      await enterWorker(worker)
      expect(await worker.attempt(`update deliveries set ${change} where id = $1`, [adaTest.deliveryId])).toMatch(
        refusal,
      )
    })
  })

  test('keeps each attempt to deliver as it was', async () => {
    await owner.rehearse(async () => {
      expect(await owner.attempt('update delivery_attempts set response_status = 200')).toBe(
        'PB500 record_is_immutable',
      )
      expect(await owner.attempt('delete from delivery_attempts')).toBe('PB500 record_is_immutable')
    })
  })
})
