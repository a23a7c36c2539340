/** A page of a list, as operations give it: the objects and where the next page begins. */

import type { Page } from '../db/statements/page.ts'
import type { JsonObject } from '../domain/json.ts'

export interface List {
  data: JsonObject[]
  /** The id after which the next page begins; null on the last page. */
  nextCursor: string | null
}

/** Cuts the extra row that tells whether there is another page. */
export function toList(rows: readonly { id: string; object: JsonObject }[], page: Page): List {
  const shown = rows.slice(0, page.limit)
  return {
    data: shown.map((row) => row.object),
    nextCursor: rows.length > page.limit ? (shown.at(-1)?.id ?? null) : null,
  }
}
