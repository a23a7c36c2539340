/** A merchant that has one of everything, so that requests find what they name. */

import { sql } from 'drizzle-orm'
import { PROVIDER_NAMES, type ProviderName } from '../../src/providers/registry.ts'
import { connect, idOf, initiate, refund } from '../support/connections.ts'
import { deliverProviderWebhooks, ORDER } from '../support/paystack.ts'
import { caller, type ProviderPost, type World } from '../support/world.ts'
import type { Known } from './from-schema.ts'

/** A password that fits, of an account that can sign in with it. */
const PASSWORD = 'a rather long pass phrase'

const AT: Record<ProviderName, object> = {
  paystack: {},
  flutterwave: {},
  stripe: { currency: 'USD', amount: 2_000 },
  chapa: { currency: 'ETB', amount: 120_000 },
}

export type RichMerchant = Awaited<ReturnType<typeof richMerchant>>

/** With a payment at each provider in `at`, the first of them Paystack's, paid and refunded in part. */
export async function richMerchant(world: World, at: readonly ProviderName[] = ['paystack']) {
  const merchant = await world.newMerchant()
  const connection = await connect(world, merchant, 1)
  const idle = await connect(world, merchant, 2)
  await merchant.api.post('/api/v1/webhooks/', { url: 'https://shop.test/hook' })
  const paid = idOf(await initiate(merchant), 201)
  const open = idOf(await initiate(merchant), 201)
  await pay(world, paid)
  await deliverProviderWebhooks(world)
  await refund(merchant, paid, { amount: 50_000 })
  const run = await merchant.api.post('/api/v1/reconciliation/runs/', { connection_id: connection.id })
  await world.settled()
  for (const name of at) if (name !== 'paystack') await payAt(world, merchant, name)
  const posts = world.providerPosts.splice(0)
  const spare = await merchant.person.post('/api/v1/api-keys/', { name: 'spare', scopes: ['events:read'] })
  return {
    merchant,
    posts,
    /** @param withPerson with somebody who can sign in, which takes its time */
    known: async (withPerson: boolean): Promise<Known> => ({
      fields: { ...FIELDS, ...(withPerson ? await personOf(world) : {}) },
      ids: {
        txn: [paid, open],
        con: [connection.id, idle.id],
        key: [String(spare.body.id)],
        rec: [String(run.body.id)],
        ...(await idsOf(world, merchant.merchantId)),
      },
    }),
  }
}

async function payAt(world: World, merchant: Awaited<ReturnType<World['newMerchant']>>, name: ProviderName) {
  await connect(world, merchant, 10, name)
  const id = idOf(await initiate(merchant, { ...ORDER, ...AT[name], provider: name }), 201)
  await pay(world, id)
  await deliverProviderWebhooks(world)
}

async function pay(world: World, transactionId: string): Promise<void> {
  const [row] = await world.query(sql`
    select a.reference, c.provider from attempts a join connections c on c.id = a.connection_id
    where a.transaction_id = ${transactionId}`)
  const provider = PROVIDER_NAMES.find((name) => name === row?.provider)
  if (provider === undefined) throw new Error(`no attempt of ${transactionId}`)
  world.simulators.of[provider].driver.pay(String(row?.reference))
}

async function idsOf(world: World, merchantId: string): Promise<Record<string, string[]>> {
  const rows = await world.query(sql`
    select 'whe' as prefix, id from webhook_endpoints where merchant_id = ${merchantId}
    union all select 'del', id from deliveries where merchant_id = ${merchantId}
    union all select 'ref', id from refunds where merchant_id = ${merchantId}
    union all (select 'evt', id from events where merchant_id = ${merchantId} limit 5)`)
  const ids: Record<string, string[]> = {}
  for (const { prefix, id } of rows) ids[String(prefix)] = [...(ids[String(prefix)] ?? []), String(id)]
  return ids
}

/** What only the operations know, by the names of fields and parameters. */
const FIELDS: Known['fields'] = {
  currency: ['NGN', 'NGN', 'USD', 'KES'],
  preferred_currency: ['NGN', 'USD'],
  credentials: [{ secret_key: 'sk_test_0123456789abcdef0123' }],
  url: ['https://shop.test/hook'],
  custom_headers: [{ 'x-shop': 'lagos-1' }],
  ip_allow_list: [['203.0.113.0/24'], ['2001:db8::/32']],
  // Whoever waits, waits for the world's clock: what is broken does.
  wait: [0],
}

async function personOf(world: World): Promise<Known['fields']> {
  const { post } = caller(world.app, undefined)
  const email = 'fuzz@merchant.test'
  await post('/api/v1/auth/register/', { email, password: PASSWORD, company_name: 'Fuzz Stores', country: 'NG' })
  const { body } = await post('/api/v1/auth/token/', { email, password: PASSWORD })
  return { email: [email, 'new@merchant.test'], password: [PASSWORD], refresh: [String(body.refresh)] }
}

/** Posts as this provider sent them. */
export function postsOf(posts: readonly ProviderPost[], provider: string): ProviderPost[] {
  return posts.filter(({ url }) => new URL(url).pathname.startsWith(`/api/v1/webhooks/${provider}/`))
}
