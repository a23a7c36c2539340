/**
 * The simulator's bodies beside the recorded ones, where the recordings are at hand: every field that Chapa sent is there,
 * of the same type, and nothing besides; events have the same order of keys, and the signatures of the vectors are ours.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { chapaSignature } from '../../../local/simulators/chapa/signature.ts'
import { type ChapaTest, chapaTest, KEY, LIVE_KEY, paidPayment } from './chapa-world.ts'
import { MINUTE_MS } from './world.ts'

const recordings = join(import.meta.dirname, '../../../../shared/providers/payloads/chapa')

/** Where two bodies differ: fields that one lacks, and types. Null stands for any type. */
function differences(recorded: unknown, ours: unknown, path = ''): string[] {
  if (recorded === null || ours === null) return []
  if (typeof recorded !== typeof ours) return [`${path}: ${typeof ours}, recorded ${typeof recorded}`]
  if (Array.isArray(recorded) && Array.isArray(ours)) {
    return recorded.length > 0 && ours.length > 0 ? differences(recorded[0], ours[0], `${path}[]`) : []
  }
  if (!isObject(recorded) || !isObject(ours)) return []
  const [theirs, own] = [Object.keys(recorded), Object.keys(ours)]
  return [
    ...theirs.filter((name) => !own.includes(name)).map((name) => `${path}.${name} is missing`),
    ...own.filter((name) => !theirs.includes(name)).map((name) => `${path}.${name} is ours alone`),
    ...theirs.flatMap((name) => (own.includes(name) ? differences(recorded[name], ours[name], `${path}.${name}`) : [])),
  ]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

test('the comparison sees a missing field, an added one and another type', () => {
  const recorded = { a: 1, b: { c: 'x' }, d: null, e: [{ f: 1 }] }
  expect(differences(recorded, { a: 2, b: { c: 'y' }, d: 4, e: [] })).toEqual([])
  expect(differences(recorded, { a: '2', b: {}, d: null, e: [{ g: 1 }], h: 1 })).toEqual([
    '.h is ours alone',
    '.a: string, recorded number',
    '.b.c is missing',
    '.e[].f is missing',
    '.e[].g is ours alone',
  ])
})

/** Answers and events by the name of their recording. */
class Bodies {
  readonly byName = new Map<string, unknown>()

  async answer({ merchant }: ChapaTest, name: string, method: string, path: string, body?: unknown): Promise<void> {
    this.byName.set(name, (await merchant.call(method, path, body)).body)
  }
}

const ORDER = {
  amount: '75.50',
  currency: 'ETB',
  email: 'hanna@shop.example',
  first_name: 'Hanna',
  last_name: 'Bekele',
}

async function produce(): Promise<Map<string, unknown>> {
  const bodies = new Bodies()
  await produceInTestMode(bodies)
  await produceInLiveMode(bodies)
  return bodies.byName
}

async function produceInTestMode(bodies: Bodies): Promise<void> {
  const setup = chapaTest()
  const { world, simulator, merchant } = setup
  const post = (name: string, body: unknown) =>
    bodies.answer(setup, `responses/${name}`, 'POST', '/v1/transaction/initialize', body)
  await post('transaction.initialize.validation', {})
  await post('transaction.initialize.amount-missing.http400-observed', { ...ORDER, tx_ref: 'rec-1', amount: undefined })
  const tooLarge = { ...ORDER, tx_ref: 'rec-1', amount: '1000001' }
  await post('transaction.initialize.amount-too-large.http400-observed', tooLarge)
  await post('transaction.initialize.ok', { ...ORDER, tx_ref: 'rec-1' })
  await post('transaction.initialize.duplicate', { ...ORDER, tx_ref: 'rec-1' })
  const get = (name: string, path: string) => bodies.answer(setup, `responses/${name}`, 'GET', path)
  await get('transaction.verify.pending', '/v1/transaction/verify/rec-1')
  await get('transaction.verify.unknown.http400-observed', '/v1/transaction/verify/rec-0')
  await get('currency_supported', '/v1/currency_supported')
  await get('banks', '/v1/banks')

  simulator.control.configureAccount(KEY, { verifyDialect: 'documented' })
  await get('transaction.verify.unpaid.http404-documented', '/v1/transaction/verify/rec-1')
  simulator.control.pay({ reference: 'rec-1' })
  await get('transaction.verify.success', '/v1/transaction/verify/rec-1')
  await bodies.answer(setup, 'composed/transactions.list', 'GET', '/v1/transactions')
  const { reference } = await merchant.verify('rec-1')
  await bodies.answer(setup, 'responses/refund.test-mode', 'POST', `/v1/refund/${reference}`)

  await merchant.open('rec-2')
  const put = (name: string, path: string) => bodies.answer(setup, `responses/${name}`, 'PUT', path)
  await put('transaction.cancel.ok', '/v1/transaction/cancel/rec-2')
  await put('transaction.cancel.unknown.http404-observed', '/v1/transaction/cancel/rec-0')
  await simulator.deliverDueWebhooks()
  bodies.byName.set('composed/charge.success.test-mode-shape', world.inbox[0]?.body)
}

async function produceInLiveMode(bodies: Bodies): Promise<void> {
  const setup = chapaTest(LIVE_KEY)
  const { world, simulator, merchant } = setup
  await merchant.open('rec-1', { callback_url: 'https://shop.example/callback' })
  simulator.control.decline({ reference: 'rec-1' })
  simulator.control.pay({ reference: 'rec-1' })
  const { reference } = await merchant.verify('rec-1')
  await bodies.answer(setup, 'composed/refund.create', 'POST', `/v1/refund/${reference}`, { amount: '5.00' })
  const refId = await merchant.refund(reference, { amount: '5.00' })
  world.advance(2 * MINUTE_MS)
  await bodies.answer(setup, 'composed/refund.verify', 'GET', `/v1/refund/${refId}/verify`)
  await paidPayment(setup, 'rec-2')
  simulator.control.reverse({ reference: 'rec-2' })
  await simulator.deliverDueWebhooks()
  for (const { method, url, body } of world.inbox) {
    if (method === 'GET') bodies.byName.set('callback-url.get', Object.fromEntries(new URL(url).searchParams))
    else bodies.byName.set(String(body.event).replace('/', '-'), body)
  }
}

if (existsSync(recordings)) {
  const recorded = (file: string): unknown => JSON.parse(readFileSync(join(recordings, `${file}.json`), 'utf8'))
  const bodies = await produce()

  describe('answers', () => {
    test.each([
      'responses/transaction.initialize.ok',
      'responses/transaction.verify.success',
      'responses/transaction.verify.pending',
      'responses/transaction.cancel.ok',
      'responses/banks',
      'composed/transactions.list',
      'composed/refund.create',
      'composed/refund.verify',
      'callback-url.get',
    ])('%s has the recorded fields', (name) => {
      expect(bodies.get(name)).toBeDefined()
      expect(differences(recorded(name), bodies.get(name))).toEqual([])
    })

    test.each([
      'responses/transaction.initialize.validation',
      'responses/transaction.initialize.amount-missing.http400-observed',
      'responses/transaction.initialize.amount-too-large.http400-observed',
      'responses/transaction.initialize.duplicate',
      'responses/transaction.verify.unknown.http400-observed',
      'responses/transaction.verify.unpaid.http404-documented',
      'responses/transaction.cancel.unknown.http404-observed',
      'responses/currency_supported',
      'responses/refund.test-mode',
    ])('%s is the recorded body', (name) => {
      expect(bodies.get(name)).toEqual(recorded(name))
    })

    test.each([
      'responses/transaction.initialize.ok',
      'responses/transaction.verify.success',
      'responses/transaction.verify.pending',
      'responses/transaction.cancel.ok',
    ])('%s has the recorded message', (name) => {
      const message = z.looseObject({ message: z.string() })
      expect(message.parse(bodies.get(name)).message).toBe(message.parse(recorded(name)).message)
    })
  })

  describe('events', () => {
    test.each([
      'charge.success',
      'charge.failed-cancelled',
      'charge.refunded',
      'charge.reversed',
      'composed/charge.success.test-mode-shape',
    ])('%s has the recorded fields in their order', (name) => {
      const [theirs, ours] = [recorded(name), bodies.get(name)]
      expect(differences(theirs, ours)).toEqual([])
      expect(isObject(ours) && Object.keys(ours)).toEqual(isObject(theirs) && Object.keys(theirs))
    })
  })

  const vector = z.object({
    ...{ webhook_secret: z.string(), raw_body: z.string() },
    ...{ 'x-chapa-signature': z.string(), 'chapa-signature': z.string() },
  })
  const { cases } = z.object({ cases: z.array(vector) }).parse(recorded('signature-vectors'))
  test.each(cases)('the recorded signatures of $raw_body are ours', async (recordedCase) => {
    const { webhook_secret: secret, raw_body: body } = recordedCase
    expect(await chapaSignature(secret, body)).toBe(recordedCase['x-chapa-signature'])
    expect(await chapaSignature(secret, secret)).toBe(recordedCase['chapa-signature'])
  })
}
