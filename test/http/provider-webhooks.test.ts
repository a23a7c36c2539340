/** What strangers post to the URLs that providers post to: each has its clear answer, changes nothing, and is counted. */

import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { encodeHex, utf8 } from '../../src/crypto/bytes.ts'
import { hmacSign } from '../../src/crypto/hmac.ts'
import {
  connectPaystack,
  look,
  ORDER,
  pay,
  providerReferenceOf,
  startPayment,
  workThroughJobs,
} from '../support/paystack.ts'
import { createWorld, type Merchant } from '../support/world.ts'

const world = await createWorld('provider_webhooks')

let merchant: Merchant
let connection: { id: string; secretKey: string }
let transactionId: string
let body: string

const urlOf = (id: string): string => `/api/v1/webhooks/paystack/${id}/`
const sign = async (secret: string, text: string): Promise<string> =>
  encodeHex(await hmacSign('SHA-512', utf8(secret), utf8(text)))

async function post(path: string, text: string | Uint8Array, headers: Record<string, string>) {
  const response = await world.app.request(`https://api.paybridge.test${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: text,
  })
  await world.settled()
  return { status: response.status, body: await response.json<{ code?: string; received?: boolean }>() }
}

async function stored(): Promise<number> {
  const rows = await world.query(sql`select 1 from provider_events where connection_id = ${connection.id}`)
  return rows.length
}

async function refusalCount(reason: string): Promise<number> {
  const [row] = await world.query(sql`select count::int as n from provider_webhook_refusals where reason = ${reason}`)
  return Number(row?.n ?? 0)
}

beforeAll(async () => {
  const started = await startPayment(world)
  merchant = started.merchant
  connection = started.connection
  transactionId = started.id
  const reference = await providerReferenceOf(world, transactionId)
  body = JSON.stringify({
    event: 'charge.success',
    data: { id: 4_294_967_999, reference, amount: 150_000, currency: 'NGN' },
  })
})

describe('hostile posts', () => {
  const cases: [string, () => Promise<[string, string | Uint8Array, Record<string, string>]>, number, string][] = [
    ['no signature', async () => [urlOf(connection.id), body, {}], 401, 'signature_missing'],
    [
      'a signature that is no hex of 128',
      async () => [urlOf(connection.id), body, { 'x-paystack-signature': 'abc' }],
      401,
      'signature_missing',
    ],
    [
      'a signature in capitals',
      async () => [
        urlOf(connection.id),
        body,
        { 'x-paystack-signature': (await sign(connection.secretKey, body)).toUpperCase() },
      ],
      401,
      'signature_missing',
    ],
    [
      'forged with another key',
      async () => [urlOf(connection.id), body, { 'x-paystack-signature': await sign('sk_test_forged0000000', body) }],
      401,
      'signature_wrong',
    ],
    [
      'signed over other bytes',
      async () => [
        urlOf(connection.id),
        ` ${body}`,
        { 'x-paystack-signature': await sign(connection.secretKey, body) },
      ],
      401,
      'signature_wrong',
    ],
    [
      'truncated on the way',
      async () => [
        urlOf(connection.id),
        body.slice(0, -10),
        { 'x-paystack-signature': await sign(connection.secretKey, body) },
      ],
      401,
      'signature_wrong',
    ],
    [
      'signed, but no JSON',
      async () => [
        urlOf(connection.id),
        'charge.success',
        { 'x-paystack-signature': await sign(connection.secretKey, 'charge.success') },
      ],
      400,
      'webhook_malformed',
    ],
    [
      'signed, but not an event',
      async () => [
        urlOf(connection.id),
        '{"a":1}',
        { 'x-paystack-signature': await sign(connection.secretKey, '{"a":1}') },
      ],
      400,
      'webhook_malformed',
    ],
    [
      'another content type',
      async () => [
        urlOf(connection.id),
        body,
        { 'content-type': 'text/plain', 'x-paystack-signature': await sign(connection.secretKey, body) },
      ],
      415,
      'content_type_unsupported',
    ],
    ['larger than 1 MiB', async () => [urlOf(connection.id), new Uint8Array(1_048_577), {}], 413, 'body_too_large'],
    [
      'a connection that is not there',
      async () => [
        urlOf('con_01kav3q2m8x4c5d6e7f8g9h0jk'),
        body,
        { 'x-paystack-signature': await sign(connection.secretKey, body) },
      ],
      404,
      'webhook_unattributable',
    ],
    [
      'a connection that has no form',
      async () => [urlOf('con_1'), body, { 'x-paystack-signature': await sign(connection.secretKey, body) }],
      404,
      'webhook_unattributable',
    ],
    [
      'the shared URL, about a reference that is nobody’s',
      async () => {
        const text = body.replace(/pb-[0-9a-z]+/, 'pb-nobody')
        return ['/api/v1/webhooks/paystack/', text, { 'x-paystack-signature': await sign(connection.secretKey, text) }]
      },
      404,
      'webhook_unattributable',
    ],
    [
      'the shared URL, forged about a payment that is there',
      async () => [
        '/api/v1/webhooks/paystack/',
        body,
        { 'x-paystack-signature': await sign('sk_test_forged0000000', body) },
      ],
      401,
      'signature_wrong',
    ],
  ]

  test.each(cases)('%s', async (_what, make, status, code) => {
    const countedBefore = await refusalCount(code)
    const [path, text, headers] = await make()
    expect(await post(path, text, headers)).toMatchObject({ status, body: { code } })
    expect(await stored()).toBe(0)
    expect(world.jobs).toEqual([])
    expect((await look(world, transactionId)).status).toBe('pending')
    expect(await refusalCount(code)).toBe(countedBefore + 1)
  })

  test('signed by one merchant’s account, posted to another’s connection: refused', async () => {
    const other = await connectPaystack(world, await world.newMerchant())
    const answer = await post(urlOf(connection.id), body, { 'x-paystack-signature': await sign(other.secretKey, body) })
    expect(answer).toMatchObject({ status: 401, body: { code: 'signature_wrong' } })
  })

  test('signed by another merchant for its own connection, about this payment: stored there, and this payment stays', async () => {
    const other = await connectPaystack(world, await world.newMerchant())
    const answer = await post(urlOf(other.id), body, { 'x-paystack-signature': await sign(other.secretKey, body) })
    expect(answer.status).toBe(200)
    await workThroughJobs(world)
    const [event] = await world.query(sql`select status from provider_events where connection_id = ${other.id}`)
    expect(event).toEqual({ status: 'unmatched' })
    expect((await look(world, transactionId)).status).toBe('pending')
  })
})

describe('posts that are believed only so far', () => {
  test('rightly signed news of a success that the provider does not confirm changes nothing', async () => {
    const answer = await post(urlOf(connection.id), body, {
      'x-paystack-signature': await sign(connection.secretKey, body),
    })
    expect(answer).toEqual({ status: 200, body: { received: true } })
    await workThroughJobs(world)
    expect((await look(world, transactionId)).status).toBe('pending')
  })

  test('it is answered 200 once it is stored: where it can’t be, the provider is told to post again', async () => {
    const postEvent = async (id: number) => {
      const text = JSON.stringify({ event: 'charge.success', data: { id, reference: 'none-of-ours' } })
      return post(urlOf(connection.id), text, { 'x-paystack-signature': await sign(connection.secretKey, text) })
    }
    await postEvent(65)
    const before = await stored()
    // The secret is warm by now: the one request to the database is the one that stores.
    const lost = await world.crashAfter(0, () => postEvent(66))
    expect(lost).toMatchObject({ status: 500, body: { code: 'internal_error' } })
    expect(await stored()).toBe(before)
    expect((await postEvent(66)).status).toBe(200)
    expect(await stored()).toBe(before + 1)
  })

  test('with new credentials it is taken at once, also where the ones before were kept', async () => {
    const started = await startPayment(world)
    const postWith = async (key: string, id: number) => {
      const text = JSON.stringify({ event: 'charge.success', data: { id, reference: 'none-of-ours' } })
      return (await post(urlOf(started.connection.id), text, { 'x-paystack-signature': await sign(key, text) })).status
    }
    expect(await postWith(started.connection.secretKey, 1)).toBe(200)
    const secretKey = 'sk_test_thenextone0123456789abcdef'
    const path = `/api/v1/payment-providers/${started.connection.id}/`
    expect((await started.merchant.api.patch(path, { credentials: { secret_key: secretKey } })).status).toBe(200)
    expect(await postWith(secretKey, 2)).toBe(200)
    expect(await postWith(`${secretKey}0`, 3)).toBe(401)
  })

  test('the queue hears of it once it is there', async () => {
    const { nudge } = world.deps
    const found: unknown[] = []
    world.deps.nudge = async (jobs) => {
      for (const job of jobs) {
        if (job.kind !== 'apply') continue
        const id = job.providerEventId
        found.push(await world.query(sql`select status from provider_events where id = ${id}`))
      }
      return nudge(jobs)
    }
    try {
      const text = JSON.stringify({ event: 'charge.success', data: { id: 67, reference: 'none-of-ours' } })
      await post(urlOf(connection.id), text, { 'x-paystack-signature': await sign(connection.secretKey, text) })
    } finally {
      world.deps.nudge = nudge
    }
    expect(found).toEqual([[{ status: 'received' }]])
  })

  test('the bytes are kept as they came', async () => {
    const text = `{ "event":"charge.success", "data":{"id":77,"reference":"a\\/b"} }`
    await post(urlOf(connection.id), text, { 'x-paystack-signature': await sign(connection.secretKey, text) })
    const [event] = await world.query(
      sql`select convert_from(raw_body, 'UTF8') as raw from provider_events where dedupe_key = 'charge.success:77'`,
    )
    expect(event).toEqual({ raw: text })
  })

  test('replayed, it is answered 200, counted as a repeat, and applied no second time', async () => {
    const started = await startPayment(world)
    await pay(world, started.id)
    const reference = await providerReferenceOf(world, started.id)
    const text = JSON.stringify({ event: 'charge.success', data: { id: 88, reference } })
    const headers = { 'x-paystack-signature': await sign(started.connection.secretKey, text) }
    for (let i = 0; i < 3; i++) {
      expect((await post(urlOf(started.connection.id), text, headers)).status).toBe(200)
      await workThroughJobs(world)
    }
    const [event] = await world.query(
      sql`select status, repeats from provider_events where dedupe_key = 'charge.success:88'`,
    )
    expect(event).toEqual({ status: 'applied', repeats: 2 })
    expect(await look(world, started.id)).toMatchObject({ events: ['payment.created', 'payment.succeeded'] })
  })

  test('the shared URL finds the connection by the payment’s reference', async () => {
    const started = await startPayment(world)
    await pay(world, started.id)
    const text = JSON.stringify({
      event: 'charge.success',
      data: { id: 99, reference: await providerReferenceOf(world, started.id) },
    })
    const headers = { 'x-paystack-signature': await sign(started.connection.secretKey, text) }
    expect((await post('/api/v1/webhooks/paystack', text, headers)).status).toBe(200)
    await workThroughJobs(world)
    expect((await look(world, started.id)).status).toBe('succeeded')
  })

  test('an event of a kind that is not ours is stored, answered 200 and ignored', async () => {
    const text = JSON.stringify({ event: 'transfer.success', data: { id: 5, reference: 'TRF_1' } })
    const answer = await post(urlOf(connection.id), text, {
      'x-paystack-signature': await sign(connection.secretKey, text),
    })
    expect(answer.status).toBe(200)
    await workThroughJobs(world)
    const [event] = await world.query(sql`select status from provider_events where dedupe_key = 'transfer.success:5'`)
    expect(event).toEqual({ status: 'ignored' })
  })

  test('a disabled connection still hears of payments that are under way', async () => {
    const started = await startPayment(world)
    await merchant.api.get('/api/v1/transactions/')
    const disabled = await started.merchant.api.post(`/api/v1/payment-providers/${started.connection.id}/disable/`)
    expect(disabled.status).toBe(200)
    await pay(world, started.id)
    await world.paystack.deliverDueWebhooks()
    await world.settled()
    await workThroughJobs(world)
    expect((await look(world, started.id)).status).toBe('succeeded')
    const refused = await started.merchant.api.post('/api/v1/transactions/initiate_payment/', ORDER)
    expect(refused).toMatchObject({ status: 422, body: { code: 'no_usable_connection' } })
  })
})
