/** The simulator in the words of the kit's driver, which are the same for every provider. */
import type { Abilities, BookedPayment, CallAccident, Driver, MoneyAccident, WebhookAccident } from '../kit/driver.ts'
import { randomText } from '../kit/world.ts'
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { type Checkout, isPaid, isSessionOver, methodsFor } from './checkouts.ts'
import { ControlError, type FlutterwaveControl } from './control.ts'
import { hashHeaders } from './events.ts'
import type { FlutterwaveFault } from './faults.ts'
import { PLAIN_CARD } from './payment-methods.ts'
import { whyBarred } from './payments.ts'
import { stateOf } from './refunds.ts'
import { triesOf } from './transactions.ts'

const ABILITIES: Abilities = {
  money: ['wrong_amount', 'wrong_currency', 'partial_payment', 'fee_on_payer'],
  payTwice: true,
  // While the session runs on the page itself; afterwards by a transfer that the payer had begun to make.
  payLate: true,
  payDelayed: true,
  refundCourses: ['succeeds', 'stays_pending', 'fails'],
}

/** A webhook that is held waits this long for the next one. */
const HELD_MS = 24 * 60 * 60_000

export function createDriver(books: Books, control: FlutterwaveControl): Driver {
  const keyOf = ({ credentials }: { credentials: Record<string, string> }): string => credentials.secret_key ?? ''
  const accountOf = (account: { credentials: Record<string, string> }): Account =>
    control.configureAccount(keyOf(account), {})

  return {
    abilities: ABILITIES,
    openAccount(mode) {
      const secret_key = `${mode === 'test' ? 'FLWSECK_TEST' : 'FLWSECK'}-${randomText(books.world, 32)}-X`
      const webhook_hash = randomText(books.world, 24)
      control.configureAccount(secret_key, { webhookHash: webhook_hash, refundWebhooks: true })
      return { credentials: { secret_key, webhook_hash } }
    },
    setWebhookUrl(account, webhookUrl) {
      const { webhook_hash: webhookHash = null } = account.credentials
      control.configureAccount(keyOf(account), { webhookUrl, webhookHash })
    },
    accident: (account, accident) => control.setFault(faultOfCall(keyOf(account), accident)),
    webhookAccident: (account, accident) => control.setFault(faultOfWebhook(keyOf(account), accident)),
    clear(account) {
      control.clearFaults(keyOf(account))
    },
    pay(reference, accident) {
      const { account, checkout } = control.checkout({ reference })
      const byTransfer = comesLate(books, account, checkout) || !methodsFor(checkout).includes(PLAIN_CARD)
      if (accident) control.setFault({ ...faultOfMoney(accident), account: account.secretKey, times: 1 })
      if (byTransfer) control.receiveTransfer({ reference })
      else control.pay({ reference }, { method: PLAIN_CARD.id })
    },
    payAgain(reference) {
      control.receiveTransfer({ reference })
    },
    decline(reference) {
      const { account, checkout } = control.checkout({ reference })
      refuseClosed(books, account, checkout)
      control.decline({ reference })
    },
    beginDelayed(reference) {
      const { account, checkout } = control.checkout({ reference })
      refuseClosed(books, account, checkout)
      control.beginTransfer({ reference })
    },
    endDelayed(reference, end) {
      const begun = control.tries({ reference }).findLast(({ method }) => method.group === 'bank_transfer')
      if (begun === undefined) throw new ControlError(404, 'no delayed payment was begun under this reference')
      control.end(begun.id, end)
    },
    setRefundCourse(reference, course) {
      if (course === 'requires_action') throw new ControlError(400, 'a refund at Flutterwave never requires an action')
      control.setRefundCourse({ reference }, course)
    },
    refundOnDashboard: (reference, amount) => String(control.refund({ reference }, amount).id),
    chargeElsewhere: (account, amount, currency) =>
      control.chargeElsewhere({ account: keyOf(account), amount, currency }).txRef,
    books(account) {
      books.agenda.runDue(books.world.now())
      const owner = accountOf(account)
      return [...new Map(owner.checkouts.map((checkout) => [checkout.txRef, checkout])).values()].map((checkout) =>
        booked(owner, checkout),
      )
    },
    sign(account, body) {
      const owner = accountOf(account)
      return hashHeaders(owner, owner.settings.webhookHash, body)
    },
  }
}

/** Whether the money can only come late. @throws where it can't come any more */
function comesLate(books: Books, account: Account, checkout: Checkout): boolean {
  if (isPaid(account, checkout)) throw new ControlError(409, 'this payment has been paid')
  if (!checkout.disabled && isSessionOver(books, checkout)) return true
  refuseClosed(books, account, checkout)
  return false
}

function refuseClosed(books: Books, account: Account, checkout: Checkout): void {
  const barred = whyBarred(books, account, checkout)
  if (barred !== undefined) throw new ControlError(409, barred)
}

function booked(account: Account, { txRef, currency }: Checkout): BookedPayment {
  const paid = triesOf(account, txRef).filter(({ status }) => status === 'successful')
  return {
    reference: txRef,
    timesPaid: paid.length,
    amount: paid[0]?.amount ?? 0,
    currency: paid[0]?.currency ?? currency,
    refunds: account.refunds
      .filter(({ transaction }) => transaction.txRef === txRef)
      .map((refund) => ({ id: String(refund.id), amount: refund.amount, state: stateOf(refund) })),
  }
}

function faultOfCall(account: string, accident: CallAccident): FlutterwaveFault {
  const { operation, times } = accident
  const scope = { account, operation, times }
  switch (accident.kind) {
    case 'slow':
      return { kind: 'slow', ms: accident.ms, when: accident.when, ...scope }
    case 'cut':
      return { kind: 'cut', when: accident.when, how: accident.how, ...scope }
    case 'server_error':
      return { kind: 'server_error', when: accident.when, ...scope }
    case 'html_error_page':
      return { kind: 'bad_gateway', when: accident.when, ...scope }
    case 'rate_limited':
      return { kind: 'rate_limited', resetSeconds: 30, ...scope }
    case 'down':
    case 'malformed_json':
    case 'field_missing':
      return { kind: accident.kind, ...scope }
  }
}

function faultOfWebhook(account: string, accident: WebhookAccident): FlutterwaveFault {
  const scope = { account, times: accident.times }
  switch (accident.kind) {
    case 'lost':
      return { kind: 'webhook_lost', ...scope }
    case 'late':
      return { kind: 'webhook_late', ms: accident.ms, ...scope }
    case 'duplicate':
      return { kind: 'webhook_duplicate', copies: accident.copies, ...scope }
    case 'reordered':
      return { kind: 'webhook_reordered', ms: HELD_MS, ...scope }
  }
}

function faultOfMoney(accident: MoneyAccident): FlutterwaveFault {
  switch (accident.kind) {
    case 'wrong_amount':
      return { kind: 'wrong_amount', delta: accident.delta }
    case 'wrong_currency':
      return { kind: 'wrong_currency', currency: accident.currency }
    case 'partial_payment':
      return { kind: 'partial_debit', shortBy: accident.shortBy }
    case 'fee_on_payer':
      return { kind: 'fees_on_payer' }
  }
}
