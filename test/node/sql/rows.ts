/** Rows that are right in every way but, where a test wants it, whose they are: one maker for each table in public. */

import type { Mode } from '../../../src/domain/transaction.ts'
import { insert, type Merchant, NOW, nextHash, nextId, type Row, type Session } from './actors.ts'

/** A merchant in one mode, with one thing of each kind. */
export interface Tenant {
  readonly merchant: Merchant
  readonly mode: Mode
  readonly connectionId: string
  /** A second connection, at which nothing happens yet. */
  readonly otherConnectionId: string
  readonly transactionId: string
  /** Another transaction, that was paid. */
  readonly payment: Payment
  readonly ruleId: string
  readonly runId: string
  readonly endpointId: string
  readonly eventId: string
  readonly deliveryId: string
}

/** A transaction that was paid, and the attempt by which it was. */
export interface Payment {
  readonly transactionId: string
  readonly attemptId: string
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

export function newRefund(tenant: Pick<Tenant, 'merchant' | 'mode' | 'connectionId' | 'payment'>): Row {
  return {
    id: nextId('ref'),
    ...whose(tenant),
    transaction_id: tenant.payment.transactionId,
    attempt_id: tenant.payment.attemptId,
    connection_id: tenant.connectionId,
    provider: 'paystack',
    amount: 1_000,
    currency: 'NGN',
  }
}

export function newRule(tenant: Pick<Tenant, 'merchant' | 'mode'>): Row {
  return { id: nextId('rul'), ...whose(tenant), position: 2, name: 'everything', strategy: 'priority' }
}

export function newRun(tenant: Pick<Tenant, 'merchant' | 'mode' | 'otherConnectionId'>): Row {
  return {
    id: nextId('rec'),
    ...whose(tenant),
    connection_id: tenant.otherConnectionId,
    provider: 'paystack',
    range_from: '2026-11-23T09:00:00Z',
    range_to: '2026-11-24T08:55:00Z',
  }
}

export function newDrift(tenant: Pick<Tenant, 'merchant' | 'mode' | 'connectionId'>): Row {
  return {
    id: nextId('dri'),
    ...whose(tenant),
    connection_id: tenant.connectionId,
    cause: 'unknown_reference',
    subject: nextId('subject'),
    ours: {},
    theirs: { status: 'paid', amount: 150_000, currency: 'NGN' },
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
  connection_health: (tenant) => ({ connection_id: tenant.otherConnectionId, ...whose(tenant), failures: 1 }),
  connections: newConnection,
  deliveries: (tenant) => ({
    id: nextId('del'),
    ...whose(tenant),
    endpoint_id: tenant.endpointId,
    event_id: tenant.eventId,
    event_type: 'payment.created',
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
  drifts: newDrift,
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
  reconciliation_runs: newRun,
  refresh_tokens: ({ merchant }) => ({ hash: nextHash(), session_id: merchant.sessionId }),
  refunds: newRefund,
  routing_rule_targets: (tenant) => ({
    rule_id: tenant.ruleId,
    ...whose(tenant),
    place: 2,
    connection_id: tenant.otherConnectionId,
  }),
  routing_rules: newRule,
  sessions: ({ merchant }) => ({
    id: nextId('ses'),
    user_id: merchant.userId,
    merchant_id: merchant.merchantId,
    expires_at: '2026-12-24',
  }),
  stream_tickets: (tenant) => ({
    hash: nextHash(),
    ...whose(tenant),
    api_key_id: tenant.merchant.keys[tenant.mode].id,
    expires_at: '2026-11-24T09:00:30Z',
  }),
  sign_in_counts: () => ({ counted: nextHash(), window_start: NOW }),
  transactions: newTransaction,
  users: () => ({ id: nextId('usr'), email: `${nextId('usr')}@merchant.test`, password_hash: '$scrypt$of-nothing' }),
  webhook_endpoints: newEndpoint,
  webhook_replays: (tenant) => ({ id: nextId('rpl'), ...whose(tenant), kind: 'replay', scheduled: 0 }),
}

/** A row of this table for this merchant and mode, that is not there yet. */
export function newRow(table: string, tenant: Tenant): Row {
  const make = newRows[table]
  if (make === undefined) throw new Error(`no rows are made for ${table}`)
  return make(tenant)
}

/** A payment of the tenant's that its provider confirmed as it was asked. @param amount minor units of NGN */
export async function takePayment(
  owner: Session,
  tenant: Pick<Tenant, 'merchant' | 'mode' | 'connectionId'>,
  amount = 150_000,
): Promise<Payment> {
  const transaction: Row = { ...newTransaction(tenant), amount }
  const transactionId = String(transaction.id)
  const attempt: Row = { ...newAttempt({ ...tenant, transactionId }), number: 1, amount }
  await insert(owner, 'transactions', transaction)
  await insert(owner, 'attempts', attempt)
  await owner.rows(
    `update attempts set status = 'succeeded', confirmed_amount = amount, confirmed_currency = currency where id = $1`,
    [attempt.id],
  )
  await owner.rows(`update transactions set status = 'succeeded', succeeded_at = app.now() where id = $1`, [
    transactionId,
  ])
  return { transactionId, attemptId: String(attempt.id) }
}

/** Gives the merchant one row in each table, in this mode. */
export async function settle(owner: Session, merchant: Merchant, mode: Mode): Promise<Tenant> {
  const made = async (table: string, row: Row): Promise<string> => {
    await insert(owner, table, row)
    return String(row.id)
  }
  const connectionId = await made('connections', newConnection({ merchant, mode }))
  const otherConnectionId = await made('connections', newConnection({ merchant, mode }))
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
    otherConnectionId,
    transactionId,
    payment: await takePayment(owner, { merchant, mode, connectionId }),
    ruleId: await made('routing_rules', { ...newRule({ merchant, mode }), position: 1 }),
    runId: await made('reconciliation_runs', newRun({ merchant, mode, otherConnectionId: connectionId })),
    endpointId,
    eventId: String(told?.event_id),
    deliveryId: String(told?.id),
  }
  await insert(owner, 'attempts', { ...newAttempt(tenant), number: 1 })
  await owner.rows(`update attempts set status = 'failed' where transaction_id = $1`, [transactionId])
  const atTheConnection = { connection_id: connectionId }
  await insert(owner, 'routing_rule_targets', {
    ...newRow('routing_rule_targets', tenant),
    ...atTheConnection,
    place: 1,
  })
  await insert(owner, 'connection_health', { ...newRow('connection_health', tenant), ...atTheConnection })
  for (const table of [
    'api_keys',
    'audit_entries',
    'delivery_attempts',
    'drifts',
    'idempotency_claims',
    'provider_events',
    'refunds',
    'stream_tickets',
    'webhook_replays',
  ]) {
    await insert(owner, table, newRow(table, tenant))
  }
  return tenant
}

function whose({ merchant, mode }: Pick<Tenant, 'merchant' | 'mode'>): Row {
  return { merchant_id: merchant.merchantId, mode }
}
