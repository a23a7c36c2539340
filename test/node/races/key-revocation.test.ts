/** A key that is revoked in the middle of traffic: not one request that comes after it works, and none works by half. */
import { beforeAll, expect, test } from 'vitest'
import { connect, initiate } from '../../support/connections.ts'
import { ORDER } from '../../support/paystack.ts'
import { type ApiAnswer, caller, type Merchant } from '../../support/world.ts'
import { openCourse, race } from './race.ts'

const TILLS = 2
/** Payments after which the key is revoked, while others are under way. */
const BEFORE = 2

const course = await openCourse('key_revocation')
const { world, owner } = course
let merchant: Merchant
beforeAll(async () => {
  merchant = await world.newMerchant()
  await connect(world, merchant, 1)
})

/** Of a till whose key is never refused. */
const SALES_MAX = 100

interface Sale {
  reference: string
  answer: ApiAnswer
  /** Asked for when the revocation had been answered. */
  isLate: boolean
}

/** Tills that sell with one key until it is refused, and an owner who revokes it meanwhile. */
async function openShop(round: number) {
  const made = await merchant.person.post('/api/v1/api-keys/', { name: 'till', scopes: ['transactions:write'] })
  const keyId = String(made.body.id)
  const api = caller(world.app, String(made.body.key))
  let sold = 0
  let isRevoked = false
  let sellEnough = () => {}
  const enough = new Promise<void>((resolve) => {
    sellEnough = resolve
  })
  const sell = async (till: number): Promise<Sale[]> => {
    const sales: Sale[] = []
    while (sales.length < SALES_MAX) {
      const reference = `${round}-${till}-${sales.length}`
      const isLate = isRevoked
      const answer = await initiate({ ...merchant, api }, { ...ORDER, reference })
      sales.push({ reference, answer, isLate })
      if (answer.status !== 201) break
      sold += 1
      if (sold === BEFORE) sellEnough()
    }
    return sales
  }
  const revoke = async (): Promise<Sale[]> => {
    await enough
    const answer = await merchant.person.post(`/api/v1/api-keys/${keyId}/revoke/`, {})
    expect(answer.status).toBe(200)
    isRevoked = true
    return []
  }
  return { round, keyId, sell, revoke }
}

test('a key that is revoked in the middle of traffic', async () => {
  await race(course, {
    prepare: openShop,
    contestants: ({ sell, revoke }) => [revoke, ...Array.from({ length: TILLS }, (_, till) => () => sell(till))],
    async judge(outcomes, { round, keyId, sell }) {
      const sales = outcomes.flat()
      const refused = sales.filter(({ answer }) => answer.status !== 201)
      expect(refused.map(({ answer }) => [answer.status, answer.body.code])).toEqual(
        Array(TILLS).fill([401, 'api_key_revoked']),
      )
      expect(sales.filter(({ isLate, answer }) => isLate && answer.status === 201)).toEqual([])
      expect((await sell(TILLS)).map(({ answer }) => answer.status)).toEqual([401])
      const sold = sales.filter(({ answer }) => answer.status === 201)
      expect(await writtenWith(keyId, round)).toEqual({
        references: sold.map(({ reference }) => reference).sort(),
        pages: sold.length,
        answers: sold.length,
        audited: sold.length,
      })
    },
  })
})

/** What the key has written: payments, those with a page, remembered answers, entries of the audit log. */
const writtenWith = async (keyId: string, round: number) =>
  (
    await owner.rows(
      `select coalesce(json_agg(t.reference order by t.reference collate "C"), '[]') as references,
        count(a.checkout_url) filter (where a.status = 'open')::int as pages,
        count(c.answer) filter (where c.status_code = 201)::int as answers,
        (select count(*)::int from audit_entries u
         where u.actor_id = $1 and u.action = 'transaction.initiated' and u.object_type = 'transaction') as audited
       from transactions t
       join attempts a on a.transaction_id = t.id
       left join idempotency_claims c on c.resource_id = t.id
       where t.merchant_id = $2 and t.reference like $3`,
      [keyId, merchant.merchantId, `${round}-%`],
    )
  )[0]
