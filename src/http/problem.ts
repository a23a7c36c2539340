/** Problems as RFC 9457 prints them: one function for every refusal. */

import type { JsonObject } from '../domain/json.ts'
import { PROBLEMS, type Problem } from '../domain/problem.ts'
import type { AppContext } from './context.ts'

export const PROBLEM_CONTENT_TYPE = 'application/problem+json'

/** The problem as the response's body. */
export function problemBody(problem: Problem, requestId: string): JsonObject {
  const { status, title } = PROBLEMS[problem.code]
  return {
    type: `/api/docs/#problem-${problem.code}`,
    title,
    status,
    code: problem.code,
    detail: problem.detail,
    request_id: requestId,
    errors: problem.errors?.map(({ field, message }) => ({ field, message })),
    transaction_id: problem.transactionId,
    refund_id: problem.refundId,
  }
}

export function problemResponse(c: AppContext, problem: Problem): Response {
  const { status } = PROBLEMS[problem.code]
  const headers = new Headers({ 'content-type': PROBLEM_CONTENT_TYPE })
  if (problem.retryAfter !== undefined) headers.set('retry-after', String(problem.retryAfter))
  if (problem.replayed === true) headers.set('idempotent-replayed', 'true')
  if (status === 401) headers.set('www-authenticate', 'Bearer')
  return new Response(JSON.stringify(problemBody(problem, c.get('requestId'))), { status, headers })
}
