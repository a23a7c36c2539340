/**
 * A connection's credentials at rest: sealed, and bound to their connection, so that a sealed value copied to another
 * row does not open. Current and previous share one context: a rotation moves the sealed text as it is.
 */

import * as z from 'zod'
import { open, seal } from '../../crypto/seal.ts'
import type { Credentials } from '../../providers/contract.ts'
import type { Deps } from '../deps.ts'

/** What a row of `connections` says about its credentials. */
export interface SealedConnection {
  id: string
  sealedCredentials: string
  sealedPrevious: string | null
  previousValidUntil: Date | null
}

/** The credentials as `connections.sealed_credentials` keeps them. */
export function sealCredentials(
  deps: Pick<Deps, 'sealing' | 'random'>,
  connectionId: string,
  credentials: Credentials,
): Promise<string> {
  return seal(deps.sealing, JSON.stringify(credentials), context(connectionId), deps.random)
}

/**
 * The credentials that are good at this moment: the current ones, then the previous ones while they are valid.
 * @throws SealError when a value is damaged, of another row, or sealed under a key that the ring lacks
 */
export async function openCredentials(
  deps: Pick<Deps, 'sealing' | 'clock'>,
  connection: SealedConnection,
): Promise<[Credentials, ...Credentials[]]> {
  const openOne = async (sealed: string): Promise<Credentials> =>
    SealedText.parse(await open(deps.sealing, sealed, context(connection.id)))
  const current = await openOne(connection.sealedCredentials)
  const { sealedPrevious, previousValidUntil } = connection
  if (sealedPrevious === null || previousValidUntil === null || previousValidUntil <= deps.clock.now()) return [current]
  return [current, await openOne(sealedPrevious)]
}

const SealedText = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.record(z.string(), z.string()))

const context = (connectionId: string): string => `connections:${connectionId}:credentials`
