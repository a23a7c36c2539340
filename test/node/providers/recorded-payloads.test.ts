/**
 * Recorded payloads through the real plug-in, where the recordings are at hand. In Node: the plug-in needs nothing but
 * Web Crypto.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { newId } from '../../../src/domain/ids.ts'
import type { AttemptKnown, ProviderAnswer } from '../../../src/providers/contract.ts'
import { parseExactJson } from '../../../src/providers/kit/exact-json.ts'
import { PROVIDERS } from '../../../src/providers/registry.ts'
import { EVENTS, initialized, REFERENCE, verified } from '../../providers/paystack-fixtures.ts'
import { outcomeOf } from '../../support/conversation.ts'

const { paystack } = PROVIDERS
const RECORDINGS = join(import.meta.dirname, '../../../../shared/providers/payloads/paystack')

const CREDENTIALS = { secret_key: 'sk_test_5d7c1f93b8e2460a' }
const NOW = new Date('2026-11-24T09:00:00.000Z')

const attempt = (reference: string, amount: number): AttemptKnown => ({
  reference,
  amount: BigInt(amount),
  currency: 'NGN',
  checkoutId: undefined,
  checkoutUrl: undefined,
  providerTransactionId: undefined,
  createdAt: NOW,
  expiresAt: new Date('2026-11-25T09:00:00.000Z'),
})

function readCheckout(answer: ProviderAnswer, reference: string, amount: number) {
  const request = {
    ...attempt(reference, amount),
    customer: { email: 'ada@customer.test', name: undefined, phone: undefined },
    description: undefined,
    callbackUrl: undefined,
    method: undefined,
    metadata: {},
  }
  return outcomeOf(paystack.createCheckout(request, CREDENTIALS), answer)
}

const readConfirmation = (answer: ProviderAnswer) =>
  outcomeOf(paystack.confirm(attempt(REFERENCE, 150_000), CREDENTIALS), answer)
const readCredentialCheck = (answer: ProviderAnswer) => outcomeOf(paystack.checkCredentials(CREDENTIALS), answer)

test('the plug-in does its work in Node', async () => {
  const body = new TextEncoder().encode(JSON.stringify({ event: 'charge.success', ...EVENTS['charge.success'] }))
  expect(await paystack.readWebhook(body)).toMatchObject({ reference: REFERENCE })
  const headers = new Headers({ 'x-paystack-signature': '0'.repeat(128) })
  expect(await paystack.verifyWebhook(body, headers, CREDENTIALS, NOW)).toBe('wrong')
  expect(readConfirmation({ status: 200, body: verified() })).toMatchObject({ status: 'paid' })
  const opened = readCheckout({ status: 200, body: initialized(REFERENCE) }, REFERENCE, 150_000)
  expect(opened.kind).toBe('opened')
})

const text = (path: string): string => readFileSync(join(RECORDINGS, path), 'utf8')

/** The answer that was recorded with this HTTP status. */
function answer(name: string, status: number) {
  const Answers = z.record(z.string(), z.object({ data: z.unknown() }))
  return { status, body: Answers.parse(parseExactJson(text(`responses/${name}.json`)))[status]?.data }
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce((inner, name) => z.record(z.string(), z.unknown()).parse(inner)[name], value)
}

const ID = ['data', 'id']
const CHARGE = { id: ID, reference: ['data', 'reference'] }
const REFUND = { id: undefined, reference: ['data', 'transaction_reference'] }
const DISPUTE = { id: ID, reference: ['data', 'transaction', 'reference'] }
const TRANSFER = { id: ID, reference: undefined }

/** Where each recorded webhook says which object it is about, and which payment. */
const WEBHOOKS: Record<string, { id: string[] | undefined; reference: string[] | undefined }> = {
  'bank.transfer.rejected': { id: undefined, reference: undefined },
  'charge.dispute.create': DISPUTE,
  'charge.dispute.resolve': DISPUTE,
  'charge.success.bank_transfer': CHARGE,
  'charge.success.card': CHARGE,
  'charge.success.mobile_money': CHARGE,
  'refund.failed': REFUND,
  'refund.pending': REFUND,
  'refund.processed': REFUND,
  'refund.processing': REFUND,
  'transfer.failed': TRANSFER,
  'transfer.success': TRANSFER,
}

function recordedWebhooks(): void {
  test.each(Object.entries(WEBHOOKS))('%s is read', async (name, { id, reference }) => {
    const body = new Uint8Array(readFileSync(join(RECORDINGS, `${name}.json`)))
    const recorded = parseExactJson(text(`${name}.json`))
    const claim = await paystack.readWebhook(body)
    expect(claim).toMatchObject({
      type: at(recorded, ['event']),
      reference: reference === undefined ? undefined : expect.stringMatching(/./),
    })
    if (reference !== undefined) expect(claim?.reference).toBe(at(recorded, reference))
    expect(claim?.dedupeKey).toContain(id === undefined ? ':sha256:' : `:${at(recorded, id)}`)
  })

  test('each of them is in the list', () => {
    const names = readdirSync(RECORDINGS)
      .filter((name) => name.endsWith('.json') && name !== 'signature-vectors.json')
      .map((name) => name.slice(0, -'.json'.length))
    expect(names.sort()).toEqual(Object.keys(WEBHOOKS).sort())
  })
}

const Vectors = z.object({
  cases: z.array(z.object({ secret_key: z.string(), raw_body: z.string(), 'x-paystack-signature': z.string() })).min(1),
})

