/** Our books against the provider's: a payment whose webhook was lost is found in the provider's list, and mended. */
import { deepEqual, equal } from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { type ApiClient, ApiRefusal } from '../client.ts'
import { expectStatus, type Order, type Payment, paid, payOnPage, type Route, startPayment } from './payments.ts'
import type { Note } from './report.ts'
import type { Shop } from './shop.ts'
import { expectWebhook } from './webhooks.ts'

const RUN_WITHIN_MS = 30_000
const LOOK_EVERY_MS = 100

const PATH = '/api/v1/reconciliation/'
const RUN = z.object({
  id: z.string(),
  status: z.string(),
  failure: z.string().nullable(),
  payments_listed: z.int(),
  drifts_found: z.int(),
})
const DRIFTS = z.object({
  data: z.array(z.object({ cause: z.string(), transaction_id: z.string().nullable(), status: z.string() })),
})

/** Paid there, and nobody here is told. */
export async function plantDrift(shop: Shop, order: Order, route: Route, note: Note): Promise<Payment> {
  const payment = await startPayment(shop, order, route, note)
  const account = shop.accounts[payment.takenBy]
  await shop.dashboards.breakDown(account, 'webhook_lost')
  await payOnPage(shop, payment, note)
  await shop.dashboards.mend(account)
  await expectStatus(shop, payment, 'pending')
  note(`${account.title}'s webhook is lost: here the payment is still pending`)
  return payment
}

/** Exactly this one differs, and does so no longer. */
export async function reconcile(shop: Shop, payment: Payment, note: Note): Promise<void> {
  const { api, connectionIds } = shop
  const { id } = await startRun(api, connectionIds[payment.takenBy])
  const run = await completed(api, id)
  equal(run.drifts_found, 1)
  note(`${id}: ${run.payments_listed} payments in the provider's list, ${run.drifts_found} drift`)
  const { data: drifts } = await api.get(`${PATH}drifts/`, DRIFTS)
  deepEqual(drifts, [{ cause: 'paid_there_not_here', transaction_id: payment.id, status: 'corrected' }])
  note(`paid_there_not_here, corrected: ${payment.id}`)
  await expectStatus(shop, payment, 'succeeded')
  await expectWebhook(shop, 'payment.succeeded', paid(payment), note)
}

/** The first run of a connection begins by itself within a minute: what it is at has to end before. */
async function startRun(api: ApiClient, connectionId: string): Promise<z.infer<typeof RUN>> {
  for (const giveUpAt = performance.now() + RUN_WITHIN_MS; ; await sleep(LOOK_EVERY_MS)) {
    try {
      return await api.post(`${PATH}runs/`, { connection_id: connectionId }, RUN)
    } catch (error) {
      const isBusy = error instanceof ApiRefusal && error.code === 'reconciliation_running'
      if (!isBusy || performance.now() > giveUpAt) throw error
    }
  }
}

async function completed(api: ApiClient, id: string): Promise<z.infer<typeof RUN>> {
  for (const giveUpAt = performance.now() + RUN_WITHIN_MS; ; await sleep(LOOK_EVERY_MS)) {
    const run = await api.get(`${PATH}runs/${id}/`, RUN)
    if (run.status === 'completed') return run
    const isOver = run.status !== 'running' || performance.now() > giveUpAt
    if (isOver) throw new Error(`${id} is ${run.status}: ${run.failure ?? 'nobody was at it'}`)
  }
}
