/** The main job through the real handlers, and what it costs. */

import { type SQL, sql } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { enter } from '../../src/db/gate.ts'
import { newId } from '../../src/domain/ids.ts'
import {
  TransactionDetailSchema,
  TransactionSchema,
  VerifiedTransactionSchema,
} from '../../src/http/routes/transactions.ts'
import { sealCredentials } from '../../src/operations/account/credentials.ts'
import { applyProviderEvent } from '../../src/operations/provider-events/apply.ts'
import { sweep } from '../../src/operations/upkeep/sweep.ts'
import {
  deliverProviderWebhooks,
  look,
  ORDER,
  pay,
  postSigned,
  providerReferenceOf,
  startPayment,
  workThroughJobs,
} from '../support/paystack.ts'
import { createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('payment_flow')
const PAID_ONCE = { status: 'succeeded', events: ['payment.created', 'payment.succeeded'], attempts: ['succeeded'] }

describe('the main job', () => {
  test('a payment is initiated, paid, confirmed with the provider and told', async () => {
    const { merchant, started, id } = await startPayment(world)
    expect(started.status).toBe(201)
    const transaction = TransactionSchema.parse(started.body)
    expect(transaction).toMatchObject({ amount: 150_000, currency: 'NGN', status: 'pending', provider: 'paystack' })
    expect(transaction.checkout_url).toContain('https://simulators.test/paystack/')

    await pay(world, id)
    await deliverProviderWebhooks(world)

    expect(await look(world, id)).toMatchObject(PAID_ONCE)
    const detail = TransactionDetailSchema.parse((await merchant.api.get(`/api/v1/transactions/${id}/`)).body)
    expect(detail.history.map(({ status }) => status)).toEqual(['pending', 'succeeded'])
    expect(detail).toMatchObject({ status: 'succeeded', checkout_url: null })
  })

  test('verify_payment applies what the provider says, without any webhook', async () => {
    const { merchant, id } = await startPayment(world)
    await pay(world, id)
    const verified = await merchant.api.get(`/api/v1/transactions/${id}/verify_payment/`)
    expect(VerifiedTransactionSchema.parse(verified.body)).toMatchObject({ status: 'succeeded', confirmed: true })
  })

  test('a payer who has not paid leaves the payment pending, however often it is verified', async () => {
    const { merchant, id, started } = await startPayment(world)
    for (let i = 0; i < 3; i++) {
      const verified = await merchant.api.get(`/api/v1/transactions/${id}/verify_payment/`)
      expect(verified.body).toMatchObject({
        status: 'pending',
        confirmed: true,
        checkout_url: started.body.checkout_url,
      })
    }
    expect(await look(world, id)).toMatchObject({ status: 'pending', events: ['payment.created'], attempts: ['open'] })
  })

  test('the fee and what is left of the payment are told once it is paid', async () => {
    const { merchant, id } = await startPayment(world)
    await pay(world, id)
    const { body } = await merchant.api.get(`/api/v1/transactions/${id}/verify_payment/`)
    expect(body.fee).toBeGreaterThan(0)
    expect(body.net_amount).toBe(ORDER.amount - body.fee)
  })
})

describe('webhooks come when they like', () => {
  test('sent twice, a webhook changes the payment once', async () => {
    const { id, connection } = await startPayment(world)
    world.paystack.control.setFault({ kind: 'webhook_duplicate', copies: 3, account: connection.secretKey })
    await pay(world, id)
    await deliverProviderWebhooks(world)
    expect(await look(world, id)).toMatchObject(PAID_ONCE)
    const stored = await world.query(
      sql`select status, repeats from provider_events where connection_id = ${connection.id}`,
    )
    expect(stored).toEqual([{ status: 'applied', repeats: 3 }])
  })

  test('after the payment was verified on the redirect, the webhook changes nothing more', async () => {
    const { merchant, id } = await startPayment(world)
    await pay(world, id)
    await merchant.api.get(`/api/v1/transactions/${id}/verify_payment/`)
    await deliverProviderWebhooks(world)
    expect(await look(world, id)).toMatchObject(PAID_ONCE)
  })

  test('before the payer is back, the webhook has settled the payment, and the redirect changes nothing more', async () => {
    const { merchant, id } = await startPayment(world)
    await pay(world, id)
    await deliverProviderWebhooks(world)
    const verified = await merchant.api.get(`/api/v1/transactions/${id}/verify_payment/`)
    expect(verified.body).toMatchObject({ status: 'succeeded', confirmed: true })
    expect(await look(world, id)).toMatchObject(PAID_ONCE)
  })

  test('hours late, a webhook settles the payment as one in time does', async () => {
    const { id, connection } = await startPayment(world)
    world.paystack.control.setFault({ kind: 'webhook_late', ms: 3 * 3_600_000, account: connection.secretKey })
    await pay(world, id)
    await deliverProviderWebhooks(world)
    expect((await look(world, id)).status).toBe('pending')
    world.clock.advance(3 * 3_600_000)
    await deliverProviderWebhooks(world)
    expect(await look(world, id)).toMatchObject(PAID_ONCE)
  })

  test('in the wrong order, webhooks settle each its own payment', async () => {
    const { merchant, id, connection } = await startPayment(world)
    const other = String((await merchant.api.post('/api/v1/transactions/initiate_payment/', ORDER)).body.id)
    world.paystack.control.setFault({ kind: 'webhook_reordered', ms: 60_000, account: connection.secretKey, times: 1 })
    await pay(world, id)
    await pay(world, other)
    await world.paystack.deliverDueWebhooks()
    await world.settled()
    const received: unknown[] = []
    for (const job of world.jobs) {
      const event = job.kind === 'apply' ? job.providerEventId : ''
      received.push(
        ...(await world.query(sql`
        select a.transaction_id from provider_events e join attempts a on a.reference = e.reference
        where e.id = ${event}`)),
      )
    }
    expect(received).toEqual([{ transaction_id: other }, { transaction_id: id }])
    await workThroughJobs(world)
    expect(await look(world, id)).toMatchObject(PAID_ONCE)
    expect(await look(world, other)).toMatchObject(PAID_ONCE)
  })

  test('a webhook about a payment that failed tells no success', async () => {
    const { id, connection } = await startPayment(world)
    const reference = await providerReferenceOf(world, id)
    world.paystack.control.decline({ reference }, 'failed')
    await postSigned(world, connection, { event: 'charge.success', data: { id: 1, reference, status: 'success' } })
    await workThroughJobs(world)
    expect(await look(world, id)).toMatchObject({ status: 'failed', events: ['payment.created', 'payment.failed'] })
  })

  test('a late webhook for a payment that failed first makes it succeeded', async () => {
    const { merchant, id } = await startPayment(world)
    const reference = await providerReferenceOf(world, id)
    world.paystack.control.decline({ reference }, 'failed')
    const failed = await merchant.api.get(`/api/v1/transactions/${id}/verify_payment/`)
    expect(failed.body.status).toBe('failed')
    await pay(world, id)
    await deliverProviderWebhooks(world)
    expect(await look(world, id)).toMatchObject({
      status: 'succeeded',
      events: ['payment.created', 'payment.failed', 'payment.succeeded'],
    })
  })

  test('a webhook that never comes is made up for by the sweep', async () => {
    const { id, connection } = await startPayment(world)
    world.paystack.control.setFault({ kind: 'webhook_lost', account: connection.secretKey })
    await pay(world, id)
    await deliverProviderWebhooks(world)
    expect((await look(world, id)).status).toBe('pending')
    world.clock.advance(2 * 60_000)
    await sweep(world.deps)
    expect(await look(world, id)).toMatchObject(PAID_ONCE)
  })

  test('a lost queue message is made up for by the sweep', async () => {
    const { id } = await startPayment(world)
    await pay(world, id)
    await world.paystack.deliverDueWebhooks()
    await world.settled()
    expect(world.jobs.splice(0)).toHaveLength(1)
    expect((await look(world, id)).status).toBe('pending')
    await sweep(world.deps)
    expect(await look(world, id)).toMatchObject(PAID_ONCE)
  })

  test('while the provider cannot be asked, a webhook is believed in nothing and applied later', async () => {
    const { id, connection } = await startPayment(world)
    await pay(world, id)
    world.paystack.control.setFault({
      kind: 'server_error',
      when: 'before',
      operation: 'verify',
      account: connection.secretKey,
      times: 1,
    })
    await deliverProviderWebhooks(world)
    expect((await look(world, id)).status).toBe('pending')
    world.clock.advance(60_000)
    await sweep(world.deps)
    expect(await look(world, id)).toMatchObject(PAID_ONCE)
  })

  test('two workers that come upon the same event at once ask the provider once and change the payment once', async () => {
    const { id } = await startPayment(world)
    await pay(world, id)
    await world.paystack.deliverDueWebhooks()
    await world.settled()
    const [job] = world.jobs.splice(0)
    if (job?.kind !== 'apply') throw new Error('no job')
    world.providerCalls.splice(0)
    await Promise.all([1, 2].map(() => applyProviderEvent(world.deps, job.providerEventId)))
    expect(await look(world, id)).toMatchObject(PAID_ONCE)
    expect(world.providerCalls).toHaveLength(1)
  })
})

describe('what was not paid as asked is for a person to see', () => {
  test.each([
    ['another amount', { kind: 'wrong_amount', delta: -50_000 }, 'amount_mismatch'],
    ['a larger amount', { kind: 'wrong_amount', delta: 1 }, 'amount_mismatch'],
    ['another currency', { kind: 'wrong_currency', currency: 'GHS' }, 'currency_mismatch'],
    ['a part of it', { kind: 'partial_debit', shortBy: 100 }, 'collected_amount_mismatch'],
  ] as const)('%s ends in requires_review', async (_what, fault, reason) => {
    const { id, connection } = await startPayment(world)
    world.paystack.control.setFault({ ...fault, account: connection.secretKey })
    await pay(world, id)
    await deliverProviderWebhooks(world)
    expect(await look(world, id)).toMatchObject({
      status: 'requires_review',
      review_reason: reason,
      events: ['payment.created', 'payment.requires_review'],
    })
  })

  test('a payer who bears the fee has paid what was asked', async () => {
    const { merchant, id, connection } = await startPayment(world)
    world.paystack.control.setFault({ kind: 'fees_on_payer', account: connection.secretKey })
    await pay(world, id)
    await deliverProviderWebhooks(world)
    const { body } = await merchant.api.get(`/api/v1/transactions/${id}/`)
    expect(body).toMatchObject({ status: 'succeeded', net_amount: ORDER.amount })
  })
})

describe('the deadline', () => {
  test('an unpaid payment expires at its deadline, and not before the provider was asked', async () => {
    const { id } = await startPayment(world, { ...ORDER, expires_in: 600 })
    world.clock.advance(599_000)
    await sweep(world.deps)
    expect((await look(world, id)).status).toBe('pending')
    world.clock.advance(1_000)
    await sweep(world.deps)
    expect(await look(world, id)).toMatchObject({ status: 'expired', events: ['payment.created', 'payment.expired'] })
  })

  test('a payment that was paid in its last second is succeeded, not expired', async () => {
    const { id, connection } = await startPayment(world, { ...ORDER, expires_in: 600 })
    world.paystack.control.setFault({ kind: 'webhook_lost', account: connection.secretKey })
    await pay(world, id)
    world.clock.advance(600_000)
    await sweep(world.deps)
    expect(await look(world, id)).toMatchObject(PAID_ONCE)
  })

  test('a late success turns an expired transaction into succeeded', async () => {
    const { id } = await startPayment(world, { ...ORDER, expires_in: 600 })
    world.clock.advance(600_000)
    await sweep(world.deps)
    await pay(world, id)
    await deliverProviderWebhooks(world)
    expect(await look(world, id)).toMatchObject({
      status: 'succeeded',
      events: ['payment.created', 'payment.expired', 'payment.succeeded'],
    })
  })

  test('a late success turns a cancelled transaction into succeeded, and its loss is found by asking on', async () => {
    const { merchant, id, connection } = await startPayment(world, { ...ORDER, expires_in: 600 })
    const cancelled = await merchant.api.post(`/api/v1/transactions/${id}/cancel/`)
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled', checkout_url: null } })
    world.paystack.control.setFault({ kind: 'webhook_lost', account: connection.secretKey })
    await pay(world, id)
    world.clock.advance(600_000)
    await sweep(world.deps)
    expect(await look(world, id)).toMatchObject({ status: 'succeeded' })
  })

  test('what is succeeded is not cancelled', async () => {
    const { merchant, id } = await startPayment(world)
    await pay(world, id)
    await deliverProviderWebhooks(world)
    expect(await merchant.api.post(`/api/v1/transactions/${id}/cancel/`)).toMatchObject({
      status: 409,
      body: { code: 'transaction_not_cancellable' },
    })
  })
})

describe('the budget of round trips', () => {
  test('initiating costs two, its replay one, and reading, listing and cancelling one each', async () => {
    const { merchant } = await startPayment(world)
    const headers = { 'idempotency-key': 'budget' }
    const initiate = () => merchant.api.post('/api/v1/transactions/initiate_payment/', ORDER, headers)
    const first = await world.countRoundTrips(initiate)
    expect(first).toMatchObject({ roundTrips: 2, result: { status: 201 } })
    expect(await world.countRoundTrips(initiate)).toMatchObject({ roundTrips: 1, result: { status: 201 } })
    const path = `/api/v1/transactions/${first.result.body.id}/`
    expect(await world.countRoundTrips(() => merchant.api.get(path))).toMatchObject({ roundTrips: 1 })
    expect(await world.countRoundTrips(() => merchant.person.get(path))).toMatchObject({ roundTrips: 1 })
    expect(await world.countRoundTrips(() => merchant.api.get('/api/v1/transactions/'))).toMatchObject({
      roundTrips: 1,
    })
    const cancelled = await world.countRoundTrips(() => merchant.api.post(`${path}cancel/`))
    expect(cancelled).toMatchObject({ roundTrips: 1, result: { status: 200 } })
  })

  test('a provider webhook costs two up to the 200 with the credential cold, one warm, and two to apply', async () => {
    const { merchant, id } = await startPayment(world)
    await pay(world, id)
    const cold = await world.countRoundTrips(() => world.paystack.deliverDueWebhooks())
    expect(cold.roundTrips).toBe(2)
    await world.settled()
    expect(await world.countRoundTrips(() => workThroughJobs(world))).toMatchObject({ roundTrips: 2 })

    const second = await merchant.api.post('/api/v1/transactions/initiate_payment/', ORDER)
    await pay(world, String(second.body.id))
    const warm = await world.countRoundTrips(() => world.paystack.deliverDueWebhooks())
    expect(warm).toMatchObject({ roundTrips: 1, result: 1 })
  })

  test('verify_payment costs two, and the provider’s answer between them', async () => {
    const { merchant, id } = await startPayment(world)
    await pay(world, id)
    const verified = await world.countRoundTrips(() => merchant.api.get(`/api/v1/transactions/${id}/verify_payment/`))
    expect(verified).toMatchObject({ roundTrips: 2, result: { body: { status: 'succeeded' } } })
  })
})

test('what fails in a sweep is logged, and keeps nothing else from its work', async () => {
  const order = { ...ORDER, expires_in: 600 }
  const broken = await startPayment(world, order)
  const sound = await startPayment(world, order)
  // Another connection's, as after a restore that went wrong: it does not open.
  const sealed = await sealCredentials(world.deps, sound.connection.id, { secret_key: broken.connection.secretKey })
  await changeConnections(
    broken.merchant,
    sql`update connections set sealed_credentials = ${sealed} where id = ${broken.connection.id}`,
  )
  world.logLines.splice(0)
  world.clock.advance(600_000)
  await sweep(world.deps)
  expect((await look(world, broken.id)).status).toBe('pending')
  expect((await look(world, sound.id)).status).toBe('expired')
  expect(world.logLines.map((line) => JSON.parse(line))).toContainEqual({
    level: 'error',
    event: 'payment_not_followed_up',
    error: 'SealError: sealed value: refused',
  })
})

/** Changes something as the merchant's API could, were its code wrong. */
async function changeConnections(merchant: Merchant, statement: SQL): Promise<void> {
  const { sessionId, userId, merchantId, mode } = merchant
  const now = world.clock.now()
  const requestId = newId('req', now.getTime(), world.deps.random)
  const credential = { kind: 'session', sessionId, userId, merchantId, mode } as const
  const caller = { credential, ipAddress: undefined, userAgent: undefined, requestId }
  const { db, run } = world.deps.api
  const gate = enter(db, now, caller, { scope: 'connections:write', action: 'connection.changed' })
  const batch = await run(gate, [db.execute(statement)])
  if (!batch.ok) throw new Error(batch.problem.code)
}
