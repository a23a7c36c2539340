/** Our books against the providers'. */
import type { Fault } from '../fault.ts'

export const RECONCILIATION: readonly Fault[] = [
  {
    name: 'books-compared-without-amounts',
    why: 'Both books have the payment, with other amounts, and agree.',
    file: 'src/domain/drift.ts',
    search: "  if (ours.confirmedAmount !== theirs.amount) return 'amount_differs'\n",
    replace: '',
    tests: ['test/domain/drift.test.ts'],
  },
  {
    name: 'late-walker-moves-the-cursor',
    why: 'A worker that was slow sets the run back to its own page, after another took it over.',
    file: 'src/db/statements/reconciliation.ts',
    search: "eq(runs.status, 'running'), sql`leased_until = ${iso(run.leasedUntil)}`))",
    replace: "eq(runs.status, 'running')))",
    tests: ['test/operations/reconciliation-walk.test.ts'],
    named: 'two workers at once',
  },
  {
    name: 'run-without-overlap',
    why: 'A payment that turns up late in the provider’s list falls between two runs.',
    file: 'src/db/statements/reconciliation.ts',
    search: 'coalesce(${lastEnd} - ${seconds(LIMITS.reconcileOverlapSeconds)},',
    replace: 'coalesce(${lastEnd},',
    tests: ['test/operations/reconciliation.test.ts'],
    named: 'reaches back behind the end of the last',
  },
  {
    name: 'drift-corrected-unseen',
    why: 'A drift counts as corrected once the provider was asked, whatever it said.',
    file: 'src/operations/upkeep/reconcile.ts',
    search: 'compareBooks(ourPaymentOf(after), theirs) === undefined && !isToBeSeen(after)',
    replace: '!isToBeSeen(after)',
    tests: ['test/operations/reconciliation.test.ts'],
    named: 'paid by both books',
  },
  {
    name: 'short-list-is-a-drift',
    why: 'What a list leaves out is missing money, as it seems, without the provider being asked.',
    file: 'src/operations/upkeep/reconcile.ts',
    search: "if (confirmation.kind !== 'not_found') {",
    replace: "if (confirmation.kind === 'unknown') {",
    tests: ['test/operations/reconciliation.test.ts'],
    named: 'a list that lacks what the provider knows well',
  },
]
