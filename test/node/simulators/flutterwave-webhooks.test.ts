/** Webhooks: their shapes, the hash that proves so little, tried until 200, mistreated by switch. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { flutterwaveSignature } from '../../../local/simulators/flutterwave/signature.ts'
import {
  type FlutterwaveTest,
  flutterwaveTest,
  HASH,
  KEY,
  LIVE_KEY,
  Merchant,
  WEBHOOK_URL,
} from './flutterwave-world.ts'
import { MINUTE_MS } from './world.ts'

async function payAndDeliver({ simulator, merchant }: FlutterwaveTest, reference: string): Promise<void> {
  await merchant.open(reference)
  simulator.control.pay({ reference })
  await simulator.deliverDueWebhooks()
}

test('the signature of the other header is the HMAC that OpenSSL computes', async () => {
  // From `openssl dgst -sha256 -hmac … -binary | base64`.
  expect(await flutterwaveSignature('a hash that Ama typed', '{"event":"charge.completed"}')).toBe(
    'oOQIbucZC79m3S99DSR459w1pC0IoM6m0+vJQqE51EQ=',
  )
})

const recordedVectors = join(
  import.meta.dirname,
  '../../../../shared/providers/payloads/flutterwave/signature-vectors.json',
)
if (existsSync(recordedVectors)) {
  const vector = z.object({ secret_hash: z.string(), raw_body: z.string(), 'flutterwave-signature': z.string() })
  const file = z.object({ v4: z.object({ cases: z.array(vector) }) })
  const { cases } = file.parse(JSON.parse(readFileSync(recordedVectors, 'utf8'))).v4
  test.each(cases)('the recorded signature of $raw_body is ours', async (recorded) => {
    expect(await flutterwaveSignature(recorded.secret_hash, recorded.raw_body)).toBe(recorded['flutterwave-signature'])
  })
}

test('the success of a try is sent to the merchant with the hash of the account', async () => {
  const setup = flutterwaveTest()
  await payAndDeliver(setup, 'paid')
  const [post] = setup.world.inbox
  expect(setup.world.inbox).toHaveLength(1)
  expect(post).toMatchObject({
    url: WEBHOOK_URL,
    body: { event: 'charge.completed', data: { tx_ref: 'paid', status: 'successful', amount: 2500 } },
  })
  expect(post?.headers.get('content-type')).toBe('application/json')
  expect(post?.headers.get('verif-hash')).toBe(HASH)
  expect(post?.headers.has('flutterwave-signature')).toBe(false)
})

test('each failed try is told, and closing the page is not', async () => {
  const { world, simulator, merchant } = flutterwaveTest()
  await merchant.open('failing')
  simulator.control.decline({ reference: 'failing' })
  simulator.control.decline({ reference: 'failing' })
  await simulator.deliverDueWebhooks()
  const data = world.inbox.map(({ body }) => body.data)
  expect(data).toMatchObject([{ status: 'failed', app_fee: null }, { status: 'failed' }])
  const ids = simulator.control.tries({ reference: 'failing' }).map(({ id }) => id)
  expect(data).toMatchObject(ids.map((id) => ({ id })))
})

test('a payment that waits is told by switch', async () => {
  const { world, simulator, merchant } = flutterwaveTest({ pendingWebhooks: true })
  await merchant.open('waiting')
  simulator.control.pay({ reference: 'waiting' }, { method: 'bank_transfer' })
  simulator.control.pay({ reference: 'waiting' }, { transfer: 'sent' })
  await simulator.deliverDueWebhooks()
  expect(world.inbox.map(({ body }) => body.data)).toMatchObject([{ status: 'pending' }, { status: 'successful' }])
})

describe('shapes', () => {
  test('current: with meta_data and a key with a dot', async () => {
    const setup = flutterwaveTest()
    const link = await setup.merchant.open('current', { meta: { order: 7 } })
    setup.simulator.control.pay({ reference: 'current' })
    await setup.simulator.deliverDueWebhooks()
    expect(setup.world.inbox[0]?.body).toMatchObject({
      'event.type': 'CARD_TRANSACTION',
      meta_data: { order: 7, __CheckoutInitAddress: link },
    })
  })

  test('plain: event and data alone', async () => {
    const setup = flutterwaveTest({ webhookShape: 'plain' })
    await payAndDeliver(setup, 'plain')
    expect(Object.keys(setup.world.inbox[0]?.body ?? {})).toEqual(['event', 'data'])
  })

  test('legacy: flat, without an event', async () => {
    const setup = flutterwaveTest({ webhookShape: 'legacy' })
    await payAndDeliver(setup, 'legacy')
    const body = setup.world.inbox[0]?.body
    expect(body).toMatchObject({ txRef: 'legacy', status: 'successful', 'event.type': 'CARD_TRANSACTION' })
    expect(body).not.toHaveProperty('event')
  })
})

describe('the header', () => {
  test('without a hash in the dashboard there is none', async () => {
    const setup = flutterwaveTest({ webhookHash: null })
    await payAndDeliver(setup, 'bare')
    expect(setup.world.inbox[0]?.headers.has('verif-hash')).toBe(false)
  })

  test('the other header signs the body with the same hash', async () => {
    const setup = flutterwaveTest({ webhookHeader: 'flutterwave-signature' })
    await payAndDeliver(setup, 'signed')
    const [post] = setup.world.inbox
    expect(post?.headers.has('verif-hash')).toBe(false)
    expect(post?.headers.get('flutterwave-signature')).toBe(await flutterwaveSignature(HASH, post?.raw ?? ''))
  })

  test.each([
    { kind: 'webhook_wrong_hash', header: 'some-other-hash' },
    { kind: 'webhook_without_hash', header: null },
  ] as const)('$kind strikes one delivery', async ({ kind, header }) => {
    const setup = flutterwaveTest()
    setup.simulator.control.setFault({ kind, times: 1 })
    setup.world.merchantAnswers(401)
    await payAndDeliver(setup, 'odd')
    setup.world.advance(30 * MINUTE_MS)
    await setup.simulator.deliverDueWebhooks()
    expect(setup.world.inbox.map(({ headers }) => headers.get('verif-hash'))).toEqual([header, HASH])
  })

  test('a forged amount comes under the right hash', async () => {
    const setup = flutterwaveTest()
    setup.simulator.control.setFault({ kind: 'webhook_forged_amount', amount: 123, times: 1 })
    await payAndDeliver(setup, 'forged')
    expect(setup.world.inbox[0]?.body.data).toMatchObject({ amount: 1.23, charged_amount: 1.23 })
    expect(setup.world.inbox[0]?.headers.get('verif-hash')).toBe(HASH)
    expect((await setup.merchant.verifyReference('forged')).amount).toBe(2500)
  })
})

test('an account without a webhook URL hears nothing', async () => {
  const setup = flutterwaveTest({ webhookUrl: null })
  await payAndDeliver(setup, 'unheard')
  expect(setup.world.inbox).toEqual([])
  expect(setup.simulator.nextDueAt()).toBeUndefined()
})

test('each account has a URL of its own', async () => {
  const setup = flutterwaveTest()
  setup.simulator.control.configureAccount(LIVE_KEY, { webhookUrl: 'https://merchant.example/live' })
  await payAndDeliver({ ...setup, merchant: new Merchant(setup.simulator, LIVE_KEY) }, 'in-live')
  expect(setup.world.inbox.map(({ url }) => url)).toEqual(['https://merchant.example/live'])
})

describe('tries', () => {
  test('three more, half an hour apart, then none', async () => {
    const setup = flutterwaveTest()
    setup.world.merchantAnswers(500)
    await payAndDeliver(setup, 'refused')
    for (let again = 1; again <= 3; again++) {
      setup.world.advance(30 * MINUTE_MS - 1)
      expect(await setup.simulator.deliverDueWebhooks()).toBe(0)
      setup.world.advance(1)
      expect(await setup.simulator.deliverDueWebhooks()).toBe(1)
    }
    expect(setup.simulator.nextDueAt()).toBeUndefined()
    expect(setup.world.inbox).toHaveLength(4)
    expect(new Set(setup.world.inbox.map(({ raw }) => raw)).size).toBe(1)
  })

  test('one alone where retries are off', async () => {
    const setup = flutterwaveTest({ webhookRetries: false })
    setup.world.merchantAnswers(500)
    await payAndDeliver(setup, 'once')
    expect(setup.simulator.nextDueAt()).toBeUndefined()
  })

  test.each([201, 202, 204, 302, 401, 503, 'unreachable'] as const)('%s is no success', async (answer) => {
    const setup = flutterwaveTest()
    setup.world.merchantAnswers(answer)
    await payAndDeliver(setup, 'again')
    setup.world.merchantAnswers(200)
    setup.world.advance(30 * MINUTE_MS)
    expect(await setup.simulator.deliverDueWebhooks()).toBe(1)
    expect(setup.simulator.nextDueAt()).toBeUndefined()
  })
})

test('a webhook is sent once more on demand', async () => {
  const setup = flutterwaveTest()
  await payAndDeliver(setup, 'hook')
  const { id } = await setup.merchant.verifyReference('hook')
  expect(await setup.merchant.call('POST', `/transactions/${id}/resend-hook`)).toEqual({
    status: 200,
    body: { status: 'success', message: 'hook sent successfully', data: 'hook sent' },
  })
  await setup.simulator.deliverDueWebhooks()
  expect(setup.world.inbox.map(({ raw }) => raw)).toEqual(Array(2).fill(setup.world.inbox[0]?.raw))
  expect((await setup.merchant.call('POST', '/transactions/1/resend-hook')).status).toBe(400)
})

describe('on the way', () => {
  const references = ({ world }: FlutterwaveTest) =>
    world.inbox.map(({ body }) => z.object({ tx_ref: z.string() }).parse(body.data).tx_ref)

  test('duplicate, late, reordered and lost', async () => {
    const setup = flutterwaveTest()
    const { setFault } = setup.simulator.control
    setFault({ kind: 'webhook_duplicate', copies: 1, times: 1 })
    await payAndDeliver(setup, 'double')
    setFault({ kind: 'webhook_lost', operation: 'charge.completed', times: 1 })
    await payAndDeliver(setup, 'lost')
    setFault({ kind: 'webhook_late', ms: MINUTE_MS, times: 1 })
    await payAndDeliver(setup, 'late')
    setFault({ kind: 'webhook_reordered', ms: MINUTE_MS, account: KEY, times: 1 })
    await payAndDeliver(setup, 'held')
    await payAndDeliver(setup, 'next')
    setup.world.advance(MINUTE_MS)
    await setup.simulator.deliverDueWebhooks()
    expect(references(setup)).toEqual(['double', 'double', 'next', 'held', 'late'])
  })
})
