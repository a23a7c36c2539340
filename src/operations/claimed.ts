/**
 * Every change that a POST makes in one batch: gate, claim on the idempotency key, the change, the remembered answer.
 * A repeat of the same request gets the first answer; another body with the same key is refused.
 */

import type { SQL } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import * as z from 'zod'
import { open, seal } from '../crypto/seal.ts'
import type { Db } from '../db/client.ts'
import { type Caller, enter, type Permit } from '../db/gate.ts'
import { answerClaim, type Claim, claimKey, isFirst, readClaim } from '../db/statements/claims.ts'
import { type JsonObject, parseJsonObject } from '../domain/json.ts'
import { done, isProblemCode, type Outcome, type Problem, refused } from '../domain/problem.ts'
import type { Deps } from './deps.ts'

/** A caller whose request may be repeated: the key, and a hash of what is asked. */
export interface Requester extends Caller {
  /** The Idempotency-Key header; undefined where none was sent. */
  idempotencyKey: string | undefined
  requestHash: string
}

/** What the caller is told. */
export interface Answer {
  status: number
  body: JsonObject
  /** True where this is the answer of an earlier request with the same key. */
  replayed: boolean
}

export interface Change {
  permit: Permit & { action: string }
  /** The id of what is made or changed. */
  resourceId: string
  status: number
  /** Shown in this answer and its replays, and nowhere else: sealed in the claim. */
  showOnce?: JsonObject
  /** The statements of the change; each must do nothing unless `first` holds in SQL. */
  statements(db: Db, first: SQL): BatchItem<'pg'>[]
  /** An SQL expression that yields the answer's JSON after the change. */
  answer: SQL
}

/** The claim of a request. Without a key of the caller's it claims one that nobody else can name. */
export async function makeClaim(
  deps: Deps,
  requester: Requester,
  resourceId: string,
  showOnce?: JsonObject,
): Promise<Claim> {
  const key = requester.idempotencyKey ?? `auto:${requester.requestId}`
  return {
    key,
    requestHash: requester.requestHash,
    resourceId,
    owner: requester.requestId,
    sealedExtra: showOnce && (await seal(deps.sealing, JSON.stringify(showOnce), extraContext(key), deps.random)),
  }
}

/** Runs the change once, however often it is asked for. One round trip. */
export async function runClaimed(deps: Deps, requester: Requester, change: Change): Promise<Outcome<Answer>> {
  const { db } = deps.api
  const now = deps.clock.now()
  const claim = await makeClaim(deps, requester, change.resourceId, change.showOnce)
  const batch = await deps.api.runFor(
    enter(db, now, requester, change.permit),
    [
      claimKey(db, now, claim),
      ...change.statements(db, isFirst(claim)),
      answerClaim(db, claim, change.status, change.answer),
    ],
    readClaim(db, claim.key),
  )
  return batch.ok ? readAnswer(deps, claim, batch.rows) : batch
}

type ClaimRow = Awaited<ReturnType<typeof readClaim>>[number]

/** Whether the work is this request's to do: it holds the claim, and no answer stands yet. */
export function holdsClaim(claim: Claim, [row]: readonly ClaimRow[]): boolean {
  return row?.owner === claim.owner && row.answer === null && row.requestHash === claim.requestHash
}

/** What the claim says: this request's own answer, an earlier one's, or why there is none. */
export async function readAnswer(deps: Deps, claim: Claim, rows: readonly ClaimRow[]): Promise<Outcome<Answer>> {
  const [row] = rows
  if (row === undefined) throw new Error('a claim was made and is not there')
  if (row.requestHash !== claim.requestHash) return refused('idempotency_key_reused')
  if (row.answer === null || row.statusCode === null) return refused('idempotency_in_flight', { retryAfter: 1 })
  const replayed = row.owner !== claim.owner
  if (row.statusCode >= 400) return { ok: false, problem: { ...RememberedProblem.parse(row.answer), replayed } }
  const extra = row.sealedExtra === null ? {} : await openExtra(deps, claim.key, row.sealedExtra)
  return done({ status: row.statusCode, body: { ...row.answer, ...extra }, replayed })
}

/** A refusal that left something behind, and so is an answer: kept as the problem, without what is printed around it. */
const RememberedProblem = z
  .object({
    code: z.string().refine(isProblemCode),
    detail: z.string().optional(),
    transactionId: z.string().optional(),
    refundId: z.string().optional(),
  })
  .transform((problem): Problem => problem)

const extraContext = (key: string): string => `idempotency_claims:${key}:extra`

async function openExtra(deps: Deps, key: string, sealed: string): Promise<JsonObject> {
  return parseJsonObject(await open(deps.sealing, sealed, extraContext(key)))
}
