/** Chapa's webhooks: what is proven by which signature, and what an event, friendly or hostile, asks us to look at. */

import { describe, expect, test } from 'vitest'
import { encodeHex, utf8 } from '../../src/crypto/bytes.ts'
import { hmacSign } from '../../src/crypto/hmac.ts'
import { chapa } from '../../src/providers/chapa/index.ts'
import { CHAPAS_ID, EVENTS, REFERENCE } from './chapa-fixtures.ts'

const KEY = 'CHASECK_TEST-q8Rt3Wm6Zx1Kb9Nd'
const SECRET = 'kiosk word 7'
const NOW = new Date('2026-11-04T07:04:00Z')

/** Computed with OpenSSL 3 (`openssl dgst -sha256 -mac HMAC`) and with Python's hmac, which agreed. */
const VECTORS = {
  escaped: {
    secret: SECRET,
    body: '{"event":"charge.success","tx_ref":"pb-7","amount":"400.00","meta":{"url":"https:\\/\\/shop.test"}}',
    signature: '150710082ac14ebbd7dad5cd6a670ecaa97aac46a818a627a5485507fea6ccfd',
  },
  spaced: {
    secret: SECRET,
    body: '{"event": "charge.success", "tx_ref": "pb-7", "amount": "400.00", "meta": null}',
    signature: '2938df6c95aae6f24bae31431c43971538af6c16356608d1d1aa688eddd7cb08',
  },
  // The blank at the end belongs to the secret.
  beyondAscii: {
    secret: 'ሚስጥር ',
    body: '{"event":"charge.success","first_name":"ሳራ 💸"}',
    signature: '7678dfee2b7bc19b1862be5d34c93ec8c9bdedd56f3bd8387223f4c755fda802',
  },
  empty: {
    secret: SECRET,
    body: '',
    signature: '600fd817989a9ba8a169fbf9d9630c9f937377d7e04de8a63b8bb2748a23222c',
  },
}

/** What stands in `chapa-signature` on every request: the secret, signed with itself. */
const CONSTANT = 'af47f5c516f6fbd397b4c3315d72bba3f3448c4fea57d6c64aef68add64fc3fc'

/** The escaped vector's body, signed with the API's key, and with no key at all, which anybody can do. */
const SIGNED_WITH_KEY = '632b4c2de64aa7e3d9a5fd9a7702903ab54ca65fa29bb5736c9271c2bb462c16'
const SIGNED_WITH_NOTHING = '5d637e17bfe9f3ea2eb2b98032ed9a8a8acf8a4c68b7646e74019eb6821ce9ba'

const signed = (signature: string): Headers => new Headers({ 'x-chapa-signature': signature })
const CREDENTIALS: Record<string, string> = { secret_key: KEY, webhook_secret: SECRET }
const verify = (body: string, headers: Headers, credentials = CREDENTIALS) =>
  chapa.verifyWebhook(utf8(body), headers, credentials, NOW)

