/**
 * What a merchant's developer is given, against real deliveries: the local platform runs whole, the snippets of the docs are
 * started as they are, and the command line makes events and forwards them.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createApiClient } from '../../../local/client.ts'
import { type Platform, startPlatform } from '../../../local/platform/start.ts'
import { startHook } from '../cli/hook.ts'
import { jsonLines, run, start } from '../cli/run.ts'

const SNIPPETS = join(import.meta.dirname, '../../../docs/snippets')
const WEBHOOKS = '/api/v1/webhooks/'

/** Whether the published library is on this machine: it cannot be had everywhere, and the tests need no network. */
const hasPythonLibrary = spawnSync('python3', ['-c', 'import standardwebhooks']).status === 0

const RUNNABLE: readonly { file: string; command: string; by: string }[] = [
  { file: 'verify.mjs', command: process.execPath, by: 'the published library' },
  { file: 'verify_without_library.py', command: 'python3', by: 'its own lines' },
  ...(hasPythonLibrary ? [{ file: 'verify.py', command: 'python3', by: 'the published library' }] : []),
]

let folder: string
let platform: Platform
const children: ChildProcess[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paybridge-test-'))
  platform = await startPlatform({
    folder,
    ports: { api: 0, database: 0, simulators: 0 },
    reset: false,
    databaseLatencyMs: 0,
    write: () => {},
    signal: new AbortController().signal,
  })
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await platform[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const api = () => createApiClient(platform.apiUrl, platform.demo.apiKey)

const made = z.object({ id: z.string(), secret: z.string() })
const told = z.object({ id: z.string(), type: z.string() })
const deliveries = z.object({
  data: z.array(
    z.object({ event_id: z.string(), status: z.string(), attempts: z.array(z.object({ response_status: z.int() })) }),
  ),
})

async function freePort(): Promise<number> {
  await using server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('A server on TCP has a port')
  return address.port
}

/** Asks again until it gives something. The test's own time-out ends it. */
async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await pause(50)
  }
}

