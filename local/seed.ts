/**
 * A merchant to try things with, made through nothing but the public API. Whatever of it is there already is found and
 * kept, so that a restart adds nothing.
 */
import { z } from 'zod'
import { type ApiClient, ApiRefusal, answers, createApiClient } from './client.ts'

export interface DemoMerchant {
  /** A test key. */
  apiKey: string
  /** Where the provider's webhooks go, from the API's root. */
  webhookPath: string
}

/** Known to everybody: the platform listens on this machine only. */
export const DEMO_LOGIN = { email: 'demo@paybridge.test', password: 'paybridge-demo' }

/** The demo merchant's account at the Paystack simulator, which opens one for any key. */
export const DEMO_PAYSTACK_KEY = 'sk_test_paybridgedemo0123456789'

/** @param savedApiKey of an earlier run; another is made where it no longer works */
export async function seedDemoMerchant(apiUrl: string, savedApiKey: string | undefined): Promise<DemoMerchant> {
  const found = savedApiKey === undefined ? undefined : await look(apiUrl, savedApiKey)
  if (found !== undefined) return found
  const person = createApiClient(apiUrl, await logIn(createApiClient(apiUrl)))
  const webhookPath = (await findWebhookPath(person)) ?? (await connectPaystack(person))
  const { key } = await person.post('/api/v1/api-keys/', { name: 'Local platform' }, answers.apiKey)
  return { apiKey: key, webhookPath }
}

/** What an earlier run left; undefined where the key no longer works, or where that run was cut short. */
async function look(apiUrl: string, apiKey: string): Promise<DemoMerchant | undefined> {
  try {
    const webhookPath = await findWebhookPath(createApiClient(apiUrl, apiKey))
    return webhookPath === undefined ? undefined : { apiKey, webhookPath }
  } catch (error) {
    if (error instanceof ApiRefusal) return undefined
    throw error
  }
}

async function findWebhookPath(api: ApiClient): Promise<string | undefined> {
  const { data } = await api.get('/api/v1/payment-providers/', answers.connections)
  return data[0]?.webhook_path
}

async function connectPaystack(person: ApiClient): Promise<string> {
  const credentials = { secret_key: DEMO_PAYSTACK_KEY }
  const connection = { provider: 'paystack', name: 'Paystack simulator', credentials }
  return (await person.post('/api/v1/payment-providers/', connection, answers.connection)).webhook_path
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
