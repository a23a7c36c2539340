/** `/api/v1/transactions/{id}/refunds/` and `/api/v1/refunds/`: what goes back, what is refused, and who may see it. */

import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import type { SimulatorName } from '../../local/simulators/index.ts'
import type { CallAccident, RefundCourse } from '../../local/simulators/kit/driver.ts'
import { connect as connectDatabase } from '../../src/db/client.ts'
import { LIMITS } from '../../src/domain/limits.ts'
import { REFUND_STATUSES, type RefundStatus } from '../../src/domain/refund.ts'
import { SCOPES, type Scope } from '../../src/domain/scopes.ts'
import type { Mode } from '../../src/domain/transaction.ts'
import { RefundSchema } from '../../src/http/routes/refunds.ts'
import { ListSchema } from '../../src/http/schemas.ts'
import {
  connect,
  idOf,
  referenceOf,
  refund,
  refundSums,
  refundsThere,
  startAt,
  startPaid,
  TRANSACTIONS,
} from '../support/connections.ts'
import { deliverProviderWebhooks, ORDER } from '../support/paystack.ts'
import { superuserUrl } from '../support/provided.ts'
import { caller, createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('refunds')
const owner = connectDatabase(superuserUrl('t_refunds'), { roundTrip: () => {}, entered: () => {} })

const REFUNDS = '/api/v1/refunds/'
const UNKNOWN = { transaction: 'txn_01kav3q2m8x4c5d6e7f8g9h0jk', refund: 'ref_01kav3q2m8x4c5d6e7f8g9h0jk' }
const PART = 50_000
const MINUTE = 60_000

/** Of this merchant's books, all that a refund could have written. */
const written = ({ merchantId }: Merchant) =>
  world.query(sql`select (select count(*) from refunds r where r.merchant_id = ${merchantId}) as refunds,
    (select count(*) from events e where e.merchant_id = ${merchantId}) as events,
    (select count(*) from idempotency_claims c where c.merchant_id = ${merchantId}) as claims,
    (select sum(amount_refunding + amount_refunded) from transactions t where t.merchant_id = ${merchantId}) as sums`)

/** Lets the provider's work on its refunds come to an end, and hears of it. */
async function settleRefunds(): Promise<void> {
  for (let minute = 0; minute < 3; minute++) {
    world.clock.advance(MINUTE)
    await deliverProviderWebhooks(world)
  }
}

/** A payment that is paid at this provider. */
async function startPaidAt(provider: SimulatorName, mode: Mode, order: object) {
  const merchant = await world.newMerchant({ mode })
  const connection = await connect(world, merchant, 1, provider)
  const id = await startAt(merchant, { ...ORDER, ...order })
  connection.driver.pay(await referenceOf(world, id))
  await deliverProviderWebhooks(world)
  return { merchant, connection, id }
}

const expectRefused = async (
  { merchant, id }: { merchant: Merchant; id: string },
  body: object,
  status: number,
  code: string,
) => {
  const before = await written(merchant)
  const calls = world.providerCalls.length
  const { result, roundTrips } = await world.countRoundTrips(() => refund(merchant, id, body))
  expect(result).toMatchObject({ status, body: { code } })
  expect(roundTrips).toBe(1)
  expect(world.providerCalls).toHaveLength(calls)
  expect(await written(merchant)).toEqual(before)
  return result
}

describe('a refund', () => {
  test('of a part costs two round trips and one call, and is shown as it is', async () => {
    const { merchant, connection, id, reference } = await startPaid(world)
    world.clock.advance(1_000)
    const calls = world.providerCalls.length
    const reason = 'One of three shirts came back'
    const asked = await world.countRoundTrips(() => refund(merchant, id, { amount: PART, reason }))
    expect(asked.roundTrips).toBe(2)
    expect(world.providerCalls.slice(calls)).toEqual(['POST /refund'])
    const { status, body } = asked.result
    expect(status).toBe(201)
    expect(RefundSchema.strict().parse(body)).toEqual(body)
    const now = world.clock.now().toISOString()
    const [there] = refundsThere(connection, reference)
    expect(body).toEqual({
      id: body.id,
      object: 'refund',
      mode: 'test',
      transaction_id: id,
      amount: PART,
      currency: 'NGN',
      status: 'pending',
      reason,
      origin: 'api',
      provider: 'paystack',
      connection_id: connection.id,
      provider_refund_id: there?.id,
      failure_code: null,
      failure_message: null,
      created_at: now,
      updated_at: now,
      finished_at: null,
    })
    expect(refundsThere(connection, reference)).toMatchObject([{ amount: PART }])
  })

  test.each([
    ['an empty body', {}],
    ['no body', undefined],
  ])('of the whole is made with %s', async (_what, body) => {
    const { merchant, connection, id, reference } = await startPaid(world)
    const made = await merchant.api.post(`${TRANSACTIONS}${id}/refunds/`, body)
    expect(made).toMatchObject({ status: 201, body: { amount: ORDER.amount, reason: null } })
    expect(refundsThere(connection, reference)).toMatchObject([{ amount: ORDER.amount }])
  })

  test('without an amount is all that is left, and then nothing is', async () => {
    const paid = await startPaid(world)
    idOf(await refund(paid.merchant, paid.id, { amount: PART }), 201)
    const rest = await refund(paid.merchant, paid.id)
    expect(rest).toMatchObject({ status: 201, body: { amount: ORDER.amount - PART } })
    await expectRefused(paid, {}, 422, 'refund_exceeds_payment')
    await expectRefused(paid, { amount: 5_000 }, 422, 'refund_exceeds_payment')
  })

  test('counts on its payment once it has succeeded, and the payment stays succeeded', async () => {
    const { merchant, id } = await startPaid(world)
    idOf(await refund(merchant, id, { amount: PART }), 201)
    const path = `${TRANSACTIONS}${id}/`
    expect((await merchant.api.get(path)).body).toMatchObject({ status: 'succeeded', amount_refunded: 0 })
    await settleRefunds()
    expect((await merchant.api.get(path)).body).toMatchObject({ status: 'succeeded', amount_refunded: PART })
    const { body } = await merchant.api.get(`${path}refunds/`)
    expect(body.data).toMatchObject([{ status: 'succeeded', finished_at: expect.any(String) }])
  })

  test('is audited with whoever asked for it, and told', async () => {
    const { merchant, id } = await startPaid(world)
    const from = { 'cf-connecting-ip': '198.51.100.9', 'user-agent': 'kora/1.0' }
    const refundId = idOf(await refund(merchant, id, { amount: PART }, from), 201)
    const audit = await merchant.api.get('/api/v1/audit-logs/?action=refund.created')
    expect(audit.body.data).toMatchObject([
      { actor_id: merchant.apiKeyId, object_id: refundId, ip_address: '198.51.100.9', user_agent: 'kora/1.0' },
    ])
    const events = await merchant.api.get('/api/v1/events/?type=refund.created')
    expect(events.body.data).toMatchObject([{ data: { id: refundId, status: 'pending', amount: PART } }])
  })
})

describe('a refund that can’t be is refused before anybody is asked, and leaves nothing behind', () => {
  let paid: Awaited<ReturnType<typeof startPaid>>

  beforeAll(async () => {
    paid = await startPaid(world)
  })

  test('of more than was paid', async () => {
    await expectRefused(paid, { amount: ORDER.amount + 1 }, 422, 'refund_exceeds_payment')
    await expectRefused(paid, { amount: Number.MAX_SAFE_INTEGER }, 422, 'refund_exceeds_payment')
  })

  test('of more than is left', async () => {
    const other = await startPaid(world)
    idOf(await refund(other.merchant, other.id, { amount: PART }), 201)
    await expectRefused(other, { amount: ORDER.amount - PART + 1 }, 422, 'refund_exceeds_payment')
  })

  test('of less than the provider sends back, said or left over', async () => {
    await expectRefused(paid, { amount: 4_999 }, 422, 'refund_below_minimum')
    const other = await startPaid(world)
    idOf(await refund(other.merchant, other.id, { amount: ORDER.amount - 4_999 }), 201)
    await expectRefused(other, {}, 422, 'refund_below_minimum')
    const least = await refund(paid.merchant, paid.id, { amount: 5_000 })
    expect(least.status).toBe(201)
  })

  test('of no multiple of what the provider counts in', async () => {
    const dinars = await startPaidAt('stripe', 'test', { currency: 'KWD', amount: 15_000 })
    await expectRefused(dinars, { amount: 5_001 }, 422, 'amount_not_payable')
    expect((await refund(dinars.merchant, dinars.id, { amount: 5_010 })).status).toBe(201)
  })

  test('at a provider that refunds nothing in this mode, which it does in the other', async () => {
    const birr = { currency: 'ETB', amount: 15_000 }
    const refused = await expectRefused(await startPaidAt('chapa', 'test', birr), {}, 422, 'refund_not_supported')
    expect(refused.body.detail).toBe('The provider refunds nothing in this mode.')
    const live = await startPaidAt('chapa', 'live', birr)
    expect(await refund(live.merchant, live.id)).toMatchObject({ status: 201, body: { mode: 'live', amount: 15_000 } })
  })

  test.each(['pending', 'cancelled', 'expired', 'failed', 'requires_review'])(
    'of a payment that is %s',
    async (status) => {
      const merchant = await world.newMerchant()
      await connect(world, merchant, 1)
      const id = await startAt(merchant)
      const { db } = owner
      const review = status === 'requires_review' ? 'amount_mismatch' : null
      if (status !== 'pending') {
        const moved = await owner.run(undefined, [
          db.execute(sql`update transactions set status = ${status}, review_reason = ${review} where id = ${id}`),
        ])
        expect(moved).toMatchObject({ ok: true })
      }
      await expectRefused({ merchant, id }, {}, 409, 'transaction_not_refundable')
    },
  )

  test('after as many as a payment may have', async () => {
    const other = await startPaid(world)
    const first = idOf(await refund(other.merchant, other.id, { amount: 5_000 }), 201)
    const { db } = owner
    const more = await owner.run(undefined, [
      db.execute(sql`
        insert into refunds (id, merchant_id, mode, transaction_id, attempt_id, connection_id, provider, amount, currency)
        select app.new_id('ref'), merchant_id, mode, transaction_id, attempt_id, connection_id, provider, 1, currency
        from refunds, generate_series(1, ${LIMITS.refundsPerTransaction - 2}::integer) where id = ${first}`),
    ])
    expect(more).toMatchObject({ ok: true })
    expect((await refund(other.merchant, other.id, { amount: 5_000 })).status).toBe(201)
    await expectRefused(other, { amount: 5_000 }, 409, 'refunds_too_many')
  })

  test('of a payment that is not there, is another’s, or of the other mode', async () => {
    const stranger = await world.newMerchant()
    const live = { ...paid.merchant, api: caller(world.app, paid.merchant.accessToken, 'live') }
    await expectRefused({ merchant: paid.merchant, id: UNKNOWN.transaction }, {}, 404, 'transaction_not_found')
    await expectRefused({ merchant: stranger, id: paid.id }, {}, 404, 'transaction_not_found')
    await expectRefused({ merchant: live, id: paid.id }, {}, 404, 'transaction_not_found')
  })

  test.each<[string, unknown, string]>([
    ['an amount of 0', { amount: 0 }, 'amount'],
    ['a negative amount', { amount: -5_000 }, 'amount'],
    ['a fractional amount', { amount: 5_000.5 }, 'amount'],
    ['an amount as a text', { amount: '5000' }, 'amount'],
    ['an amount of null', { amount: null }, 'amount'],
    ['an amount beyond 2^53-1', '{"amount":9007199254740992}', 'amount'],
    ['an empty reason', { reason: ' ' }, 'reason'],
    ['a reason that is too long', { reason: 'x'.repeat(501) }, 'reason'],
    ['a NUL in the reason', { reason: 'a\u0000b' }, 'reason'],
    ['another currency', { currency: 'GHS' }, 'currency'],
  ])('with %s, without asking the database', async (_what, body, field) => {
    const { merchant, id } = paid
    const { result, roundTrips } = await world.countRoundTrips(() =>
      merchant.api.post(`${TRANSACTIONS}${id}/refunds/`, body),
    )
    expect(result).toMatchObject({ status: 422, body: { code: 'validation_failed' } })
    expect(result.body.errors[0].field).toBe(field)
    expect(roundTrips).toBe(0)
  })
})

describe('sending money back is a right of its own', () => {
  test('which no other scope gives, and which gives no other', async () => {
    const { merchant, id } = await startPaid(world)
    const keyWith = async (scopes: readonly Scope[]) => {
      const { body } = await merchant.person.post('/api/v1/api-keys/', { name: 'narrow', scopes })
      return { ...merchant, api: caller(world.app, String(body.key)) }
    }
    const others = await keyWith(SCOPES.filter((scope) => scope !== 'refunds:write'))
    await expectRefused({ merchant: others, id }, {}, 403, 'scope_missing')
    const alone = await keyWith(['refunds:write'])
    expect((await refund(alone, id, { amount: PART })).status).toBe(201)
    expect(await alone.api.get(REFUNDS)).toMatchObject({ status: 403, body: { code: 'scope_missing' } })
  })

  test('which a key is not given unasked', async () => {
    const { merchant, id } = await startPaid(world)
    const { body } = await merchant.person.post('/api/v1/api-keys/', { name: 'plain' })
    const plain = { ...merchant, api: caller(world.app, String(body.key)) }
    await expectRefused({ merchant: plain, id }, {}, 403, 'scope_missing')
  })

  test.each([
    ['owner', 201],
    ['admin', 201],
    ['developer', 201],
    ['finance', 201],
    ['viewer', 403],
  ])('which a person who is %s has or has not: %i', async (role, status) => {
    const { merchant, id } = await startPaid(world)
    const { db } = owner
    await owner.run(undefined, [
      db.execute(sql`update memberships set role = ${role} where user_id = ${merchant.userId}`),
    ])
    const asPerson = { ...merchant, api: merchant.person }
    expect((await refund(asPerson, id)).status).toBe(status)
    expect((await merchant.person.get(`${TRANSACTIONS}${id}/refunds/`)).status).toBe(200)
  })
})

describe('the same request again', () => {
  const headers = { 'idempotency-key': 'refund-1' }

  test('gives the same refund for one round trip, and sends nothing', async () => {
    const { merchant, connection, id, reference } = await startPaid(world)
    const first = await refund(merchant, id, { amount: PART }, headers)
    expect(first.status).toBe(201)
    expect(first.headers.get('idempotent-replayed')).toBeNull()
    await settleRefunds()
    const calls = world.providerCalls.length
    const again = await world.countRoundTrips(() => refund(merchant, id, { amount: PART }, headers))
    // As it was told then: what became of it since is read elsewhere.
    expect(again).toMatchObject({ roundTrips: 1, result: { status: 201, body: first.body } })
    expect(again.result.headers.get('idempotent-replayed')).toBe('true')
    expect(world.providerCalls).toHaveLength(calls)
    expect(refundsThere(connection, reference)).toHaveLength(1)
    expect(await refundSums(world, id)).toEqual({ underWay: 0, done: PART })
  })

  test('with another body, or for another payment, is another request', async () => {
    const { merchant, id } = await startPaid(world)
    idOf(await refund(merchant, id, { amount: PART }, headers), 201)
    const reused = { status: 422, body: { code: 'idempotency_key_reused' } }
    expect(await refund(merchant, id, { amount: PART + 1 }, headers)).toMatchObject(reused)
    const other = await startAt(merchant)
    expect(await refund(merchant, other, { amount: PART }, headers)).toMatchObject(reused)
    expect(await refundSums(world, id)).toEqual({ underWay: PART, done: 0 })
  })

  test('at the same time makes one refund', async () => {
    const { merchant, connection, id, reference } = await startPaid(world)
    const both = await Promise.all([1, 2].map(() => refund(merchant, id, { amount: PART }, headers)))
    const statuses = both.map(({ status }) => status).sort()
    expect([
      [201, 201],
      [201, 409],
    ]).toContainEqual(statuses)
    expect(refundsThere(connection, reference)).toHaveLength(1)
  })

  test('without a key is a second refund', async () => {
    const { merchant, connection, id, reference } = await startPaid(world)
    const first = idOf(await refund(merchant, id, { amount: PART }), 201)
    const second = idOf(await refund(merchant, id, { amount: PART }), 201)
    expect(second).not.toBe(first)
    expect(refundsThere(connection, reference)).toHaveLength(2)
  })

  test('after a refusal that left nothing behind goes through once it can', async () => {
    const merchant = await world.newMerchant()
    const { driver } = await connect(world, merchant, 1)
    const id = await startAt(merchant)
    expect((await refund(merchant, id, {}, headers)).body.code).toBe('transaction_not_refundable')
    driver.pay(await referenceOf(world, id))
    await deliverProviderWebhooks(world)
    expect((await refund(merchant, id, {}, headers)).status).toBe(201)
  })
})

describe('a refund that the provider refuses', () => {
  /** Somebody sent most of it back on the dashboard, and no webhook told us. */
  async function refuse() {
    const paid = await startPaid(world)
    const { merchant, connection, id, reference } = paid
    connection.driver.webhookAccident(connection.account, { kind: 'lost' })
    connection.driver.refundOnDashboard(reference, ORDER.amount - PART)
    const headers = { 'idempotency-key': 'refused' }
    const ask = () => refund(merchant, id, { amount: PART + 1 }, headers)
    return { ...paid, ask, asked: await world.countRoundTrips(ask) }
  }

  test('is told with its id, in the provider’s words, and stays as failed', async () => {
    const { merchant, id, asked } = await refuse()
    expect(asked).toMatchObject({
      roundTrips: 2,
      result: { status: 422, body: { code: 'provider_refused', transaction_id: id } },
    })
    const { refund_id, detail } = asked.result.body
    const { body } = await merchant.api.get(`${REFUNDS}${refund_id}/`)
    expect(body).toMatchObject({
      status: 'failed',
      amount: PART + 1,
      failure_code: 'request_refused',
      provider_refund_id: null,
      finished_at: world.clock.now().toISOString(),
    })
    expect(body.failure_message).toMatch(/cannot exceed/)
    expect(detail).toBe(`request_refused: ${body.failure_message}`)
    const events = await merchant.api.get('/api/v1/events/?type=refund.failed')
    expect(events.body.data).toMatchObject([{ data: { id: refund_id, status: 'failed' } }])
  })

  test('frees its amount', async () => {
    const { merchant, id } = await refuse()
    expect(await refundSums(world, id)).toEqual({ underWay: 0, done: 0 })
    expect(await refund(merchant, id, { amount: PART })).toMatchObject({ status: 201, body: { amount: PART } })
  })

  test('is refused the same way to the same request, without asking again', async () => {
    const { ask, asked } = await refuse()
    const calls = world.providerCalls.length
    const again = await world.countRoundTrips(ask)
    const { refund_id, transaction_id, detail } = asked.result.body
    const body = { code: 'provider_refused', refund_id, transaction_id, detail }
    expect(again).toMatchObject({ roundTrips: 1, result: { status: 422, body } })
    expect(again.result.headers.get('idempotent-replayed')).toBe('true')
    expect(world.providerCalls).toHaveLength(calls)
  })
})

describe('a refund without a clear answer is pending, and counts', () => {
  test.each<[string, CallAccident, string]>([
    ['a time-out after the effect', { kind: 'cut', when: 'after', how: 'hang' }, 'timed_out'],
    ['a time-out before it', { kind: 'cut', when: 'before', how: 'hang' }, 'timed_out'],
    ['a cut connection', { kind: 'cut', when: 'after', how: 'reset' }, 'unreachable'],
    ['a broken server', { kind: 'server_error', when: 'after' }, 'server_error'],
    ['too many calls', { kind: 'rate_limited' }, 'rate_limited'],
  ])('after %s', async (_what, accident, failure_code) => {
    const { merchant, connection, id } = await startPaid(world)
    connection.driver.accident(connection.account, { ...accident, operation: 'create_refund', times: 1 })
    const headers = { 'idempotency-key': 'unclear' }
    world.jobs.splice(0)
    const asked = await world.countRoundTrips(() => refund(merchant, id, {}, headers))
    expect(asked).toMatchObject({
      roundTrips: 2,
      result: { status: 202, body: { status: 'pending', failure_code, provider_refund_id: null, finished_at: null } },
    })
    expect(await refundSums(world, id)).toEqual({ underWay: ORDER.amount, done: 0 })
    await expectRefused({ merchant, id }, { amount: 5_000 }, 422, 'refund_exceeds_payment')
    // Somebody asks after it; where the provider put us off, at the next sweep that is due.
    const nudged = world.jobs.filter(({ kind }) => kind === 'follow_up_refunds')
    expect(nudged).toHaveLength(accident.kind === 'rate_limited' ? 0 : 1)
    const again = await refund(merchant, id, {}, headers)
    expect(again).toMatchObject({ status: 202, body: asked.result.body })
    expect(again.headers.get('idempotent-replayed')).toBe('true')
  })
})

describe('reading refunds', () => {
  let merchant: Merchant
  /** The payment of all the refunds but one, and that one's. */
  let payment: string
  let other: string
  /** Of the refunds, the newest first. */
  const made: { id: string; status: RefundStatus; of: string }[] = []

  beforeAll(async () => {
    const paid = await startPaid(world)
    merchant = paid.merchant
    payment = paid.id
    const courses: [RefundCourse, RefundStatus][] = [
      ['succeeds', 'succeeded'],
      ['fails', 'failed'],
      ['requires_action', 'requires_action'],
      ['stays_pending', 'pending'],
    ]
    for (const [course, status] of courses) {
      paid.connection.driver.setRefundCourse(paid.reference, course)
      made.unshift({ id: idOf(await refund(merchant, payment, { amount: 10_000 }), 201), status, of: payment })
      world.clock.advance(1_000)
    }
    other = await startAt(merchant)
    paid.connection.driver.pay(await referenceOf(world, other))
    await deliverProviderWebhooks(world)
    made.unshift({ id: idOf(await refund(merchant, other), 201), status: 'succeeded', of: other })
    await settleRefunds()
  })

  const idsIn = (body: { data: { id: string }[] }) => body.data.map(({ id }) => id)
  const idsWhere = (holds: (one: (typeof made)[number]) => boolean) => made.filter(holds).map(({ id }) => id)

  test('one is one round trip', async () => {
    for (const { id, status, of } of made) {
      const { result, roundTrips } = await world.countRoundTrips(() => merchant.api.get(`${REFUNDS}${id}/`))
      expect(result).toMatchObject({ status: 200, body: { id, status, transaction_id: of } })
      expect(RefundSchema.strict().parse(result.body)).toEqual(result.body)
      expect(roundTrips).toBe(1)
    }
  })

  test('all of them, or those of a payment, is one round trip, the newest first', async () => {
    const all = await world.countRoundTrips(() => merchant.api.get(REFUNDS))
    expect(ListSchema(RefundSchema.strict()).parse(all.result.body)).toEqual(all.result.body)
    expect(idsIn(all.result.body)).toEqual(idsWhere(() => true))
    const some = await world.countRoundTrips(() => merchant.api.get(`${TRANSACTIONS}${payment}/refunds/`))
    expect(idsIn(some.result.body)).toEqual(idsWhere(({ of }) => of === payment))
    expect([all.roundTrips, some.roundTrips]).toEqual([1, 1])
    expect(await merchant.person.get(REFUNDS)).toMatchObject({ status: 200, body: all.result.body })
  })

  test.each(REFUND_STATUSES)('by the status %s', async (status) => {
    const all = await merchant.api.get(`${REFUNDS}?status=${status}`)
    expect(idsIn(all.body)).toEqual(idsWhere((one) => one.status === status))
    const some = await merchant.api.get(`${TRANSACTIONS}${payment}/refunds/?status=${status}`)
    expect(idsIn(some.body)).toEqual(idsWhere((one) => one.status === status && one.of === payment))
  })

  test.each([
    ['', () => true],
    ['status=succeeded', ({ status }: (typeof made)[number]) => status === 'succeeded'],
  ])('in pages that join without a gap or a repeat: ?%s', async (query, holds) => {
    const seen: string[] = []
    let cursor: string | null = ''
    for (let pages = 0; cursor !== null && pages < 10; pages++) {
      const { body } = await merchant.api.get(`${REFUNDS}?${query}&limit=1${cursor && `&cursor=${cursor}`}`)
      expect(body.data.length).toBeLessThanOrEqual(1)
      seen.push(...idsIn(body))
      cursor = body.next_cursor
    }
    expect(seen).toEqual(idsWhere(holds))
  })

  test('of a payment that has none is an empty list', async () => {
    const fresh = await startAt(merchant)
    const { body } = await merchant.api.get(`${TRANSACTIONS}${fresh}/refunds/`)
    expect(body).toEqual({ object: 'list', data: [], next_cursor: null })
  })

  test('that are another’s, or of the other mode, is as if they were not there', async () => {
    const stranger = await world.newMerchant()
    const live = caller(world.app, merchant.accessToken, 'live')
    for (const api of [stranger.api, live]) {
      expect((await api.get(REFUNDS)).body.data).toEqual([])
      expect(await api.get(`${REFUNDS}${made[0]?.id}/`)).toMatchObject({
        status: 404,
        body: { code: 'refund_not_found' },
      })
      expect(await api.get(`${TRANSACTIONS}${payment}/refunds/`)).toMatchObject({
        status: 404,
        body: { code: 'transaction_not_found' },
      })
    }
    expect(await merchant.api.get(`${REFUNDS}${UNKNOWN.refund}/`)).toMatchObject({
      status: 404,
      body: { code: 'refund_not_found' },
    })
    expect((await merchant.api.get(`${TRANSACTIONS}${UNKNOWN.transaction}/refunds/`)).status).toBe(404)
  })

  test.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['cursor=txn_01kav3q2m8x4c5d6e7f8g9h0jk', 'cursor'],
    ['status=processed', 'status'],
    ['nonsense=1', 'nonsense'],
  ])('with ?%s is refused', async (query, field) => {
    for (const path of [REFUNDS, `${TRANSACTIONS}${payment}/refunds/`]) {
      expect(await merchant.api.get(`${path}?${query}`)).toMatchObject({ status: 422, body: { errors: [{ field }] } })
    }
  })
})
