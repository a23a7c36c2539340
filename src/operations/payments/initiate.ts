/**
 * Starts a payment. What is asked is committed first, then the provider is asked, then its answer is committed: a crash
 * between the two leaves an attempt that the sweep, or the same request sent again, finishes.
 */

import { type SQL, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import { enter, enterWorker } from '../../db/gate.ts'
import { answerClaim, type Claim, claimKey, isFirst, problemObject, readClaim } from '../../db/statements/claims.ts'
import {
  findPayment,
  insertPayment,
  type PaymentRow,
  readOwnAnswer,
  transactionObject,
} from '../../db/statements/payments.ts'
import { newId, providerReference } from '../../domain/ids.ts'
import type { Money } from '../../domain/money.ts'
import type { PaymentMethod } from '../../domain/payment-method.ts'
import { type Outcome, PROBLEMS, type Problem, refused } from '../../domain/problem.ts'
import { fraction } from '../../domain/random.ts'
import { IN_FLIGHT_MS } from '../../domain/retry.ts'
import { providersFor } from '../../providers/capable.ts'
import type { CheckoutAnswer } from '../../providers/contract.ts'
import type { ProviderName } from '../../providers/registry.ts'
import { type Answer, holdsClaim, makeClaim, type Requester, readAnswer } from '../claimed.ts'
import type { Deps } from '../deps.ts'
import { tell } from '../events/tell.ts'
import { followUp } from './follow-up.ts'
import { isUnresolved, openCheckout, recordCheckout } from './open-checkout.ts'
import { openPayment } from './payment.ts'

export interface InitiateInput {
  money: Money
  /** Of the customer, ISO 3166-1 alpha-2: what routing rules decide by. */
  country: string | undefined
  method: PaymentMethod | undefined
  /** The merchant's own; without one the transaction's id is used. */
  reference: string | undefined
  provider: ProviderName | undefined
  customer: { email: string; name: string | undefined; phone: string | undefined }
  description: string | undefined
  metadata: Record<string, string>
  callbackUrl: string | undefined
  expiresInSeconds: number
}

/**
 * Two round trips, and the provider's call between them; one more for each connection that had to be left.
 * Answers 201 with a checkout page, or 202 where the provider gave no clear answer: the transaction will tell.
 * Refuses `no_usable_connection`, `amount_below_minimum`, `amount_above_maximum`, `reference_taken`, and
 * `provider_refused`, which leaves a failed transaction.
 */
export async function initiate(deps: Deps, requester: Requester, input: InitiateInput): Promise<Outcome<Answer>> {
  const { money, method, callbackUrl, provider } = input
  const providers = providersFor({ money, method, callbackUrl, provider })
  if (!providers.ok) return providers
  const now = deps.clock.now()
  const transactionId = newId('txn', now.getTime(), deps.random)
  const attemptId = newId('att', now.getTime(), deps.random)
  const claim = await makeClaim(deps, requester, transactionId)
  const { db } = deps.api
  const batch = await deps.api.run(
    enter(db, now, requester, { scope: 'transactions:write', action: 'transaction.initiated' }),
    [
      claimKey(db, now, claim),
      ...insertPayment(
        db,
        isFirst(claim),
        {
          id: transactionId,
          reference: input.reference ?? transactionId,
          amount: money.amount,
          currency: money.currency,
          customerEmail: input.customer.email,
          customerName: input.customer.name ?? null,
          customerPhone: input.customer.phone ?? null,
          description: input.description ?? null,
          metadata: input.metadata,
          callbackUrl: callbackUrl ?? null,
          country: input.country ?? null,
          method: method ?? null,
          onlyProvider: provider ?? null,
          expiresAt: new Date(now.getTime() + input.expiresInSeconds * 1000),
          nextCheckAt: new Date(now.getTime() + IN_FLIGHT_MS),
        },
        { id: attemptId, reference: providerReference(attemptId) },
        {
          ...money,
          country: input.country ?? null,
          method: method ?? null,
          capable: providers.value,
          draw: fraction(deps.random),
        },
      ),
      readClaim(db, claim.key),
      findPayment(db, sql`(select c.resource_id from idempotency_claims c where c.key = ${claim.key})`),
    ],
  )
  if (!batch.ok) return batch
  const [, , written, , , claims, payments] = batch.rows
  if (!holdsClaim(claim, claims)) return readAnswer(deps, claim, claims)
  const [row] = payments
  if (row === undefined) throw new Error('a payment was written and is not there')
  if (row.transactionId !== transactionId) return finishForTheDead(deps, claim, row)
  return askForPage(deps, claim, row, Number(written.rows[0]?.alternatives ?? 0))
}

async function askForPage(deps: Deps, claim: Claim, row: PaymentRow, alternatives: number): Promise<Outcome<Answer>> {
  const { transactionId } = row
  const asked = await openCheckout(deps, await openPayment(deps, row), alternatives)
  const statements = recordCheckout(deps.worker.db, asked, deps.clock.now())
  const told = await remember(deps, claim, transactionId, statements, resultOf(transactionId, asked.answer))
  if (isUnresolved(asked.answer)) {
    await deps.nudge([{ kind: 'follow_up', transactionId, delaySeconds: IN_FLIGHT_MS / 1000 }])
  }
  return told
}

/** The request that wrote this payment died before it could answer: its work is finished, not done again. */
async function finishForTheDead(deps: Deps, claim: Claim, row: PaymentRow): Promise<Outcome<Answer>> {
  const { status, object } = await followUp(deps, row)
  const { transactionId } = row
  const result: Result =
    status === 'failed'
      ? refusal(transactionId, typeof object.failure_reason === 'string' ? object.failure_reason : undefined)
      : {
          statusCode: status === 'pending' && object.checkout_url === null ? 202 : 201,
          answer: transactionObject(transactionId),
        }
  return remember(deps, claim, transactionId, [], result)
}

/** What the caller is told, as it is remembered with the claim. */
interface Result {
  statusCode: number
  answer: SQL
}

function resultOf(transactionId: string, answer: CheckoutAnswer): Result {
  switch (answer.kind) {
    case 'opened':
      return { statusCode: 201, answer: transactionObject(transactionId) }
    case 'refused':
      if (isUnresolved(answer)) return { statusCode: 202, answer: transactionObject(transactionId) }
      return refusal(transactionId, `${answer.reason}: ${answer.message}`)
    case 'exists':
    case 'unknown':
      return { statusCode: 202, answer: transactionObject(transactionId) }
  }
}

function refusal(transactionId: string, detail: string | undefined): Result {
  const problem: Problem = { code: 'provider_refused', transactionId, detail }
  return { statusCode: PROBLEMS[problem.code].status, answer: problemObject(problem) }
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
