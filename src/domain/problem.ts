/**
 * The closed list of what can go wrong for a caller: stable codes with their HTTP status and a title that says what to
 * do. The database refuses with the same codes (app.refuse).
 */

interface ProblemKind {
  readonly status: number
  readonly title: string
}

export const PROBLEMS = {
  // The request itself
  body_malformed: { status: 400, title: 'The body is not valid JSON.' },
  body_too_large: { status: 413, title: 'The body is larger than 1 MiB.' },
  content_type_unsupported: { status: 415, title: 'Send the body as application/json.' },
  validation_failed: { status: 422, title: 'A field is missing, unknown or not acceptable: see errors.' },
  cursor_malformed: { status: 422, title: 'The cursor is not one that a list gave out.' },
  not_found: { status: 404, title: 'There is nothing here.' },
  method_not_allowed: { status: 405, title: 'This path does not take that method: see the Allow header.' },
  rate_limited: { status: 429, title: 'Too many requests: wait as Retry-After says.' },
  internal_error: { status: 500, title: 'Something broke here. Nothing that you sent is at fault.' },
  not_ready: { status: 503, title: 'The database does not answer.' },
  try_again: { status: 503, title: 'The database could not take this now. Nothing was written: send it again.' },

  // Who asks
  credential_missing: { status: 401, title: 'Send an API key or an access token as a Bearer token.' },
  credential_malformed: { status: 401, title: 'The Bearer token is neither an API key nor an access token.' },
  api_key_unknown: { status: 401, title: 'There is no such API key.' },
  api_key_revoked: { status: 401, title: 'The API key was revoked.' },
  api_key_expired: { status: 401, title: 'The API key has expired.' },
  access_token_expired: { status: 401, title: 'The access token has expired: refresh it.' },
  access_token_invalid: { status: 401, title: 'The access token is not valid.' },
  session_ended: { status: 401, title: 'The session has ended: log in again.' },
  ip_not_allowed: { status: 403, title: "This address is not on the API key's allow-list." },
  scope_missing: { status: 403, title: 'The API key or role lacks the scope that this needs.' },
  scope_not_held: { status: 403, title: 'A key cannot be given a scope that its maker does not hold.' },
  merchant_suspended: { status: 403, title: 'The merchant is suspended: contact support.' },
  session_required: { status: 403, title: 'Only a signed-in person can do this, not an API key.' },
  mode_header_malformed: { status: 422, title: 'PayBridge-Mode is test or live.' },

  // Identity
  email_taken: { status: 409, title: 'There is an account with this e-mail address already.' },
  sign_in_refused: { status: 401, title: 'The e-mail address or the password is wrong.' },
  sign_in_limited: { status: 429, title: 'Too many attempts to log in: wait as Retry-After says.' },
  registration_limited: { status: 429, title: 'Too many attempts to register: wait as Retry-After says.' },
  refresh_token_invalid: { status: 401, title: 'The refresh token is not valid: log in again.' },
  refresh_token_reused: {
    status: 401,
    title: 'The refresh token was used before; the session was ended: log in again.',
  },

  // Idempotency
  idempotency_key_malformed: { status: 422, title: 'Idempotency-Key is 1 to 255 printable ASCII characters.' },
  idempotency_key_reused: { status: 422, title: 'This Idempotency-Key was used for another request.' },
  idempotency_in_flight: { status: 409, title: 'The first request with this Idempotency-Key is still at work.' },

  // Things
  api_key_not_found: { status: 404, title: 'There is no such API key in this mode.' },
  connection_not_found: { status: 404, title: 'There is no such connection in this mode.' },
  transaction_not_found: { status: 404, title: 'There is no such transaction in this mode.' },
  event_not_found: { status: 404, title: 'There is no such event in this mode.' },
  webhook_endpoint_not_found: { status: 404, title: 'There is no such webhook endpoint in this mode.' },
  webhook_endpoint_disabled: { status: 409, title: 'The endpoint is disabled: enable it first.' },
  delivery_not_found: { status: 404, title: 'There is no such delivery in this mode.' },
  webhook_endpoints_too_many: { status: 409, title: 'A merchant has at most 50 webhook endpoints in a mode.' },
  api_key_not_rotatable: { status: 409, title: 'Only a working key that was not rotated before can be rotated.' },
  api_keys_too_many: { status: 409, title: 'A merchant has at most 100 working API keys in a mode.' },
  connections_too_many: { status: 409, title: 'A merchant has at most 50 connections in a mode.' },
  webhook_url_forbidden: { status: 422, title: 'Deliveries go to public https addresses only.' },

  // Payments
  reference_taken: { status: 409, title: 'This reference was used before: each transaction has its own.' },
  no_usable_connection: { status: 422, title: 'No active connection takes this payment: see detail.' },
  amount_below_minimum: { status: 422, title: 'The amount is below what the provider takes in this currency.' },
  amount_above_maximum: { status: 422, title: 'The amount is above what the provider takes in this currency.' },
  amount_not_payable: { status: 422, title: 'The provider takes only multiples of a larger unit in this currency.' },
  transaction_not_cancellable: { status: 409, title: 'Only a pending or processing transaction can be cancelled.' },
  provider_refused: { status: 422, title: 'The provider refused: see detail.' },
  transaction_being_paid: { status: 409, title: 'The customer is paying at this moment: verify the payment.' },
  credentials_malformed: { status: 422, title: 'The credentials are not of the form that the provider issues.' },
  credentials_wrong_mode: { status: 422, title: 'The credentials belong to the other mode.' },

  // Refunds
  refund_not_found: { status: 404, title: 'There is no such refund in this mode.' },
  transaction_not_refundable: { status: 409, title: 'Only a payment that succeeded can be refunded.' },
  refund_exceeds_payment: { status: 422, title: 'The refund is more than is left of the payment.' },
  refund_below_minimum: { status: 422, title: 'The refund is below what the provider sends back in this currency.' },
  refund_not_supported: { status: 422, title: 'The provider does not refund so: see detail.' },
  refunds_too_many: { status: 409, title: 'A payment has at most 100 refunds.' },

  // Routing and reconciliation
  reconciliation_running: { status: 409, title: 'A reconciliation of this connection is at work already.' },
  reconciliation_run_not_found: { status: 404, title: 'There is no such reconciliation run in this mode.' },

  // The stream of events
  stream_ticket_invalid: { status: 401, title: 'The stream ticket is unknown, used or expired: make another.' },
  upgrade_required: { status: 426, title: 'This is a WebSocket: send an Upgrade header.' },

  // Provider webhooks
  signature_missing: { status: 401, title: 'The provider signature is missing or not of its form.' },
  signature_wrong: { status: 401, title: 'The signature does not fit the body and this connection.' },
  webhook_malformed: { status: 400, title: 'The webhook is signed, but is not what the provider sends.' },
  webhook_unattributable: {
    status: 404,
    title: 'This webhook names no payment of a connection here: use the URL with the connection id.',
  },
} as const satisfies Record<string, ProblemKind>

export type ProblemCode = keyof typeof PROBLEMS

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code)
}

/** One field of the request that is not acceptable. `field` is a path such as `customer.email`. */
export interface FieldError {
  field: string
  message: string
}

/** An expected refusal, as a value. */
export interface Problem {
  code: ProblemCode
  /** What was wrong in this very case. */
  detail?: string | undefined
  errors?: FieldError[] | undefined
  /** Seconds. */
  retryAfter?: number | undefined
  /** The transaction that the refusal left behind, where it did. */
  transactionId?: string | undefined
  /** The refund that the refusal left behind, where it did. */
  refundId?: string | undefined
  /** True where an earlier request with the same Idempotency-Key was told so. */
  replayed?: boolean | undefined
}

/** An operation's outcome: what it made, or why it refused. */
export type Outcome<T> = { ok: true; value: T } | { ok: false; problem: Problem }

export function done<T>(value: T): Outcome<T> {
  return { ok: true, value }
}

export function refused(code: ProblemCode, more: Omit<Problem, 'code'> = {}): { ok: false; problem: Problem } {
  return { ok: false, problem: { code, ...more } }
}
