/**
 * What a case has at hand: a merchant of its own with one connection to an account of its own at the provider, made
 * through the API, and the steps that every case is made of. Whatever is asserted is what the API says.
 */

import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import type { CallAccident, Driver, MoneyAccident, OpenedAccount } from '../../local/simulators/kit/driver.ts'
import type { Mode } from '../../src/domain/transaction.ts'
import type { Job } from '../../src/operations/deps.ts'
import { sweep } from '../../src/operations/upkeep/sweep.ts'
import { consume } from '../../src/platform/queues.ts'
import { type ApiAnswer, createWorld, type Merchant, type ProviderPost, type World } from '../support/world.ts'
import type { Subject } from './subject.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export const API = 'https://api.paybridge.test'
export const PROVIDERS_PATH = '/api/v1/payment-providers/'
export const INITIATE = '/api/v1/transactions/initiate_payment/'
export const RUNS = '/api/v1/reconciliation/runs/'

export const transactionPath = (id: string): string => `/api/v1/transactions/${id}/`

/** A merchant's account at the provider, connected. */
export interface Party {
  readonly merchant: Merchant
  readonly account: OpenedAccount
  readonly connectionId: string
  /** Where the provider's webhooks go: the connection's own address. */
  readonly webhookUrl: string
}

/** A payment whose page is open. */
export interface OpenPayment {
  readonly id: string
  /** What the provider knows it by. */
  readonly reference: string
  readonly checkoutUrl: string
}

export type Kit = Awaited<ReturnType<typeof createKit>>

/**
 * Worlds of one file share a database. Each is set before the ones that were made earlier, so that nothing of theirs is due
 * in it, and a case that goes on for days sweeps up after itself alone.
 */
const APART_MS = 30 * DAY
let worlds = 0

