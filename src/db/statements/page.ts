/** Keyset paging: newest first, by id, which sorts by time. */

import { lt, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { JsonObject } from '../../domain/json.ts'

export interface Page {
  limit: number
  /** The id of the last row of the page before; undefined for the first page. */
  after: string | undefined
}

/** The rows after the page's cursor. */
export function afterCursor(id: PgColumn, page: Page): SQL | undefined {
  return page.after === undefined ? undefined : lt(id, page.after)
}

/** One row more than asked for tells whether there is another page. */
export function rowsFor(page: Page): number {
  return page.limit + 1
}

/** An SQL expression that yields an object made by the database's own presenters (app.…_object). */
export function jsonObject(expression: SQL): SQL<JsonObject> {
  return sql<JsonObject>`${expression}`
}
