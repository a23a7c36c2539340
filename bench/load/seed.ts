/** Whom the operations are for and what they work on: merchants made through the API, and their payments in bulk. */
import { randomBytes } from 'node:crypto'
import type { Client } from 'pg'
import { z } from 'zod'
import { type ApiClient, answers, createApiClient } from '../../local/client.ts'
import { parseKeyRing } from '../../src/crypto/key-ring.ts'
import { newWebhookSecret } from '../../src/crypto/standard-webhooks.ts'
import { newId } from '../../src/domain/ids.ts'
import { sealEndpointSecret } from '../../src/operations/webhooks/endpoint-secret.ts'
import { ORDER, webhookPost } from '../platform/provider-stub.ts'
import { copyStory, ITEM, LAST_EVENT_NUMBER, STORY_NAMES, type Story, type StoryName } from './stories.ts'

/** Who asks, and for what. */
export interface Shop {
  apiKey: string
  webhookPath: string
  /** @param prefix `txn_`, or `pb-` for what the provider knows it by */
  idOf(story: StoryName, prefix: string, item: string): string
  idsOf(story: StoryName, prefix: string, item: string): string[]
}

/** Items that an operation is warmed, recorded and checked with; the load takes others, from FIRST_ITEM on. */
export const TRIAL_ITEMS = { warm: '735126', recorded: '917345', checked: '826154' } as const
export const FIRST_ITEM = 100_000

export const SECRET_KEY = 'sk_test_paybridgebench0123456789'

/** The idempotency key under which an item's answer is remembered. */
export const keyOf = (item: string): string => `bench-${item}`

/** Where it is played: the real Worker, the database behind it, and the merchants' servers. */
export interface Stage {
  owner: Client
  apiUrl: string
  sealingKeys: string
  receiversUrl: string
}

/** @param items how many payments there are to be of each story; fewer of those that are a whole batch */
export async function seed(stage: Stage, items: number): Promise<Shop> {
  const merchant = await openShop(stage.apiUrl, 'shop')
  const told = await openShop(stage.apiUrl, 'told')
  await addEndpoints(stage, told.merchantId)
  const stories = new Map<StoryName, Story>()
  for (const name of STORY_NAMES) {
    const transactionId = await play(stage, name === 'due' ? told : merchant, name)
    const copies = { from: FIRST_ITEM, count: copiesOf(name, items), others: Object.values(TRIAL_ITEMS) }
    stories.set(name, await copyStory(stage.owner, transactionId, copies))
  }
  await stage.owner.query('update event_counters set last_number = $1', [LAST_EVENT_NUMBER])
  await stage.owner.query('vacuum analyze')
  return shopOf(merchant, stories)
}

/** How many there are of a story: fewer where one is a batch of a hundred deliveries. */
export const copiesOf = (name: StoryName, items: number): number => (name === 'due' ? Math.ceil(items / 20) : items)

function shopOf({ apiKey, webhookPath }: Opened, stories: ReadonlyMap<StoryName, Story>): Shop {
  const idsOf: Shop['idsOf'] = (story, prefix, item) => {
    const starts = stories.get(story)?.get(prefix)
    if (starts === undefined) throw new RangeError(`story ${story} has no ${prefix}`)
    return starts.map((start) => `${prefix}${start}${item}`)
  }
  return { apiKey, webhookPath, idsOf, idOf: (story, prefix, item) => String(idsOf(story, prefix, item)[0]) }
}

interface Opened {
  apiKey: string
  webhookPath: string
  merchantId: string
}

const profile = z.object({ merchant: z.object({ id: z.string() }) })

/** A merchant with a Paystack account, and a key for its server. */
async function openShop(apiUrl: string, name: string): Promise<Opened> {
  const login = { email: `${name}@bench.test`, password: 'bench-bench-bench' }
  const stranger = createApiClient(apiUrl)
  await stranger.post('/api/v1/auth/register/', { ...login, company_name: name, country: 'NG' }, z.unknown())
  const { access } = await stranger.post('/api/v1/auth/token/', login, answers.tokens)
  const person = createApiClient(apiUrl, access)
  const connection = { provider: 'paystack', name: 'Paystack', credentials: { secret_key: SECRET_KEY } }
  const connected = await person.post('/api/v1/payment-providers/', connection, answers.connection)
  const scopes = ['transactions:read', 'transactions:write', 'refunds:write']
  const { key } = await person.post('/api/v1/api-keys/', { name: 'bench', scopes }, answers.apiKey)
  const { merchant } = await person.get('/api/v1/profile/me/', profile)
  return { apiKey: key, webhookPath: connected.webhook_path, merchantId: merchant.id }
}

const ENDPOINTS = 100

/** More than the API lets one merchant have, so that one event makes a whole batch. */
async function addEndpoints({ owner, sealingKeys, receiversUrl }: Stage, merchantId: string): Promise<void> {
  const random = (length: number) => new Uint8Array(randomBytes(length))
  const sealing = { sealing: parseKeyRing('seal', sealingKeys), random }
  for (let index = 0; index < ENDPOINTS; index++) {
    const id = newId('whe', Date.now(), random)
    const sealed = await sealEndpointSecret(sealing, id, newWebhookSecret(random))
    await owner.query(
      `insert into webhook_endpoints (id, merchant_id, mode, url, event_types, sealed_secret)
       values ($1, $2, 'test', $3, '{*}', $4)`,
      [id, merchantId, `${receiversUrl}/receiver/${index}`, sealed],
    )
  }
}

const transaction = z.object({ id: z.string() })

/** Lets it happen once, and gives the transaction's id. */
async function play({ apiUrl, owner }: Stage, opened: Opened, name: StoryName): Promise<string> {
  const api = createApiClient(apiUrl, opened.apiKey)
  const { id } = name === 'remembered' ? await initiateOnce(apiUrl, opened) : await initiate(api)
  if (name === 'paid') await api.get(`/api/v1/transactions/${id}/verify_payment/`, transaction)
  if (name === 'reported') {
    const { rows } = await owner.query('select reference from attempts where transaction_id = $1', [id])
    const post = webhookPost(SECRET_KEY, String(rows[0]?.reference))
    const { ok } = await fetch(`${apiUrl}${opened.webhookPath}`, { method: 'POST', ...post })
    if (!ok) throw new Error('the webhook was not taken in')
    await owner.query(`update provider_events set dedupe_key = dedupe_key || ':${ITEM}' where reference = $1`, [
      rows[0]?.reference,
    ])
  }
  return id
}

const initiate = (api: ApiClient) => api.post('/api/v1/transactions/initiate_payment/', ORDER, transaction)

/** Under a key, by which the answer is given again. */
async function initiateOnce(apiUrl: string, { apiKey }: Opened): Promise<z.output<typeof transaction>> {
  const response = await fetch(`${apiUrl}/api/v1/transactions/initiate_payment/`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      'idempotency-key': keyOf(ITEM),
    },
    body: JSON.stringify(ORDER),
  })
  return transaction.parse(await response.json())
}
