/** Webhooks: signed over the bytes that are sent, tried until 200, mistreated by switch, and sent again on demand. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { verifyPaystackWebhookSignature } from '@alexasomba/paystack-node'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { paystackSignature } from '../../../local/simulators/paystack/signature.ts'
import {
  HOUR_MS,
  KEY,
  LIVE_KEY,
  Merchant,
  MINUTE_MS,
  type PaystackTest,
  paystackTest,
  settled,
  WEBHOOK_URL,
} from './world.ts'

async function payAndDeliver({ simulator, merchant }: PaystackTest, reference: string): Promise<void> {
  await merchant.open(reference)
  simulator.control.pay({ reference })
  await simulator.deliverDueWebhooks()
}

/** HMAC-SHA512 of the body under the key, from `openssl dgst -sha512 -hmac`. */
const VECTORS = [
  {
    secret: 'sk_test_ama',
    body: '{"event":"charge.success"}',
    signature:
      '86f6932f3122848530670c8c56af789274ac2422fdc4f3ea71a860aa64c7d9d657cd97a44859961db5fa9f302922989533b5e65664ed9fd7d09e745e7fe9009a',
  },
  {
    secret: 'sk_test_ama',
    body: '{"event": "charge.success"}',
    signature:
      'c8a2941de5661599d917bcd939e704bb5fbb31f02e9508c53f7807abc43af556fca76395b6b903650de774d4b11b795bb58dd385e02a47acc4915ccc38a176d9',
  },
  {
    secret: 'sk_live_kofi',
    body: '{"name":"Adjoa Nkrumah – Café","path":"a\\/b"}',
    signature:
      'dbb219d065e3bf071432e167a495b4e9b707d8d99fa2437904b7e229ab56802444fdf0d650ffe8eb7b99338a1170b847d936daba126f2f2efb24568f8f93a804',
  },
]

test.each(VECTORS)('the signature of $body is the HMAC that OpenSSL computes', async ({ secret, body, signature }) => {
  expect(await paystackSignature(secret, body)).toBe(signature)
})

const recordedVectors = join(
  import.meta.dirname,
  '../../../../shared/providers/payloads/paystack/signature-vectors.json',
)
if (existsSync(recordedVectors)) {
  const vector = z.object({ secret_key: z.string(), raw_body: z.string(), 'x-paystack-signature': z.string() })
  const { cases } = z.object({ cases: z.array(vector) }).parse(JSON.parse(readFileSync(recordedVectors, 'utf8')))
  test.each(cases)('the recorded signature of $raw_body is ours', async (recorded) => {
    expect(await paystackSignature(recorded.secret_key, recorded.raw_body)).toBe(recorded['x-paystack-signature'])
  })
}

test('the success of a charge is sent to the merchant, signed with the account’s key', async () => {
  const setup = paystackTest()
  await payAndDeliver(setup, 'paid')
  const [delivery] = setup.world.inbox
  expect(setup.world.inbox).toHaveLength(1)
  expect(delivery).toMatchObject({
    url: WEBHOOK_URL,
    event: 'charge.success',
    data: { reference: 'paid', status: 'success' },
  })
  expect(delivery?.headers.get('content-type')).toBe('application/json')
  expect(delivery?.headers.get('user-agent')).toBe('Paystack/2.0')
  const signature = delivery?.headers.get('x-paystack-signature') ?? ''
  expect(verifyPaystackWebhookSignature({ rawBody: delivery?.raw ?? '', signature, secret: KEY })).toBe(true)
  expect(verifyPaystackWebhookSignature({ rawBody: delivery?.raw ?? '', signature, secret: LIVE_KEY })).toBe(false)
})

test('declines, failures and abandonment are silent', async () => {
  const { world, simulator, merchant } = paystackTest()
  await merchant.open('silent')
  simulator.control.decline({ reference: 'silent' })
  simulator.control.decline({ reference: 'silent' }, 'failed')
  simulator.control.walkAway({ reference: 'silent' })
  expect(await simulator.deliverDueWebhooks()).toBe(0)
  expect(world.inbox).toEqual([])
})

