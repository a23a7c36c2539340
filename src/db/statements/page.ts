/**
 * Keyset paging: newest first, by id, which sorts by time. A page costs the same wherever it is, however many rows there
 * are and however few pass its filters: it is read from an index in which what passes lies together.
 */

import { and, desc, gte, inArray, lt, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { firstIdAt, type IdPrefix } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import { textArray } from './insert-where.ts'

export interface Page {
  limit: number
  /** The id of the last row of the page before; undefined for the first page. */
  after: string | undefined
}

/** The rows after the page's cursor. */
export function afterCursor(id: PgColumn, page: Page): SQL | undefined {
  return page.after === undefined ? undefined : lt(id, page.after)
}

/** The rows made from one time on and before another. An id carries the millisecond of its row's `created_at`. */
export function madeWithin(id: PgColumn, prefix: IdPrefix, from: Date | undefined, before: Date | undefined) {
  return and(
    from === undefined ? undefined : gte(id, firstIdAt(prefix, from.getTime())),
    before === undefined ? undefined : lt(id, firstIdAt(prefix, before.getTime())),
  )
}

/**
 * What else is asked of rows that are found by something that few have. It is no column that an index could answer: Postgres,
 * which takes one guess of a single row for as good as another, might read by this what many have.
 */
export function asIs(column: PgColumn, value: string | undefined): SQL | undefined {
  return value === undefined ? undefined : sql`${column} || '' = ${value}`
}

/** One row more than asked for tells whether there is another page. */
export function rowsFor(page: Page): number {
  return page.limit + 1
}

/**
 * The rows of a page, out of the newest rows of each branch of an index. The branches are rows of a table that is made up
 * for it: so Postgres reads each branch by its index, also where it believes that what is asked for is common and would
 * rather walk through all that a merchant has.
 * @param branches a from-item: the values that the columns which come first in an index may have
 * @param within what holds in the index for the rows of one branch; named without its table, a column is the branch's
 */
export function newestOf(id: PgColumn, page: Page, branches: SQL, within: SQL | undefined): SQL {
  return inArray(id, newestIds(id, page, branches, within))
}

/** As `newestOf`, the ids alone: to be joined with those of other branches. @param order of the index, where not by id */
export function newestIds(id: PgColumn, page: Page, branches: SQL, within: SQL | undefined, order = desc(id)): SQL {
  const newest = sql`select ${id} as id from ${id.table} where ${and(within, afterCursor(id, page))}
                     order by ${order} limit ${rowsFor(page)}`
  return sql`(select found.id from ${branches} cross join lateral (${newest}) found
              order by found.id desc limit ${rowsFor(page)})`
}

/** Branches of a column, as a from-item: the one that is asked for, or all that there may be. */
export function oneOrAll(name: string, asked: string | undefined, all: readonly string[]): SQL {
  return sql`unnest(${textArray(asked === undefined ? all : [asked])}) as ${sql.identifier(name)}`
}

/** Two columns that follow each other in an index, and what is asked of them: of one at least. */
export interface Pair {
  columns: readonly [PgColumn, PgColumn]
  asked: readonly [string | undefined, string | undefined]
  /** What fixes the columns before them. */
  within?: SQL
  /** The column before them, where `within` does not fix it to a value. */
  after?: PgColumn
}

/** Branches of two columns, as a from-item of (first, second): what is asked for, with each value that there is of the other. */
export function pairsOf({ columns: [first, second], asked, within, after }: Pair): SQL {
  const [one, other] = asked.map((value) => (value === undefined ? undefined : sql`${value}::text`))
  if (one === undefined)
    return sql`(select v.value as first, ${other} as second from ${valuesOf(first, within, after)} v)`
  if (other !== undefined) return sql`(select ${one} as first, ${other} as second)`
  const ofFirst = and(within, sql`${first} = ${one}`)
  return sql`(select ${one} as first, v.value as second from ${valuesOf(second, ofFirst, after)} v)`
}

/** The values that a column has, as a from-item of (value): the index that it is next in is looked into once for each. */
function valuesOf(column: PgColumn, within: SQL | undefined, after: PgColumn | undefined): SQL {
  const next = (condition: SQL | undefined) => sql`
    select ${column} as value from ${column.table} where ${and(sql`true`, within, condition)}
    order by ${after === undefined ? sql`` : sql`${after}, `}${column} limit 1`
  return sql`(with recursive found as (
    (${next(undefined)}) union all
    select later.value from found cross join lateral (${next(sql`${column} > found.value`)}) later) select * from found)`
}

/** An SQL expression that yields an object made by the database's own presenters (app.…_object). */
export function jsonObject(expression: SQL): SQL<JsonObject> {
  return sql<JsonObject>`${expression}`
}
