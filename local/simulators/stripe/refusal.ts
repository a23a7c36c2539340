/** What Stripe says when it refuses a call (sheet, sections 5 and 8). */

export type ErrorType = 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error'

/** The object under `error`, apart from the links that belong to the request. Absent fields are absent on the wire. */
export interface ErrorBody {
  type: ErrorType
  code?: string
  message: string
  /** In bracket form, such as `line_items[0][quantity]`. */
  param?: string
}

/** Thrown by whatever finds it; the call's edge makes the answer. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly httpStatus: number
  readonly error: ErrorBody

  constructor(httpStatus: number, error: ErrorBody) {
    super(error.message)
    this.httpStatus = httpStatus
    this.error = error
  }
}

/** A 400 of bad input or of a wrong state. */
export function invalidRequest(message: string, { code, param }: { code?: string; param?: string } = {}): Refusal {
  const type = 'invalid_request_error'
  return new Refusal(400, { type, ...(code !== undefined && { code }), message, ...(param !== undefined && { param }) })
}

export const missingParameter = (param: string) =>
  invalidRequest(`Missing required param: ${param}.`, { code: 'parameter_missing', param })

export const unknownParameter = (param: string) =>
  invalidRequest(`Received unknown parameter: ${param}`, { code: 'parameter_unknown', param })

export const emptyParameter = (param: string) =>
  invalidRequest(`The empty string unsets a parameter, and '${param}' can't be unset.`, {
    code: 'parameter_invalid_empty',
    param,
  })

/** `kind` is the object's name, such as `payment_intent`. Ids of the other mode read the same. */
export const noSuch = (kind: string, id: string, param: string) =>
  new Refusal(404, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: kind === 'checkout.session' ? `No such ${kind}: ${id}` : `No such ${kind}: '${id}'`,
    param,
  })

export const unknownUrl = (method: string, path: string) =>
  new Refusal(404, { type: 'invalid_request_error', message: `Unrecognized request URL (${method}: ${path}).` })

/** What of the key is shown, as much as tells which one it was. */
export function invalidApiKey(secretKey: string | undefined): Refusal {
  const message =
    secretKey === undefined
      ? 'You did not provide an API key: send it as a Bearer token in the Authorization header.'
      : `Invalid API Key provided: ${secretKey.slice(0, 8)}****${secretKey.slice(-4)}`
  return new Refusal(401, { type: 'invalid_request_error', message })
}

export const keyUsedWithOtherParameters = (key: string) =>
  new Refusal(400, {
    type: 'idempotency_error',
    message:
      'Keys for idempotent requests can only be used with the same parameters they were first used with. ' +
      `Try using a key other than '${key}' if you meant to execute a different request.`,
  })

export const keyUsedElsewhere = (key: string, first: string, now: string) =>
  new Refusal(400, {
    type: 'idempotency_error',
    message:
      'Keys for idempotent requests can only be used for the same endpoint they were first used for ' +
      `('${now}' vs '${first}'). Try using a key other than '${key}' if you meant to execute a different request.`,
  })

/** The type is not documented: whoever reads it decides on the 409. */
export const keyInUse = (key: string) =>
  new Refusal(409, {
    type: 'invalid_request_error',
    code: 'idempotency_key_in_use',
    message:
      'There is currently another in-progress request using this Idempotent Key ' +
      `(that probably means you submitted twice, and the other request is still going through): ${key}. ` +
      'Please try again later.',
  })

export const rateLimited = () =>
  new Refusal(429, {
    type: 'invalid_request_error',
    code: 'rate_limit',
    message: 'Request rate limit exceeded.',
  })

export const lockTimeout = () =>
  new Refusal(429, {
    type: 'invalid_request_error',
    code: 'lock_timeout',
    message: 'This object cannot be accessed right now because another request is accessing it.',
  })

export const serverBroken = (httpStatus: number) =>
  new Refusal(httpStatus, { type: 'api_error', message: 'An unknown error occurred at the simulator of Stripe.' })
