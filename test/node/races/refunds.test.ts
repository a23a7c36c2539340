/**
 * Many refunds of one payment at once, through the API's own role and its gate, while the provider settles some and others
 * are taken back: after each round, and at every moment in it, what is held is what was accepted, and within what was paid.
 */
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../support/random.ts'
import { enter, enterWorker, insertion, newMerchant, type Row, type Session } from '../sql/actors.ts'
import { newRefund, settle, takePayment } from '../sql/rows.ts'
import { openCourse, ROUNDS, race } from './race.ts'

const REFUNDS = 12
const PAID = 1_000_000
/** Fewer than refunds, as they are. */
const WORKERS = 5

const course = await openCourse('refunds')
const { database, owner } = course
const reader = await database.connect('owner')
const sessions = await Promise.all(Array.from({ length: REFUNDS }, () => database.connect('paybridge_api')))
const workers = await Promise.all(Array.from({ length: WORKERS }, () => database.connect('paybridge_worker')))

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
  session: Session
  /** The worker that hears the news. */
  listener: Session
}

const ACCEPTED = 'INSERT 1'
const TOO_MUCH = '23514 transactions_refunds_within_amount'

const ask = async ({ session, row, isTakenBack }: Plan): Promise<string> => {
  const request = async () => {
    await enter(session, ada, { scope: 'refunds:write', action: 'refund.requested' })
    return session.attempt(...insertion('refunds', row))
  }
  return isTakenBack ? session.rehearse(request) : session.transact(request)
}

const learn = ({ listener, row }: Plan, status: string): Promise<string> =>
  listener.transact(async () => {
    await enterWorker(listener)
    return listener.attempt('update refunds set status = $2 where id = $1', [row.id, status])
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

/** A payment, and what is to be asked of it; in some rounds all fits, in some only one. */
async function plan(round: number) {
  const random = seededRandom(round)
  const payment = await takePayment(owner, adaTest, PAID)
  const most = random.pick([75_000, 170_000, 500_000, PAID])
  const plans = sessions.map((session): Plan => {
    const amount = random.int(1, most)
    const row = { ...newRefund({ ...adaTest, payment }), amount }
    const isTakenBack = random.int(1, 4) === 1
    return { row, amount, isTakenBack, news: random.pick(NEWS), session, listener: random.pick(workers) }
  })
  const accepted = new Map<Plan, string>()
  const refusedNews = new Set<string>()
  const unsound: Row[] = []
  return { payment, plans, accepted, refusedNews, unsound, heard: new Map<Session, Promise<void>>(), underWay: REFUNDS }
}

type Ground = Awaited<ReturnType<typeof plan>>

/** Asks for the refund, and hears what the provider says of it: one thing at a time on each connection. */
async function goThrough(ground: Ground, wanted: Plan): Promise<void> {
  const { accepted, heard } = ground
  const outcome = await ask(wanted)
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  if (outcome === ACCEPTED && !wanted.isTakenBack) {
    accepted.set(wanted, 'pending')
    const { listener } = wanted
    const before = heard.get(listener) ?? Promise.resolve()
    const now = before.then(() => hear(ground, wanted))
    heard.set(listener, now)
    await now
  }
  ground.underWay -= 1
}

async function hear({ accepted, refusedNews }: Ground, wanted: Plan): Promise<void> {
  for (const status of wanted.news) {
    const outcome = await learn(wanted, status)
    if (outcome === 'UPDATE 1') accepted.set(wanted, status)
    else refusedNews.add(`${status}: ${outcome}`)
  }
}

async function watch(ground: Ground): Promise<void> {
  while (ground.underWay > 0) {
    const seen = await look(reader, ground.payment.transactionId)
    if (!isSound(seen)) ground.unsound.push(seen)
  }
}

async function judge(_: unknown, { payment, accepted, refusedNews, unsound }: Ground): Promise<void> {
  expect(unsound).toEqual([])
  // What was given up may turn up when nothing is left: that alone is refused.
  expect([`succeeded: ${TOO_MUCH}`]).toEqual(expect.arrayContaining([...refusedNews]))
  const sumOf = (...statuses: string[]) =>
    [...accepted].reduce((sum, [{ amount }, status]) => (statuses.includes(status) ? sum + amount : sum), 0)
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
}

describe('refunds of one payment at once', () => {
  test('never exceed what was paid', async () => {
    await race(course, {
      prepare: plan,
      contestants: (ground) => [() => watch(ground), ...ground.plans.map((wanted) => () => goThrough(ground, wanted))],
      line: 'refunds',
      judge,
    })
  })

  test('are accepted or refused for want of what is left, and nothing else', () => {
    expect([...outcomes.keys()].sort()).toEqual([TOO_MUCH, ACCEPTED])
    for (const count of outcomes.values()) expect(count).toBeGreaterThan((ROUNDS * REFUNDS) / 10)
  })
})
