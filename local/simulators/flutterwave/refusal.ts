/** What Flutterwave says when it refuses a call (sheet, section 8). There are no codes: only an HTTP status and words. */

export class Refusal {
  readonly httpStatus: number
  readonly message: string
  /** Null but where the reason itself stands here. */
  readonly data: string | null

  constructor(httpStatus: number, message: string, data: string | null = null) {
    this.httpStatus = httpStatus
    this.message = message
    this.data = data
  }
}

export const keyMissing = () => new Refusal(401, 'Authorization required')
export const keyUnknown = () => new Refusal(401, 'Invalid authorization key')
export const required = (name: string) => new Refusal(400, `${name} is required`)
export const invalid = (message: string) => new Refusal(400, message)
export const pathUnknown = () => new Refusal(404, 'Not Found')
export const transactionUnknown = () => new Refusal(400, 'No transaction was found for this id')
export const linkInactive = () => new Refusal(400, 'This payment link is currently inactive')
export const notApproved = () => new Refusal(400, 'Merchant cannot perform transactions without approval')
export const rateLimited = () => new Refusal(429, 'Too many requests')

/** Misspelt as Flutterwave spells it. */
export const refundImpossible = () =>
  new Refusal(400, 'Some error occured', 'Error: Cannot refund non-existent/unauthorized transaction')

export const refundTooSmall = (currency: string, minimum: number) =>
  new Refusal(400, `Amount should be above ${currency}${minimum}`)

/** The words are ours: Flutterwave's are not known. */
export const refundTooLarge = () => new Refusal(400, 'Refund amount is more than what is left of the transaction')
