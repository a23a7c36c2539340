/** An endpoint's signing secret at rest: sealed, and bound to its endpoint. */

import { open, seal } from '../../crypto/seal.ts'
import type { Deps } from '../deps.ts'

type Sealing = Pick<Deps, 'sealing' | 'random'>

export function sealEndpointSecret(deps: Sealing, endpointId: string, secret: string): Promise<string> {
  return seal(deps.sealing, secret, context(endpointId), deps.random)
}

/** Throws SealError where the key is missing or the value is another row's. */
export function openEndpointSecret(deps: Sealing, endpointId: string, sealed: string): Promise<string> {
  return open(deps.sealing, sealed, context(endpointId))
}

const context = (endpointId: string): string => `webhook_endpoints:${endpointId}:secret`
