/** Hurries along what a commit left to do. The sweep would find it too, a minute later. */

import type { Deps } from './deps.ts'

export async function nudgeDeliveries(deps: Deps, deliveryIds: string[]): Promise<void> {
  if (deliveryIds.length > 0) await deps.nudge([{ kind: 'deliver', deliveryIds, delaySeconds: 0 }])
}

/** Deliveries that are due some seconds from now: a message for each moment. */
export async function nudgeLater(deps: Deps, due: readonly { id: string; waitSeconds: number }[]): Promise<void> {
  const moments = Map.groupBy(due, ({ waitSeconds }) => waitSeconds)
  if (moments.size === 0) return
  await deps.nudge(
    [...moments].map(([delaySeconds, rows]) => ({
      kind: 'deliver',
      deliveryIds: rows.map(({ id }) => id),
      delaySeconds,
    })),
  )
}
