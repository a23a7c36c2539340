/** A case, the tables that they stand in, and how a table is run over every provider. */

import { describe, test } from 'vitest'
import { audit } from './audit.ts'
import { createKit, type Kit } from './kit.ts'
import { loadSubjects, type Need, type Subject } from './subject.ts'

export interface Case {
  /** The rule that it holds. */
  readonly name: string
  /** What the provider must be able to do for it. */
  readonly needs?: readonly Need[]
  run(kit: Kit): Promise<void>
}

/** The cases of one theme; some are made from what the provider declares, such as its currencies. */
export type Theme = (subject: Subject) => readonly Case[]

/** What the case lacks at this provider; nothing where it applies. */
export function wanting({ needs = [] }: Case, subject: Subject): string[] {
  return needs.filter((need) => !need.isMet(subject)).map(({ what }) => what)
}

/**
 * Runs a theme over all providers.
 * @param database a name of the file's own
 */
export async function runTheme(database: string, theme: Theme): Promise<void> {
  describe.each(await loadSubjects())('$name', (subject) => {
    for (const one of theme(subject).filter((each) => wanting(each, subject).length === 0)) {
      test(one.name, async () => {
        const kit = await createKit(database, subject)
        await one.run(kit)
        await audit(kit)
      })
    }
  })
}
