/** Webhooks: PHP's JSON in the recorded order of keys, both signatures, tried until 200, mistreated by switch, and forged. */
import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { phpJson } from '../../../local/simulators/chapa/events.ts'
import { chapaSignature } from '../../../local/simulators/chapa/signature.ts'
import { type ChapaTest, chapaTest, KEY, LIVE_KEY, paidPayment, WEBHOOK_SECRET, WEBHOOK_URL } from './chapa-world.ts'
import { MINUTE_MS } from './world.ts'

/** Each from `openssl dgst -sha256 -hmac`. */
const VECTORS = [
  {
    secret: 'selam',
    text: '{"event":"charge.success"}',
    signature: '76bc0423cd85458511024112fb209c9cf2a959807ef756a6e03fe6366c89d3cf',
  },
  {
    secret: 'selam',
    text: 'selam',
    signature: 'b148bc11f47bdc11e98d9f4c59e01bdd84d73ac735021801deb44132e65a4955',
  },
]

test.each(VECTORS)('the signature of $text is the HMAC that OpenSSL computes', async ({ secret, text, signature }) => {
  expect(await chapaSignature(secret, text)).toBe(signature)
})

test('slashes and everything beyond ASCII are escaped, as PHP does', () => {
  const value = { url: 'https://shop.example/a', name: 'ሰላም 😀', event: 'charge.failed/cancelled' }
  const text = phpJson(value)
  expect(text).toBe(
    String.raw`{"url":"https:\/\/shop.example\/a","name":"\u1230\u120b\u121d \ud83d\ude00","event":"charge.failed\/cancelled"}`,
  )
  expect(JSON.parse(text)).toEqual(value)
})

const hmac = (text: string) => createHmac('sha256', WEBHOOK_SECRET).update(text).digest('hex')

async function delivered({ world, simulator }: ChapaTest) {
  await simulator.deliverDueWebhooks()
  return world.inbox
}

test('a success is posted with one signature of the body and one that never changes', async () => {
  const setup = chapaTest()
  await paidPayment(setup, 'first')
  await paidPayment(setup, 'second')
  const [first, second] = await delivered(setup)
  expect(first).toMatchObject({ method: 'POST', url: WEBHOOK_URL, body: { event: 'charge.success', tx_ref: 'first' } })
  expect(first?.headers.get('content-type')).toBe('application/json')
  for (const delivery of [first, second]) {
    expect(delivery?.headers.get('x-chapa-signature')).toBe(hmac(delivery?.raw ?? ''))
    expect(delivery?.headers.get('chapa-signature')).toBe(hmac(WEBHOOK_SECRET))
  }
})

const LIVE_KEYS = [
  ...['event', 'first_name', 'last_name', 'email', 'mobile', 'currency', 'amount', 'charge', 'status', 'mode'],
  ...['reference', 'created_at', 'updated_at', 'type', 'tx_ref', 'payment_method', 'customization', 'meta'],
]

test('a live body has empty names, the payer’s number and amounts as text, in the recorded order', async () => {
  const setup = chapaTest(LIVE_KEY)
  const reference = await paidPayment(setup, 'live')
  const [delivery] = await delivered(setup)
  expect(Object.keys(delivery?.body ?? {})).toEqual(LIVE_KEYS)
  expect(delivery?.body).toMatchObject({
    ...{ first_name: '', last_name: '', email: null, mobile: '251900123456', mode: 'live', reference, type: 'API' },
    ...{ amount: '350.00', charge: '10.50', payment_method: 'telebirr', meta: null },
    customization: { title: null, description: null, logo: null },
  })
})

test('a test body has null names and a reason of failure after the status', async () => {
  const setup = chapaTest()
  await setup.merchant.open('declined')
  setup.simulator.control.decline({ reference: 'declined' })
  const [delivery] = await delivered(setup)
  const keys = Object.keys(delivery?.body ?? {})
  expect(keys.filter((name) => name !== 'failure_reason')).toEqual(LIVE_KEYS)
  expect(keys[keys.indexOf('status') + 1]).toBe('failure_reason')
  expect(delivery?.body).toMatchObject({
    ...{ event: 'charge.failed/cancelled', status: 'failed/cancelled', first_name: null, mobile: null, mode: 'test' },
    ...{ failure_reason: 'The number was not accepted', charge: '10.50' },
  })
})

