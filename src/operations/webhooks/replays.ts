/** Has events delivered again: what an endpoint missed, what failed, or one event. One round trip each. */

import { type SQL, sql } from 'drizzle-orm'
import { refuseUnknownDelivery, refuseUnknownEvent } from '../../db/statements/deliveries.ts'
import { type Replay, replayObject, scheduleReplay } from '../../db/statements/replays.ts'
import { refuseDisabledEndpoint, refuseWithoutEndpoint } from '../../db/statements/webhook-endpoints.ts'
import { firstIdAt, newId } from '../../domain/ids.ts'
import type { Outcome } from '../../domain/problem.ts'
import { type Answer, type Change, type Requester, runClaimed } from '../claimed.ts'
import type { Deps } from '../deps.ts'

/** From where an endpoint is to be told again. At least one of them. */
export interface ReplayRange {
  /** Events after this number. */
  after: number | undefined
  since: Date | undefined
  until: Date | undefined
}

const SUCCEEDED = sql`d.status = 'succeeded'`

/**
 * Everything that the endpoint wants and has not taken: events from before it was there, too.
 * Refuses `webhook_endpoint_not_found` and `webhook_endpoint_disabled`.
 */
export function replayMissed(
  deps: Deps,
  requester: Requester,
  endpointId: string,
  range: ReplayRange,
  perMinute: number,
): Promise<Outcome<Answer>> {
  return schedule(deps, requester, { kind: 'replay', endpointId, events: within(range), done: SUCCEEDED, perMinute })
}

/** What was tried to its end, or dropped, since then. Refuses as `replayMissed` does. */
export function recoverFailed(
  deps: Deps,
  requester: Requester,
  endpointId: string,
  since: Date,
  perMinute: number,
): Promise<Outcome<Answer>> {
  const events = sql`exists (select from deliveries f where f.event_id = e.id and f.endpoint_id = ${endpointId}
                             and f.status in ('exhausted', 'dropped') and f.id >= ${firstIdAt('del', since.getTime())})`
  return schedule(deps, requester, { kind: 'recover', endpointId, events, done: SUCCEEDED, perMinute })
}

/** One event, whatever became of it, to one endpoint or to all that want it. Refuses `event_not_found` and the above. */
export function resendEvent(
  deps: Deps,
  requester: Requester,
  eventId: string,
  endpointId: string | undefined,
): Promise<Outcome<Answer>> {
  const events = sql`e.id = ${eventId}`
  const replay = { kind: 'resend', endpointId, events, done: sql`false`, perMinute: AT_ONCE } as const
  return schedule(deps, requester, replay, (db) => [refuseUnknownEvent(db, eventId)])
}

/** One delivery, once more. Refuses `delivery_not_found`. */
export function resendDelivery(deps: Deps, requester: Requester, deliveryId: string): Promise<Outcome<Answer>> {
  const events = sql`exists (select from deliveries r where r.id = ${deliveryId} and r.event_id = e.id and r.endpoint_id = w.id)`
  const replay = { kind: 'resend', endpointId: undefined, events, done: sql`false`, perMinute: AT_ONCE } as const
  return schedule(deps, requester, replay, (db) => [refuseUnknownDelivery(db, deliveryId)])
}

/** As many a minute as there are. */
const AT_ONCE = 1_000_000

function within({ after, since, until }: ReplayRange): SQL {
  const bounds = [
    after === undefined ? undefined : sql`e.number > ${after}`,
    since === undefined ? undefined : sql`e.created_at >= ${since.toISOString()}`,
    until === undefined ? undefined : sql`e.created_at < ${until.toISOString()}`,
  ].filter((bound) => bound !== undefined)
  return bounds.length === 0 ? sql`true` : sql.join(bounds, sql` and `)
}

async function schedule(
  deps: Deps,
  requester: Requester,
  replay: Omit<Replay, 'id'>,
  refusals: (db: Deps['api']['db']) => ReturnType<Change['statements']> = () => [],
): Promise<Outcome<Answer>> {
  const id = newId('rpl', deps.clock.now().getTime(), deps.random)
  const { endpointId } = replay
  const scheduled = await runClaimed(deps, requester, {
    permit: { scope: 'webhooks:write', action: 'webhook_replay.scheduled' },
    resourceId: id,
    status: 202,
    statements: (db, first) => [
      ...refusals(db),
      ...(endpointId === undefined
        ? []
        : [refuseWithoutEndpoint(db, endpointId), refuseDisabledEndpoint(db, endpointId)]),
      scheduleReplay(db, first, { ...replay, id }),
    ],
    answer: replayObject(id),
  })
  if (scheduled.ok) await deps.nudge([{ kind: 'deliver', deliveryIds: [], delaySeconds: 0 }])
  return scheduled
}
