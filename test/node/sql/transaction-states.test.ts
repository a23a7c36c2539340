/** The life of a transaction and of its attempts as the database keeps it, whoever writes and whatever the code thinks. */
import { afterAll, describe, expect, test } from 'vitest'
import {
  ATTEMPT_STATUSES,
  type AttemptStatus,
  attemptMayBecome,
  TRANSACTION_STATUSES,
  type TransactionStatus,
  transactionMayBecome,
} from '../../../src/domain/transaction.ts'
import { enter, enterWorker, insert, insertion, newMerchant, openDatabase, type Row, type Session } from './actors.ts'
import { newAttempt, newTransaction, settle } from './rows.ts'

const database = await openDatabase('t_sql_transaction_states')
const { owner } = database
const api = await database.connect('paybridge_api')
const worker = await database.connect('paybridge_worker')
afterAll(() => database.close())

const ada = await newMerchant(database, 'ada')
const bem = await newMerchant(database, 'bem')
const adaTest = await settle(owner, ada, 'test')
const adaLive = await settle(owner, ada, 'live')
const bemTest = await settle(owner, bem, 'test')

/** What each status must be able to show for itself. */
const REASONS = `review_reason = coalesce(review_reason, 'amount_mismatch'), succeeded_at = coalesce(succeeded_at, app.now())`

const move = (session: Session, id: unknown, status: TransactionStatus) =>
  session.attempt(`update transactions set status = $2, ${REASONS} where id = $1`, [id, status])

const moveAttempt = (session: Session, id: unknown, status: AttemptStatus) =>
  session.attempt(`update attempts set status = $2, checkout_url = 'https://pay.test/p' where id = $1`, [id, status])

/** A transaction of Ada's, pending, within the owner's or worker's transaction. */
async function begin(row: Row = {}): Promise<string> {
  const transaction = { ...newTransaction(adaTest), ...row }
  await insert(owner, 'transactions', transaction)
  return String(transaction.id)
}

/** An attempt at it, created. */
async function tryOnce(transactionId: string, row: Row = {}): Promise<string> {
  const attempt: Row = { ...newAttempt({ ...adaTest, transactionId }), number: 1, ...row }
  await insert(owner, 'attempts', attempt)
  return String(attempt.id)
}

/** As the provider confirms it: what was asked, unless said otherwise. */
const confirm = (id: string, amount: number | null = 150_000, currency: string | null = 'NGN') =>
  worker.attempt(
    `update attempts set status = 'succeeded', confirmed_amount = $2, confirmed_currency = $3 where id = $1`,
    [id, amount, currency],
  )

/** Shows the worker what the owner arranged, and forgets what the worker did. */
async function asWorker<T>(work: () => Promise<T>): Promise<T> {
  return worker.rehearse(async () => {
    await enterWorker(worker)
    return work()
  })
}

