/**
 * The API's role in hostile hands: whoever can run SQL as paybridge_api, and has perhaps been let in as one merchant,
 * tries to become another, to lend the gate's rights, or to take the guards away.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { enter, enterSignedIn, newMerchant, openDatabase, requestOf, type Session } from './actors.ts'
import { settle } from './rows.ts'

const database = await openDatabase('t_sql_forgery')
const { owner } = database
const api = await database.connect('paybridge_api')
const worker = await database.connect('paybridge_worker')
afterAll(() => database.close())

const ada = await newMerchant(database, 'ada')
const bem = await newMerchant(database, 'bem')
await settle(owner, ada, 'test')
await settle(owner, bem, 'test')

/** How many merchants' payments the session sees. */
const seen = (session: Session) => session.value('select count(distinct merchant_id)::int from transactions')

describe('the context', () => {
  test('lives as long as the transaction', async () => {
    await api.transact(() => enter(api, ada))
    expect(await api.value('select app.context()')).toBeNull()
    expect(await seen(api)).toBe(0)
  })

  const settings = [
    { written: 'another merchant', name: 'app.context', forge: `replace(current_setting('app.context'), $1, $2)` },
    {
      written: 'the other mode',
      name: 'app.context',
      forge: `replace(current_setting('app.context'), '"test"', '"live"')`,
    },
    {
      written: 'more scopes',
      name: 'app.context',
      forge: `jsonb_set(current_setting('app.context')::jsonb, '{scopes}', '["all"]')::text`,
    },
    {
      written: 'another action',
      name: 'app.context',
      forge: `replace(current_setting('app.context'), 'thing.changed', 'thing.hidden')`,
    },
    { written: 'no JSON', name: 'app.context', forge: `'{'` },
    { written: 'nothing', name: 'app.context', forge: 'null' },
    { written: 'no proof', name: 'app.context_proof', forge: 'null' },
    { written: 'an empty proof', name: 'app.context_proof', forge: `''` },
    {
      written: 'a proof without the secret',
      name: 'app.context_proof',
      forge: `encode(sha256(convert_to('|' || pg_backend_pid() || '|' || extract(epoch from transaction_timestamp()) || '|' || current_setting('app.context'), 'UTF8')), 'hex')`,
    },
  ]

  test.each(settings)('with $written in it is no context', async ({ name, forge }) => {
    await api.rehearse(async () => {
      await enter(api, ada)
      expect(await seen(api)).toBe(1)
      const params = forge.includes('$2') ? [ada.merchantId, bem.merchantId] : []
      await api.rows(`select set_config('${name}', ${forge}, true)`, params)
      expect(await api.value('select app.context()')).toBeNull()
      expect(await seen(api)).toBe(0)
    })
  })

  test('of one transaction is worth nothing in the next, on the same connection or on another', async () => {
    const stolen = await api.transact(async () => {
      await enter(api, ada)
      const [settings] = await api.rows(
        `select current_setting('app.context') as context, current_setting('app.context_proof') as proof`,
      )
      return [settings?.context, settings?.proof]
    })
    for (const session of [api, await database.connect('paybridge_api')]) {
      await session.rehearse(async () => {
        await session.rows(
          `select set_config('app.context', $1, true), set_config('app.context_proof', $2, true)`,
          stolen,
        )
        expect(await session.value('select app.context()')).toBeNull()
        expect(await seen(session)).toBe(0)
      })
    }
  })

  test('does not hang on how a time reads: no setting makes two transactions look like one', async () => {
    await api.rehearse(async () => {
      await enter(api, ada)
      await api.rows(`set local datestyle = 'SQL, DMY'; set local timezone = 'XYZ+05:07'`)
      expect(await seen(api)).toBe(1)
    })
  })

  test('is written by the gate alone', async () => {
    const context = JSON.stringify({
      merchant_id: bem.merchantId,
      mode: 'test',
      actor_type: 'user',
      actor_id: bem.userId,
    })
    for (const session of [api, worker]) {
      await session.rehearse(async () => {
        expect(await session.attempt('select app.set_context($1)', [context])).toBe('42501')
        expect(await session.attempt('select app.context_proof($1)', [context])).toBe('42501')
        expect(await session.attempt('select * from app.context_secret')).toBe('42501')
        expect(await session.attempt('update app.context_secret set secret = null')).toBe('42501')
      })
    }
  })

  test('that a request brings along is not taken for the gate’s', async () => {
    const request = { ...requestOf({}), merchant_id: bem.merchantId, mode: 'live', actor_type: 'user', scopes: ['all'] }
    await api.rehearse(async () => {
      await api.rows('select app.enter_with_key($1, $2, $3)', ['2026-11-24T09:00:00Z', ada.keys.test.hash, request])
      expect(await api.value('select app.context()')).toMatchObject({
        merchant_id: ada.merchantId,
        mode: 'test',
        actor_type: 'api_key',
        actor_id: ada.keys.test.id,
      })
    })
  })
})

