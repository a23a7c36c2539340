/**
 * No statement walks through a large table, whatever it is asked: plans are made as they are for unknown parameters, by a
 * database that believes itself to be large. The statements are all that the code can build; those inside of functions and
 * triggers are seen as they run.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'
import {
  enter,
  enterSignedIn,
  enterWorker,
  insert,
  NOW,
  newMerchant,
  nextHash,
  openDatabase,
  type Row,
} from './actors.ts'
import { makeLarge } from './large.ts'
import { findings, PlanSchema } from './plans.ts'
import { newRow, settle } from './rows.ts'
import { sampledModules, samples, unsampled } from './statements.ts'

const database = await openDatabase('t_sql_plans')
const { owner } = database
await makeLarge(owner)
afterAll(() => database.close())

/** Built for the API alone: for the worker, whom no wall keeps to one merchant, they would be about everybody's rows. */
const OF_API = new Set([
  'findLastEvent',
  'insertConnection',
  'insertWebhookEndpoint',
  'latestTest',
  'listAuditEntries',
  'listConnections',
  'listDeliveries',
  'listDrifts',
  'listEvents',
  'listRefunds',
  'listRuns',
  'listTransactions',
  'listWebhookEndpoints',
])

const OF_WORKER = new Set(['startDueRuns'])
const ROLES = ['paybridge_api', 'paybridge_worker'] as const

/** What is read as a whole all the same, and why it may be. */
const ALLOWED: Readonly<Record<string, RegExp>> = {
  // Once a minute, and of connections a merchant has a few, however many payments there are.
  startDueRuns: /^reads all of (the index )?connections(_pkey)?$/,
  // As many as are at work at this moment.
  leaseRuns: /^reads all of the index reconciliation_runs_to_take$/,
}

const Explained = z.tuple([z.object({ 'QUERY PLAN': z.tuple([z.object({ Plan: PlanSchema })]) })])

/** What is wrong with the statement's plan; undefined where the role may not run it at all. */
async function planned(name: string, text: string, role: (typeof ROLES)[number]) {
  await owner.rows(`set local role ${role}`)
  // How many rows a page has is a small number in every call, of which a plan for unknown parameters knows nothing.
  const statement = text.replaceAll(/limit \$\d+/g, 'limit 100')
  const tried = await owner.attempt(`explain (generic_plan, format json) ${statement}`)
  if (tried.startsWith('42501')) return undefined
  const rows = await owner.rows(`explain (generic_plan, format json) ${statement}`)
  const [
    {
      'QUERY PLAN': [{ Plan }],
    },
  ] = Explained.parse(rows)
  return findings(Plan).filter((finding) => !ALLOWED[name]?.test(finding))
}

test('every builder of statements has a sample here, and every module', () => {
  expect(unsampled()).toEqual([])
  const folder = join(import.meta.dirname, '../../../src/db/statements')
  const parts = ['insert-where.ts', 'page.ts']
  expect(readdirSync(folder).filter((file) => !parts.includes(file))).toHaveLength(sampledModules)
})

test.each(samples())('$name reads nothing as a whole', async ({ name, builder, sql }) => {
  const roles = ROLES.filter((role) => !(role === 'paybridge_api' ? OF_WORKER : OF_API).has(builder))
  const found = await owner.rehearse(async () => {
    const ofRoles = []
    for (const role of roles) ofRoles.push(await planned(builder, sql, role))
    return ofRoles
  })
  expect(
    found.some((ofRole) => ofRole !== undefined),
    `${name} may be run by a role`,
  ).toBe(true)
  expect(found.flatMap((ofRole) => ofRole ?? [])).toEqual([])
})

