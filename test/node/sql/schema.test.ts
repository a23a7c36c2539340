/** Drizzle's tables are for types and queries; the migrations are the truth. Here the two are compared, both ways. */
import { is } from 'drizzle-orm'
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core'
import { afterAll, describe, expect, test } from 'vitest'
import * as audit from '../../../src/db/schema/audit.ts'
import * as idempotency from '../../../src/db/schema/idempotency.ts'
import * as identity from '../../../src/db/schema/identity.ts'
import * as payments from '../../../src/db/schema/payments.ts'
import * as providerEvents from '../../../src/db/schema/provider-events.ts'
import * as reconciliation from '../../../src/db/schema/reconciliation.ts'
import * as refunds from '../../../src/db/schema/refunds.ts'
import * as routing from '../../../src/db/schema/routing.ts'
import * as streams from '../../../src/db/schema/streams.ts'
import * as webhooks from '../../../src/db/schema/webhooks.ts'
import { DRIFT_CAUSES, DRIFT_STATUSES, RUN_STATUSES } from '../../../src/domain/drift.ts'
import { DELIVERY_OUTCOMES, DELIVERY_STATUSES, EVENT_TYPES, SUBSCRIPTIONS } from '../../../src/domain/event.ts'
import { REFUND_STATUSES } from '../../../src/domain/refund.ts'
import { SCOPES } from '../../../src/domain/scopes.ts'
import { ATTEMPT_STATUSES, MODES, TRANSACTION_STATUSES } from '../../../src/domain/transaction.ts'
import { openDatabase } from './actors.ts'

const database = await openDatabase('t_sql_schema')
const { owner } = database
afterAll(() => database.close())

const drizzleTables = Object.values({
  ...audit,
  ...idempotency,
  ...identity,
  ...payments,
  ...providerEvents,
  ...reconciliation,
  ...refunds,
  ...routing,
  ...streams,
  ...webhooks,
})
  .filter((exported) => is(exported, PgTable))
  .map((table) => getTableConfig(table))

/** Those that a role which logs in has any right on; the others are the gate's own, and no statement names them. */
const tables = (
  await owner.rows(
    `select c.relname::text as name from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and exists (
       select from unnest(array['paybridge_api', 'paybridge_worker']) role,
                   unnest(array['select', 'insert', 'update']) command
       where has_any_column_privilege(role, c.oid, command))
     order by 1`,
  )
).map(({ name }) => String(name))

test('Drizzle knows every table that the code may touch, and no other', () => {
  expect(drizzleTables.map(({ name }) => name).sort()).toEqual(tables)
})

describe.each(drizzleTables)('$name', ({ name, columns, primaryKeys }) => {
  test('has the same columns, of the same types, nullable and left out alike', async () => {
    const inCatalogue = await owner.rows(
      `select a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
              a.atthasdef as defaulted,
              has_column_privilege('paybridge_api', a.attrelid, a.attnum, 'insert')
              or has_column_privilege('paybridge_worker', a.attrelid, a.attnum, 'insert') as inserted,
              has_column_privilege('paybridge_api', a.attrelid, a.attnum, 'select')
              or has_column_privilege('paybridge_worker', a.attrelid, a.attnum, 'select') as read
       from pg_attribute a where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped`,
      [name],
    )
    const known = new Set<unknown>(columns.map((column) => column.name))
    const inserted = new Set(inCatalogue.flatMap((column) => (column.inserted ? [column.name] : [])))
    // Whether a column may be left out matters to whoever inserts; what triggers alone write has its default there.
    const expected = columns.map((column) => ({
      name: column.name,
      type: column.getSQLType(),
      required: column.notNull,
      ...(inserted.has(column.name) ? { defaulted: column.hasDefault } : {}),
    }))
    const found = inCatalogue
      // What only the gate reads, a password's hash say, need not be known.
      .filter((column) => column.read || known.has(column.name))
      .map(({ name, type, required, defaulted }) => ({
        name,
        type,
        required,
        ...(inserted.has(name) ? { defaulted } : {}),
      }))
    expect(new Set(expected)).toEqual(new Set(found))
  })

  test('has the same primary key', async () => {
    const key = await owner.rows(
      `select a.attname::text as name from pg_index i, unnest(i.indkey::int2[]) with ordinality as k (number, place)
       join pg_attribute a on a.attnum = k.number
       where i.indrelid = $1::regclass and a.attrelid = i.indrelid and i.indisprimary order by k.place`,
      [name],
    )
    const composite = primaryKeys.flatMap((primary) => primary.columns.map((column) => column.name))
    const single = columns.filter((column) => column.primary).map((column) => column.name)
    expect([...composite, ...single]).toEqual(key.map((column) => column.name))
  })
})

