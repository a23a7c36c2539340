/** Events as their merchant reads them: what happened, in the order of its numbers, from wherever the reader stopped. */

import { type Caller, enter } from '../../db/gate.ts'
import { type EventRange, findEvent, findLastEvent, listEvents } from '../../db/statements/events.ts'
import type { JsonObject } from '../../domain/json.ts'
import { done, type Outcome, refused } from '../../domain/problem.ts'
import type { Deps } from '../deps.ts'

export interface EventsAfter {
  data: JsonObject[]
  /** What to ask after next. */
  nextAfter: number
}

/**
 * One round trip. Where there is nothing yet, it waits for news and looks once more: two at most.
 * @param waitSeconds 0 for an answer at once
 */
export async function readEvents(
  deps: Deps,
  caller: Caller,
  range: EventRange,
  waitSeconds: number,
): Promise<Outcome<EventsAfter>> {
  const { db } = deps.api
  const gate = enter(db, deps.clock.now(), caller, { scope: 'events:read' })
  const batch = await deps.api.run(gate, [findLastEvent(db), listEvents(db, range)])
  if (!batch.ok) return batch
  const [[last], rows] = batch.rows
  if (last === undefined) throw new Error('a count has a row')
  if (rows.length === 0 && waitSeconds > 0) {
    const seen = Math.max(last.number, range.after)
    await deps.waitForEvents(last.merchantId, caller.credential.mode, seen, waitSeconds * 1000)
    return readEvents(deps, caller, range, 0)
  }
  const shown = Number(rows.at(-1)?.number ?? 0)
  // A page that is not full has been through everything there was, whatever its type.
  const nextAfter = rows.length < range.limit ? Math.max(range.after, last.number, shown) : shown
  return done({ data: rows.map((row) => row.object), nextAfter })
}

export async function getEvent(deps: Deps, caller: Caller, id: string): Promise<Outcome<JsonObject>> {
  const { db } = deps.api
  const batch = await deps.api.run(enter(db, deps.clock.now(), caller, { scope: 'events:read' }), [findEvent(db, id)])
  if (!batch.ok) return batch
  const [[row]] = batch.rows
  return row === undefined ? refused('event_not_found') : done(row.object)
}
