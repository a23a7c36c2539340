/** The events that a merchant is told. Triggers write them (migrations/0011_events.sql); this is their catalogue. */

export const EVENT_TYPES = [
  'payment.created',
  'payment.processing',
  'payment.succeeded',
  'payment.failed',
  'payment.expired',
  'payment.cancelled',
  'payment.requires_review',
] as const

export type EventType = (typeof EVENT_TYPES)[number]

/** What an endpoint may subscribe to: a type, the family, or all. */
export const SUBSCRIPTIONS = [...EVENT_TYPES, 'payment.*', '*'] as const
export type Subscription = (typeof SUBSCRIPTIONS)[number]

/** `pending` until the endpoint took it; `exhausted` when no try is left, `dropped` when its endpoint went away first. */
export const DELIVERY_STATUSES = ['pending', 'succeeded', 'exhausted', 'dropped'] as const
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]

/** What an attempt came to. `accepted` is an answer of 200 to 299; `forbidden_url` was not sent at all. */
export const DELIVERY_OUTCOMES = ['accepted', 'rejected', 'timed_out', 'unreachable', 'forbidden_url'] as const
export type DeliveryOutcome = (typeof DELIVERY_OUTCOMES)[number]
