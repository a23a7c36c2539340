/** A merchant who has a thing of every kind; and, past the application and its policies, whose everything is. */

import { sql } from 'drizzle-orm'
import { connect as connectDatabase } from '../../src/db/client.ts'
import { SCOPES } from '../../src/domain/scopes.ts'
import { MODES, type Mode } from '../../src/domain/transaction.ts'
import { reconcile } from '../../src/operations/upkeep/reconcile.ts'
import { sweepDeliveries } from '../../src/operations/upkeep/sweep-deliveries.ts'
import { connect, idOf, initiate, referenceOf, refund } from './connections.ts'
import { deliverProviderWebhooks, ORDER } from './paystack.ts'
import { superuserUrl } from './provided.ts'
import type { Ids } from './routes.ts'
import { type ApiAnswer, caller, type Merchant, type World } from './world.ts'

/** The same merchant as it acts in this mode, with an API key of that mode. */
export async function inMode(world: World, merchant: Merchant, mode: Mode): Promise<Merchant> {
  const person = caller(world.app, merchant.accessToken, mode)
  const made = ok(await person.post('/api/v1/api-keys/', { name: mode, scopes: SCOPES }))
  const apiKey = String(made.body.key)
  return { ...merchant, mode, person, apiKey, apiKeyId: String(made.body.id), api: caller(world.app, apiKey, mode) }
}

/**
 * Gives the merchant a thing of every kind in its mode.
 * @param mark stands in every text that a merchant can choose
 * @returns an id of each kind that a route can take
 */
export async function settle(world: World, merchant: Merchant, mark: string): Promise<Ids> {
  const { api, person, mode } = merchant
  const con = await connect(world, merchant, 1)
  const endpoint = ok(
    await api.post('/api/v1/webhooks/', {
      url: `https://${mark}.shop.test/${mode}`,
      description: mark,
      metadata: { note: mark },
      custom_headers: { 'x-shop': `${mark}, as a header` },
    }),
  )
  const order = {
    ...ORDER,
    reference: `${mark}-${mode}`,
    description: mark,
    metadata: { note: mark },
    customer: { email: `${mark}@customer.test`, name: mark },
  }
  const txn = idOf(await initiate(merchant, order), 201)
  con.driver.pay(await referenceOf(world, txn))
  await deliverProviderWebhooks(world)
  const ref = idOf(await refund(merchant, txn, { amount: 50_000, reason: mark }), 201)
  // Another one, of which the provider, being down, makes nothing.
  con.driver.accident(con.account, { kind: 'down' })
  await initiate(merchant, { ...order, reference: `${mark}-${mode}-lost` })
  con.driver.clear(con.account)
  await sweepDeliveries(world.deps)
  const rules = [{ name: mark, connections: [{ connection_id: con.id }] }]
  const ruled = ok(await person.put('/api/v1/routing-rules/', { rules }))
  ok(await api.post(`/api/v1/webhooks/${endpoint.body.id}/replay/`, { after: 0 }))
  ok(await api.post('/api/v1/events/stream-ticket/', { transaction_id: txn }))
  ok(await person.post(`/api/v1/transactions/${txn}/stream-ticket/`))
  // A charge under a reference as ours are, that nobody here knows: a drift.
  world.paystack.control.chargeElsewhere({
    account: String(con.account.credentials.secret_key),
    amount: 20_000,
    reference: `pb-${merchant.merchantId.slice('mer_'.length)}`,
  })
  const run = ok(await api.post('/api/v1/reconciliation/runs/', { connection_id: con.id }))
  await reconcile(world.deps)
  return {
    mer: merchant.merchantId,
    usr: merchant.userId,
    key: merchant.apiKeyId,
    con: con.id,
    txn,
    ref,
    rec: String(run.body.id),
    rul: String(ruled.body.data[0].id),
    whe: String(endpoint.body.id),
    dri: await firstOf(merchant, '/api/v1/reconciliation/drifts/'),
    evt: await firstOf(merchant, '/api/v1/events/'),
    del: await firstOf(merchant, '/api/v1/webhooks/deliveries/'),
    aud: await firstOf(merchant, '/api/v1/audit-logs/?action=refund.created'),
  }
}

async function firstOf({ api }: Merchant, path: string): Promise<string> {
  return String(ok(await api.get(path)).body.data[0].id)
}

function ok(answer: ApiAnswer): ApiAnswer {
  if (answer.status >= 300) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer
}

/** The world's database as its superuser sees it. @param name of the world */
export async function openTruth(name: string) {
  const { db, run } = connectDatabase(superuserUrl(`t_${name}`), { roundTrip: () => {}, entered: () => {} })
  const rows = async (text: string): Promise<Record<string, unknown>[]> => {
    const batch = await run(undefined, [db.execute(sql.raw(text))])
    if (!batch.ok) throw new Error(batch.problem.code)
    return batch.rows[0].rows
  }
  const tables = await rows(`
    select c.oid::regclass::text as name, array_agg(a.attname::text) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') group by c.oid order by 1`)
  const has = (columns: unknown, name: string) => Array.isArray(columns) && columns.includes(name)

  /** The rows of a merchant as text, of every table that says whose its rows are. */
  async function rowsOf(merchantId: string, mode: Mode | undefined): Promise<string> {
    const parts = tables
      .filter(({ columns }) => has(columns, 'merchant_id'))
      .map(({ name, columns }) => {
        const moded = has(columns, 'mode')
        const its = mode === undefined ? (moded ? 'mode is null' : 'true') : moded ? `mode = '${mode}'` : 'false'
        return `select '${name} ' || t::text as line from ${name} t where merchant_id = '${merchantId}' and ${its}`
      })
    return (await rows(parts.join(' union all '))).map(({ line }) => line).join('\n')
  }

  return {
    rows,
    /** A digest of each table, all rows and columns of it. */
    async digests(): Promise<Record<string, unknown>> {
      const parts = tables.map(
        ({ name }) =>
          `select '${name}' as name, md5(string_agg(t::text, ',' order by t::text)) as digest from ${name} t`,
      )
      return Object.fromEntries(
        (await rows(parts.join(' union all '))).map(({ name, digest }) => [String(name), digest]),
      )
    },
    /** Every id in the merchant's rows of one mode that its rows of the other mode, and of none, don't hold. */
    async idsOnlyIn(merchantId: string, mode: Mode): Promise<Set<string>> {
      const own = idsIn(await rowsOf(merchantId, mode))
      for (const other of [...MODES.filter((one) => one !== mode), undefined]) {
        for (const id of idsIn(await rowsOf(merchantId, other))) own.delete(id)
      }
      return own
    },
    /** Every id in the merchant's rows. */
    async idsOf(merchantId: string): Promise<Set<string>> {
      const texts = await Promise.all([...MODES, undefined].map((mode) => rowsOf(merchantId, mode)))
      return new Set([merchantId, ...texts.flatMap((text) => [...idsIn(text)])])
    },
    /** The tables with rows of the merchant in this mode. */
    async tablesOf(merchantId: string, mode: Mode): Promise<Set<string>> {
      const lines = (await rowsOf(merchantId, mode)).split('\n')
      return new Set(lines.flatMap((line) => line.split(' ', 1)))
    },
    /** The tables that say whose and of which mode their rows are. */
    tenantTables: tables
      .filter(({ columns }) => has(columns, 'merchant_id') && has(columns, 'mode'))
      .map(({ name }) => String(name)),
  }
}

const idsIn = (text: string): Set<string> => new Set(text.match(/\b[a-z]{3}_[0-7][0-9a-hjkmnp-tv-z]{25}\b/g) ?? [])