test('an account without a webhook URL hears nothing', async () => {
  const setup = paystackTest()
  setup.simulator.control.configureAccount(KEY, { webhookUrl: null })
  await payAndDeliver(setup, 'unheard')
  expect(setup.world.inbox).toEqual([])
  expect(setup.simulator.nextDueAt()).toBeUndefined()
})

test('test and live events go to the URL of their own mode', async () => {
  const setup = paystackTest()
  setup.simulator.control.configureAccount(LIVE_KEY, { webhookUrl: 'https://merchant.example/live' })
  await payAndDeliver({ ...setup, merchant: new Merchant(setup.simulator, LIVE_KEY) }, 'in-live')
  expect(setup.world.inbox).toMatchObject([{ url: 'https://merchant.example/live', data: { domain: 'live' } }])
})

describe('tries', () => {
  test.each([
    { mode: 'test', key: KEY, waits: Array<number>(10).fill(HOUR_MS) },
    {
      mode: 'live',
      key: LIVE_KEY,
      waits: [...Array<number>(3).fill(3 * MINUTE_MS), ...Array<number>(72).fill(HOUR_MS)],
    },
  ])('$mode: a merchant who never says 200 is asked on schedule, then no more', async ({ key, waits }) => {
    const setup = paystackTest(key)
    setup.world.merchantAnswers(500)
    await payAndDeliver(setup, 'refused')
    for (const [index, waitMs] of waits.entries()) {
      setup.world.advance(waitMs - 1)
      expect(await setup.simulator.deliverDueWebhooks()).toBe(0)
      expect(setup.simulator.nextDueAt()).toEqual(new Date(setup.world.now().getTime() + 1))
      setup.world.advance(1)
      expect(await setup.simulator.deliverDueWebhooks()).toBe(1)
      expect(setup.world.inbox).toHaveLength(index + 2)
    }
    expect(setup.simulator.nextDueAt()).toBeUndefined()
    expect(new Set(setup.world.inbox.map(({ raw }) => raw)).size).toBe(1)
  })

  test.each([201, 204, 301, 400, 503, 'unreachable'] as const)('%s is no success', async (answer) => {
    const setup = paystackTest()
    setup.world.merchantAnswers(answer)
    await payAndDeliver(setup, 'again')
    setup.world.advance(HOUR_MS)
    setup.world.merchantAnswers(200)
    expect(await setup.simulator.deliverDueWebhooks()).toBe(1)
    setup.world.advance(HOUR_MS)
    expect(await setup.simulator.deliverDueWebhooks()).toBe(0)
  })
})

test('a try under way is not made a second time, and nothing else is due meanwhile', async () => {
  const setup = paystackTest()
  const answer = Promise.withResolvers<Response>()
  setup.world.deliver = () => answer.promise
  await setup.merchant.open('slow')
  setup.simulator.control.pay({ reference: 'slow' })
  const first = setup.simulator.deliverDueWebhooks()
  await settled()
  expect(setup.simulator.nextDueAt()).toBeUndefined()
  expect(await setup.simulator.deliverDueWebhooks()).toBe(0)
  answer.resolve(new Response(null, { status: 503 }))
  expect(await first).toBe(1)
  expect(setup.simulator.nextDueAt()).toEqual(new Date(setup.world.now().getTime() + HOUR_MS))
})

