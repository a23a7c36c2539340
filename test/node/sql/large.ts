/**
 * Makes a database believe that each of its tables is large: a few thousand rows, spread thinly over many pages, and counts
 * that say a thousand times as many. Plans are made from these; nothing takes long.
 */
import type { Session } from './actors.ts'

const ROWS = 3000
const TIMES = 1000

/** Columns with few different values, or as many as there are things that rows belong to. Any other is unique. */
export const SPREAD: Readonly<Record<string, string>> = {
  merchant_id: `'mer-' || n % 5`,
  mode: `(array['test', 'live'])[n % 2 + 1]`,
  // Each word that an index is made for is among them.
  status: `(array['pending', 'succeeded', 'failed', 'received', 'running', 'open', 'active', 'unmatched', 'completed'])[n % 9 + 1]`,
  endpoint_id: `'whe-' || n % 300`,
  connection_id: `'con-' || n % 300`,
  user_id: `'usr-' || n % 500`,
  deleted_at: 'null',
  ended_at: 'null',
  // Few endpoints are waited for at a time.
  paused_until: `case when n % 100 = 0 then timestamptz '2026-01-01' end`,
  next_send_at: 'null',
  provider: `'p' || n % 4`,
  currency: `'c' || n % 5`,
  type: `'t' || n % 15`,
  event_type: `'t' || n % 15`,
  action: `'a' || n % 5`,
  cause: `'c' || n % 6`,
  role: `'r' || n % 5`,
}

/** Of which a merchant has a few, however many merchants there are. */
export const SETTINGS = new Set([
  'api_keys',
  'connection_health',
  'connections',
  'memberships',
  'routing_rules',
  'webhook_endpoints',
])

const BY_TYPE: Readonly<Record<string, string>> = {
  text: `'v-' || n`,
  integer: 'n',
  bigint: 'n',
  boolean: 'n % 2 = 0',
  date: `date '2000-01-01' + n`,
  jsonb: `'{}'`,
  bytea: `''`,
  'text[]': `'{}'`,
  'cidr[]': `'{}'`,
  'timestamp with time zone': `timestamptz '2026-01-01' + n * interval '1 minute'`,
}

/** @returns the tables that are large now: all of the schema's but the bookkeeping of the migrations */
export async function makeLarge(owner: Session): Promise<string[]> {
  await owner.rows('set session_replication_role = replica')
  for (const { drop } of await owner.rows(
    `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop from pg_constraint
     where contype = 'c' and connamespace = 'public'::regnamespace`,
  )) {
    await owner.rows(String(drop))
  }
  const columns = await owner.rows(
    `select c.relname::text as table, a.attname::text as column, format_type(a.atttypid, a.atttypmod) as type
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'schema_migrations'`,
  )
  const tables = Map.groupBy(columns, ({ table }) => String(table))
  for (const [table, ofTable] of tables) {
    const spread: Record<string, string> = { ...SPREAD, ...(SETTINGS.has(table) ? { merchant_id: `'mer-' || n` } : {}) }
    const values = ofTable.map(({ column, type }) => spread[String(column)] ?? BY_TYPE[String(type)])
    await owner.rows(`alter table ${table} set (fillfactor = 10, autovacuum_enabled = false)`)
    await owner.rows(
      `insert into ${table} (${ofTable.map(({ column }) => `"${column}"`).join(', ')})
       select ${values.join(', ')} from generate_series(1, ${ROWS}) n on conflict do nothing`,
    )
    await owner.rows(`analyze ${table}`)
  }
  await owner.rows(
    `update pg_class c set reltuples = c.reltuples * ${TIMES} from pg_index i
     where i.indrelid = any ($1::text[]::regclass[]) and c.oid in (i.indexrelid, i.indrelid) and c.reltuples > 0`,
    [[...tables.keys()]],
  )
  await owner.rows('set session_replication_role = origin')
  return [...tables.keys()]
}
