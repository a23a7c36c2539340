/**
 * The migrations, from nothing, on everything that they are meant for: PGlite, a real Postgres, and an owner who is no
 * superuser, as at Neon. Roles belong to a whole Postgres, so this file has one of its own.
 */
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startEmbeddedPostgres } from '../../../local/database/embedded-postgres.ts'
import { migrate } from '../../../local/database/migrate.ts'
import { openPGliteBackend } from '../../../local/database/pglite-backend.ts'
import { quoteLiteral, type SqlSession, withSqlSession } from '../../../local/database/sql-session.ts'

const folder = join(import.meta.dirname, '../../../migrations')
const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()

const postgres = await startEmbeddedPostgres()
afterAll(() => postgres.stop())

/** What the first release that took payments had. */
const released = await mkdtemp(join(tmpdir(), 'migrations-'))
for (const name of files.filter((name) => name < '0014')) await copyFile(join(folder, name), join(released, name))
afterAll(() => rm(released, { recursive: true }))

const asSuperuser = <T>(database: string, use: (session: SqlSession) => Promise<T>) =>
  withSqlSession(postgres.superuserUrl(database), use)

function urlOf(user: string, database: string): string {
  const url = new URL(postgres.superuserUrl(database))
  url.username = user
  url.password = 'password'
  return url.href
}

/** A new database that belongs to this role. */
async function newDatabase(name: string, owner: string): Promise<void> {
  await asSuperuser('postgres', (session) => session.execute(`create database ${name} owner ${owner}`))
}

const ourRoles = 'paybridge_api, paybridge_worker, paybridge_gate'

/** Drops the database, and with it whatever holds on to our roles. */
async function dropOwned(database: string): Promise<void> {
  await asSuperuser(database, (session) => session.execute(`drop owned by ${ourRoles} cascade`))
  await asSuperuser('postgres', (session) => session.execute(`drop database ${database} with (force)`))
}

/** A merchant registers and takes a payment: the gate, the policies and the triggers at work for an ordinary role. */
const aPayment = `
  set local role paybridge_api;
  select app.register('2026-11-24T09:00:00Z',
    '{"id": "usr_01k8aaaaaaaaaaaaaaaaaaaaaa", "email": "ada@merchant.test", "password_hash": "$scrypt$of-nothing"}',
    '{"id": "mer_01k8aaaaaaaaaaaaaaaaaaaaaa", "company_name": "Ada", "country": "ET"}', null, null, null);
  select app.finish_sign_in('2026-11-24T09:00:00Z',
    '{"id": "ses_01k8aaaaaaaaaaaaaaaaaaaaaa", "user_id": "usr_01k8aaaaaaaaaaaaaaaaaaaaaa",
      "merchant_id": "mer_01k8aaaaaaaaaaaaaaaaaaaaaa", "expires_at": "2026-12-24"}',
    repeat('a', 64), null, null, null, null);
  select app.enter_with_session('2026-11-24T09:00:01Z', 'ses_01k8aaaaaaaaaaaaaaaaaaaaaa', 'usr_01k8aaaaaaaaaaaaaaaaaaaaaa',
    'mer_01k8aaaaaaaaaaaaaaaaaaaaaa', 'test', '{"scope": "transactions:write", "action": "payment.initiated"}');
  insert into webhook_endpoints (id, merchant_id, mode, url, event_types, sealed_secret)
  values (app.new_id('whe'), app.merchant_id(), app.mode(), 'https://merchant.test/', '{*}', 'v1.sealed');
  insert into transactions (id, merchant_id, mode, reference, amount, currency, customer_email, provider, expires_at,
                            next_check_at)
  values (app.new_id('txn'), app.merchant_id(), app.mode(), 'order-1', 1000, 'ETB', 'payer@customer.test', 'chapa',
          '2026-11-25', app.now());
  select (select count(*) from events), (select count(*) from deliveries), (select count(*) from audit_entries)`

/** One event, one delivery; entries for registering, signing in, the endpoint and the transaction. */
const told = [['1', '1', '4']]