/** Runs each function and each trigger at least once. */
async function runFunctions(): Promise<void> {
  const merchant = await newMerchant(database, 'ada')
  const tenant = await settle(owner, merchant, 'test')
  const as = async (role: string, work: () => Promise<unknown>) =>
    owner.rehearse(async () => {
      await owner.rows(`set local role ${role}`)
      await work()
    })
  const call = (text: string, params: unknown[] = []) => owner.attempt(`select ${text}`, params)
  await as('paybridge_api', async () => {
    await call(`app.begin_registration($1, 'new@b.test', '203.0.113.7', 10, 10, null)`, [NOW])
    await call(`app.begin_sign_in($1, $2, '203.0.113.7', 10, 10, $3)`, [NOW, merchant.email, nextHash()])
    await call(`app.rotate_refresh_token($1, $2, $3, null, null, null)`, [NOW, nextHash(), nextHash()])
    await call(`app.end_session($1, $2, null, null, null)`, [NOW, nextHash()])
    await call(`app.redeem_ticket($1, $2, null)`, [NOW, nextHash()])
    await enterSignedIn(owner, merchant)
    await enter(owner, merchant)
    await call(`app.transaction_detail($1)`, [tenant.payment.transactionId])
    await call(`* from app.route($1, 'test', 1000, 'NGN', null, null, '{paystack}', '{}', 0.5)`, [merchant.merchantId])
  })
  await as('paybridge_worker', async () => {
    await enterWorker(owner)
    await call(`app.remove_outdated($1, 1000)`, [NOW])
    await call(`app.remove_stream_tickets($1, 1000)`, [NOW])
    await call(`app.judge_failing_endpoints('1 day', '2 days', '5 days', 10, 100)`)
  })
  await owner.rehearse(async () => {
    const ticket: Row = { ...newRow('stream_tickets', tenant), is_public: true, transaction_id: tenant.transactionId }
    const unused = newRow('stream_tickets', tenant)
    await insert(owner, 'stream_tickets', unused)
    const columns = Object.keys(ticket)
    await owner.rows(
      `insert into stream_tickets (${columns.join(', ')}, used_at) values (${columns.map((_, n) => `$${n + 1}`).join(', ')}, now())`,
      Object.values(ticket),
    )
    await owner.rows('set local role paybridge_api')
    await owner.rows('select app.redeem_ticket($1, $2, null)', [NOW, unused.hash])
    await owner.rows('select * from app.watch_payments($1, $2, 100)', [
      NOW,
      JSON.stringify([{ ticket: ticket.hash, after: 0 }]),
    ])
  })
  await owner.rehearse(async () => {
    await owner.rows(`update webhook_endpoints set tests = tests + 1 where id = $1`, [tenant.endpointId])
    await owner.rows(`update webhook_endpoints set status = 'disabled' where id = $1`, [tenant.endpointId])
    await owner.rows(`update refunds set status = 'succeeded' where transaction_id = $1`, [
      tenant.payment.transactionId,
    ])
    await owner.rows(`update attempts set is_duplicate = true where id = $1`, [tenant.payment.attemptId])
    await owner.attempt(`update attempts set is_duplicate = false where id = $1`, [tenant.payment.attemptId])
    await owner.attempt(`update idempotency_claims set answer = '{}', status_code = 200 where merchant_id = $1`, [
      merchant.merchantId,
    ])
    await owner.attempt(`delete from events where merchant_id = $1`, [merchant.merchantId])
    await owner.rows(`update drifts set status = 'corrected', corrected_at = now() where merchant_id = $1`, [
      merchant.merchantId,
    ])
  })
}

test('what functions and triggers ask for is read by an index, and each of them was seen', async () => {
  await owner.rows(`load 'auto_explain'`)
  for (const [setting, value] of Object.entries({
    'auto_explain.log_min_duration': '0',
    'auto_explain.log_nested_statements': 'on',
    'auto_explain.log_format': 'json',
    'auto_explain.log_level': 'notice',
    plan_cache_mode: 'force_generic_plan',
    track_functions: 'all',
  })) {
    await owner.rows('select set_config($1, $2, false)', [setting, value])
  }
  await runFunctions()
  const plans = owner.notices.flatMap((notice) =>
    /^duration: .* plan:\n/.test(notice) ? [notice.replace(/^.*\n/, '')] : [],
  )
  const Logged = z.object({ 'Query Text': z.string(), Plan: PlanSchema })
  const found = plans.flatMap((plan) => {
    const { 'Query Text': text, Plan } = Logged.parse(JSON.parse(plan))
    return findings(Plan)
      .filter((finding) => finding !== 'reads all of context_secret')
      .map((finding) => `${finding}: ${text}`)
  })
  expect([...new Set(found)]).toEqual([])
  await owner.rows('select pg_stat_force_next_flush()')
  const unseen = await owner.rows(
    `select p.proname::text as name from pg_proc p join pg_language l on l.oid = p.prolang
     left join pg_stat_user_functions s on s.funcid = p.oid
     where p.pronamespace = 'app'::regnamespace and (l.lanname = 'plpgsql' or p.prosecdef) and coalesce(s.calls, 0) = 0
       and p.proname <> all ($1)`,
    // They raise, and read nothing.
    [['refuse', 'refuse_change', 'guard_duplicate']],
  )
  expect(unseen.map(({ name }) => name)).toEqual([])
})
