/** Stripe's webhooks: what is proven by the signature, and what an event, friendly or hostile, asks us to look at. */

import { describe, expect, test } from 'vitest'
import { encodeHex, utf8 } from '../../src/crypto/bytes.ts'
import { hmacSign } from '../../src/crypto/hmac.ts'
import { stripe } from '../../src/providers/stripe/index.ts'
import { CHARGE, EVENTS, event, INTENT, INTENT_ID, REFERENCE, REFUND, SESSION } from './stripe-fixtures.ts'

const SECRET = 'whsec_Jt6nQ2mXv8rBz4Ws'
const TIME = 1_793_606_410
const at = (seconds: number): Date => new Date(seconds * 1000)

/** Computed with OpenSSL 3 (`openssl dgst -sha256 -hmac SECRET -hex`) and with Node's crypto, which agreed. */
const VECTORS = {
  escaped: {
    secret: SECRET,
    body: '{"id":"evt_1","object":"event","note":"a\\/b"}',
    signature: 'f687693be08c802536ba43f2df6c11e769ffc357d796e1d3ec2588abfa816ce1',
  },
  spaced: {
    secret: SECRET,
    body: '{"id": "evt_1", "object": "event", "note": "a/b"}',
    signature: '15fda3274b8f6bbb3bee364ff3857b11a71fb95ad5394787c26d432fd55688a4',
  },
  beyondAscii: {
    secret: 'whsec_other+Secret/9876',
    body: '{"id":"evt_2","object":"event","name":"Adéọlá 💸"}',
    signature: 'ef331ef9a884ce7c13d232e7f1626a6178341c569f260f5293911c05e517e87a',
  },
  empty: {
    secret: SECRET,
    body: '',
    signature: 'ce7a361041788a37d62803e87cfa490f0b0ceef6c73957971d2000f0fb96b85c',
  },
}

/** Of the escaped vector's body and time, by Node's crypto, with what must not be the key. */
const SIGNED_WITH_NOTHING = '0a6ef9291e8c636d3fcc512a34a3c9b7f9c9fc2d6c96389668ac2c144e8cb58b'
const SIGNED_WITH_DECODED = 'c77a2edddc0443cbc99e8f49897bf31410e02df564287bad368e4bc6ea5dc145'
const SIGNED_WITHOUT_PREFIX = '569a9e56bd264551980cea34a68bbc54280e88df2af8b1457e7e2001e23e2f98'
const SIGNED_WITHOUT_TIME = '3ef2e05984879ebafba4dc1f5e47561323e137b6185a8e98bec243f05526dbca'

const verify = (
  header: string | undefined,
  { body = VECTORS.escaped.body, now = at(TIME + 1), credentials = { webhook_secret: SECRET } as object } = {},
) => {
  const headers = new Headers(header === undefined ? {} : { 'stripe-signature': header })
  return stripe.verifyWebhook(utf8(body), headers, { ...credentials }, now)
}

