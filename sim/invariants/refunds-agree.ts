/**
 * Refunds: ours and theirs agree, and never exceed the payment.
 *
 * A refund that the provider made and that could be several of ours is left to a person: it may stand in requires_action
 * here without the provider's id, and as a drift.
 */

import type { BookedPayment } from '../../local/simulators/kit/driver.ts'
import type { Booked, Facts, RefundFact } from './facts.ts'

type BookedRefund = BookedPayment['refunds'][number]

export function refundsAgree(facts: Facts): string[] {
  return facts.booked.flatMap((booked) =>
    booked.attempt === undefined ? [] : agreeOn(facts, booked, booked.attempt.id),
  )
}

function agreeOn(facts: Facts, { place, payment, attempt }: Booked, attemptId: string): string[] {
  const ours = [...facts.refunds.values()].filter(({ attempt_id }) => attempt_id === attemptId)
  const what = `${facts.nameOf(attempt?.transaction_id ?? null)} at ${place.name}`
  const standing = payment.refunds.filter(({ state }) => state !== 'failed')
  const sentBack = standing.reduce((sum, { amount }) => sum + amount, 0)
  return [
    ...(sentBack > payment.amount ? [`${what}: ${sentBack} of ${payment.amount} were sent back`] : []),
    ...standing.flatMap((theirs) => {
      const known = ours.find(({ provider_refund_id }) => provider_refund_id === theirs.id)
      if (known !== undefined) return sameState(what, known, theirs)
      return isLeftToSomebody(facts, ours, attemptId, theirs) || mayBeUnheard(facts, place.provider, theirs)
        ? []
        : [`${what}: a refund of ${theirs.amount}, ${theirs.state} there, is not known here`]
    }),
    ...ours.flatMap((refund) => {
      const theirs = payment.refunds.find(({ id }) => id === refund.provider_refund_id)
      if (theirs?.state === 'failed' && refund.status !== 'failed') {
        return [`${what}: a refund of ${refund.amount} is ${refund.status} here and failed there`]
      }
      const isClaimed =
        refund.status === 'succeeded' || (refund.status === 'pending' && refund.provider_refund_id !== null)
      return isClaimed && theirs === undefined
        ? [`${what}: a refund of ${refund.amount}, ${refund.status} here, is not known there`]
        : []
    }),
  ]
}

function sameState(what: string, ours: RefundFact, theirs: BookedRefund): string[] {
  if (ours.amount !== theirs.amount)
    return [`${what}: a refund of ${ours.amount} here is one of ${theirs.amount} there`]
  return ours.status === theirs.state
    ? []
    : [`${what}: a refund of ${ours.amount} is ${ours.status} here and ${theirs.state} there`]
}

/** A person has been told that there is something to look at. */
function isLeftToSomebody(facts: Facts, ours: readonly RefundFact[], attemptId: string, theirs: BookedRefund): boolean {
  const isDoubtful = ours.some(
    ({ status, provider_refund_id, amount }) =>
      status === 'requires_action' && provider_refund_id === null && amount === theirs.amount,
  )
  const isDrift = facts.drifts.some(
    ({ attempt_id, cause, status, subject }) =>
      attempt_id === attemptId &&
      cause === 'refunded_there' &&
      status === 'open' &&
      (subject.endsWith(`:${theirs.id}`) || subject.endsWith(':refunded')),
  )
  const transaction = facts.transactions.get(facts.attempts.get(attemptId)?.transaction_id ?? '')
  return isDoubtful || isDrift || transaction?.status === 'requires_review'
}

/** Chapa has no list of refunds: one that was made on the dashboard shows in its webhook alone. */
function mayBeUnheard({ load }: Facts, provider: string, { id }: BookedRefund): boolean {
  return provider === 'chapa' && load.dashboardRefunds.has(id)
}
