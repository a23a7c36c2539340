/** Recorded payloads of Flutterwave through the real plug-in, where the recordings are at hand. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { flutterwave } from '../../../src/providers/flutterwave/index.ts'
import { parseExactJson } from '../../../src/providers/kit/exact-json.ts'
import {
  CREDENTIALS,
  hosted,
  listed,
  NOT_FOUND,
  ok,
  PAYMENT,
  REFUND_ID,
  REQUEST,
  talk,
} from '../../providers/flutterwave-fixtures.ts'

const RECORDINGS = join(import.meta.dirname, '../../../../shared/providers/payloads/flutterwave')

test('the plug-in does its work in Node', async () => {
  expect(talk(flutterwave.createCheckout(REQUEST, CREDENTIALS), ok(hosted)).result).toMatchObject({ kind: 'opened' })
  const headers = new Headers({ 'verif-hash': CREDENTIALS.webhook_hash })
  expect(await flutterwave.verifyWebhook(new Uint8Array(), headers, CREDENTIALS, new Date(0))).toBe('valid')
})

const text = (path: string): string => readFileSync(join(RECORDINGS, path), 'utf8')
const recorded = (name: string) => ok(text(`responses/${name}.json`))

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce((inner, name) => z.record(z.string(), z.unknown()).parse(inner)[name], value)
}

interface Place {
  about: 'payment' | 'refund' | 'nothing'
  type: string[] | undefined
  /** Where the id and the status stand; undefined where the bytes are all that the event is known by. */
  object: string[] | undefined
  reference?: string[]
  payment?: string[]
}

const CHARGE: Place = {
  about: 'payment',
  type: ['event'],
  object: ['data'],
  reference: ['data', 'tx_ref'],
  payment: ['data', 'id'],
}
const LEGACY: Place = { about: 'payment', type: ['event.type'], object: [], reference: ['txRef'], payment: ['id'] }

/** Where each recorded webhook says what it is about. */
const WEBHOOKS: Record<string, Place> = {
  'charge.completed.card': CHARGE,
  'composed/charge.completed.failed': CHARGE,
  'composed/refund': { about: 'refund', type: undefined, object: [], payment: ['TransactionId'] },
  'legacy/card_transaction': LEGACY,
  'legacy/mpesa_transaction': LEGACY,
  'legacy/transfer': { about: 'nothing', type: ['event.type'], object: ['transfer'] },
  'transfer.completed': { about: 'nothing', type: ['event'], object: ['data'] },
  'v4/charge.completed': { about: 'nothing', type: undefined, object: undefined },
}

