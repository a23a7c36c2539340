/** Refunds: what Flutterwave accepts, and the way of one from `completed`, which is its beginning (sheet, section 5). */
import type { Account, FlutterwaveRefundCourse } from './account.ts'
import type { Books } from './books.ts'
import { type Fields, textField } from './call.ts'
import { announceRefund } from './events.ts'
import { major, readMajor } from './money.ts'
import { invalid, type Refusal, refundImpossible, refundTooLarge, refundTooSmall } from './refusal.ts'
import { type Transaction, transactionById } from './transactions.ts'

export const REFUND_STATUSES = [
  'completed',
  'processing',
  'pending-momo',
  'completed-mpgs',
  'completed-preauth',
  'completed-bank-transfer',
  'completed-momo',
  'completed-offline',
  'failed',
  'successful',
  'new',
  'pending',
] as const
export type RefundStatus = (typeof REFUND_STATUSES)[number]

export interface Refund {
  readonly id: number
  readonly transaction: Transaction
  /** Minor units. */
  readonly amount: number
  readonly comment: string | null
  readonly callbackUrl: string | null
  readonly createdAt: Date
  status: RefundStatus
  /** Of the meta; null while nothing has been paid out. */
  disburseStatus: 'completed' | 'failed' | null
  updatedAt: Date
}

/** In minor units. */
const MINIMUM: Readonly<Record<string, number>> = { NGN: 10_000, KES: 1000 }

/** `POST /transactions/{id}/refund`. Without an amount the whole goes back. */
export function createRefund(books: Books, account: Account, id: string, fields: Fields): Refund | Refusal {
  const transaction = transactionById(account, id)
  if (transaction?.status !== 'successful') return refundImpossible()
  const { currency } = transaction
  const given = fields.amount ?? ''
  const amount = given === '' ? transaction.amount : readMajor(given, currency)
  if (amount === undefined) return invalid('amount is invalid')
  const minimum = MINIMUM[currency] ?? 0
  if (amount < minimum) return refundTooSmall(currency, major(minimum, currency))
  if (amount > transaction.amount - refundedOf(account, transaction)) return refundTooLarge()
  return addRefund(books, account, {
    transaction,
    amount,
    comment: textField(fields, 'comments') ?? null,
    callbackUrl: textField(fields, 'callbackurl') ?? null,
  })
}

type NewRefund = Pick<Refund, 'transaction' | 'amount' | 'comment' | 'callbackUrl'>

function addRefund(books: Books, account: Account, wanted: NewRefund): Refund {
  const now = books.world.now()
  const refund: Refund = {
    ...wanted,
    id: books.nextId(),
    createdAt: now,
    status: 'completed',
    disburseStatus: null,
    updatedAt: now,
  }
  account.refunds.push(refund)
  announceRefund(books, account, refund, now)
  const course = account.refundCourses.get(wanted.transaction.txRef) ?? 'succeeds'
  scheduleSteps(books, account, refund, stepsOf(wanted.transaction, course))
  return refund
}

interface RefundStep {
  status: RefundStatus
  disburseStatus: Refund['disburseStatus']
}

function stepsOf({ method }: Transaction, course: FlutterwaveRefundCourse): RefundStep[] {
  const status = method.group === 'mobile_money' ? 'pending-momo' : 'processing'
  const working: RefundStep = { status, disburseStatus: null }
  switch (course) {
    case 'succeeds':
      return [working, { status: END_OF_GROUP[method.group], disburseStatus: 'completed' }]
    case 'stays_pending':
      return [working]
    case 'fails':
      return [working, { status: 'failed', disburseStatus: 'failed' }]
    case 'disbursement_fails':
      return [working, { status: 'completed', disburseStatus: 'failed' }]
  }
}

const END_OF_GROUP = {
  card: 'completed-mpgs',
  wallet: 'completed-mpgs',
  mobile_money: 'completed-momo',
  bank_transfer: 'completed-bank-transfer',
  account: 'completed-bank-transfer',
} as const satisfies Record<Transaction['method']['group'], RefundStatus>

function scheduleSteps(books: Books, account: Account, refund: Refund, steps: readonly RefundStep[]): void {
  for (const [index, step] of steps.entries()) {
    const at = new Date(refund.createdAt.getTime() + (index + 1) * account.settings.refundStepMs)
    books.agenda.schedule(at, (due) => enterStep(books, account, refund, step, due))
  }
}

export function enterStep(books: Books, account: Account, refund: Refund, step: RefundStep, at: Date): void {
  refund.status = step.status
  refund.disburseStatus = step.disburseStatus
  refund.updatedAt = at
  announceRefund(books, account, refund, at)
}

/** Where a refund has got to, in the words of the kit's driver. */
export function stateOf({ status, disburseStatus }: Refund): 'pending' | 'succeeded' | 'failed' {
  if (status === 'failed' || disburseStatus === 'failed') return 'failed'
  return status.startsWith('completed-') || status === 'successful' ? 'succeeded' : 'pending'
}

/** Minor units that went back or are on their way. */
export function refundedOf(account: Account, transaction: Transaction): number {
  return account.refunds
    .filter((refund) => refund.transaction === transaction && stateOf(refund) !== 'failed')
    .reduce((sum, refund) => sum + refund.amount, 0)
}