describe('a signature', () => {
  test.each(Object.entries(VECTORS))('fits the bytes as they came: %s', async (_what, { secret, body, signature }) => {
    const credentials = { webhook_secret: secret }
    expect(await verify(`t=${TIME},v1=${signature}`, { body, credentials })).toBe('valid')
    expect(encodeHex(await hmacSign('SHA-256', utf8(secret), utf8(`${TIME}.${body}`)))).toBe(signature)
  })

  test.each(['escaped', 'spaced'] as const)('does not fit the body written again: %s', async (name) => {
    const { body, signature } = VECTORS[name]
    expect(await verify(`t=${TIME},v1=${signature}`, { body: JSON.stringify(JSON.parse(body)) })).toBe('wrong')
  })

  test('fits bytes that are no text', async () => {
    const body = Uint8Array.of(0xff, 0x00, 0xfe)
    const prefix = utf8(`${TIME}.`)
    const signature = encodeHex(await hmacSign('SHA-256', utf8(SECRET), Uint8Array.of(...prefix, ...body)))
    const headers = new Headers({ 'stripe-signature': `t=${TIME},v1=${signature}` })
    expect(await stripe.verifyWebhook(body, headers, { webhook_secret: SECRET }, at(TIME))).toBe('valid')
  })

  const { body, signature } = VECTORS.escaped
  const wrong = '0'.repeat(64)
  const header = `t=${TIME},v1=${signature}`

  test.each<[string, string]>([
    ['after others, as while a secret is rolled', `t=${TIME},v1=${wrong},v1=${signature}`],
    ['before others', `t=${TIME},v1=${signature},v1=${wrong}`],
    ['beside one of no use', `t=${TIME},v1=nonsense,v1=${signature}`],
    ['beside other schemes', `t=${TIME},v0=${wrong},v1=${signature},v2=${wrong},x`],
    ['before its time', `v1=${signature},t=${TIME}`],
  ])('is found where it stands %s', async (_where, given) => {
    expect(await verify(given)).toBe('valid')
  })

  test.each<[string, string]>([
    ['a bit of it changed', `t=${TIME},v1=${signature.replace(/^f/, 'e')}`],
    ['all of it zeros', `t=${TIME},v1=${wrong}`],
    ['another time', `t=${TIME + 1},v1=${signature}`],
    ['a time that is written otherwise', `t=0${TIME},v1=${signature}`],
    ['the key decoded', `t=${TIME},v1=${SIGNED_WITH_DECODED}`],
    ['the key without its prefix', `t=${TIME},v1=${SIGNED_WITHOUT_PREFIX}`],
    ['no time signed with it', `t=${TIME},v1=${SIGNED_WITHOUT_TIME}`],
    ['only v0 right', `t=${TIME},v0=${signature},v1=${wrong}`],
  ])('is wrong with %s', async (_what, given) => {
    expect(await verify(given)).toBe('wrong')
  })

  test.each<[string, string]>([
    ['a blank after it', `${body} `],
    ['a line break after it', `${body}\n`],
    ['its end cut off', body.slice(0, -1)],
    ['the time in it', `${TIME}.${body}`],
  ])('is wrong of a body with %s', async (_what, changed) => {
    expect(await verify(header, { body: changed })).toBe('wrong')
  })

  test.each<[string, object, string]>([
    ['another secret', { webhook_secret: `${SECRET}0` }, header],
    ['an empty secret, even signed with it', { webhook_secret: '' }, `t=${TIME},v1=${SIGNED_WITH_NOTHING}`],
    ['no secret', {}, `t=${TIME},v1=${SIGNED_WITH_NOTHING}`],
    ['the secret under another name', { secret_key: SECRET }, header],
  ])('is wrong with %s', async (_what, credentials, given) => {
    expect(await verify(given, { credentials })).toBe('wrong')
  })

  test.each<[number, 'valid' | 'wrong']>([
    [-86_400, 'valid'],
    [-1, 'valid'],
    [0, 'valid'],
    [300, 'valid'],
    [300.999, 'valid'],
    [301, 'wrong'],
    [86_400, 'wrong'],
  ])('that is %d seconds old is %s: only the old is a repeat', async (age, check) => {
    expect(await verify(header, { now: at(TIME + age) })).toBe(check)
  })

  test.each<[string, string | undefined]>([
    ['there is no header', undefined],
    ['the header is empty', ''],
    ['there is no time', `v1=${signature}`],
    ['the time is empty', `t=,v1=${signature}`],
    ['the time is a word', `t=now,v1=${signature}`],
    ['the time is negative', `t=-${TIME},v1=${signature}`],
    ['the time is a fraction', `t=${TIME}.5,v1=${signature}`],
    ['the time has no end', `t=${'9'.repeat(13)},v1=${signature}`],
    ['the time comes twice', `t=${TIME},t=${TIME},v1=${signature}`],
    ['there is no signature', `t=${TIME}`],
    ['the signature is empty', `t=${TIME},v1=`],
    ['there is v0 alone', `t=${TIME},v0=${signature}`],
    ['the scheme is in capitals', `t=${TIME},V1=${signature}`],
    ['the scheme only begins alike', `t=${TIME},v10=${signature}`],
    ['there are blanks', `t=${TIME}, v1=${signature}`],
    ['the signature is in capitals', `t=${TIME},v1=${signature.toUpperCase()}`],
    ['it is one character short', `t=${TIME},v1=${signature.slice(1)}`],
    ['it is a byte long', `t=${TIME},v1=${signature}00`],
    ['it is no hex', `t=${TIME},v1=g${signature.slice(1)}`],
    ['it is in base64', `t=${TIME},v1=${btoa(signature)}`],
    ['it stands alone', signature],
    ['another mark divides', `t=${TIME};v1=${signature}`],
  ])('is missing where %s', async (_what, given) => {
    expect(await verify(given)).toBe('missing')
  })

  test('is missing where it stands in another header', async () => {
    const headers = new Headers({ 'x-stripe-signature': header })
    expect(await stripe.verifyWebhook(utf8(body), headers, { webhook_secret: SECRET }, at(TIME))).toBe('missing')
  })

  test('is found among very many that are claimed', async () => {
    const many = `t=${TIME},${`v1=${wrong},`.repeat(400)}v1=${signature}`
    expect(await verify(many)).toBe('valid')
  })
})

