/** The payment data that Chapa's test mode knows (sheet, section 10). Whatever isn't listed ends as failed. */

export type StepField = 'number' | 'otp' | 'expiry' | 'cvv'

/** What the payer is asked, and the answers that pass. */
export interface Step {
  readonly field: StepField
  readonly accepts: readonly string[]
}

export interface PaymentMethod {
  /** As verify's `method` and an event's `payment_method` name it. */
  readonly id: string
  readonly kind: 'wallet' | 'card'
  readonly label: string
  readonly hint: string
  readonly steps: readonly Step[]
}

const SAFARICOM = ['0700123456', '0700112233', '0700881111']
const ETHIO_TELECOM = ['0900123456', '0900112233', '0900881111']

const wallet = (id: string, label: string, numbers: readonly string[], otp?: string): PaymentMethod => ({
  id,
  kind: 'wallet',
  label,
  hint: otp === undefined ? 'Asks for a phone number' : 'Asks for a phone number and a code',
  steps: [
    { field: 'number', accepts: numbers },
    ...(otp === undefined ? [] : [{ field: 'otp', accepts: [otp] } as const]),
  ],
})

const card = (id: string, label: string, number: string, cvv = '123'): PaymentMethod => ({
  id,
  kind: 'card',
  label,
  hint: 'Asks for the number, the expiry and the CVV',
  steps: [
    { field: 'number', accepts: [number] },
    { field: 'expiry', accepts: ['12/34'] },
    { field: 'cvv', accepts: [cvv] },
  ],
})

export const TELEBIRR = wallet('telebirr', 'telebirr', ETHIO_TELECOM)

export const PAYMENT_METHODS: readonly PaymentMethod[] = [
  TELEBIRR,
  wallet('cbebirr', 'CBEBirr', ETHIO_TELECOM),
  wallet('ebirr', 'COOPPay-ebirr', ETHIO_TELECOM),
  wallet('awashbirr', 'Awash', ETHIO_TELECOM, '12345'),
  wallet('amole', 'Amole', ETHIO_TELECOM, '12345'),
  wallet('mpesa', 'M-Pesa', SAFARICOM),
  card('visa', 'Visa', '4200000000000000'),
  card('mastercard', 'Mastercard', '5400000000000000'),
  card('unionpay', 'UnionPay', '6200000000000000'),
  card('diners', 'Diners Club', '3800000000000000'),
  card('amex', 'American Express', '3700000000000000', '1234'),
]
