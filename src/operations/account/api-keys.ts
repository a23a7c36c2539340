/** API keys: made, listed, revoked, rotated. The key itself leaves this service once, in the answer that makes it. */

import { newApiKey } from '../../crypto/api-key.ts'
import { type Caller, enter } from '../../db/gate.ts'
import {
  apiKeyObject,
  findApiKey,
  insertApiKey,
  listApiKeys,
  revokeApiKey,
  rotateApiKey,
} from '../../db/statements/api-keys.ts'
import type { Page } from '../../db/statements/page.ts'
import { newId } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import { done, type Outcome, refused } from '../../domain/problem.ts'
import { DEFAULT_KEY_SCOPES, type Scope } from '../../domain/scopes.ts'
import { type Answer, type Requester, runClaimed } from '../claimed.ts'
import type { Deps } from '../deps.ts'
import { type List, toList } from '../list.ts'

export interface ApiKeyInput {
  name: string
  scopes: readonly Scope[] | undefined
  ipAllowList: readonly string[]
  expiresAt: Date | undefined
}

export async function createApiKey(deps: Deps, requester: Requester, input: ApiKeyInput): Promise<Outcome<Answer>> {
  const made = await newApiKey(requester.credential.mode, deps.random)
  const id = newId('key', deps.clock.now().getTime(), deps.random)
  const { key, hash, mask } = made
  return runClaimed(deps, requester, {
    permit: { scope: 'api_keys:write', action: 'api_key.created' },
    resourceId: id,
    status: 201,
    showOnce: { key },
    statements: (db, first) =>
      insertApiKey(db, first, { ...input, id, hash, mask, scopes: input.scopes ?? DEFAULT_KEY_SCOPES }),
    answer: apiKeyObject(id),
  })
}

export function revokeKey(deps: Deps, requester: Requester, id: string): Promise<Outcome<Answer>> {
  return runClaimed(deps, requester, {
    permit: { scope: 'api_keys:write', action: 'api_key.revoked' },
    resourceId: id,
    status: 200,
    statements: (db, first) => revokeApiKey(db, first, id),
    answer: apiKeyObject(id),
  })
}

/**
 * Makes a key that takes another's place; both work until the overlap has passed.
 * Refuses `api_key_not_found`, `api_key_not_rotatable`, `api_keys_too_many`, and `scope_not_held` where the caller may do
 * less than the key.
 */
export async function rotateKey(
  deps: Deps,
  requester: Requester,
  id: string,
  overlapSeconds: number,
): Promise<Outcome<Answer>> {
  const now = deps.clock.now().getTime()
  const { key, hash, mask } = await newApiKey(requester.credential.mode, deps.random)
  const successor = { id: newId('key', now, deps.random), hash, mask }
  const oldUntil = new Date(now + overlapSeconds * 1000)
  return runClaimed(deps, requester, {
    permit: { scope: 'api_keys:write', action: 'api_key.rotated' },
    resourceId: successor.id,
    status: 201,
    showOnce: { key },
    statements: (db, first) => rotateApiKey(db, first, id, successor, oldUntil),
    answer: apiKeyObject(successor.id),
  })
}

export async function listKeys(deps: Deps, caller: Caller, page: Page): Promise<Outcome<List>> {
  const { db, run } = deps.api
  const gate = enter(db, deps.clock.now(), caller, { scope: 'api_keys:read' })
  const batch = await run(gate, [listApiKeys(db, page)])
  return batch.ok ? done(toList(batch.rows[0], page)) : batch
}

export async function getKey(deps: Deps, caller: Caller, id: string): Promise<Outcome<JsonObject>> {
  const { db, run } = deps.api
  const gate = enter(db, deps.clock.now(), caller, { scope: 'api_keys:read' })
  const batch = await run(gate, [findApiKey(db, id)])
  if (!batch.ok) return batch
  const [[row]] = batch.rows
  return row === undefined ? refused('api_key_not_found') : done(row.object)
}
