/** Counts the posts that were refused, by day, provider and reason: evidence of an attack, or of a wrong set-up. */

import { enterWorker } from '../../db/gate.ts'
import { countRefusal } from '../../db/statements/provider-events.ts'
import type { ProblemCode } from '../../domain/problem.ts'
import type { Deps } from '../deps.ts'

/** Runs after the answer. It never throws: a count is not worth a failed request. */
export async function countRefusedPost(deps: Deps, provider: string, reason: ProblemCode): Promise<void> {
  const { db } = deps.worker
  try {
    await deps.worker.run(enterWorker(db, deps.clock.now()), [countRefusal(db, provider, reason)])
  } catch (error) {
    deps.log.error('refusal_not_counted', error, { provider, reason })
  }
}
