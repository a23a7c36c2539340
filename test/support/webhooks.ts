/** A merchant who is told by webhook, and what makes something to tell. */

import { Webhook } from 'standardwebhooks'
import { vi } from 'vitest'
import { LIMITS } from '../../src/domain/limits.ts'
import { connectPaystack, ORDER } from './paystack.ts'
import type { Received } from './receiver.ts'
import type { Merchant, World } from './world.ts'

export const WEBHOOKS = '/api/v1/webhooks/'

export interface Endpoint {
  id: string
  url: string
  secret: string
}

let urls = 0

/** An endpoint of the merchant's, at an address that no other has. */
export async function addEndpoint(merchant: Pick<Merchant, 'api'>, body: object = {}): Promise<Endpoint> {
  urls += 1
  const made = await merchant.api.post(WEBHOOKS, { url: `https://hooks.shop.test/${urls}`, ...body })
  if (made.status !== 201) throw new Error(`no endpoint: ${JSON.stringify(made.body)}`)
  return { id: String(made.body.id), url: String(made.body.url), secret: String(made.body.secret) }
}

/** A merchant with a provider, and with one endpoint that hears of everything. */
export async function newToldMerchant(world: World) {
  const merchant = await world.newMerchant()
  await connectPaystack(world, merchant)
  return { merchant, endpoint: await addEndpoint(merchant) }
}

/** Starts a payment, which is one event, `payment.created`. */
export async function makeEvent(merchant: Merchant): Promise<string> {
  const started = await merchant.api.post('/api/v1/transactions/initiate_payment/', ORDER)
  if (started.status !== 201) throw new Error(`no payment: ${JSON.stringify(started.body)}`)
  return String(started.body.id)
}

/** What arrived at this endpoint. */
export function receivedAt(world: World, endpoint: Endpoint): Received[] {
  return world.receiver.received.filter(({ url }) => url === endpoint.url)
}

/** The log of the endpoint's deliveries, newest first. */
export async function deliveriesOf(merchant: Pick<Merchant, 'api'>, endpoint: Endpoint) {
  const list = await merchant.api.get(`${WEBHOOKS}${endpoint.id}/deliveries/`)
  if (list.status !== 200) throw new Error(`no log: ${JSON.stringify(list.body)}`)
  return list.body.data
}

/** Verifies as a merchant does, with the published library, at this time. @throws where it refuses */
export function verifyAsMerchant(secret: string, { headers, body }: Received, at: Date): unknown {
  // The library reads the time by itself.
  vi.useFakeTimers({ toFake: ['Date'], now: at })
  try {
    return new Webhook(secret).verify(body, Object.fromEntries(headers))
  } finally {
    vi.useRealTimers()
  }
}

/** Lets a crashed worker's lease run out. */
export function outwaitLease(world: World): void {
  world.clock.advance(LIMITS.deliveryLeaseSeconds * 1000)
}
