/**
 * Every list that the API offers with every filter that it takes, read from the OpenAPI document. A filter for which no
 * values are named here is an error: nobody would have measured it.
 */
import { z } from 'zod'
import { BIG, idOf, YEAR } from './fill.ts'

/** What a filter is asked for: what many rows have, the one row that is alone with it, and what no row has. */
interface Values {
  usual: string
  rare?: string
  absent?: string
}

const time = (share: number): string => new Date(YEAR.fromMs + YEAR.ms * share).toISOString()
const FROM: Values = { usual: time(0.05), absent: '2030-01-01T00:00:00.000Z' }
const BEFORE: Values = { usual: time(0.95), absent: '2000-01-01T00:00:00.000Z' }

const DELIVERIES = {
  status: { usual: 'succeeded', rare: 'pending' },
  type: { usual: 'payment.created', rare: 'refund.created', absent: 'webhook.test' },
  event_id: { usual: BIG.eventId, absent: idOf('evt', 9) },
  created_from: FROM,
  created_before: BEFORE,
}
const REFUNDS = { status: { usual: 'succeeded', rare: 'pending' } }
const DRIFTS = {
  cause: { usual: 'unknown_reference', rare: 'refunded_there', absent: 'paid_there_not_here' },
  status: { usual: 'corrected' },
}

/** Path → the values of its filters. `{id}` is the big merchant's. */
const VALUES: Record<string, { id?: string; filters: Record<string, Values> }> = {
  '/api/v1/api-keys/': { filters: {} },
  '/api/v1/payment-providers/': { filters: {} },
  '/api/v1/webhooks/': { filters: {} },
  '/api/v1/transactions/': {
    filters: {
      status: { usual: 'succeeded', rare: 'requires_review', absent: 'cancelled' },
      currency: { usual: 'NGN', rare: 'XOF', absent: 'ETB' },
      provider: { usual: 'paystack', rare: 'chapa' },
      reference: { usual: 'order-1000', absent: 'order-none' },
      customer_email: { usual: 'often@customer.test', rare: 'once@customer.test', absent: 'nobody@customer.test' },
      created_from: FROM,
      created_before: BEFORE,
    },
  },
  '/api/v1/transactions/{id}/refunds/': { id: BIG.transactionId, filters: REFUNDS },
  '/api/v1/refunds/': { filters: REFUNDS },
  '/api/v1/events/': {
    filters: { type: { usual: 'payment.created', rare: 'refund.created', absent: 'webhook.test' } },
  },
  '/api/v1/webhooks/deliveries/': { filters: DELIVERIES },
  '/api/v1/webhooks/{id}/deliveries/': { id: BIG.endpointId, filters: DELIVERIES },
  '/api/v1/audit-logs/': {
    filters: {
      action: { usual: 'transaction.initiated', rare: 'merchant.updated', absent: 'api_key.created' },
      actor_id: { usual: 'key_often', rare: 'usr_once', absent: 'usr_none' },
      object_id: { usual: 'often', rare: 'once', absent: 'none' },
      created_after: FROM,
      created_before: BEFORE,
    },
  },
  '/api/v1/reconciliation/runs/': {
    filters: { connection_id: { usual: BIG.connectionId, rare: idOf('con', 1), absent: idOf('con', 2) } },
  },
  '/api/v1/reconciliation/drifts/': { filters: DRIFTS },
  '/api/v1/reconciliation/runs/{id}/drifts/': { id: BIG.runId, filters: DRIFTS },
}

/** What says where a page is, and how it is read: not which rows pass. */
const PAGING = new Set(['limit', 'cursor', 'after', 'wait'])

const Document = z.object({
  paths: z.record(
    z.string(),
    z.record(z.string(), z.object({ parameters: z.array(z.object({ name: z.string(), in: z.string() })).optional() })),
  ),
})

export interface ListQuery {
  /** With its `{id}`. */
  route: string
  path: string
  /** Filter → value. */
  filters: Record<string, string>
  /** `status, currency=rare`; empty without a filter. */
  name: string
  /** Whether pages beyond the first are looked at: of what is usual, by few filters or by all. */
  isPaged: boolean
  /** How its pages are numbered: by the ids of this prefix, or by event number. */
  pagedBy: 'cursor' | 'after'
}

/** @throws where the document has a list, or a list a filter, that has no values above */
export function listQueries(document: unknown): ListQuery[] {
  return Object.entries(Document.parse(document).paths).flatMap(([route, { get }]) => {
    const parameters = (get?.parameters ?? []).flatMap((parameter) =>
      parameter.in === 'query' ? [parameter.name] : [],
    )
    const pagedBy = parameters.includes('cursor') ? 'cursor' : 'after'
    if (!parameters.includes(pagedBy) || !parameters.includes('limit')) return []
    const values = VALUES[route]
    if (values === undefined) throw new Error(`${route} is a list that nobody named values for`)
    const path = route.replace('{id}', values.id ?? '')
    const names = parameters.filter((name) => !PAGING.has(name))
    return combinations(names).flatMap((some) =>
      valuesOf(route, values.filters, some).map((query) => ({ ...query, route, path, pagedBy }) satisfies ListQuery),
    )
  })
}

function combinations(names: readonly string[]): string[][] {
  const [first, ...rest] = names
  if (first === undefined) return [[]]
  return combinations(rest).flatMap((some) => [some, [first, ...some]])
}

/** Filters that each have their turn to be rare or absent while the others are as usual; of more, all are at once. */
const FEW = 2

/** All of the usual values; then each rare or absent one among the usual ones, and all of them together. */
function valuesOf(route: string, filters: Record<string, Values>, names: readonly string[]) {
  const named = names.map((name) => {
    const values = filters[name]
    if (values === undefined) throw new Error(`${route} has a filter that nobody named values for: ${name}`)
    return { name, values }
  })
  const kinds = ['rare', 'absent'] as const
  const isFew = names.length <= FEW
  const odd = kinds.flatMap((kind) => {
    const having = named.filter(({ values }) => values[kind] !== undefined)
    const alone = isFew ? having.map(({ name }) => [name]) : []
    return [...alone, ...(having.length > 1 ? [having.map(({ name }) => name)] : [])].map((which) => ({ kind, which }))
  })
  const build = (kind: (typeof kinds)[number], which: readonly string[]) => ({
    filters: Object.fromEntries(
      named.map(({ name, values }) => [name, (which.includes(name) ? values[kind] : undefined) ?? values.usual]),
    ),
    name: named.map(({ name }) => (which.includes(name) ? `${name}=${kind}` : name)).join(', '),
    isPaged: which.length === 0 && (isFew || names.length === Object.keys(filters).length),
  })
  return [build('rare', []), ...odd.map(({ kind, which }) => build(kind, which))]
}
