/** Several connections of one merchant, the accidents that befall their accounts, and what became of a payment there. */

import { sql } from 'drizzle-orm'
import type { SimulatorName } from '../../local/simulators/index.ts'
import type { Driver, OpenedAccount } from '../../local/simulators/kit/driver.ts'
import { LIMITS } from '../../src/domain/limits.ts'
import { reconcile } from '../../src/operations/upkeep/reconcile.ts'
import { sweep } from '../../src/operations/upkeep/sweep.ts'
import { deliverProviderWebhooks, ORDER } from './paystack.ts'
import type { ApiAnswer, Merchant, World } from './world.ts'

export const TRANSACTIONS = '/api/v1/transactions/'
const PROVIDERS = '/api/v1/payment-providers/'

/** A connection, and the merchant's account behind it. */
export interface Connected {
  id: string
  account: OpenedAccount
  driver: Driver
}

/**
 * Opens an account at the provider and connects it, in the words of the API; its webhooks come to the connection's URL.
 * @param priority the lower, the earlier it is tried
 */
export async function connect(
  world: World,
  merchant: Merchant,
  priority: number,
  provider: SimulatorName = 'paystack',
): Promise<Connected> {
  const { driver } = world.simulators.of[provider]
  const account = driver.openAccount(merchant.mode)
  const made = await merchant.person.post(PROVIDERS, { provider, priority, credentials: account.credentials })
  if (made.status !== 201) throw new Error(`no connection: ${JSON.stringify(made.body)}`)
  driver.setWebhookUrl(account, `https://api.paybridge.test${made.body.webhook_path}`)
  return { id: String(made.body.id), account, driver }
}

/**
 * What is asked of this account from now on, in order: `POST /transaction/initialize`.
 * @param isWatched which calls of it
 */
export function watchCalls(world: World, { account }: Connected, isWatched = (_url: URL): boolean => true): string[] {
  const calls: string[] = []
  const { exchange } = world.deps
  const { fetch } = exchange
  exchange.fetch = (request) => {
    const url = new URL(request.url)
    const isIts = request.headers.get('authorization') === `Bearer ${account.credentials.secret_key}`
    if (isIts && isWatched(url)) calls.push(`${request.method} ${url.pathname.replace(/^\/\w+/, '')}`)
    return fetch(request)
  }
  return calls
}

/** A merchant with two Paystack accounts, tried in this order. */
export async function newMerchantWithTwo(world: World) {
  const merchant = await world.newMerchant()
  return { merchant, first: await connect(world, merchant, 1), second: await connect(world, merchant, 2) }
}

export function initiate(merchant: Merchant, body: object = ORDER, headers?: Record<string, string>) {
  return merchant.api.post(`${TRANSACTIONS}initiate_payment/`, body, headers)
}

/** Starts a payment that is given a page. */
export async function startAt(merchant: Merchant, body: object = ORDER): Promise<string> {
  return idOf(await initiate(merchant, body), 201)
}

export function idOf(answer: ApiAnswer, status: number): string {
  if (answer.status !== status) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`)
  return String(answer.body.id)
}

/** The attempts of the transaction as the database has them, the first one first. */
export async function attemptsOf(world: World, transactionId: string) {
  const rows = await world.query(sql`
    select number, status, connection_id, reference, chosen_because, left_because, is_duplicate, next_check_at
    from attempts where transaction_id = ${transactionId} order by number`)
  return rows.map((row) => Object.assign(row, { reference: String(row.reference) }))
}

/** What the provider knows the transaction's attempt of this number by. */
export async function referenceOf(world: World, transactionId: string, number = 1): Promise<string> {
  const attempt = (await attemptsOf(world, transactionId))[number - 1]
  if (attempt === undefined) throw new Error(`transaction ${transactionId} has no attempt ${number}`)
  return attempt.reference
}

/** Types of the events that were told of a transaction and of what belongs to it, in their order. */
export async function eventsOf(world: World, transactionId: string): Promise<unknown[]> {
  const rows = await world.query(sql`select type from events where transaction_id = ${transactionId} order by number`)
  return rows.map(({ type }) => type)
}

/** A merchant with one Paystack account, and a payment there that was paid and is known to be. */
export async function startPaid(world: World, body: object = ORDER) {
  const merchant = await world.newMerchant()
  const connection = await connect(world, merchant, 1)
  const id = await startAt(merchant, body)
  const reference = await referenceOf(world, id)
  connection.driver.pay(reference)
  await deliverProviderWebhooks(world)
  return { merchant, connection, id, reference }
}

export function refund(merchant: Merchant, transactionId: string, body: object = {}, headers?: Record<string, string>) {
  return merchant.api.post(`${TRANSACTIONS}${transactionId}/refunds/`, body, headers)
}

/** The refunds of the payment in the provider's own books. */
export function refundsThere({ driver, account }: Connected, reference: string) {
  const payment = driver.books(account).find((booked) => booked.reference === reference)
  if (payment === undefined) throw new Error(`the provider has no payment ${reference}`)
  return payment.refunds
}

/** What the transaction's own row counts of its refunds, in minor units. */
export async function refundSums(world: World, transactionId: string) {
  const [row] = await world.query(
    sql`select amount_refunding, amount_refunded from transactions where id = ${transactionId}`,
  )
  return { underWay: Number(row?.amount_refunding), done: Number(row?.amount_refunded) }
}

/** Sweeps at these minutes from now. `after` looks at what each sweep did. */
export async function sweepAt(
  world: World,
  minutes: readonly number[],
  after?: (minute: number) => void,
): Promise<void> {
  const start = world.clock.now().getTime()
  for (const minute of minutes) {
    world.clock.advance(start + minute * 60_000 - world.clock.now().getTime())
    await sweep(world.deps)
    after?.(minute)
  }
}

/** Reconciles as the sweep does, and nothing else of it, once what happened until now is old enough to be in both books. */
export async function reconcileLater({ clock, deps }: World): Promise<void> {
  clock.advance((LIMITS.reconcileLagSeconds + 1) * 1000)
  await reconcile(deps)
}

/** The merchant's reconciliation runs, the newest first. */
export async function runsOf(merchant: Merchant) {
  return (await merchant.api.get('/api/v1/reconciliation/runs/')).body.data
}

/** What was found to differ, the newest first. */
export async function driftsOf(merchant: Merchant) {
  return (await merchant.api.get('/api/v1/reconciliation/drifts/')).body.data
}
