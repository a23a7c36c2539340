/** Who may do what, read from the catalogue and compared with a written list: whatever is added must be added here too. */
import { afterAll, describe, expect, test } from 'vitest'
import { openDatabase } from './actors.ts'

const database = await openDatabase('t_sql_rights')
const { owner } = database
afterAll(() => database.close())

/** Bookkeeping of the migrations, made before there are roles: nobody but the owner has a right on it. */
const NOT_OURS = 'schema_migrations'

const tables = (
  await owner.rows(
    `select c.oid::regclass::text as name from pg_class c
     where c.relnamespace in ('public'::regnamespace, 'app'::regnamespace) and c.relkind in ('r', 'p')
       and c.relname <> $1 order by 1`,
    [NOT_OURS],
  )
).map(({ name }) => String(name))

/** `update (a, b)` is a right on these columns only. */
const TABLE_RIGHTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  paybridge_api: {
    api_keys: 'insert, select, update (expires_at, revoked_at, rotated_to, updated_at)',
    attempts:
      'insert (id, merchant_id, mode, transaction_id, number, connection_id, provider, reference, amount, currency, ' +
      'chosen_because), select',
    audit_entries: 'select',
    connection_health: 'select, update (probe_until)',
    connections:
      'insert, select, update (name, status, priority, credentials_mask, sealed_credentials, sealed_previous, ' +
      'previous_valid_until, checked_at, check_result, updated_at)',
    deliveries:
      'insert (id, merchant_id, mode, endpoint_id, event_id, event_type, transaction_id, next_attempt_at), select, ' +
      'update (status, attempts_before, next_attempt_at, finished_at, leased_until)',
    delivery_attempts: 'select',
    drifts: 'select',
    events: 'select',
    idempotency_claims: 'insert, select, update (owner, locked_until, status_code, answer)',
    memberships: 'select',
    merchants: 'select, update (company_name, country, business_type, developer_type, preferred_currency, updated_at)',
    reconciliation_runs: 'insert (id, merchant_id, mode, connection_id, provider, range_from, range_to), select',
    refunds:
      'insert (id, merchant_id, mode, transaction_id, attempt_id, connection_id, provider, amount, currency, reason, ' +
      'sent_at), select',
    routing_rule_targets: 'insert, select',
    routing_rules: 'insert, select, update (retired_at)',
    stream_tickets:
      'insert (hash, merchant_id, mode, api_key_id, session_id, user_id, event_types, transaction_id, is_public, expires_at)',
    transactions:
      'insert (id, merchant_id, mode, reference, amount, currency, customer_email, customer_name, customer_phone, ' +
      'description, metadata, callback_url, provider, connection_id, expires_at, next_check_at, country, method, ' +
      'only_provider), ' +
      'select, update (status, updated_at, asked_at)',
    users:
      'select (id, email, first_name, last_name, phone_number, created_at, updated_at), ' +
      'update (first_name, last_name, phone_number, updated_at)',
    webhook_endpoints:
      'insert, select, update (url, description, event_types, status, sealed_secret, deleted_at, updated_at, metadata, ' +
      'header_names, sealed_headers, rate_limit, ordered, sealed_previous_secret, previous_secret_until, tests)',
    webhook_replays: 'insert, select',
  },
  paybridge_gate: {
    'app.context_secret': 'select',
    api_keys: 'select, update (last_used_at)',
    attempts: 'select',
    audit_entries: 'insert',
    deliveries: 'insert, select (endpoint_id, status), update (status, next_attempt_at, leased_until, finished_at)',
    event_counters: 'insert, select, update',
    // Of what public streams watch, and nothing else: a policy lets no other event pass.
    events: 'insert, select',
    idempotency_claims: 'delete, select',
    memberships: 'insert, select',
    merchants: 'insert, select',
    refresh_tokens: 'delete, insert, select, update',
    sessions: 'delete, insert, select, update',
    sign_in_counts: 'delete, insert, select, update',
    stream_tickets: 'delete, select, update (used_at)',
    transactions: 'select, update (amount_refunding, amount_refunded, refunds_check_at, refund_checks, updated_at)',
    users: 'insert, select, update',
    // To lock a row takes a right to update; a policy lets no update pass.
    webhook_endpoints: 'select, update (updated_at)',
  },
  paybridge_worker: {
    attempts: 'insert, select, update',
    connection_health: 'insert, select, update',
    connections: 'select',
    deliveries: 'select, update (attempts, attempts_before, finished_at, leased_until, next_attempt_at, status)',
    delivery_attempts: 'insert, select',
    drifts: 'insert, select, update (status, corrected_at)',
    events: 'select',
    idempotency_claims: 'select, update (owner, locked_until, status_code, answer)',
    provider_events: 'insert, select, update (status, attempts, repeats, next_attempt_at, leased_until, finished_at)',
    provider_webhook_refusals: 'insert, select, update',
    reconciliation_runs:
      'insert, select, update (status, cursor, leased_until, failures, failure, pages, payments_listed, ' +
      'payments_foreign, events_unmatched, drifts_found, finished_at)',
    refunds:
      'insert, select, update (status, provider_refund_id, failure_code, failure_message, sent_at, updated_at, ' +
      'finished_at)',
    routing_rule_targets: 'select',
    routing_rules: 'select',
    transactions:
      'select, update (status, provider, connection_id, fee, net_amount, disputed, failure_reason, review_reason, ' +
      'succeeded_at, next_check_at, checks, asked_at, confirmed_at, refunds_check_at, refund_checks, updated_at)',
    webhook_endpoints:
      'select, update (last_delivered_at, failures, failing_since, failed_attempts, paused_until, next_send_at, ' +
      'warned_at, status, disabled_because, updated_at)',
  },
}

