/** What holds of a plug-in whatever it is sent: each rule takes what came of chance, and throws where it is broken. */

import fc from 'fast-check'
import { expect } from 'vitest'
import { encodeBase64, encodeHex, utf8 } from '../../src/crypto/bytes.ts'
import { hmacSign } from '../../src/crypto/hmac.ts'
import { decide } from '../../src/domain/verdict.ts'
import { converse, type ExchangeWorld } from '../../src/providers/exchange.ts'
import { parseExactJson } from '../../src/providers/kit/exact-json.ts'
import { PROVIDERS, type ProviderName } from '../../src/providers/registry.ts'
import { broken, brokenBytes, jsonBreak, rawBreak } from './junk.ts'
import { Claim, FoundReport, shapeOf } from './provider-shapes.ts'
import { type Errand, type Subject, start } from './provider-subjects.ts'

type Bytes = Uint8Array<ArrayBuffer>

const encode = (value: unknown): Bytes => utf8(JSON.stringify(value))
const NOW = new Date('2026-11-24T09:00:00.000Z')

/** One of the payloads, broken up to three times as JSON and now and then as bytes. */
export function mutated(payloads: readonly unknown[]): fc.Arbitrary<Bytes> {
  return fc
    .tuple(
      fc.constantFrom(...payloads),
      fc.array(jsonBreak, { maxLength: 3 }),
      fc.option(rawBreak, { freq: 3, nil: undefined }),
    )
    .map(([payload, breaks, raw]) => {
      const bytes = encode(breaks.reduce(broken, payload))
      return raw === undefined ? bytes : brokenBytes(bytes, raw)
    })
}

const TELLING = /"(\w*(?:amount|fees?|charge\w*|currency|ref\w*|mode|domain|status))":("[^"]*"|-?[\d.]+|true|false)/g
const OTHER_VALUES = [0, 1, 100, 150_001, 7_251, 1500.51, 1250.51, '150001', 'KES', 'usd', 'live', 'other', true, null]

/** The answer with another value in one of the fields that tell what was paid, for what and how it stands. */
export function retold(answer: unknown): fc.Arbitrary<Bytes> {
  const text = JSON.stringify(answer)
  const fields = [...text.matchAll(TELLING)]
  if (fields.length === 0) return fc.constant(encode(answer))
  return fc
    .tuple(fc.constantFrom(...fields), fc.constantFrom(...OTHER_VALUES))
    .map(([{ 0: field, 1: name, index }, value]) =>
      utf8(`${text.slice(0, index)}"${name}":${JSON.stringify(value)}${text.slice(index + field.length)}`),
    )
}

/** Reading a webhook gives a claim of the contract's form, or nothing; it never throws. */
export async function webhookIsRead({ name }: Pick<Subject, 'name'>, body: Bytes): Promise<void> {
  const claim = await PROVIDERS[name].readWebhook(body)
  if (claim !== undefined) Claim.parse(claim)
}

/** The headers by which the provider proves these bytes, where there is a proof of the bytes. */
export async function signed({ name, credentials }: Subject, body: Bytes): Promise<Record<string, string>> {
  const { secret_key = '', webhook_secret = '', webhook_hash = '' } = credentials
  const time = Math.floor(NOW.getTime() / 1000)
  const withTime = Uint8Array.from([...utf8(`${time}.`), ...body])
  const headers: Record<ProviderName, () => Promise<Record<string, string>>> = {
    paystack: async () => ({ 'x-paystack-signature': encodeHex(await hmacSign('SHA-512', utf8(secret_key), body)) }),
    flutterwave: async () => ({
      'flutterwave-signature': encodeBase64(await hmacSign('SHA-256', utf8(webhook_hash), body)),
    }),
    stripe: async () => ({
      'stripe-signature': `t=${time},v1=${encodeHex(await hmacSign('SHA-256', utf8(webhook_secret), withTime))}`,
    }),
    chapa: async () => ({ 'x-chapa-signature': encodeHex(await hmacSign('SHA-256', utf8(webhook_secret), body)) }),
  }
  return headers[name]()
}

/** A signature proves the bytes that it was made of, and no others. */
export async function signatureHolds(
  subject: Subject,
  original: Bytes,
  headers: Record<string, string>,
  body: Bytes,
): Promise<void> {
  const check = await PROVIDERS[subject.name].verifyWebhook(body, new Headers(headers), subject.credentials, NOW)
  expect(check).toBe(isSame(original, body) ? 'valid' : 'wrong')
}

