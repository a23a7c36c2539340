/** Paystack's part of the words that are the same for every provider. */
import type { Abilities, BookedPayment, Driver, OpenedAccount, RefundCourse } from '../kit/driver.ts'
import { randomText } from '../kit/world.ts'
import { type Account, subunitsPerMinorUnit } from './account.ts'
import type { Books } from './books.ts'
import { ControlError, type PaystackControl } from './control.ts'
import { callFault, moneyFault, webhookFault } from './driver-faults.ts'
import { signedHeaders } from './events.ts'
import { type RefundCourse as Course, STATUS_AT, type Step } from './payment-methods.ts'
import { isPaid, methodsFor, type PaymentInput, type PaymentResult } from './payments.ts'
import type { Refund } from './refunds.ts'
import type { Transaction } from './transactions.ts'

const ABILITIES: Abilities = {
  money: ['wrong_amount', 'wrong_currency', 'partial_payment', 'fee_on_payer'],
  payTwice: false,
  payLate: true,
  payDelayed: true,
  refundCourses: ['succeeds', 'stays_pending', 'fails', 'requires_action'],
}

export function createDriver(books: Books, control: PaystackControl): Driver {
  const accountOf = (opened: OpenedAccount): Account => control.configureAccount(secretKeyIn(opened), {})
  /** A payment that nobody has paid. */
  const unpaid = (reference: string): Transaction => {
    const transaction = control.payment({ reference })
    if (isPaid(transaction)) throw new ControlError(409, 'this payment is paid, and its page takes no other')
    return transaction
  }
  return {
    abilities: ABILITIES,
    openAccount(mode) {
      const secretKey = `sk_${mode}_${randomText(books.world, 40)}`
      control.configureAccount(secretKey, {})
      return { credentials: { secret_key: secretKey } }
    },
    setWebhookUrl(account, url) {
      control.configureAccount(secretKeyIn(account), { webhookUrl: url })
    },
    accident: (account, accident) => control.setFault(callFault(secretKeyIn(account), accident)),
    webhookAccident: (account, accident) => control.setFault(webhookFault(secretKeyIn(account), accident)),
    clear(account) {
      control.clearFaults(secretKeyIn(account))
    },

    pay(reference, accident) {
      const transaction = unpaid(reference)
      const fault = accident && moneyFault(accident, transaction.currency)
      const method = methodsFor(transaction).find(({ refusal }) => refusal === null)
      if (method === undefined) throw new ControlError(409, 'no method can pay this')
      expectIt('paid', control.pay({ reference }, { ...rightAnswers(method.steps), method: method.id }, fault))
    },
    payAgain() {
      throw new ControlError(409, 'Paystack takes one payment for a reference')
    },
    decline(reference) {
      unpaid(reference)
      control.decline({ reference })
    },
    beginDelayed(reference) {
      const method = methodsFor(unpaid(reference)).find(({ steps }) => isUnderWay(steps[0]))
      if (method === undefined) throw new ControlError(409, 'no method can pay this with a delay')
      expectIt('waiting', control.pay({ reference }, { method: method.id }))
    },
    endDelayed(reference, end) {
      const { progress } = unpaid(reference)
      if (progress === null) throw new ControlError(409, 'nobody has begun to pay this')
      if (end === 'failed') control.decline({ reference }, 'failed')
      else expectIt('paid', control.pay({ reference }, rightAnswers(progress.method.steps)))
    },
    setRefundCourse: (reference, course) => control.setRefundCourse({ reference }, REFUND_COURSES[course]),
    refundOnDashboard(reference, amount) {
      const { currency } = control.payment({ reference })
      return String(control.refund({ reference }, amount * subunitsPerMinorUnit(currency)).id)
    },
    chargeElsewhere(account, amount, currency) {
      const subunits = amount * subunitsPerMinorUnit(currency)
      return control.chargeElsewhere({ account: secretKeyIn(account), amount: subunits, currency }).reference
    },
    books(opened) {
      books.agenda.runDue(books.world.now())
      const account = accountOf(opened)
      return account.transactions.filter(({ origin }) => origin === 'api').map((made) => booked(account, made))
    },
    sign: (account, body) => signedHeaders(accountOf(account), body),
  }
}

function secretKeyIn({ credentials }: OpenedAccount): string {
  const { secret_key: secretKey } = credentials
  if (secretKey === undefined) throw new ControlError(404, 'these credentials have no secret_key')
  return secretKey
}

/** Whether a payer who is asked this has done their part as far as anybody can see. */
function isUnderWay(step: Step | undefined): boolean {
  return step !== undefined && STATUS_AT[step.field] !== 'abandoned'
}

function rightAnswers(steps: readonly Step[]): PaymentInput {
  return Object.fromEntries(steps.map((step) => [step.field, rightAnswer(step)]))
}

function rightAnswer(step: Step): string {
  switch (step.field) {
    case 'pin':
    case 'otp':
    case 'birthday':
      return step.accepts
    case 'phone':
      return '08030000000'
    case 'bank_page':
    case 'approval':
      return 'yes'
    case 'transfer':
      return 'exact'
  }
}

function expectIt(kind: PaymentResult['kind'], result: PaymentResult): void {
  if (result.kind === kind) return
  throw new ControlError(409, result.kind === 'refused' ? result.reason : `the payment is ${result.kind}`)
}

const REFUND_COURSES: Readonly<Record<RefundCourse, Course>> = {
  succeeds: 'processed',
  stays_pending: 'stays-pending',
  fails: 'failed',
  requires_action: 'needs-attention',
}

const REFUND_STATES: Readonly<Record<Refund['status'], BookedPayment['refunds'][number]['state']>> = {
  pending: 'pending',
  processing: 'pending',
  processed: 'succeeded',
  failed: 'failed',
  'needs-attention': 'requires_action',
}

function booked(account: Account, transaction: Transaction): BookedPayment {
  const { reference, currency, amount } = transaction
  const inMinorUnits = (subunits: number) => Math.floor(subunits / subunitsPerMinorUnit(currency))
  const refunds = account.refunds.filter((refund) => refund.transaction === transaction)
  return {
    reference,
    timesPaid: isPaid(transaction) ? 1 : 0,
    amount: isPaid(transaction) ? inMinorUnits(amount) : 0,
    currency,
    refunds: refunds.map((refund) => ({
      id: String(refund.id),
      amount: inMinorUnits(refund.amount),
      state: REFUND_STATES[refund.status],
    })),
  }
}
