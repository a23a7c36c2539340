/** `/integration/webhooks/events`: the log of what was sent to the merchant, and the way to have it sent again. */
import type { WebhookEntry } from '../kit/webhook-outbox.ts'
import type { Call, Reply } from './call.ts'
import { page } from './paging.ts'
import { missingParameter, notFound, type Refusal } from './refusal.ts'

const STATUS = { pending: 'Pending', delivered: 'Delivered', failed: 'Failed' } as const

export function listEvents(call: Call): Reply {
  const wanted = (name: string, value: string) => (call.query.get(name) ?? value) === value
  const rows = entriesOf(call)
    .filter((entry) => wanted('status', STATUS[entry.status]))
    .filter((entry) => wanted('event_type', entry.event))
    .filter((entry) => wanted('category_row_id', entry.subject))
    .map((entry) => ({ id: entry.id, createdAt: entry.queuedAt, entry }))
  const { rows: found, meta } = page(rows, call.query, 'pages')
  return { message: 'Webhook events retrieved', data: found.map(({ entry }) => eventAnswer(entry)), meta }
}

export function fetchEvent(call: Call): Reply | Refusal {
  const entry = entriesOf(call).find((candidate) => eventId(candidate) === call.params.id)
  return entry ? { message: 'Webhook event retrieved', data: eventAnswer(entry) } : notFound('Webhook event not found')
}

export function resendEvents(call: Call): Reply | Refusal {
  const { ids } = call.fields
  if (!Array.isArray(ids) || ids.length === 0) return missingParameter('ids')
  const entries = entriesOf(call).filter((entry) => ids.includes(eventId(entry)))
  for (const entry of entries) call.books.outbox.resend(entry)
  return { message: 'Webhook events queued for resending', data: entries.map(eventAnswer) }
}

function entriesOf({ books, account }: Call): WebhookEntry[] {
  return books.outbox.entries.filter((entry) => entry.account === account.secretKey)
}

function eventAnswer(entry: WebhookEntry) {
  return {
    _id: eventId(entry),
    event_type: entry.event,
    category_row_id: entry.subject,
    status: STATUS[entry.status],
    event_payload: JSON.parse(entry.body),
    response_code: entry.responseCode,
    trials: entry.tries,
    createdAt: entry.queuedAt.toISOString(),
  }
}

/** 24 hexadecimal digits, as a document store gives them. */
function eventId(entry: WebhookEntry): string {
  return entry.id.toString(16).padStart(24, '0')
}
