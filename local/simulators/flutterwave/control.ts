/**
 * The other side of the simulator: what the merchant does in the dashboard, what payers do, and the faults. Programs call
 * it directly; `control-routes.ts` puts the same under `/_control/`. Amounts are minor units.
 */
import { randomText } from '../kit/world.ts'
import type { Account, AccountSettings, FlutterwaveRefundCourse } from './account.ts'
import type { Books } from './books.ts'
import { type Chargeback, endChargeback, openChargeback } from './chargebacks.ts'
import type { Checkout } from './checkouts.ts'
import { collect, fail } from './collect.ts'
import type { FlutterwaveFault } from './faults.ts'
import { major } from './money.ts'
import { PLAIN_CARD } from './payment-methods.ts'
import { beginTransfer, decline, type PaymentInput, type PaymentResult, pay, receiveTransfer } from './payments.ts'
import { createRefund, enterStep, type Refund, type RefundStatus } from './refunds.ts'
import { Refusal } from './refusal.ts'
import { addTransaction, customerOf, type Transaction, type TransactionStatus, triesOf } from './transactions.ts'

/** A misuse of the control API, with the HTTP status that it is worth. */
export class ControlError extends Error {
  override readonly name = 'ControlError'
  readonly httpStatus: 400 | 404 | 409
  constructor(httpStatus: 400 | 404 | 409, message: string) {
    super(message)
    this.httpStatus = httpStatus
  }
}

export interface PaymentRef {
  reference: string
  /** Needed only where two accounts use the same reference. */
  account?: string | undefined
}

export interface ElsewhereCharge {
  account: string
  amount: number
  currency?: string | undefined
  email?: string | undefined
}

/** @throws ControlError from each, when it names something that doesn't exist or can't be. */
export interface FlutterwaveControl {
  configureAccount(secretKey: string, change: Partial<AccountSettings>): Account
  /** Once strict, a key that was not configured is unknown. */
  setStrictAccounts(strict: boolean): void
  setFault(fault: FlutterwaveFault): void
  clearFaults(account?: string): number
  /** The newest page of a reference. */
  checkout(ref: PaymentRef): { account: Account; checkout: Checkout }
  /** Every try under a reference, oldest first. */
  tries(ref: PaymentRef): Transaction[]
  pay(ref: PaymentRef, input?: PaymentInput): PaymentResult
  decline(ref: PaymentRef): PaymentResult
  /** A transfer that is on its way until `end` is told of it. */
  beginTransfer(ref: PaymentRef): Transaction
  /** Money that arrives by transfer whatever the page says: late, or a second time. */
  receiveTransfer(ref: PaymentRef): Transaction
  /** Ends a try, whatever it reads: a failed one may still be paid. */
  end(transactionId: number, end: 'paid' | 'failed'): Transaction
  /** What a try reads, without money or webhook. */
  setStatus(transactionId: number, status: TransactionStatus): Transaction
  /** A paid charge of this account that the merchant's own system knows nothing of. */
  chargeElsewhere(charge: ElsewhereCharge): Transaction
  /** Of the first paid try under a reference. */
  refund(ref: PaymentRef, amount?: number): Refund
  /** The way that the next refunds under a reference go by themselves. */
  setRefundCourse(ref: PaymentRef, course: FlutterwaveRefundCourse): void
  setRefundStatus(refundId: number, status: RefundStatus, disburseStatus?: Refund['disburseStatus']): Refund
  openChargeback(ref: PaymentRef, wanted?: { amount?: number; dueInMs?: number }): Chargeback
  endChargeback(id: number, status: 'won' | 'lost'): Chargeback
}

/** Local cards: ten working days. */
const CHARGEBACK_DUE_MS = 14 * 24 * 60 * 60_000