describe('what SQL and TypeScript both say', () => {
  test.each(['owner', 'admin', 'developer', 'finance', 'viewer', 'nobody'])(
    'the role %s has scopes that there are, and an owner all of them',
    async (role) => {
      const scopes = await owner.value('select app.scopes_of($1)', [role])
      if (!Array.isArray(scopes)) throw new Error('scopes come as an array')
      expect(SCOPES).toEqual(expect.arrayContaining(scopes))
      expect(new Set(scopes).size).toBe(scopes.length)
      if (role === 'owner') expect(scopes.toSorted()).toEqual([...SCOPES].sort())
      if (role === 'nobody') expect(scopes).toEqual([])
    },
  )

  test('every role that a membership may have has scopes', async () => {
    const check = await owner.value(
      `select pg_get_constraintdef(oid) from pg_constraint where conname = 'memberships_role_check'`,
    )
    for (const [, role] of String(check).matchAll(/'(\w+)'/g)) {
      expect(await owner.value('select cardinality(app.scopes_of($1))', [role]), role).toBeGreaterThan(0)
    }
  })

  test.each([
    { constraint: 'transactions_mode_check', words: MODES },
    { constraint: 'transactions_status_check', words: TRANSACTION_STATUSES },
    { constraint: 'attempts_status_check', words: ATTEMPT_STATUSES },
    { constraint: 'refunds_status_check', words: REFUND_STATUSES },
    { constraint: 'deliveries_status_check', words: DELIVERY_STATUSES },
    { constraint: 'delivery_attempts_outcome_check', words: DELIVERY_OUTCOMES },
    { constraint: 'drifts_cause_check', words: DRIFT_CAUSES },
    { constraint: 'drifts_status_check', words: DRIFT_STATUSES },
    { constraint: 'reconciliation_runs_status_check', words: RUN_STATUSES },
  ])('$constraint holds the words that the code knows', async ({ constraint, words }) => {
    const check = await owner.value('select pg_get_constraintdef(oid) from pg_constraint where conname = $1', [
      constraint,
    ])
    expect([...String(check).matchAll(/'(\w+)'/g)].map(([, word]) => word).sort()).toEqual([...words].sort())
  })

  test.each([
    { of: 'payment', statuses: TRANSACTION_STATUSES, begins: 'pending', as: 'created', also: ['duplicate_charge'] },
    { of: 'refund', statuses: REFUND_STATUSES, begins: undefined, as: undefined, also: ['created'] },
    { of: 'drift', statuses: DRIFT_STATUSES, begins: 'open', as: 'found', also: [] },
  ])('each status of a $of has its event', ({ of, statuses, begins, as, also }) => {
    const told = [...statuses.map((status) => (status === begins ? as : status)), ...also]
    expect(EVENT_TYPES.filter((type) => type.startsWith(`${of}.`)).toSorted()).toEqual(
      told.map((word) => `${of}.${word}`).sort(),
    )
  })

  test('whoever subscribes to a type, its family or all is told of it', async () => {
    for (const type of EVENT_TYPES) {
      const wanting = []
      for (const subscription of SUBSCRIPTIONS) {
        if (await owner.value('select app.wants($1, $2)', [[subscription], type])) wanting.push(subscription)
      }
      expect(wanting).toEqual([type, `${type.split('.')[0]}.*`, '*'])
    }
  })
})

describe('every column', () => {
  test('that could grow has a bound: a check, or the column that it points to', async () => {
    const unbounded = await owner.rows(
      `select a.attrelid::regclass || '.' || a.attname as column
       from pg_attribute a join pg_class c on c.oid = a.attrelid
       where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
         and (a.atttypid in ('text'::regtype, 'jsonb'::regtype, 'bytea'::regtype, 'text[]'::regtype, 'cidr[]'::regtype))
         and not exists (select from pg_constraint k
                         where k.conrelid = c.oid and a.attnum = any (k.conkey) and k.contype in ('c', 'f'))
       order by 1`,
    )
    expect(unbounded.map(({ column }) => column)).toEqual([
      // Written by the migrations' runner.
      'schema_migrations.name',
      'schema_migrations.sha256',
    ])
  })

  test('is of a type that is known here: another may need a bound', async () => {
    const types = await owner.rows(
      `select distinct format_type(a.atttypid, a.atttypmod) as type
       from pg_attribute a join pg_class c on c.oid = a.attrelid
       where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped order by 1`,
    )
    expect(types.map(({ type }) => type)).toEqual([
      'bigint',
      'boolean',
      'bytea',
      'cidr[]',
      'date',
      'integer',
      'jsonb',
      'text',
      'text[]',
      'timestamp with time zone',
    ])
  })

  test('of times knows its zone, and of money is whole', async () => {
    const money = await owner.rows(
      `select c.relname || '.' || a.attname as column, format_type(a.atttypid, a.atttypmod) as type
       from pg_attribute a join pg_class c on c.oid = a.attrelid
       where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attname ~ '(amount|fee)'`,
    )
    expect(money.length).toBeGreaterThan(5)
    for (const { column, type } of money) expect(type, String(column)).toBe('bigint')
  })
})
