/**
 * Fills a database with as many rows as a large installation has, of one merchant with a tenth of them and a thousand others.
 * Nearly all rows are alike in the usual shares; one row of each table has values that no other has, for those are what a
 * list that walks through its rows would have to walk the longest for.
 */
import pg from 'pg'
import { firstIdAt, type IdPrefix } from '../../src/domain/ids.ts'

/** Rows are from the beginning to the end of a year. */
export const YEAR = { fromMs: Date.parse('2026-01-01T00:00:00Z'), ms: 365 * 86_400_000 }

/** Of the merchant that is looked at. Every list's rows are its own in one of ten. */
export const BIG = {
  merchantId: idOf('mer', 0),
  connectionId: idOf('con', 0),
  endpointId: idOf('whe', 0),
  runId: idOf('rec', 0),
  apiKeyId: idOf('key', 0),
  /** The one payment that has refunds by the dozen, and the values that no other row has. */
  transactionId: idAt('txn', 0.5),
  eventId: idAt('evt', 0.5),
}

/** An id that is no row's of the thousands: its time is 0. */
export function idOf(prefix: IdPrefix, number: number): string {
  return `${prefix}_${String(number).padStart(26, '0')}`
}

/** An id of that part of the year, which no row of the thousands has. */
export function idAt(prefix: IdPrefix, partOfYear: number): string {
  return firstIdAt(prefix, YEAR.fromMs + YEAR.ms * partOfYear) + 'z'.repeat(16)
}

interface Filling {
  table: string
  /** Of the larger database. The smaller one has 10,000 of each. */
  rows: number
  /** Column → SQL over `n`, which counts from 1; `i`, which counts the big merchant's; `rare`; `at`, `ulid`, `mer`. */
  columns: Record<string, string>
}

const pick = (digit: string, ...shares: [times: number, value: string][]): string =>
  `(array[${shares.flatMap(([times, value]) => Array<string>(times).fill(`'${value}'`)).join(',')}])[${digit} % 10 + 1]`
const rareOr = (value: string, usual: string): string => `case when rare then '${value}' else ${usual} end`
/** So many rows of the big merchant, whatever it has in all. */
const someOf = (count: number): string => `(is_big and i % (total / 10 / ${count}) = 0)`

const of = { merchant_id: 'mer', mode: `'live'` }
const MONEY = { amount: '1000 + n % 1000', currency: `'NGN'` }

