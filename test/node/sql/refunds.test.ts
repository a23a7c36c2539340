/** Money that goes back: the life of a refund, and the sum that never exceeds what was paid, whoever writes. */
import { afterAll, describe, expect, test } from 'vitest'
import { REFUND_STATUSES, type RefundStatus, refundMayBecome } from '../../../src/domain/refund.ts'
import { TRANSACTION_STATUSES } from '../../../src/domain/transaction.ts'
import {
  atTheSameMoment,
  enter,
  enterWorker,
  insert,
  insertion,
  newMerchant,
  nextId,
  openDatabase,
  type Row,
  type Session,
} from './actors.ts'
import { newAttempt, newEndpoint, newRefund, newTransaction, type Payment, settle, takePayment } from './rows.ts'

const database = await openDatabase('t_sql_refunds')
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

const PAID = 150_000
const TOO_MUCH = '23514 transactions_refunds_within_amount'

/** A new payment of Ada's, paid in full. */
const pay = () => takePayment(owner, adaTest, PAID)

const refundOf = (payment: Payment, row: Row = {}): Row => ({ ...newRefund({ ...adaTest, payment }), ...row })

/** What becomes of Ada's wish to send this much back. */
const ask = (refund: Row) =>
  api.transact(async () => {
    await enter(api, ada, { scope: 'refunds:write', action: 'refund.requested' })
    return api.attempt(...insertion('refunds', refund))
  })

const change = (session: Session, id: unknown, assignment: string, params: unknown[] = []) =>
  session.attempt(`update refunds set ${assignment} where id = $1`, [id, ...params])

const move = (session: Session, id: unknown, status: RefundStatus) => change(session, id, 'status = $2', [status])

async function asWorker<T>(work: () => Promise<T>): Promise<T> {
  return worker.rehearse(async () => {
    await enterWorker(worker)
    return work()
  })
}

/** What the provider says of a refund. */
const learn = (id: unknown, status: RefundStatus) =>
  worker.transact(async () => {
    await enterWorker(worker)
    return move(worker, id, status)
  })

/** A refund that the worker makes in its own transaction. */
async function begin(row: Row = {}): Promise<string> {
  const refund = { ...newRefund(adaTest), ...row }
  await insert(worker, 'refunds', refund)
  return String(refund.id)
}

describe('the arrows of a refund', () => {
  const arrows = REFUND_STATUSES.flatMap((from) =>
    REFUND_STATUSES.map((to) => ({ from, to, verdict: verdict(from, to, refundMayBecome(from, to)) })),
  )

  test.each(arrows)('$from to $to: $verdict', async ({ from, to, verdict }) => {
    await asWorker(async () => {
      const id = await begin()
      if (from !== 'pending') expect(await move(worker, id, from)).toBe('UPDATE 1')
      const count = `select (select version from refunds where id = $1) as version,
                            (select count(*)::int from events where subject_id = $1) as told`
      const [before] = await worker.rows(count, [id])
      const step = verdict === 'moves' ? 1 : 0

      expect(await move(worker, id, to)).toBe(verdict === 'is refused' ? 'PB409 refund_status_refused' : 'UPDATE 1')
      expect(await worker.rows(count, [id])).toEqual([
        { version: Number(before?.version) + step, told: Number(before?.told) + step },
      ])
    })
  })

  test.each(arrows)('$from to $to reads the same in SQL', async ({ from, to }) => {
    expect(await worker.value('select app.refund_may_become($1, $2)', [from, to])).toBe(refundMayBecome(from, to))
  })

  test('start at pending, with version 1', async () => {
    await asWorker(async () => {
      const other = REFUND_STATUSES.filter((status) => status !== 'pending')
      for (const row of [...other.map((status) => ({ status })), { version: 2 }]) {
        const refund = insertion('refunds', { ...newRefund(adaTest), ...row })
        expect(await worker.attempt(...refund)).toBe('PB409 refund_starts_pending')
      }
    })
  })

  test('are the provider’s word: the merchant’s own role takes none, and begins nowhere else', async () => {
    const refund = refundOf(await pay())
    expect(await ask(refund)).toBe('INSERT 1')
    await api.rehearse(async () => {
      await enter(api, ada)
      for (const status of REFUND_STATUSES) expect(await move(api, refund.id, status), status).toBe('42501')
      for (const row of [
        { status: 'succeeded' },
        { version: 2 },
        { origin: 'provider' },
        { provider_refund_id: 'rf-1' },
        { finished_at: '2026-11-24' },
      ]) {
        expect(await api.attempt(...insertion('refunds', { ...newRefund(adaTest), ...row }))).toBe('42501')
      }
    })
  })

  test('keep their count, and their refund: nobody writes a version or removes a row', async () => {
    for (const session of [api, worker]) {
      await session.rehearse(async () => {
        if (session === api) await enter(api, ada)
        else await enterWorker(worker)
        expect(await session.attempt('update refunds set version = 9')).toBe('42501')
        expect(await session.attempt('delete from refunds')).toBe('42501')
      })
    }
    await owner.rehearse(async () => {
      const refund = newRefund(adaTest)
      await insert(owner, 'refunds', refund)
      await change(owner, refund.id, 'version = 9')
      expect(await owner.value('select version from refunds where id = $1', [refund.id])).toBe(1)
      await change(owner, refund.id, `version = 9, status = 'failed'`)
      expect(await owner.value('select version from refunds where id = $1', [refund.id])).toBe(2)
    })
  })
})

