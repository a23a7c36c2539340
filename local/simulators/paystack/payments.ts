/**
 * What payers do on the checkout page: pay step by step, decline, walk away. The page's forms and the control API both
 * come through here.
 */
import { FaultBoard } from '../kit/faults.ts'
import { randomText } from '../kit/world.ts'
import { type Account, subunitsPerMinorUnit } from './account.ts'
import type { Books } from './books.ts'
import { announceCharge, announceRejectedTransfer } from './events.ts'
import type { MoneyFault } from './faults.ts'
import { PAYMENT_METHODS, type PaymentMethod, STATUS_AT, type Step, type StepField } from './payment-methods.ts'
import { addLedgerRow } from './settlements.ts'
import { isWebUrl, metadataObject, type Transaction, type TransactionLog } from './transactions.ts'

/** What the payer chose and typed. Steps without an answer wait. */
export type PaymentInput = { readonly [field in StepField | 'method']?: string | undefined }

export type PaymentResult = { kind: 'paid' } | { kind: 'waiting'; step: Step } | { kind: 'refused'; reason: string }

const SESSION_TIMEOUT = 'Transaction cannot be completed. Session timeout exceeded.'

/** The methods that a transaction's currency and `channels` leave. */
export function methodsFor(transaction: Transaction): PaymentMethod[] {
  return PAYMENT_METHODS.filter(
    ({ channel, currencies }) =>
      (transaction.channels === null || transaction.channels.includes(channel)) &&
      (currencies === null || currencies.some((currency) => currency === transaction.currency)),
  )
}

export function isPaid(transaction: Transaction): boolean {
  return transaction.paidAt !== null
}

/** @param accident befalls the money of this payment, beside what the faults say */
export function pay(
  books: Books,
  account: Account,
  transaction: Transaction,
  input: PaymentInput,
  accident?: MoneyFault,
): PaymentResult {
  if (isPaid(transaction)) return { kind: 'paid' }
  const barred = whyBarred(books, account, transaction)
  if (barred !== undefined) return { kind: 'refused', reason: barred }

  if (input.method !== undefined || transaction.progress === null) {
    const method = methodsFor(transaction).find(
      (candidate) => input.method === undefined || candidate.id === input.method,
    )
    if (method === undefined) return { kind: 'refused', reason: 'This payment method is not available' }
    startAttempt(books, transaction, method)
  }
  return takeSteps(books, account, transaction, input, accident)
}

/** A refusal of the first step leaves `abandoned`, a later one `failed` (observed). */
export function decline(books: Books, transaction: Transaction, status?: 'abandoned' | 'failed'): PaymentResult {
  if (isPaid(transaction)) return { kind: 'paid' }
  if (transaction.progress === null) logOf(books, transaction).attempts += 1
  return refuse(books, transaction, 'Declined', status ?? (transaction.progress === null ? 'abandoned' : 'failed'))
}

/** The page stays payable. Returns where the payer goes: the `cancel_action` of the metadata, if there is one. */
export function walkAway(books: Books, transaction: Transaction): string | null {
  log(books, transaction, 'close', 'Page closed')
  const cancelUrl = metadataObject(transaction.metadata)?.cancel_action
  return typeof cancelUrl === 'string' && isWebUrl(cancelUrl) ? cancelUrl : null
}

/** Where the payer returns after paying: the reference under both of its names (sheet, section 3). */
export function returnUrl(transaction: Transaction): string | null {
  if (transaction.callbackUrl === null) return null
  const [page = '', fragment] = transaction.callbackUrl.split('#', 2)
  const reference = encodeURIComponent(transaction.reference)
  const joint = page.includes('?') ? (/[?&]$/.test(page) ? '' : '&') : '?'
  return `${page}${joint}trxref=${reference}&reference=${reference}${fragment === undefined ? '' : `#${fragment}`}`
}

/** Why nobody can pay this transaction any more, if so. */
export function whyBarred(books: Books, account: Account, transaction: Transaction): string | undefined {
  const timeoutMs = account.settings.paymentSessionTimeoutSeconds * 1000
  const ageMs = books.world.now().getTime() - transaction.createdAt.getTime()
  if (timeoutMs > 0 && ageMs > timeoutMs) return SESSION_TIMEOUT
  const target = { account: account.secretKey, operation: 'pay' }
  const dead = transaction.status === 'failed' && books.faults.take('failed_is_final', target)
  return dead ? `This payment has failed: ${transaction.gatewayResponse}` : undefined
}

function startAttempt(books: Books, transaction: Transaction, method: PaymentMethod): void {
  transaction.progress = { method, stepsDone: 0 }
  transaction.channel = method.channel
  logOf(books, transaction).attempts += 1
  log(books, transaction, 'action', `Attempted to pay with ${method.channel.replace('_', ' ')}`)
}

