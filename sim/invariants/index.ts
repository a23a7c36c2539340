/** What must hold when a run has become quiet. Each invariant is a function of its own, in a file of its own. */

import type { Load } from '../load/load.ts'

/** What does not hold, in words that name no id. */
export interface Violation {
  invariant: string
  words: string
}

export async function findViolations(_load: Load): Promise<Violation[]> {
  return []
}