/** Beside the functions that a role owns. Those that nobody is named for are run by triggers and by their owner. */
const FUNCTION_RIGHTS: Readonly<Record<string, readonly string[]>> = {
  public: ['is_id', 'iso', 'now'],
  paybridge_api: [
    'api_key_object',
    'attempt_may_become',
    'attempt_object',
    'audit_entry_object',
    'begin_registration',
    'begin_sign_in',
    'circuit',
    'connection_object',
    'context',
    'delivery_object',
    'drift_object',
    'end_session',
    'enter_with_key',
    'enter_with_session',
    'event_object',
    'finish_sign_in',
    'merchant_id',
    'merchant_object',
    'mode',
    'new_id',
    'reconciliation_run_object',
    'redeem_ticket',
    'refund_may_become',
    'refund_object',
    'refuse',
    'register',
    'rotate_refresh_token',
    'route',
    'routing_rule_object',
    'transaction_detail',
    'transaction_may_become',
    'transaction_object',
    'user_id',
    'user_object',
    'wants',
    'watch_payments',
    'webhook_endpoint_object',
    'webhook_replay_object',
  ],
  paybridge_gate: [
    'attempt_may_become',
    'attempt_object',
    'counted_address',
    'drift_object',
    'merchant_id',
    'merchant_object',
    'mode',
    'new_id',
    'next_event_number',
    'public_event_object',
    'refund_object',
    'refuse',
    'scopes_of',
    'transaction_may_become',
    'transaction_object',
    'user_id',
    'user_object',
    'wants',
    'webhook_endpoint_object',
  ],
  paybridge_worker: [
    'attempt_may_become',
    'circuit',
    'context',
    'enter_worker',
    'event_object',
    'judge_failing_endpoints',
    'merchant_id',
    'mode',
    'new_id',
    'refund_may_become',
    'refund_object',
    'refuse',
    'remove_outdated',
    'remove_stream_tickets',
    'route',
    'transaction_may_become',
    'transaction_object',
    'user_id',
  ],
}

/** A right as `role table command columns`, which sorts the same however it was granted. */
function flatten(rights: typeof TABLE_RIGHTS): string[] {
  return Object.entries(rights).flatMap(([role, ofTables]) =>
    Object.entries(ofTables).flatMap(([table, list]) =>
      [...list.matchAll(/(\w+)(?: \(([^)]*)\))?(?:, |$)/g)].map(([, command, columns = '']) =>
        [role, table, command, columns.split(', ').sort().join(' ')].join(' ').trim(),
      ),
    ),
  )
}

