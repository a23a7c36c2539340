/** One example object for each kind of thing that an event can be about. */

import type * as z from 'zod'
import type { DriftSchema } from './routes/reconciliation.ts'
import type { RefundSchema } from './routes/refunds.ts'
import type { AttemptSchema, TransactionSchema } from './routes/transactions.ts'
import type { WebhookEndpointSchema } from './webhook-schemas.ts'

const ULID = '01kav3q2m8x4c5d6e7f8g9h0jk'
/** What a provider knows an attempt by. */
const REFERENCE = `pb-${ULID}`
const TIME = '2026-11-24T09:30:00.000Z'

export const TRANSACTION: z.input<typeof TransactionSchema> = {
  id: `txn_${ULID}`,
  object: 'transaction',
  mode: 'test',
  reference: 'order-4711',
  amount: 150_000,
  currency: 'NGN',
  status: 'pending',
  provider: 'paystack',
  connection_id: `con_${ULID}`,
  checkout_url: 'https://checkout.paystack.com/4711',
  customer: { email: 'ada@example.com', name: 'Ada Obi', phone: '+2348012345678' },
  country: 'NG',
  method: null,
  description: 'Two shirts',
  metadata: { cart: '4711' },
  callback_url: 'https://shop.example.com/thanks',
  fee: null,
  net_amount: null,
  amount_refunded: 0,
  disputed: false,
  failure_reason: null,
  review_reason: null,
  expires_at: '2026-11-25T09:30:00.000Z',
  succeeded_at: null,
  created_at: TIME,
  updated_at: TIME,
}

export const ATTEMPT: z.input<typeof AttemptSchema> = {
  id: `att_${ULID}`,
  object: 'attempt',
  number: 1,
  connection_id: `con_${ULID}`,
  provider: 'paystack',
  provider_reference: REFERENCE,
  provider_transaction_id: '4099260516',
  status: 'succeeded',
  chosen_because: 'priority',
  left_because: 'timed_out',
  is_duplicate: true,
  confirmed_amount: 150_000,
  confirmed_currency: 'NGN',
  collected_amount: 150_000,
  fee: 2_250,
  failure_code: null,
  failure_message: null,
  created_at: TIME,
  updated_at: TIME,
}

export const REFUND: z.input<typeof RefundSchema> = {
  id: `ref_${ULID}`,
  object: 'refund',
  mode: 'test',
  transaction_id: `txn_${ULID}`,
  amount: 50_000,
  currency: 'NGN',
  status: 'pending',
  reason: 'One of three shirts came back',
  origin: 'api',
  provider: 'paystack',
  connection_id: `con_${ULID}`,
  provider_refund_id: null,
  failure_code: null,
  failure_message: null,
  created_at: TIME,
  updated_at: TIME,
  finished_at: null,
}

export const DRIFT: z.input<typeof DriftSchema> = {
  id: `dri_${ULID}`,
  object: 'drift',
  mode: 'test',
  run_id: `rec_${ULID}`,
  connection_id: `con_${ULID}`,
  transaction_id: `txn_${ULID}`,
  attempt_id: `att_${ULID}`,
  cause: 'paid_there_not_here',
  subject: `${REFERENCE}:4099260516`,
  ours: { status: 'pending', amount: 150_000, currency: 'NGN', amount_refunded: 0 },
  theirs: { reference: REFERENCE, status: 'paid', amount: 150_000, currency: 'NGN' },
  status: 'open',
  found_at: TIME,
  corrected_at: null,
}

export const WEBHOOK_ENDPOINT: z.input<typeof WebhookEndpointSchema> = {
  id: `whe_${ULID}`,
  object: 'webhook_endpoint',
  mode: 'test',
  url: 'https://shop.example.com/hooks/paybridge',
  description: 'The shop',
  event_types: ['payment.*', 'refund.*'],
  metadata: {},
  custom_headers: ['x-shop'],
  rate_limit: null,
  ordered: false,
  status: 'active',
  disabled_because: null,
  failing_since: null,
  paused_until: null,
  previous_secret_until: null,
  last_delivered_at: TIME,
  created_at: TIME,
  updated_at: TIME,
}

/** An event without what it is about. */
export const ENVELOPE = {
  id: `evt_${ULID}`,
  object: 'event',
  number: 4711,
  mode: 'test',
  api_version: '2026-11-24',
  created_at: TIME,
} as const
