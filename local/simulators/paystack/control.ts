/**
 * The other side of the simulator: what the merchant does on the Dashboard, what payers do, and the faults. Programs
 * call it directly; `control-routes.ts` puts the same under `/_control/`.
 */
import { randomText } from '../kit/world.ts'
import type { Account, AccountSettings } from './account.ts'
import type { Books } from './books.ts'
import { type Dispute, type DisputeResolution, openDispute, resolveDispute } from './disputes.ts'
import type { MoneyFault, PaystackFault } from './faults.ts'
import { PAYMENT_METHODS, type RefundCourse } from './payment-methods.ts'
import { collect, decline, type PaymentInput, type PaymentResult, pay, walkAway } from './payments.ts'
import { createRefund, findTransaction, type Refund, setRefundCourse } from './refunds.ts'
import { Refusal } from './refusal.ts'
import { type Settlement, settle } from './settlements.ts'
import { addTransaction, type Transaction } from './transactions.ts'

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
  /** Subunits. */
  amount: number
  currency?: string | undefined
  email?: string | undefined
  reference?: string | undefined
}

/** @throws ControlError from each, when it names something that doesn't exist or can't be. */
export interface PaystackControl {
  configureAccount(secretKey: string, change: Partial<AccountSettings>): Account
  /** Once strict, a key that was not configured is unknown. */
  setStrictAccounts(strict: boolean): void
  setFault(fault: PaystackFault): void
  clearFaults(account?: string): number
  payment(ref: PaymentRef): Transaction
  /** @param accident befalls the money of this payment, beside what the faults say */
  pay(ref: PaymentRef, input?: PaymentInput, accident?: MoneyFault): PaymentResult
  decline(ref: PaymentRef, status?: 'abandoned' | 'failed'): PaymentResult
  /** Returns where the payer's browser would go. */
  walkAway(ref: PaymentRef): string | null
  /** A paid charge of this account that the merchant's own system knows nothing of. */
  chargeElsewhere(charge: ElsewhereCharge): Transaction
  refund(ref: PaymentRef, amount?: number): Refund
  /** What the next refunds of the payment come to; those that were to stay pending go on with them. */
  setRefundCourse(ref: PaymentRef, course: RefundCourse): void
  openDispute(ref: PaymentRef, wanted?: { refundAmount?: number; category?: string; dueInMs?: number }): Dispute
  resolveDispute(id: number, resolution: DisputeResolution): Dispute
  settle(account: string, currency: string): Settlement
}

export function createControl(books: Books): PaystackControl {
  const accountOf = (secretKey: string): Account => {
    const account = books.accounts.find(secretKey)
    if (account === undefined) throw new ControlError(404, 'no account has this secret key')
    return account
  }

  const find = (ref: PaymentRef): { account: Account; transaction: Transaction } => {
    const accounts = ref.account === undefined ? books.accounts.all() : [accountOf(ref.account)]
    const found = accounts.flatMap((account) => {
      const transaction = findTransaction(account, ref.reference)
      return transaction ? [{ account, transaction }] : []
    })
    const [first, second] = found
    if (first === undefined) throw new ControlError(404, 'no transaction has this reference')
    if (second !== undefined) throw new ControlError(409, 'several accounts use this reference: name the account')
    return first
  }

  return {
    configureAccount(secretKey, change) {
      const account = books.accounts.configure(secretKey, change)
      if (account === undefined) throw new ControlError(400, 'a secret key starts with sk_test_ or sk_live_')
      return account
    },
    setStrictAccounts(strict) {
      books.accounts.strict = strict
    },
    setFault: (fault) => books.faults.set(fault),
    clearFaults: (account) => books.faults.clear(account),
    payment: (ref) => find(ref).transaction,
    pay(ref, input = {}, accident) {
      const { account, transaction } = find(ref)
      return pay(books, account, transaction, input, accident)
    },
    decline: (ref, status) => decline(books, find(ref).transaction, status),
    walkAway: (ref) => walkAway(books, find(ref).transaction),
    chargeElsewhere(charge) {
      const account = accountOf(charge.account)
      const reference = charge.reference ?? `T${randomText(books.world, 15, '0123456789')}`
      if (account.transactionsByReference.has(reference)) throw new ControlError(409, 'this reference is used already')
      const transaction = addTransaction(books, account, {
        email: charge.email ?? 'walk-in@customer.example',
        amount: charge.amount,
        currency: charge.currency ?? account.settings.currencies[0],
        reference,
        origin: 'elsewhere',
      })
      const [card] = PAYMENT_METHODS
      if (card) collect(books, account, transaction, card)
      return transaction
    },
    refund(ref, amount) {
      const { account, transaction } = find(ref)
      const refund = createRefund(books, account, { transaction: transaction.reference, amount })
      if (refund instanceof Refusal) throw new ControlError(400, refund.message)
      return refund
    },
    setRefundCourse(ref, course) {
      const { account, transaction } = find(ref)
      setRefundCourse(books, account, transaction, course)
    },
    openDispute(ref, wanted = {}) {
      const { account, transaction } = find(ref)
      if (transaction.paidAt === null) throw new ControlError(400, 'only a paid transaction can be disputed')
      return openDispute(books, account, { ...wanted, transaction })
    },
    resolveDispute(id, resolution) {
      for (const account of books.accounts.all()) {
        const dispute = account.disputes.find((candidate) => candidate.id === id)
        if (dispute === undefined) continue
        resolveDispute(books, account, dispute, resolution, books.world.now())
        return dispute
      }
      throw new ControlError(404, 'no dispute has this id')
    },
    settle(secretKey, currency) {
      const settlement = settle(books, accountOf(secretKey), currency)
      if (settlement === undefined) throw new ControlError(400, 'nothing to settle (test mode never settles)')
      return settlement
    },
  }
}
