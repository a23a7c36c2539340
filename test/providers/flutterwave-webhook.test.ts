/** Flutterwave's webhooks: what their headers prove, and what an event, friendly or hostile, asks us to look at. */

import { describe, expect, test } from 'vitest'
import { encodeHex, utf8 } from '../../src/crypto/bytes.ts'
import { flutterwave } from '../../src/providers/flutterwave/index.ts'
import { CREDENTIALS, FAILED_ROW, LEGACY_EVENT, REFERENCE, REFUND_EVENT, TRANSACTION } from './flutterwave-fixtures.ts'

const HASH = CREDENTIALS.webhook_hash
const NOW = new Date('2026-11-02T08:16:00.000Z')

const verify = (body: string, headers: Record<string, string>, credentials: Record<string, string> = CREDENTIALS) =>
  flutterwave.verifyWebhook(utf8(body), new Headers(headers), credentials, NOW)

describe('the secret hash in its header', () => {
  test('is all that is proven: any body goes with it', async () => {
    for (const body of ['{"event":"charge.completed"}', '', 'no JSON']) {
      expect(await verify(body, { 'verif-hash': HASH })).toBe('valid')
    }
  })

  test.each([
    ['in capitals', HASH.toUpperCase()],
    ['cut short', HASH.slice(0, -1)],
    ['with more to it', `${HASH}.`],
    ['twice', `${HASH}, ${HASH}`],
    ['as its digest', '8c1f'.repeat(16)],
    ['as a word of a prototype', '__proto__'],
  ])('is wrong %s', async (_what, header) => {
    expect(await verify('{}', { 'verif-hash': header })).toBe('wrong')
  })

  test.each([{}, { webhook_hash: '' }, { secret_key: HASH }])(
    'proves nothing where no hash is kept: %j',
    async (kept) => {
      expect(await verify('{}', { 'verif-hash': HASH }, kept)).toBe('wrong')
      expect(await verify('{}', { 'verif-hash': 'undefined' }, kept)).toBe('wrong')
      expect(await verify('{}', { 'verif-hash': '' }, kept)).toBe('missing')
    },
  )

  test.each<Record<string, string>>([{}, { 'verif-hash': '' }, { 'verif-hash': '  ' }, { 'x-verif-hash': HASH }])(
    'is missing from %j',
    async (headers) => {
      expect(await verify('{}', headers)).toBe('missing')
    },
  )
})

/** With the hash as the key. Computed with OpenSSL 3 (`openssl dgst -sha256 -hmac KEY -binary | base64`). */
const SIGNED = {
  compact: {
    body: '{"event":"charge.completed","data":{"id":640112233,"tx_ref":"pb-7","status":"successful"}}',
    signature: 'sMOxoeItMVa0pasXuBkrUB5OZW/7PCRcl4iJFmDtTJQ=',
  },
  spaced: {
    body: '{"event": "charge.completed", "data": {"id": 640112233, "tx_ref": "pb-7", "status": "successful"}}',
    signature: 'FEX5wD61hccr8RRlI5zgo+dCA9CoyUHTVDD0DsggfCQ=',
  },
  beyondAscii: {
    body: '{"event":"charge.completed","data":{"id":1,"customer":{"name":"Adéọlá 💸"}}}',
    signature: 'PZJOCn3a57BqxEamtGt6KFNE9qCs2fvs8mBuAefsyq8=',
  },
  empty: { body: '', signature: 'z+7r0ABp61jXU/8mRPRvAxmzzKKYKvNQBbIaJY3tjDU=' },
}

/** The compact body, signed with no key at all, which anybody can do. */
const SIGNED_WITH_NOTHING = 'szNtHrpkCqfDa5jSIdGElMNTioQWsrPg1c5HXFtFgJU='

