/** What stands in the database, told by a digest of each table: whether a request wrote anything. */

import { neon } from '@neondatabase/serverless'
import { superuserUrl } from '../support/provided.ts'

/** Counters, which a refused request may move: that is what they are for. */
const COUNTERS: Readonly<Record<string, readonly string[] | 'all'>> = {
  // Refused posts of providers are counted for the operator, failed and refused sign-ins for the limit.
  provider_webhook_refusals: 'all',
  sign_in_counts: 'all',
  // When a credential was last seen: it was, whatever became of the request.
  api_keys: ['last_used_at'],
  sessions: ['last_used_at'],
}

export type Digests = ReadonlyMap<string, string>

/** Reads the digests of all tables, past row-level security. @param database of the test file */
export async function digestReader(database: string): Promise<() => Promise<Digests>> {
  const query = neon(superuserUrl(database))
  const tables = await query.query(`select schemaname || '.' || tablename as name, tablename as short from pg_tables
    where schemaname in ('public', 'app') order by 1`)
  const digest = tables
    .filter(({ short }) => COUNTERS[short] !== 'all')
    .map(({ name, short }) => digestOf(String(name), [COUNTERS[short] ?? []].flat()))
    .join(' union all ')
  return async () => new Map((await query.query(digest)).map(({ name, digest }) => [String(name), String(digest)]))
}

/** Every new version of a row has a newer transaction's number, and a row that is gone is counted. */
function digestOf(table: string, without: readonly string[]): string {
  const row = `md5((to_jsonb(r) - '{${without.join(',')}}'::text[])::text)`
  const digest =
    without.length > 0 ? `md5(string_agg(${row}, '' order by ${row}))` : `count(*) || '/' || max(xmin::text::bigint)`
  return `select '${table}' as name, ${digest} as digest from ${table} r`
}

/** The tables that differ. */
export function changedTables(before: Digests, after: Digests): string[] {
  return [...after].filter(([name, digest]) => before.get(name) !== digest).map(([name]) => name)
}
