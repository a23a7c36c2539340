import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { encodeBase64 } from '../../src/crypto/bytes.ts'
import {
  newWebhookSecret,
  signWebhook,
  verifyWebhook,
  type WebhookMessage,
  type WebhookRefusal,
  webhookHeaders,
} from '../../src/crypto/standard-webhooks.ts'
import { seededRandom } from '../support/random.ts'

const random = seededRandom(200)
const NOW_SECONDS = Date.UTC(2026, 9, 1) / 1000
const SECRET = newWebhookSecret(random.bytes)
const OTHER = newWebhookSecret(random.bytes)
const MESSAGE = {
  id: 'evt_01k6f3q8000000000000000000',
  timestampSeconds: NOW_SECONDS,
  body: '{"type":"transaction.succeeded","data":{"note":"déjà payé 🧾"}}',
}

const verify = async (headers: Record<string, string>, change: Partial<Parameters<typeof verifyWebhook>[0]> = {}) =>
  verifyWebhook({
    secrets: [SECRET],
    headers: new Headers(headers),
    body: MESSAGE.body,
    nowSeconds: NOW_SECONDS,
    toleranceSeconds: 300,
    ...change,
  })
const signed = async (change: Partial<WebhookMessage> = {}, secrets = [SECRET]) => ({
  ...(await webhookHeaders(secrets, { ...MESSAGE, ...change })),
})

describe('a webhook', () => {
  // The example that the specification's own libraries share.
  test('is signed as the specification has it', async () => {
    const message = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampSeconds: 1_614_265_330,
      body: '{"test": 2432232314}',
    }
    expect(await signWebhook(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], message)).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    )
  })

  test('carries its id, its time and its signature', async () => {
    expect(await signed()).toEqual({
      'webhook-id': MESSAGE.id,
      'webhook-timestamp': String(NOW_SECONDS),
      'webhook-signature': await signWebhook([SECRET], MESSAGE),
    })
    expect(await verify(await signed())).toEqual({ ok: true })
  })

  test('signed by the older and the later secret is accepted by the holder of either', async () => {
    const headers = await signed({}, [OTHER, SECRET])
    expect(headers['webhook-signature']).toMatch(/^v1,\S{44} v1,\S{44}$/)
    expect(await verify(headers)).toEqual({ ok: true })
    expect(await verify(headers, { secrets: [OTHER] })).toEqual({ ok: true })
    expect(await verify(await signed(), { secrets: [OTHER, SECRET] })).toEqual({ ok: true })
  })

  test.each<[string, WebhookRefusal, (headers: Awaited<ReturnType<typeof signed>>) => Record<string, string>]>([
    ['with another id', 'bad_signature', (headers) => ({ ...headers, 'webhook-id': 'evt_2' })],
    ['with another time', 'bad_signature', (headers) => ({ ...headers, 'webhook-timestamp': String(NOW_SECONDS + 1) })],
    ['with no id', 'malformed', ({ 'webhook-id': _, ...headers }) => headers],
    ['with no time', 'malformed', ({ 'webhook-timestamp': _, ...headers }) => headers],
    ['with a time that is no number', 'malformed', (headers) => ({ ...headers, 'webhook-timestamp': 'NaN' })],
    ['with a time of fractions', 'malformed', (headers) => ({ ...headers, 'webhook-timestamp': `${NOW_SECONDS}.0` })],
    ['with an id of two parts', 'malformed', (headers) => ({ ...headers, 'webhook-id': 'a.b' })],
    ['with no signature', 'bad_signature', ({ 'webhook-signature': _, ...headers }) => headers],
    ['with an empty signature', 'bad_signature', (headers) => ({ ...headers, 'webhook-signature': 'v1,' })],
    [
      'with a signature of another version',
      'bad_signature',
      (headers) => ({ ...headers, 'webhook-signature': headers['webhook-signature'].replace('v1,', 'v1a,') }),
    ],
    [
      'with its signature behind too many others',
      'bad_signature',
      (headers) => ({ ...headers, 'webhook-signature': `${'v1,AAAA '.repeat(8)}${headers['webhook-signature']}` }),
    ],
  ])('%s is refused: %s', async (_what, reason, alter) => {
    expect(await verify(alter(await signed()))).toEqual({ ok: false, reason })
  })

  test('with one byte of its body altered is refused', async () => {
    const headers = await signed()
    expect(await verify(headers, { body: MESSAGE.body.replace('payé', 'paye') })).toEqual({
      ok: false,
      reason: 'bad_signature',
    })
    expect(await verify(headers, { body: `${MESSAGE.body}\n` })).toEqual({ ok: false, reason: 'bad_signature' })
  })

  test('signed with another secret is refused', async () => {
    expect(await verify(await signed({}, [OTHER]))).toEqual({ ok: false, reason: 'bad_signature' })
  })

  test.each<[number, number, WebhookRefusal | undefined]>([
    [300, 300, undefined],
    [301, 300, 'too_old'],
    [-300, 300, undefined],
    [-301, 300, 'too_new'],
    [1, 0, 'too_old'],
    [0, Number.NaN, 'too_old'],
  ])('%d seconds old is judged by a tolerance of %d: %s', async (ageSeconds, toleranceSeconds, reason) => {
    const check = await verify(await signed(), { nowSeconds: NOW_SECONDS + ageSeconds, toleranceSeconds })
    expect(check).toEqual(reason === undefined ? { ok: true } : { ok: false, reason })
  })

  test.each([
    ['no secret', []],
    ['an empty secret', ['']],
    ['a secret without bytes', ['whsec_']],
    ['a secret without its prefix', [encodeBase64(random.bytes(32))]],
    ['a secret with another prefix', [SECRET.replace('whsec_', 'whpub_')]],
    ['a secret that is no base64', ['whsec_not base64 at all, but long enough to be']],
    ['a secret that is too short', [`whsec_${encodeBase64(random.bytes(23))}`]],
    ['a secret that is too long', [`whsec_${encodeBase64(random.bytes(65))}`]],
    ['a good secret and a bad one', [SECRET, 'whsec_']],
  ])('is neither signed nor verified with %s', async (_what, secrets) => {
    await expect(signWebhook(secrets, MESSAGE)).rejects.toThrow(TypeError)
    await expect(verify(await signed(), { secrets })).rejects.toThrow(TypeError)
  })

  test.each<[string, Partial<WebhookMessage>]>([
    ['an empty id', { id: '' }],
    ['a full stop in its id', { id: 'a.b' }],
    ['fractions of a second', { timestampSeconds: NOW_SECONDS + 0.5 }],
  ])('is not signed with %s', async (_what, change) => {
    await expect(signed(change)).rejects.toThrow(TypeError)
  })

  test('has a secret of 32 bytes', () => {
    expect(newWebhookSecret((length) => new Uint8Array(length))).toBe(`whsec_${'A'.repeat(43)}=`)
  })
})

