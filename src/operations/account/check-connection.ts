/** Asks a provider whether it takes a connection's credentials, and notes what it said. */

import { enter } from '../../db/gate.ts'
import { answerClaim, claimKey, isFirst, readClaim } from '../../db/statements/claims.ts'
import {
  connectionWithCheck,
  findSealed,
  recordCheck,
  refuseWithoutConnection,
} from '../../db/statements/connections.ts'
import type { Id } from '../../domain/ids.ts'
import type { Outcome } from '../../domain/problem.ts'
import type { CredentialCheck } from '../../providers/contract.ts'
import { converse } from '../../providers/exchange.ts'
import { isProviderName, PROVIDERS } from '../../providers/registry.ts'
import { type Answer, holdsClaim, makeClaim, type Requester, readAnswer } from '../claimed.ts'
import type { Deps } from '../deps.ts'
import { openCredentials, type SealedConnection } from './credentials.ts'

const PERMIT = { scope: 'connections:write', action: 'connection.checked' } as const

/**
 * Two round trips, and the provider's call between them. Whatever the provider says is an answer; no answer is too.
 * Refuses `connection_not_found`.
 */
export async function checkConnection(deps: Deps, requester: Requester, id: Id<'con'>): Promise<Outcome<Answer>> {
  const { db } = deps.api
  const now = deps.clock.now()
  const claim = await makeClaim(deps, requester, id)
  const asked = await deps.api.run(enter(db, now, requester, PERMIT), [
    claimKey(db, now, claim),
    refuseWithoutConnection(db, id),
    readClaim(db, claim.key),
    findSealed(db, id),
  ])
  if (!asked.ok) return asked
  const [, , claims, [connection]] = asked.rows
  if (!holdsClaim(claim, claims)) return readAnswer(deps, claim, claims)
  if (connection === undefined) throw new Error(`connection ${id} is gone`)

  const check = await askProvider(deps, connection)
  const told = await deps.api.runFor(
    enter(db, deps.clock.now(), requester, PERMIT),
    [
      recordCheck(db, isFirst(claim), id, connection.sealedCredentials, check.kind),
      answerClaim(db, claim, 200, connectionWithCheck(id, check.kind, messageOf(check))),
    ],
    readClaim(db, claim.key),
  )
  return told.ok ? readAnswer(deps, claim, told.rows) : told
}

async function askProvider(deps: Deps, connection: SealedConnection & { provider: string }): Promise<CredentialCheck> {
  if (!isProviderName(connection.provider)) throw new Error(`connection ${connection.id} is of no known provider`)
  const provider = PROVIDERS[connection.provider]
  const [credentials] = await openCredentials(deps, connection)
  return converse(deps.exchange, provider, provider.checkCredentials(credentials))
}

/** In the provider's words, where it has any. */
function messageOf(check: CredentialCheck): string | null {
  switch (check.kind) {
    case 'valid':
      return null
    case 'invalid':
      return check.message
    case 'unknown':
      return `No clear answer: ${check.cause}`
  }
}