describe('names', () => {
  /** Says whose rights it runs with. */
  const betray = `create function pg_temp.betray(pg_catalog.text) returns boolean language plpgsql as
    $$ begin raise notice 'runs as %', current_user; return true; end $$`

  /** Types that the functions of the schema name, each as one of the caller's own whose check is the caller's code. */
  const shadows = ['text', 'jsonb', 'timestamptz', 'inet', 'boolean', 'integer'].map(
    (
      type,
    ) => `create domain pg_temp.${type} as pg_catalog.${type === 'boolean' ? 'bool' : type === 'integer' ? 'int4' : type}
               check (pg_temp.betray(value::pg_catalog.text))`,
  )

  let hostile: Session
  beforeAll(async () => {
    hostile = await database.connect('paybridge_api')
    // A copy of a database has the rights of a fresh one, in which everybody makes temporary things. The worst case.
    for (const statement of [betray, ...shadows]) await hostile.rows(statement)
    // Functions keep the types that they found when they ran first.
    await hostile.rows(`select app.new_id('key')`)
  })

  const calls: { name: string; call: (session: Session) => Promise<unknown> }[] = [
    { name: 'enter_with_key', call: (session) => enter(session, ada) },
    { name: 'enter_with_session', call: (session) => enterSignedIn(session, ada) },
    {
      name: 'the triggers',
      call: async (session) => {
        await enter(session, ada, { action: 'payment.cancelled' })
        await session.rows(`update transactions set status = 'cancelled' where status = 'pending'`)
      },
    },
  ]

  test.each(calls)('of the caller’s own are not found by $name', async ({ call }) => {
    hostile.notices.length = 0
    await hostile.rehearse(() => call(hostile))
    expect(hostile.notices.filter((notice) => notice.includes('paybridge_gate'))).toEqual([])
  })

  test('of the caller’s own are not found by any function that the API may call, before it refuses what it is given', async () => {
    const calls = await owner.rows(
      `select format('select app.%I(%s)', proname, (
         select string_agg(format('null::%I.%I', n.nspname, t.typname), ', ' order by place)
         from unnest(proargtypes) with ordinality as a (type, place)
         join pg_type t on t.oid = a.type join pg_namespace n on n.oid = t.typnamespace)) as call
       from pg_proc where pronamespace = 'app'::regnamespace and prosecdef
         and has_function_privilege('paybridge_api', oid, 'execute')`,
    )
    expect(calls.length).toBeGreaterThan(5)
    hostile.notices.length = 0
    for (const { call } of calls) await hostile.rehearse(() => hostile.attempt(String(call)))
    expect(hostile.notices.filter((notice) => notice.includes('paybridge_gate'))).toEqual([])
  })

  test('of a temporary table are not taken for the real one’s', async () => {
    await api.rehearse(async () => {
      await api.rows('create temporary table api_keys (like public.api_keys)')
      await api.rows('create temporary table attempts (like public.attempts)')
      await enter(api, ada)
      expect(await api.value(`select app.context() ->> 'actor_id'`)).toBe(ada.keys.test.id)
    })
  })
})

describe('rights', () => {
  const refused = [
    'set role paybridge_gate',
    'set role postgres',
    'set session authorization postgres',
    'set session_replication_role = replica',
    'alter role paybridge_api bypassrls',
    'alter role paybridge_api superuser',
    'grant paybridge_gate to paybridge_api',
    'grant select on sessions to paybridge_api',
    'create schema own',
    'create function public.now() returns timestamptz language sql as $$ select null::timestamptz $$',
    'create function app.now(text) returns timestamptz language sql as $$ select null::timestamptz $$',
    'create table public.own (id text)',
    'create or replace function app.merchant_id() returns text language sql as $$ select null::text $$',
    'drop function app.context()',
    'alter table transactions disable row level security',
    'alter table transactions no force row level security',
    'alter table transactions disable trigger all',
    'alter table events disable trigger user',
    'drop trigger events_are_immutable on events',
    'drop policy tenant on transactions',
    'create policy mine on transactions using (true)',
    'create trigger own before insert on transactions for each row execute function app.refuse_change()',
    'alter function app.context() set search_path = public',
    'create extension dblink',
    `select pg_read_file('/etc/passwd')`,
    `select lo_import('/etc/passwd')`,
    'select * from pg_authid',
    'alter role postgres set row_security = off',
  ]

  test.each(refused)('are not to be had by: %s', async (statement) => {
    for (const session of [api, worker]) {
      await session.rehearse(async () => expect(await session.attempt(statement)).toMatch(/^(42501|42939)$/))
    }
  })

  test('of one role that logs in are not the other’s', async () => {
    await api.rehearse(async () => expect(await api.attempt('set role paybridge_worker')).toBe('42501'))
    await worker.rehearse(async () => expect(await worker.attempt('set role paybridge_api')).toBe('42501'))
  })

  test('are not to be had by calling a trigger’s function', async () => {
    await api.rehearse(async () => {
      expect(await api.attempt('select app.tell_transaction()')).toBe('42501')
      expect(await api.attempt(`select app.audit_identity('a', 'b', 'c.d', 'e', 'f', null, null, null)`)).toBe('42501')
      expect(await api.attempt(`select app.next_event_number($1, 'test')`, [ada.merchantId])).toBe('42501')
      expect(await api.attempt(`select app.remove_outdated('infinity', 1000)`)).toBe('42501')
      expect(await api.attempt(`select app.enter_worker('2026-11-24')`)).toBe('42501')
    })
  })

  test('of a merchant are not the worker’s: it is let in as nobody', async () => {
    await worker.rehearse(async () => {
      const params = ['2026-11-24T09:00:00Z', ada.keys.test.hash, requestOf({})]
      expect(await worker.attempt('select app.enter_with_key($1, $2, $3)', params)).toBe('42501')
    })
  })
})