/** @param database of the test file */
export async function createKit(database: string, subject: Subject) {
  worlds += 1
  const startsAt = new Date(Date.UTC(2026, 10, 24, 9) - worlds * APART_MS)
  const world = await createWorld(database, { startsAt, seed: worlds })
  const driver: Driver = world.simulators.of[subject.name].driver
  const parties: Party[] = []
  const connectParty = async (mode = subject.mode) => {
    const party = await connect(world, subject, driver, mode)
    parties.push(party)
    return party
  }
  const own = await connectParty()
  const { merchant, account, connectionId } = own
  const waiting: { job: Job; dueAt: number }[] = []
  const expectedErrors: RegExp[] = []
  const elsewhere: string[] = []

  /** What the queue has by now, its consumer does; what is to come later waits for its time. */
  async function work(): Promise<void> {
    for (;;) {
      const now = world.clock.now().getTime()
      for (const job of world.jobs.splice(0)) {
        waiting.push({ job, dueAt: now + ('delaySeconds' in job ? job.delaySeconds * 1000 : 0) })
      }
      const due = waiting.filter(({ dueAt }) => dueAt <= now).map(({ job }) => job)
      if (due.length === 0) return
      waiting.splice(0, waiting.length, ...waiting.filter(({ dueAt }) => dueAt > now))
      await consume(world.deps, batchOf(due, world))
    }
  }

  const kit = {
    subject,
    provider: subject.provider,
    driver,
    world,
    /** The merchant's, and every other that the case connected. */
    parties: parties as readonly Party[],
    own,
    merchant,
    account,
    connectionId,
    api: merchant.api,
    /** Another merchant, in the usual mode or in this one. */
    connectParty,
    work,
    /** Errors that the log may have: those that the case itself brought about. */
    expectedErrors: expectedErrors as readonly RegExp[],
    expectErrors: (pattern: RegExp) => expectedErrors.push(pattern),

    /** Asks for a payment, whatever comes of it. */
    start: (body: object = {}, headers: Record<string, string> = {}): Promise<ApiAnswer> =>
      merchant.api.post(INITIATE, orderOf(subject, body), headers),

    /** A payment whose page is open. */
    async open(body: object = {}, party: Party = own): Promise<OpenPayment> {
      const started = await party.merchant.api.post(INITIATE, orderOf(subject, body))
      expect(started).toMatchObject({ status: 201, body: { status: 'pending' } })
      const id = String(started.body.id)
      return { id, reference: await kit.referenceOf(id, party), checkoutUrl: String(started.body.checkout_url) }
    },

    /** A payment that was paid, and of which the webhook told. */
    async openPaid(body: object = {}, party: Party = own): Promise<OpenPayment> {
      const payment = await kit.open(body, party)
      driver.pay(payment.reference)
      await kit.hear()
      await kit.expectStatus(payment, 'succeeded', party)
      return payment
    },

    /** The reference of the latest attempt. */
    async referenceOf(id: string, party: Party = own): Promise<string> {
      return String((await kit.look({ id }, party)).attempts.at(-1).provider_reference)
    },

    /** The transaction with its attempts and its history. */
    async look({ id }: { id: string }, party: Party = own) {
      const found = await party.merchant.api.get(transactionPath(id))
      expect(found.status).toBe(200)
      return found.body
    },

    verify: ({ id }: { id: string }): Promise<ApiAnswer> => merchant.api.get(`${transactionPath(id)}verify_payment/`),

    cancel: ({ id }: { id: string }): Promise<ApiAnswer> => merchant.api.post(`${transactionPath(id)}cancel/`),

    refund: ({ id }: { id: string }, body: object = {}, headers: Record<string, string> = {}): Promise<ApiAnswer> =>
      merchant.api.post(`${transactionPath(id)}refunds/`, body, headers),

    /** Of the payment, oldest first. */
    async refundsOf({ id }: { id: string }) {
      const list = await merchant.api.get(`${transactionPath(id)}refunds/`)
      expect(list.status).toBe(200)
      return list.body.data.toReversed()
    },

    /** The provider posts what is due, and the queue's consumer does what that asks for. */
    async hear(): Promise<void> {
      await world.simulators.deliverDueWebhooks()
      await world.settled()
      await work()
    },

    /** Time passes; the provider's webhooks, the queue and the cron do their work. */
    async pass(ms: number): Promise<void> {
      world.clock.advance(ms)
      await kit.hear()
      await sweep(world.deps)
      await work()
    },

    /** Lets time pass in growing steps until this holds. @throws where it doesn't within some days */
    async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
      for (const step of SETTLING_STEPS) {
        if (await holds()) return
        await kit.pass(step)
      }
      expect(await holds(), `${what}, in the end`).toBe(true)
    },

    async expectStatus(payment: { id: string }, status: string, party: Party = own): Promise<void> {
      expect((await kit.look(payment, party)).status).toBe(status)
    },

    /** Succeeded once, with exactly what was asked, and told once. */
    async expectPaidOnce(payment: { id: string }): Promise<void> {
      const found = await kit.look(payment)
      expect(found).toMatchObject({ status: 'succeeded', checkout_url: null })
      expect(found.attempts.at(-1)).toMatchObject({
        status: 'succeeded',
        is_duplicate: false,
        confirmed_amount: found.amount,
        confirmed_currency: found.currency,
      })
      const told = await kit.eventsOf(payment)
      expect(told.filter((type) => type === 'payment.succeeded')).toHaveLength(1)
    },

    /** The types of the events about the payment and what belongs to it, oldest first. */
    async eventsOf({ id }: { id: string }): Promise<string[]> {
      const rows = await world.query(sql`select type from events where transaction_id = ${id} order by number`)
      return rows.map(({ type }) => String(type))
    },

    /** The types of all that the merchant was told, oldest first. */
    async eventTypes(): Promise<string[]> {
      const list = await merchant.api.get('/api/v1/events/')
      return list.body.data.map(({ type }: { type: string }) => type)
    },

    /** The provider's events as they are stored, oldest first. */
    storedEvents: (party: Party = own) =>
      world.query(sql`
        select type, status, about, reference, repeats from provider_events where connection_id = ${party.connectionId}
        order by id`),

    /** A paid charge of the account that was made by another system; as large as the usual payment. */
    chargeElsewhere(): void {
      const { amount, currency } = subject.money
      elsewhere.push(driver.chargeElsewhere(account, amount, currency))
    },
    /** The references of those. */
    elsewhere: elsewhere as readonly string[],

    /** Calls of this operation go wrong until `endAccidents`, or so many times. */
    accident: (accident: CallAccident) => driver.accident(account, accident),
    endAccidents: () => driver.clear(account),
    loseWebhooks: () => driver.webhookAccident(account, { kind: 'lost' }),

    /** The provider's own book about a reference. */
    booked(reference: string) {
      const found = driver.books(account).find((payment) => payment.reference === reference)
      if (found === undefined) throw new Error(`the provider has no book about ${reference}`)
      return found
    },

    /** Whether a payer can pay there now; if so they do. */
    triesToPay(reference: string, accident?: MoneyAccident): boolean {
      try {
        driver.pay(reference, accident)
        return true
      } catch {
        return false
      }
    },

    /** How many calls the provider got meanwhile. */
    async countCalls(deed: () => Promise<unknown>): Promise<number> {
      const before = world.providerCalls.length
      await deed()
      return world.providerCalls.length - before
    },

    /** The webhooks that this makes the provider send, kept from arriving. */
    async capture(deed: () => unknown, party: Party = own): Promise<ProviderPost[]> {
      const before = world.providerPosts.length
      driver.setWebhookUrl(party.account, `${API}/nowhere/`)
      await deed()
      await world.simulators.deliverDueWebhooks()
      driver.setWebhookUrl(party.account, party.webhookUrl)
      const captured = world.providerPosts.slice(before)
      expect(captured.length, 'webhooks that the provider sent').toBeGreaterThan(0)
      return captured
    },

    /** Posts as the provider does. The consumer does not work yet. */
    async post(
      url: string,
      body: Uint8Array<ArrayBuffer> | string,
      headers: Record<string, string>,
    ): Promise<Response> {
      const response = await world.app.request(url, { method: 'POST', headers, body })
      await world.settled()
      return response
    },

    /** A body, signed by the account's own secret. */
    async postSigned(body: string, party: Party = own, url: string = party.webhookUrl): Promise<Response> {
      const headers = { 'content-type': 'application/json', ...(await driver.sign(party.account, body)) }
      return kit.post(url, body, headers)
    },

    /** Holds the books against the provider's now, by a run that the merchant asks for; the finished run. */
    async reconcile() {
      const started = await merchant.api.post(RUNS, { connection_id: connectionId })
      expect(started).toMatchObject({ status: 202 })
      await work()
      return (await merchant.api.get(`${RUNS}${started.body.id}/`)).body
    },

    async driftsOf(run: { id: string }) {
      return (await merchant.api.get(`${RUNS}${run.id}/drifts/`)).body.data
    },
  }
  return kit
}

