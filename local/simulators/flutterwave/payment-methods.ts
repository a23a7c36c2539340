/** The payment data that Flutterwave's test mode knows (sheet, section 10): what each asks of the payer, and how it ends. */

/** What is asked before a payment can end; the field is what the payer's answer is called. */
export type Step =
  /** Null accepts none. */
  | { field: 'pin'; accepts: string | null }
  /** Null accepts any but the two that are mocked. */
  | { field: 'otp'; accepts: string | null }
  | { field: 'address' | 'phone' }
  /** A page of the payer's bank: answered with `yes`. */
  | { field: 'bank_page' }
  /** A transfer to the account shown: answered with `sent`, and it pays itself without an answer. */
  | { field: 'transfer' }

export type StepField = Step['field']

export interface PaymentMethod {
  /** A card or account number, or a name. */
  readonly id: string
  readonly group: 'card' | 'bank_transfer' | 'account' | 'mobile_money' | 'wallet'
  readonly label: string
  readonly hint: string
  /** `payment_type` of the transaction. */
  readonly paymentType: string
  /** The word of `payment_options`. */
  readonly option: string
  readonly authModel: string
  readonly steps: readonly Step[]
  /** Null pays; a text is why the bank refuses. */
  readonly refusal: string | null
  /** Null takes every currency. */
  readonly currencies: readonly string[] | null
}

const base = { steps: [], refusal: null, currencies: null } as const

const card = (number: string, authModel: string, hint: string, change: Partial<PaymentMethod> = {}): PaymentMethod => ({
  ...base,
  id: number,
  group: 'card',
  label: number.replace(/(\d{4})(?=\d)/g, '$1 '),
  hint,
  paymentType: 'card',
  option: 'card',
  authModel,
  ...change,
})

const declined = (number: string, refusal: string) => card(number, 'PIN', `Is declined: ${refusal}`, { refusal })

const mobile = (paymentType: string, option: string, label: string, currencies: string[]): PaymentMethod => ({
  ...base,
  id: paymentType,
  group: 'mobile_money',
  label,
  hint: 'Asks for a phone number and the OTP 123456',
  paymentType,
  option,
  authModel: 'MOBILEMONEY',
  steps: [{ field: 'phone' }, { field: 'otp', accepts: '123456' }],
  currencies,
})

const wallet = (id: string, label: string): PaymentMethod => ({
  ...base,
  id,
  group: 'wallet',
  label,
  hint: 'Ends as the reference does: _success_mock, _failed_mock or _pending_mock',
  paymentType: id,
  option: id,
  authModel: 'NOAUTH',
})

/** Pays at once, and in every currency. */
export const PLAIN_CARD = card('5061460166976054667', 'NOAUTH', 'Succeeds at once')
export const DECLINED_CARD = declined('5143010522339965', 'Do not honour')

export const BANK_TRANSFER: PaymentMethod = {
  ...base,
  id: 'bank_transfer',
  group: 'bank_transfer',
  label: 'Bank transfer',
  hint: 'Pays itself after a while, even if the page is left',
  paymentType: 'bank_transfer',
  option: 'banktransfer',
  authModel: 'AUTH',
  steps: [{ field: 'transfer' }],
}

export const PAYMENT_METHODS: readonly PaymentMethod[] = [
  PLAIN_CARD,
  card('5531886652142950', 'PIN', 'Asks for the PIN 3310 and an OTP', {
    steps: [
      { field: 'pin', accepts: '3310' },
      { field: 'otp', accepts: null },
    ],
  }),
  card('4187427415564246', 'VBVSECURECODE', 'Goes through the page of a bank', { steps: [{ field: 'bank_page' }] }),
  card('5438898014560229', 'VBVSECURECODE', 'Goes through the page of a bank', { steps: [{ field: 'bank_page' }] }),
  card('4556052704172643', 'AVS_VBVSECURECODE', 'Asks for a billing address', { steps: [{ field: 'address' }] }),
  declined('5258585922666506', 'Insufficient Funds'),
  DECLINED_CARD,
  declined('5590131743294314', 'Fraudulent'),
  declined('5551651630381384', 'Restricted Card'),
  card('5399834697894723', 'PIN', 'Asks for a PIN and finds it wrong', { steps: [{ field: 'pin', accepts: null }] }),
  BANK_TRANSFER,
  mobile('mobilemoneygh', 'mobilemoneyghana', 'Mobile money Ghana', ['GHS']),
  mobile('mpesa', 'mpesa', 'M-Pesa', ['KES']),
  mobile('mobilemoneyug', 'mobilemoneyuganda', 'Mobile money Uganda', ['UGX']),
  mobile('mobilemoneyrw', 'mobilemoneyrwanda', 'Mobile money Rwanda', ['RWF']),
  mobile('mobilemoneyzm', 'mobilemoneyzambia', 'Mobile money Zambia', ['ZMW']),
  mobile('mobilemoneytz', 'mobilemoneytanzania', 'Mobile money Tanzania', ['TZS']),
  mobile('mobilemoneyfranco', 'mobilemoneyfranco', 'Mobile money', ['XAF', 'XOF']),
  {
    ...base,
    id: '044-0690000031',
    group: 'account',
    label: 'Access Bank 0690000031',
    hint: 'Asks for the OTP 12345',
    paymentType: 'account',
    option: 'account',
    authModel: 'AUTH',
    steps: [{ field: 'otp', accepts: '12345' }],
    currencies: ['NGN'],
  },
  wallet('applepay', 'Apple Pay'),
  wallet('googlepay', 'Google Pay'),
]

const MOCKED_FAILURE = 'Mocked a Failed Transaction'
const FAILING_PHONES = ['233121212121', '233010101011']

/** Whether an answer passes, is to be waited for, or fails the try and why. */
export function judge(step: Step, answer: string | undefined): 'right' | 'wait' | { refusal: string } {
  if (answer === undefined || answer === '') return 'wait'
  switch (step.field) {
    case 'pin':
      return answer === step.accepts ? 'right' : { refusal: 'Incorrect PIN' }
    case 'otp':
      if (step.accepts !== null) return answer === step.accepts ? 'right' : { refusal: 'Wrong OTP' }
      if (answer === '5548') return { refusal: 'Wrong OTP' }
      return answer === '6648' ? { refusal: 'Insufficient Funds' } : 'right'
    case 'phone':
      return FAILING_PHONES.includes(answer) ? { refusal: MOCKED_FAILURE } : 'right'
    case 'address':
      return 'right'
    case 'bank_page':
      return answer === 'yes' ? 'right' : 'wait'
    case 'transfer':
      return answer === 'sent' ? 'right' : 'wait'
  }
}

/** How a try ends once its steps are done. */
export function endOf(method: PaymentMethod, txRef: string): 'paid' | 'pending' | { refusal: string } {
  if (method.refusal !== null) return { refusal: method.refusal }
  if (method.group !== 'wallet') return 'paid'
  if (txRef.endsWith('_failed_mock')) return { refusal: MOCKED_FAILURE }
  return txRef.endsWith('_pending_mock') ? 'pending' : 'paid'
}