/** The lists that grow with the payments, and what their pages look at besides. */
const FILLINGS: readonly Filling[] = [
  {
    table: 'transactions',
    rows: 10_000_000,
    columns: {
      id: `case when rare then '${BIG.transactionId}' else 'txn_' || ulid end`,
      ...of,
      reference: `'order-' || n`,
      amount: '1000 + n % 1000',
      currency: rareOr('XOF', pick('(i / 10)', [7, 'NGN'], [2, 'KES'], [1, 'USD'])),
      status: rareOr('requires_review', pick('i', [8, 'succeeded'], [1, 'failed'], [1, 'expired'])),
      provider: rareOr('chapa', pick('(i / 100)', [7, 'paystack'], [2, 'flutterwave'], [1, 'stripe'])),
      customer_email: `case when rare then 'once@customer.test' when ${someOf(200)} then 'often@customer.test'
                            else 'c' || n % 100000 || '@customer.test' end`,
      expires_at: `at + interval '1 day'`,
      succeeded_at: 'at',
      created_at: 'at',
      updated_at: 'at',
    },
  },
  {
    table: 'events',
    rows: 5_000_000,
    columns: {
      id: `case when rare then '${BIG.eventId}' else 'evt_' || ulid end`,
      ...of,
      number: 'case when is_big then i else n end',
      type: rareOr(
        'refund.created',
        pick('i', [5, 'payment.created'], [4, 'payment.succeeded'], [1, 'payment.failed']),
      ),
      transaction_id: `'txn_' || ulid`,
      version: '1',
      object: `'{}'::jsonb`,
      created_at: 'at',
    },
  },
  {
    table: 'attempts',
    rows: 1_000_000,
    columns: {
      id: `'att_' || ulid`,
      ...of,
      transaction_id: `'txn_' || ulid`,
      number: '1',
      connection_id: `'${BIG.connectionId}'`,
      provider: `'paystack'`,
      reference: `'pb-' || lpad(n::text, 26, '0')`,
      ...MONEY,
      status: `'succeeded'`,
      chosen_because: `'first_active_connection'`,
      created_at: 'at',
      updated_at: 'at',
    },
  },
  {
    table: 'refunds',
    rows: 1_000_000,
    columns: {
      id: `'ref_' || ulid`,
      ...of,
      transaction_id: `case when ${someOf(60)} then '${BIG.transactionId}' else 'txn_' || ulid end`,
      attempt_id: `'att_' || ulid`,
      connection_id: `'${BIG.connectionId}'`,
      provider: `'paystack'`,
      ...MONEY,
      status: rareOr('pending', pick('i', [8, 'succeeded'], [1, 'failed'], [1, 'requires_action'])),
      provider_refund_id: `'re-' || n`,
      created_at: 'at',
      updated_at: 'at',
    },
  },
  {
    table: 'deliveries',
    rows: 1_000_000,
    columns: {
      id: `'del_' || ulid`,
      ...of,
      endpoint_id: `case when is_big then 'whe_' || lpad((case when i % 10 < 6 then 0 else i % 10 end)::text, 26, '0')
                         else 'whe_' || lpad((1000 + n % 1000)::text, 26, '0') end`,
      event_id: `case when rare then '${BIG.eventId}' else 'evt_' || ulid end`,
      event_type: rareOr(
        'refund.created',
        pick('(i / 100)', [5, 'payment.created'], [4, 'payment.succeeded'], [1, 'payment.failed']),
      ),
      transaction_id: `'txn_' || ulid`,
      status: rareOr('pending', pick('(i / 10)', [8, 'succeeded'], [1, 'exhausted'], [1, 'dropped'])),
      attempts: '1',
      next_attempt_at: `case when rare then at end`,
      created_at: 'at',
      finished_at: 'at',
    },
  },
  {
    table: 'delivery_attempts',
    rows: 1_000_000,
    columns: {
      delivery_id: `'del_' || ulid`,
      ...of,
      number: '1',
      attempted_at: 'at',
      duration_ms: '20',
      outcome: `'accepted'`,
      response_status: '200',
    },
  },
  {
    table: 'audit_entries',
    rows: 1_000_000,
    columns: {
      id: `'aud_' || ulid`,
      merchant_id: 'mer',
      mode: `case when (i / 10) % 10 < 9 then 'live' end`,
      actor_type: `'api_key'`,
      actor_id: rareOr('usr_once', pick('(i / 100)', [7, 'key_often'], [2, 'key_other'], [1, 'usr_one'])),
      action: rareOr(
        'merchant.updated',
        pick('i', [7, 'transaction.initiated'], [2, 'transaction.cancelled'], [1, 'refund.created']),
      ),
      object_type: `'transaction'`,
      object_id: `case when rare then 'once' when ${someOf(50)} then 'often' else 'txn_' || ulid end`,
      created_at: 'at',
    },
  },
  {
    table: 'reconciliation_runs',
    rows: 200_000,
    columns: {
      id: `case when n = 10 then '${BIG.runId}' else 'rec_' || ulid end`,
      ...of,
      connection_id: `case when rare then 'con_' || lpad('1', 26, '0') when i % 10 < 6 then '${BIG.connectionId}'
                           else 'con_' || lpad((1000 + n % 1000)::text, 26, '0') end`,
      provider: `'paystack'`,
      status: `'completed'`,
      range_from: `at - interval '6 hours'`,
      range_to: 'at',
      started_at: 'at',
      finished_at: 'at',
    },
  },
  {
    table: 'drifts',
    rows: 200_000,
    columns: {
      id: `'dri_' || ulid`,
      ...of,
      run_id: `case when is_big and i % 10 < 6 then '${BIG.runId}' else 'rec_' || ulid end`,
      connection_id: `'${BIG.connectionId}'`,
      cause: rareOr(
        'refunded_there',
        pick('(i / 10)', [7, 'unknown_reference'], [2, 'amount_differs'], [1, 'currency_differs']),
      ),
      subject: `'subject-' || n`,
      ours: `'{}'::jsonb`,
      theirs: `'{}'::jsonb`,
      status: pick('(i / 100)', [7, 'corrected'], [3, 'open']),
      found_at: 'at',
    },
  },
]

/** What no other row has, of rows that there are few of: the merchants, and what the big one has by hand. */
const SETTING = `
  insert into merchants (id, company_name, country)
  select 'mer_' || lpad(n::text, 26, '0'), 'Bench', 'NG' from generate_series(0, 1000) n;
  insert into connections (id, merchant_id, mode, provider, name, credentials_mask, sealed_credentials)
  select 'con_' || lpad(n::text, 26, '0'), '${BIG.merchantId}', 'live', 'paystack', 'Paystack', 'sk_…', 'v1.bench'
  from generate_series(0, 99) n;
  insert into webhook_endpoints (id, merchant_id, mode, url, event_types, sealed_secret)
  select 'whe_' || lpad(n::text, 26, '0'), '${BIG.merchantId}', 'live', 'https://shop.test/', '{*}', 'v1.bench'
  from generate_series(0, 9) n;
  insert into api_keys (id, merchant_id, mode, name, hash, mask, scopes)
  select 'key_' || lpad(n::text, 26, '0'), '${BIG.merchantId}', 'live', 'Bench', lpad(n::text, 64, '0'), 'pb_…',
         app.scopes_of('owner')
  from generate_series(0, 99) n;
  update api_keys set hash = $key$%HASH%$key$ where id = '${BIG.apiKeyId}'`

