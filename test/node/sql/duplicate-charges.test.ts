/** A payment that was charged twice: it can't be overlooked, is told once, and is never taken back. */
import { afterAll, describe, expect, test } from 'vitest'
import { ATTEMPT_STATUSES } from '../../../src/domain/transaction.ts'
import {
  atTheSameMoment,
  enter,
  enterWorker,
  insert,
  insertion,
  newMerchant,
  openDatabase,
  type Row,
  type Session,
} from './actors.ts'
import { newAttempt, newEndpoint, newTransaction, settle } from './rows.ts'

const database = await openDatabase('t_sql_duplicate_charges')
const { owner } = database
const api = await database.connect('paybridge_api')
const worker = await database.connect('paybridge_worker')
const otherWorker = await database.connect('paybridge_worker')
afterAll(() => database.close())

const ada = await newMerchant(database, 'ada')
const adaTest = await settle(owner, ada, 'test')

/** A payment whose first attempts were left for the next one; the last is open. Any of them may be paid. */
async function begin(attempts = 2): Promise<{ transactionId: string; attemptIds: string[] }> {
  const transaction = newTransaction(adaTest)
  const transactionId = String(transaction.id)
  await insert(owner, 'transactions', transaction)
  const attemptIds: string[] = []
  for (let number = 1; number <= attempts; number++) {
    const attempt: Row = { ...newAttempt({ ...adaTest, transactionId }), number }
    await insert(owner, 'attempts', attempt)
    await owner.rows(`update attempts set status = $2, checkout_url = 'https://pay.test/p' where id = $1`, [
      attempt.id,
      number < attempts ? 'failed' : 'open',
    ])
    attemptIds.push(String(attempt.id))
  }
  return { transactionId, attemptIds }
}

const asWorker = <T>(work: () => Promise<T>): Promise<T> =>
  worker.rehearse(async () => {
    await enterWorker(worker)
    return work()
  })

const mark = (session: Session, id: unknown) =>
  session.attempt('update attempts set is_duplicate = true where id = $1', [id])

/** What becomes of the provider's word that the attempt was paid: as asked, unless said otherwise. */
const confirm = (session: Session, id: unknown, { isDuplicate = false, amount = 150_000, currency = 'NGN' } = {}) =>
  session.attempt(
    `update attempts set status = 'succeeded', confirmed_amount = $2, confirmed_currency = $3, is_duplicate = $4
     where id = $1`,
    [id, amount, currency, isDuplicate],
  )

const UNMARKED = '23505 attempts_one_rightly_paid'

describe('a second charge', () => {
  test.each([
    { first: 'the left one', order: [0, 1] },
    { first: 'the open one', order: [1, 0] },
  ])('is taken in only where it is marked: $first was paid first', async ({ order }) => {
    const { transactionId, attemptIds } = await begin()
    const [first, second] = order.map((index) => attemptIds[index])
    await asWorker(async () => {
      expect(await confirm(worker, first)).toBe('UPDATE 1')
      const succeed = `update transactions set status = 'succeeded', succeeded_at = app.now() where id = $1`
      expect(await worker.attempt(succeed, [transactionId])).toBe('UPDATE 1')
      expect(await confirm(worker, second)).toBe(UNMARKED)
      expect(await confirm(worker, second, { isDuplicate: true })).toBe('UPDATE 1')
    })
  })

  test('is taken in only where it is marked, a third too', async () => {
    const { attemptIds } = await begin(3)
    const [first, second, third] = attemptIds
    await asWorker(async () => {
      expect(await confirm(worker, first)).toBe('UPDATE 1')
      expect(await confirm(worker, second, { isDuplicate: true })).toBe('UPDATE 1')
      expect(await confirm(worker, third)).toBe(UNMARKED)
      expect(await confirm(worker, third, { isDuplicate: true })).toBe('UPDATE 1')
    })
  })

  test('is marked by the second of two who hear of one each at the same moment', async () => {
    const { attemptIds } = await begin()
    const hear = (session: Session) => confirm(session, attemptIds[session === worker ? 0 : 1])
    expect(await atTheSameMoment(owner, worker, otherWorker, hear)).toEqual(['UPDATE 1', UNMARKED])
  })

  // Those are for a person to look at: requires_review, with its reason.
  test.each([{ amount: 149_999 }, { amount: 150_001 }, { currency: 'GHS' }])(
    'of something else than was asked need not be marked: %s',
    async (otherwise) => {
      const { attemptIds } = await begin()
      const [first, second] = attemptIds
      await asWorker(async () => {
        expect(await confirm(worker, first)).toBe('UPDATE 1')
        expect(await confirm(worker, second, otherwise)).toBe('UPDATE 1')
      })
    },
  )

  test('of another payment is none', async () => {
    const [one, other] = [await begin(), await begin()]
    await asWorker(async () => {
      expect(await confirm(worker, one.attemptIds[0])).toBe('UPDATE 1')
      expect(await confirm(worker, other.attemptIds[0])).toBe('UPDATE 1')
    })
  })
})

