/** Paystack's webhooks: what is proven by the signature, and what an event, friendly or hostile, asks us to look at. */

import { describe, expect, test } from 'vitest'
import { encodeHex, utf8 } from '../../src/crypto/bytes.ts'
import { hmacSign } from '../../src/crypto/hmac.ts'
import { PROVIDERS } from '../../src/providers/registry.ts'
import { EVENTS, REFERENCE, TRANSACTION } from './paystack-fixtures.ts'

const { paystack } = PROVIDERS
const KEY = 'sk_test_5d7c1f93b8e2460a'

/** Computed with OpenSSL 3 (`openssl dgst -sha512 -hmac KEY -hex`) and with Node's crypto, which agreed. */
const VECTORS = {
  escaped: {
    key: KEY,
    body: '{"event":"charge.success","data":{"id":5550001234,"reference":"pb-7","note":"a\\/b"}}',
    signature:
      '754d1901a0ab87dea3cf07a82ab2e2ca9c3dad5a16b6ccea2dec017ed3fa247bc94e0664d2afd717857598f63765ab69f254f01e6c9385b2b9ecf71a59214b30',
  },
  spaced: {
    key: KEY,
    body: '{"event": "charge.success", "data": {"id": 5550001234, "reference": "pb-7", "note": "a/b"}}',
    signature:
      '0d8c3b1c97b65cc9b453104c074f2510f05f1acdf72610733ee83c6c35be80e1c25480a7d358b66f5a9cf2ebead81c6c1c70e66c2b1d06a2cce39de13f86f22f',
  },
  beyondAscii: {
    key: 'sk_live_c40e86a1d9f75b32',
    body: '{"event":"charge.success","data":{"id":1,"customer":{"first_name":"Adéọlá 💸"}}}',
    signature:
      '919814fd51d76b36d3efc2a3e5f3042944df4cc4a52a93692e88e2505b6bbfa7ad41f09fbebffea64439ae387d98b39b9e4bae9faa69ad164625b1628e515401',
  },
  empty: {
    key: KEY,
    body: '',
    signature:
      '96105540536afc5ba1b93ad2097d515d170b7bc1634ae6a2e255600c6975a60c777d40a89c9fdf9a13d43b984f73ad3955ed55fb3e861f2bdccd8737520f59ab',
  },
}

/** The escaped vector's body, signed with no key at all, which anybody can do. */
const SIGNED_WITH_NOTHING =
  'dc5b4c27b7faffafaeb999bc8d322947ec7f03d193d8e99967cc97a2f50b42764d99ef9016d6f9bf0354555e430aa6332f579ad90675e81e01a8479aee67ecc5'

const signed = (signature: string): Headers => new Headers({ 'x-paystack-signature': signature })
const verify = (body: string, headers: Headers, credentials: Record<string, string> = { secret_key: KEY }) =>
  paystack.verifyWebhook(utf8(body), headers, credentials, new Date('2026-11-24T09:00:00.000Z'))

describe('a signature', () => {
  test.each(Object.entries(VECTORS))('fits the bytes as they came: %s', async (_what, { key, body, signature }) => {
    expect(await verify(body, signed(signature), { secret_key: key })).toBe('valid')
    expect(encodeHex(await hmacSign('SHA-512', utf8(key), utf8(body)))).toBe(signature)
  })

  test.each(['escaped', 'spaced'] as const)('does not fit the body written again: %s', async (name) => {
    const { body, signature } = VECTORS[name]
    expect(await verify(JSON.stringify(JSON.parse(body)), signed(signature))).toBe('wrong')
  })

  const { body, signature } = VECTORS.escaped

  test.each<[string, string, string, Record<string, string>]>([
    ['another key', body, signature, { secret_key: 'sk_live_5d7c1f93b8e2460a' }],
    ['a bit of the signature', body, signature.replace(/^7/, '6'), { secret_key: KEY }],
    ['a blank after the body', `${body} `, signature, { secret_key: KEY }],
    ['a body cut short', body.slice(0, -1), signature, { secret_key: KEY }],
    ['another amount of zeros', body, '0'.repeat(128), { secret_key: KEY }],
    ['an empty key, even signed with it', body, SIGNED_WITH_NOTHING, { secret_key: '' }],
    ['no key', body, SIGNED_WITH_NOTHING, {}],
    ['the key under another name', body, signature, { webhook_secret: KEY }],
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
    ['it is one character long', signed(`${signature}0`)],
    ['it is of SHA-256’s length', signed(signature.slice(64))],
    ['it is no hex', signed(`g${signature.slice(1)}`)],
    ['it names its scheme', signed(`sha512=${signature}`)],
    ['it is in base64', signed(btoa(signature))],
    [
      'it comes twice',
      new Headers([
        ['x-paystack-signature', signature],
        ['x-paystack-signature', signature],
      ]),
    ],
    ['it stands in another header', new Headers({ 'x-signature': signature })],
  ])('is missing where %s', async (_what, headers) => {
    expect(await verify(body, headers)).toBe('missing')
  })
})

