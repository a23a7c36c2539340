/** The accidents of the driver in the simulator's own faults. */
import type { CallAccident, Operation, WebhookAccident } from '../kit/driver.ts'
import type { ChapaFault } from './faults.ts'

/** What the API calls each of the merchant's operations. */
const OPERATION: Readonly<Record<Operation, string>> = {
  create_checkout: 'initialize',
  confirm: 'verify',
  close_checkout: 'cancel',
  create_refund: 'refund',
  read_refunds: 'refund_verify',
  list_payments: 'transactions',
  check_credentials: 'currency_supported',
}

export function callFault(account: string, accident: CallAccident): ChapaFault {
  const operation = accident.operation && OPERATION[accident.operation]
  const scope = { account, operation, times: accident.times }
  switch (accident.kind) {
    case 'slow':
      return { kind: 'slow', ms: accident.ms, when: accident.when, ...scope }
    case 'cut':
      return { kind: 'cut', when: accident.when, how: accident.how, ...scope }
    case 'rate_limited':
      // Chapa doesn't say how long to wait.
      return { kind: 'rate_limited', resetSeconds: 1, ...scope }
    case 'server_error':
      return { kind: 'server_error', when: accident.when, ...scope }
    case 'html_error_page':
      return { kind: 'bad_gateway', when: accident.when, ...scope }
    case 'down':
    case 'malformed_json':
    case 'field_missing':
      return { kind: accident.kind, ...scope }
  }
}

/** Longer than a test waits for another webhook. */
const HELD_MS = 60 * 60_000

export function webhookFault(account: string, accident: WebhookAccident): ChapaFault {
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