/** From the first minute on, and then for longer and longer. */
const SETTLING_STEPS = [MINUTE, 3 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY, DAY, DAY, DAY]

function orderOf({ money }: Subject, body: object): object {
  return { ...money, customer: { email: 'ada@customer.test' }, callback_url: 'https://shop.test/thanks', ...body }
}

async function connect(world: World, { name }: Subject, driver: Driver, mode: Mode): Promise<Party> {
  const merchant = await world.newMerchant({ mode })
  const account = driver.openAccount(mode)
  const made = await merchant.person.post(PROVIDERS_PATH, { provider: name, credentials: account.credentials })
  expect(made).toMatchObject({ status: 201, body: { provider: name, mode } })
  const webhookUrl = `${API}${made.body.webhook_path}`
  driver.setWebhookUrl(account, webhookUrl)
  return { merchant, account, connectionId: String(made.body.id), webhookUrl }
}

/** As the queue hands them over. What fails is the case's failure: it is logged, which no case may leave behind. */
function batchOf(jobs: readonly Job[], world: World): MessageBatch {
  const messages = jobs.map((body, index) => ({
    id: `${index}`,
    timestamp: world.clock.now(),
    body,
    attempts: 1,
    ack() {},
    retry() {},
  }))
  const metadata = { metrics: { backlogCount: 0, backlogBytes: 0 } }
  return { queue: 'paybridge-jobs', messages, metadata, ackAll() {}, retryAll() {} }
}