function recordedWebhooks(): void {
  test.each(Object.entries(WEBHOOKS))('%s is read', async (name, { about, type, object, reference, payment }) => {
    const body = parseExactJson(text(`${name}.json`))
    const claim = await flutterwave.readWebhook(new Uint8Array(readFileSync(join(RECORDINGS, `${name}.json`))))
    expect(claim).toMatchObject({
      about,
      type: type === undefined ? expect.stringMatching(/^(refund|unknown)$/) : at(body, type),
      reference: reference && at(body, reference),
      providerTransactionId: payment && String(at(body, payment)),
    })
    const status = object && String(at(body, [...object, 'status'])).toLowerCase()
    const key = object === undefined ? ':sha256:' : `:${at(body, [...object, 'id'])}:${status}`
    expect(claim?.dedupeKey).toContain(`${claim?.type}${key}`)
  })

  test('each of them is in the list', () => {
    const names = readdirSync(RECORDINGS, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json') && name !== 'signature-vectors.json' && !name.startsWith('responses'))
      .map((name) => name.slice(0, -'.json'.length))
    expect(names.sort()).toEqual(Object.keys(WEBHOOKS).sort())
  })
}

const Vectors = z.object({
  v3: z.object({ secret_hash: z.string(), 'verif-hash': z.string() }),
  v4: z.object({
    cases: z
      .array(z.object({ secret_hash: z.string(), raw_body: z.string(), 'flutterwave-signature': z.string() }))
      .min(1),
  }),
})

function signatureVectors(): void {
  const { v3, v4 } = Vectors.parse(parseExactJson(text('signature-vectors.json')))
  const verify = (body: string, name: string, header: string, hash: string) =>
    flutterwave.verifyWebhook(
      new TextEncoder().encode(body),
      new Headers({ [name]: header }),
      { webhook_hash: hash },
      new Date(0),
    )

  test('of v3 fits that hash alone', async () => {
    expect(await verify('{}', 'verif-hash', v3['verif-hash'], v3.secret_hash)).toBe('valid')
    expect(await verify('{}', 'verif-hash', v3['verif-hash'], `${v3.secret_hash}0`)).toBe('wrong')
  })

  test.each(v4.cases)(
    'of $raw_body fits that body and that hash alone',
    async ({ secret_hash: hash, raw_body: body, 'flutterwave-signature': signature }) => {
      expect(await verify(body, 'flutterwave-signature', signature, hash)).toBe('valid')
      expect(await verify(`${body} `, 'flutterwave-signature', signature, hash)).toBe('wrong')
      expect(await verify(body, 'flutterwave-signature', signature, `${hash}0`)).toBe('wrong')
    },
  )
}

const confirm = (reference: string, ...answers: ReturnType<typeof ok>[]) =>
  talk(flutterwave.confirm({ ...PAYMENT, reference }, CREDENTIALS), ...answers).result

const Row = z.object({ id: z.coerce.string(), tx_ref: z.string(), status: z.string(), amount: z.int() })
const List = z.object({ data: z.array(Row).min(1) })

/** The rows of the recorded list, as if there were no other page. */
const rows = () => List.parse(recorded('transactions.list').body).data
const onePage = () =>
  ok(listed(z.object({ data: z.array(z.unknown()) }).parse(recorded('transactions.list').body).data))

function recordedAnswers(): void {
  test('to verify is a payment, paid as it was asked', () => {
    const answer = recorded('transactions.verify-by-id')
    const paid = Row.parse(at(answer.body, ['data']))
    const amount = BigInt(paid.amount) * 100n
    expect(confirm(paid.tx_ref, answer, ok(listed([])))).toMatchObject({
      kind: 'found',
      status: 'paid',
      reported: {
        reference: paid.tx_ref,
        amount,
        collected: amount,
        fee: (amount * 14n) / 1000n,
        currency: 'NGN',
        providerTransactionId: paid.id,
      },
    })
  })

  test('to list has tries that are under way, of which the newest tells', () => {
    const [newest] = rows().filter(({ status }) => status === 'pending')
    expect(confirm(newest?.tx_ref ?? '', ok(NOT_FOUND), onePage())).toMatchObject({
      status: 'processing',
      reported: { providerTransactionId: newest?.id, fee: undefined },
    })
  })

  test('to list has a paid one that is asked for itself', () => {
    const paid = rows().find(({ status }) => status === 'successful')
    const conversation = flutterwave.confirm({ ...PAYMENT, reference: paid?.tx_ref ?? '' }, CREDENTIALS)
    conversation.next()
    conversation.next(ok(NOT_FOUND))
    expect(conversation.next(onePage())).toMatchObject({
      done: false,
      value: { path: `/v3/transactions/${paid?.id}/verify` },
    })
  })

  test('to list is a page of payments, and leads to the next', () => {
    const range = { from: new Date(0), to: new Date(0) }
    const { result } = talk(flutterwave.listPayments(range, undefined, CREDENTIALS), recorded('transactions.list'))
    expect(result).toEqual({
      kind: 'page',
      next: '2',
      payments: rows().map(({ id, tx_ref, status, amount }) => ({
        reference: tx_ref,
        providerTransactionId: id,
        status: status === 'pending' ? 'processing' : 'paid',
        amount: BigInt(amount) * 100n,
        currency: 'NGN',
        isRefunded: false,
      })),
    })
  })

  test('to a refund has made it, and nothing is sent yet', () => {
    const answer = recorded('refunds.create')
    const amount = BigInt(z.int().parse(at(answer.body, ['data', 'amount_refunded']))) * 100n
    const request = { id: REFUND_ID, payment: PAYMENT, amount, reason: undefined }
    expect(talk(flutterwave.createRefund(request, CREDENTIALS), answer).result).toMatchObject({
      kind: 'made',
      refund: { providerRefundId: String(at(answer.body, ['data', 'id'])), amount, status: 'pending' },
    })
  })

  test('to balances finds the credentials valid', () => {
    const checked = talk(flutterwave.checkCredentials(CREDENTIALS), recorded('balances.list'))
    expect(checked.result).toEqual({ kind: 'valid' })
  })

  test.each([
    'accounts.resolve',
    'balances.list',
    'settlements.list',
    'transactions.fee',
    'transactions.resend-hook',
    'transfers.bulk',
    'transfers.create',
    'transfers.fee',
  ])('to %s is no answer about a payment, a refund or a page', (name) => {
    const unknown = { kind: 'unknown', cause: 'answer_unrecognised' }
    expect(confirm(PAYMENT.reference, recorded(name))).toEqual(unknown)
    expect(talk(flutterwave.createCheckout(REQUEST, CREDENTIALS), recorded(name)).result).toEqual(unknown)
    expect(talk(flutterwave.readRefunds(PAYMENT, [], CREDENTIALS), recorded(name)).result).toEqual(unknown)
  })
}

if (existsSync(RECORDINGS)) {
  describe('a recorded webhook', recordedWebhooks)
  describe('a signature vector', signatureVectors)
  describe('a recorded answer', recordedAnswers)
}