/** The payment is paid at its second attempt, the provider posts so, and a part of it is told to the merchant. */
const whatCameOfIt = `
  reset role;
  insert into connections (id, merchant_id, mode, provider, name, credentials_mask, sealed_credentials)
  select 'con_01k8aaaaaaaaaaaaaaaaaaaaaa', id, 'test', 'chapa', 'Chapa', 'CHASECK_…', 'v1.sealed' from merchants;
  set local role paybridge_worker;
  select app.enter_worker('2026-11-24T09:00:02Z');
  insert into attempts (id, merchant_id, mode, transaction_id, number, connection_id, provider, reference, amount, currency,
                        chosen_because)
  select app.new_id('att'), merchant_id, mode, id, 1, 'con_01k8aaaaaaaaaaaaaaaaaaaaaa', 'chapa', 'pb-' || repeat('1', 26),
         amount, currency, 'first_active_connection' from transactions;
  update attempts set status = 'unknown';
  update attempts set status = 'failed', left_because = 'page_lost';
  insert into attempts (id, merchant_id, mode, transaction_id, number, connection_id, provider, reference, amount, currency,
                        chosen_because)
  select app.new_id('att'), merchant_id, mode, id, 2, 'con_01k8aaaaaaaaaaaaaaaaaaaaaa', 'chapa', 'pb-' || repeat('2', 26),
         amount, currency, 'attempt_before_never_opened' from transactions;
  update attempts set status = 'open', checkout_url = 'https://pay.test/2' where number = 2;
  update transactions set status = 'processing';
  update attempts set status = 'succeeded', confirmed_amount = amount, confirmed_currency = currency, fee = 35
  where number = 2;
  update transactions set status = 'succeeded', succeeded_at = app.now(), fee = 35, net_amount = 965, next_check_at = null;
  insert into provider_events (id, merchant_id, mode, connection_id, provider, dedupe_key, type, reference, raw_body,
                               next_attempt_at)
  select app.new_id('pev'), merchant_id, mode, connection_id, provider, repeat('d', 64), 'charge.success', reference, '{}',
         app.now() from attempts where number = 2;
  insert into delivery_attempts (delivery_id, merchant_id, mode, number, attempted_at, duration_ms, outcome)
  select id, merchant_id, mode, 1, app.now(), 12, 'unreachable' from deliveries;
  update deliveries set status = 'succeeded', attempts = 1, next_attempt_at = null, finished_at = app.now()
  where event_id = (select id from events where version = 1)`

const tableNames = `
  select relname::text from pg_class
  where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'schema_migrations' order by 1`

/** Every row of these tables, as text. */
async function rowsOf(session: SqlSession, tables: readonly string[]): Promise<{ table: string; rows: string[] }[]> {
  const found: { table: string; rows: string[] }[] = []
  for (const table of tables) {
    const rows = await session.execute(`select to_jsonb(t)::text from ${table} t`)
    found.push({ table, rows: rows.map(([row]) => String(row)) })
  }
  return found
}

async function rehearse<T>(session: SqlSession, use: () => Promise<T>): Promise<T> {
  await session.execute('begin')
  try {
    return await use()
  } finally {
    await session.execute('rollback')
  }
}

const owners = [
  { who: 'a superuser', role: 'postgres', make: undefined },
  // Neon's roles make roles and databases and bypass row-level security; they are no superusers.
  { who: 'a role like Neon’s', role: 'neon_like', make: 'createrole createdb bypassrls' },
  { who: 'a role that can only make roles', role: 'plain_owner', make: 'createrole' },
]