describe('beside the reference library', () => {
  // The library reads the clock by itself.
  beforeEach(() => {
    vi.useFakeTimers({ now: NOW_SECONDS * 1000, toFake: ['Date'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('what we sign, it verifies', async () => {
    expect(new Webhook(SECRET).verify(MESSAGE.body, await signed())).toEqual(JSON.parse(MESSAGE.body))
    expect(new Webhook(OTHER).verify(MESSAGE.body, await signed({}, [SECRET, OTHER]))).toBeDefined()
  })

  test('what it signs, we verify', async () => {
    for (let round = 0; round < 20; round++) {
      const secret = `whsec_${encodeBase64(random.bytes(random.int(24, 64)))}`
      const id = `msg_${random.int(0, 1e9)}`
      const body = JSON.stringify({ amount: random.int(0, 1e9), note: 'é'.repeat(random.int(0, 90)) })
      const headers = {
        'webhook-id': id,
        'webhook-timestamp': String(NOW_SECONDS),
        'webhook-signature': new Webhook(secret).sign(id, new Date(NOW_SECONDS * 1000), body),
      }
      expect(await verify(headers, { secrets: [secret], body })).toEqual({ ok: true })
    }
  })

  test.each<[string, Partial<WebhookMessage>, string, string]>([
    ['a byte altered', {}, SECRET, MESSAGE.body.replace('payé', 'paye')],
    ['an old time', { timestampSeconds: NOW_SECONDS - 301 }, SECRET, MESSAGE.body],
    ['a time to come', { timestampSeconds: NOW_SECONDS + 301 }, SECRET, MESSAGE.body],
    ['another secret', {}, OTHER, MESSAGE.body],
  ])('both refuse %s', async (_what, change, secret, body) => {
    const headers = await signed(change)
    expect(() => new Webhook(secret).verify(body, headers)).toThrow()
    expect((await verify(headers, { secrets: [secret], body })).ok).toBe(false)
  })
})
