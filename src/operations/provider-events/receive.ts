/**
 * Takes in what a provider posts: verified over its raw bytes, stored as it came, acknowledged; applied afterwards. One
 * round trip where the connection's secrets are warm, two where they are cold.
 */

import { enterWorker } from '../../db/gate.ts'
import {
  findConnection,
  findConnectionOfPayment,
  findProviderEvent,
  storeProviderEvent,
} from '../../db/statements/provider-events.ts'
import { newId } from '../../domain/ids.ts'
import { done, type Outcome, refused } from '../../domain/problem.ts'
import type { Credentials, Provider, WebhookCheck, WebhookClaim } from '../../providers/contract.ts'
import { openCredentials } from '../account/credentials.ts'
import type { Deps } from '../deps.ts'

export interface Posted {
  /** The connection that the URL names; undefined on the URL that all merchants of a provider share. */
  connectionId: string | undefined
  body: Uint8Array<ArrayBuffer>
  headers: Headers
}

/** The stored event, to be applied; undefined where it was applied before. */
export interface Received {
  providerEventId: string | undefined
}

/**
 * Refuses `signature_missing`, `signature_wrong`, `webhook_malformed`, and `webhook_unattributable` where no connection
 * can be told: without one there is no secret to verify with.
 */
export async function receive(deps: Deps, provider: Provider, posted: Posted): Promise<Outcome<Received>> {
  // Before it is verified the body only says where to look for the secret.
  const claim = await provider.readWebhook(posted.body)
  const verified = await verifyPosted(deps, provider, posted, claim)
  if (!verified.ok) return verified
  if (claim === undefined) return refused('webhook_malformed')
  return store(deps, verified.value, claim, posted.body)
}

/** The id of the connection whose secret signed the post. */
async function verifyPosted(
  deps: Deps,
  provider: Provider,
  posted: Posted,
  claim: WebhookClaim | undefined,
): Promise<Outcome<string>> {
  const key = `${provider.name}:${posted.connectionId ?? claim?.reference ?? claim?.providerTransactionId ?? ''}`
  const warm = deps.webhookSecrets.get(key)
  if (warm !== undefined) {
    const check = await verifyWith(deps, provider, posted, warm.credentials)
    if (check === 'valid') return done(warm.connectionId)
    if (check === 'missing') return refused('signature_missing')
    // The secret may have changed since it was kept: what is wrong with the warm one is tried with a fresh one.
  }
  const fresh = await loadSecrets(deps, provider, posted.connectionId, claim)
  if (!fresh.ok) return fresh
  deps.webhookSecrets.set(key, fresh.value)
  switch (await verifyWith(deps, provider, posted, fresh.value.credentials)) {
    case 'valid':
      return done(fresh.value.connectionId)
    case 'missing':
      return refused('signature_missing')
    case 'wrong':
      return refused('signature_wrong')
  }
}

async function verifyWith(
  deps: Deps,
  provider: Provider,
  posted: Posted,
  credentials: readonly Credentials[],
): Promise<WebhookCheck> {
  let check: WebhookCheck = 'wrong'
  for (const candidate of credentials) {
    check = await provider.verifyWebhook(posted.body, posted.headers, candidate, deps.clock.now())
    if (check !== 'wrong') return check
  }
  return check
}

async function loadSecrets(deps: Deps, provider: Provider, connectionId?: string, claim?: WebhookClaim) {
  const { db } = deps.worker
  const isNamed = claim?.reference !== undefined || claim?.providerTransactionId !== undefined
  if (connectionId === undefined && (claim === undefined || !isNamed)) return refused('webhook_unattributable')
  const batch = await deps.worker.run(enterWorker(db, deps.clock.now()), [
    connectionId === undefined
      ? findConnectionOfPayment(db, claim ?? NO_PAYMENT, provider.name)
      : findConnection(db, connectionId, provider.name),
  ])
  if (!batch.ok) return batch
  const [[connection]] = batch.rows
  if (connection === undefined) return refused('webhook_unattributable')
  return done({ connectionId: connection.id, credentials: await openCredentials(deps, connection) })
}

const NO_PAYMENT = { reference: undefined, providerTransactionId: undefined }

async function store(
  deps: Deps,
  connectionId: string,
  claim: WebhookClaim,
  rawBody: Uint8Array,
): Promise<Outcome<Received>> {
  const { db } = deps.worker
  const now = deps.clock.now()
  const id = newId('pev', now.getTime(), deps.random)
  const { dedupeKey } = claim
  const batch = await deps.worker.run(enterWorker(db, now), [
    storeProviderEvent(db, connectionId, { id, ...claim, rawBody }),
    findProviderEvent(db, connectionId, dedupeKey),
  ])
  if (!batch.ok) return batch
  const [, [event]] = batch.rows
  // The connection was removed between the two round trips: nobody to store it for.
  if (event === undefined) return refused('webhook_unattributable')
  return done({ providerEventId: event.status === 'received' ? event.id : undefined })
}
