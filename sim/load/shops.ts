/** The merchants of a run, as they are before anything happens: their accounts, connections, endpoints and keys. */

import type { SimulatorName } from '../../local/simulators/index.ts'
import type { Driver, OpenedAccount } from '../../local/simulators/kit/driver.ts'
import { type Currency, currencyExponent, isCurrency } from '../../src/domain/currencies.ts'
import type { Mode } from '../../src/domain/transaction.ts'
import type { CurrencyTerms } from '../../src/providers/contract.ts'
import { PROVIDER_NAMES, PROVIDERS } from '../../src/providers/registry.ts'
import { type Merchant, newMerchant } from '../../test/support/merchant.ts'
import type { Platform } from '../platform.ts'
import type { Place } from '../provider-calls.ts'
import type { Run } from '../run.ts'

/** A connection of a merchant's, with its account at the provider. */
export interface ShopConnection extends Place {
  id: string
  provider: SimulatorName
  driver: Driver
  account: OpenedAccount
}

export interface Endpoint {
  name: string
  id: string
  url: string
  eventTypes: readonly string[]
}

export interface Shop {
  name: string
  mode: Mode
  merchant: Merchant
  /** The key that it uses now; it changes by rotation. */
  keys: { id: string; key: string }[]
  connections: ShopConnection[]
  endpoints: Endpoint[]
}

/** Two decimals and no steps; the accidents of the money are told in them alike at every provider. */
const CURRENCIES = ['NGN', 'USD', 'GHS', 'KES', 'ETB', 'EUR'] as const

export function termsOf(provider: SimulatorName, currency: string): CurrencyTerms | undefined {
  if (!isCurrency(currency) || currencyExponent(currency) !== 2) return undefined
  const terms: CurrencyTerms | undefined = PROVIDERS[provider].capabilities.currencies[currency]
  return terms?.step === undefined ? terms : undefined
}

export const currenciesOf = (provider: SimulatorName): Currency[] =>
  CURRENCIES.filter((currency) => termsOf(provider, currency) !== undefined)

export async function openShops(run: Run, platform: Platform): Promise<Shop[]> {
  const shops: Shop[] = []
  const count = run.chance.pick('shops', [1, 2, 2, 3])
  for (let number = 1; number <= count; number++) shops.push(await openShop(run, platform, `shop ${number}`))
  return shops
}

async function openShop(run: Run, platform: Platform, name: string): Promise<Shop> {
  const { chance, story } = run
  const mode: Mode = chance.is(`mode of ${name}`, 0.5) ? 'live' : 'test'
  const merchant = await newMerchant(platform.calm.deps, platform.calm.app, { mode })
  const shop: Shop = {
    name,
    mode,
    merchant,
    keys: [{ id: merchant.apiKeyId, key: merchant.apiKey }],
    connections: [],
    endpoints: [],
  }
  const connections = chance.pick(`connections of ${name}`, [1, 1, 2, 3])
  for (let number = 1; number <= connections; number++) await connect(run, platform, shop, number)
  const endpoints = chance.pick(`endpoints of ${name}`, [0, 1, 1, 2, 3])
  for (let number = 1; number <= endpoints; number++) await openEndpoint(run, shop, number)
  if (shop.connections.length > 1 && chance.is(`rules of ${name}`, 0.4)) await makeRule(run, shop)
  story.tell(
    name,
    `${mode} mode, ${shop.connections.map((place) => place.name).join(', ')}; ` +
      `${shop.endpoints.map(({ name, eventTypes }) => `${name} for ${eventTypes.join(' ')}`).join(', ') || 'no endpoint'}`,
  )
  return shop
}

async function connect(run: Run, platform: Platform, shop: Shop, number: number): Promise<void> {
  const { chance } = run
  const name = `${shop.name} connection ${number}`
  const provider = chance.pick(`provider of ${name}`, PROVIDER_NAMES)
  const { driver } = platform.simulators.of[provider]
  const account = driver.openAccount(shop.mode)
  const made = await shop.merchant.person.post('/api/v1/payment-providers/', {
    provider,
    credentials: account.credentials,
    priority: chance.int(`priority of ${name}`, 1, 3),
  })
  if (made.status !== 201) throw new Error(`no connection: ${JSON.stringify(made.body)}`)
  const path = chance.is(`shared address of ${name}`, 0.2) ? `/api/v1/webhooks/${provider}/` : made.body.webhook_path
  driver.setWebhookUrl(account, `https://api.paybridge.test${path}`)
  const currency = chance.pick(`currency of ${name}`, currenciesOf(provider))
  const place = {
    name: `${provider} ${shop.name.slice(5)}.${number}`,
    id: String(made.body.id),
    provider,
    driver,
    account,
    currency,
  }
  platform.providerCalls.know(place)
  shop.connections.push(place)
}

const SUBSCRIPTIONS = [['*'], ['*'], ['payment.*'], ['payment.succeeded', 'refund.*'], ['refund.succeeded']]

async function openEndpoint(run: Run, shop: Shop, number: number): Promise<void> {
  const { chance } = run
  const name = `${shop.name} endpoint ${number}`
  const eventTypes = chance.pick(`events of ${name}`, SUBSCRIPTIONS)
  const url = `https://${name.replaceAll(' ', '-')}.example.com/hook`
  const made = await shop.merchant.api.post('/api/v1/webhooks/', {
    url,
    event_types: eventTypes,
    ordered: chance.is(`order at ${name}`, 0.3),
    rate_limit: chance.is(`rate of ${name}`, 0.15) ? 30 : null,
  })
  if (made.status !== 201) throw new Error(`no endpoint: ${JSON.stringify(made.body)}`)
  shop.endpoints.push({ name, id: String(made.body.id), url, eventTypes })
}

async function makeRule(run: Run, shop: Shop): Promise<void> {
  const { chance } = run
  const strategy = chance.pick(`strategy of ${shop.name}`, ['priority', 'weight'])
  const connections = shop.connections.toReversed().map(({ id }) => ({ connection_id: id, weight: 1 }))
  const made = await shop.merchant.person.put('/api/v1/routing-rules/', {
    rules: [{ name: 'all', strategy, connections }],
  })
  if (made.status !== 200) throw new Error(`no rule: ${JSON.stringify(made.body)}`)
}
