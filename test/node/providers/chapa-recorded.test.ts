/** Chapa's recorded payloads through the real plug-in, where the recordings are at hand. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { chapa } from '../../../src/providers/chapa/index.ts'
import type { ClosedAnswer, Conversation } from '../../../src/providers/contract.ts'
import { parseExactJson } from '../../../src/providers/kit/exact-json.ts'
import { answered, drive, initialized, PENDING, REFUND_ID, REQUEST } from '../../providers/chapa-fixtures.ts'

const RECORDINGS = join(import.meta.dirname, '../../../../shared/providers/payloads/chapa')
const CREDENTIALS = { secret_key: 'CHASECK_TEST-q8Rt3Wm6Zx1Kb9Nd', webhook_secret: 'a dashboard word' }
const NOW = new Date('2026-11-04T07:04:00Z')

const attemptOf = (reference: string) => ({
  ...REQUEST,
  reference,
  checkoutId: undefined,
  checkoutUrl: undefined,
  providerTransactionId: undefined,
})
const paymentOf = (providerTransactionId: string) => ({ ...attemptOf(REQUEST.reference), providerTransactionId })
const RANGE = { from: new Date('2026-01-01T00:00:00Z'), to: NOW }

function close(): Conversation<ClosedAnswer> {
  if (chapa.closeCheckout === undefined) throw new Error('its pages can be closed')
  return chapa.closeCheckout(attemptOf(REQUEST.reference), CREDENTIALS)
}

test('the plug-in does its work in Node', async () => {
  const body = new TextEncoder().encode(JSON.stringify({ event: 'charge.success', tx_ref: REQUEST.reference }))
  expect(await chapa.readWebhook(body)).toMatchObject({ about: 'payment', reference: REQUEST.reference })
  const headers = new Headers({ 'x-chapa-signature': '0'.repeat(64) })
  expect(await chapa.verifyWebhook(body, headers, CREDENTIALS, NOW)).toBe('wrong')
  const { result } = drive(chapa.createCheckout(REQUEST, CREDENTIALS), answered(200, initialized()))
  expect(result.kind).toBe('opened')
})

const bytes = (path: string) => new Uint8Array(readFileSync(join(RECORDINGS, path)))
const recorded = (path: string): unknown => parseExactJson(readFileSync(join(RECORDINGS, path), 'utf8'))
const answer = (path: string, status: number) => ({ status, body: recorded(path) })

/** Each recorded webhook, and what it asks us to look at. */
const WEBHOOKS: Record<string, 'payment' | 'refund' | 'nothing'> = {
  'charge.failed-cancelled.json': 'payment',
  'charge.refunded.json': 'refund',
  'charge.reversed.json': 'refund',
  'charge.success.json': 'payment',
  'composed/charge.success.test-mode-shape.json': 'payment',
  'payout.failed-cancelled.json': 'nothing',
  'payout.success.json': 'nothing',
}

const Webhook = z.object({ event: z.string(), tx_ref: z.string().optional(), reference: z.string() })

function recordedWebhooks(): void {
  test.each(Object.entries(WEBHOOKS))('%s is read', async (path, about) => {
    const { event, tx_ref, reference } = Webhook.parse(recorded(path))
    const providerTransactionId = about === 'nothing' ? undefined : reference
    const claim = { type: event, about, reference: tx_ref, providerTransactionId }
    expect(await chapa.readWebhook(bytes(path))).toMatchObject(claim)
  })

  test('a GET of the callback address is none', async () => {
    expect(await chapa.readWebhook(bytes('callback-url.get.json'))).toBeUndefined()
  })
}

const Vectors = z.object({
  cases: z
    .array(
      z.object({
        webhook_secret: z.string(),
        raw_body: z.string(),
        'x-chapa-signature': z.string(),
        'chapa-signature': z.string(),
      }),
    )
    .min(1),
})