describe('a signature', () => {
  test.each(Object.entries(VECTORS))('fits the bytes as they came: %s', async (_what, { secret, body, signature }) => {
    expect(await verify(body, signed(signature), { secret_key: KEY, webhook_secret: secret })).toBe('valid')
    expect(encodeHex(await hmacSign('SHA-256', utf8(secret), utf8(body)))).toBe(signature)
  })

  test.each(['escaped', 'spaced'] as const)('does not fit the body written again: %s', async (name) => {
    const { body, signature } = VECTORS[name]
    expect(await verify(JSON.stringify(JSON.parse(body)), signed(signature))).toBe('wrong')
  })

  const { body, signature } = VECTORS.escaped

  test.each<[string, string, string, Record<string, string>]>([
    ['another secret', body, signature, { ...CREDENTIALS, webhook_secret: 'kiosk word 8' }],
    ['the secret with a blank', body, signature, { ...CREDENTIALS, webhook_secret: `${SECRET} ` }],
    ['another amount', body.replace('400.00', '9000.00'), signature, CREDENTIALS],
    ['a bit of the signature', body, signature.replace(/^1/, '0'), CREDENTIALS],
    ['a blank after the body', `${body} `, signature, CREDENTIALS],
    ['a body cut short', body.slice(0, -1), signature, CREDENTIALS],
    ['zeros', body, '0'.repeat(64), CREDENTIALS],
    ['the key of the API', body, SIGNED_WITH_KEY, CREDENTIALS],
    ['the key of the API where there is no secret', body, SIGNED_WITH_KEY, { secret_key: KEY }],
    ['an empty secret, even signed with it', body, SIGNED_WITH_NOTHING, { ...CREDENTIALS, webhook_secret: '' }],
    ['no secret', body, SIGNED_WITH_NOTHING, {}],
    ['the constant in its place', body, CONSTANT, CREDENTIALS],
  ])('is wrong with %s', async (_what, text, given, credentials) => {
    expect(await verify(text, signed(given), credentials)).toBe('wrong')
  })

  test.each<[string, Headers]>([
    ['there is no header', new Headers()],
    ['the header is empty', signed('')],
    ['it is in capitals', signed(signature.toUpperCase())],
    ['it is one character short', signed(signature.slice(1))],
    ['it is a byte short', signed(signature.slice(2))],
    ['it is a byte long', signed(`${signature}00`)],
    ['it is of SHA-512’s length', signed(signature + signature)],
    ['it is no hex', signed(`g${signature.slice(1)}`)],
    ['it names its scheme', signed(`sha256=${signature}`)],
    ['it is in base64', signed(btoa(signature))],
    [
      'it comes twice',
      new Headers([
        ['x-chapa-signature', signature],
        ['x-chapa-signature', signature],
      ]),
    ],
    ['it stands in the other header', new Headers({ 'chapa-signature': signature })],
  ])('is missing where %s', async (_what, headers) => {
    expect(await verify(body, headers)).toBe('missing')
  })

  test('is not replaced by the constant, which whoever saw one request can send with any body', async () => {
    expect(encodeHex(await hmacSign('SHA-256', utf8(SECRET), utf8(SECRET)))).toBe(CONSTANT)
    const forged = JSON.stringify({ event: 'charge.success', tx_ref: REFERENCE, amount: '9000.00', status: 'success' })
    expect(await verify(forged, new Headers({ 'chapa-signature': CONSTANT }))).toBe('missing')
    const both = new Headers({ 'chapa-signature': CONSTANT, 'x-chapa-signature': signature })
    expect(await verify(forged, both)).toBe('wrong')
  })

  test.each([CONSTANT, '0'.repeat(64), ''])('stands whatever the constant is: %s', async (constant) => {
    const headers = signed(signature)
    headers.set('chapa-signature', constant)
    expect(await verify(body, headers)).toBe('valid')
  })
})

const read = (body: unknown) => chapa.readWebhook(utf8(typeof body === 'string' ? body : JSON.stringify(body)))
const sha256 = async (text: string) => encodeHex(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(text))))

