/** Hurries along what a commit left to do. The sweep would find it too, a minute later. */

import type { Deps } from './deps.ts'

export async function nudgeDeliveries(deps: Deps, deliveryIds: string[]): Promise<void> {
  if (deliveryIds.length > 0) await deps.nudge([{ kind: 'deliver', deliveryIds }])
}
