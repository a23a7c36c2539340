/** Chapa's part of the words that are the same for every provider. */
import type { Abilities, BookedPayment, Driver, MoneyAccident, OpenedAccount, RefundCourse } from '../kit/driver.ts'
import { randomText } from '../kit/world.ts'
import { type Account, secretKeyOf } from './account.ts'
import type { Books } from './books.ts'
import { type ChapaControl, ControlError } from './control.ts'
import { callFault, webhookFault } from './driver-faults.ts'
import { GOOD_INPUT, type MoneyMishap } from './payer.ts'
import { isPaid, type Payment, type RefundEnd } from './payment.ts'
import { type Refund, refundsOf } from './refunds.ts'
import { signedHeaders } from './signature.ts'

/**
 * One amount is told, so that neither a shortfall nor a fee on the payer shows. A payment whose money is on its way is
 * not told from one that nobody touched. Refunds are for live accounts: Chapa makes none in test mode.
 */
const ABILITIES: Abilities = {
  money: ['wrong_amount', 'wrong_currency'],
  payTwice: false,
  payLate: true,
  payDelayed: false,
  refundCourses: ['succeeds', 'stays_pending', 'fails'],
}

export function createDriver(books: Books, control: ChapaControl): Driver {
  const accountOf = (opened: OpenedAccount): Account => control.configureAccount(secretKeyIn(opened), {})
  return {
    abilities: ABILITIES,
    openAccount(mode) {
      const secretKey = secretKeyOf(mode, randomText(books.world, 32))
      const webhookSecret = randomText(books.world, 24)
      control.configureAccount(secretKey, { webhookSecret })
      return { credentials: { secret_key: secretKey, webhook_secret: webhookSecret } }
    },
    setWebhookUrl(account, webhookUrl) {
      const { webhook_secret: webhookSecret = null } = account.credentials
      control.configureAccount(secretKeyIn(account), { webhookUrl, webhookSecret })
    },
    accident: (account, accident) => control.setFault(callFault(secretKeyIn(account), accident)),
    webhookAccident: (account, accident) => control.setFault(webhookFault(secretKeyIn(account), accident)),
    clear(account) {
      control.clearFaults(secretKeyIn(account))
    },

    pay(reference, accident) {
      const mishap = accident && mishapOf(accident)
      const { payment } = control.find({ reference })
      if (isPaid(payment)) throw new ControlError(409, 'this payment is paid, and its page takes no other')
      const result = control.pay({ reference }, GOOD_INPUT, mishap)
      if (result.kind === 'refused') throw new ControlError(409, result.reason)
    },
    payAgain: () => cannot('be paid twice under one reference'),
    decline(reference) {
      const { payment } = control.find({ reference })
      const { failedTries } = payment
      control.decline({ reference })
      if (payment.failedTries === failedTries) throw new ControlError(409, 'the page takes no further try')
    },
    beginDelayed: () => cannot('show that money is on its way'),
    endDelayed: () => cannot('show that money is on its way'),
    setRefundCourse(reference, course) {
      control.find({ reference }).payment.refundEnd = refundEndOf(course)
    },
    refundOnDashboard: (reference, amount) => control.refund({ reference }, amount).refId,
    chargeElsewhere: (account, amount, currency) =>
      control.chargeElsewhere({ account: secretKeyIn(account), amount, currency }).txRef,
    books(opened) {
      books.agenda.runDue(books.world.now())
      const account = accountOf(opened)
      return account.payments.filter(({ origin }) => origin === 'API').map((payment) => booked(account, payment))
    },
    sign: (account, body) => signedHeaders(accountOf(account).settings.webhookSecret, body),
  }
}

function secretKeyIn({ credentials }: OpenedAccount): string {
  const { secret_key: secretKey } = credentials
  if (secretKey === undefined) throw new ControlError(404, 'these credentials have no secret_key')
  return secretKey
}

function mishapOf(accident: MoneyAccident): MoneyMishap {
  if (accident.kind === 'wrong_amount' || accident.kind === 'wrong_currency') return accident
  return cannot(`show ${accident.kind}`)
}

function refundEndOf(course: RefundCourse): RefundEnd {
  switch (course) {
    case 'succeeds':
      return 'refunded'
    case 'fails':
      return 'reversed'
    case 'stays_pending':
      return 'never'
    case 'requires_action':
      return cannot('ask for anything in a refund')
  }
}

function booked(account: Account, payment: Payment): BookedPayment {
  return {
    reference: payment.txRef,
    timesPaid: isPaid(payment) ? 1 : 0,
    amount: isPaid(payment) ? payment.amount : 0,
    currency: payment.currency,
    refunds: refundsOf(account, payment).map(({ refId, amount, status }) => ({
      id: refId,
      amount,
      state: REFUND_STATE[status],
    })),
  }
}

const REFUND_STATE: Readonly<Record<Refund['status'], BookedPayment['refunds'][number]['state']>> = {
  initiated: 'pending',
  processing: 'pending',
  refunded: 'succeeded',
  reversed: 'failed',
}

function cannot(what: string): never {
  throw new ControlError(400, `Chapa can't ${what}`)
}