const read = (body: unknown) => stripe.readWebhook(utf8(typeof body === 'string' ? body : JSON.stringify(body)))

describe('an event', () => {
  test.each(Object.entries(EVENTS))('%s says what to look at', async (type, [object, claim]) => {
    expect(await read(event(type, object))).toEqual({ type, dedupeKey: 'evt_4QmZu9Kd2VtNc9Lr', ...claim })
  })

  const ofOthers = { about: 'nothing', reference: undefined, providerTransactionId: undefined }

  test.each<[string, string, object, object]>([
    ['a session that is nobody’s', 'checkout.session.completed', { id: 'cs_1' }, ofOthers],
    [
      'a session known by its payment alone',
      'checkout.session.completed',
      { ...SESSION, client_reference_id: null, metadata: {}, payment_intent: INTENT_ID },
      { about: 'payment', reference: undefined, providerTransactionId: INTENT_ID },
    ],
    [
      'a session with two references, of which one is a note',
      'checkout.session.completed',
      { ...SESSION, metadata: { reference: 'order-7' } },
      { about: 'payment', reference: REFERENCE },
    ],
    [
      'a session whose payment is not an id',
      'checkout.session.completed',
      { ...SESSION, payment_intent: INTENT },
      { about: 'payment', reference: REFERENCE, providerTransactionId: undefined },
    ],
    [
      'a payment that was made elsewhere',
      'payment_intent.succeeded',
      { ...INTENT, metadata: {} },
      { about: 'payment', reference: undefined, providerTransactionId: INTENT_ID },
    ],
    [
      'a charge without a payment',
      'charge.succeeded',
      { ...CHARGE, payment_intent: null, metadata: null },
      { about: 'nothing', reference: undefined, providerTransactionId: undefined },
    ],
    [
      'a refund made on the dashboard',
      'refund.created',
      { ...REFUND, metadata: {} },
      { about: 'refund', reference: undefined, providerTransactionId: INTENT_ID },
    ],
    ['a charge’s event that nobody lists', 'charge.gifted', CHARGE, { about: 'payment', reference: REFERENCE }],
    ['a charge’s event that only begins alike', 'charge.refundable', CHARGE, { about: 'payment' }],
    ['a kind that nobody lists', 'gift.received', CHARGE, { about: 'nothing', reference: undefined }],
    ['a kind that only begins alike', 'chargeback.won', CHARGE, { about: 'nothing', reference: undefined }],
    ['a kind of sessions that are no checkout', 'billing_portal.session.created', SESSION, ofOthers],
  ])('is read loosely: %s', async (_what, type, object, claim) => {
    expect(await read(event(type, object))).toMatchObject({ type, ...claim })
  })

  test('is believed in nothing about the money', async () => {
    const claim = await read(event('checkout.session.completed', { ...SESSION, livemode: true }, { livemode: 'x' }))
    expect(Object.keys(claim ?? {}).sort()).toEqual([
      'about',
      'dedupeKey',
      'providerTransactionId',
      'reference',
      'type',
    ])
  })

  const HOSTILE: [string, unknown][] = [
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
  ]

  test.each(HOSTILE)('whose reference and payment are %s is about nothing of ours', async (_what, value) => {
    const session = { ...SESSION, client_reference_id: value, payment_intent: value, metadata: { reference: value } }
    const intent = { ...INTENT, id: value, metadata: { reference: value } }
    const charge = { ...CHARGE, payment_intent: value, metadata: value }
    for (const [type, object] of [
      ['checkout.session.completed', session],
      ['payment_intent.succeeded', intent],
      ['charge.succeeded', charge],
      ['refund.created', charge],
    ] as const) {
      expect(await read(event(type, object))).toEqual({
        type,
        dedupeKey: 'evt_4QmZu9Kd2VtNc9Lr',
        about: 'nothing',
        reference: undefined,
        providerTransactionId: undefined,
      })
    }
  })
})

