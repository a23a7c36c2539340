/** What an endpoint keeps to itself, at rest: its signing secret and the values of the merchant's own headers, sealed. */

import * as z from 'zod'
import { open, seal } from '../../crypto/seal.ts'
import type { Deps } from '../deps.ts'

type Sealing = Pick<Deps, 'sealing' | 'random'>

export function sealEndpointSecret(deps: Sealing, endpointId: string, secret: string): Promise<string> {
  return seal(deps.sealing, secret, context(endpointId, 'secret'), deps.random)
}

/** Throws SealError where the key is missing or the value is another row's. */
export function openEndpointSecret(deps: Sealing, endpointId: string, sealed: string): Promise<string> {
  return open(deps.sealing, sealed, context(endpointId, 'secret'))
}

/** Null where there are none. */
export async function sealEndpointHeaders(
  deps: Sealing,
  endpointId: string,
  headers: Readonly<Record<string, string>>,
): Promise<string | null> {
  if (Object.keys(headers).length === 0) return null
  return seal(deps.sealing, JSON.stringify(headers), context(endpointId, 'headers'), deps.random)
}

/** Throws as `openEndpointSecret` does. */
export async function openEndpointHeaders(
  deps: Sealing,
  endpointId: string,
  sealed: string | null,
): Promise<Record<string, string>> {
  return sealed === null ? {} : SealedHeaders.parse(await open(deps.sealing, sealed, context(endpointId, 'headers')))
}

const SealedHeaders = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.record(z.string(), z.string()))

const context = (endpointId: string, what: 'secret' | 'headers'): string => `webhook_endpoints:${endpointId}:${what}`
