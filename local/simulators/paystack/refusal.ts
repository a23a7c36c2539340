/** What Paystack says when it refuses a call (sheet, section 8). */

export type RefusalType = 'validation_error' | 'api_error' | 'processor_error'

export class Refusal {
  readonly httpStatus: number
  readonly message: string
  /** Null for the errors that carry nothing but `status` and `message`. */
  readonly detail: { code: string; type: RefusalType; nextStep: string } | null

  constructor(httpStatus: number, message: string, detail: Refusal['detail'] = null) {
    this.httpStatus = httpStatus
    this.message = message
    this.detail = detail
  }
}

const CHECK_VALUES = 'Check the values in the request against the documentation of this endpoint'

export const invalidKey = () =>
  new Refusal(401, 'Invalid key', {
    code: 'invalid_Key',
    type: 'validation_error',
    nextStep: 'Send the secret key of this account, in the mode that you mean',
  })

export const missingParameter = (name: string) =>
  new Refusal(400, `${name} is required`, {
    code: 'missing_params',
    type: 'validation_error',
    nextStep: `Send ${name} with the request`,
  })

export const invalidParameter = (message: string, httpStatus = 400) =>
  new Refusal(httpStatus, message, { code: 'invalid_params', type: 'validation_error', nextStep: CHECK_VALUES })

export const invalidAmount = () =>
  new Refusal(400, 'Invalid Amount Sent', {
    code: 'invalid_amount',
    type: 'validation_error',
    nextStep: 'Send the amount as a whole number of subunits above zero',
  })

export const invalidEmail = () =>
  new Refusal(400, 'Invalid Email Address Passed', {
    code: 'invalid_email_address',
    type: 'validation_error',
    nextStep: 'Send a well-formed e-mail address',
  })

export const duplicateReference = () =>
  new Refusal(400, 'Duplicate Transaction Reference', {
    code: 'duplicate_reference',
    type: 'validation_error',
    nextStep: 'Send a reference that no transaction of this account has used',
  })

/** The code is not documented; the text is (observed). */
export const unsupportedCurrency = () =>
  new Refusal(400, 'Currency not supported by merchant', {
    code: 'unsupported_currency',
    type: 'validation_error',
    nextStep: 'Send a currency that is enabled for this account',
  })

/** HTTP 400 was observed; the specification says 404. */
export const referenceNotFound = (httpStatus: 400 | 404) =>
  new Refusal(httpStatus, 'Transaction reference not found.', {
    code: 'transaction_not_found',
    type: 'validation_error',
    nextStep: 'Send the reference of a transaction of this account, in this mode',
  })

export const notFound = (message: string) => new Refusal(404, message)

/** A refund that Paystack refuses; full reversal has a code of its own. */
export const refundRefused = (message: string, code = 'invalid_params') =>
  new Refusal(400, message, {
    code,
    type: code === 'transaction_reversed' ? 'api_error' : 'validation_error',
    nextStep: 'Read the refunds of this transaction before asking again',
  })

export const rateLimited = () =>
  new Refusal(429, 'Rate limit exceeded!', {
    code: 'rate_limited',
    type: 'api_error',
    nextStep: 'Wait for the number of seconds in x-ratelimit-reset',
  })
