/** A merchant's Paystack account, connected, and the steps of a payment there. */

import { sql } from 'drizzle-orm'
import { encodeHex, utf8 } from '../../src/crypto/bytes.ts'
import { hmacSign } from '../../src/crypto/hmac.ts'
import { enter } from '../../src/db/gate.ts'
import { connections } from '../../src/db/schema/payments.ts'
import { newId } from '../../src/domain/ids.ts'
import { sealCredentials } from '../../src/operations/account/credentials.ts'
import { applyProviderEvent } from '../../src/operations/provider-events/apply.ts'
import type { Merchant, World } from './world.ts'

let accounts = 0

/** Connects the merchant to a Paystack account of its own, whose webhooks come to the connection's URL. */
export async function connectPaystack(world: World, merchant: Merchant) {
  accounts += 1
  const secretKey = `sk_${merchant.mode}_${String(accounts).padStart(4, '0')}0123456789abcdef`
  const { deps } = world
  const now = deps.clock.now()
  const id = newId('con', now.getTime(), deps.random)
  const { db } = deps.api
  const caller = {
    credential: {
      kind: 'session',
      sessionId: merchant.sessionId,
      userId: merchant.userId,
      merchantId: merchant.merchantId,
      mode: merchant.mode,
    },
    ipAddress: undefined,
    userAgent: undefined,
    requestId: newId('req', now.getTime(), deps.random),
  } as const
  const made = await deps.api.run(
    enter(db, now, caller, { scope: 'connections:write', action: 'connection.created' }),
    [
      db.insert(connections).values({
        id,
        merchantId: merchant.merchantId,
        mode: merchant.mode,
        provider: 'paystack',
        name: 'Paystack',
        credentialsMask: 'sk_…',
        sealedCredentials: await sealCredentials(deps, id, { secret_key: secretKey }),
      }),
    ],
  )
  if (!made.ok) throw new Error(made.problem.code)
  world.paystack.control.configureAccount(secretKey, {
    webhookUrl: `https://api.paybridge.test/api/v1/webhooks/paystack/${id}/`,
  })
  return { id, secretKey }
}

export const ORDER = {
  amount: 150_000,
  currency: 'NGN',
  customer: { email: 'ada@customer.test', name: 'Ada Obi' },
  callback_url: 'https://shop.test/thanks',
} as const

/** A merchant with Paystack connected, and a payment started there. */
export async function startPayment(world: World, body: object = ORDER, headers?: Record<string, string>) {
  const merchant = await world.newMerchant()
  const connection = await connectPaystack(world, merchant)
  const started = await merchant.api.post('/api/v1/transactions/initiate_payment/', body, headers)
  return { merchant, connection, started, id: String(started.body.id) }
}

/** The payer pays on the provider's page. */
export async function pay(world: World, transactionId: string): Promise<void> {
  world.paystack.control.pay({ reference: await providerReferenceOf(world, transactionId) })
}

/** The provider reference of the transaction's latest attempt. */
export async function providerReferenceOf(world: World, transactionId: string): Promise<string> {
  const [row] = await world.query(
    sql`select reference from attempts where transaction_id = ${transactionId} order by number desc limit 1`,
  )
  return String(row?.reference)
}

/** Lets Paystack post what is due, and then works through the queue's messages as the consumer does. */
export async function deliverProviderWebhooks(world: World): Promise<void> {
  await world.simulators.deliverDueWebhooks()
  await world.settled()
  await workThroughJobs(world)
}

/** A webhook that Paystack's own key signed, whatever it says. */
export async function postSigned(world: World, connection: { id: string; secretKey: string }, event: object) {
  const body = JSON.stringify(event)
  const signature = encodeHex(await hmacSign('SHA-512', utf8(connection.secretKey), utf8(body)))
  const response = await world.app.request(`https://api.paybridge.test/api/v1/webhooks/paystack/${connection.id}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-paystack-signature': signature },
    body,
  })
  await world.settled()
  return response
}

/** Applies what was nudged. */
export async function workThroughJobs(world: World): Promise<void> {
  for (const job of world.jobs.splice(0)) {
    if (job.kind === 'apply') await applyProviderEvent(world.deps, job.providerEventId)
  }
}

/** What a reader of the database sees of a payment. */
export async function look(world: World, transactionId: string) {
  const [row] = await world.query(sql`
    select t.status, t.review_reason, t.version,
      (select jsonb_agg(e.type order by e.number) from events e where e.transaction_id = t.id) as events,
      (select jsonb_agg(a.status order by a.number) from attempts a where a.transaction_id = t.id) as attempts
    from transactions t where t.id = ${transactionId}`)
  if (row === undefined) throw new Error(`there is no transaction ${transactionId}`)
  return row
}
