/** The events that a merchant is told. Triggers write them (migrations 0011, 0014, 0016 and 0017); this is their catalogue. */

export const EVENT_TYPES = [
  'payment.created',
  'payment.processing',
  'payment.succeeded',
  'payment.failed',
  'payment.expired',
  'payment.cancelled',
  'payment.requires_review',
  'payment.duplicate_charge',
  'refund.created',
  'refund.pending',
  'refund.requires_action',
  'refund.succeeded',
  'refund.failed',
  'drift.found',
  'drift.corrected',
  /** Asked for by its merchant, to try an endpoint: goes to that endpoint alone. */
  'webhook.test',
  /** Nothing was accepted by an endpoint for a day or more. */
  'webhook.failing',
  /** An endpoint was disabled because it is gone, or failed for days. */
  'webhook.disabled',
] as const

export type EventType = (typeof EVENT_TYPES)[number]

/** What an endpoint may subscribe to: a type, a family, or all. */
export const SUBSCRIPTIONS = [...EVENT_TYPES, 'payment.*', 'refund.*', 'drift.*', 'webhook.*', '*'] as const
export type Subscription = (typeof SUBSCRIPTIONS)[number]

/** `pending` until the endpoint took it; `exhausted` when no try is left, `dropped` when its endpoint went away first. */
export const DELIVERY_STATUSES = ['pending', 'succeeded', 'exhausted', 'dropped'] as const
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]

/** What an attempt came to. `accepted` is an answer of 200 to 299; `forbidden_url` was not sent at all. */
export const DELIVERY_OUTCOMES = ['accepted', 'rejected', 'timed_out', 'unreachable', 'forbidden_url'] as const
export type DeliveryOutcome = (typeof DELIVERY_OUTCOMES)[number]