describe('terms', () => {
  test.each([
    { column: 'id', value: 'ref_00000000000000000000000000' },
    { column: 'merchant_id', value: bem.merchantId },
    { column: 'mode', value: 'live' },
    { column: 'transaction_id', value: adaTest.transactionId },
    { column: 'attempt_id', value: adaLive.payment.attemptId },
    { column: 'connection_id', value: adaTest.otherConnectionId },
    { column: 'provider', value: 'stripe' },
    { column: 'origin', value: 'provider' },
    { column: 'amount', value: 1 },
    { column: 'currency', value: 'USD' },
    { column: 'created_at', value: '2026-01-01' },
  ])('of a refund are fixed: $column', async ({ column, value }) => {
    await asWorker(async () => {
      const id = await begin()
      expect(await change(worker, id, `${column} = $2`, [value])).toBe('42501')
    })
    // Nor where a right came to be too wide.
    await owner.rehearse(async () => {
      const refund = newRefund(adaTest)
      await insert(owner, 'refunds', refund)
      expect(await change(owner, refund.id, `${column} = $2`, [value])).toBe('PB409 refund_terms_are_fixed')
    })
  })

  test('hold the provider’s id from when it is known', async () => {
    await asWorker(async () => {
      const id = await begin()
      expect(await change(worker, id, `provider_refund_id = 'rf-1'`)).toBe('UPDATE 1')
      expect(await change(worker, id, `provider_refund_id = 'rf-1', status = 'succeeded'`)).toBe('UPDATE 1')
      for (const value of [`'rf-2'`, 'null']) {
        expect(await change(worker, id, `provider_refund_id = ${value}`)).toBe('PB409 refund_terms_are_fixed')
      }
    })
  })

  test.each([
    { row: { currency: 'USD' }, refusal: /^23503 / },
    { row: { attempt_id: adaLive.payment.attemptId }, refusal: /^23503 / },
    { row: { amount: 0 }, refusal: /^23514 refunds_amount_check$/ },
    { row: { amount: -1 }, refusal: /^23514 refunds_amount_check$/ },
    { row: { reason: '' }, refusal: /^23514 refunds_reason_check$/ },
  ])('are those of the payment, and of money: $row is refused', async ({ row, refusal }) => {
    expect(await ask(refundOf(await pay(), row))).toMatch(refusal)
  })
})

