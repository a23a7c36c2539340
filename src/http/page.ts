/** Lists on the wire: cursors in, pages out. */

import type { Page } from '../db/statements/page.ts'
import { type IdPrefix, isId } from '../domain/ids.ts'
import { done, type Outcome, refused } from '../domain/problem.ts'
import type { Answer } from '../operations/claimed.ts'
import type { List } from '../operations/list.ts'

/** The page that a query asks for. A cursor is the id of the last row seen: of another kind it is refused. */
export function readPage(prefix: IdPrefix, query: { limit: number; cursor?: string | undefined }): Outcome<Page> {
  const { limit, cursor } = query
  if (cursor !== undefined && !isId(prefix, cursor)) {
    return refused('cursor_malformed', { errors: [{ field: 'cursor', message: 'is not a next_cursor of this list' }] })
  }
  return done({ limit, after: cursor })
}

export function listAnswer(outcome: Outcome<List>): Outcome<Answer> {
  if (!outcome.ok) return outcome
  const { data, nextCursor } = outcome.value
  return done({ status: 200, body: { object: 'list', data, next_cursor: nextCursor }, replayed: false })
}
