/** What must hold when a run has become quiet. Each invariant is a function, in a file named after it. */

import type { Load } from '../load/load.ts'
import { auditIsComplete } from './audit-is-complete.ts'
import { changesAreToldOnce } from './changes-are-told-once.ts'
import { endpointsHaveEverything } from './endpoints-have-everything.ts'
import { type Facts, gatherFacts } from './facts.ts'
import { handlersDontBreak } from './handlers-dont-break.ts'
import { keysHaveOneEffect } from './keys-have-one-effect.ts'
import { merchantsAreApart } from './merchants-are-apart.ts'
import { moneyAgrees } from './money-agrees.ts'
import { nothingIsStuck } from './nothing-is-stuck.ts'
import { readersSeeEverything } from './readers-see-everything.ts'
import { refundsAgree } from './refunds-agree.ts'

/** What does not hold, in words that name no id. */
export interface Violation {
  invariant: string
  words: string
}

/** Says what does not hold; nothing where all is well. */
export type Invariant = (facts: Facts) => string[] | Promise<string[]>

export const INVARIANTS: Readonly<Record<string, Invariant>> = {
  moneyAgrees,
  refundsAgree,
  changesAreToldOnce,
  endpointsHaveEverything,
  readersSeeEverything,
  keysHaveOneEffect,
  nothingIsStuck,
  merchantsAreApart,
  auditIsComplete,
  handlersDontBreak,
}

export async function findViolations(load: Load): Promise<Violation[]> {
  const facts = await gatherFacts(load)
  const violations: Violation[] = []
  for (const [invariant, holds] of Object.entries(INVARIANTS)) {
    for (const words of await holds(facts)) violations.push({ invariant, words })
  }
  return violations
}
