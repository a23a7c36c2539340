/**
 * The migrations, from nothing, on everything that they are meant for: PGlite, a real Postgres, and an owner who is no
 * superuser, as at Neon. Roles belong to a whole Postgres, so this file has one of its own.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startEmbeddedPostgres } from '../../../local/database/embedded-postgres.ts'
import { migrate } from '../../../local/database/migrate.ts'
import { openPGliteBackend } from '../../../local/database/pglite-backend.ts'
import { type SqlSession, withSqlSession } from '../../../local/database/sql-session.ts'

const folder = join(import.meta.dirname, '../../../migrations')
const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()

const postgres = await startEmbeddedPostgres()
afterAll(() => postgres.stop())

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
  insert into transactions (id, merchant_id, mode, reference, amount, currency, customer_email, expires_at, next_check_at)
  values (app.new_id('txn'), app.merchant_id(), app.mode(), 'order-1', 1000, 'ETB', 'payer@customer.test', '2026-11-25', app.now());
  select (select count(*) from events), (select count(*) from deliveries), (select count(*) from audit_entries)`

/** One event, one delivery; entries for registering, signing in, the endpoint and the transaction. */
const told = [['1', '1', '4']]

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