/**
 * @param url of the superuser, for an empty migrated database that is thrown away: its constraints go
 * @param share of the rows of the larger database; undefined for 10,000 of each
 * @param keyHash of the API key by which the big merchant is let in
 */
export async function fill(url: string, share: number | undefined, keyHash: string, tell: (line: string) => void) {
  await using parts = new AsyncDisposableStack()
  const connected = async () => {
    const client = parts.adopt(new pg.Client({ connectionString: url }), (opened) => opened.end())
    await client.connect()
    await client.query(`set session_replication_role = replica; set maintenance_work_mem = '1GB';
                        set max_parallel_maintenance_workers = 2`)
    return client
  }
  const client = await connected()
  await client.query(await withoutConstraints(client))
  await client.query(SETTING.replace('%HASH%', keyHash))
  // Two at a time: one of them is the largest for nearly as long as all the others take.
  const waiting = [...FILLINGS]
  const work = async (worker: pg.Client) => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await fillTable(worker, next, share === undefined ? 10_000 : rowsOfLarge(next.table, share), tell)
    }
  }
  await Promise.all([work(client), work(await connected())])
  // Once nothing is under way any more that could still see a page as it was: only then are pages known to be visible to all.
  await client.query('vacuum analyze')
}

/** How many rows the larger database has of a table; a tenth of them are the big merchant's. */
export function rowsOfLarge(table: string, share: number): number {
  const { rows = 0 } = FILLINGS.find((filling) => filling.table === table) ?? {}
  return Math.max(10_000, Math.round((rows * share) / 10_000) * 10_000)
}

/** Checks and references would be looked at for every row, and change nothing in how rows are found. */
async function withoutConstraints(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ drop: string }>(
    `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop from pg_constraint
     where contype in ('f', 'c') and connamespace = 'public'::regnamespace`,
  )
  return rows.map(({ drop }) => drop).join(';')
}

async function fillTable(client: pg.Client, { table, columns }: Filling, rows: number, tell: (line: string) => void) {
  const began = performance.now()
  const indexes = await client.query<{ make: string; drop: string }>(
    `select pg_get_indexdef(i.indexrelid) as make,
            case when c.conname is null then format('drop index %s', i.indexrelid::regclass)
                 else format('alter table %s drop constraint %I', i.indrelid::regclass, c.conname) end as drop
     from pg_index i left join pg_constraint c on c.conindid = i.indexrelid and c.contype in ('p', 'u')
     where i.indrelid = $1::regclass`,
    [table],
  )
  for (const { drop } of indexes.rows) await client.query(drop)
  const timeDigits = Array.from(
    { length: 10 },
    (_, digit) => `substr('0123456789abcdefghjkmnpqrstvwxyz', (ms >> ${45 - 5 * digit} & 31)::integer + 1, 1)`,
  )
  // Each level is worked out once for a row: without the offsets Postgres would put it wherever it is named.
  const source = `
    select n, n / 10 as i, ${rows}::bigint as total, n % 10 = 0 as is_big, n = ${rows / 2} as rare,
           to_timestamp(ms / 1000.0) as at, ${timeDigits.join(' || ')} || lpad(to_hex(n), 16, '0') as ulid,
           'mer_' || lpad((case when n % 10 = 0 then 0 else 1 + n * 7919 % 1000 end)::text, 26, '0') as mer
    from (select n, ${YEAR.fromMs} + (n * ${YEAR.ms / 1000} / ${rows}) * 1000 + n % 1000 as ms
          from generate_series(1::bigint, ${rows}) n offset 0) timed offset 0`
  // A table that was emptied in the same transaction is written without a log.
  await client.query(`
    begin; truncate ${table};
    insert into ${table} (${Object.keys(columns).join(', ')})
    select ${Object.values(columns).join(', ')} from (${source}) source;
    commit`)
  // Two that only references need are as wide as two lists' together, and are left out.
  const lists = indexes.rows.filter(({ make }) => !/\(merchant_id, mode, id, (amount, )?currency\)/.test(make))
  for (const { make } of lists) await client.query(make)
  tell(`${table}: ${rows.toLocaleString('en')} rows in ${((performance.now() - began) / 1000).toFixed(0)} s`)
}
