/**
 * The wall between merchants, and between test and live, from every viewpoint. Two merchants, Ada and Bem, have the same
 * things in both modes; each actor then tries to read, add, change and remove what is not theirs. The tables come from
 * the catalogue, so that one without a wall, or without rows to try it with, fails.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { enter, enterSignedIn, enterWorker, insert, insertion, newMerchant, openDatabase, type Row } from './actors.ts'
import { newRow, newRows, settle, type Tenant } from './rows.ts'

const database = await openDatabase('t_sql_tenant_wall')
const { owner } = database
const api = await database.connect('paybridge_api')
const worker = await database.connect('paybridge_worker')
afterAll(() => database.close())

const ada = await newMerchant(database, 'ada')
const bem = await newMerchant(database, 'bem')
const adaTest = await settle(owner, ada, 'test')
const adaLive = await settle(owner, ada, 'live')
const bemTest = await settle(owner, bem, 'test')
const bemLive = await settle(owner, bem, 'live')
const tenants = [adaTest, adaLive, bemTest, bemLive]
await owner.rows(
  `insert into provider_webhook_refusals (day, provider, reason) values ('2026-11-24', 'paystack', 'forged')`,
)
await owner.rows(`insert into sign_in_counts (counted, window_start) values ('address:0', '2026-11-24')`)

const tables = await owner.rows(
  `select c.relname::text as name, array_agg(a.attname::text) as columns
   from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
   where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> 'schema_migrations'
   group by c.relname order by 1`,
)

/** Where a merchant's things have no mode. */
const OF_NO_MODE = ['memberships', 'merchants', 'refresh_tokens', 'sessions', 'users']
/** Where things are nobody's. */
const OF_NOBODY = ['provider_webhook_refusals', 'sign_in_counts']
/** What the API has no right to read at all: the gate's functions and the worker do. */
const BEHIND_THE_GATE = [
  'event_counters',
  'provider_events',
  'provider_webhook_refusals',
  'refresh_tokens',
  'sessions',
  'sign_in_counts',
  // A ticket is its maker's and not only its merchant's: stream-tickets.test.ts makes them.
  'stream_tickets',
]
/** What the API may add to, for the merchant and the mode that it acts for. */
const ADDED_BY_THE_API = [
  'api_keys',
  'attempts',
  'connections',
  'idempotency_claims',
  'reconciliation_runs',
  'refunds',
  'routing_rule_targets',
  'routing_rules',
  'transactions',
  'webhook_endpoints',
  'webhook_replays',
]

/** A condition that holds for this tenant's rows, or for all where they are nobody's. */
function rowsOf(table: string, { merchant, mode }: Tenant): string {
  if (OF_NOBODY.includes(table)) return 'true'
  switch (table) {
    case 'merchants':
      return `id = '${merchant.merchantId}'`
    case 'users':
      return `id = '${merchant.userId}'`
    case 'refresh_tokens':
      return `session_id = '${merchant.sessionId}'`
    default:
      return `merchant_id = '${merchant.merchantId}'${OF_NO_MODE.includes(table) ? '' : ` and mode = '${mode}'`}`
  }
}

function isOf(table: string, { merchant, mode }: Tenant, self: Tenant): boolean {
  return merchant === self.merchant && (OF_NO_MODE.includes(table) || mode === self.mode)
}

interface Viewpoint {
  who: string
  /** For whom the actor acts; nobody sees nothing. */
  self: Tenant | undefined
  head(): Promise<void>
}

const viewpoints: Viewpoint[] = [
  { who: 'Ada, with a test key', self: adaTest, head: () => enter(api, ada, { mode: 'test' }) },
  { who: 'Ada, with a live key', self: adaLive, head: () => enter(api, ada, { mode: 'live' }) },
  { who: 'Bem, with a test key', self: bemTest, head: () => enter(api, bem, { mode: 'test' }) },
  { who: 'Bem, with a live key', self: bemLive, head: () => enter(api, bem, { mode: 'live' }) },
  { who: 'Ada, signed in, in test mode', self: adaTest, head: () => enterSignedIn(api, ada, { mode: 'test' }) },
  { who: 'Ada, signed in, in live mode', self: adaLive, head: () => enterSignedIn(api, ada, { mode: 'live' }) },
  { who: 'nobody', self: undefined, head: async () => {} },
  { who: 'somebody who writes the context by hand', self: undefined, head: forgeContext },
]

async function forgeContext(): Promise<void> {
  const context = { merchant_id: ada.merchantId, mode: 'test', actor_type: 'user', actor_id: ada.userId }
  await api.rows(`select set_config('app.context', $1, true), set_config('app.context_proof', $2, true)`, [
    JSON.stringify(context),
    '0'.repeat(64),
  ])
}

