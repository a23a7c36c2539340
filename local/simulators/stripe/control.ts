/**
 * The other side of the simulator: what the merchant does on the Dashboard, what payers do, and the faults. Programs call
 * it directly; `control-routes.ts` puts the same under `/_control/`.
 */
import type { MoneyAccident, RefundCourse } from '../kit/driver.ts'
import { type Account, type AccountSettings, accountSettings } from './account.ts'
import type { Books } from './books.ts'
import type { StripeFault } from './faults.ts'
import { newId } from './ids.ts'
import { DECLINED, PAYMENT_METHODS, type PaymentMethod, SUCCEEDS, waiting } from './payment-methods.ts'
import { answerChallenge, endDelayed, type PaymentResult, pay } from './payments.ts'
import { createRefund, type Refund } from './refunds.ts'
import { Refusal } from './refusal.ts'
import { addSession, type Session } from './sessions.ts'

/** A misuse of the control, with the HTTP status that it is worth. */
export class ControlError extends Error {
  override readonly name = 'ControlError'
  readonly httpStatus: 400 | 404 | 409
  constructor(httpStatus: 400 | 404 | 409, message: string) {
    super(message)
    this.httpStatus = httpStatus
  }
}

export interface PaymentRef {
  /** The `client_reference_id`, or the id of the session or of its PaymentIntent. */
  reference: string
  /** Needed only where two accounts use the same reference. */
  account?: string | undefined
}

/** Amounts in what the wire counts. @throws ControlError from each, when it names what doesn't exist or can't be. */
export interface StripeControl {
  account(secretKey: string): Account
  configureAccount(secretKey: string, change: Partial<AccountSettings>): Account
  /** The old secret signs beside the new one until its time is up. */
  rollWebhookSecret(secretKey: string, newSecret: string, keptMs: number): Account
  setFault(fault: StripeFault): void
  clearFaults(account?: string): number
  /** Of several sessions with the same reference: one that is open, else the newest. */
  session(ref: PaymentRef): Session
  /** With a test card or IBAN; 4242… without. */
  pay(ref: PaymentRef, wanted?: { method?: string | undefined; accident?: MoneyAccident | undefined }): PaymentResult
  answerChallenge(ref: PaymentRef, passed: boolean): PaymentResult
  decline(ref: PaymentRef): PaymentResult
  /** Begins a payment that waits for `endDelayed`: a SEPA debit, or a card that is processing where there is none. */
  beginDelayed(ref: PaymentRef): PaymentResult
  endDelayed(ref: PaymentRef, end: 'paid' | 'failed'): void
  setRefundCourse(ref: PaymentRef, course: RefundCourse): void
  refund(ref: PaymentRef, amount?: number): Refund
  /** A payment through a payment link of this account, of which the merchant's own system knows nothing. */
  chargeElsewhere(charge: { account: string; amount: number; currency: string; reference: string }): Session
}

export function createControl(books: Books): StripeControl {
  const accountOf = (secretKey: string): Account => {
    const account = books.accounts.find(secretKey)
    if (account === undefined)
      throw new ControlError(400, 'a secret key starts with sk_test_, sk_live_ or the same in rk_')
    return account
  }
  const find = (ref: PaymentRef): { account: Account; session: Session } => {
    books.agenda.runDue(books.world.now())
    const accounts = ref.account === undefined ? books.accounts.all() : [accountOf(ref.account)]
    const found = accounts.flatMap((account) => {
      const session = findSession(account, ref.reference)
      return session === undefined ? [] : [{ account, session }]
    })
    const [first, second] = found
    if (first === undefined) throw new ControlError(404, 'no session has this reference')
    if (second !== undefined) throw new ControlError(409, 'several accounts use this reference: name the account')
    return first
  }
  const payWith = (ref: PaymentRef, method: PaymentMethod, accident?: MoneyAccident): PaymentResult => {
    const { account, session } = find(ref)
    return pay(books, account, session, method, accident)
  }

  return {
    account: accountOf,
    configureAccount(secretKey, change) {
      const account = accountOf(secretKey)
      account.settings = accountSettings.parse({ ...account.settings, ...change })
      return account
    },
    rollWebhookSecret(secretKey, newSecret, keptMs) {
      const account = accountOf(secretKey)
      const until = new Date(books.world.now().getTime() + keptMs)
      account.retiringSecrets.push({ secret: account.settings.webhookSecret, until })
      account.settings = { ...account.settings, webhookSecret: newSecret }
      return account
    },
    setFault: (fault) => books.faults.set(fault),
    clearFaults: (account) => books.faults.clear(account),
    session: (ref) => find(ref).session,
    pay: (ref, { method, accident } = {}) => payWith(ref, method === undefined ? SUCCEEDS : methodOf(method), accident),
    answerChallenge(ref, passed) {
      const { account, session } = find(ref)
      return answerChallenge(books, account, session, passed)
    },
    decline: (ref) => payWith(ref, DECLINED),
    beginDelayed(ref) {
      const { methodTypes } = find(ref).session
      return payWith(ref, waiting(methodTypes.includes('sepa_debit') ? 'sepa_debit' : 'card'))
    },
    endDelayed(ref, end) {
      const { account, session } = find(ref)
      const ended = endDelayed(books, account, session, end, books.world.now())
      if (!ended) throw new ControlError(409, 'no payment of this session is processing')
    },
    setRefundCourse(ref, course) {
      find(ref).session.refundCourse = course
    },
    refund(ref, amount) {
      const { account, session } = find(ref)
      const charge = session.intent?.latestCharge
      if (charge?.status !== 'succeeded') throw new ControlError(409, 'this session has not been paid')
      try {
        return createRefund(books, account, { charge, amount, reason: 'requested_by_customer' }, null)
      } catch (error) {
        throw error instanceof Refusal ? new ControlError(409, error.message) : error
      }
    },
    chargeElsewhere({ account: secretKey, amount, currency, reference }) {
      const account = accountOf(secretKey)
      const price_data = { currency, unit_amount: amount, product_data: { name: 'Sold elsewhere' } }
      const session = addSession(
        books,
        account,
        {
          mode: 'payment',
          line_items: [{ price_data, quantity: 1 }],
          success_url: 'https://shop.example/thanks',
          client_reference_id: reference,
        },
        newId(books.world, 'plink'),
      )
      pay(books, account, session, SUCCEEDS)
      return session
    },
  }
}

function findSession(account: Account, reference: string): Session | undefined {
  const named = account.sessions.filter(({ id, clientReferenceId, intent }) =>
    [id, clientReferenceId, intent?.id].includes(reference),
  )
  return named.findLast(({ status }) => status === 'open') ?? named.at(-1)
}

function methodOf(id: string): PaymentMethod {
  const method = PAYMENT_METHODS.find((candidate) => candidate.id === id)
  if (method === undefined) throw new ControlError(400, 'no test card or account has this number')
  return method
}