describe('a signature', () => {
  const { body, signature } = SIGNED.compact

  test.each(Object.entries(SIGNED))('fits the bytes as they came: %s', async (_what, vector) => {
    expect(await verify(vector.body, { 'flutterwave-signature': vector.signature })).toBe('valid')
    expect(await verify(`${vector.body} `, { 'flutterwave-signature': vector.signature })).toBe('wrong')
  })

  test.each<[string, string, Record<string, string>]>([
    ['another hash', signature, { webhook_hash: `${HASH}!` }],
    ['another signature', SIGNED.spaced.signature, CREDENTIALS],
    ['no hash, even signed with it', SIGNED_WITH_NOTHING, {}],
    ['an empty hash, even signed with it', SIGNED_WITH_NOTHING, { webhook_hash: '' }],
  ])('is wrong with %s', async (_what, header, credentials) => {
    expect(await verify(body, { 'flutterwave-signature': header }, credentials)).toBe('wrong')
  })

  test.each([
    ['the hash itself, as old samples have it', HASH],
    ['empty', ''],
    ['without its padding', signature.slice(0, -1)],
    ['in the alphabet of URLs', signature.replace('/', '_')],
    ['in hexadecimal', encodeHex(utf8('a'.repeat(32)))],
    ['a byte short', btoa('a'.repeat(31))],
    ['a byte long', btoa('a'.repeat(33))],
    ['twice', `${signature}, ${signature}`],
  ])('is missing where the header is %s', async (_what, header) => {
    expect(await verify(body, { 'flutterwave-signature': header })).toBe('missing')
  })

  test('does not stand for a secret hash that is wrong, nor against one that is right', async () => {
    expect(await verify(body, { 'verif-hash': 'guess', 'flutterwave-signature': signature })).toBe('wrong')
    expect(await verify(body, { 'verif-hash': HASH, 'flutterwave-signature': SIGNED_WITH_NOTHING })).toBe('valid')
  })
})

const read = (body: unknown) => flutterwave.readWebhook(utf8(typeof body === 'string' ? body : JSON.stringify(body)))

const hashOf = async (body: unknown) =>
  `sha256:${encodeHex(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(JSON.stringify(body)))))}`

const charge = (changes: object = {}) => ({ event: 'charge.completed', data: { ...TRANSACTION, ...changes } })

const PAYMENT = { about: 'payment', reference: REFERENCE, providerTransactionId: '640112233' }
const NOTHING = { about: 'nothing', reference: undefined, providerTransactionId: undefined }

const TRANSFER = {
  id: 33_105,
  status: 'SUCCESSFUL',
  reference: 'wages-11',
  tx_ref: REFERENCE,
  amount: 30_020,
  fee: 26.875,
}