function takeSteps(
  books: Books,
  account: Account,
  transaction: Transaction,
  input: PaymentInput,
  accident: MoneyFault | undefined,
): PaymentResult {
  const { progress } = transaction
  if (progress === null) throw new Error('an attempt has been started before its steps are taken')
  const { method } = progress
  for (let step = method.steps[progress.stepsDone]; step !== undefined; step = method.steps[progress.stepsDone]) {
    const answer = input[step.field]
    const verdict = answer === undefined ? 'wait' : judge(step, answer, transaction.requestedAmount)
    if (verdict === 'given_back') {
      log(books, transaction, 'error', 'Another amount was sent: it goes back to the payer')
      announceRejectedTransfer(books, account, transaction, Number(answer))
    }
    if (verdict === 'wait' || verdict === 'given_back') {
      transaction.status = STATUS_AT[step.field]
      return { kind: 'waiting', step }
    }
    if (verdict === 'wrong') return refuse(books, transaction, `Incorrect ${step.field.toUpperCase()}`, 'failed')
    progress.stepsDone += 1
    log(books, transaction, 'auth', `Authentication passed: ${step.field}`)
  }
  if (method.refusal === null) return collect(books, account, transaction, method, accident)
  return refuse(books, transaction, method.refusal, method.steps.length === 0 ? 'abandoned' : 'failed')
}

function judge(step: Step, answer: string, asked: number): 'right' | 'wrong' | 'wait' | 'given_back' {
  switch (step.field) {
    case 'pin':
    case 'otp':
    case 'birthday':
      return answer === step.accepts ? 'right' : 'wrong'
    case 'phone':
      return /^\+?\d{10,}$/.test(answer) ? 'right' : 'wrong'
    case 'bank_page':
    case 'approval':
      return answer === 'yes' ? 'right' : 'wait'
    case 'transfer':
      if (answer === 'exact' || answer === String(asked)) return 'right'
      return /^\d+$/.test(answer) ? 'given_back' : 'wait'
  }
}

function refuse(books: Books, transaction: Transaction, reason: string, status: 'abandoned' | 'failed'): PaymentResult {
  transaction.progress = null
  transaction.status = status
  transaction.gatewayResponse = reason
  transaction.message = reason
  logOf(books, transaction).errors += 1
  log(books, transaction, 'error', reason)
  return { kind: 'refused', reason }
}

/** The money moves, as the faults let it. */
export function collect(
  books: Books,
  account: Account,
  transaction: Transaction,
  method: PaymentMethod,
  accident?: MoneyFault,
): PaymentResult {
  const target = { account: account.secretKey, operation: 'pay' }
  const own = new FaultBoard<MoneyFault>()
  if (accident !== undefined) own.set(accident)
  const befall = <K extends MoneyFault['kind']>(kind: K) => own.take(kind, target) ?? books.faults.take(kind, target)
  const wrongAmount = befall('wrong_amount')
  const wrongCurrency = befall('wrong_currency')
  const feesOnPayer = befall('fees_on_payer') !== undefined || account.settings.feeBearer === 'customer'
  const partial = befall('partial_debit')

  const asked = Math.max(transaction.requestedAmount + (wrongAmount?.delta ?? 0), 1)
  const fees = feesOf(asked, transaction.currency)
  transaction.requestedAmount = asked
  transaction.amount = Math.max(asked + (feesOnPayer ? fees : 0) - (partial?.shortBy ?? 0), 1)
  transaction.currency = wrongCurrency?.currency ?? transaction.currency
  transaction.fees = fees
  transaction.status = 'success'
  transaction.paidAt = books.world.now()
  transaction.gatewayResponse = method.channel === 'card' ? 'Successful' : 'Approved'
  transaction.message = null
  transaction.channel = method.channel
  transaction.progress = null
  const authorizationCode = `AUTH_${randomText(books.world, 10)}`
  transaction.paidWith = { method, authorizationCode, signature: `SIG_${randomText(books.world, 20)}` }
  logOf(books, transaction).success = true
  log(books, transaction, 'success', `Successfully paid with ${method.channel.replace('_', ' ')}`)

  const { id, currency, paidAt } = transaction
  const row = { currency, difference: transaction.amount - fees, model: 'Transaction', modelId: id } as const
  addLedgerRow(books, account, row, paidAt)
  announceCharge(books, account, transaction)
  return { kind: 'paid' }
}

/** The simulator's own price, the same in every currency. */
const FEE_BASIS_POINTS = 150

/** In whole minor units: nobody is charged a part of a franc. */
function feesOf(amount: number, currency: string): number {
  const unit = subunitsPerMinorUnit(currency)
  return Math.ceil((amount * FEE_BASIS_POINTS) / 10_000 / unit) * unit
}

function logOf(books: Books, transaction: Transaction): TransactionLog {
  transaction.log ??= { startedAt: books.world.now(), attempts: 0, errors: 0, success: false, history: [] }
  return transaction.log
}

function log(
  books: Books,
  transaction: Transaction,
  type: TransactionLog['history'][number]['type'],
  message: string,
): void {
  logOf(books, transaction).history.push({ type, message, at: books.world.now() })
}
