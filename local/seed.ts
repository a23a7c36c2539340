/**
 * A merchant to try things with, made through nothing but the public API. Whatever of it is there already is found and
 * kept, so that a restart adds nothing.
 */
import { z } from 'zod'
import { type ApiClient, ApiRefusal, answers, createApiClient } from './client.ts'
import { DEMO_CREDENTIALS, SIMULATOR_NAMES, type SimulatorName } from './simulators/index.ts'

export interface DemoMerchant {
  /** A test key. */
  apiKey: string
  /** Where each provider's webhooks go, from the API's root. */
  webhookPaths: Readonly<Record<SimulatorName, string>>
}

/** Known to everybody: the platform listens on this machine only. */
export const DEMO_LOGIN = { email: 'demo@paybridge.test', password: 'paybridge-demo' }

/** Enough to try everything that a checkout server does, refunds included, which a key has only where they are asked for. */
const KEY_SCOPES = [
  ...['profile:read', 'connections:read', 'transactions:read', 'transactions:write', 'refunds:write'],
  ...['webhooks:read', 'webhooks:write', 'events:read'],
]

/**
 * The merchant, connected to every simulator.
 * @param savedApiKey of an earlier run; another is made where it no longer works
 */
export async function seedDemoMerchant(apiUrl: string, savedApiKey: string | undefined): Promise<DemoMerchant> {
  const saved = savedApiKey === undefined ? undefined : await look(apiUrl, savedApiKey)
  if (saved !== undefined && isComplete(saved.webhookPaths)) return { ...saved, webhookPaths: saved.webhookPaths }
  const person = createApiClient(apiUrl, await logIn(createApiClient(apiUrl)))
  const webhookPaths = await connectAll(person)
  if (saved !== undefined) return { ...saved, webhookPaths }
  const wanted = { name: 'Local platform', scopes: KEY_SCOPES }
  const { key } = await person.post('/api/v1/api-keys/', wanted, answers.apiKey)
  return { apiKey: key, webhookPaths }
}

type WebhookPaths = Partial<Record<SimulatorName, string>>

/** What an earlier run left; undefined where the key no longer works. */
async function look(apiUrl: string, apiKey: string) {
  try {
    return { apiKey, webhookPaths: await findWebhookPaths(createApiClient(apiUrl, apiKey)) }
  } catch (error) {
    if (error instanceof ApiRefusal) return undefined
    throw error
  }
}

async function findWebhookPaths(api: ApiClient): Promise<WebhookPaths> {
  const { data } = await api.get('/api/v1/payment-providers/', answers.connections)
  return Object.fromEntries(data.map(({ provider, webhook_path }) => [provider, webhook_path]))
}

function isComplete(paths: WebhookPaths): paths is DemoMerchant['webhookPaths'] {
  return SIMULATOR_NAMES.every((name) => paths[name] !== undefined)
}

/** Connects those that are not connected yet. */
async function connectAll(person: ApiClient): Promise<DemoMerchant['webhookPaths']> {
  const paths = await findWebhookPaths(person)
  for (const provider of SIMULATOR_NAMES) {
    if (paths[provider] !== undefined) continue
    const connection = { provider, name: `${provider} simulator`, credentials: DEMO_CREDENTIALS[provider] }
    paths[provider] = (await person.post('/api/v1/payment-providers/', connection, answers.connection)).webhook_path
  }
  if (!isComplete(paths)) throw new Error('every simulator is connected')
  return paths
}

async function logIn(stranger: ApiClient): Promise<string> {
  const tokens = () => stranger.post('/api/v1/auth/token/', DEMO_LOGIN, answers.tokens)
  try {
    return (await tokens()).access
  } catch (error) {
    if (!(error instanceof ApiRefusal && error.code === 'sign_in_refused')) throw error
  }
  await stranger.post(
    '/api/v1/auth/register/',
    { ...DEMO_LOGIN, company_name: 'Demo Stores', country: 'NG' },
    z.unknown(),
  )
  return (await tokens()).access
}