describe('a mark', () => {
  test.each(ATTEMPT_STATUSES)('is for a charge that was made: of an attempt that is %s', async (status) => {
    const { transactionId } = await begin(1)
    await asWorker(async () => {
      await worker.rows(`update attempts set status = 'failed' where transaction_id = $1`, [transactionId])
      const attempt = newAttempt({ ...adaTest, transactionId })
      await insert(worker, 'attempts', attempt)
      if (status !== 'created') {
        await worker.rows(`update attempts set status = $2, checkout_url = 'https://pay.test/p' where id = $1`, [
          attempt.id,
          status,
        ])
      }
      expect(await mark(worker, attempt.id)).toBe(
        status === 'succeeded' ? 'UPDATE 1' : '23514 attempts_duplicate_was_paid',
      )
    })
  })

  test('is not what an attempt begins with', async () => {
    const { transactionId } = await begin(1)
    const marked = insertion('attempts', { ...newAttempt({ ...adaTest, transactionId }), is_duplicate: true })
    await asWorker(async () => expect(await worker.attempt(...marked)).toBe('23514 attempts_duplicate_was_paid'))
  })

  test('is the provider’s word: the merchant’s own role neither makes nor removes one', async () => {
    await api.rehearse(async () => {
      await enter(api, ada)
      for (const value of [true, false]) {
        expect(await api.attempt('update attempts set is_duplicate = $1', [value])).toBe('42501')
      }
    })
  })

  test.each(['is_duplicate = false', 'is_duplicate = not is_duplicate, updated_at = app.now()'])(
    'is for ever, whoever writes: %s',
    async (assignment) => {
      const { attemptIds } = await begin()
      for (const session of [worker, owner]) {
        await session.rehearse(async () => {
          await confirm(session, attemptIds[0])
          await confirm(session, attemptIds[1], { isDuplicate: true })
          expect(await session.attempt(`update attempts set ${assignment} where id = $1`, [attemptIds[1]])).toBe(
            'PB409 attempt_duplicate_is_fixed',
          )
        })
      }
    },
  )
})

describe('the event', () => {
  test('is told once, of the payment with the attempt that was too many, beside the payment’s own', async () => {
    const { transactionId, attemptIds } = await begin()
    const [first, second] = attemptIds
    await asWorker(async () => {
      await confirm(worker, first)
      await worker.rows(`update transactions set status = 'succeeded', succeeded_at = app.now() where id = $1`, [
        transactionId,
      ])
      expect(await confirm(worker, second, { isDuplicate: true })).toBe('UPDATE 1')
      // Marked again, named or not, it is the same charge.
      expect(await mark(worker, second)).toBe('UPDATE 1')
      expect(await worker.attempt('update attempts set fee = 100 where id = $1', [second])).toBe('UPDATE 1')

      const told = await worker.rows(
        `select number::int - min(number::int) over () as step, type, version, subject_id,
                object ->> 'id' as id, object ->> 'status' as status,
                object #>> '{duplicate_attempt,id}' as attempt, object #> '{duplicate_attempt,is_duplicate}' as marked
         from events where transaction_id = $1 and type <> 'payment.created' order by number`,
        [transactionId],
      )
      const own = { id: transactionId, status: 'succeeded' }
      expect(told).toEqual([
        { ...own, step: 0, type: 'payment.succeeded', version: 2, subject_id: null, attempt: null, marked: null },
        {
          ...own,
          step: 1,
          type: 'payment.duplicate_charge',
          version: 1,
          subject_id: second,
          attempt: second,
          marked: true,
        },
      ])
    })
  })

  test('is told of a charge that is found later, and of each', async () => {
    const { attemptIds } = await begin(3)
    await asWorker(async () => {
      // The provider took two payments under the first one's reference.
      await confirm(worker, attemptIds[0])
      expect(await mark(worker, attemptIds[0])).toBe('UPDATE 1')
      await confirm(worker, attemptIds[1], { isDuplicate: true })
      const of = `select subject_id from events where type = 'payment.duplicate_charge' and subject_id = any ($1) order by number`
      expect(await worker.rows(of, [attemptIds])).toEqual([
        { subject_id: attemptIds[0] },
        { subject_id: attemptIds[1] },
      ])
    })
  })

  test('is owed to whoever listens to payments', async () => {
    const { attemptIds } = await begin()
    const listening = async (type: string) => {
      const endpoint: Row = { ...newEndpoint(adaTest), event_types: [type] }
      await insert(owner, 'webhook_endpoints', endpoint)
      return endpoint.id
    }
    const wanting = [adaTest.endpointId, await listening('payment.*'), await listening('payment.duplicate_charge')]
    await listening('payment.succeeded')
    await asWorker(async () => {
      await confirm(worker, attemptIds[0])
      await confirm(worker, attemptIds[1], { isDuplicate: true })
      const owed = await worker.rows(
        `select d.endpoint_id from deliveries d join events e on e.id = d.event_id
         where e.subject_id = $1 and d.status = 'pending'`,
        [attemptIds[1]],
      )
      expect(new Set(owed.map((row) => row.endpoint_id))).toEqual(new Set<unknown>(wanting))
      expect(owed).toHaveLength(wanting.length)
    })
  })
})
