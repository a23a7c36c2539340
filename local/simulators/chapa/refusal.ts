/** What Chapa says when it refuses a call (sheet, sections 4, 5 and 8). There are no codes: the text is the code. */
import type { Mode } from './account.ts'

/** Laravel's validation errors: the texts of each field. */
export type FieldErrors = Readonly<Record<string, readonly string[]>>

export class Refusal {
  readonly httpStatus: number
  readonly message: string | FieldErrors
  readonly status: 'failed' | null

  constructor(httpStatus: number, message: string | FieldErrors, status: 'failed' | null = 'failed') {
    this.httpStatus = httpStatus
    this.message = message
    this.status = status
  }

  toResponse(): Response {
    return Response.json({ message: this.message, status: this.status, data: null }, { status: this.httpStatus })
  }
}

export const noAuthorization = () => new Refusal(401, 'Authorization required')
export const invalidKey = () => new Refusal(401, "Invalid API Key or User doesn't exist")
/** The key of one mode, and a payment of the other. Only `be used to verify a` of the sentence is known. */
export const otherMode = (key: Mode, payment: Mode) =>
  new Refusal(401, `A ${key} mode secret key can not be used to verify a ${payment} mode transaction`)

export const wrongContentType = () =>
  new Refusal(400, 'Incorrect header settings: Content-Type must be application/json')
export const invalidFields = (errors: FieldErrors) => new Refusal(400, errors)
export const invalidCurrency = () => new Refusal(400, 'Invalid currency, only ETB and USD are accepted')
export const usedTxRef = () => new Refusal(400, 'Transaction reference has been used before')

export const unknownTxRef = () => new Refusal(400, 'Invalid transaction reference')
export const unknownTransaction = () => new Refusal(404, 'Invalid transaction or Transaction not found')
export const notPaidYet = () => new Refusal(404, 'Payment not paid yet', null)
export const linkNotFound = () => new Refusal(404, 'Payment link not found')
export const linkExpired = () => new Refusal(400, 'Payment link already expired')

/** The HTTP code is unconfirmed. */
export const liveRefundsOnly = () => new Refusal(400, 'Refunds can only be processed in live mode')
export const refundTooLarge = () =>
  new Refusal(400, 'Refund amount cannot exceed the full transaction amount or be less than 0')
export const nothingToRefund = () => new Refusal(400, 'Only a successful transaction can be refunded')
/** Chapa's answer to a repeated `reference` of a refund is unconfirmed; this is what it says of a transfer's. */
export const usedReference = () => new Refusal(400, 'The reference number has been used before')
export const refundNotFound = () => new Refusal(404, 'Refund not found')

export const routeNotFound = () => new Refusal(404, 'Route not found')
export const currencyNotFound = () => new Refusal(404, 'No balance in this currency')
export const tooManyRequests = () => new Refusal(429, 'Too many requests')