function signatureVectors(): void {
  test.each(Vectors.parse(parseExactJson(text('signature-vectors.json'))).cases)(
    'of $secret_key fits that body and that key alone',
    async ({ secret_key: key, raw_body: body, 'x-paystack-signature': signature }) => {
      const headers = new Headers({ 'x-paystack-signature': signature })
      const verify = (signed: string, secret: string) =>
        paystack.verifyWebhook(new TextEncoder().encode(signed), headers, { secret_key: secret }, NOW)
      expect(await verify(body, key)).toBe('valid')
      expect(await verify(`${body} `, key)).toBe('wrong')
      expect(await verify(body, `${key}0`)).toBe('wrong')
    },
  )
}

const Verified = z.object({
  data: z.object({
    id: z.number(),
    reference: z.string(),
    amount: z.number(),
    requested_amount: z.number(),
    fees: z.number(),
  }),
})

/** Transactions as answers and webhooks carry them; an answer to verify may look like any of them. */
function recordedTransactions(): unknown[] {
  const List = z.object({ data: z.array(z.unknown()).min(1) })
  const charges = Object.keys(WEBHOOKS).filter((name) => name.startsWith('charge.success'))
  return [
    ...charges.map((name) => at(parseExactJson(text(`${name}.json`)), ['data'])),
    ...List.parse(answer('transactions.list', 200).body).data,
    at(answer('disputes.transaction', 200).body, ['data', 'transaction']),
  ]
}

function recordedAnswers(): void {
  test('to initialize opens the page', () => {
    const opened = answer('transactions.initialize', 200)
    const reference = z.string().parse(at(opened.body, ['data', 'reference']))
    expect(readCheckout(opened, reference, 30_050)).toEqual({
      kind: 'opened',
      checkoutUrl: at(opened.body, ['data', 'authorization_url']),
    })
  })

  test('to verify is a payment whose fee the payer bore', () => {
    const recorded = answer('transactions.verify', 200)
    const { data } = Verified.parse(recorded.body)
    expect(data.amount).toBe(data.requested_amount + data.fees)
    expect(readConfirmation(recorded)).toMatchObject({
      kind: 'found',
      status: 'paid',
      reported: {
        reference: data.reference,
        amount: BigInt(data.requested_amount),
        collected: BigInt(data.amount),
        fee: BigInt(data.fees),
        currency: 'NGN',
        mode: 'test',
        providerTransactionId: String(data.id),
      },
    })
  })

  test('of 400 to a wrong key refuses the credentials, whatever was asked', () => {
    const recorded = answer('transactions.verify', 400)
    const refused = { kind: 'refused', reason: 'credentials_refused' }
    expect(readCheckout(recorded, REFERENCE, 30_050)).toMatchObject(refused)
    expect(readConfirmation(recorded)).toMatchObject(refused)
    expect(readCredentialCheck(recorded)).toMatchObject({ kind: 'invalid' })
  })

  test('to balance finds the credentials valid', () => {
    expect(readCredentialCheck(answer('transfers-control.balance', 200))).toEqual({ kind: 'valid' })
  })

  test('to a new refund is that refund, by its number', () => {
    const recorded = answer('refunds.create', 200)
    const payment = {
      ...attempt(REFERENCE, 10_000),
      providerTransactionId: String(at(recorded.body, ['data', 'transaction', 'id'])),
    }
    const request = { id: newId('ref', NOW.getTime(), () => new Uint8Array(10)), payment, amount: 10_000n }
    expect(outcomeOf(paystack.createRefund({ ...request, reason: undefined }, CREDENTIALS), recorded)).toMatchObject({
      kind: 'made',
      refund: {
        providerRefundId: String(at(recorded.body, ID)),
        refundId: undefined,
        amount: BigInt(Number(at(recorded.body, ['data', 'amount']))),
        status: 'pending',
      },
    })
  })

  test('about a refund is understood in a list', () => {
    const row = at(answer('refunds.fetch', 200).body, ['data'])
    const payment = { ...attempt(REFERENCE, 500_000), providerTransactionId: String(at(row, ['transaction'])) }
    const body = { status: true, message: '', data: [row], meta: { total: 1, skipped: 0 } }
    expect(outcomeOf(paystack.readRefunds(payment, [], CREDENTIALS), { status: 200, body })).toMatchObject({
      kind: 'listed',
      refunds: [{ amount: 500_000n, status: 'succeeded', createdAt: expect.any(Date) }],
    })
  })

  test('to a list of transactions is a page of payments', () => {
    const range = { from: new Date('2023-01-01T00:00:00.000Z'), to: NOW }
    const recorded = answer('transactions.list', 200)
    expect(outcomeOf(paystack.listPayments(range, undefined, CREDENTIALS), recorded)).toMatchObject({
      kind: 'page',
      payments: [{ status: 'paid' }],
      next: at(recorded.body, ['meta', 'next']),
    })
  })

  test('about a transaction is understood, old or young', () => {
    for (const data of recordedTransactions()) {
      const confirmation = readConfirmation({ status: 200, body: { status: true, message: '', data } })
      expect(confirmation).toMatchObject({ kind: 'found', status: 'paid' })
    }
  })
}

if (existsSync(RECORDINGS)) {
  describe('a recorded webhook', recordedWebhooks)
  describe('a signature vector', signatureVectors)
  describe('a recorded answer', recordedAnswers)
}