describe('the arrows of a transaction', () => {
  const arrows = TRANSACTION_STATUSES.flatMap((from) =>
    TRANSACTION_STATUSES.map((to) => ({ from, to, verdict: verdict(from, to, transactionMayBecome(from, to)) })),
  )

  test.each(arrows)('$from to $to: $verdict', async ({ from, to, verdict }) => {
    const id = await begin()
    const attempt = await tryOnce(id)
    await asWorker(async () => {
      expect(await confirm(attempt)).toBe('UPDATE 1')
      if (from !== 'pending') expect(await move(worker, id, from)).toBe('UPDATE 1')
      const version = await worker.value('select version from transactions where id = $1', [id])
      const events = 'select count(*)::int from events where transaction_id = $1'
      const told = await worker.value(events, [id])
      const step = verdict === 'moves' ? 1 : 0

      expect(await move(worker, id, to)).toBe(
        verdict === 'is refused' ? 'PB409 transaction_status_refused' : 'UPDATE 1',
      )
      expect(await worker.value('select version from transactions where id = $1', [id])).toBe(Number(version) + step)
      expect(await worker.value(events, [id])).toBe(Number(told) + step)
    })
  })

  test.each(arrows)('$from to $to reads the same in SQL', async ({ from, to }) => {
    expect(await worker.value('select app.transaction_may_become($1, $2)', [from, to])).toBe(
      transactionMayBecome(from, to),
    )
  })

  test('start at pending, with version 1', async () => {
    await owner.rehearse(async () => {
      for (const status of TRANSACTION_STATUSES.filter((status) => status !== 'pending')) {
        const row = { ...newTransaction(adaTest), status, review_reason: 'x', succeeded_at: '2026-11-24' }
        expect(await owner.attempt(...insertion('transactions', row))).toBe('PB409 transaction_starts_pending')
      }
      const later = insertion('transactions', { ...newTransaction(adaTest), version: 2 })
      expect(await owner.attempt(...later)).toBe('PB409 transaction_starts_pending')
    })
  })

  test('are the provider’s word: the merchant’s own role may only call a payment off', async () => {
    for (const from of ['pending', 'processing'] as const) {
      const id = await begin()
      await owner.rows('update transactions set status = $2 where id = $1', [id, from])
      for (const to of TRANSACTION_STATUSES.filter((to) => to !== from && to !== 'pending')) {
        await api.rehearse(async () => {
          await enter(api, ada, { action: 'payment.cancelled' })
          const outcome = await api.attempt('update transactions set status = $2 where id = $1', [id, to])
          expect(outcome, to).toBe(to === 'cancelled' ? 'UPDATE 1' : 'PB403 transaction_status_not_yours')
        })
      }
    }
  })

  test('keep their count: a version is not to be written', async () => {
    const id = await begin()
    const write = 'update transactions set version = 9 where id = $1'
    await asWorker(async () => expect(await worker.attempt(write, [id])).toBe('42501'))
    // Nor where a right came to be too wide.
    await owner.rehearse(async () => {
      await owner.rows(write, [id])
      expect(await owner.value('select version from transactions where id = $1', [id])).toBe(1)
      await owner.rows(`update transactions set version = 9, status = 'processing' where id = $1`, [id])
      expect(await owner.value('select version from transactions where id = $1', [id])).toBe(2)
    })
  })

  test('are none when a transaction is to go: nobody removes one, not even the owner', async () => {
    const id = await begin()
    expect(await owner.rehearse(() => owner.attempt('delete from transactions where id = $1', [id]))).toMatch(/^23503 /)
  })
})

describe('the arrows of an attempt', () => {
  const arrows = ATTEMPT_STATUSES.flatMap((from) =>
    ATTEMPT_STATUSES.map((to) => ({ from, to, verdict: verdict(from, to, attemptMayBecome(from, to)) })),
  )

  test.each(arrows)('$from to $to: $verdict', async ({ from, to, verdict }) => {
    const id = await tryOnce(await begin())
    await asWorker(async () => {
      if (from !== 'created') expect(await moveAttempt(worker, id, from)).toBe('UPDATE 1')
      expect(await moveAttempt(worker, id, to)).toBe(
        verdict === 'is refused' ? 'PB409 attempt_status_refused' : 'UPDATE 1',
      )
      expect(await worker.value('select app.attempt_may_become($1, $2)', [from, to])).toBe(attemptMayBecome(from, to))
    })
  })

  test('start at created', async () => {
    const transactionId = await begin()
    await owner.rehearse(async () => {
      for (const status of ATTEMPT_STATUSES.filter((status) => status !== 'created')) {
        const row = { ...newAttempt({ ...adaTest, transactionId }), status, checkout_url: 'https://pay.test/p' }
        expect(await owner.attempt(...insertion('attempts', row))).toBe('PB409 attempt_starts_created')
      }
    })
  })

  test('are not the merchant’s own role’s to take', async () => {
    const id = await tryOnce(await begin())
    await api.rehearse(async () => {
      await enter(api, ada)
      expect(await api.attempt(`update attempts set status = 'failed' where id = $1`, [id])).toBe('42501')
    })
  })
})

