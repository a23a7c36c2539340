/**
 * What a provider's books say was paid is succeeded here, once, with the same amount and currency, or stands in
 * requires_review with its reason; nothing is succeeded that the provider did not take.
 *
 * A payment that was paid at two pages has succeeded by one of them; the other is marked as a duplicate, and told as one.
 */

import type { AttemptFact, Booked, Facts, TransactionFact } from './facts.ts'

export function moneyAgrees(facts: Facts): string[] {
  const paid = facts.booked.filter(({ payment }) => payment.timesPaid > 0 && !isElsewhere(facts, payment))
  return [...paid.flatMap((booked) => paidThere(facts, booked, paid)), ...succeededHere(facts, paid)]
}

/** Another system of the merchant's took it. */
function isElsewhere({ load }: Facts, { reference }: Booked['payment']): boolean {
  return load.platform.providerCalls.elsewhere.has(reference)
}

function paidThere(facts: Facts, { place, payment, attempt }: Booked, paid: readonly Booked[]): string[] {
  const transaction = attempt && facts.transactions.get(attempt.transaction_id)
  if (attempt === undefined || transaction === undefined) return [`${place.name} took money for nothing of ours`]
  const what = `${transaction.name}, paid ${payment.timesPaid} times at ${place.name}`
  if (attempt.status !== 'succeeded' && transaction.status !== 'requires_review') {
    return [`${what}: its attempt is ${attempt.status}, the payment ${transaction.status}`]
  }
  if (transaction.status === 'requires_review') {
    const isAlone = paid.every((other) => other.attempt === attempt || other.attempt?.transaction_id !== transaction.id)
    const isRight = isAlone && payment.timesPaid === 1 && asAsked(attempt, payment)
    return isRight && transaction.review_reason !== 'reversed_before_success'
      ? [`${what}, as it was asked: it is to be reviewed for ${transaction.review_reason}`]
      : []
  }
  if (transaction.status !== 'succeeded') return [`${what}: the payment is ${transaction.status}`]
  const isTold = facts.events.some(
    ({ type, subject_id }) => type === 'payment.duplicate_charge' && subject_id === attempt.id,
  )
  if (attempt.is_duplicate) return isTold ? [] : [`${what}: a charge too many that was not told`]
  if (payment.timesPaid > 1) return [`${what}: nobody was told of the second charge`]
  return isPaidRightly(attempt, payment)
    ? []
    : [`${what}: ${payment.amount} ${payment.currency} were taken, not ${attempt.amount} ${attempt.currency}`]
}

const asAsked = (attempt: AttemptFact, { amount, currency }: Booked['payment']): boolean =>
  amount === attempt.amount && currency === attempt.currency

/** What was taken is what was asked, or that and the fee, where the payer bears it. */
function isPaidRightly(attempt: AttemptFact, { amount, currency }: Booked['payment']): boolean {
  if (currency !== attempt.currency || attempt.confirmed_amount !== attempt.amount) return false
  return (
    amount === attempt.amount || (amount === attempt.collected_amount && amount === attempt.amount + (attempt.fee ?? 0))
  )
}

function succeededHere(facts: Facts, paid: readonly Booked[]): string[] {
  const taken = new Set(paid.map(({ attempt }) => attempt?.id))
  const twice = new Set(paid.filter(({ payment }) => payment.timesPaid > 1).map(({ attempt }) => attempt?.id))
  const attempts = [...facts.attempts.values()].filter(({ status }) => status === 'succeeded')
  const untaken = attempts.filter(({ id }) => !taken.has(id))
  const transactions = [...facts.transactions.values()].filter(({ status }) => status === 'succeeded')
  return [
    ...untaken.map((attempt) => `${facts.nameOf(attempt.transaction_id)}: an attempt succeeded that was not paid`),
    ...transactions.flatMap((transaction) => {
      const right = attempts.filter((attempt) => isItsPayment(transaction, attempt))
      // Paid twice at one page, it is the payment and the charge too many in one.
      const once = right.filter(({ id, is_duplicate }) => !is_duplicate || twice.has(id))
      return once.length === 1 ? [] : [`${transaction.name} has succeeded by ${once.length} attempts`]
    }),
  ]
}

function isItsPayment(transaction: TransactionFact, attempt: AttemptFact): boolean {
  return (
    attempt.transaction_id === transaction.id &&
    attempt.confirmed_amount === transaction.amount &&
    attempt.confirmed_currency === transaction.currency
  )
}
