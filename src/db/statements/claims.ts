/**
 * Idempotency inside a batch: the claim is made first, what follows happens only where the claim is this request's own,
 * and the answer is remembered last. Whoever comes second changes nothing and reads what the first was told.
 */

import { and, eq, isNull, type SQL, sql } from 'drizzle-orm'
import { LIMITS } from '../../domain/limits.ts'
import type { Problem } from '../../domain/problem.ts'
import type { Db } from '../client.ts'
import { idempotencyClaims as claims } from '../schema/idempotency.ts'

/** A claim as a request makes it. */
export interface Claim {
  key: string
  requestHash: string
  /** The id of what the request makes or changes. */
  resourceId: string
  /** The id of this request: it tells its own claim from another's. */
  owner: string
  /** What is shown once, sealed, to be replayed with the answer. */
  sealedExtra?: string | undefined
}

/** Claims the key, or takes it over from a request of the same content that died without an answer. */
export function claimKey(db: Db, at: Date, claim: Claim) {
  return db
    .insert(claims)
    .values({
      merchantId: sql`app.merchant_id()`,
      mode: sql`app.mode()`,
      key: claim.key,
      requestHash: claim.requestHash,
      resourceId: claim.resourceId,
      owner: claim.owner,
      lockedUntil: new Date(at.getTime() + LIMITS.idempotencyLockSeconds * 1000),
      sealedExtra: claim.sealedExtra ?? null,
    })
    .onConflictDoUpdate({
      target: [claims.merchantId, claims.mode, claims.key],
      set: { owner: sql`excluded.owner`, lockedUntil: sql`excluded.locked_until` },
      setWhere: sql`${claims.answer} is null and ${claims.lockedUntil} < app.now()
                    and ${claims.requestHash} = excluded.request_hash`,
    })
}

/** True in SQL where this request made the claim itself: the condition of every statement that does its work. */
export function isFirst(claim: Claim): SQL {
  return sql`exists (select from idempotency_claims c where c.key = ${claim.key} and c.owner = ${claim.owner}
                     and c.resource_id = ${claim.resourceId} and c.answer is null
                     and c.merchant_id = app.merchant_id() and c.mode = app.mode())`
}

/**
 * Remembers the answer of this request, where the condition holds. `object` is an SQL expression that yields the JSON.
 */
export function answerClaim(
  db: Db,
  claim: Pick<Claim, 'key' | 'owner'>,
  statusCode: number,
  object: SQL,
  condition?: SQL,
) {
  return db
    .update(claims)
    .set({ statusCode, answer: object })
    .where(and(eq(claims.key, claim.key), eq(claims.owner, claim.owner), isNull(claims.answer), condition))
}

/** A problem that is an answer, as it is remembered. */
export function problemObject(problem: Problem): SQL {
  return sql`${JSON.stringify(problem)}::jsonb`
}

export const claimColumns = {
  requestHash: claims.requestHash,
  resourceId: claims.resourceId,
  owner: claims.owner,
  statusCode: claims.statusCode,
  answer: claims.answer,
  sealedExtra: claims.sealedExtra,
}

/** The claim as it stands: this request's own, or the one that came first. Of the tenant that the batch acts for. */
export function readClaim(db: Db, key: string) {
  return db.select(claimColumns).from(claims).where(eq(claims.key, key))
}

/** Ends the batch with a problem where `condition` holds. */
export function refuseWhere(db: Db, condition: SQL, status: number, code: string, detail = '') {
  return db
    .select({ refused: sql`app.refuse(${status}::integer, ${code}, ${detail})` })
    .from(sql`(select 1) one`)
    .where(condition)
}