describe('an event', () => {
  test.each<[string, object, object]>([
    [
      'a try that was paid',
      charge(),
      { type: 'charge.completed', dedupeKey: 'charge.completed:640112233:successful', ...PAYMENT },
    ],
    [
      'a try that failed',
      { ...charge(FAILED_ROW), 'event.type': 'CARD_TRANSACTION', meta_data: { order: 7 } },
      {
        type: 'charge.completed',
        dedupeKey: 'charge.completed:640112200:failed',
        ...PAYMENT,
        providerTransactionId: '640112200',
      },
    ],
    [
      'a try that waits',
      charge({ status: 'pending auth' }),
      { type: 'charge.completed', dedupeKey: 'charge.completed:640112233:pending auth', ...PAYMENT },
    ],
    [
      'a try of an older account',
      LEGACY_EVENT,
      { type: 'CARD_TRANSACTION', dedupeKey: 'CARD_TRANSACTION:640112233:successful', ...PAYMENT },
    ],
    [
      'another kind of try of an older account',
      { ...LEGACY_EVENT, 'event.type': 'MPESA_TRANSACTION', status: 'Failed' },
      { type: 'MPESA_TRANSACTION', dedupeKey: 'MPESA_TRANSACTION:640112233:failed', ...PAYMENT },
    ],
    [
      'a refund',
      REFUND_EVENT,
      {
        type: 'refund',
        dedupeKey: 'refund:91204:completed-bank-transfer',
        about: 'refund',
        reference: undefined,
        providerTransactionId: '640112233',
      },
    ],
    [
      'a transfer',
      { event: 'transfer.completed', 'event.type': 'Transfer', data: TRANSFER },
      { type: 'transfer.completed', dedupeKey: 'transfer.completed:33105:successful', ...NOTHING },
    ],
    [
      'a transfer of an older account',
      { 'event.type': 'Transfer', transfer: TRANSFER },
      { type: 'Transfer', dedupeKey: 'Transfer:33105:successful', ...NOTHING },
    ],
    [
      'a subscription',
      { event: 'subscription.cancelled', data: { id: 4_110, status: 'deactivated', tx_ref: REFERENCE } },
      { type: 'subscription.cancelled', dedupeKey: 'subscription.cancelled:4110:deactivated', ...NOTHING },
    ],
  ])('says what to look at: %s', async (_what, body, claim) => {
    expect(await read(body)).toEqual(claim)
  })

  test('of one try is another for each status, and the same in other letters and when it is repeated', async () => {
    const keyOf = async (changes: object) => (await read(charge(changes)))?.dedupeKey
    expect(await keyOf({ status: 'pending' })).not.toBe(await keyOf({ status: 'successful' }))
    expect(await keyOf({ id: 640_112_234 })).not.toBe(await keyOf({}))
    expect(await keyOf({ status: 'SUCCESSFUL', processor_response: 'x' })).toBe(await keyOf({}))
  })

  test.each<[string, object, string]>([
    ['no id', charge({ id: null }), 'charge.completed'],
    ['no status', charge({ status: null }), 'charge.completed'],
    ['a status of another type', charge({ status: { a: 1 } }), 'charge.completed'],
    ['a status without end', charge({ status: 'a'.repeat(101) }), 'charge.completed'],
    ['an id that is a sentence', charge({ id: 'one or two' }), 'charge.completed'],
    ['no data', { event: 'charge.completed' }, 'charge.completed'],
    ['no event', { data: TRANSACTION }, 'unknown'],
    ['an event of another type', { event: { name: 'charge.completed' }, data: TRANSACTION }, 'unknown'],
    ['an event without end', { event: 'a'.repeat(101), data: TRANSACTION }, 'unknown'],
    ['an event with a line break', { event: 'charge.\ncompleted', data: TRANSACTION }, 'unknown'],
    ['nothing at all', {}, 'unknown'],
    ['what v4 sends', { id: 'wbk_7', type: 'charge.completed', data: { id: 'chg_7', status: 'succeeded' } }, 'unknown'],
  ])('is known by its bytes where it has %s', async (_what, body, type) => {
    expect(await read(body)).toMatchObject({ type, dedupeKey: `${type}:${await hashOf(body)}` })
  })

  test.each<[string, object]>([
    ['of a kind that nobody lists', { event: 'gift.received', data: TRANSACTION }],
    ['that only begins like a charge', { event: 'chargeback.created', data: TRANSACTION }],
    ['without a reference', charge({ tx_ref: null })],
    ['with a reference that is none', charge({ tx_ref: 7 })],
    ['with a reference that cannot be ours', charge({ tx_ref: '../../etc' })],
    ['with the reference outside of its data', { event: 'charge.completed', data: null, tx_ref: 'a b' }],
    ['of another kind with a transaction', { event: 'hold.placed', data: REFUND_EVENT }],
    ['of a refund without its transaction', { ...REFUND_EVENT, TransactionId: null }],
    ['of a refund with a transaction that is none', { ...REFUND_EVENT, TransactionId: '../7' }],
    ['with words of a prototype', { event: 'constructor', data: { id: '__proto__', status: 'toString' } }],
  ])('%s is about nothing of ours', async (_what, body) => {
    expect(await read(body)).toMatchObject(NOTHING)
  })

  test('of a charge without an id is still about its payment', async () => {
    expect(await read(charge({ id: undefined }))).toMatchObject({ ...PAYMENT, providerTransactionId: undefined })
  })

  test('keeps an id to the last digit', async () => {
    const body = JSON.stringify(charge({ id: 'HERE' })).replace('"HERE"', '9007199254740993')
    expect(await read(body)).toMatchObject({ providerTransactionId: '9007199254740993' })
  })

  test('says nothing of amounts, statuses, payers and cards', async () => {
    const claim = await read(charge())
    expect(Object.keys(claim ?? {}).sort()).toEqual([
      'about',
      'dedupeKey',
      'providerTransactionId',
      'reference',
      'type',
    ])
  })

  test.each(['', 'no JSON', '[]', '"charge.completed"', '7', 'null', '{"event":', '[{"event":"charge.completed"}]'])(
    'is none of Flutterwave’s: %s',
    async (body) => {
      expect(await read(body)).toBeUndefined()
    },
  )

  test('is none where its bytes are no text', async () => {
    expect(await flutterwave.readWebhook(new Uint8Array([0x7b, 0xff, 0x7d]))).toBeUndefined()
  })
})