const read = (body: unknown) => paystack.readWebhook(utf8(typeof body === 'string' ? body : JSON.stringify(body)))

const sha256 = async (text: string) => encodeHex(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(text))))

describe('an event', () => {
  test.each(Object.entries(EVENTS))('%s says what to look at', async (event, { data, claims }) => {
    const body = JSON.stringify({ event, data })
    const object = claims.object ?? `sha256:${await sha256(body)}`
    expect(await read(body)).toEqual({
      type: event,
      dedupeKey: `${event}:${object}`,
      about: claims.about,
      reference: claims.reference,
      providerTransactionId: undefined,
    })
  })

  test.each([
    ['a refund that names its transaction', 'refund.processed', { transaction: { reference: REFERENCE } }, 'refund'],
    [
      'a refund whose transaction is a number',
      'refund.processed',
      { transaction: 7, transaction_reference: REFERENCE },
      'refund',
    ],
    ['a refund that nobody lists', 'refund.reversed', { transaction_reference: REFERENCE }, 'refund'],
    ['a dispute without its transaction', 'charge.dispute.create', { transaction_reference: REFERENCE }, 'refund'],
    ['a charge that nobody lists', 'charge.failed', { reference: REFERENCE }, 'payment'],
  ])('is read loosely: %s', async (_what, event, data, about) => {
    expect(await read({ event, data })).toMatchObject({ type: event, about, reference: REFERENCE })
  })

  test.each([
    ['of a kind that nobody lists', 'gift.received', { reference: REFERENCE }],
    ['of a kind that only begins alike', 'chargeback.won', { reference: REFERENCE }],
    ['of a refund whose own reference is all there is', 'refund.processed', { reference: REFERENCE }],
    ['of a charge without a reference', 'charge.success', { id: 7 }],
  ])('%s is about nothing of ours', async (_what, event, data) => {
    expect(await read({ event, data })).toMatchObject({ type: event, about: 'nothing', reference: undefined })
  })

  test.each<[string, unknown]>([
    ['a number', 42],
    ['null', null],
    ['a list', [REFERENCE]],
    ['an object', { $ne: null }],
    ['empty', ''],
    ['with NUL, which Postgres refuses', 'pb-\0'],
    ['with half of a character', 'pb-\ud83d'],
    ['with a blank', 'pb 7'],
    ['with a line break', `${REFERENCE}\n`],
    ['without end', 'a'.repeat(201)],
  ])('whose reference is %s is about nothing of ours', async (_what, reference) => {
    const claim = await read({ event: 'charge.success', data: { id: 7, reference } })
    expect(claim).toEqual({
      type: 'charge.success',
      dedupeKey: 'charge.success:7',
      about: 'nothing',
      reference: undefined,
      providerTransactionId: undefined,
    })
  })
})