describe('faults', () => {
  const references = ({ world }: PaystackTest) => world.inbox.map(({ data }) => data.reference)

  test('duplicate: equal copies, each answered for itself', async () => {
    const setup = paystackTest()
    setup.simulator.control.setFault({ kind: 'webhook_duplicate', copies: 2, times: 1 })
    await payAndDeliver(setup, 'thrice')
    await payAndDeliver(setup, 'single')
    expect(references(setup)).toEqual(['thrice', 'thrice', 'thrice', 'single'])
  })

  test('reordered: the event goes after the account’s next one', async () => {
    const setup = paystackTest()
    setup.simulator.control.setFault({ kind: 'webhook_reordered', ms: MINUTE_MS, times: 1 })
    await payAndDeliver(setup, 'first')
    expect(references(setup)).toEqual([])
    await payAndDeliver(setup, 'second')
    expect(references(setup)).toEqual(['second', 'first'])
  })

  test('reordered: held no longer than the fault says when nothing follows', async () => {
    const setup = paystackTest()
    setup.simulator.control.setFault({ kind: 'webhook_reordered', ms: MINUTE_MS, times: 1 })
    await payAndDeliver(setup, 'alone')
    setup.world.advance(MINUTE_MS)
    await setup.simulator.deliverDueWebhooks()
    expect(references(setup)).toEqual(['alone'])
  })

  test('late: due after the delay', async () => {
    const setup = paystackTest()
    setup.simulator.control.setFault({ kind: 'webhook_late', ms: 5 * MINUTE_MS })
    await payAndDeliver(setup, 'late')
    expect(references(setup)).toEqual([])
    setup.world.advance(5 * MINUTE_MS)
    await setup.simulator.deliverDueWebhooks()
    expect(references(setup)).toEqual(['late'])
  })

  test('lost: never sent, though the log has it, from which it can be sent again', async () => {
    const setup = paystackTest()
    setup.simulator.control.setFault({ kind: 'webhook_lost', operation: 'charge.success', times: 1 })
    await payAndDeliver(setup, 'lost')
    setup.world.advance(1000 * HOUR_MS)
    await setup.simulator.deliverDueWebhooks()
    expect(references(setup)).toEqual([])

    const { id } = await setup.merchant.verify('lost')
    const { body } = await setup.merchant.call(
      'GET',
      `/integration/webhooks/events?status=Failed&category_row_id=${id}`,
    )
    const log = z.object({ data: z.array(z.looseObject({ _id: z.string() })) }).parse(body).data
    expect(log).toMatchObject([
      {
        event_type: 'charge.success',
        status: 'Failed',
        trials: 0,
        response_code: null,
        event_payload: { data: { reference: 'lost' } },
      },
    ])
    await setup.merchant.call('POST', '/integration/webhooks/events/resend', { ids: log.map(({ _id }) => _id) })
    await setup.simulator.deliverDueWebhooks()
    expect(references(setup)).toEqual(['lost'])
    expect(await setup.merchant.call('GET', `/integration/webhooks/events/${log[0]?._id}`)).toMatchObject({
      body: { data: { status: 'Delivered', trials: 1, response_code: 200 } },
    })
    const failed = await setup.merchant.call('GET', '/integration/webhooks/events?status=Failed')
    expect(failed).toMatchObject({ body: { data: [] } })
  })

  test('escaped: other bytes of an equal object, signed as they are', async () => {
    const setup = paystackTest()
    setup.simulator.control.setFault({ kind: 'webhook_escaped' })
    await setup.merchant.open('escaped', { metadata: JSON.stringify({ page: 'https://shop.example/a' }) })
    setup.simulator.control.pay({ reference: 'escaped' })
    await setup.simulator.deliverDueWebhooks()
    const [delivery] = setup.world.inbox
    expect(delivery?.raw).toContain('"page": "https:\\/\\/shop.example\\/a"')
    expect(delivery?.data).toMatchObject({ metadata: { page: 'https://shop.example/a' } })
    const signature = delivery?.headers.get('x-paystack-signature') ?? ''
    expect(verifyPaystackWebhookSignature({ rawBody: delivery?.raw ?? '', signature, secret: KEY })).toBe(true)
    expect(await paystackSignature(KEY, JSON.stringify(JSON.parse(delivery?.raw ?? '')))).not.toBe(signature)
  })

  test('string amounts: every amount of the event is text', async () => {
    const setup = paystackTest()
    setup.simulator.control.setFault({ kind: 'webhook_string_amounts' })
    await payAndDeliver(setup, 'text')
    expect(setup.world.inbox[0]?.data).toMatchObject({ amount: '150000', requested_amount: '150000', fees: '2250' })
  })
})