describe.each(tables)('$name', ({ name, columns }) => {
  const table = String(name)
  const behindTheGate = BEHIND_THE_GATE.includes(table)

  test('has rows of everybody to try the wall with', async () => {
    expect(Object.keys(newRows)).toContain(table)
    for (const tenant of tenants) {
      const there = await owner.value(`select count(*)::int from ${table} where ${rowsOf(table, tenant)}`)
      expect(there, rowsOf(table, tenant)).toBeGreaterThan(0)
    }
  })

  describe.each(viewpoints)('from the viewpoint of $who', ({ self, head }) => {
    const others = tenants.filter((tenant) => !(self && isOf(table, tenant, self)))

    test('shows what is theirs, and nothing else', async () => {
      // Signing in belongs to no mode, and is told in both.
      const told =
        table === 'audit_entries' && self ? `(merchant_id = '${self.merchant.merchantId}' and mode is null)` : 'false'
      const theirs = await owner.value(
        `select count(*)::int from ${table} where ${told} or ${self ? rowsOf(table, self) : 'false'}`,
      )
      await api.rehearse(async () => {
        await head()
        // Not even a column of these can be named.
        if (behindTheGate) expect(await api.attempt(`select from ${table}`)).toBe('42501')
        else expect(await api.attempt(`select from ${table}`)).toBe(`SELECT ${theirs}`)
      })
    })

    test('takes nothing that is to be somebody else’s', async () => {
      await api.rehearse(async () => {
        await head()
        for (const tenant of others) {
          // For want of the right, or by the policy's check: the code is the same.
          expect(await api.attempt(...insertion(table, newRow(table, tenant)))).toBe('42501')
        }
      })
    })

    test('changes and removes nothing of anybody else’s', async () => {
      await api.rehearse(async () => {
        await head()
        for (const tenant of others) {
          for (const column of Array.isArray(columns) ? columns : []) {
            const change = `update ${table} set ${column} = ${column} where ${rowsOf(table, tenant)}`
            expect(await api.attempt(change), change).toMatch(/^(UPDATE 0|42501)$/)
          }
          // There is no right to remove.
          expect(await api.attempt(`delete from ${table} where ${rowsOf(table, tenant)}`)).toBe('42501')
        }
        expect(await api.attempt(`truncate ${table}`)).toBe('42501')
        expect(await api.attempt(`truncate ${table} cascade`)).toBe('42501')
      })
    })

    if (self === undefined) return

    test('gives nothing of theirs away to another merchant or mode', async () => {
      const moves = [
        ['id', `'${bem.merchantId}'`],
        ['merchant_id', `'${self.merchant === ada ? bem.merchantId : ada.merchantId}'`],
        ['mode', `'${self.mode === 'test' ? 'live' : 'test'}'`],
      ] as const
      await api.rehearse(async () => {
        await head()
        for (const [column, value] of moves) {
          if (!Array.isArray(columns) || !columns.includes(column)) continue
          expect(await api.attempt(`update ${table} set ${column} = ${value} where ${rowsOf(table, self)}`)).toBe(
            '42501',
          )
        }
      })
    })

    if (!ADDED_BY_THE_API.includes(table)) return

    // The wall is not a closed gate: the same row goes in where it is the actor's own.
    test('takes what is theirs', async () => {
      await api.rehearse(async () => {
        await head()
        expect(await api.attempt(...insertion(table, newRow(table, self)))).toBe('INSERT 1')
      })
    })
  })

  test('shows the worker all or nothing, for it acts for the system', async () => {
    const mayRead = await owner.value(`select has_table_privilege('paybridge_worker', $1, 'select')`, [table])
    await worker.rehearse(async () => {
      await enterWorker(worker)
      if (!mayRead) expect(await worker.attempt(`select from ${table}`)).toBe('42501')
      else {
        const all = await owner.value(`select count(*)::int from ${table}`)
        expect(await worker.value(`select count(*)::int from ${table}`)).toBe(all)
      }
      expect(await worker.attempt(`delete from ${table}`)).toBe('42501')
      expect(await worker.attempt(`truncate ${table} cascade`)).toBe('42501')
    })
  })

  test('shows nothing to an owner who is no superuser: a wrong connection string is no way in', async () => {
    await owner.rehearse(async () => {
      await owner.rows('create role wall_owner')
      await owner.rows(`alter table ${table} owner to wall_owner`)
      await owner.rows('grant usage on schema app to wall_owner; set local role wall_owner')
      expect(await owner.value(`select count(*)::int from ${table}`)).toBe(0)
    })
  })
})