describe('the roles', () => {
  test('none of the three bypasses row-level security, is a superuser or makes roles, databases or replicas', async () => {
    const roles = await owner.rows(
      `select rolname, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication as more
       from pg_roles where rolname like 'paybridge%' order by 1`,
    )
    expect(roles).toEqual([
      { rolname: 'paybridge_api', more: false },
      { rolname: 'paybridge_gate', more: false },
      { rolname: 'paybridge_worker', more: false },
    ])
  })

  test('none of them is a member of another, and the gate never logs in', async () => {
    expect(
      await owner.rows(`select roleid::regrole, member::regrole from pg_auth_members
                        where member::regrole::text like 'paybridge%'`),
    ).toEqual([])
    expect(await owner.value(`select rolcanlogin from pg_roles where rolname = 'paybridge_gate'`)).toBe(false)
  })

  test('none of them can make anything in a schema', async () => {
    const rights = await owner.rows(
      `select n.nspname as schema, coalesce(nullif(a.grantee, 0)::regrole::text, 'public') as grantee, a.privilege_type as right
       from pg_namespace n, aclexplode(n.nspacl) a
       where n.nspname in ('public', 'app') and a.grantee <> n.nspowner order by 1, 2`,
    )
    const using = (schema: string, ...grantees: string[]) =>
      grantees.map((grantee) => ({ schema, grantee, right: 'USAGE' }))
    const roles = ['paybridge_api', 'paybridge_gate', 'paybridge_worker']
    expect(rights).toEqual([...using('app', ...roles), ...using('public', ...roles, 'public')])
  })
})

describe('the rights', () => {
  test('on tables and columns are those of the list, and nobody else has any', async () => {
    const rights = await owner.rows(
      `with granted as (
         select c.oid, a.grantee, a.privilege_type, '' as columns
         from pg_class c, aclexplode(c.relacl) a where a.grantee <> c.relowner
         union all
         select c.oid, a.grantee, a.privilege_type, string_agg(t.attname, ' ' order by t.attname collate "C")
         from pg_class c join pg_attribute t on t.attrelid = c.oid, aclexplode(t.attacl) a
         group by c.oid, a.grantee, a.privilege_type)
       select trim(concat_ws(' ', coalesce(nullif(g.grantee, 0)::regrole::text, 'public'), c.oid::regclass,
                             lower(g.privilege_type), g.columns)) as right
       from granted g join pg_class c using (oid)
       where c.relnamespace in ('public'::regnamespace, 'app'::regnamespace)`,
    )
    expect(rights.map(({ right }) => right).sort()).toEqual(flatten(TABLE_RIGHTS).sort())
  })

  test('on functions are those of the list, and nobody else has any', async () => {
    const rights = await owner.rows(
      `select coalesce(nullif(a.grantee, 0)::regrole::text, 'public') as role, p.proname::text as name
       from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
       where p.pronamespace in ('public'::regnamespace, 'app'::regnamespace) and a.grantee <> p.proowner`,
    )
    const listed = Object.entries(FUNCTION_RIGHTS).flatMap(([role, names]) => names.map((name) => `${role} ${name}`))
    expect(rights.map(({ role, name }) => `${role} ${name}`).sort()).toEqual(listed.sort())
  })

  test('no view, sequence or foreign table is there to go round them', async () => {
    expect(
      await owner.rows(
        `select oid::regclass, relkind from pg_class
         where relnamespace in ('public'::regnamespace, 'app'::regnamespace) and relkind not in ('r', 'i', 'c')`,
      ),
    ).toEqual([])
  })

  test('the bookkeeping of the migrations is the only table without a wall, and nobody has a right on it', async () => {
    const rights = await owner.value(
      `select count(*)::int from pg_class c, aclexplode(c.relacl) a
       where c.oid = $1::regclass and a.grantee <> c.relowner`,
      [NOT_OURS],
    )
    expect(rights).toBe(0)
  })
})

describe.each(tables)('%s', (table) => {
  test('has row-level security, for its owner too', async () => {
    expect(
      await owner.rows('select relrowsecurity, relforcerowsecurity from pg_class where oid = $1::regclass', [table]),
    ).toEqual([{ relrowsecurity: true, relforcerowsecurity: true }])
  })

  test('has a policy for each role with a right, and for nobody else', async () => {
    const withPolicy = await owner.rows(
      `select distinct coalesce(nullif(role, 0)::regrole::text, 'public') as role
       from pg_policy, unnest(polroles) as role where polrelid = $1::regclass order by 1`,
      [table],
    )
    const withRight = Object.entries(TABLE_RIGHTS).flatMap(([role, ofTables]) => (table in ofTables ? [role] : []))
    expect(withPolicy.map(({ role }) => role)).toEqual(withRight.sort())
  })

  test('has no policy for the API that is not about whose the row is', async () => {
    const policies = await owner.rows(
      `select polname::text as name, concat_ws(' ', pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) as rule
       from pg_policy where polrelid = $1::regclass and 'paybridge_api'::regrole = any (polroles)`,
      [table],
    )
    for (const { name, rule } of policies) expect(rule, String(name)).toMatch(/app\.(merchant_id|user_id)\(\)/)
  })
})

