/** Rows that are right in every way but, where a test wants it, whose they are: one maker for each table in public. */

import type { Mode } from '../../../src/domain/transaction.ts'
import { insert, type Merchant, NOW, nextHash, nextId, type Row, type Session } from './actors.ts'

/** A merchant in one mode, with one thing of each kind. */
export interface Tenant {
  readonly merchant: Merchant
  readonly mode: Mode
  readonly connectionId: string
  readonly transactionId: string
  readonly endpointId: string
  readonly eventId: string
  readonly deliveryId: string
}

export function newTransaction(tenant: Pick<Tenant, 'merchant' | 'mode' | 'connectionId'>): Row {
  const id = nextId('txn')
  return {
    id,
    ...whose(tenant),
    reference: `order-${id}`,
    amount: 150_000,
    currency: 'NGN',
    customer_email: 'payer@customer.test',
    provider: 'paystack',
    connection_id: tenant.connectionId,
    expires_at: '2026-11-25',
    next_check_at: '2026-11-24T09:01:00Z',
  }
}

export function newAttempt(tenant: Pick<Tenant, 'merchant' | 'mode' | 'connectionId' | 'transactionId'>): Row {
  const id = nextId('att')
  return {
    id,
    ...whose(tenant),
    transaction_id: tenant.transactionId,
    number: 2,
    connection_id: tenant.connectionId,
    provider: 'paystack',
    reference: id.replace('att_', 'pb-'),
    amount: 150_000,
    currency: 'NGN',
    chosen_because: 'first_active_connection',
  }
}

export function newEndpoint(tenant: Pick<Tenant, 'merchant' | 'mode'>): Row {
  return {
    id: nextId('whe'),
    ...whose(tenant),
    url: 'https://merchant.test/hooks',
    event_types: ['*'],
    sealed_secret: 'v1.sealed',
  }
}

export function newConnection(tenant: Pick<Tenant, 'merchant' | 'mode'>): Row {
  return {
    id: nextId('con'),
    ...whose(tenant),
    provider: 'paystack',
    name: 'Paystack',
    credentials_mask: 'sk_…0000',
    sealed_credentials: 'v1.sealed',
  }
}

export function newApiKey(tenant: Pick<Tenant, 'merchant' | 'mode'>): Row {
  return {
    id: nextId('key'),
    ...whose(tenant),
    name: 'till',
    hash: nextHash(),
    mask: 'pb_…0001',
    scopes: ['transactions:read'],
  }
}

export function newClaim(tenant: Pick<Tenant, 'merchant' | 'mode'>): Row {
  return {
    ...whose(tenant),
    key: nextId('idm'),
    request_hash: nextHash(),
    resource_id: nextId('txn'),
    owner: nextId('req'),
    locked_until: '2026-11-24T09:00:30Z',
  }
}

/** A row of each table that is not there yet. A table that is missing here fails the test of the tenants' wall. */
export const newRows: Readonly<Record<string, (tenant: Tenant) => Row>> = {
  api_keys: newApiKey,
  attempts: newAttempt,
  audit_entries: (tenant) => ({
    id: nextId('aud'),
    ...whose(tenant),
    actor_type: 'user',
    actor_id: tenant.merchant.userId,
    action: 'thing.changed',
    object_type: 'thing',
    object_id: 'one',
  }),
  connections: newConnection,
  deliveries: (tenant) => ({
    id: nextId('del'),
    ...whose(tenant),
    endpoint_id: tenant.endpointId,
    event_id: tenant.eventId,
    transaction_id: tenant.transactionId,
    next_attempt_at: NOW,
  }),
  delivery_attempts: (tenant) => ({
    delivery_id: tenant.deliveryId,
    ...whose(tenant),
    number: 2,
    attempted_at: NOW,
    duration_ms: 20,
    outcome: 'accepted',
    response_status: 200,
  }),
  event_counters: (tenant) => ({ ...whose(tenant), last_number: 7 }),
  events: (tenant) => ({
    id: nextId('evt'),
    ...whose(tenant),
    number: 2,
    type: 'payment.succeeded',
    transaction_id: tenant.transactionId,
    version: 2,
    object: {},
  }),
  idempotency_claims: newClaim,
  memberships: ({ merchant }) => ({ merchant_id: merchant.merchantId, user_id: merchant.userId, role: 'owner' }),
  merchants: () => ({ id: nextId('mer'), company_name: 'Another', country: 'ET' }),
  provider_events: (tenant) => ({
    id: nextId('pev'),
    ...whose(tenant),
    connection_id: tenant.connectionId,
    provider: 'paystack',
    dedupe_key: nextHash(),
    type: 'charge.success',
    raw_body: Buffer.from('{}'),
    next_attempt_at: NOW,
  }),
  provider_webhook_refusals: () => ({ day: '2026-11-24', provider: 'paystack', reason: nextHash().slice(-20) }),
  refresh_tokens: ({ merchant }) => ({ hash: nextHash(), session_id: merchant.sessionId }),
  sessions: ({ merchant }) => ({
    id: nextId('ses'),
    user_id: merchant.userId,
    merchant_id: merchant.merchantId,
    expires_at: '2026-12-24',
  }),
  sign_in_counts: () => ({ counted: nextHash(), window_start: NOW }),
  transactions: newTransaction,
  users: () => ({ id: nextId('usr'), email: `${nextId('usr')}@merchant.test`, password_hash: '$scrypt$of-nothing' }),
  webhook_endpoints: newEndpoint,
}

/** A row of this table for this merchant and mode, that is not there yet. */
export function newRow(table: string, tenant: Tenant): Row {
  const make = newRows[table]
  if (make === undefined) throw new Error(`no rows are made for ${table}`)
  return make(tenant)
}

/** Gives the merchant one row in each table, in this mode. */
export async function settle(owner: Session, merchant: Merchant, mode: Mode): Promise<Tenant> {
  const made = async (table: string, row: Row): Promise<string> => {
    await insert(owner, table, row)
    return String(row.id)
  }
  const connectionId = await made('connections', newConnection({ merchant, mode }))
  const endpointId = await made('webhook_endpoints', newEndpoint({ merchant, mode }))
  const transactionId = await made('transactions', newTransaction({ merchant, mode, connectionId }))
  const [told] = await owner.rows(
    'select d.id, d.event_id from deliveries d where d.transaction_id = $1 and d.endpoint_id = $2',
    [transactionId, endpointId],
  )
  const tenant: Tenant = {
    merchant,
    mode,
    connectionId,
    transactionId,
    endpointId,
    eventId: String(told?.event_id),
    deliveryId: String(told?.id),
  }
  await insert(owner, 'attempts', { ...newAttempt(tenant), number: 1 })
  await owner.rows(`update attempts set status = 'failed' where transaction_id = $1`, [transactionId])
  for (const table of ['delivery_attempts', 'audit_entries', 'provider_events', 'idempotency_claims', 'api_keys']) {
    await insert(owner, table, newRow(table, tenant))
  }
  return tenant
}

function whose({ merchant, mode }: Pick<Tenant, 'merchant' | 'mode'>): Row {
  return { merchant_id: merchant.merchantId, mode }
}