describe.each(owners)('on Postgres, owned by $who', ({ role, make }) => {
  const database = `migrated_by_${role}`
  const ownerUrl = (name: string) => (make === undefined ? postgres.superuserUrl(name) : urlOf(role, name))
  let applied: string[][] = []

  beforeAll(async () => {
    if (make !== undefined) {
      await asSuperuser('postgres', (session) =>
        session.execute(`create role ${role} login password 'password' ${make}`),
      )
    }
    await newDatabase(database, role)
    applied = await withSqlSession(ownerUrl(database), async (session) => [
      await migrate(session, folder),
      await migrate(session, folder),
    ])
  })
  afterAll(async () => {
    await dropOwned(database)
    await asSuperuser('postgres', (session) => session.execute(`drop role ${ourRoles}`))
  })

  test('they apply to nothing, and once', () => {
    expect(applied).toEqual([files, []])
  })

  test('they make a database in which a payment can be taken', async () => {
    await asSuperuser(database, async (session) => {
      expect(await rehearse(session, () => session.execute(aPayment))).toEqual(told)
    })
  })

  test('they leave nothing that everybody may do: no temporary things, nothing in a schema', async () => {
    await asSuperuser(database, async (session) => {
      expect(
        await session.execute(
          `select has_database_privilege('paybridge_api', current_database(), 'temporary'),
                  has_schema_privilege('paybridge_api', 'public', 'create'),
                  has_schema_privilege('paybridge_api', 'app', 'create'),
                  has_schema_privilege('paybridge_gate', 'app', 'create')`,
        ),
      ).toEqual([['f', 'f', 'f', 'f']])
    })
  })

  test('they leave the owner no inherited right of the gate, whose policies show every row', async () => {
    const inherited = await asSuperuser(database, (session) =>
      session.execute(`select from pg_auth_members where roleid = 'paybridge_gate'::regrole and inherit_option`),
    )
    expect(inherited).toEqual([])
  })

  test('they apply to a second database of the same Postgres, where the roles are made already', async () => {
    const second = `${database}_again`
    await newDatabase(second, role)
    expect(await withSqlSession(ownerUrl(second), (session) => migrate(session, folder))).toEqual(files)
    await dropOwned(second)
  })

  test('they apply to a database in which payments were taken, and lose nothing', async () => {
    const filled = `${database}_filled`
    await newDatabase(filled, role)
    onTestFinished(() => dropOwned(filled))
    await withSqlSession(ownerUrl(filled), (session) => migrate(session, released))
    await asSuperuser(filled, async (session) => {
      await session.execute(`begin; ${aPayment}; ${whatCameOfIt}; commit`)
      const tables = (await session.execute(tableNames)).map(([name]) => String(name))
      const before = await rowsOf(session, tables)
      const counts = Object.fromEntries(before.map(({ table, rows }) => [table, rows.length]))
      expect(counts).toMatchObject({ transactions: 1, attempts: 2, events: 3, deliveries: 3, delivery_attempts: 3 })

      const added = await withSqlSession(ownerUrl(filled), (owner) => migrate(owner, folder))
      expect(added).toEqual(files.filter((name) => name >= '0014'))
      for (const { table, rows } of before) {
        expect(await session.execute(`select count(*) from ${table}`), table).toEqual([[String(rows.length)]])
        for (const row of rows) {
          // Everything that was in it is in it; there may be more.
          const kept = `select count(*) from ${table} t where to_jsonb(t) @> ${quoteLiteral(row)}::jsonb`
          expect(await session.execute(kept), `${table} ${row}`).toEqual([['1']])
        }
      }

      // What happened then is still told once, and what happens now goes on from there.
      await session.execute('begin')
      await session.execute(`set local session_replication_role = 'replica'`)
      const again = `insert into events (id, merchant_id, mode, number, type, transaction_id, version, object)
        select app.new_id('evt'), merchant_id, mode, number + 100, type, transaction_id, version, object from events`
      await expect(session.execute(`${again} where version = 2`)).rejects.toThrow('events_one_per_change')
      await session.execute('rollback')
      await rehearse(session, async () => {
        await session.execute(`set local role paybridge_worker; select app.enter_worker('2026-11-24T10:00:00Z')`)
        await session.execute(
          `insert into refunds (id, merchant_id, mode, transaction_id, attempt_id, connection_id, provider, amount, currency)
           select app.new_id('ref'), merchant_id, mode, transaction_id, id, connection_id, provider, amount, currency
           from attempts where number = 2`,
        )
        expect(await session.execute('select number, type, version from events order by number')).toEqual([
          ['1', 'payment.created', '1'],
          ['2', 'payment.processing', '2'],
          ['3', 'payment.succeeded', '3'],
          ['4', 'refund.created', '1'],
        ])
        expect(await session.execute('select amount_refunding, amount_refunded from transactions')).toEqual([
          ['1000', '0'],
        ])
        expect(await session.execute(`select count(*) from deliveries where status = 'pending'`)).toEqual([['3']])
      })
    })
  })

  if (role !== 'plain_owner') return

  test('they let an owner who bypasses nothing see nothing: a wrong connection string is no way in', async () => {
    await asSuperuser(database, async (session) => {
      await rehearse(session, async () => {
        await session.execute(aPayment)
        await session.execute(`set local role ${role}`)
        const seen = 'select (select count(*) from merchants), (select count(*) from app.context_secret)'
        expect(await session.execute(seen)).toEqual([['0', '0']])
      })
    })
  })
})

describe('roles that somebody made before', () => {
  test.each([
    { more: 'BYPASSRLS', arrange: 'create role paybridge_api bypassrls' },
    { more: 'SUPERUSER', arrange: 'create role paybridge_worker superuser' },
    { more: 'CREATEROLE', arrange: 'create role paybridge_gate createrole' },
    { more: 'a membership', arrange: 'create role paybridge_api; grant pg_read_all_data to paybridge_api' },
  ])('with $more are refused, and nothing is made', async ({ arrange }) => {
    await newDatabase('refused', 'postgres')
    await asSuperuser('refused', async (session) => {
      await session.execute(arrange)
      await expect(migrate(session, folder)).rejects.toThrow('past row-level security')
      expect(await session.execute(`select to_regnamespace('app')`)).toEqual([[null]])
      await session.execute(`drop role if exists ${ourRoles}`)
    })
    await asSuperuser('postgres', (session) => session.execute('drop database refused'))
  })
})

test('on PGlite they apply to nothing, once, and a payment can be taken', async () => {
  const backend = await openPGliteBackend()
  await backend.asSuperuser(async (session) => {
    expect(await migrate(session, folder)).toEqual(files)
    expect(await migrate(session, folder)).toEqual([])
    expect(await rehearse(session, () => session.execute(aPayment))).toEqual(told)
  })
  await backend.close()
})

test('each sets how long it waits for a lock, before it takes one', async () => {
  for (const name of files) {
    const statements = (await readFile(join(folder, name), 'utf8')).split('\n').filter((line) => /^[a-z]/.test(line))
    expect(statements[0], name).toBe(`set local lock_timeout = '5s';`)
  }
})
