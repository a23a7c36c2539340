/** When to try again: pure schedules, with the randomness passed in as a number from 0 to 1. */

import { LIMITS } from './limits.ts'
import { isUnderWay, type TransactionStatus } from './transaction.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** Waits before the second and every later attempt at a delivery, in milliseconds; after the last it is exhausted. */
export const DELIVERY_WAITS_MS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const

/** At the first attempt and after each of the waits. */
export const DELIVERY_ATTEMPTS_MAX = DELIVERY_WAITS_MS.length + 1

/** Waits between questions to the provider about one provider event that it did not clearly answer. */
const APPLY_WAITS_MS = [10 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR] as const

/** Waits between questions about a transaction that is not final, counted in questions asked. */
const CHECK_WAITS_MS = [2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR] as const

/** After the deadline an expired page may still be paid: asked after this often more, a day apart. */
const CHECKS_AFTER_DEADLINE = 2

/** Waits between readings of a provider's list of refunds while one is under way; the last one again and again. */
const REFUND_WAITS_MS = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR] as const

/**
 * A refund that is over is looked at again so long after: it may fail days after it succeeded (stripe.md, section 5),
 * and who has sent back a part may send back more on the provider's dashboard.
 */
export const REFUND_LOOKS_BACK_MS = [24 * HOUR, 7 * 24 * HOUR, 30 * 24 * HOUR] as const

/** A refund that the provider does not list was not made, once this long has passed since it was sent: it is sent again. */
export const REFUND_RESEND_MS = 5 * MINUTE

/** A refund of which the provider says nothing clear for so long is somebody's to look at. */
export const REFUND_UNCLEAR_MS = 72 * HOUR

/** How long a first call to a provider may still be under way after it timed out here (paystack.md, section 6). */
export const IN_FLIGHT_MS = MINUTE

/** Up to a tenth more, so that what failed together is not tried again together. */
function jittered(waitMs: number, jitter: number): number {
  return Math.round(waitMs * (1 + jitter / 10))
}

/**
 * When a delivery is due after its attempt number `attempts` failed; undefined when none is left.
 * @param retryAfterSeconds what the receiver asked for: heeded up to a day, and never sooner than the schedule says
 */
export function nextDeliveryAt(attempts: number, now: Date, jitter: number, retryAfterSeconds = 0): Date | undefined {
  const wait = DELIVERY_WAITS_MS[attempts - 1]
  if (wait === undefined) return undefined
  const asked = Math.min(retryAfterSeconds, LIMITS.retryAfterSecondsMax) * SECOND
  return new Date(now.getTime() + jittered(Math.max(wait, asked), jitter))
}

/** When a provider event is applied again after its attempt number `attempts` got no clear answer. */
export function nextApplyAt(attempts: number, now: Date, jitter: number): Date | undefined {
  const wait = APPLY_WAITS_MS[attempts - 1]
  return wait === undefined ? undefined : new Date(now.getTime() + jittered(wait, jitter))
}

/** When the provider's list of refunds is read again. @param checks how often it was read before */
export function nextRefundCheckAt(checks: number, now: Date): Date {
  return new Date(now.getTime() + (REFUND_WAITS_MS[Math.min(checks, REFUND_WAITS_MS.length - 1)] ?? HOUR))
}

/**
 * When the provider is asked again about a transaction: at growing intervals, at its deadline, and, while a page that
 * we gave up may still be paid, for some days more. Undefined once there is nothing to learn.
 * @param checks how often it was asked before
 */
export function nextCheckAt(status: TransactionStatus, checks: number, now: Date, expiresAt: Date): Date | undefined {
  if (status === 'succeeded' || status === 'requires_review') return undefined
  const wait = CHECK_WAITS_MS[Math.min(checks, CHECK_WAITS_MS.length - 1)] ?? HOUR
  const next = new Date(now.getTime() + wait)
  if (now < expiresAt) return next < expiresAt ? next : expiresAt
  if (isUnderWay(status)) return next
  const daysPast = (now.getTime() - expiresAt.getTime()) / (24 * HOUR)
  return daysPast < CHECKS_AFTER_DEADLINE ? new Date(now.getTime() + 24 * HOUR) : undefined
}