describe('what was not paid', () => {
  test.each(TRANSACTION_STATUSES.filter((status) => status !== 'succeeded'))(
    'is not sent back: a payment that is %s',
    async (status) => {
      const transaction = newTransaction(adaTest)
      const transactionId = String(transaction.id)
      const attempt: Row = { ...newAttempt({ ...adaTest, transactionId }), number: 1 }
      await insert(owner, 'transactions', transaction)
      await insert(owner, 'attempts', attempt)
      // Somebody paid less: the money is there, and the payment is not what was asked.
      await owner.rows(
        `update attempts set status = 'succeeded', confirmed_amount = 1000, confirmed_currency = 'NGN' where id = $1`,
        [attempt.id],
      )
      await owner.rows(`update transactions set status = $2, review_reason = 'amount_mismatch' where id = $1`, [
        transactionId,
        status,
      ])
      const refund = refundOf({ transactionId, attemptId: String(attempt.id) })
      expect(await ask(refund)).toBe('23514 transactions_refunds_of_what_was_paid')
      await asWorker(async () => {
        const adopted = { ...refund, origin: 'provider', provider_refund_id: nextId('rf') }
        expect(await worker.attempt(...insertion('refunds', adopted))).toBe(
          '23514 transactions_refunds_of_what_was_paid',
        )
      })
    },
  )
})

/** `[60_000, 'INSERT 1']` asks for a refund; `[0, 'failed', 'UPDATE 1']` is news of the first that was asked for. */
type Step = [amount: number, outcome: string] | [asked: number, status: RefundStatus, outcome: string]

const histories: { that: string; steps: Step[]; refunding: number; refunded: number }[] = [
  { that: 'a part', steps: [[60_000, 'INSERT 1']], refunding: 60_000, refunded: 0 },
  { that: 'all of it', steps: [[PAID, 'INSERT 1']], refunding: PAID, refunded: 0 },
  { that: 'more than was paid', steps: [[PAID + 1, TOO_MUCH]], refunding: 0, refunded: 0 },
  {
    that: 'parts, to the last unit and not one more',
    steps: [
      [100_000, 'INSERT 1'],
      [49_999, 'INSERT 1'],
      [2, TOO_MUCH],
      [1, 'INSERT 1'],
      [1, TOO_MUCH],
    ],
    refunding: PAID,
    refunded: 0,
  },
  {
    that: 'what is left beside one that succeeded',
    steps: [
      [100_000, 'INSERT 1'],
      [0, 'succeeded', 'UPDATE 1'],
      [50_001, TOO_MUCH],
      [50_000, 'INSERT 1'],
    ],
    refunding: 50_000,
    refunded: 100_000,
  },
  {
    that: 'what is left beside one that waits for somebody',
    steps: [
      [100_000, 'INSERT 1'],
      [0, 'requires_action', 'UPDATE 1'],
      [50_001, TOO_MUCH],
      [0, 'pending', 'UPDATE 1'],
      [50_001, TOO_MUCH],
    ],
    refunding: 100_000,
    refunded: 0,
  },
  {
    that: 'all of it again after one that failed',
    steps: [
      [PAID, 'INSERT 1'],
      [0, 'failed', 'UPDATE 1'],
      [PAID, 'INSERT 1'],
      [1, 'succeeded', 'UPDATE 1'],
    ],
    refunding: 0,
    refunded: PAID,
  },
  {
    that: 'all of it again after one that succeeded and was turned away later',
    steps: [
      [PAID, 'INSERT 1'],
      [0, 'succeeded', 'UPDATE 1'],
      [1, TOO_MUCH],
      [0, 'failed', 'UPDATE 1'],
      [PAID, 'INSERT 1'],
    ],
    refunding: PAID,
    refunded: 0,
  },
  {
    that: 'one that was given up and turns up, only where it still fits',
    steps: [
      [100_000, 'INSERT 1'],
      [0, 'failed', 'UPDATE 1'],
      [50_001, 'INSERT 1'],
      [0, 'succeeded', TOO_MUCH],
      [1, 'failed', 'UPDATE 1'],
      [0, 'succeeded', 'UPDATE 1'],
    ],
    refunding: 0,
    refunded: 100_000,
  },
]

