/** The payment data that Stripe's test mode knows (sheet, section 10): what each asks of the payer, and how it ends. */

/** Why a bank, or Stripe itself, refuses. */
export interface Failure {
  /** `failure_code` of the Charge, `code` of the error. */
  readonly code: string
  readonly declineCode: string | null
  readonly message: string
  /** Stripe's own rules refused, and no bank was asked. */
  readonly blocked?: boolean
}

/** What becomes of a refund by itself. */
export type RefundEnd = 'succeeds' | 'pending_then_succeeds' | 'succeeds_then_fails'

export interface PaymentMethod {
  /** A card or account number. */
  readonly id: string
  readonly type: 'card' | 'sepa_debit'
  readonly hint: string
  /** Asks the payer to confirm at the bank first. */
  readonly challenge: boolean
  readonly failure: Failure | null
  /** Not null where the money comes later, or doesn't (`failure`); `forever` until somebody ends it. */
  readonly delayMs: number | 'forever' | null
  readonly refundEnd: RefundEnd
  readonly disputed: boolean
  /** Funds can be paid out at once. */
  readonly availableAtOnce: boolean
}

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS

const card = (id: string, hint: string, change: Partial<PaymentMethod> = {}): PaymentMethod => ({
  id,
  type: 'card',
  hint,
  challenge: false,
  failure: null,
  delayMs: null,
  refundEnd: 'succeeds',
  disputed: false,
  availableAtOnce: false,
  ...change,
})

const iban = (id: string, hint: string, change: Partial<PaymentMethod>): PaymentMethod => ({
  ...card(id, hint, change),
  type: 'sepa_debit',
})

const declined = (declineCode: string, message = 'Your card was declined.'): Failure => ({
  code: 'card_declined',
  declineCode,
  message,
})
const failed = (code: string, message: string): Failure => ({ code, declineCode: null, message })

const INSUFFICIENT = declined('insufficient_funds', 'Your card has insufficient funds.')

export const SUCCEEDS = card('4242424242424242', 'Succeeds')
export const DECLINED = card('4000000000000002', 'Is declined', { failure: declined('generic_decline') })

export const PAYMENT_METHODS: readonly PaymentMethod[] = [
  SUCCEEDS,
  DECLINED,
  card('4000002500003155', 'Asks for 3D Secure, then succeeds', { challenge: true }),
  card('4000002760003184', 'Asks for 3D Secure, then succeeds', { challenge: true }),
  card('4000008400001629', 'Asks for 3D Secure, then is declined', {
    challenge: true,
    failure: declined('generic_decline'),
  }),
  card('4000008260003178', 'Asks for 3D Secure, then has insufficient funds', {
    challenge: true,
    failure: INSUFFICIENT,
  }),
  card('4000000000009995', 'Has insufficient funds', { failure: INSUFFICIENT }),
  card('4000000000009987', 'Is a lost card', { failure: declined('lost_card') }),
  card('4000000000009979', 'Is a stolen card', { failure: declined('stolen_card') }),
  card('4000000000000069', 'Has expired', { failure: failed('expired_card', 'Your card has expired.') }),
  card('4000000000000127', 'Fails the check of its CVC', {
    failure: failed('incorrect_cvc', "Your card's security code is incorrect."),
  }),
  card('4000000000000119', 'Meets a processing error', {
    failure: failed('processing_error', 'An error occurred while processing your card. Try again in a little bit.'),
  }),
  card('4100000000000019', 'Is always blocked as a fraud', { failure: { ...declined('fraudulent'), blocked: true } }),
  card('4000000000000077', 'Succeeds; its funds are available at once', { availableAtOnce: true }),
  card('4000000000000259', 'Succeeds; is disputed as a fraud', { disputed: true }),
  card('4000000000007726', 'Succeeds; its refund is pending first', { refundEnd: 'pending_then_succeeds' }),
  card('4000000000005126', 'Succeeds; its refund fails afterwards', { refundEnd: 'succeeds_then_fails' }),
  iban('AT611904300234573201', 'Is processing, then succeeds', { delayMs: 10 * SECOND_MS }),
  iban('AT321904300235473204', 'Is processing for three minutes, then succeeds', { delayMs: 3 * MINUTE_MS }),
  iban('AT861904300235473202', 'Is processing, then fails', {
    delayMs: 10 * SECOND_MS,
    failure: failed('debit_not_authorized', 'The account holder did not authorise this debit.'),
  }),
]

/** Begins, and waits for whoever ends it. */
export const waiting = (type: PaymentMethod['type']): PaymentMethod => ({
  ...SUCCEEDS,
  type,
  ...(type === 'sepa_debit' && { id: 'AT611904300234573201' }),
  hint: 'Is processing until it is ended',
  delayMs: 'forever',
})

/** Why a payment that had begun brought no money, where the method says nothing itself. */
export const NO_MONEY = failed('insufficient_funds', 'The account does not have enough money for this payment.')

/** A bank's page that the payer refused. The code is unconfirmed. */
export const CHALLENGE_REFUSED = failed(
  'payment_intent_authentication_failure',
  'We are unable to authenticate your payment method. Please choose a different one and try again.',
)