describe('terms', () => {
  test.each([
    { column: 'id', value: 'txn_00000000000000000000000000' },
    { column: 'merchant_id', value: bem.merchantId },
    { column: 'mode', value: 'live' },
    { column: 'reference', value: 'another' },
    { column: 'amount', value: 1 },
    { column: 'currency', value: 'USD' },
    { column: 'created_at', value: '2026-01-01' },
  ])('of a transaction are fixed: $column', async ({ column, value }) => {
    const id = await begin()
    const change = `update transactions set ${column} = $2 where id = $1`
    await asWorker(async () => expect(await worker.attempt(change, [id, value])).toBe('42501'))
    await owner.rehearse(async () => {
      expect(await owner.attempt(change, [id, value])).toBe('PB409 transaction_terms_are_fixed')
    })
  })

  test.each([
    { column: 'id', value: 'att_00000000000000000000000000' },
    { column: 'merchant_id', value: bem.merchantId },
    { column: 'mode', value: 'live' },
    { column: 'transaction_id', value: adaTest.transactionId },
    { column: 'number', value: 2 },
    { column: 'connection_id', value: adaLive.connectionId },
    { column: 'provider', value: 'stripe' },
    { column: 'reference', value: `pb-${'0'.repeat(26)}` },
    { column: 'amount', value: 1 },
    { column: 'currency', value: 'USD' },
  ])('of an attempt are fixed: $column', async ({ column, value }) => {
    const id = await tryOnce(await begin())
    await asWorker(async () => {
      const change = `update attempts set ${column} = $2 where id = $1`
      expect(await worker.attempt(change, [id, value])).toBe('PB409 attempt_terms_are_fixed')
    })
  })

  test('of an attempt are those of its transaction', async () => {
    const transactionId = await begin()
    const attempt = newAttempt({ ...adaTest, transactionId })
    await asWorker(async () => {
      for (const other of [{ amount: 150_001 }, { currency: 'USD' }]) {
        expect(await worker.attempt(...insertion('attempts', { ...attempt, ...other }))).toMatch(/^23503 /)
      }
      expect(await worker.attempt(...insertion('attempts', attempt))).toBe('INSERT 1')
    })
  })

  test.each([
    { amount: 1n, outcome: 'INSERT 1' },
    { amount: 2n ** 53n - 1n, outcome: 'INSERT 1' },
    { amount: 0n, outcome: '23514 transactions_amount_check' },
    { amount: -1n, outcome: '23514 transactions_amount_check' },
    { amount: 2n ** 53n, outcome: '23514 transactions_amount_check' },
    { amount: 2n ** 63n, outcome: '22003' },
  ])('hold an amount that JSON carries: $amount is $outcome', async ({ amount, outcome }) => {
    await api.rehearse(async () => {
      await enter(api, ada)
      expect(await api.attempt(...insertion('transactions', { ...newTransaction(adaTest), amount }))).toBe(outcome)
    })
  })
})

describe('a reference', () => {
  test('is used once in a merchant and mode, whatever became of the payment', async () => {
    const id = await begin({ reference: 'invoice-7' })
    await owner.rows(`update transactions set status = 'cancelled' where id = $1`, [id])
    await api.rehearse(async () => {
      await enter(api, ada)
      const again = insertion('transactions', { ...newTransaction(adaTest), reference: 'invoice-7' })
      expect(await api.attempt(...again)).toBe('23505 transactions_reference_unique')
    })
  })

  test.each([
    { whose: 'the other mode', tenant: adaLive },
    { whose: 'another merchant', tenant: bemTest },
  ])('is free for $whose', async ({ tenant }) => {
    const reference = `invoice-8-${tenant.mode}-${tenant.merchant.merchantId.slice(-2)}`
    await begin({ reference })
    await api.rehearse(async () => {
      await enter(api, tenant.merchant, { mode: tenant.mode })
      expect(await api.attempt(...insertion('transactions', { ...newTransaction(tenant), reference }))).toBe('INSERT 1')
    })
  })
})

describe('paid', () => {
  test.each([
    { why: 'no attempt was made', arrange: async () => {} },
    { why: 'its attempt is open', arrange: async (id: string) => moveAttempt(worker, await tryOnceMore(id), 'open') },
    { why: 'its attempt failed', arrange: async (id: string) => moveAttempt(worker, await tryOnceMore(id), 'failed') },
    { why: 'less was confirmed', arrange: async (id: string) => confirm(await tryOnceMore(id), 149_999) },
    { why: 'more was confirmed', arrange: async (id: string) => confirm(await tryOnceMore(id), 150_001) },
    { why: 'no amount was confirmed', arrange: async (id: string) => confirm(await tryOnceMore(id), null) },
    {
      why: 'another currency was confirmed',
      arrange: async (id: string) => confirm(await tryOnceMore(id), 150_000, 'GHS'),
    },
    { why: 'no currency was confirmed', arrange: async (id: string) => confirm(await tryOnceMore(id), 150_000, null) },
  ])('is not what a transaction is when $why', async ({ arrange }) => {
    const id = await begin()
    await asWorker(async () => {
      await arrange(id)
      expect(await move(worker, id, 'succeeded')).toBe('PB409 transaction_not_paid')
    })
  })

  test('is not what a transaction is when another was', async () => {
    const [paid, unpaid] = [await begin(), await begin()]
    await asWorker(async () => {
      await confirm(await tryOnceMore(paid))
      expect(await move(worker, unpaid, 'succeeded')).toBe('PB409 transaction_not_paid')
      expect(await move(worker, paid, 'succeeded')).toBe('UPDATE 1')
    })
  })

  test('stays so: what an attempt was confirmed with is fixed', async () => {
    const id = await begin()
    await asWorker(async () => {
      const attempt = await tryOnceMore(id)
      await confirm(attempt)
      await move(worker, id, 'succeeded')
      for (const change of [`confirmed_amount = 1`, `confirmed_amount = null`, `confirmed_currency = 'GHS'`]) {
        expect(await worker.attempt(`update attempts set ${change} where id = $1`, [attempt])).toBe(
          'PB409 attempt_confirmation_is_fixed',
        )
      }
    })
  })

  /** An attempt by the worker, in its own transaction. */
  async function tryOnceMore(transactionId: string): Promise<string> {
    const attempt: Row = { ...newAttempt({ ...adaTest, transactionId }), number: 1 }
    await insert(worker, 'attempts', attempt)
    return String(attempt.id)
  }
})

