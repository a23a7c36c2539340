/** Both books as they stand when a run is quiet: our tables, past all policies, and the providers' own. */

import type { BookedPayment } from '../../local/simulators/kit/driver.ts'
import type { Load } from '../load/load.ts'
import type { Shop, ShopConnection } from '../load/shops.ts'

export interface TransactionFact {
  id: string
  merchant_id: string
  mode: string
  status: string
  version: number
  amount: number
  currency: string
  amount_refunded: number
  amount_refunding: number
  review_reason: string | null
  connection_id: string
  /** As a story calls it. */
  name: string
}

export interface AttemptFact {
  id: string
  transaction_id: string
  connection_id: string
  reference: string
  number: number
  status: string
  amount: number
  currency: string
  confirmed_amount: number | null
  confirmed_currency: string | null
  collected_amount: number | null
  fee: number | null
  is_duplicate: boolean
  next_check_at: Date | null
}

export interface RefundFact {
  id: string
  transaction_id: string
  attempt_id: string
  connection_id: string
  origin: string
  amount: number
  status: string
  version: number
  provider_refund_id: string | null
  failure_code: string | null
}

export interface EventFact {
  id: string
  merchant_id: string
  mode: string
  number: number
  type: string
  transaction_id: string | null
  subject_id: string | null
  version: number
}

export interface DriftFact {
  id: string
  transaction_id: string | null
  attempt_id: string | null
  cause: string
  subject: string
  status: string
  version: number
}

/** A payment in a provider's books, with our attempt of its reference. */
export interface Booked {
  shop: Shop
  place: ShopConnection
  payment: BookedPayment
  attempt: AttemptFact | undefined
}

export interface Facts {
  load: Load
  transactions: Map<string, TransactionFact>
  attempts: Map<string, AttemptFact>
  refunds: Map<string, RefundFact>
  events: EventFact[]
  drifts: DriftFact[]
  booked: Booked[]
  /** As a story calls the transaction. */
  nameOf(transactionId: string | null): string
}

export async function gatherFacts(load: Load): Promise<Facts> {
  const { database, scheduler } = load.run
  const rows = async <T>(text: string): Promise<T[]> => (await scheduler.outside(database.query(text))) as T[]
  const transactions = await rows<TransactionFact>(`
    select id, merchant_id, mode, status, version, amount::float8, currency, amount_refunded::float8,
           amount_refunding::float8, review_reason, connection_id, metadata ->> 'sale' as name
    from transactions order by id`)
  const attempts = await rows<AttemptFact>(`
    select id, transaction_id, connection_id, reference, number, status, amount::float8, currency,
           confirmed_amount::float8, confirmed_currency, collected_amount::float8, fee::float8, is_duplicate, next_check_at
    from attempts order by transaction_id, number`)
  const refunds = await rows<RefundFact>(`
    select id, transaction_id, attempt_id, connection_id, origin, amount::float8, status, version, provider_refund_id,
           failure_code
    from refunds order by id`)
  const events = await rows<EventFact>(`
    select id, merchant_id, mode, number::float8, type, transaction_id, subject_id, version
    from events order by merchant_id, mode, number`)
  const drifts = await rows<DriftFact>(
    'select id, transaction_id, attempt_id, cause, subject, status, version from drifts order by id',
  )
  const byReference = new Map(attempts.map((attempt) => [attempt.reference, attempt]))
  const named = byId(transactions)
  return {
    load,
    transactions: named,
    attempts: byId(attempts),
    refunds: byId(refunds),
    events,
    drifts,
    booked: load.shops.flatMap((shop) =>
      shop.connections.flatMap((place) =>
        place.driver
          .books(place.account)
          .map((payment) => ({ shop, place, payment, attempt: byReference.get(payment.reference) })),
      ),
    ),
    nameOf: (id) => (id === null ? 'no payment' : (named.get(id)?.name ?? 'an unknown payment')),
  }
}

function byId<T extends { id: string }>(rows: readonly T[]): Map<string, T> {
  return new Map(rows.map((row) => [row.id, row]))
}
