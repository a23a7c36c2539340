/**
 * What payers do on the hosted page: pay step by step, decline, close it. The page's forms and the control API both come
 * through here.
 */
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { type Checkout, isPaid, isSessionOver, methodsFor, whyClosed } from './checkouts.ts'
import { collect, fail } from './collect.ts'
import { announceTransaction } from './events.ts'
import {
  BANK_TRANSFER,
  DECLINED_CARD,
  endOf,
  judge,
  type PaymentMethod,
  type Step,
  type StepField,
} from './payment-methods.ts'
import { addTransaction, type Transaction, triesOf } from './transactions.ts'

/** What the payer chose and typed. Steps without an answer wait. */
export type PaymentInput = { readonly [field in StepField | 'method']?: string | undefined }

export type PaymentResult =
  | { kind: 'paid' }
  /** Without a step there is nothing that the payer could do. */
  | { kind: 'waiting'; step: Step | null }
  | { kind: 'refused'; reason: string }

const DUPLICATE = 'Oops! Duplicate transaction reference. Please check and try again'

export function pay(books: Books, account: Account, checkout: Checkout, input: PaymentInput): PaymentResult {
  if (isPaid(account, checkout)) return { kind: 'paid' }
  let current = checkout.current
  if (input.method !== undefined || current === null) {
    const barred = whyBarred(books, account, checkout)
    if (barred !== undefined) return { kind: 'refused', reason: barred }
    const method = methodsFor(checkout).find(({ id }) => input.method === undefined || id === input.method)
    if (method === undefined) return { kind: 'refused', reason: 'This payment method is not available' }
    current = startTry(books, account, checkout, method)
    if (method === BANK_TRANSFER) payByItself(books, account, current)
  }
  return takeSteps(books, account, checkout, current, input)
}

/** Ends the try that waits, or makes one that is refused. */
export function decline(books: Books, account: Account, checkout: Checkout): PaymentResult {
  if (isPaid(account, checkout)) return { kind: 'paid' }
  const waiting = checkout.current
  const barred = waiting === null ? whyBarred(books, account, checkout) : undefined
  if (barred !== undefined) return { kind: 'refused', reason: barred }
  const transaction = waiting ?? startTry(books, account, checkout, DECLINED_CARD)
  const reason = waiting === null ? 'Do not honour' : 'Declined'
  fail(books, account, transaction, reason, books.world.now())
  return { kind: 'refused', reason }
}

/** The payer has begun a transfer, and it doesn't end by itself. */
export function beginTransfer(books: Books, account: Account, checkout: Checkout): Transaction {
  const transaction = startTry(books, account, checkout, BANK_TRANSFER)
  wait(books, account, checkout, transaction)
  return transaction
}

/** A transfer arrives whatever the page says: after its session, or besides another payment. */
export function receiveTransfer(books: Books, account: Account, checkout: Checkout): Transaction {
  const transaction = startTry(books, account, checkout, BANK_TRANSFER)
  collect(books, account, transaction, books.world.now())
  return transaction
}

/** Why nobody can begin to pay here: the page has ended, or another page of the same reference was paid. */
export function whyBarred(books: Books, account: Account, checkout: Checkout): string | undefined {
  const paidElsewhere = triesOf(account, checkout.txRef).some(({ status }) => status === 'successful')
  return whyClosed(books, checkout) ?? (paidElsewhere ? DUPLICATE : undefined)
}

/** The last try on this page, whatever became of it. */
export function lastTry(account: Account, checkout: Checkout): Transaction | undefined {
  return account.transactions.findLast((transaction) => transaction.checkout === checkout)
}

function startTry(books: Books, account: Account, checkout: Checkout, method: PaymentMethod): Transaction {
  const { txRef, customer, meta, amount, currency } = checkout
  const transaction = addTransaction(books, account, { checkout, txRef, customer, meta, method, amount, currency })
  checkout.current = transaction
  return transaction
}

function takeSteps(
  books: Books,
  account: Account,
  checkout: Checkout,
  transaction: Transaction,
  input: PaymentInput,
): PaymentResult {
  const { steps } = transaction.method
  for (let step = steps[transaction.stepsDone]; step !== undefined; step = steps[transaction.stepsDone]) {
    const verdict = judge(step, input[step.field])
    if (verdict === 'wait') {
      wait(books, account, checkout, transaction)
      return { kind: 'waiting', step }
    }
    if (verdict !== 'right') return refuse(books, account, transaction, verdict.refusal)
    transaction.stepsDone += 1
    transaction.history.push({ note: `Authentication passed: ${step.field}`, at: books.world.now() })
  }
  const end = endOf(transaction.method, transaction.txRef)
  if (end === 'pending') {
    wait(books, account, checkout, transaction)
    return { kind: 'waiting', step: null }
  }
  if (end !== 'paid') return refuse(books, account, transaction, end.refusal)
  collect(books, account, transaction, books.world.now())
  return { kind: 'paid' }
}

function refuse(books: Books, account: Account, transaction: Transaction, reason: string): PaymentResult {
  fail(books, account, transaction, reason, books.world.now())
  return { kind: 'refused', reason }
}

/** The first wait of a try sets its end: what is unfinished when the session is over is marked failed. */
function wait(books: Books, account: Account, checkout: Checkout, transaction: Transaction): void {
  if (transaction.history.some(({ note }) => note === WAITING)) return
  transaction.history.push({ note: WAITING, at: books.world.now() })
  if (account.settings.pendingWebhooks) announceTransaction(books, account, transaction, books.world.now())
  if (isSessionOver(books, checkout)) return
  books.agenda.schedule(checkout.sessionEndsAt, (at) => {
    if (transaction.status === 'pending') fail(books, account, transaction, 'Session timed out', at)
  })
}

const WAITING = 'Waiting for the payer'

function payByItself(books: Books, account: Account, transaction: Transaction): void {
  const at = new Date(transaction.createdAt.getTime() + account.settings.transferDelayMs)
  books.agenda.schedule(at, (due) => {
    if (transaction.status === 'pending') collect(books, account, transaction, due)
  })
}
