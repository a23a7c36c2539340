/**
 * The other side of the simulator: what the merchant does on the dashboard, what payers do, and the faults. Programs call
 * it directly; `control-routes.ts` puts the same under `/_control/`.
 */
import { randomText } from '../kit/world.ts'
import type { Account, AccountSettings } from './account.ts'
import type { Books } from './books.ts'
import type { ChapaFault } from './faults.ts'
import { amountText } from './money.ts'
import {
  BAD_INPUT,
  collect,
  decline,
  GOOD_INPUT,
  leave,
  type MoneyMishap,
  type PaymentInput,
  type PaymentResult,
  pay,
} from './payer.ts'
import { addPayment, findPayment, isPaid, type Payment } from './payment.ts'
import { TELEBIRR } from './payment-methods.ts'
import { createRefund, type Refund, reverseCharge } from './refunds.ts'
import { Refusal } from './refusal.ts'
import { chapaSignature } from './signature.ts'

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
  /** The merchant's `tx_ref`, or Chapa's reference. */
  reference: string
  /** Needed only where two accounts use the same reference. */
  account?: string | undefined
}

export interface ElsewhereCharge {
  account: string
  /** Cents. */
  amount: number
  currency: string
}

/** @throws ControlError from each, when it names something that doesn't exist or can't be. */
export interface ChapaControl {
  configureAccount(secretKey: string, change: Partial<AccountSettings>): Account
  /** Once strict, a key that was not configured is unknown. */
  setStrictAccounts(strict: boolean): void
  setFault(fault: ChapaFault): void
  clearFaults(account?: string): number
  find(ref: PaymentRef): { account: Account; payment: Payment }
  /** Without `input` the payer does everything right. */
  pay(ref: PaymentRef, input?: PaymentInput, mishap?: MoneyMishap): PaymentResult
  /** A try that Chapa refuses; where one was begun, that one. */
  decline(ref: PaymentRef): PaymentResult
  leave(ref: PaymentRef): void
  /** A paid charge of this account that the merchant's own system knows nothing of. */
  chargeElsewhere(charge: ElsewhereCharge): Payment
  /** @param amount in cents; all that is left without it */
  refund(ref: PaymentRef, amount?: number): Refund
  /** The charge goes back to the payer. */
  reverse(ref: PaymentRef): void
  /**
   * Posts any body to the account's URL as somebody would who saw one of its webhooks: with the true `chapa-signature`,
   * and the `x-chapa-signature` of another body. Returns what the merchant answered.
   */
  forgeWebhook(secretKey: string, body: string): Promise<number>
}

export function createControl(books: Books): ChapaControl {
  const accountOf = (secretKey: string): Account => {
    const account = books.accounts.find(secretKey)
    if (account === undefined) throw new ControlError(404, 'no account has this secret key')
    return account
  }

  const find = (ref: PaymentRef): { account: Account; payment: Payment } => {
    books.agenda.runDue(books.world.now())
    const accounts = ref.account === undefined ? books.accounts.all() : [accountOf(ref.account)]
    const [first, second] = accounts.flatMap((account) => {
      const payment = findPayment(account, ref.reference)
      return payment ? [{ account, payment }] : []
    })
    if (first === undefined) throw new ControlError(404, 'no payment has this reference')
    if (second !== undefined) throw new ControlError(409, 'several accounts use this reference: name the account')
    return first
  }

  return {
    configureAccount(secretKey, change) {
      const account = books.accounts.configure(secretKey, change)
      if (account === undefined) throw new ControlError(400, 'a secret key starts with CHASECK_TEST- or CHASECK-')
      return account
    },
    setStrictAccounts(strict) {
      books.accounts.strict = strict
    },
    setFault: (fault) => books.faults.set(fault),
    clearFaults: (account) => books.faults.clear(account),
    find,
    pay(ref, input = GOOD_INPUT, mishap) {
      const { account, payment } = find(ref)
      return pay(books, account, payment, input, mishap)
    },
    decline(ref) {
      const { account, payment } = find(ref)
      if (payment.progress !== null) return decline(books, account, payment)
      return pay(books, account, payment, BAD_INPUT)
    },
    leave: (ref) => leave(books, find(ref).payment),
    chargeElsewhere: ({ account, amount, currency }) => chargeElsewhere(books, accountOf(account), amount, currency),
    refund(ref, amount) {
      const { account, payment } = find(ref)
      const fields = amount === undefined ? {} : { amount: amountText(amount) }
      const refund = createRefund(books, account, payment, fields)
      if (refund instanceof Refusal) throw new ControlError(400, JSON.stringify(refund.message))
      return refund
    },
    reverse(ref) {
      const { account, payment } = find(ref)
      if (!isPaid(payment)) throw new ControlError(400, 'only a paid charge can be reversed')
      reverseCharge(books, account, payment)
    },
    forgeWebhook: (secretKey, body) => forgeWebhook(books, accountOf(secretKey), body),
  }
}

function chargeElsewhere(books: Books, account: Account, amount: number, currency: string): Payment {
  const payment = addPayment(books, account, {
    txRef: `link-${randomText(books.world, 12)}`,
    ...{ amount, currency },
    ...{ email: null, firstName: null, lastName: null, phoneNumber: null, callbackUrl: null, returnUrl: null },
    customization: { title: null, description: null, logo: null },
    meta: null,
    origin: 'Payment Link',
  })
  collect(books, account, payment, { method: TELEBIRR, number: GOOD_INPUT.number ?? '' })
  return payment
}

async function forgeWebhook(books: Books, { settings }: Account, body: string): Promise<number> {
  const { webhookUrl, webhookSecret } = settings
  if (webhookUrl === null || webhookSecret === null)
    throw new ControlError(400, 'nothing is sent without URL and secret')
  const headers = {
    'content-type': 'application/json',
    'chapa-signature': await chapaSignature(webhookSecret, webhookSecret),
    'x-chapa-signature': await chapaSignature(webhookSecret, `${body} `),
  }
  const response = await books.world.deliver(new Request(webhookUrl, { method: 'POST', headers, body }))
  await response.body?.cancel()
  return response.status
}