/** The snippet as it stands in the docs, serving at this port. */
async function serveSnippet(
  command: string,
  file: string,
  port: number,
  secret: string,
): Promise<{ said: () => string }> {
  const child = spawn(command, [join(SNIPPETS, file)], {
    env: { PATH: process.env.PATH, PORT: String(port), PAYBRIDGE_WEBHOOK_SECRET: secret },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (said += chunk))
  const exited = once(child, 'exit').then(() => {
    throw new Error(`${file} has ended: ${said}`)
  })
  const answers = eventually(() => fetch(`http://127.0.0.1:${port}/`, { method: 'POST' }).catch(() => undefined))
  await Promise.race([answers, exited])
  exited.catch(() => {})
  return { said: () => said }
}

async function deliveryOf(endpointId: string, eventId: string) {
  return eventually(async () => {
    const log = await api().get(`${WEBHOOKS}${endpointId}/deliveries/`, deliveries)
    return log.data.find(({ event_id, attempts }) => event_id === eventId && attempts.length > 0)
  })
}

describe('a snippet of the docs', () => {
  test.each(RUNNABLE)(
    '$file takes a real delivery, verified by $by, and refuses a forged one',
    async ({ file, command }) => {
      const port = await freePort()
      const url = `http://127.0.0.1:${port}/hook`
      const endpoint = await api().post(WEBHOOKS, { url }, made)
      const { said } = await serveSnippet(command, file, port, endpoint.secret)
      const event = await api().post(`${WEBHOOKS}${endpoint.id}/test/`, {}, told)
      expect(await deliveryOf(endpoint.id, event.id)).toMatchObject({
        status: 'succeeded',
        attempts: [{ response_status: 204 }],
      })
      // It says so before it answers, but a pipe may be slower than the network.
      await eventually(async () => said().includes(`webhook.test ${event.id}`) || undefined)

      const body = JSON.stringify({ id: 'evt_1', type: 'payment.succeeded', data: { customer: 'Àdá' } })
      const post = async (signed: string, secret: string, ageSeconds: number) => {
        const at = new Date(Date.now() - ageSeconds * 1_000)
        const headers = {
          'webhook-id': 'evt_1',
          'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
          'webhook-signature': `v1,AAAA ${new Webhook(secret).sign('evt_1', at, signed)}`,
        }
        return (await fetch(url, { method: 'POST', headers, body })).status
      }
      const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
      expect(await post(body, endpoint.secret, 0), 'the right one among two').toBe(204)
      expect(await post(body.replace('1', '2'), endpoint.secret, 0), 'another body').toBe(400)
      expect(await post(body, other, 0), 'another secret').toBe(400)
      expect(await post(body, endpoint.secret, 301), 'too old').toBe(400)
      expect(await post(body, endpoint.secret, -302), 'too new').toBe(400)
      expect((await fetch(url, { method: 'POST', body })).status, 'no headers').toBe(400)
    },
  )
})

describe('the command line, at the real platform', () => {
  const options = () => ({
    state: folder,
    env: { PAYBRIDGE_API_URL: platform.apiUrl, PAYBRIDGE_API_KEY: platform.demo.apiKey },
  })

  test('what it triggers is made for real, forwarded as it is listed, and sent again', async () => {
    await using hook = await startHook()
    await using listener = start(
      ['listen', '--json', '--forward-to', hook.url, '--types', 'payment.succeeded,refund.*'],
      options(),
    )
    const { secret } = JSON.parse(await listener.line())
    const endpoint = await api().post(WEBHOOKS, { url: hook.url, event_types: ['refund.succeeded'] }, made)

    const paid = await run(['trigger', 'payment.succeeded', '--json'], options())
    const refunded = await run(['trigger', 'refund.succeeded', '--json'], options())
    expect([paid, refunded]).toMatchObject([
      { code: 0, stderr: '' },
      { code: 0, stderr: '' },
    ])
    const [payment, refund] = jsonLines(paid.stdout + refunded.stdout).map((line) => told.parse(line))
    if (payment === undefined || refund === undefined) throw new Error('each says its event')
    expect([payment.type, refund.type]).toEqual(['payment.succeeded', 'refund.succeeded'])

    const types = ['payment.succeeded', 'payment.succeeded', 'refund.created', 'refund.succeeded']
    for (const type of types) expect(JSON.parse(await listener.line())).toMatchObject({ type, outcome: 'accepted' })
    const forwarded = hook.posted.filter(({ headers }) => headers['webhook-id'] === refund.id)
    const got = jsonLines((await run(['events', 'get', refund.id, '--json'], options())).stdout)
    const bySession = forwarded.filter(({ headers, body }) => isBy(secret, headers, body))
    expect(bySession.map(({ headers, body }) => new Webhook(secret).verify(body, headers))).toEqual(got)

    await deliveryOf(endpoint.id, refund.id)
    const before = hook.ids().filter((id) => id === refund.id).length
    expect(before).toBe(2)
    const resent = await run(['events', 'resend', refund.id, '--endpoint', endpoint.id], options())
    expect(resent).toEqual({ code: 0, stdout: `${refund.id} goes to 1 endpoint again.\n`, stderr: '' })
    await eventually(async () => (hook.ids().filter((id) => id === refund.id).length > before ? true : undefined))
    expect(isBy(endpoint.secret, hook.posted.at(-1)?.headers ?? {}, hook.posted.at(-1)?.body ?? '')).toBe(true)
    listener.child.kill('SIGINT')
    expect((await listener.ended).code).toBe(0)
  })

  test.each([
    'payment.created',
    'payment.processing',
    'payment.failed',
    'payment.cancelled',
    'refund.created',
    'refund.requires_action',
  ])('%s can be triggered', async (type) => {
    const { code, stdout, stderr } = await run(['trigger', type, '--json'], options())
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(jsonLines(stdout)).toMatchObject([{ object: 'event', type }])
  })
})

function isBy(secret: string, headers: Record<string, string>, body: string): boolean {
  try {
    new Webhook(secret).verify(body, headers)
    return true
  } catch {
    return false
  }
}
