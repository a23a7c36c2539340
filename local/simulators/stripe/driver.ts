/**
 * Stripe in the words that are the same for all providers. What `driver.ts` of the kit leaves to each of them:
 * - A payment's reference is the `client_reference_id` of its session.
 * - The endpoint listens to one event for each thing that happens, so that the accidents of webhooks befall that one.
 * - A `server_error` after the effect is saved under the idempotency key, which then replays it; one before it is not.
 * - An accident of `confirm` strikes the list of sessions as well, since that is how a session without a known id is
 *   found; one of `list_payments` strikes such a look-up.
 * - A refund that `fails` has succeeded first, and one that `succeeds` does so at once, as with Stripe's test cards.
 */
import type {
  BookedPayment,
  CallAccident,
  Driver,
  MoneyAccident,
  OpenedAccount,
  WebhookAccident,
} from '../kit/driver.ts'
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { ControlError, type StripeControl } from './control.ts'
import { isoToWire, wireToIso } from './currencies.ts'
import { webhookHeaders } from './events.ts'
import type { StripeFault } from './faults.ts'
import { newId } from './ids.ts'
import type { PaymentResult } from './payments.ts'
import type { Refund } from './refunds.ts'
import type { Session } from './sessions.ts'

const ENABLED_EVENTS = [
  'checkout.session.completed',
  'checkout.session.async_payment_succeeded',
  'checkout.session.async_payment_failed',
  'checkout.session.expired',
  'payment_intent.payment_failed',
  'refund.created',
  'refund.updated',
  'refund.failed',
  'charge.dispute.created',
]

export function createDriver(books: Books, control: StripeControl): Driver {
  const accountOf = ({ credentials }: OpenedAccount): Account => control.account(credentials.secret_key ?? '')
  const setFault = (account: OpenedAccount, fault: StripeFault) =>
    control.setFault({ ...fault, account: accountOf(account).secretKey })

  return {
    abilities: {
      money: ['wrong_amount', 'wrong_currency', 'partial_payment'],
      payTwice: false,
      payLate: false,
      payDelayed: true,
      refundCourses: ['succeeds', 'stays_pending', 'fails', 'requires_action'],
    },
    openAccount(mode) {
      const { secretKey, settings } = control.configureAccount(newId(books.world, `sk_${mode}`, 40), {
        enabledEvents: ENABLED_EVENTS,
      })
      return { credentials: { secret_key: secretKey, webhook_secret: settings.webhookSecret } }
    },
    setWebhookUrl(account, webhookUrl) {
      const { secretKey, settings } = accountOf(account)
      const { webhook_secret: webhookSecret = settings.webhookSecret } = account.credentials
      control.configureAccount(secretKey, { webhookUrl, webhookSecret })
    },
    accident: (account, accident) => setFault(account, callFault(accident)),
    webhookAccident: (account, accident) => setFault(account, webhookFault(accident)),
    clear(account) {
      control.clearFaults(accountOf(account).secretKey)
    },

    pay(reference, accident) {
      const { currency } = control.session({ reference })
      requireKind(control.pay({ reference }, { accident: accident && accidentInWire(accident, currency) }), 'paid')
    },
    payAgain() {
      throw new ControlError(409, 'a session is paid once')
    },
    decline: (reference) => requireKind(control.decline({ reference }), 'refused'),
    beginDelayed: (reference) => requireKind(control.beginDelayed({ reference }), 'processing'),
    endDelayed: (reference, end) => control.endDelayed({ reference }, end),
    setRefundCourse: (reference, course) => control.setRefundCourse({ reference }, course),
    refundOnDashboard(reference, amount) {
      const { currency } = control.session({ reference })
      return control.refund({ reference }, isoToWire(amount, currency)).id
    },
    chargeElsewhere(account, amount, currency) {
      const { secretKey } = accountOf(account)
      const lower = currency.toLowerCase()
      const reference = newId(books.world, 'elsewhere', 12)
      control.chargeElsewhere({ account: secretKey, amount: isoToWire(amount, lower), currency: lower, reference })
      return reference
    },
    books(account) {
      books.agenda.runDue(books.world.now())
      const { sessions, refunds } = accountOf(account)
      const byReference = Map.groupBy(sessions, (session) => session.clientReferenceId ?? session.id)
      return [...byReference].map(([reference, group]) => booked(reference, group, refunds))
    },
    sign: (account, body) => webhookHeaders(accountOf(account), body, books.world.now()),
  }
}

/** @throws ControlError when something else came of it */
function requireKind(result: PaymentResult, kind: PaymentResult['kind']): void {
  if (result.kind === kind) return
  throw new ControlError(409, 'reason' in result ? result.reason : `the payment is ${result.kind}`)
}

function callFault(accident: CallAccident): StripeFault {
  const { operation, times } = accident
  const scope = { ...(operation !== undefined && { operation }), ...(times !== undefined && { times }) }
  switch (accident.kind) {
    case 'slow':
      return { kind: 'slow', ms: accident.ms, when: accident.when, ...scope }
    case 'cut':
      return { kind: 'cut', when: accident.when, how: accident.how, ...scope }
    case 'rate_limited':
      return { kind: 'rate_limited', resetSeconds: 1, ...scope }
    case 'server_error':
      return { kind: 'server_error', when: accident.when, ...scope }
    case 'html_error_page':
      return { kind: 'bad_gateway', when: accident.when, ...scope }
    case 'down':
    case 'malformed_json':
    case 'field_missing':
      return { kind: accident.kind, ...scope }
  }
}

function webhookFault(accident: WebhookAccident): StripeFault {
  const scope = accident.times === undefined ? {} : { times: accident.times }
  switch (accident.kind) {
    case 'lost':
      return { kind: 'webhook_lost', ...scope }
    case 'late':
      return { kind: 'webhook_late', ms: accident.ms, ...scope }
    case 'duplicate':
      return { kind: 'webhook_duplicate', copies: accident.copies, ...scope }
    case 'reordered':
      return { kind: 'webhook_reordered', ms: HELD_AT_MOST_MS, ...scope }
  }
}

const HELD_AT_MOST_MS = 60 * 60 * 1000

function accidentInWire(accident: MoneyAccident, currency: string): MoneyAccident {
  switch (accident.kind) {
    case 'wrong_amount':
      return { kind: 'wrong_amount', delta: isoToWire(accident.delta, currency) }
    case 'partial_payment':
      return { kind: 'partial_payment', shortBy: isoToWire(accident.shortBy, currency) }
    case 'wrong_currency':
      return accident
    case 'fee_on_payer':
      throw new ControlError(409, 'a payer never bears the fee')
  }
}

const REFUND_STATES = {
  pending: 'pending',
  requires_action: 'requires_action',
  succeeded: 'succeeded',
  failed: 'failed',
  canceled: 'failed',
} as const

function booked(reference: string, sessions: readonly Session[], refunds: readonly Refund[]): BookedPayment {
  const paid = sessions.filter(({ paymentStatus }) => paymentStatus === 'paid')
  const currency = paid[0]?.currency ?? sessions[0]?.currency ?? ''
  return {
    reference,
    timesPaid: paid.length,
    amount: wireToIso(paid[0]?.intent?.amountReceived ?? 0, currency),
    currency: currency.toUpperCase(),
    refunds: refunds
      .filter(({ charge }) => sessions.includes(charge.intent.session))
      .map(({ id, amount, status }) => ({
        id,
        amount: wireToIso(amount, currency),
        state: REFUND_STATES[status],
      })),
  }
}
