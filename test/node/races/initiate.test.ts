/** Requests to start a payment that come at once, under one idempotency key or with one reference: one payment. */
import { beforeAll, describe, expect, test } from 'vitest'
import { type Connected, connect, initiate } from '../../support/connections.ts'
import { ORDER } from '../../support/paystack.ts'
import type { ApiAnswer, Merchant } from '../../support/world.ts'
import { openCourse, race } from './race.ts'

const CONTESTANTS = 4

const course = await openCourse('initiate')
const { world, owner } = course
let merchant: Merchant
let connection: Connected
beforeAll(async () => {
  merchant = await world.newMerchant()
  connection = await connect(world, merchant, 1)
})

const replayed = ({ headers }: ApiAnswer): boolean => headers.get('idempotent-replayed') === 'true'

/** What there is of the payments with this reference, and of what was told of them. */
const written = async (reference: string) =>
  (
    await owner.rows(
      `select count(distinct t.id)::int as transactions, count(distinct a.id)::int as attempts,
              count(distinct e.id)::int as events, array_agg(distinct t.id) as ids, array_agg(distinct a.reference) as pages
       from transactions t left join attempts a on a.transaction_id = t.id left join events e on e.transaction_id = t.id
       where t.merchant_id = $1 and t.reference = $2`,
      [merchant.merchantId, reference],
    )
  )[0]

/** How many pages the provider has made in all, by its own books. */
const pagesThere = (): number => connection.driver.books(connection.account).length

describe('initiates at once', () => {
  test('under one idempotency key: one payment, one page, one answer', async () => {
    await race(course, {
      prepare: async (round) => ({ reference: `key-${round}`, key: `initiate-${round}`, pages: pagesThere() }),
      contestants: ({ reference, key }) =>
        Array.from(
          { length: CONTESTANTS },
          () => () => initiate(merchant, { ...ORDER, reference }, { 'idempotency-key': key }),
        ),
      line: 'idempotency_claims',
      async judge(answers, { reference, key, pages }) {
        const [own, ...others] = answers.filter(({ status }) => status === 201).sort((a) => (replayed(a) ? 1 : -1))
        expect(own?.status).toBe(201)
        expect(own && replayed(own)).toBe(false)
        for (const other of others) expect([replayed(other), other.body]).toEqual([true, own?.body])
        for (const { status, body } of answers) {
          if (status !== 201) expect([status, body.code]).toEqual([409, 'idempotency_in_flight'])
        }
        expect(await written(reference)).toMatchObject({
          transactions: 1,
          attempts: 1,
          events: 1,
          ids: [own?.body.id],
        })
        expect(pagesThere() - pages).toBe(1)
        const again = await initiate(merchant, { ...ORDER, reference }, { 'idempotency-key': key })
        expect([replayed(again), again.body]).toEqual([true, own?.body])
      },
    })
  })

  test('with one reference: one payment and one page, and nothing of the others', async () => {
    await race(course, {
      prepare: async (round) => ({ reference: `order-${round}`, pages: pagesThere() }),
      contestants: ({ reference }) =>
        Array.from({ length: CONTESTANTS }, () => () => initiate(merchant, { ...ORDER, reference })),
      line: 'transactions',
      async judge(answers, { reference, pages }) {
        const said = answers.map(({ status, body }) => (status === 201 ? '201' : `${status} ${body.code}`)).sort()
        expect(said).toEqual(['201', ...Array(CONTESTANTS - 1).fill('409 reference_taken')])
        expect(await written(reference)).toMatchObject({ transactions: 1, attempts: 1, events: 1 })
        expect(pagesThere() - pages).toBe(1)
      },
    })
    // A refused request leaves no claim that would answer for it.
    expect(await owner.value('select count(*)::int from idempotency_claims where answer is null')).toBe(0)
  })
})
