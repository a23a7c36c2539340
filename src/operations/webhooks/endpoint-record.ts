/** What the attempts of a batch say of each endpoint. */

import type { AttemptRecord, EndpointRecord } from '../../db/statements/deliveries.ts'
import { isUnreached } from './lanes.ts'

export function endpointRecords(made: readonly AttemptRecord[]): EndpointRecord[] {
  return [...Map.groupBy(made, ({ endpointId }) => endpointId)].map(([endpointId, attempts]) => {
    const accepted = attempts.filter(({ outcome }) => outcome === 'accepted').length
    return {
      endpointId,
      accepted,
      failed: attempts.length - accepted,
      unreached: attempts.filter(isUnreached).length,
      isGone: attempts.some(({ responseStatus }) => responseStatus === 410),
    }
  })
}
