/**
 * PayBridge's main job, from logging in to the audit log, through nothing but the public HTTP API. Each step checks what
 * it was answered; what is not as it must be ends the demo.
 */
import { equal, ok, throws } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import { type ApiClient, answers, createApiClient } from '../client.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import type { Report } from './report.ts'

const WEBHOOK_WITHIN_MS = 20_000

/** Paystack's test card that succeeds at once (paystack.com/docs/payments/test-payments). */
const TEST_CARD = '4084084084084081'

const ORDER = { amount: 150_000, currency: 'NGN', customer: { email: 'ada@customer.test', name: 'Ada Obi' } }
const ORDER_TEXT = 'NGN 1,500.00'

const PAYMENT = z.object({ id: z.string(), status: z.string(), amount: z.int(), currency: z.string() })
const STARTED = PAYMENT.extend({ checkout_url: z.url() })
const VERIFIED = PAYMENT.extend({ confirmed: z.boolean() })
const ENDPOINT = z.object({ id: z.string(), secret: z.string() })
const EVENT = z.object({ type: z.string(), data: PAYMENT })
const ENTRIES = z.object({ data: z.array(z.object({ action: z.string(), object_id: z.string() })) })

export interface Addresses {
  apiUrl: string
  paystackUrl: string
}

type Note = (text: string) => void

/** @throws where anything is not as it must be */
export async function demonstrate(report: Report, { apiUrl, paystackUrl }: Addresses): Promise<void> {
  await using receiver = await startReceiver()
  // An account of its own for each run, so that a run finds nothing of the one before.
  const paystackKey = `sk_test_${randomUUID().replaceAll('-', '')}`

  const person = await report.step('Register a merchant and log in', (note) => logIn(apiUrl, note))
  const api = await report.step('Create an API key', async (note) => {
    const { key, mask } = await person.post('/api/v1/api-keys/', { name: 'Demo' }, answers.apiKey)
    note(mask)
    return createApiClient(apiUrl, key)
  })
  await report.step('Connect Paystack', async (note) => {
    const credentials = { secret_key: paystackKey }
    const connection = { provider: 'paystack', credentials }
    const { id, status, webhook_path } = await person.post('/api/v1/payment-providers/', connection, answers.connection)
    equal(status, 'active')
    await setPaystackWebhookUrl(paystackUrl, paystackKey, `${apiUrl}${webhook_path}`)
    note(`${id}, and its webhook URL set in the simulator's dashboard`)
  })
  const endpoint = await report.step('Register a webhook endpoint', async (note) => {
    note(receiver.webhookUrl)
    return api.post('/api/v1/webhooks/', { url: receiver.webhookUrl, event_types: ['payment.succeeded'] }, ENDPOINT)
  })
  const started = await report.step('Initiate a payment', async (note) => {
    const order = { ...ORDER, callback_url: receiver.thanksUrl }
    const payment = await api.post('/api/v1/transactions/initiate_payment/', order, STARTED)
    note(`${payment.id}, ${payment.status}: ${payment.checkout_url}`)
    return payment
  })
  await report.step('Pay on the checkout page', (note) => payOnPage(started.checkout_url, receiver.thanksUrl, note))
  await report.step('Receive the signed webhook', (note) => receiveWebhook(receiver, endpoint.secret, started.id, note))
  await report.step('Verify the payment', async (note) => {
    const payment = await api.get(`/api/v1/transactions/${started.id}/verify_payment/`, VERIFIED)
    equal(payment.confirmed, true)
    checkPaid(payment, started.id)
    note(`${payment.status}, confirmed by Paystack`)
  })
  await report.step('List the audit log', (note) => listAuditLog(person, [endpoint.id, started.id], note))
}

async function logIn(apiUrl: string, note: Note): Promise<ApiClient> {
  const stranger = createApiClient(apiUrl)
  const login = { email: `demo-${randomUUID()}@paybridge.test`, password: randomUUID() }
  const merchant = { ...login, company_name: 'Kora Stores', country: 'NG' }
  await stranger.post('/api/v1/auth/register/', merchant, z.unknown())
  const { access } = await stranger.post('/api/v1/auth/token/', login, answers.tokens)
  note(login.email)
  return createApiClient(apiUrl, access)
}

/** What a merchant types into Paystack's dashboard. */
async function setPaystackWebhookUrl(paystackUrl: string, secretKey: string, webhookUrl: string): Promise<void> {
  const response = await fetch(`${paystackUrl}/_control/accounts/${secretKey}`, {
    method: 'PUT',
    body: JSON.stringify({ webhookUrl, businessName: 'Kora Stores' }),
  })
  ok(response.ok, `The simulator's dashboard answered ${response.status}`)
}

/** What a payer's browser does. */
async function payOnPage(checkoutUrl: string, thanksUrl: string, note: Note): Promise<void> {
  const page = await fetch(checkoutUrl)
  ok((await page.text()).includes(ORDER_TEXT), `The checkout page does not ask for ${ORDER_TEXT}`)
  const form = new URLSearchParams({ act: 'pay', method: TEST_CARD })
  const thanks = await fetch(checkoutUrl, { method: 'POST', body: form })
  ok(thanks.url.startsWith(thanksUrl), `The payer was not sent back to the shop but to ${thanks.url}`)
  note(`${ORDER_TEXT} with the test card ${TEST_CARD}; back at ${thanks.url.split('?', 1)}`)
}

async function receiveWebhook(receiver: Receiver, secret: string, id: string, note: Note): Promise<void> {
  const { headers, body } = await receiver.firstWebhook(WEBHOOK_WITHIN_MS)
  const webhook = new Webhook(secret)
  const event = EVENT.parse(webhook.verify(body, headers))
  equal(event.type, 'payment.succeeded')
  checkPaid(event.data, id)
  throws(() => webhook.verify(body.replace('150000', '950000'), headers), 'A forged body passes for a signed one')
  note(`${event.type} ${headers['webhook-id']}: standardwebhooks verifies it, and refuses it with another amount`)
}

function checkPaid(payment: z.infer<typeof PAYMENT>, id: string): void {
  const { amount, currency } = ORDER
  equal(
    JSON.stringify(payment, ['id', 'status', 'amount', 'currency']),
    JSON.stringify({ id, status: 'succeeded', amount, currency }),
  )
}

/** @param objects that must be in it, besides the merchant's first steps */
async function listAuditLog(person: ApiClient, objects: string[], note: Note): Promise<void> {
  const { data } = await person.get('/api/v1/audit-logs/', ENTRIES)
  const oldestFirst = data.toReversed()
  const actions = oldestFirst.map(({ action }) => action)
  for (const action of EXPECTED_ACTIONS) ok(actions.includes(action), `The audit log lacks ${action}: ${actions}`)
  for (const id of objects)
    ok(
      data.some(({ object_id }) => object_id === id),
      `The audit log lacks ${id}`,
    )
  note(actions.join(', '))
}
const EXPECTED_ACTIONS = [
  'user.registered',
  'session.started',
  'api_key.created',
  'connection.created',
  'webhook_endpoint.created',
  'transaction.initiated',
]