describe('the sum', () => {
  test.each(histories)('lets go back: $that', async ({ steps, refunding, refunded }) => {
    const payment = await pay()
    const asked: unknown[] = []
    for (const step of steps) {
      if (step.length === 3) {
        const [which, status, outcome] = step
        expect(await learn(asked[which], status), step.join(' ')).toBe(outcome)
      } else {
        const [amount, outcome] = step
        const refund = refundOf(payment, { amount })
        expect(await ask(refund), step.join(' ')).toBe(outcome)
        if (outcome === 'INSERT 1') asked.push(refund.id)
      }
    }
    const [sums] = await owner.rows(
      `select amount_refunding::int as refunding, amount_refunded::int as refunded,
              (select coalesce(sum(amount) filter (where status in ('pending', 'requires_action')), 0)::int
               from refunds where transaction_id = t.id) as under_way,
              (select coalesce(sum(amount) filter (where status = 'succeeded'), 0)::int
               from refunds where transaction_id = t.id) as done
       from transactions t where id = $1`,
      [payment.transactionId],
    )
    expect(sums).toEqual({ refunding, refunded, under_way: refunding, done: refunded })
  })

  test('counts a statement of many refunds one by one', async () => {
    const payment = await pay()
    const [first, second] = [refundOf(payment, { amount: 100_000 }), refundOf(payment, { amount: 50_001 })]
    await asWorker(async () => {
      const columns = Object.keys(first).join(', ')
      const both = `insert into refunds (${columns}) select ${columns} from jsonb_populate_recordset(null::refunds, $1)`
      expect(await worker.attempt(both, [JSON.stringify([first, second])])).toBe(TOO_MUCH)
      const fitting = { ...second, amount: 50_000 }
      expect(await worker.attempt(both, [JSON.stringify([first, fitting])])).toBe('INSERT 2')
      expect(
        await worker.attempt(`update refunds set status = 'succeeded' where transaction_id = $1`, [
          payment.transactionId,
        ]),
      ).toBe('UPDATE 2')
      const sums = 'select amount_refunding::int, amount_refunded::int from transactions where id = $1'
      expect(await worker.rows(sums, [payment.transactionId])).toEqual([{ amount_refunding: 0, amount_refunded: PAID }])
    })
  })

  test('is counted by triggers alone: neither role that logs in writes it', async () => {
    const sums = ['amount_refunding', 'amount_refunded']
    await api.rehearse(async () => {
      await enter(api, ada)
      for (const column of [...sums, 'refunds_check_at', 'refund_checks']) {
        expect(await api.attempt(`update transactions set ${column} = ${column}`), column).toBe('42501')
      }
      for (const column of sums) {
        expect(await api.attempt(...insertion('transactions', { ...newTransaction(adaTest), [column]: 0 }))).toBe(
          '42501',
        )
      }
    })
    await asWorker(async () => {
      for (const column of sums) {
        expect(await worker.attempt(`update transactions set ${column} = ${column}`), column).toBe('42501')
      }
      expect(await worker.attempt(...insertion('transactions', newTransaction(adaTest)))).toBe('42501')
    })
  })

  test.each([
    { change: `amount_refunded = 0`, outcome: 'UPDATE 1' },
    { change: `amount_refunded = amount`, outcome: 'UPDATE 1' },
    { change: `amount_refunded = amount + 1`, outcome: TOO_MUCH },
    { change: `amount_refunded = -1`, outcome: TOO_MUCH },
    { change: `amount_refunding = amount + 1, refunds_check_at = app.now()`, outcome: TOO_MUCH },
    { change: `amount_refunding = -1, refunds_check_at = app.now()`, outcome: TOO_MUCH },
    { change: `amount_refunding = 1, amount_refunded = amount, refunds_check_at = app.now()`, outcome: TOO_MUCH },
  ])('is within the amount where a right came to be too wide: $change is $outcome', async ({ change, outcome }) => {
    const { transactionId } = await pay()
    await owner.rehearse(async () => {
      expect(await owner.attempt(`update transactions set ${change} where id = $1`, [transactionId])).toBe(outcome)
    })
  })
})