describe('side doors', () => {
  const asAda = <T>(work: () => Promise<T>) =>
    api.rehearse(async () => {
      await enter(api, ada)
      return work()
    })

  test('a function in a condition sees no row that the policy hides, however cheap it calls itself', async () => {
    await asAda(async () => {
      await api.rows(`create function pg_temp.f_leak(text) returns boolean cost 0.0000001 language plpgsql as
                      $$ begin raise notice 'saw %', $1; return true; end $$`)
      api.notices.length = 0
      for (const table of ['transactions', 'api_keys', 'connections', 'events', 'deliveries']) {
        await api.rows(`select id from ${table} where pg_temp.f_leak(merchant_id || ' ' || mode)`)
      }
      expect(new Set(api.notices)).toEqual(new Set([`saw ${ada.merchantId} test`]))
    })
  })

  test('copying in, and copying to the server’s files and programs, is refused', async () => {
    await asAda(async () => {
      // Row-level security has no say in it, so Postgres does not do it.
      expect(await api.attempt('copy api_keys from stdin')).toBe('0A000')
      expect(await api.attempt(`copy transactions to '/dev/null'`)).toBe('42501')
      expect(await api.attempt(`copy transactions from program 'true'`)).toBe('42501')
    })
  })

  test('switching row-level security off is an error, not a view', async () => {
    await asAda(async () => {
      await api.rows('set local row_security = off')
      expect(await api.attempt('select from transactions')).toBe('42501')
    })
  })

  test('a foreign key to another merchant’s or the other mode’s thing is refused, for whoever writes it', async () => {
    for (const other of [adaLive, bemTest]) {
      await owner.rehearse(async () => {
        const endpoint = newRow('webhook_endpoints', adaTest)
        await insert(owner, 'webhook_endpoints', endpoint)
        const refused = async (table: string, row: Row) => {
          const statement = insertion(table, { ...newRow(table, adaTest), ...row })
          expect(await owner.attempt(...statement), table).toMatch(/^23503 /)
        }
        await refused('transactions', { connection_id: other.connectionId })
        await refused('attempts', { connection_id: other.connectionId })
        await refused('attempts', { transaction_id: other.transactionId })
        await refused('api_keys', { rotated_to: other.merchant.keys[other.mode].id })
        await refused('deliveries', { endpoint_id: other.endpointId })
        await refused('deliveries', { event_id: other.eventId })
        await refused('deliveries', { endpoint_id: endpoint.id, transaction_id: other.transactionId })
        await refused('delivery_attempts', { delivery_id: other.deliveryId, number: 1 })
        await refused('provider_events', { connection_id: other.connectionId })
        await refused('routing_rule_targets', { rule_id: other.ruleId })
        await refused('routing_rule_targets', { connection_id: other.otherConnectionId })
        await refused('connection_health', { connection_id: other.otherConnectionId })
        await refused('refunds', { transaction_id: other.payment.transactionId })
        await refused('refunds', { attempt_id: other.payment.attemptId })
        await refused('refunds', { connection_id: other.connectionId })
        await refused('reconciliation_runs', { connection_id: other.otherConnectionId })
        await refused('drifts', { run_id: other.runId })
        await refused('drifts', { connection_id: other.connectionId })
        await refused('drifts', { transaction_id: other.transactionId })
        await refused('drifts', {
          transaction_id: adaTest.payment.transactionId,
          attempt_id: other.payment.attemptId,
        })
      })
    }
  })

  test('nobody learns from a key that is taken whether another merchant has the row', async () => {
    await asAda(async () => {
      const reference = await owner.value('select reference from transactions where id = $1', [bemTest.transactionId])
      expect(await api.attempt(...insertion('transactions', { ...newRow('transactions', adaTest), reference }))).toBe(
        'INSERT 1',
      )
      const key = await owner.value('select key from idempotency_claims where merchant_id = $1', [bem.merchantId])
      expect(
        await api.attempt(...insertion('idempotency_claims', { ...newRow('idempotency_claims', adaTest), key })),
      ).toBe('INSERT 1')
    })
  })

  test('a colleague’s name is read, a colleague’s row is not changed', async () => {
    await owner.rows(`insert into memberships (merchant_id, user_id, role) values ($1, $2, 'viewer')`, [
      ada.merchantId,
      bem.userId,
    ])
    await api.rehearse(async () => {
      await enterSignedIn(api, ada)
      expect(await api.attempt('select email from users where id = $1', [bem.userId])).toBe('SELECT 1')
      expect(await api.attempt(`update users set first_name = 'x' where id = $1`, [bem.userId])).toBe('UPDATE 0')
      expect(await api.attempt(`update users set first_name = 'x' where id = $1`, [ada.userId])).toBe('UPDATE 1')
      // Nor does a person read the hash of any password, their own included.
      expect(await api.attempt('select password_hash from users')).toBe('42501')
    })
    await owner.rows(`delete from memberships where merchant_id = $1 and user_id = $2`, [ada.merchantId, bem.userId])
  })

  test('an API key is no person: it changes nobody’s name', async () => {
    await asAda(async () => expect(await api.attempt(`update users set first_name = 'x'`)).toBe('UPDATE 0'))
  })
})
