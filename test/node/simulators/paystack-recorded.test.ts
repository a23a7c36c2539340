/**
 * The simulator's bodies beside the recorded ones, where the recordings are at hand: every field that Paystack sent is
 * there, of the same type, and nothing besides.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { HOUR_MS, LIVE_KEY, MINUTE_MS, paystackTest } from './world.ts'

const recordings = join(import.meta.dirname, '../../../../shared/providers/payloads/paystack')

/** Where two bodies differ: fields that one lacks, and types. Null stands for any type, `{}` for any object. */
function differences(recorded: unknown, ours: unknown, path = ''): string[] {
  if (recorded === null || ours === null) return []
  if (typeof recorded !== typeof ours) return [`${path}: ${typeof ours}, recorded ${typeof recorded}`]
  if (Array.isArray(recorded) && Array.isArray(ours)) {
    return recorded.length > 0 && ours.length > 0 ? differences(recorded[0], ours[0], `${path}[]`) : []
  }
  if (!isObject(recorded) || !isObject(ours)) return []
  const [theirs, own] = [Object.keys(recorded), Object.keys(ours)]
  if (theirs.length === 0 || own.length === 0) return []
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
    '.e[].f is missing',
    '.e[].g is ours alone',
  ])
})

/** Runs a whole business in live mode, and returns its answers and events by the name of their recording. */
async function produce(): Promise<Map<string, unknown>> {
  const { world, simulator, merchant } = paystackTest(LIVE_KEY)
  const bodies = new Map<string, unknown>()
  const keep = async (recording: string, method: string, path: string, body?: unknown) => {
    bodies.set(recording, (await merchant.call(method, path, body)).body)
  }
  const first = { email: 'yaw@customer.example', amount: 150_000, currency: 'NGN', reference: 'rec-1' }
  await keep('transactions.initialize', 'POST', '/transaction/initialize', first)
  simulator.control.pay({ reference: 'rec-1' })
  await keep('transactions.verify', 'GET', '/transaction/verify/rec-1')
  await keep('transactions.list', 'GET', '/transaction?use_cursor=true')
  await keep('transactions.view_timeline', 'GET', '/transaction/timeline/rec-1')
  const { id } = await merchant.verify('rec-1')
  await keep('transfers-control.balance', 'GET', '/balance')
  await keep('transfers-control.balance-ledger', 'GET', '/balance/ledger')
  simulator.control.settle(LIVE_KEY, 'NGN')
  await keep('settlements.list', 'GET', '/settlement')

  await merchant.open('rec-2')
  simulator.control.pay({ reference: 'rec-2' }, { method: 'bank_transfer', transfer: '1' })
  simulator.control.pay({ reference: 'rec-2' }, { transfer: 'exact' })
  await merchant.open('rec-3')
  simulator.control.pay({ reference: 'rec-3' }, { method: '4084080000671902' })
  await merchant.open('rec-4')
  simulator.control.pay({ reference: 'rec-4' }, { method: '4084080000671803' })

  simulator.control.setFault({ kind: 'webhook_without_id' })
  await keep('refunds.create', 'POST', '/refund', { transaction: 'rec-1', amount: 10_000 })
  const attention = simulator.control.refund({ reference: 'rec-3' }).id
  const failing = simulator.control.refund({ reference: 'rec-4' }).id
  world.advance(2 * MINUTE_MS)
  await keep('refunds.fetch', 'GET', `/refund/${failing}`)
  const refund_account_details = { currency: 'NGN', account_number: '0123456789', bank_id: '9' }
  await keep('refunds.retry', 'POST', `/refund/retry_with_customer_details/${attention}`, { refund_account_details })

  simulator.control.openDispute({ reference: 'rec-1' })
  await keep('disputes.list', 'GET', '/dispute')
  await keep('disputes.transaction', 'GET', `/dispute/transaction/${id}`)
  world.advance(16 * HOUR_MS)
  await simulator.deliverDueWebhooks()
  for (const { event, data } of world.inbox) {
    const name = event === 'charge.success' ? `${event}.${data.channel}` : event
    if (!bodies.has(name)) bodies.set(name, { event, data })
  }
  return bodies
}

if (existsSync(recordings)) {
  const recorded = (file: string): unknown => JSON.parse(readFileSync(join(recordings, file), 'utf8'))
  const bodies = await produce()

  describe('answers', () => {
    /** What the API has grown since an old recording; the description of 2026 has it. */
    const newer = [
      'transaction_reference',
      'transaction_amount',
      'refund_type',
      'reason',
      'refund_channel',
      'bank_reference',
      'customer',
      'initiated_by',
      'session_id',
      'collect_account_number',
    ].map((name) => `.data.${name} is ours alone`)

    test.each([
      { name: 'transactions.initialize', differs: [] },
      { name: 'transactions.verify', differs: [] },
      { name: 'transactions.list', differs: [] },
      { name: 'transactions.view_timeline', differs: [] },
      { name: 'refunds.create', differs: [] },
      { name: 'refunds.fetch', differs: newer },
      { name: 'refunds.retry', differs: [] },
      { name: 'disputes.list', differs: [] },
      { name: 'disputes.transaction', differs: [] },
      { name: 'settlements.list', differs: [] },
      { name: 'transfers-control.balance', differs: [] },
      { name: 'transfers-control.balance-ledger', differs: [] },
    ])('$name', ({ name, differs }) => {
      const file = recorded(`responses/${name}.json`)
      const answer = isObject(file) && isObject(file['200']) ? file['200'].data : undefined
      expect(differences(answer, bodies.get(name)).sort()).toEqual([...differs].sort())
    })
  })

  describe('events', () => {
    test.each([
      'charge.success.bank_transfer',
      'refund.pending',
      'refund.processing',
      'refund.processed',
      'refund.failed',
      'charge.dispute.create',
      'charge.dispute.resolve',
      'bank.transfer.rejected',
    ])('%s', (name) => {
      expect(bodies.get(name)).toBeDefined()
      expect(differences(recorded(`${name}.json`), bodies.get(name))).toEqual([])
    })
  })
}