describe('an event', () => {
  test.each(EVENTS.map(([body, about]) => [body.event, about, body] as const))(
    '%s asks to look at: %s',
    async (event, about, body) => {
      const isOfPayment = about !== 'nothing'
      expect(await read(body)).toEqual({
        type: event,
        dedupeKey: `${event}:sha256:${await sha256(JSON.stringify(body))}`,
        about,
        reference: isOfPayment ? REFERENCE : undefined,
        providerTransactionId: isOfPayment ? CHAPAS_ID : undefined,
      })
    },
  )

  test.each<[string, object, object]>([
    ['neither reference', {}, { about: 'nothing', reference: undefined, providerTransactionId: undefined }],
    ['ours alone', { tx_ref: REFERENCE }, { about: 'refund', providerTransactionId: undefined }],
    ['Chapa’s alone', { reference: CHAPAS_ID }, { about: 'refund', reference: undefined }],
    ['one that is not Chapa’s', { reference: 'ref_7' }, { about: 'nothing', providerTransactionId: undefined }],
    ['null for both', { tx_ref: null, reference: null }, { about: 'nothing', reference: undefined }],
  ])('of a refund is read loosely: with %s', async (_what, fields, claim) => {
    expect(await read({ event: 'refund.success', ...fields })).toMatchObject({ type: 'refund.success', ...claim })
  })

  test.each([
    ['charge.refunded_again', 'payment'],
    ['my.charge.refunded', 'payment'],
    ['refunds', 'payment'],
    ['payouts', 'payment'],
    ['constructor', 'payment'],
  ])('that only sounds alike is of a payment: %s', async (event, about) => {
    expect(await read({ event, tx_ref: REFERENCE })).toMatchObject({ about })
  })

  test.each<[string, unknown]>([
    ['a number', 42],
    ['a list', [REFERENCE]],
    ['an object', { $ne: null }],
    ['empty', ''],
    ['with NUL, which Postgres refuses', 'pb-\0'],
    ['with half of a character', 'pb-\ud83d'],
    ['with a blank', 'pb 7'],
    ['with a slash', '../pb-7'],
    ['with a line break', `${REFERENCE}\n`],
    ['without end', `AP${'a'.repeat(201)}`],
  ])('whose references are %s is about nothing of ours', async (_what, hostile) => {
    expect(await read({ event: 'charge.success', tx_ref: hostile, reference: hostile })).toMatchObject({
      about: 'nothing',
      reference: undefined,
      providerTransactionId: undefined,
    })
  })

  test('does not pollute a prototype', async () => {
    const claim = await read(`{"event":"charge.success","__proto__":{"tx_ref":"${REFERENCE}"}}`)
    expect(claim).toMatchObject({ about: 'nothing', reference: undefined })
  })
})

describe('what is no event', () => {
  test.each<[string, unknown]>([
    ['nothing', ''],
    ['no JSON', 'event=charge.success'],
    ['JSON that breaks off', '{"event":"charge.success","tx_ref":'],
    ['a byte-order mark before it', '\ufeff{"event":"charge.success"}'],
    ['null', 'null'],
    ['a number', '7'],
    ['a list', [{ event: 'charge.success' }]],
    ['no event', { tx_ref: REFERENCE }],
    ['an event that is a list', { event: ['charge.success'] }],
    ['an empty event', { event: '' }],
    ['an event with NUL', { event: 'charge\0success' }],
    ['an event with a blank', { event: 'charge success' }],
    ['an event without end', { event: 'a'.repeat(101) }],
    ['lists as deep as a post may be long', '['.repeat(1_048_576)],
    ['objects as deep as a post may be long', '{"a":'.repeat(200_000)],
  ])('is not read: %s', async (_what, body) => {
    expect(await read(body)).toBeUndefined()
  })

  test('is not read where it is no UTF-8', async () => {
    expect(await chapa.readWebhook(new Uint8Array([...utf8('{"event":"'), 0xff, ...utf8('"}')]))).toBeUndefined()
  })
})

describe('a key against repeats', () => {
  const keyOf = async (body: unknown) => (await read(body))?.dedupeKey
  const [[success]] = EVENTS

  test('is the same for the same bytes', async () => {
    expect(await keyOf(success)).toBe(await keyOf(success))
  })

  test('differs between two refunds of a part of one payment', async () => {
    const refunded = { ...success, event: 'charge.refunded', status: 'refunded' }
    expect(await keyOf({ ...refunded, amount: '100.00' })).not.toBe(await keyOf({ ...refunded, amount: '200.00' }))
  })

  test('differs between events of the same payment', async () => {
    expect(await keyOf({ ...success, event: 'charge.reversed' })).not.toBe(await keyOf(success))
  })

  test('fits its column, whatever is sent', async () => {
    expect((await keyOf({ event: 'e'.repeat(100) }))?.length).toBeLessThanOrEqual(300)
  })
})
