/** A merchant's routing rules: which connection takes which payment. They are read, and replaced, as a whole. */

import { type Caller, enter } from '../../db/gate.ts'
import { listRoutingRules, type NewRoutingRule, replaceRoutingRules } from '../../db/statements/routing.ts'
import { newId } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import { done, type Outcome } from '../../domain/problem.ts'
import type { Deps } from '../deps.ts'

export type RoutingRuleInput = Omit<NewRoutingRule, 'id'>

/** In order. One round trip. */
export async function listRules(deps: Deps, caller: Caller): Promise<Outcome<JsonObject[]>> {
  const { db } = deps.api
  const gate = enter(db, deps.clock.now(), caller, { scope: 'connections:read' })
  const batch = await deps.api.run(gate, [listRoutingRules(db)])
  return batch.ok ? done(batch.rows[0].map(({ object }) => object)) : batch
}

/** One round trip. Refuses `connection_not_found`, and `try_again` where somebody else replaced them at the same time. */
export async function replaceRules(
  deps: Deps,
  caller: Caller,
  rules: readonly RoutingRuleInput[],
): Promise<Outcome<JsonObject[]>> {
  const { db } = deps.api
  const now = deps.clock.now()
  const permit = { scope: 'connections:write', action: 'routing_rules.replaced' } as const
  const batch = await deps.api.runFor(
    enter(db, now, caller, permit),
    [
      ...replaceRoutingRules(
        db,
        rules.map((rule) => ({ ...rule, id: newId('rul', now.getTime(), deps.random) })),
      ),
    ],
    listRoutingRules(db),
  )
  return batch.ok ? done(batch.rows.map(({ object }) => object)) : batch
}
