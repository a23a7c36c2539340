/** A merchant that is ready to sell: registered, with an API key, connected to four providers, with routing rules. */
import { equal } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { type ApiClient, answers, createApiClient } from '../client.ts'
import type { SimulatorName } from '../simulators/index.ts'
import { createDashboards, type Dashboards, type DemoAccount, type DemoAccounts, newAccounts } from './accounts.ts'
import type { Receiver } from './receiver.ts'
import type { Note, Report } from './report.ts'
import { type LiveStream, openStream } from './stream.ts'

export interface Addresses {
  apiUrl: string
  simulatorsUrl: string
}

type ConnectionIds = Record<SimulatorName, string>

export interface Shop extends AsyncDisposable {
  /** As who has logged in. */
  person: ApiClient
  /** With the API key. */
  api: ApiClient
  accounts: DemoAccounts
  dashboards: Dashboards
  connectionIds: ConnectionIds
  receiver: Receiver
  endpoint: { id: string; secret: string }
  stream: LiveStream
}

const BUSINESS = 'Kora Stores'

/** Refunds are a right that a key has only where it is named. */
const KEY_SCOPES = ['transactions:read', 'transactions:write', 'refunds:write', 'webhooks:write', 'events:read']

const ENDPOINT = z.object({ id: z.string(), secret: z.string() })
const RULES = z.object({ data: z.array(z.object({ name: z.string() })) })

export async function openShop(
  report: Report,
  { apiUrl, simulatorsUrl }: Addresses,
  receiver: Receiver,
): Promise<Shop> {
  const dashboards = createDashboards(simulatorsUrl)
  const accounts = newAccounts()
  const person = await report.step('Register a merchant and log in', (note) => logIn(apiUrl, note))
  const api = await report.step('Create an API key', async (note) => {
    const { key, mask } = await person.post('/api/v1/api-keys/', { name: 'Demo', scopes: KEY_SCOPES }, answers.apiKey)
    note(`${mask}, which may send refunds`)
    return createApiClient(apiUrl, key)
  })
  const connectionIds = await report.step('Connect four providers', async (note) => {
    const connect = async (account: DemoAccount) => {
      const { id, webhook_path } = await connectAccount(person, account)
      const webhookUrl = `${apiUrl}${webhook_path}`
      await dashboards.configure(account, { ...account.settings, businessName: BUSINESS, webhookUrl })
      note(`${account.title}: ${id}, its webhook URL set on the dashboard there`)
      return id
    }
    return {
      paystack: await connect(accounts.paystack),
      flutterwave: await connect(accounts.flutterwave),
      stripe: await connect(accounts.stripe),
      chapa: await connect(accounts.chapa),
    }
  })
  await report.step('Set routing rules', (note) => setRules(person, connectionIds, note))
  const endpoint = await report.step('Register a webhook endpoint', async (note) => {
    note(receiver.webhookUrl)
    const wanted = { url: receiver.webhookUrl, event_types: ['payment.succeeded', 'refund.*'] }
    return api.post('/api/v1/webhooks/', wanted, ENDPOINT)
  })
  const stream = await report.step('Open the live stream', async (note) => {
    const opened = await openStream(api)
    note('a WebSocket, by a ticket that is good for one')
    return opened
  })
  return {
    person,
    api,
    accounts,
    dashboards,
    connectionIds,
    receiver,
    endpoint,
    stream,
    [Symbol.asyncDispose]: () => stream[Symbol.asyncDispose](),
  }
}

async function logIn(apiUrl: string, note: Note): Promise<ApiClient> {
  const stranger = createApiClient(apiUrl)
  const login = { email: `demo-${randomUUID()}@paybridge.test`, password: randomUUID() }
  const merchant = { ...login, company_name: BUSINESS, country: 'NG' }
  await stranger.post('/api/v1/auth/register/', merchant, z.unknown())
  const { access } = await stranger.post('/api/v1/auth/token/', login, answers.tokens)
  note(login.email)
  return createApiClient(apiUrl, access)
}

async function connectAccount(person: ApiClient, { provider, credentials }: DemoAccount) {
  const connection = await person.post('/api/v1/payment-providers/', { provider, credentials }, answers.connection)
  equal(connection.status, 'active')
  return connection
}

/** Read in this order; no rule names the shilling. Amounts are in minor units. */
const RULES_IN_ORDER: readonly { name: string; currencies: string[]; amount_max?: number; to: SimulatorName[] }[] = [
  { name: 'Small naira', currencies: ['NGN'], amount_max: 100_000, to: ['paystack'] },
  { name: 'Naira', currencies: ['NGN'], to: ['flutterwave', 'paystack'] },
  { name: 'Birr', currencies: ['ETB'], to: ['chapa'] },
  { name: 'Dollars', currencies: ['USD'], to: ['stripe'] },
]

async function setRules(person: ApiClient, ids: ConnectionIds, note: Note): Promise<void> {
  const rules = RULES_IN_ORDER.map(({ to, ...rule }) => ({
    ...rule,
    connections: to.map((provider) => ({ connection_id: ids[provider] })),
  }))
  const { data } = await person.put('/api/v1/routing-rules/', { rules }, RULES)
  equal(data.length, RULES_IN_ORDER.length)
  note(RULES_IN_ORDER.map(({ name, to }) => `${name}: ${to.join(', then ')}`).join('; '))
}
