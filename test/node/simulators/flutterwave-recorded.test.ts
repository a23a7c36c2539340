/**
 * The simulator's bodies beside the recorded ones, where the recordings are at hand: every field that Flutterwave sent is
 * there, of the same type, and nothing besides.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { flutterwaveTest, KEY } from './flutterwave-world.ts'
import { HOUR_MS } from './world.ts'

const recordings = join(import.meta.dirname, '../../../../shared/providers/payloads/flutterwave')

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

/** Runs a business, and returns its answers and webhooks by the name of their recording. */
async function produce(): Promise<Map<string, unknown>> {
  const { world, simulator, merchant } = flutterwaveTest({ webhookShape: 'plain', refundWebhooks: true })
  const bodies = new Map<string, unknown>()
  const keep = async (recording: string, method: string, path: string, body?: unknown) => {
    bodies.set(`responses/${recording}.json`, (await merchant.call(method, path, body)).body)
  }
  const hear = async (recording: string) => {
    await simulator.deliverDueWebhooks()
    bodies.set(`${recording}.json`, world.inbox.at(-1)?.body)
  }
  await merchant.open('card')
  simulator.control.decline({ reference: 'card' })
  await hear('composed/charge.completed.failed')
  simulator.control.pay({ reference: 'card' })
  await hear('charge.completed.card')
  const { id } = await merchant.verifyReference('card')
  await keep('transactions.verify-by-id', 'GET', `/transactions/${id}/verify`)
  await keep('transactions.fee', 'GET', '/transactions/fee?amount=10000&currency=NGN')
  await keep('transactions.resend-hook', 'POST', `/transactions/${id}/resend-hook`)
  await keep('balances.list', 'GET', '/balances')
  await keep('refunds.create', 'POST', `/transactions/${id}/refund`, { amount: 500, comments: 're_1' })
  world.advance(HOUR_MS)
  await hear('composed/refund')

  await merchant.open('account')
  simulator.control.pay({ reference: 'account' }, { method: '044-0690000031', otp: '12345' })
  await keep('transactions.list', 'GET', '/transactions?tx_ref=account')

  simulator.control.configureAccount(KEY, { webhookShape: 'legacy' })
  await merchant.open('legacy')
  simulator.control.pay({ reference: 'legacy' })
  await hear('legacy/card_transaction')
  await merchant.open('mpesa', { currency: 'KES' })
  simulator.control.pay({ reference: 'mpesa' }, { method: 'mpesa', phone: '254700000000', otp: '123456' })
  await hear('legacy/mpesa_transaction')
  return bodies
}

if (existsSync(recordings)) {
  const bodies = await produce()

  describe('bodies', () => {
    test.each([...bodies.keys()])('%s', (name) => {
      const recorded: unknown = JSON.parse(readFileSync(join(recordings, name), 'utf8'))
      expect(bodies.get(name)).toBeDefined()
      expect(differences(recorded, bodies.get(name))).toEqual([])
    })
  })
}