test.each([500, 404, 201, 'unreachable'] as const)(
  'after %s a webhook comes again every ten minutes, ten times in all, byte for byte',
  async (answer) => {
    const setup = chapaTest()
    setup.world.merchantAnswers(answer)
    await paidPayment(setup, 'again')
    await setup.simulator.deliverDueWebhooks()
    for (let tries = 1; tries < 12; tries++) {
      setup.world.advance(10 * MINUTE_MS - 1)
      expect(await setup.simulator.deliverDueWebhooks()).toBe(0)
      setup.world.advance(1)
      await setup.simulator.deliverDueWebhooks()
    }
    expect(setup.world.inbox).toHaveLength(10)
    expect(new Set(setup.world.inbox.map(({ raw }) => raw)).size).toBe(1)
    expect(setup.simulator.nextDueAt()).toBeUndefined()
  },
)

test('200 ends the tries', async () => {
  const setup = chapaTest()
  setup.world.merchantAnswers(503)
  await paidPayment(setup, 'twice')
  await setup.simulator.deliverDueWebhooks()
  setup.world.merchantAnswers(200)
  setup.world.advance(10 * MINUTE_MS)
  await setup.simulator.deliverDueWebhooks()
  expect(setup.world.inbox).toHaveLength(2)
  expect(setup.simulator.nextDueAt()).toBeUndefined()
})

test('an account without a URL sends nothing, and one without a secret signs nothing', async () => {
  const silent = chapaTest()
  silent.simulator.control.configureAccount(KEY, { webhookUrl: null })
  await paidPayment(silent, 'silent')
  expect(await delivered(silent)).toEqual([])

  const unsigned = chapaTest()
  unsigned.simulator.control.configureAccount(KEY, { webhookSecret: null })
  await paidPayment(unsigned, 'unsigned')
  const [delivery] = await delivered(unsigned)
  expect(delivery?.headers.get('x-chapa-signature')).toBeNull()
  expect(delivery?.headers.get('chapa-signature')).toBeNull()
})

describe('by switch', () => {
  const at = (minutes: number, ...refs: string[]) => refs.map((ref) => ({ minutes, ref }))
  test.each([
    { fault: { kind: 'webhook_lost', times: 1 }, arrivals: at(0, 'b') },
    { fault: { kind: 'webhook_late', ms: 5 * MINUTE_MS, times: 1 }, arrivals: [...at(0, 'b'), ...at(5, 'a')] },
    { fault: { kind: 'webhook_duplicate', copies: 2, times: 1 }, arrivals: at(0, 'a', 'a', 'a', 'b') },
    { fault: { kind: 'webhook_reordered', ms: MINUTE_MS, times: 1 }, arrivals: at(0, 'b', 'a') },
  ] as const)('$fault.kind', async ({ fault, arrivals }) => {
    const setup = chapaTest()
    setup.simulator.control.setFault({ ...fault })
    await paidPayment(setup, 'a')
    await paidPayment(setup, 'b')
    const seen: { minutes: number; ref: unknown }[] = []
    for (let minutes = 0; minutes <= 10; minutes++) {
      const before = setup.world.inbox.length
      await setup.simulator.deliverDueWebhooks()
      seen.push(...setup.world.inbox.slice(before).map(({ body }) => ({ minutes, ref: body.tx_ref })))
      setup.world.advance(MINUTE_MS)
    }
    expect(seen).toEqual(arrivals)
  })

  test('a wrong amount or mode in an event is signed all the same, and verify tells the truth', async () => {
    const setup = chapaTest()
    setup.simulator.control.setFault({ kind: 'webhook_wrong_amount', delta: -10_000 })
    setup.simulator.control.setFault({ kind: 'wrong_mode', operation: 'charge.success' })
    await paidPayment(setup, 'lied')
    const [delivery] = await delivered(setup)
    expect(delivery?.body).toMatchObject({ amount: '250.00', mode: 'live' })
    expect(delivery?.headers.get('x-chapa-signature')).toBe(hmac(delivery?.raw ?? ''))
    expect(await setup.merchant.verify('lied')).toMatchObject({ amount: 350, mode: 'test' })
  })
})

test('a forgery has the true constant and a signature of something else', async () => {
  const setup = chapaTest()
  const body = '{"event":"charge.success","tx_ref":"never-paid"}'
  setup.world.merchantAnswers(401)
  expect(await setup.simulator.control.forgeWebhook(KEY, body)).toBe(401)
  const [delivery] = setup.world.inbox
  expect(delivery).toMatchObject({ url: WEBHOOK_URL, raw: body })
  expect(delivery?.headers.get('chapa-signature')).toBe(hmac(WEBHOOK_SECRET))
  expect(delivery?.headers.get('x-chapa-signature')).toMatch(/^[0-9a-f]{64}$/)
  expect(delivery?.headers.get('x-chapa-signature')).not.toBe(hmac(body))
  await expect(setup.simulator.control.forgeWebhook(LIVE_KEY, body)).rejects.toThrow('without URL and secret')
})
