/** What streams read, each time as the one who opened them: who may not any more is refused, and reads nothing. */

import { type Credential, enter } from '../../db/gate.ts'
import { type Question, readEventsAfter, type Watch, watchPayments } from '../../db/statements/streams.ts'
import { LIMITS } from '../../domain/limits.ts'
import { done, isProblemCode, type Outcome, type ProblemCode } from '../../domain/problem.ts'
import type { Deps } from '../deps.ts'
import type { Page, Told } from './reader.ts'
import type { Subscriber } from './subscriber.ts'

/** What reading takes. */
export type ReadDeps = Pick<Deps, 'api' | 'clock'>

/** A page for each question, in their order. One round trip, which checks the credential even where nothing is asked. */
export async function readPages(
  deps: ReadDeps,
  subscriber: Subscriber,
  credential: Credential,
  questions: readonly Question[],
): Promise<Outcome<Page[]>> {
  const { db } = deps.api
  const { ipAddress, requestId } = subscriber
  const caller = { credential, ipAddress, userAgent: undefined, requestId }
  const gate = enter(db, deps.clock.now(), caller, { scope: 'events:read' })
  const batch = await deps.api.run(gate, [readEventsAfter(db, questions)])
  if (!batch.ok) return batch
  const [rows] = batch.rows
  const found = Map.groupBy(rows, ({ place }) => place)
  const last = rows[0]?.last ?? 0
  return done(questions.map(({ after }, place) => pageOf(found.get(place) ?? [], Math.max(after, last))))
}

/** What became of a payment, or why its public stream is over. */
export type Watched = { kind: 'page'; page: Page } | { kind: 'refused'; code: ProblemCode }

/** For each ticket, by its hash. One round trip. */
export async function readWatched(deps: ReadDeps, watches: readonly Watch[]): Promise<Outcome<Map<string, Watched>>> {
  const { db } = deps.api
  const batch = await deps.api.run(undefined, [watchPayments(db, deps.clock.now(), watches)])
  if (!batch.ok) return batch
  const found = Map.groupBy(batch.rows[0], ({ ticket }) => ticket)
  return done(new Map(watches.map((watch) => [watch.ticket, watchedOf(watch, found.get(watch.ticket) ?? [])])))
}

function watchedOf({ after }: Watch, rows: Awaited<ReturnType<typeof watchPayments>>): Watched {
  const refusal = rows[0]?.refusal ?? undefined
  if (refusal === undefined) return { kind: 'page', page: pageOf(rows, after) }
  return { kind: 'refused', code: isProblemCode(refusal) ? refusal : 'internal_error' }
}

const utf8 = new TextEncoder()

/** @param upTo the number up to which everything is in the page, if the page is not full */
function pageOf(rows: readonly { number: number; object: string }[], upTo: number): Page {
  const events = rows.map(
    ({ number, object }): Told => ({ number, text: object, bytes: utf8.encode(object).byteLength }),
  )
  const isLast = events.length < LIMITS.streamPageEvents
  const shown = events.at(-1)?.number ?? 0
  return { events, upTo: isLast ? Math.max(shown, upTo) : shown, isLast }
}
