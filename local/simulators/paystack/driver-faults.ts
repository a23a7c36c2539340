/** The driver's accidents in the words of this simulator's faults. */
import type { CallAccident, MoneyAccident, Operation, WebhookAccident } from '../kit/driver.ts'
import { subunitsPerMinorUnit } from './account.ts'
import { ControlError } from './control.ts'
import type { MoneyFault, PaystackFault } from './faults.ts'

interface Called {
  /** What faults call it. */
  operation: string
  /** The field of its answer without which nothing can be said. */
  vitalField: string
}

/** What the API calls each operation; Paystack can't close a page. */
const CALLED: Readonly<Record<Operation, Called | undefined>> = {
  create_checkout: { operation: 'initialize', vitalField: 'data.authorization_url' },
  confirm: { operation: 'verify', vitalField: 'data.amount' },
  close_checkout: undefined,
  create_refund: { operation: 'create_refund', vitalField: 'data.id' },
  read_refunds: { operation: 'list_refunds', vitalField: 'data' },
  list_payments: { operation: 'list_transactions', vitalField: 'meta' },
  check_credentials: { operation: 'balance', vitalField: 'status' },
}

export function callFault(account: string, accident: CallAccident): PaystackFault {
  const called = accident.operation && CALLED[accident.operation]
  if (accident.operation !== undefined && called === undefined) {
    throw new ControlError(400, `Paystack knows no ${accident.operation}`)
  }
  const scope = { account, operation: called?.operation, times: accident.times }
  switch (accident.kind) {
    case 'slow':
      return { kind: 'slow', ms: accident.ms, when: accident.when, ...scope }
    case 'cut':
      return { kind: 'cut', when: accident.when, how: accident.how, ...scope }
    case 'rate_limited':
      return { kind: 'rate_limited', resetSeconds: 30, ...scope }
    case 'server_error':
      return { kind: 'server_error', when: accident.when, ...scope }
    case 'html_error_page':
      return { kind: 'bad_gateway', when: accident.when, ...scope }
    case 'field_missing':
      return { kind: 'field_missing', field: called?.vitalField, ...scope }
    case 'down':
    case 'malformed_json':
      return { kind: accident.kind, ...scope }
  }
}

/** Longer than anybody waits for the account's next webhook. */
const HELD_MS = 24 * 60 * 60_000

export function webhookFault(account: string, accident: WebhookAccident): PaystackFault {
  const scope = { account, times: accident.times }
  switch (accident.kind) {
    case 'lost':
      return { kind: 'webhook_lost', ...scope }
    case 'late':
      return { kind: 'webhook_late', ms: accident.ms, ...scope }
    case 'duplicate':
      return { kind: 'webhook_duplicate', copies: accident.copies, ...scope }
    case 'reordered':
      return { kind: 'webhook_reordered', ms: HELD_MS, ...scope }
  }
}

/** @param currency of the payment, whose minor units the accident is told in */
export function moneyFault(accident: MoneyAccident, currency: string): MoneyFault {
  const unit = subunitsPerMinorUnit(currency)
  switch (accident.kind) {
    case 'wrong_amount':
      return { kind: 'wrong_amount', delta: accident.delta * unit }
    case 'wrong_currency':
      return { kind: 'wrong_currency', currency: accident.currency }
    case 'partial_payment':
      return { kind: 'partial_debit', shortBy: accident.shortBy * unit }
    case 'fee_on_payer':
      return { kind: 'fees_on_payer' }
  }
}