describe('a change', () => {
  test('is told by one event, numbered without a gap, as the refund stood at that moment', async () => {
    await asWorker(async () => {
      const last = `select coalesce(max(number), 0)::int from events where merchant_id = $1 and mode = 'test'`
      const before = Number(await worker.value(last, [ada.merchantId]))
      const id = await begin()
      const changes = [
        `status = status`,
        `failure_message = 'asked again', sent_at = app.now()`,
        `status = 'requires_action'`,
        `status = 'requires_action', failure_code = 'no_account'`,
        `status = 'pending', failure_code = null`,
        `status = 'succeeded', provider_refund_id = 'rf-9', finished_at = app.now()`,
        `status = 'failed', failure_code = 'turned_away'`,
        `status = 'succeeded'`,
      ]
      for (const assignment of changes) expect(await change(worker, id, assignment), assignment).toBe('UPDATE 1')
      expect(await move(worker, id, 'pending')).toBe('PB409 refund_status_refused')

      const told = await worker.rows(
        `select number::int - $2 as step, type, version, transaction_id, object ->> 'object' as what,
                object ->> 'id' as id, object ->> 'status' as status, object ->> 'failure_code' as failure_code
         from events where subject_id = $1 order by number`,
        [id, before],
      )
      const steps = [
        { type: 'refund.created', status: 'pending', failure_code: null },
        { type: 'refund.requires_action', status: 'requires_action', failure_code: null },
        { type: 'refund.pending', status: 'pending', failure_code: null },
        { type: 'refund.succeeded', status: 'succeeded', failure_code: null },
        { type: 'refund.failed', status: 'failed', failure_code: 'turned_away' },
        { type: 'refund.succeeded', status: 'succeeded', failure_code: 'turned_away' },
      ]
      const { transactionId } = adaTest.payment
      expect(told).toEqual(
        steps.map((step, index) => ({
          ...step,
          step: index + 1,
          version: index + 1,
          transaction_id: transactionId,
          what: 'refund',
          id,
        })),
      )
    })
  })

  test('that is refused or taken back is told by none, and counts nothing', async () => {
    const { transactionId, attemptId } = await pay()
    const count = `select (select count(*)::int from events where merchant_id = $1) as told,
                          (select amount_refunding::int from transactions where id = $2) as refunding`
    const before = await owner.rows(count, [ada.merchantId, transactionId])
    const refund = refundOf({ transactionId, attemptId })
    expect(await ask({ ...refund, amount: PAID + 1 })).toBe(TOO_MUCH)
    await api.rehearse(async () => {
      await enter(api, ada)
      expect(await api.attempt(...insertion('refunds', refund))).toBe('INSERT 1')
    })
    expect(await owner.rows(count, [ada.merchantId, transactionId])).toEqual(before)
  })

  test('is owed to every endpoint that asked for refunds, in the change’s own transaction', async () => {
    const listening = async (...types: string[]) => {
      const endpoint: Row = { ...newEndpoint(adaTest), event_types: types }
      await insert(owner, 'webhook_endpoints', endpoint)
      return endpoint.id
    }
    const family = await listening('refund.*')
    const success = await listening('payment.failed', 'refund.succeeded')
    const payments = await listening('payment.*')
    const disabled = await listening('refund.*')
    await owner.rows(`update webhook_endpoints set status = 'disabled' where id = $1`, [disabled])
    await asWorker(async () => {
      const id = await begin()
      await move(worker, id, 'succeeded')
      const owed = await worker.rows(
        `select d.endpoint_id, array_agg(e.type order by e.number) as types,
                bool_and(d.status = 'pending' and d.next_attempt_at = app.now()
                         and d.transaction_id = e.transaction_id) as due
         from deliveries d join events e on e.id = d.event_id where e.subject_id = $1 group by 1`,
        [id],
      )
      const both = ['refund.created', 'refund.succeeded']
      expect(new Map(owed.map((row) => [row.endpoint_id, row.types]))).toEqual(
        new Map<unknown, unknown>([
          [adaTest.endpointId, both],
          [family, both],
          [success, ['refund.succeeded']],
        ]),
      )
      expect(owed.map(({ due }) => due)).toEqual([true, true, true])
      expect(owed.map((row) => row.endpoint_id)).not.toContain(payments)
    })
  })
})

