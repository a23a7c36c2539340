/**
 * A hundred refunds of one payment at once, through the API's own role and its gate, while the provider settles some and
 * others are taken back: after each round, and at every moment in it, what is held is what was accepted, and within what
 * was paid.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { seededRandom } from '../../support/random.ts'
import { enter, enterWorker, insertion, newMerchant, openDatabase, type Row, type Session } from './actors.ts'
import { newRefund, settle, takePayment } from './rows.ts'

const ROUNDS = 20
const REFUNDS = 100
const PAID = 1_000_000
/** Half as many as refunds: the other half queues behind them. The workers are fewer, as they are. */
const SESSIONS = 50
const WORKERS = 5

const database = await openDatabase('t_sql_refund_races')
const { owner } = database
const reader = await database.connect('owner')
const sessions = await Promise.all(Array.from({ length: SESSIONS }, () => database.connect('paybridge_api')))
const workers = await Promise.all(Array.from({ length: WORKERS }, () => database.connect('paybridge_worker')))
afterAll(() => database.close())

const ada = await newMerchant(database, 'ada')
const adaTest = await settle(owner, ada, 'test')

/** What the provider says of a refund, in turn; empty while it says nothing. */
const NEWS = [
  [],
  ['succeeded'],
  ['failed'],
  ['requires_action'],
  ['succeeded', 'failed'],
  ['failed', 'succeeded'],
] as const

interface Plan {
  row: Row
  amount: number
  /** The request's transaction ends in a rollback, whatever was refused or accepted in it. */
  isTakenBack: boolean
  news: (typeof NEWS)[number]
}

const ACCEPTED = 'INSERT 1'
const TOO_MUCH = '23514 transactions_refunds_within_amount'

const ask = async (session: Session, { row, isTakenBack }: Plan): Promise<string> => {
  const request = async () => {
    await enter(session, ada, { scope: 'refunds:write', action: 'refund.requested' })
    return session.attempt(...insertion('refunds', row))
  }
  return isTakenBack ? session.rehearse(request) : session.transact(request)
}

const learn = (session: Session, { row }: Plan, status: string): Promise<string> =>
  session.transact(async () => {
    await enterWorker(session)
    return session.attempt('update refunds set status = $2 where id = $1', [row.id, status])
  })

/** What the payment's row says, and what its refunds come to, in one look. */
async function look(session: Session, transactionId: string): Promise<Row> {
  const [seen] = await session.rows(
    `select t.amount_refunding::int as refunding, t.amount_refunded::int as refunded, r.*
     from transactions t, lateral (
       select coalesce(sum(amount) filter (where status in ('pending', 'requires_action')), 0)::int as under_way,
              coalesce(sum(amount) filter (where status = 'succeeded'), 0)::int as done,
              count(*)::int as refunds
       from refunds where transaction_id = t.id) r
     where t.id = $1`,
    [transactionId],
  )
  return seen ?? {}
}

/** The sums are those of the refunds, and within what was paid. */
const isSound = ({ refunding, refunded, under_way: underWay, done }: Row): boolean =>
  refunding === underWay && refunded === done && Number(refunding) + Number(refunded) <= PAID

/** How often each was the answer, in all rounds. */
const outcomes = new Map<string, number>()

describe('a hundred refunds of one payment at once', () => {
  test.each(Array.from({ length: ROUNDS }, (_, index) => ({ round: index + 1 })))(
    'never exceed what was paid: round $round',
    async ({ round }) => {
      const random = seededRandom(round)
      const payment = await takePayment(owner, adaTest, PAID)
      // In some rounds all fit, in some only one.
      const most = random.pick([9_000, 40_000, 150_000, PAID])
      const plans = Array.from({ length: REFUNDS }, (): Plan => {
        const amount = random.int(1, most)
        const row = { ...newRefund({ ...adaTest, payment }), amount }
        return { row, amount, isTakenBack: random.int(1, 4) === 1, news: random.pick(NEWS) }
      })

      const accepted = new Map<Plan, string>()
      const refusedNews = new Set<string>()
      const unsound: Row[] = []
      const hear = async (session: Session, plan: Plan) => {
        for (const status of plan.news) {
          const outcome = await learn(session, plan, status)
          if (outcome === 'UPDATE 1') accepted.set(plan, status)
          else refusedNews.add(`${status}: ${outcome}`)
        }
      }
      // One thing at a time on each connection.
      const heard = new Map<Session, Promise<void>>()
      const work = async (session: Session, first: number) => {
        for (const [index, plan] of plans.entries()) {
          if (index % SESSIONS !== first) continue
          const outcome = await ask(session, plan)
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
          if (outcome !== ACCEPTED || plan.isTakenBack) continue
          accepted.set(plan, 'pending')
          const listener = random.pick(workers)
          const before = heard.get(listener) ?? Promise.resolve()
          heard.set(
            listener,
            before.then(() => hear(listener, plan)),
          )
        }
      }
      let isUnderWay = true
      const watch = async () => {
        while (isUnderWay) {
          const seen = await look(reader, payment.transactionId)
          if (!isSound(seen)) unsound.push(seen)
        }
      }
      const watched = watch()
      await Promise.all(sessions.map(work))
      await Promise.all(heard.values())
      isUnderWay = false
      await watched

      expect(unsound).toEqual([])
      // What was given up may turn up when nothing is left: that alone is refused.
      expect([`succeeded: ${TOO_MUCH}`]).toEqual(expect.arrayContaining([...refusedNews]))
      const sumOf = (...statuses: string[]) =>
        [...accepted].reduce((sum, [plan, status]) => (statuses.includes(status) ? sum + plan.amount : sum), 0)
      const seen = await look(owner, payment.transactionId)
      expect(seen).toSatisfy(isSound)
      expect(seen).toMatchObject({
        refunding: sumOf('pending', 'requires_action'),
        refunded: sumOf('succeeded'),
        refunds: accepted.size,
      })
      // Each change was told once, and no other was.
      expect(
        await owner.value(
          `select count(*)::int from (
             select r.id, r.version, count(e.id) as told, max(e.version) as last
             from refunds r left join events e on e.subject_id = r.id where r.transaction_id = $1 group by r.id
             having count(e.id) <> r.version or max(e.version) <> r.version) astray`,
          [payment.transactionId],
        ),
      ).toBe(0)
    },
  )

  test('are accepted or refused for want of what is left, and nothing else', () => {
    expect([...outcomes.keys()].sort()).toEqual([TOO_MUCH, ACCEPTED])
    for (const count of outcomes.values()) expect(count).toBeGreaterThan((ROUNDS * REFUNDS) / 10)
  })

  test('leave the merchant’s events numbered without a gap', async () => {
    const [numbers] = await owner.rows(
      `select count(*)::int as count, min(number)::int as first, max(number)::int as last
       from events where merchant_id = $1 and mode = 'test'`,
      [ada.merchantId],
    )
    expect(numbers).toEqual({ count: numbers?.last, first: 1, last: numbers?.last })
    expect(numbers?.count).toBeGreaterThan(ROUNDS * 3)
  })
})
