/**
 * PayBridge's main job, from logging in to the audit log, through nothing but the public HTTP API. Each step checks what
 * it was answered; what is not as it must be ends the demo.
 */
import { ok } from 'node:assert/strict'
import { z } from 'zod'
import { plantDrift, reconcile } from './drift.ts'
import { takePayment } from './payments.ts'
import { startReceiver } from './receiver.ts'
import { refundPart } from './refund.ts'
import type { Note, Report } from './report.ts'
import { type Addresses, openShop, type Shop } from './shop.ts'

/** @throws where anything is not as it must be */
export async function demonstrate(report: Report, addresses: Addresses): Promise<void> {
  await using receiver = await startReceiver()
  await using shop = await openShop(report, addresses, receiver)
  const payment = await report.step('Take naira, while Flutterwave is down', (note) => takeFailingOver(shop, note))
  await report.step('Take shillings through Flutterwave, by name', (note) => {
    const order = { amount: 250_000, currency: 'KES', text: 'KES 2,500.00', provider: 'flutterwave' } as const
    return takePayment(shop, order, [{ provider: 'flutterwave', because: 'first_active_connection' }], note)
  })
  await report.step('Take dollars through Stripe, by a rule', (note) => {
    const order = { amount: 2_499, currency: 'USD', text: 'USD 24.99' }
    return takePayment(shop, order, [{ provider: 'stripe', because: 'rule_by_priority: Dollars' }], note)
  })
  await report.step('Take birr through Chapa, by a rule', (note) => {
    const order = { amount: 48_000, currency: 'ETB', text: 'ETB 480.00' }
    return takePayment(shop, order, [{ provider: 'chapa', because: 'rule_by_priority: Birr' }], note)
  })
  await report.step('Refund NGN 500.00 of the first payment', (note) => refundPart(shop, payment, 50_000, note))
  const unheard = await report.step("Lose the provider's webhook of a payment", (note) => {
    const order = { amount: 90_000, currency: 'NGN', text: 'NGN 900.00' }
    return plantDrift(shop, order, [{ provider: 'paystack', because: 'rule_by_priority: Small naira' }], note)
  })
  await report.step('Reconcile with the provider', (note) => reconcile(shop, unheard, note))
  await report.step('Look back at the live stream', async (note) => showStream(shop, note))
  await report.step('List the audit log', (note) => listAuditLog(shop, [shop.endpoint.id, payment.id], note))
}

/** The first connection of the rule gives no answer: the customer is sent to the second one's page. */
async function takeFailingOver(shop: Shop, note: Note) {
  const { dashboards, accounts } = shop
  const order = { amount: 150_000, currency: 'NGN', text: 'NGN 1,500.00' }
  const route = [
    { provider: 'flutterwave', because: 'rule_by_priority: Naira', left: 'unreachable' },
    { provider: 'paystack', because: 'failover, rule_by_priority: Naira' },
  ] as const
  await dashboards.breakDown(accounts.flutterwave, 'down')
  const payment = await takePayment(shop, order, route, note)
  await dashboards.mend(accounts.flutterwave)
  return payment
}

/** Each number came once and in order, or the stream would have failed; the webhooks were a part of it. */
function showStream({ stream }: Shop, note: Note): void {
  const [first, last] = [stream.events.at(0), stream.events.at(-1)]
  ok(first !== undefined && last !== undefined, 'The stream told of nothing')
  note(`numbers ${first.number} to ${last.number}, each once: ${stream.events.map(({ type }) => type).join(', ')}`)
}

const ENTRIES = z.object({ data: z.array(z.object({ action: z.string(), object_id: z.string() })) })

/** @param objects that must be in it, besides the merchant's first steps */
async function listAuditLog({ person }: Shop, objects: string[], note: Note): Promise<void> {
  const { data } = await person.get('/api/v1/audit-logs/?limit=100', ENTRIES)
  const actions = data.toReversed().map(({ action }) => action)
  for (const action of EXPECTED_ACTIONS) ok(actions.includes(action), `The audit log lacks ${action}: ${actions}`)
  const ids = data.map(({ object_id }) => object_id)
  for (const id of objects) ok(ids.includes(id), `The audit log lacks ${id}`)
  note([...new Set(actions)].join(', '))
}
const EXPECTED_ACTIONS = [
  'user.registered',
  'session.started',
  'api_key.created',
  'connection.created',
  'routing_rules.replaced',
  'webhook_endpoint.created',
  'transaction.initiated',
  'refund.created',
  'reconciliation_run.started',
]