/** Another digit in it, a part of it, or what is none: no other signature proves the bytes. */
export async function otherSignatureFails(
  subject: Subject,
  headers: Record<string, string>,
  body: Bytes,
  { at, by }: { at: number; by: string },
): Promise<void> {
  const [[name, value] = ['', '']] = Object.entries(headers)
  const from = value.startsWith('t=') ? value.indexOf('v1=') + 3 : 0
  const where = from + (at % (value.length - from))
  const other = value.slice(0, where) + by + value.slice(where + 1)
  // The last digits of base64 hold bits that are not of the bytes.
  if (other.toLowerCase() === value.toLowerCase() || (name === 'flutterwave-signature' && where > value.length - 4))
    return
  const check = await PROVIDERS[subject.name].verifyWebhook(
    body,
    new Headers({ [name]: other }),
    subject.credentials,
    NOW,
  )
  expect(check).not.toBe('valid')
}

const isSame = (a: Bytes, b: Bytes): boolean => a.length === b.length && a.every((byte, index) => byte === b[index])

export interface Answered {
  status: number
  body: Bytes
}

const STATUSES = [200, 200, 200, 200, 201, 202, 400, 401, 403, 404, 408, 409, 422, 429, 500, 503]

/** Answers to an errand: its own, of which some are broken or are another's. */
export function answersTo(subject: Subject, errand: Errand, others: readonly unknown[]): fc.Arbitrary<Answered[]> {
  const own = subject.answers[errand].map((answer) =>
    fc.oneof(
      { weight: 3, arbitrary: mutated([answer]) },
      { weight: 3, arbitrary: retold(answer) },
      { weight: 2, arbitrary: fc.constant(encode(answer)) },
      { weight: 1, arbitrary: mutated(others) },
    ),
  )
  return fc.tuple(
    ...own.map((body) => fc.record({ status: fc.constantFrom(...STATUSES), body })),
    fc.record({ status: fc.constantFrom(...STATUSES), body: mutated(others) }),
  )
}

/** Through the real exchange: the last answer is given again where the errand asks for more. */
export async function outcomeOf(subject: Subject, errand: Errand, answers: readonly Answered[]): Promise<unknown> {
  const conversation = start(subject, errand)
  if (conversation === undefined) return { kind: 'unknown', cause: 'unreachable' }
  let calls = 0
  const world: ExchangeWorld = {
    fetch: async () => {
      const { status, body } = answers[Math.min(calls++, answers.length - 1)] ?? { status: 500, body: encode('') }
      return new Response(body, { status })
    },
    deadline: () => new AbortController().signal,
    providersUrl: undefined,
  }
  return converse(world, PROVIDERS[subject.name], conversation)
}

/**
 * Never throws, gives what the contract says, and takes nothing for paid but what says so in every field.
 * @returns whether it was taken for paid
 */
export async function errandHolds(subject: Subject, errand: Errand, answers: readonly Answered[]): Promise<boolean> {
  const outcome = await outcomeOf(subject, errand, answers)
  shapeOf(errand).parse(outcome)
  const found = FoundReport.safeParse(outcome)
  if (!found.success) return false
  const { reference, amount, currency, expiresAt } = subject.attempt
  const { status, reported } = found.data
  const { transaction } = decide({ reference, amount, currency, mode: 'test' }, status, reported, NOW, expiresAt)
  if (transaction !== 'succeeded') return false
  expect(subject.saysPaid(answers.map(readAnswer))).toBe(true)
  return true
}

/**
 * A word for a status that is not listed is neither success nor failure.
 * @returns whether the payment was found, and its status told
 */
export async function unlistedWordDecidesNothing(subject: Subject, word: unknown): Promise<boolean> {
  if (typeof word === 'string' && subject.words.includes(word.toLowerCase().trim())) return false
  const { paidText } = subject
  const answers = subject.answers.confirm.map((answer) => {
    const text = JSON.stringify(answer)
    const [at, key] = [text.lastIndexOf(paidText), paidText.split(':')[0]]
    const body = utf8(`${text.slice(0, at)}${key}:${JSON.stringify(word)}${text.slice(at + paidText.length)}`)
    return { status: 200, body }
  })
  const outcome = FoundReport.safeParse(await outcomeOf(subject, 'confirm', answers))
  if (!outcome.success) return false
  expect(outcome.data.status).toBe('unrecognised')
  return true
}

const readAnswer = ({ body }: Answered): unknown => parseExactJson(new TextDecoder().decode(body))