describe('what a status must show', () => {
  test.each([
    { status: 'succeeded', without: `succeeded_at = null`, refusal: '23514 transactions_succeeded_at_a_time' },
    { status: 'requires_review', without: `review_reason = null`, refusal: '23514 transactions_reviewed_for_a_reason' },
    { status: 'processing', without: `next_check_at = null`, refusal: '23514 transactions_open_are_asked_after' },
    { status: 'pending', without: `next_check_at = null`, refusal: '23514 transactions_open_are_asked_after' },
  ])('$status is refused with $without', async ({ status, without, refusal }) => {
    const id = await begin()
    const attempt = await tryOnce(id)
    await asWorker(async () => {
      await confirm(attempt)
      const change = `update transactions set status = $2, ${without} where id = $1`
      expect(await worker.attempt(change, [id, status])).toBe(refusal)
    })
  })

  test('an open attempt has a page to pay at', async () => {
    const id = await tryOnce(await begin())
    await asWorker(async () => {
      expect(await worker.attempt(`update attempts set status = 'open' where id = $1`, [id])).toBe(
        '23514 attempts_open_at_a_page',
      )
    })
  })

  test('a transaction ends after it began', async () => {
    await owner.rehearse(async () => {
      const row = { ...newTransaction(adaTest), created_at: '2026-11-24', expires_at: '2026-11-24' }
      expect(await owner.attempt(...insertion('transactions', row))).toBe('23514 transactions_end_after_they_begin')
    })
  })
})

describe('attempts', () => {
  test.each(ATTEMPT_STATUSES)('are one at a time: while one is %s', async (status) => {
    const transactionId = await begin()
    const first = await tryOnce(transactionId)
    await asWorker(async () => {
      if (status !== 'created') await moveAttempt(worker, first, status)
      const isOver = status === 'failed' || status === 'succeeded'
      expect(await worker.attempt(...insertion('attempts', newAttempt({ ...adaTest, transactionId })))).toBe(
        isOver ? 'INSERT 1' : '23505 attempts_one_under_way',
      )
    })
  })

  test.each([
    { row: { number: 1 }, refusal: '23505 attempts_transaction_id_number_key' },
    { row: { number: 0 }, refusal: '23514 attempts_number_check' },
    { row: { number: 11 }, refusal: '23514 attempts_number_check' },
    { row: { reference: 'order-1' }, refusal: '23514 attempts_reference_check' },
  ])('are numbered and named: $row is refused', async ({ row, refusal }) => {
    const transactionId = await begin()
    const first = await tryOnce(transactionId)
    await asWorker(async () => {
      await moveAttempt(worker, first, 'failed')
      const attempt = { ...newAttempt({ ...adaTest, transactionId }), ...row }
      expect(await worker.attempt(...insertion('attempts', attempt))).toBe(refusal)
    })
  })

  test('never share the reference that the provider knows one by', async () => {
    const first = await tryOnce(await begin())
    const reference = await owner.value('select reference from attempts where id = $1', [first])
    await asWorker(async () => {
      const attempt = { ...newAttempt({ ...bemTest, transactionId: bemTest.transactionId }), reference }
      expect(await worker.attempt(...insertion('attempts', attempt))).toBe('23505 attempts_reference_unique')
    })
  })
})

function verdict(from: string, to: string, mayBecome: boolean): 'moves' | 'stays' | 'is refused' {
  if (from === to) return 'stays'
  return mayBecome ? 'moves' : 'is refused'
}