describe('what is no event', () => {
  test.each<[string, unknown]>([
    ['nothing', ''],
    ['no JSON', 'event=charge.success'],
    ['JSON that breaks off', '{"event":"charge.success","data":{'],
    ['a byte-order mark before it', '\ufeff{"event":"charge.success","data":{}}'],
    ['null', 'null'],
    ['a number', '7'],
    ['a list', [{ event: 'charge.success', data: {} }]],
    ['no event', { data: {} }],
    ['an event that is a list', { event: ['charge.success'], data: {} }],
    ['an empty event', { event: '', data: {} }],
    ['an event with NUL', { event: 'charge\0success', data: {} }],
    ['an event without end', { event: 'a'.repeat(101), data: {} }],
    ['no data', { event: 'charge.success' }],
    ['null for data', { event: 'charge.success', data: null }],
    ['a list for data', { event: 'charge.success', data: [{ reference: REFERENCE }] }],
    ['a text for data', { event: 'charge.success', data: REFERENCE }],
    ['lists as deep as a post may be long', '['.repeat(1_048_576)],
    ['objects as deep as a post may be long', '{"a":'.repeat(200_000)],
    ['closed lists that deep', '['.repeat(500_000) + ']'.repeat(500_000)],
    [
      'an event with such lists in it',
      `{"event":"charge.success","data":{"id":7,"metadata":${'['.repeat(500_000)}${']'.repeat(500_000)}}}`,
    ],
  ])('is claimed to be nothing: %s', async (_what, body) => {
    expect(await read(body)).toBeUndefined()
  })

  test('is claimed to be nothing where the bytes are no UTF-8', async () => {
    expect(await paystack.readWebhook(Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d))).toBeUndefined()
  })

  test('does not pollute a prototype', async () => {
    const claim = await read('{"event":"charge.success","data":{"id":7,"__proto__":{"reference":"pb-7"}}}')
    expect(claim).toMatchObject({ reference: undefined })
  })
})

describe('a key against repeats', () => {
  const keyOf = async (body: unknown) => (await read(body))?.dedupeKey
  const charge = { event: 'charge.success', data: TRANSACTION }

  test('is the same for the same event, however its body is written', async () => {
    const key = await keyOf(charge)
    expect(await keyOf(charge)).toBe(key)
    expect(await keyOf(JSON.stringify(charge, null, 2))).toBe(key)
    expect(await keyOf({ ...charge, data: { ...TRANSACTION, id: String(TRANSACTION.id) } })).toBe(key)
  })

  test('differs between events of the same object', async () => {
    expect(await keyOf({ ...charge, event: 'refund.processed' })).not.toBe(await keyOf(charge))
    expect(await keyOf({ ...charge, event: 'charge.dispute.create' })).not.toBe(await keyOf(charge))
  })

  test('differs between the steps of a refund without an id', async () => {
    const { data } = EVENTS['refund.pending']
    const keys = await Promise.all(
      ['refund.pending', 'refund.processing', 'refund.processed'].map((event) => keyOf({ event, data })),
    )
    expect(new Set(keys).size).toBe(3)
  })

  test('without an id is of the bytes', async () => {
    const { data } = EVENTS['refund.processed']
    const key = await keyOf({ event: 'refund.processed', data })
    expect(await keyOf({ event: 'refund.processed', data })).toBe(key)
    expect(await keyOf({ event: 'refund.processed', data: { ...data, amount: '45001' } })).not.toBe(key)
  })

  test('tells ids apart that a number would round to one', async () => {
    const withId = (id: string) => keyOf(`{"event":"charge.success","data":{"id":${id}}}`)
    expect(await withId('18446744073709551615')).toBe('charge.success:18446744073709551615')
    expect(await withId('9007199254740993')).not.toBe(await withId('9007199254740992'))
  })

  test.each<[string, unknown]>([
    ['null', null],
    ['an object', {}],
    ['a list', [7]],
    ['empty', ''],
    ['a truth', true],
    ['without end', '7'.repeat(101)],
    ['with NUL', '7\0'],
  ])('is of the bytes where the id is %s', async (_what, id) => {
    expect(await keyOf({ event: 'charge.success', data: { id } })).toMatch(/^charge\.success:sha256:[0-9a-f]{64}$/)
  })

  test('fits its column, whatever is sent', async () => {
    const longest = await keyOf({ event: 'e'.repeat(100), data: { id: '7'.repeat(100) } })
    expect(longest?.length).toBeLessThanOrEqual(300)
  })
})