function signatureVectors(): void {
  test.each(Vectors.parse(recorded('signature-vectors.json')).cases)(
    'of $raw_body fits that body and that secret alone',
    async ({ webhook_secret: secret, raw_body: body, 'x-chapa-signature': signature, 'chapa-signature': constant }) => {
      const verify = (signed: string, headers: Record<string, string>, webhookSecret = secret) =>
        chapa.verifyWebhook(
          new TextEncoder().encode(signed),
          new Headers(headers),
          { ...CREDENTIALS, webhook_secret: webhookSecret },
          NOW,
        )
      const both = { 'x-chapa-signature': signature, 'chapa-signature': constant }
      expect(await verify(body, both)).toBe('valid')
      expect(await verify(body, { 'x-chapa-signature': signature })).toBe('valid')
      expect(await verify(`${body} `, both)).toBe('wrong')
      expect(await verify(body, both, `${secret} `)).toBe('wrong')
      expect(await verify(body, { 'chapa-signature': constant })).toBe('missing')
      expect(await verify(body, { 'x-chapa-signature': constant })).toBe('wrong')
    },
  )
}

const open = (path: string, status: number) =>
  drive(chapa.createCheckout(REQUEST, CREDENTIALS), answer(path, status)).result
const confirm = (path: string, status: number, reference = REQUEST.reference) =>
  drive(chapa.confirm(attemptOf(reference), CREDENTIALS), answer(path, status)).result

const Verified = z.object({ data: z.object({ tx_ref: z.string(), reference: z.string().nullable() }) })