describe('functions', () => {
  test('that run with rights or at moments of their own find no name in a temporary schema', async () => {
    const astray = await owner.rows(
      `select p.oid::regprocedure::text as name from pg_proc p join pg_language l on l.oid = p.prolang
       where p.pronamespace = 'app'::regnamespace and (p.prosecdef or l.lanname = 'plpgsql')
         and p.proconfig is distinct from '{"search_path=pg_catalog, pg_temp"}'`,
    )
    expect(astray).toEqual([])
  })

  test('that run with rights of their own belong to the gate', async () => {
    expect(
      await owner.rows(
        `select oid::regprocedure from pg_proc
         where pronamespace = 'app'::regnamespace and prosecdef and proowner <> 'paybridge_gate'::regrole`,
      ),
    ).toEqual([])
  })

  test('are in no language that lets its text be anything but SQL', async () => {
    expect(
      await owner.rows(
        `select distinct l.lanname::text as language from pg_proc p join pg_language l on l.oid = p.prolang
         where p.pronamespace = 'app'::regnamespace order by 1`,
      ),
    ).toEqual([{ language: 'plpgsql' }, { language: 'sql' }])
  })
})

describe('keys', () => {
  /** An id is 80 random bits, a hash 256: that one is taken tells only somebody who knows it already. */
  const unguessable = ['id', 'hash', 'transaction_id', 'delivery_id', 'endpoint_id', 'connection_id']

  test('are unique within a merchant and mode, unless what they hold cannot be guessed', async () => {
    const keys = await owner.rows(
      `select i.indexrelid::regclass::text as name, array_agg(a.attname::text) as columns,
              array(select attname::text from pg_attribute where attrelid = i.indrelid and attnum > 0) as of_table
       from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey::int2[])
       join pg_class c on c.oid = i.indrelid
       where i.indisunique and c.relnamespace = 'public'::regnamespace
       group by i.indexrelid, i.indrelid order by 1`,
    )
    const guessable = keys.filter(({ columns, of_table: ofTable }) => {
      if (!Array.isArray(columns) || !Array.isArray(ofTable)) throw new Error('arrays come as arrays')
      const whole = ['merchant_id', 'mode'].every((column) => columns.includes(column) || !ofTable.includes(column))
      return !(whole && ofTable.includes('merchant_id')) && !unguessable.some((column) => columns.includes(column))
    })
    expect(guessable.map(({ name }) => name)).toEqual([
      // Ours to make, 80 random bits.
      'attempts_reference_unique',
      // Of no merchant, and nobody but the gate, the worker or the owner writes them.
      'provider_webhook_refusals_pkey',
      'refresh_tokens_one_unused',
      'schema_migrations_pkey',
      'sign_in_counts_pkey',
      // Whoever registers learns that an address is taken: there is no registering otherwise.
      'users_email_unique',
    ])
  })

  test('of one thing that points to another carry the merchant and the mode along', async () => {
    const astray = await owner.rows(
      `with columns as (
         select c.oid, c.conname, c.conrelid, c.confrelid,
                array(select attname::text from unnest(c.conkey) k join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k) as mine,
                array(select attname::text from unnest(c.confkey) k join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k) as theirs,
                array(select attname::text from pg_attribute a where a.attrelid = c.conrelid and a.attnum > 0) as has,
                array(select attname::text from pg_attribute a where a.attrelid = c.confrelid and a.attnum > 0) as they_have
         from pg_constraint c where c.contype = 'f' and c.connamespace = 'public'::regnamespace)
       select conrelid::regclass::text as table, conname::text as name
       from columns, unnest(array['merchant_id', 'mode']) as shared
       where shared = any (has) and shared = any (they_have) and not (shared = any (mine) and shared = any (theirs))`,
    )
    expect(astray).toEqual([])
  })
})
