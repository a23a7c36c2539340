/**
 * Sends money back. The refund is committed first, then the provider is asked, then its answer is committed: a crash or a
 * silence between the two leaves a pending refund, which is found at the provider, or sent again, by asking on.
 */

import { type SQL, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import { enter, enterWorker } from '../../db/gate.ts'
import { answerClaim, type Claim, claimKey, isFirst, problemObject, readClaim } from '../../db/statements/claims.ts'
import { lockPayment } from '../../db/statements/outcomes.ts'
import { findPaidPayment, readOwnAnswer } from '../../db/statements/payments.ts'
import {
  findRefund,
  insertRefund,
  type RefundRow,
  type RefundTerms,
  refundObject,
  scheduleRefundCheck,
} from '../../db/statements/refunds.ts'
import { newId } from '../../domain/ids.ts'
import { type Outcome, PROBLEMS, refused } from '../../domain/problem.ts'
import { IN_FLIGHT_MS, nextRefundCheckAt } from '../../domain/retry.ts'
import type { RefundAnswer } from '../../providers/contract.ts'
import { PROVIDER_NAMES, PROVIDERS } from '../../providers/registry.ts'
import { type Answer, holdsClaim, makeClaim, type Requester, readAnswer } from '../claimed.ts'
import type { Deps } from '../deps.ts'
import { tell } from '../events/tell.ts'
import { openPayment, type Payment } from '../payments/payment.ts'
import { followUpRefunds } from './follow-up.ts'
import { isPutOff, recordRefund, sendRefund } from './send.ts'

export interface RefundInput {
  transactionId: string
  /** Minor units; undefined for all that is left. */
  amount: bigint | undefined
  reason: string | undefined
}

/**
 * Two round trips, and the provider's call between them.
 * Answers 201 with the refund, or 202 where the provider gave no clear answer: the refund will tell.
 * Refuses `transaction_not_found`, `transaction_not_refundable`, `refund_exceeds_payment`, `refund_below_minimum`,
 * `amount_not_payable`, `refund_not_supported`, `refunds_too_many`, and `provider_refused`, which leaves a failed refund.
 */
export async function createRefund(deps: Deps, requester: Requester, input: RefundInput): Promise<Outcome<Answer>> {
  const { db } = deps.api
  const now = deps.clock.now()
  const { transactionId, amount, reason } = input
  const id = newId('ref', now.getTime(), deps.random)
  const claim = await makeClaim(deps, requester, id)
  const claimed = sql`(select c.resource_id from idempotency_claims c where c.key = ${claim.key})`
  const batch = await deps.api.run(enter(db, now, requester, { scope: 'refunds:write', action: 'refund.created' }), [
    claimKey(db, now, claim),
    readClaim(db, claim.key),
    ...insertRefund(db, isFirst(claim), { id, transactionId, amount, reason: reason ?? null }, TERMS),
    findPaidPayment(db, transactionId),
    findRefund(db, claimed),
  ])
  if (!batch.ok) return batch
  const [, claims] = batch.rows
  const [[paid], [refund]] = batch.rows.slice(-2) as [Awaited<ReturnType<typeof findPaidPayment>>, RefundRow[]]
  if (!holdsClaim(claim, claims)) return readAnswer(deps, claim, claims)
  if (paid === undefined || refund === undefined) throw new Error('a refund was written and is not there')
  const payment = await openPayment(deps, paid)
  return refund.id === id ? send(deps, claim, payment, refund) : finishForTheDead(deps, claim, payment, refund)
}

/** What the providers ask of refunds, as the database is told. */
const TERMS: RefundTerms = {
  providers: PROVIDER_NAMES.map((provider) => ({ provider, ...PROVIDERS[provider].capabilities.refunds })),
  amounts: PROVIDER_NAMES.flatMap((provider) =>
    Object.entries(PROVIDERS[provider].capabilities.currencies).flatMap(([currency, terms]) => {
      const { refundMinimum = 1n, step = 1n } = terms
      if (refundMinimum <= 1n && step <= 1n) return []
      return [{ provider, currency, minimum: Number(refundMinimum), step: Number(step) }]
    }),
  ),
}

async function send(deps: Deps, claim: Claim, payment: Payment, refund: RefundRow): Promise<Outcome<Answer>> {
  const answer = await sendRefund(deps, payment, refund)
  const { db } = deps.worker
  const { transactionId } = payment
  const statements = [
    lockPayment(db, transactionId),
    ...recordRefund(db, refund, answer),
    scheduleRefundCheck(db, transactionId, nextRefundCheckAt(0, deps.clock.now())),
  ]
  const told = await remember(deps, claim, transactionId, statements, resultOf(refund.id, transactionId, answer))
  if (answer.kind === 'unknown') {
    await deps.nudge([{ kind: 'follow_up_refunds', transactionId, delaySeconds: IN_FLIGHT_MS / 1000 }])
  }
  return told
}

/** The request that wrote this refund died before it could answer: the provider is asked what became of it. */
async function finishForTheDead(
  deps: Deps,
  claim: Claim,
  { transactionId }: Payment,
  refund: RefundRow,
): Promise<Outcome<Answer>> {
  await followUpRefunds(deps, transactionId)
  return remember(deps, claim, transactionId, [], { statusCode: 202, answer: refundObject(refund.id) })
}

/** What the caller is told, as it is remembered with the claim. */
interface Result {
  statusCode: number
  answer: SQL
}

function resultOf(refundId: string, transactionId: string, answer: RefundAnswer): Result {
  switch (answer.kind) {
    case 'made':
      return { statusCode: 201, answer: refundObject(refundId) }
    case 'exists':
    case 'unknown':
      return { statusCode: 202, answer: refundObject(refundId) }
    case 'refused': {
      if (isPutOff(answer)) return { statusCode: 202, answer: refundObject(refundId) }
      const detail = `${answer.reason}: ${answer.message}`
      const problem = { code: 'provider_refused', transactionId, refundId, detail } as const
      return { statusCode: PROBLEMS[problem.code].status, answer: problemObject(problem) }
    }
  }
}

/** The second batch. It runs as the worker: the answer is a fact by now, whatever became of the caller's key. */
async function remember(
  deps: Deps,
  claim: Claim,
  transactionId: string,
  statements: BatchItem<'pg'>[],
  { statusCode, answer }: Result,
): Promise<Outcome<Answer>> {
  const { db } = deps.worker
  const batch = await deps.worker.runFor(
    enterWorker(db, deps.clock.now()),
    [...statements, answerClaim(db, claim, statusCode, answer)],
    readOwnAnswer(db, claim, transactionId),
  )
  if (!batch.ok) return batch
  const [row] = batch.rows
  // The lock ran out, and a repeat of the request took the work over: the answer is its to give.
  if (row === undefined) return refused('idempotency_in_flight', { retryAfter: 1 })
  await tell(deps, { ...row, transactionId })
  return readAnswer(deps, claim, [row])
}
