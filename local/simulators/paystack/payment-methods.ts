/** The payment data that Paystack's test mode knows (sheet, section 10): what each asks of the payer, and how it ends. */
import type { Currency } from './account.ts'

/** What is asked before a payment can end; the field is what the payer's answer is called. */
export type Step =
  | { field: 'pin' | 'otp' | 'birthday'; accepts: string }
  | { field: 'phone' }
  /** A page of the payer's bank, a prompt on the payer's phone: answered with `yes`. */
  | { field: 'bank_page' | 'approval' }
  /** A transfer to the account shown: answered with `exact`, or with the subunits that were sent. */
  | { field: 'transfer' }

export type StepField = Step['field']

/** What the transaction reads while the payer is at a step (sheet, section 4). */
export const STATUS_AT: Record<StepField, 'abandoned' | 'ongoing' | 'pending'> = {
  pin: 'abandoned',
  phone: 'abandoned',
  birthday: 'abandoned',
  otp: 'ongoing',
  bank_page: 'ongoing',
  transfer: 'ongoing',
  approval: 'pending',
}

export type RefundEnd = 'processed' | 'failed' | 'needs-attention'

/** To its end by itself, or no step of the way. */
export type RefundCourse = RefundEnd | 'stays-pending'

export interface PaymentMethod {
  /** A card or account number, or a name of our own. */
  readonly id: string
  readonly channel: 'card' | 'bank' | 'bank_transfer' | 'mobile_money' | 'ussd' | 'eft'
  readonly label: string
  readonly hint: string
  readonly brand: string
  readonly steps: readonly Step[]
  /** Null pays; a text is why the bank refuses. */
  readonly refusal: string | null
  readonly refundEnd: RefundEnd
  /** Null takes every currency. */
  readonly currencies: readonly Currency[] | null
}

const base = { steps: [], refusal: null, refundEnd: 'processed', currencies: null } as const

const card = (number: string, hint: string, change: Partial<PaymentMethod> = {}): PaymentMethod => ({
  ...base,
  id: number,
  channel: 'card',
  label: number.replace(/(\d{4})(?=\d)/g, '$1 '),
  hint,
  brand: number.startsWith('4') ? 'visa' : number.startsWith('519') ? 'mastercard' : 'verve',
  ...change,
})

const pin = (accepts: string): Step => ({ field: 'pin', accepts })
const otp: Step = { field: 'otp', accepts: '123456' }
const phone: Step = { field: 'phone' }

export const PAYMENT_METHODS: readonly PaymentMethod[] = [
  card('4084084084084081', 'Succeeds at once'),
  card('507850785078507812', 'Asks for the PIN 1111', { steps: [pin('1111')] }),
  card('5060666666666666666', 'Asks for the PIN 1234 and the OTP 123456', { steps: [pin('1234'), otp] }),
  card('507850785078507804', 'Asks for the PIN 0000, a phone number and the OTP 123456', {
    steps: [pin('0000'), phone, otp],
  }),
  card('5192602720584796', 'Goes through the page of a bank', { steps: [{ field: 'bank_page' }] }),
  card('4084080000005408', 'Is declined', { refusal: 'Declined' }),
  card('4084080000670037', 'Has insufficient funds', { refusal: 'Insufficient Funds' }),
  card('507850785078507853', 'Fails after the PIN 0000: token not generated', {
    steps: [pin('0000')],
    refusal: 'Token Not Generated. Customer Not Registered on Token Platform',
  }),
  card('4084080000671803', 'Succeeds; its refund fails', { refundEnd: 'failed' }),
  card('4084080000671902', 'Succeeds; its refund needs attention', { refundEnd: 'needs-attention' }),
  {
    ...base,
    id: 'bank_transfer',
    channel: 'bank_transfer',
    label: 'Bank transfer',
    hint: 'Waits for the money to arrive',
    brand: 'Managed Account',
    steps: [{ field: 'transfer' }],
  },
  {
    ...base,
    id: 'mobile_money',
    channel: 'mobile_money',
    label: 'Mobile money',
    hint: 'Waits for the approval on the phone',
    brand: 'Mtn mobile money',
    steps: [{ field: 'approval' }],
    currencies: ['GHS', 'KES', 'XOF'],
  },
  {
    ...base,
    id: 'ussd',
    channel: 'ussd',
    label: 'USSD code',
    hint: 'Waits for the code to be dialled',
    brand: 'Guaranty Trust Bank',
    steps: [{ field: 'approval' }],
    currencies: ['NGN'],
  },
  mobileMoneyAtOnce('0551234987', 'MTN', 'GHS'),
  mobileMoneyAtOnce('+254710000000', 'M-Pesa', 'KES'),
  {
    ...mobileMoneyAtOnce('0700000000', 'Orange', 'XOF'),
    hint: 'Asks for the OTP 1234',
    steps: [{ field: 'otp', accepts: '1234' }],
  },
  {
    ...base,
    id: '057-0000000000',
    channel: 'bank',
    label: 'Zenith Bank 0000000000',
    hint: 'Asks for the birthday 2007-04-15 and the OTP 123456',
    brand: 'Zenith Bank',
    steps: [{ field: 'birthday', accepts: '2007-04-15' }, otp],
    currencies: ['NGN'],
  },
  {
    ...base,
    id: '50211-+2348100000000',
    channel: 'bank',
    label: 'Kuda Bank +2348100000000',
    hint: 'Asks for the token 123456',
    brand: 'Kuda Bank',
    steps: [otp],
    currencies: ['NGN'],
  },
  eft('1012204936', 'Succeeds; its refund fails', 'failed'),
  eft('1012204935', 'Succeeds; its refund needs attention', 'needs-attention'),
]

function mobileMoneyAtOnce(number: string, brand: string, currency: Currency): PaymentMethod {
  const hint = 'Succeeds at once, as test numbers do'
  return {
    ...base,
    id: number,
    channel: 'mobile_money',
    label: `${brand} ${number}`,
    hint,
    brand,
    currencies: [currency],
  }
}

function eft(account: string, hint: string, refundEnd: RefundEnd): PaymentMethod {
  const label = `EFT from ${account}`
  return { ...base, id: account, channel: 'eft', label, hint, brand: 'EFT', refundEnd, currencies: ['ZAR'] }
}
