/** Events as their merchant reads them: what happened, in the order of its numbers, from wherever the reader stopped. */

import { type Caller, enter } from '../../db/gate.ts'
import { type EventRange, findEvent, listEvents } from '../../db/statements/events.ts'
import type { JsonObject } from '../../domain/json.ts'
import { done, type Outcome, refused } from '../../domain/problem.ts'
import type { Deps } from '../deps.ts'

export interface EventsAfter {
  data: JsonObject[]
  /** What to ask after next: the number of the last event given, or what was asked where there is none yet. */
  nextAfter: number
}

export async function readEvents(deps: Deps, caller: Caller, range: EventRange): Promise<Outcome<EventsAfter>> {
  const { db } = deps.api
  const gate = enter(db, deps.clock.now(), caller, { scope: 'events:read' })
  const batch = await deps.api.run(gate, [listEvents(db, range)])
  if (!batch.ok) return batch
  const [rows] = batch.rows
  return done({ data: rows.map((row) => row.object), nextAfter: Number(rows.at(-1)?.number ?? range.after) })
}

export async function getEvent(deps: Deps, caller: Caller, id: string): Promise<Outcome<JsonObject>> {
  const { db } = deps.api
  const batch = await deps.api.run(enter(db, deps.clock.now(), caller, { scope: 'events:read' }), [findEvent(db, id)])
  if (!batch.ok) return batch
  const [[row]] = batch.rows
  return row === undefined ? refused('event_not_found') : done(row.object)
}
