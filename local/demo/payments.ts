/** One payment: started, paid on the provider's page, told by webhook, verified. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { z } from 'zod'
import type { SimulatorName } from '../simulators/index.ts'
import type { Payer } from './accounts.ts'
import type { Note } from './report.ts'
import type { Shop } from './shop.ts'
import { expectWebhook } from './webhooks.ts'

export interface Order {
  /** Minor units. */
  amount: number
  currency: string
  /** As the payer reads it. */
  text: string
  /** Asked for by name; without it the routing rules decide. */
  provider?: SimulatorName
}

/** The providers in the order in which they were asked, and why: `chosen_because` of each attempt. */
export type Route = readonly { provider: SimulatorName; because: string; left?: string }[]

export interface Payment extends Order {
  id: string
  checkoutUrl: string
  takenBy: SimulatorName
}

const PATH = '/api/v1/transactions/'
const TRANSACTION = z.object({ id: z.string(), status: z.string(), amount: z.int(), currency: z.string() })
const STARTED = TRANSACTION.extend({ checkout_url: z.url() })
const VERIFIED = TRANSACTION.extend({ confirmed: z.boolean() })
const ATTEMPT = z.object({ provider: z.string(), chosen_because: z.string(), left_because: z.string().nullable() })
const DETAIL = TRANSACTION.extend({ attempts: z.array(ATTEMPT) })

/** @throws where anything is not as it must be */
export async function takePayment(shop: Shop, order: Order, route: Route, note: Note): Promise<Payment> {
  const payment = await startPayment(shop, order, route, note)
  await payOnPage(shop, payment, note)
  // Nobody asks before it is told: the provider's own webhook has brought the news.
  await expectWebhook(shop, 'payment.succeeded', paid(payment), note)
  const { confirmed, ...verified } = await shop.api.get(`${PATH}${payment.id}/verify_payment/`, VERIFIED)
  deepEqual(verified, paid(payment))
  ok(confirmed, 'The provider gave no clear answer')
  note(`${verified.status}, confirmed by ${shop.accounts[payment.takenBy].title}`)
  return payment
}

export async function startPayment(shop: Shop, order: Order, route: Route, note: Note): Promise<Payment> {
  const { text, ...asked } = order
  const customer = { email: 'ada@customer.test', name: 'Ada Obi' }
  const body = { ...asked, customer, callback_url: shop.receiver.thanksUrl }
  const { id, checkout_url: checkoutUrl } = await shop.api.post(`${PATH}initiate_payment/`, body, STARTED)
  const { attempts } = await shop.api.get(`${PATH}${id}/`, DETAIL)
  deepEqual(
    attempts.map(({ provider, chosen_because, left_because }) => [provider, chosen_because, left_because]),
    route.map(({ provider, because, left }) => [provider, because, left ?? null]),
  )
  const takenBy = route.at(-1)?.provider
  ok(takenBy, 'No provider took the payment')
  for (const { provider, because, left } of route) {
    note(`${shop.accounts[provider].title}, ${because}${left === undefined ? '' : `; left: ${left}`}`)
  }
  note(`${id}: ${checkoutUrl}`)
  return { ...order, id, checkoutUrl, takenBy }
}

/** What a payer's browser does. */
export async function payOnPage({ accounts, receiver }: Shop, payment: Payment, note: Note): Promise<void> {
  const { title, payer } = accounts[payment.takenBy]
  const page = await fetch(payment.checkoutUrl)
  const shown = await page.text()
  ok(shown.includes(payment.text), `${title}'s page does not ask for ${payment.text}`)
  const landedAt = await fillIn(payment.checkoutUrl, shown, payer)
  ok(landedAt.startsWith(receiver.thanksUrl), `The payer was not sent back to the shop but to ${landedAt}`)
  note(`${payment.text} paid there with ${payer.paysWith}, and back at the shop`)
}

/** @returns where the last form led to */
async function fillIn(checkoutUrl: string, firstPage: string, { forms }: Payer): Promise<string> {
  let shown = firstPage
  let landedAt = checkoutUrl
  for (const form of forms) {
    for (const field of Object.keys(form)) ok(shown.includes(`name="${field}"`), `The page does not ask for ${field}`)
    const next = await fetch(checkoutUrl, { method: 'POST', body: new URLSearchParams({ act: 'pay', ...form }) })
    shown = await next.text()
    landedAt = next.url
  }
  return landedAt
}

/** How the payment stands here, without asking anybody. */
export async function expectStatus({ api }: Shop, { id }: Payment, status: string): Promise<void> {
  equal((await api.get(`${PATH}${id}/`, DETAIL)).status, status)
}

/** The payment once its money has come. */
export function paid({ id, amount, currency }: Payment) {
  return { id, status: 'succeeded', amount, currency }
}
