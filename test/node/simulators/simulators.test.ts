/** All simulators below one address: each at its provider's name, and what is due in any of them is due. */
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { createSimulators, DEMO_CREDENTIALS, SIMULATOR_NAMES } from '../../../local/simulators/index.ts'
import { serveSimulator } from '../../../local/simulators/kit/server.ts'
import { createTestWorld, WEBHOOK_URL } from './world.ts'

const opened: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const server of opened.splice(0)) await server.close()
})

const page = z.object({ data: z.object({ authorization_url: z.url() }) })

function initialize(reference: string): RequestInit {
  const headers = {
    authorization: `Bearer ${DEMO_CREDENTIALS.paystack.secret_key}`,
    'content-type': 'application/json',
  }
  const body = JSON.stringify({ email: 'kofi@customer.example', amount: 5000, reference })
  return { method: 'POST', headers, body }
}

test.each(['https://simulators.example', 'https://simulators.example/', 'https://example.test/below'])(
  'a provider is at its name below %s, and its links lead there',
  async (baseUrl) => {
    const simulators = createSimulators(createTestWorld(), { baseUrl })
    const root = `${baseUrl.replace(/\/$/, '')}/paystack`
    const answer = await simulators.fetch(new Request(`${root}/transaction/initialize`, initialize('linked')))
    const { data } = page.parse(await answer.json())
    expect(data.authorization_url).toContain(`${root}/checkout/`)
    expect((await simulators.fetch(new Request(data.authorization_url))).status).toBe(200)
    expect((await simulators.fetch(new Request(`${root}/_control/accounts`))).status).toBe(200)
  },
)

test.each(['', '/', '/nobody/balance', '/constructor', '/paystackx/balance', '/balance'])(
  'nobody is at %j, and whoever asks is told where the simulators are',
  async (path) => {
    const simulators = createSimulators(createTestWorld(), { baseUrl: 'https://simulators.example' })
    const answer = await simulators.fetch(new Request(`https://simulators.example${path}`))
    expect(answer.status).toBe(404)
    expect(await answer.text()).toContain('https://simulators.example/paystack')
  },
)

test.each(SIMULATOR_NAMES)('the demo account is at %s, and its webhooks go where they are told to', (name) => {
  const { of } = createSimulators(createTestWorld(), { baseUrl: 'https://simulators.example' })
  const account = { credentials: DEMO_CREDENTIALS[name] }
  of[name].driver.setWebhookUrl(account, WEBHOOK_URL)
  expect(of[name].driver.books(account)).toEqual([])
})

test.each(SIMULATOR_NAMES)(
  'a simulator of %s that has just begun signs as its demo account’s credentials say',
  async (name) => {
    const signAfter = (otherAccounts: number, credentials = DEMO_CREDENTIALS[name]) => {
      const { driver } = createSimulators(createTestWorld(), { baseUrl: 'https://simulators.example' }).of[name]
      for (let other = 0; other < otherAccounts; other++) driver.openAccount('test')
      driver.setWebhookUrl({ credentials }, WEBHOOK_URL)
      return driver.sign({ credentials }, '{}')
    }
    const signed = await signAfter(0)
    expect(await signAfter(1)).toEqual(signed)
    const [first, ...more] = Object.entries(DEMO_CREDENTIALS[name])
    const [field, value] = more[0] ?? first ?? []
    expect(await signAfter(0, { ...DEMO_CREDENTIALS[name], [`${field}`]: `${value}9` })).not.toEqual(signed)
  },
)

test('what is due in one of them is due in all, and is delivered', async () => {
  const world = createTestWorld()
  const simulators = createSimulators(world, { baseUrl: 'https://simulators.example' })
  expect(simulators.nextDueAt()).toBeUndefined()
  const { driver } = simulators.of.paystack
  const account = driver.openAccount('test')
  driver.setWebhookUrl(account, WEBHOOK_URL)
  driver.chargeElsewhere(account, 5_000, 'NGN')
  expect(simulators.nextDueAt()).toEqual(world.now())
  expect(await simulators.deliverDueWebhooks()).toBe(1)
  expect(world.inbox).toMatchObject([{ event: 'charge.success' }])
})

test('one port serves them all', async () => {
  const server = await serveSimulator({ port: 0, create: (world, baseUrl) => createSimulators(world, { baseUrl }) })
  opened.push(server)
  const answer = await fetch(`${server.url}/paystack/transaction/initialize`, initialize('served'))
  const { data } = page.parse(await answer.json())
  expect(data.authorization_url).toContain(`${server.url}/paystack/checkout/`)
  expect((await fetch(data.authorization_url)).status).toBe(200)
})
