/** What a provider is seen to do, in a world of its own, where no plug-in declares it. */

import { createSimulators } from '../../local/simulators/index.ts'
import type { Money } from '../../src/domain/money.ts'
import type { Mode } from '../../src/domain/transaction.ts'
import type { AttemptKnown, Conversation, PaidPayment } from '../../src/providers/contract.ts'
import { converse } from '../../src/providers/exchange.ts'
import { PROVIDERS, type ProviderName } from '../../src/providers/registry.ts'
import { fakeClock } from '../support/clock.ts'
import { seededRandom } from '../support/random.ts'

export interface Observations {
  /** Whether a webhook's signature covers its body, or is the same whatever it says. */
  readonly signsBodies: boolean
  /** Whether its list of payments carries our references. */
  readonly listsReferences: boolean
  /** Whether its list of payments tells that money went back. */
  readonly listsRefunds: boolean
  /** Whether it tells of every refund of a payment. */
  readonly tellsRefunds: boolean
}

const SIMULATORS_URL = 'https://simulators.test'
const HOUR = 3_600_000

/** One payment is wholly refunded on the dashboard, and the provider is asked what it has. */
export async function observe(name: ProviderName, mode: Mode, money: Money) {
  const clock = fakeClock(new Date('2026-01-01T12:00:00.000Z'))
  const { int } = seededRandom(1)
  const simulators = createSimulators(
    {
      now: clock.now,
      random: () => int(0, 2 ** 31 - 1) / 2 ** 31,
      sleep: clock.sleep,
      deliver: async () => new Response(),
    },
    { baseUrl: SIMULATORS_URL },
  )
  const provider = PROVIDERS[name]
  const { driver } = simulators.of[name]
  const account = driver.openAccount(mode)
  const { credentials } = account
  const ask = <T>(errand: Conversation<T>) =>
    converse({ fetch: simulators.fetch, deadline: clock.deadline, providersUrl: SIMULATORS_URL }, provider, errand)

  async function pay(reference: string): Promise<PaidPayment> {
    const createdAt = clock.now()
    const attempt = { reference, ...money, createdAt, expiresAt: new Date(createdAt.getTime() + HOUR) }
    const request = {
      ...attempt,
      customer: { email: 'ada@customer.test', name: undefined, phone: undefined },
      description: undefined,
      callbackUrl: 'https://shop.test/thanks',
      method: undefined,
      metadata: {},
    }
    const opened = await ask(provider.createCheckout(request, credentials))
    if (opened.kind !== 'opened') throw new Error(`${name} opened no page: ${JSON.stringify(opened)}`)
    const { checkoutId, checkoutUrl } = opened
    const known: AttemptKnown = { ...attempt, checkoutId, checkoutUrl, providerTransactionId: undefined }
    driver.pay(reference)
    const found = await ask(provider.confirm(known, credentials))
    if (found.kind !== 'found' || found.status !== 'paid') throw new Error(`${name} took no payment`)
    return { ...known, providerTransactionId: found.reported.providerTransactionId }
  }

  const paid = await pay(`pb-${'0'.repeat(26)}`)
  driver.refundOnDashboard(paid.reference, Number(money.amount))
  clock.advance(HOUR)
  driver.books(account)
  const page = await ask(provider.listPayments({ from: paid.createdAt, to: clock.now() }, undefined, credentials))
  const refunds = await ask(provider.readRefunds(paid, [], credentials))
  if (page.kind !== 'page' || refunds.kind !== 'listed') throw new Error(`${name} has no lists`)
  const [one, other] = [await driver.sign(account, '{"a":1}'), await driver.sign(account, '{"a":2}')]
  return {
    abilities: driver.abilities,
    credentialFields: Object.keys(credentials),
    signsBodies: JSON.stringify(one) !== JSON.stringify(other),
    listsReferences: page.payments.some(({ reference }) => reference === paid.reference),
    listsRefunds: page.payments.some(({ isRefunded }) => isRefunded),
    tellsRefunds: refunds.isComplete && refunds.refunds.some(({ amount }) => amount === money.amount),
  }
}
