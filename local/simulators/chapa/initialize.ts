/** `POST /v1/transaction/initialize`: Chapa's validator, which tells every wrong field in one answer (sheet, section 3). */
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import { type Fields, isFields, textField } from './call.ts'
import { CURRENCIES, readAmount } from './money.ts'
import { addPayment, type Payment } from './payment.ts'
import { invalidCurrency, invalidFields, type Refusal, usedTxRef } from './refusal.ts'

const AMOUNT_MAX_CENTS = 100_000_000
const TX_REF_LENGTH_MAX = 50
const TITLE_LENGTH_MAX = 16

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
/** Well-formed, and refused all the same (observed). */
const UNREAL_EMAIL = /@(?:.*\.)?example\.com$|\.local$/i
const PHONE_NUMBER = /^0[79]\d{8}$/
const PLAIN_TEXT = /^[A-Za-z0-9\-_ .]*$/

export function initialize(books: Books, account: Account, fields: Fields): Payment | Refusal {
  const errors = Object.entries(FIELD_RULES).flatMap(([name, rule]) => {
    const texts = rule(readField(fields, name))
    return texts.length === 0 ? [] : [[name, texts] as const]
  })
  if (errors.length > 0) return invalidFields(Object.fromEntries(errors))

  const amount = readAmount(fields.amount)
  const currency = textField(fields, 'currency')
  const txRef = textField(fields, 'tx_ref')
  if (typeof amount !== 'number' || currency === undefined || txRef === undefined) {
    throw new Error('the rules require amount, currency and tx_ref')
  }
  if (!CURRENCIES.some((accepted) => accepted === currency)) return invalidCurrency()
  if (account.paymentsByTxRef.has(txRef)) return usedTxRef()

  const text = (name: string) => textField(fields, name) ?? null
  const customization = isFields(fields.customization) ? fields.customization : {}
  return addPayment(books, account, {
    txRef,
    amount,
    currency,
    email: text('email'),
    firstName: text('first_name'),
    lastName: text('last_name'),
    phoneNumber: text('phone_number'),
    callbackUrl: text('callback_url'),
    returnUrl: text('return_url'),
    customization: {
      title: textField(customization, 'title') ?? null,
      description: textField(customization, 'description') ?? null,
      logo: textField(customization, 'logo') ?? null,
    },
    meta: fields.meta ?? null,
    origin: 'API',
  })
}

/** Laravel's name of a field within a field has a dot. */
function readField(fields: Fields, name: string): unknown {
  const [outer = '', inner] = name.split('.')
  if (inner === undefined) return fields[outer]
  const within = fields[outer]
  return isFields(within) ? within[inner] : undefined
}

/** What is wrong with a field, in Chapa's words where they are known; nothing when it passes. */
type Rule = (value: unknown) => readonly string[]

const isAbsent = (value: unknown) => value === undefined || value === null || value === ''
const required: Rule = (value) => (isAbsent(value) ? ['validation.required'] : [])
const optional =
  (passes: (text: string) => boolean, otherwise: string): Rule =>
  (value) =>
    isAbsent(value) || passes(String(value)) ? [] : [otherwise]

const notLongerThan = (name: string, length: number): Rule =>
  optional((text) => [...text].length <= length, `The ${name} must not exceed ${length} characters.`)
const plainText = (name: string): Rule =>
  optional(
    (text) => PLAIN_TEXT.test(text),
    `The ${name} may hold letters, numbers, hyphens, underscores, spaces and dots only.`,
  )
const all =
  (...rules: readonly Rule[]): Rule =>
  (value) =>
    rules.flatMap((rule) => rule(value))

function amountRule(value: unknown): readonly string[] {
  const amount = readAmount(value)
  if (amount === 'absent') return ['validation.required']
  if (amount === 'not_numeric') return ['validation.numeric']
  if (amount <= 0) return ['validation.min.numeric']
  return amount > AMOUNT_MAX_CENTS ? ['The amount must not exceed 1000000.'] : []
}

const FIELD_RULES: Readonly<Record<string, Rule>> = {
  amount: amountRule,
  currency: required,
  tx_ref: all(required, notLongerThan('tx_ref', TX_REF_LENGTH_MAX)),
  email: optional((text) => EMAIL.test(text) && !UNREAL_EMAIL.test(text), 'validation.email'),
  phone_number: optional((text) => PHONE_NUMBER.test(text), 'validation.regex'),
  'customization.title': all(notLongerThan('customization.title', TITLE_LENGTH_MAX), plainText('customization.title')),
  'customization.description': plainText('customization.description'),
}