export function createControl(books: Books): FlutterwaveControl {
  const catchUp = () => books.agenda.runDue(books.world.now())

  const accountOf = (secretKey: string): Account => {
    const account = books.accounts.find(secretKey)
    if (account === undefined) throw new ControlError(404, 'no account has this secret key')
    return account
  }

  const accountWith = (ref: PaymentRef, has: (account: Account) => boolean): Account => {
    catchUp()
    const accounts = ref.account === undefined ? books.accounts.all() : [accountOf(ref.account)]
    const [first, second] = accounts.filter(has)
    if (first === undefined) throw new ControlError(404, 'no payment has this reference')
    if (second !== undefined) throw new ControlError(409, 'several accounts use this reference: name the account')
    return first
  }

  const findCheckout = (ref: PaymentRef) => {
    const account = accountWith(ref, ({ checkouts }) => checkouts.some(({ txRef }) => txRef === ref.reference))
    const checkout = account.checkouts.findLast(({ txRef }) => txRef === ref.reference)
    if (checkout === undefined) throw new ControlError(404, 'no page was made for this reference')
    return { account, checkout }
  }

  const findPaid = (ref: PaymentRef) => {
    const account = accountWith(ref, (candidate) => triesOf(candidate, ref.reference).length > 0)
    const transaction = triesOf(account, ref.reference).find(({ status }) => status === 'successful')
    if (transaction === undefined) throw new ControlError(400, 'this payment has not been paid')
    return { account, transaction }
  }

  const findTransaction = (id: number) => {
    catchUp()
    return ofSomeAccount(books, `no transaction has the id ${id}`, ({ transactions }) =>
      transactions.find((transaction) => transaction.id === id),
    )
  }

  return {
    configureAccount(secretKey, change) {
      const account = books.accounts.configure(secretKey, change)
      if (account === undefined) throw new ControlError(400, 'a secret key is FLWSECK_TEST-…-X or FLWSECK-…-X')
      return account
    },
    setStrictAccounts(strict) {
      books.accounts.strict = strict
    },
    setFault: (fault) => books.faults.set(fault),
    clearFaults: (account) => books.faults.clear(account),
    checkout: findCheckout,
    tries: (ref) =>
      triesOf(
        accountWith(ref, (account) => triesOf(account, ref.reference).length > 0),
        ref.reference,
      ),
    pay(ref, input = {}) {
      const { account, checkout } = findCheckout(ref)
      return pay(books, account, checkout, input)
    },
    decline(ref) {
      const { account, checkout } = findCheckout(ref)
      return decline(books, account, checkout)
    },
    beginTransfer(ref) {
      const { account, checkout } = findCheckout(ref)
      return beginTransfer(books, account, checkout)
    },
    receiveTransfer(ref) {
      const { account, checkout } = findCheckout(ref)
      return receiveTransfer(books, account, checkout)
    },
    end(transactionId, end) {
      const { account, found } = findTransaction(transactionId)
      if (end === 'paid') collect(books, account, found, books.world.now())
      else fail(books, account, found, 'Transaction failed', books.world.now())
      return found
    },
    setStatus(transactionId, status) {
      const { found } = findTransaction(transactionId)
      found.status = status
      return found
    },
    chargeElsewhere: (charge) => chargeElsewhere(books, accountOf(charge.account), charge),
    refund(ref, amount) {
      const { account, transaction } = findPaid(ref)
      const fields = amount === undefined ? {} : { amount: major(amount, transaction.currency) }
      const refund = createRefund(books, account, String(transaction.id), fields)
      if (refund instanceof Refusal) throw new ControlError(400, refund.message)
      return refund
    },
    setRefundCourse(ref, course) {
      findCheckout(ref).account.refundCourses.set(ref.reference, course)
    },
    setRefundStatus(refundId, status, disburseStatus = null) {
      const { account, found } = ofSomeAccount(books, `no refund has the id ${refundId}`, ({ refunds }) =>
        refunds.find(({ id }) => id === refundId),
      )
      enterStep(books, account, found, { status, disburseStatus }, books.world.now())
      return found
    },
    openChargeback(ref, { amount, dueInMs = CHARGEBACK_DUE_MS } = {}) {
      const { account, transaction } = findPaid(ref)
      return openChargeback(books, account, transaction, { amount: amount ?? transaction.amount, dueInMs })
    },
    endChargeback(id, status) {
      const { found } = ofSomeAccount(books, `no chargeback has the id ${id}`, ({ chargebacks }) =>
        chargebacks.find((chargeback) => chargeback.id === id),
      )
      endChargeback(found, status, books.world.now())
      return found
    },
  }
}

function ofSomeAccount<T>(books: Books, missing: string, find: (account: Account) => T | undefined) {
  for (const account of books.accounts.all()) {
    const found = find(account)
    if (found !== undefined) return { account, found }
  }
  throw new ControlError(404, missing)
}

function chargeElsewhere(books: Books, account: Account, { amount, currency, email }: ElsewhereCharge): Transaction {
  const transaction = addTransaction(books, account, {
    txRef: `Links-${randomText(books.world, 12, '0123456789')}`,
    checkout: null,
    customer: customerOf(books, account, { email: email ?? 'walk-in@customer.example' }),
    meta: null,
    method: PLAIN_CARD,
    amount,
    currency: currency ?? 'NGN',
  })
  collect(books, account, transaction, books.world.now())
  return transaction
}
