/**
 * Statements about registering and signing in. Nobody is let in yet, so no gate heads these batches: each statement is
 * one function of the database that is its own gate.
 */

import { type SQL, sql } from 'drizzle-orm'
import { LIMITS } from '../../domain/limits.ts'
import type { Db } from '../client.ts'

/** What the audit log keeps of a request. */
export interface Trace {
  ipAddress: string | undefined
  userAgent: string | undefined
  requestId: string
}

export interface NewUser {
  id: string
  email: string
  passwordHash: string
  firstName: string
  lastName: string
  phoneNumber: string | null
  /** Names the request; null where it has no Idempotency-Key. */
  registeredBy: string | null
}

export interface NewMerchant {
  id: string
  companyName: string
  country: string
  businessType: string | null
  developerType: string
  preferredCurrency: string
}

export interface NewSession {
  id: string
  userId: string
  merchantId: string
  /** Names the request; null where it has no Idempotency-Key. */
  startedBy: string | null
  expiresAt: Date
}

/** Counts the attempt to register. Gives `{retry_after, registered}`. */
export function beginRegistration(
  db: Db,
  at: Date,
  email: string,
  address: string | undefined,
  request: string | undefined,
) {
  return select(
    db,
    sql`app.begin_registration(${time(at)}, ${email}, ${address ?? null}, ${LIMITS.registrationAttemptsPerAccount},
                               ${LIMITS.registrationAttemptsPerAddress}, ${request ?? null})`,
  )
}

/** Gives `{user, merchant}`, or refuses `email_taken`. */
export function register(db: Db, at: Date, user: NewUser, merchant: NewMerchant, trace: Trace) {
  const newUser = JSON.stringify({
    id: user.id,
    email: user.email,
    password_hash: user.passwordHash,
    first_name: user.firstName,
    last_name: user.lastName,
    phone_number: user.phoneNumber,
    registered_by: user.registeredBy,
  })
  const newMerchant = JSON.stringify({
    id: merchant.id,
    company_name: merchant.companyName,
    country: merchant.country,
    business_type: merchant.businessType,
    developer_type: merchant.developerType,
    preferred_currency: merchant.preferredCurrency,
  })
  return select(db, sql`app.register(${time(at)}, ${newUser}::jsonb, ${newMerchant}::jsonb, ${traced(trace)})`)
}

/** Counts the attempt to sign in. Gives `{retry_after, account}`. */
export function beginSignIn(db: Db, at: Date, email: string, address: string | undefined, request: string | undefined) {
  return select(
    db,
    sql`app.begin_sign_in(${time(at)}, ${email}, ${address ?? null}, ${LIMITS.signInAttemptsPerAccount},
                          ${LIMITS.signInAttemptsPerAddress}, ${request ?? null})`,
  )
}

/** Opens the session of a person whose password was right. */
export function finishSignIn(
  db: Db,
  at: Date,
  session: NewSession,
  refreshHash: string,
  rehashedPassword: string | undefined,
  trace: Trace,
) {
  const newSession = JSON.stringify({
    id: session.id,
    user_id: session.userId,
    merchant_id: session.merchantId,
    started_by: session.startedBy,
    expires_at: session.expiresAt.toISOString(),
  })
  return select(
    db,
    sql`app.finish_sign_in(${time(at)}, ${newSession}::jsonb, ${refreshHash}, ${rehashedPassword ?? null}, ${traced(trace)})`,
  )
}

/** Trades a refresh token for the next. Gives `{outcome, session_id, user_id, merchant_id}`. */
export function rotateRefreshToken(db: Db, at: Date, presentedHash: string, nextHash: string, trace: Trace) {
  return select(db, sql`app.rotate_refresh_token(${time(at)}, ${presentedHash}, ${nextHash}, ${traced(trace)})`)
}

/** Ends the session that a refresh token belongs to, where there is one. */
export function endSession(db: Db, at: Date, presentedHash: string, trace: Trace) {
  return select(db, sql`app.end_session(${time(at)}, ${presentedHash}, ${traced(trace)})`)
}

function select(db: Db, call: SQL) {
  return db.select({ answer: sql<unknown>`answer` }).from(sql`${call} as answer`)
}

const time = (at: Date): SQL => sql`${at.toISOString()}::timestamptz`

const traced = ({ ipAddress, userAgent, requestId }: Trace): SQL =>
  sql`${ipAddress ?? null}, ${userAgent?.slice(0, 500) ?? null}, ${requestId}`