describe('a refund under way', () => {
  const checks = `select app.iso(refunds_check_at) as at, refund_checks as checks from transactions where id = $1`

  test.each(['pending', 'requires_action'] as const)('always has somebody asking after it: %s', async (status) => {
    const payment = await pay()
    const { transactionId } = payment
    const never = () => worker.attempt('update transactions set refunds_check_at = null where id = $1', [transactionId])
    await asWorker(async () => {
      expect(await worker.rows(checks, [transactionId])).toEqual([{ at: null, checks: 0 }])
      const id = await begin(refundOf(payment))
      await move(worker, id, status)
      expect(await worker.rows(checks, [transactionId])).toEqual([{ at: '2026-11-24T09:01:00.000Z', checks: 0 }])
      expect(await never()).toBe('23514 transactions_refunds_are_asked_after')
      await move(worker, id, 'failed')
      expect(await never()).toBe('UPDATE 1')
    })
  })

  test('is asked after soon, however long ago the one before was', async () => {
    const payment = await pay()
    const { transactionId } = payment
    const postpone = (at: string) =>
      worker.rows('update transactions set refunds_check_at = $2, refund_checks = 7 where id = $1', [transactionId, at])
    await asWorker(async () => {
      await begin(refundOf(payment))
      await postpone('2026-11-25T09:00:00Z')
      await begin(refundOf(payment))
      expect(await worker.rows(checks, [transactionId])).toEqual([{ at: '2026-11-24T09:01:00.000Z', checks: 0 }])
      // What is due sooner stays so.
      await postpone('2026-11-24T09:00:10Z')
      await begin(refundOf(payment))
      expect(await worker.rows(checks, [transactionId])).toEqual([{ at: '2026-11-24T09:00:10.000Z', checks: 0 }])
    })
  })
})

describe('a refund that was made at the provider', () => {
  const adoption = (row: Row = {}, tenant = adaTest): Row => ({
    ...newRefund(tenant),
    origin: 'provider',
    provider_refund_id: 'rf-dashboard',
    ...row,
  })

  test('is taken in once', async () => {
    await asWorker(async () => {
      expect(await worker.attempt(...insertion('refunds', adoption()))).toBe('INSERT 1')
      expect(await worker.attempt(...insertion('refunds', adoption()))).toBe('23505 refunds_adopted_once')
      const ours = await begin()
      expect(await change(worker, ours, `provider_refund_id = 'rf-dashboard'`)).toBe('23505 refunds_adopted_once')
    })
  })

  test('is not one of another connection, though it bears the same id', async () => {
    await asWorker(async () => {
      for (const tenant of [adaTest, adaLive, bemTest]) {
        expect(await worker.attempt(...insertion('refunds', adoption({}, tenant)))).toBe('INSERT 1')
      }
    })
  })

  test('fits into what is left', async () => {
    const payment = await pay()
    await asWorker(async () => {
      await begin(refundOf(payment, { amount: 100_000 }))
      const adopted = (amount: number) => insertion('refunds', refundOf(payment, adoption({ amount, ...ids(payment) })))
      expect(await worker.attempt(...adopted(50_001))).toBe(TOO_MUCH)
      expect(await worker.attempt(...adopted(50_000))).toBe('INSERT 1')
    })
  })

  test('is taken in once by two who find it at the same moment', async () => {
    const payment = await pay()
    const raced = { ...ids(payment), provider_refund_id: 'rf-raced' }
    const adopt = (session: Session) => session.attempt(...insertion('refunds', refundOf(payment, adoption(raced))))
    expect(await atTheSameMoment(owner, worker, otherWorker, adopt)).toEqual(['INSERT 1', '23505 refunds_adopted_once'])
    expect(await owner.value(`select count(*)::int from refunds where provider_refund_id = 'rf-raced'`)).toBe(1)
  })

  const ids = ({ transactionId, attemptId }: Payment) => ({ transaction_id: transactionId, attempt_id: attemptId })
})

function verdict(from: string, to: string, mayBecome: boolean): 'moves' | 'stays' | 'is refused' {
  if (from === to) return 'stays'
  return mayBecome ? 'moves' : 'is refused'
}