describe('what is no event', () => {
  const session = 'checkout.session.completed'
  test.each<[string, unknown]>([
    ['nothing', ''],
    ['no JSON', 'event=checkout.session.completed'],
    ['JSON that breaks off', '{"id":"evt_1","object":"event","type":'],
    ['a byte-order mark before it', `\ufeff${JSON.stringify(event(session, SESSION))}`],
    ['null', 'null'],
    ['a number', '7'],
    ['a list', [event(session, SESSION)]],
    ['a session without its event', SESSION],
    ['a thin event', { id: 'evt_test_1', object: 'v2.core.event', type: 'v1.billing.meter.no_meter_found' }],
    ['a thin event with data', event(session, SESSION, { object: 'v2.core.event' })],
    ['no id', event(session, SESSION, { id: undefined })],
    ['an id that is a number', event(session, SESSION, { id: 7 })],
    ['an id of something else', event(session, SESSION, { id: 'cs_test_1' })],
    ['an id with NUL', event(session, SESSION, { id: 'evt_\0' })],
    ['an id without end', event(session, SESSION, { id: `evt_${'1'.repeat(251)}` })],
    ['no type', event(session, SESSION, { type: undefined })],
    ['a type that is a list', event(session, SESSION, { type: [session] })],
    ['an empty type', event('', SESSION)],
    ['a type with NUL', event('checkout\0session', SESSION)],
    ['a type without end', event('a'.repeat(101), SESSION)],
    ['no data', event(session, SESSION, { data: undefined })],
    ['null for data', event(session, SESSION, { data: null })],
    ['a list for data', event(session, SESSION, { data: [SESSION] })],
    ['no object in the data', event(session, SESSION, { data: {} })],
    ['a text for the object', event(session, SESSION, { data: { object: REFERENCE } })],
    ['a list for the object', event(session, [SESSION])],
    ['lists as deep as a post may be long', '['.repeat(1_048_576)],
    ['objects as deep as a post may be long', '{"a":'.repeat(200_000)],
    ['closed lists that deep', '['.repeat(500_000) + ']'.repeat(500_000)],
  ])('is claimed to be nothing: %s', async (_what, body) => {
    expect(await read(body)).toBeUndefined()
  })

  test('is claimed to be nothing where the bytes are no UTF-8', async () => {
    expect(await stripe.readWebhook(Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d))).toBeUndefined()
  })

  test('does not pollute a prototype', async () => {
    const body = JSON.stringify(event(session, { id: 'cs_1', HERE: 0 }))
    const claim = await read(body.replace('"HERE":0', '"__proto__":{"client_reference_id":"pb-7"}'))
    expect(claim).toMatchObject({ about: 'nothing', reference: undefined })
  })
})

describe('a key against repeats', () => {
  test('is the event’s own id, however its body is written', async () => {
    const completed = event('checkout.session.completed', SESSION, { id: 'evt_twice' })
    expect((await read(completed))?.dedupeKey).toBe('evt_twice')
    expect((await read(JSON.stringify({ ...completed, pending_webhooks: 0 }, null, 2)))?.dedupeKey).toBe('evt_twice')
  })

  test('fits its column, whatever is sent', async () => {
    const longest = await read(event('payout.paid', {}, { id: `evt_${'1'.repeat(250)}` }))
    expect(longest?.dedupeKey.length).toBeLessThanOrEqual(300)
  })
})