/** What each recorded answer says, to the errand that gets it. */
const ANSWERS: Record<string, () => void> = {
  'responses/banks.json': () => {
    const { result } = drive(chapa.checkCredentials(CREDENTIALS), answer('responses/banks.json', 200))
    expect(result).toMatchObject({ kind: 'unknown' })
  },
  'responses/currency_supported.json': () => {
    const { result } = drive(chapa.checkCredentials(CREDENTIALS), answer('responses/currency_supported.json', 200))
    expect(result).toEqual({ kind: 'valid' })
  },
  'responses/refund.test-mode.json': () => {
    for (const status of [200, 400, 403]) {
      const request = { id: REFUND_ID, payment: paymentOf('APt8Wn3Kc5'), amount: 100n, reason: undefined }
      const given = answer('responses/refund.test-mode.json', status)
      expect(drive(chapa.createRefund(request, CREDENTIALS), given).result).toMatchObject({
        kind: 'refused',
        reason: 'request_refused',
      })
    }
  },
  'responses/transaction.cancel.ok.json': () => {
    const { result } = drive(close(), answer('responses/transaction.cancel.ok.json', 200), answered(200, PENDING))
    expect(result).toEqual({ kind: 'closed' })
  },
  'responses/transaction.cancel.unknown.http404-observed.json': () => {
    const given = answer('responses/transaction.cancel.unknown.http404-observed.json', 404)
    expect(drive(close(), given).result).toMatchObject({ kind: 'refused', reason: 'request_refused' })
  },
  'responses/transaction.initialize.amount-missing.http400-observed.json': () =>
    expect(open('responses/transaction.initialize.amount-missing.http400-observed.json', 400)).toEqual({
      kind: 'refused',
      reason: 'request_refused',
      message: 'amount: validation.required',
    }),
  'responses/transaction.initialize.amount-too-large.http400-observed.json': () =>
    expect(open('responses/transaction.initialize.amount-too-large.http400-observed.json', 400)).toMatchObject({
      kind: 'refused',
      reason: 'request_refused',
    }),
  'responses/transaction.initialize.duplicate.json': () =>
    expect(open('responses/transaction.initialize.duplicate.json', 400)).toEqual({ kind: 'exists' }),
  'responses/transaction.initialize.ok.json': () =>
    expect(open('responses/transaction.initialize.ok.json', 200)).toMatchObject({
      kind: 'opened',
      checkoutUrl: expect.stringMatching(/^https:\/\/checkout\.chapa\.co\/checkout\/payment\/\w+$/),
    }),
  'responses/transaction.initialize.unauthorized.json': () => {
    const refused = { kind: 'refused', reason: 'credentials_refused' }
    expect(open('responses/transaction.initialize.unauthorized.json', 401)).toMatchObject(refused)
    expect(confirm('responses/transaction.initialize.unauthorized.json', 401)).toMatchObject(refused)
  },
  'responses/transaction.initialize.validation.json': () =>
    expect(open('responses/transaction.initialize.validation.json', 400)).toMatchObject({
      kind: 'refused',
      reason: 'request_refused',
    }),
  'responses/transaction.verify.pending.json': () => {
    const { tx_ref: reference } = Verified.parse(recorded('responses/transaction.verify.pending.json')).data
    expect(confirm('responses/transaction.verify.pending.json', 200, reference)).toMatchObject({
      kind: 'found',
      status: 'unpaid',
      reported: { reference, amount: 1_000n, fee: undefined, mode: 'test', providerTransactionId: reference },
    })
  },
  'responses/transaction.verify.success.json': () => {
    const { data } = Verified.parse(recorded('responses/transaction.verify.success.json'))
    expect(confirm('responses/transaction.verify.success.json', 200)).toMatchObject({
      kind: 'found',
      status: 'paid',
      reported: {
        reference: data.tx_ref,
        amount: 10_000n,
        collected: 10_000n,
        fee: 350n,
        currency: 'ETB',
        mode: 'test',
        providerTransactionId: data.reference,
      },
    })
  },
  'responses/transaction.verify.unknown.http400-observed.json': () =>
    expect(confirm('responses/transaction.verify.unknown.http400-observed.json', 400)).toEqual({ kind: 'not_found' }),
  'responses/transaction.verify.unpaid.http404-documented.json': () =>
    expect(confirm('responses/transaction.verify.unpaid.http404-documented.json', 404)).toEqual({ kind: 'not_found' }),
  'composed/refund.create.json': () => {
    const payment = paymentOf('APt8Wn3Kc5')
    const request = { id: REFUND_ID, payment, amount: 10_000n, reason: 'Wrong size' }
    const { result } = drive(chapa.createRefund(request, CREDENTIALS), answer('composed/refund.create.json', 200))
    expect(result).toMatchObject({
      kind: 'made',
      refund: { refundId: REFUND_ID, amount: 10_000n, status: 'pending', providerRefundId: expect.any(String) },
    })
  },
  'composed/refund.verify.json': () => {
    const known = [{ refundId: REFUND_ID, providerRefundId: 'RF7' }]
    const { result } = drive(
      chapa.readRefunds(paymentOf('APt8Wn3Kc5'), known, CREDENTIALS),
      answer('composed/refund.verify.json', 200),
      answer('responses/transaction.verify.success.json', 200),
    )
    expect(result).toMatchObject({ refunds: [{ refundId: REFUND_ID, amount: 10_000n, status: 'succeeded' }] })
  },
  'composed/transactions.list.json': () => {
    const given = answer('composed/transactions.list.json', 200)
    expect(drive(chapa.listPayments(RANGE, undefined, CREDENTIALS), given).result).toMatchObject({
      payments: [{ status: 'paid', amount: 1_200n, currency: 'ETB', isRefunded: false }],
      next: undefined,
    })
  },
}

function recordedAnswers(): void {
  test.each(Object.entries(ANSWERS))('%s is understood', (_path, check) => check())

  test('each recording has its test', () => {
    const files = readdirSync(RECORDINGS, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.json'),
    )
    const others = ['callback-url.get.json', 'signature-vectors.json']
    expect(files.sort()).toEqual([...Object.keys(WEBHOOKS), ...Object.keys(ANSWERS), ...others].sort())
  })
}

if (existsSync(RECORDINGS)) {
  describe('a recorded webhook', recordedWebhooks)
  describe('a signature vector', signatureVectors)
  describe('a recorded answer', recordedAnswers)
}
