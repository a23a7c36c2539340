/**
 * Payments in bulk: one is made through the API, and its rows are copied. A copy's ids are the original's, but for their
 * ends, which are the item's six digits.
 */
import type { Client } from 'pg'

/** What an operation begins with: a payment with an open page, one that was paid, and so on. */
export const STORY_NAMES = ['open', 'paid', 'reported', 'remembered', 'due'] as const

export type StoryName = (typeof STORY_NAMES)[number]

/** The beginnings of its ids by their prefix, such as `txn_` or `pb-`. */
export type Story = ReadonlyMap<string, readonly string[]>

const ITEM_DIGITS = 6

/** Stands for the item in an original. Its end is not its beginning: nothing that stands before it makes another of it. */
export const ITEM = '987654'

/** What belongs to a transaction, and is copied with it. */
const ROWS = [
  ['transactions', 'id = $1'],
  ['attempts', 'transaction_id = $1'],
  ['events', 'transaction_id = $1'],
  ['deliveries', 'transaction_id = $1'],
  ['idempotency_claims', 'resource_id = $1'],
  ['provider_events', 'reference in (select reference from attempts where transaction_id = $1)'],
] as const

const OWN_ID = /\b(txn_|att_|evt_|del_|pev_|req_|pb-)([0-7][0-9a-hjkmnp-tv-z]{25})\b/g

/** @param from the number of the first item; there are `count`, and those of `others` */
export async function copyStory(
  owner: Client,
  transactionId: string,
  { from, count, others }: { from: number; count: number; others: readonly string[] },
): Promise<Story> {
  const originals: { table: string; text: string }[] = []
  for (const [table, condition] of ROWS) {
    const { rows } = await owner.query<{ text: string }>(
      `select to_jsonb(r)::text as text from ${table} r where ${condition}`,
      [transactionId],
    )
    for (const { text } of rows) originals.push({ table, text })
  }
  const story = new Map<string, string[]>()
  // No trigger and no foreign key looks at copies: they are as good as their original.
  await owner.query('begin')
  await owner.query('set local session_replication_role = replica')
  for (const { table, text } of originals) {
    const template = text.replaceAll(OWN_ID, (_, prefix: string, ulid: string) => {
      const start = ulid.slice(0, -ITEM_DIGITS)
      const known = story.get(prefix) ?? []
      story.set(prefix, known.includes(start) ? known : [...known, start])
      return `${prefix}${start}${ITEM}`
    })
    await insertCopies(owner, table, template, from, count, others)
  }
  await owner.query('commit')
  return story
}

/** Events are numbered: a copy's number is its original's and some more for each item. */
async function insertCopies(
  owner: Client,
  table: string,
  template: string,
  from: number,
  count: number,
  others: readonly string[],
): Promise<void> {
  const number =
    table === 'events' ? `|| jsonb_build_object('number', (r.row ->> 'number')::bigint + 10 * n.item::bigint)` : ''
  await owner.query(
    `insert into ${table}
     select made.*
     from (select lpad(i::text, ${ITEM_DIGITS}, '0') as item from generate_series($2::integer, $2::integer + $3::integer - 1) i
           union select unnest($4::text[])) n
     cross join lateral (select replace($1, '${ITEM}', n.item)::jsonb as row) r
     cross join lateral jsonb_populate_record(null::${table}, r.row ${number}) made`,
    [template, from, count, others],
  )
}

/** Beyond the number of every copied event. */
export const LAST_EVENT_NUMBER = 100 * 10 ** ITEM_DIGITS
