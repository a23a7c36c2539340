/** Delivers what the queue missed and what is due for another try, batch after batch. */

import { LIMITS } from '../../domain/limits.ts'
import type { Deps } from '../deps.ts'
import { deliverDue } from '../webhooks/deliver.ts'

/** Goes on while something is due, up to a bound: what is left is the next minute's. */
export async function sweepDeliveries(deps: Deps): Promise<void> {
  for (let batch = 0; batch < LIMITS.deliveryBatchesPerSweep; batch++) {
    const { leased } = await deliverDue(deps)
    if (leased === 0) return
  }
}
