/** What the database's refusals mean to a caller: SQLSTATE and constraint → problem. Anything not listed is a bug. */

import type { NeonDbError } from '@neondatabase/serverless'
import { isProblemCode, type Problem, type ProblemCode } from '../domain/problem.ts'

/** Constraints that a caller can run into, each by its name. */
const CONSTRAINTS: Readonly<Record<string, ProblemCode>> = {
  transactions_refunds_within_amount: 'refund_exceeds_payment',
  // All that is left was nothing by then.
  refunds_amount_check: 'refund_exceeds_payment',
  reconciliation_runs_one_at_a_time: 'reconciliation_running',
  // Two lists of rules at once: whoever comes second has not seen the first.
  routing_rules_positions: 'try_again',
  transactions_reference_unique: 'reference_taken',
  users_email_unique: 'email_taken',
}

/** Serialization failure, deadlock, lock time-out, too many connections, shutting down: nothing was written. */
const PASSING = new Set(['40001', '40P01', '55P03', '53300', '57P01', '57P03'])

/** The problem that a refusal stands for; undefined when it is not one of the caller's making. */
export function toProblem(error: Pick<NeonDbError, 'code' | 'message' | 'constraint' | 'detail'>): Problem | undefined {
  const { code = '', message, constraint = '', detail } = error
  // app.refuse raises class PB with the problem's code as its message.
  if (code.startsWith('PB') && isProblemCode(message)) return { code: message, ...(detail ? { detail } : {}) }
  if ((code === '23505' || code === '23514') && Object.hasOwn(CONSTRAINTS, constraint)) {
    const known = CONSTRAINTS[constraint]
    return known === undefined ? undefined : { code: known }
  }
  if (PASSING.has(code)) return { code: 'try_again', retryAfter: 1 }
  return undefined
}
