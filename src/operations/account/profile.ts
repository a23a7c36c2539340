/** The profile: the merchant acted for, and the person who is signed in. One round trip each. */

import { type Caller, enter } from '../../db/gate.ts'
import {
  type MerchantChange,
  readProfile,
  type UserChange,
  updateMerchant,
  updateUser,
} from '../../db/statements/merchants.ts'
import type { JsonObject } from '../../domain/json.ts'
import { done, type Outcome, refused } from '../../domain/problem.ts'
import type { Deps } from '../deps.ts'

/** Fields that are undefined stay as they are. */
export interface ProfileChange {
  user: UserChange
  merchant: MerchantChange
}

export async function getProfile(deps: Deps, caller: Caller): Promise<Outcome<JsonObject>> {
  const { db } = deps.api
  const gate = enter(db, deps.clock.now(), caller, { scope: 'profile:read' })
  const batch = await deps.api.run(gate, [readProfile(db)])
  return batch.ok ? done(onlyRow(batch.rows[0])) : batch
}

/** Refuses `session_required` where an API key would change a person. */
export async function changeProfile(deps: Deps, caller: Caller, change: ProfileChange): Promise<Outcome<JsonObject>> {
  const changesUser = namesSomething(change.user)
  const changesMerchant = namesSomething(change.merchant)
  if (changesUser && caller.credential.kind === 'api_key') return refused('session_required')
  const { db } = deps.api
  // Whoever is signed in may change themself; row-level security keeps them from everybody else.
  const scope = changesMerchant ? 'profile:write' : 'profile:read'
  const batch = await deps.api.runFor(
    enter(db, deps.clock.now(), caller, { scope, action: 'profile.updated' }),
    [
      ...(changesUser ? [updateUser(db, change.user)] : []),
      ...(changesMerchant ? [updateMerchant(db, change.merchant)] : []),
    ],
    readProfile(db),
  )
  return batch.ok ? done(onlyRow(batch.rows)) : batch
}

const namesSomething = (fields: object): boolean => Object.values(fields).some((value) => value !== undefined)

function onlyRow(rows: readonly { object: JsonObject }[]): JsonObject {
  const [row] = rows
  if (row === undefined) throw new Error('the gate let in a merchant that is not there')
  return row.object
}
