/** `paybridge listen` as a developer runs it: the real program, before a server that plays the API. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Hook, startHook } from './hook.ts'
import { jsonLines, type Running, run, start } from './run.ts'
import { KEY, type StandIn, startStandIn } from './stand-in-api.ts'

const SECRET = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='

let api: StandIn
let hook: Hook
let state: string
const listeners: Running[] = []

beforeEach(async () => {
  api = await startStandIn()
  hook = await startHook()
  state = await mkdtemp(join(tmpdir(), 'paybridge-cli-'))
})
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener[Symbol.asyncDispose]()
  await hook[Symbol.asyncDispose]()
  await api[Symbol.asyncDispose]()
  await rm(state, { recursive: true })
})

const args = (...more: string[]) => ['listen', '--api-url', api.url, '--key', KEY, '--forward-to', hook.url, ...more]

function listen(...more: string[]): Running {
  const listener = start(args(...more), { state })
  listeners.push(listener)
  return listener
}

/** One that says in JSON what it does, and waits for news. */
async function listenReady(...more: string[]) {
  const listener = listen('--json', ...more)
  return { listener, ready: JSON.parse(await listener.line()) }
}

const kill = async ({ child, ended }: Running) => {
  child.kill('SIGKILL')
  await ended
}

describe('each event', () => {
  test('comes in order and as it is, signed so that the published libraries verify it and refuse a forged one', async () => {
    const { ready } = await listenReady('--after', '0')
    api.happen('payment.created', 'payment.succeeded')
    api.happen('refund.created')
    await hook.had(3)
    expect(hook.ids()).toEqual(['evt_1', 'evt_2', 'evt_3'])
    for (const [index, { headers, body }] of hook.posted.entries()) {
      expect(new Webhook(ready.secret).verify(body, headers)).toEqual(api.events[index])
      const forged = body.replace('150000', '950000')
      for (const library of [Webhook, SvixWebhook]) {
        expect(() => new library(ready.secret).verify(body, headers)).not.toThrow()
        expect(() => new library(ready.secret).verify(forged, headers)).toThrow('No matching signature')
        expect(() => new library(SECRET).verify(body, headers)).toThrow('No matching signature')
      }
      expect(headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'PayBridge-Webhooks/1' })
    }
  })

  test.each([
    [200, 'accepted'],
    [500, 'rejected'],
    [302, 'rejected'],
  ])('that is answered %i is told as %s, with its time, and the next one comes', async (status, outcome) => {
    const { listener } = await listenReady()
    hook.answerWith(status)
    for (const number of [1, 2]) {
      api.happen('payment.created')
      expect(JSON.parse(await listener.line())).toEqual({
        object: 'forwarded',
        id: `evt_${number}`,
        number,
        type: 'payment.created',
        outcome,
        status,
        reason: null,
        duration_ms: expect.any(Number),
      })
    }
    expect(hook.posted).toHaveLength(2)
  })

  test('that finds nobody there is told so, and the next one is tried', async () => {
    const { listener } = await listenReady()
    await hook[Symbol.asyncDispose]()
    api.happen('payment.created', 'payment.failed')
    for (const number of [1, 2]) {
      const told = JSON.parse(await listener.line())
      expect(told).toMatchObject({ number, outcome: 'unreachable', status: null, reason: 'ECONNREFUSED' })
    }
  })

  test('is for people a line with its number, type, id, answer and time, without escape codes in a pipe', async () => {
    const listener = listen('--after', '0')
    expect(await listener.line()).toBe(`Test events after number 0 go to ${hook.url}. Ctrl-C ends it.`)
    expect(await listener.line()).toMatch(/^They are signed with whsec_[A-Za-z0-9+/]{43}=$/)
    api.happen('payment.succeeded')
    expect(await listener.line()).toMatch(/^ {5}1 {2}payment\.succeeded {9}evt_1 {2}204 {2}\d+ ms$/)
  })
})

describe('a secret', () => {
  test('of its own is new at each run; one that was given signs, and is not shown', async () => {
    const first = await listenReady()
    const second = await listenReady()
    expect(first.ready.secret).not.toBe(second.ready.secret)
    await kill(first.listener)
    await kill(second.listener)
    const { ready } = await listenReady('--secret', SECRET)
    expect(JSON.stringify(ready)).not.toContain(SECRET)
    api.happen('payment.created')
    await hook.had(1)
    const [{ headers, body } = { headers: {}, body: '' }] = hook.posted
    expect(new Webhook(SECRET).verify(body, headers)).toEqual(api.events[0])
  })

  test.each(['secret', 'whsec_', 'whsec_c2hvcnQ=', `${SECRET}!`])('%s is none, and told so', async (secret) => {
    const ended = await run(args('--secret', secret), { state })
    expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('That is no signing secret') })
  })
})

describe('where it begins', () => {
  test('at first with what happens from now on, however much there was', async () => {
    api.happen(...Array.from({ length: 1000 }, () => 'payment.created'))
    const { ready } = await listenReady()
    expect(ready).toMatchObject({ object: 'listening', after: 1000, forward_to: hook.url })
    expect(api.asked.length).toBeLessThan(30)
    api.happen('payment.succeeded')
    await hook.had(1)
    expect(hook.ids()).toEqual(['evt_1001'])
  })

  test('killed before an event was answered, the next run begins with that one: none is skipped, a repeat has its id', async () => {
    const first = await listenReady()
    api.happen('payment.created', 'payment.succeeded')
    await first.listener.line()
    await first.listener.line()
    hook.answerWith('hang')
    api.happen('refund.created')
    await hook.had(3)
    await kill(first.listener)
    api.happen('refund.succeeded')
    hook.answerWith(204)
    const second = await listenReady()
    expect(second.ready.after).toBe(2)
    await hook.had(5)
    expect(hook.ids()).toEqual(['evt_1', 'evt_2', 'evt_3', 'evt_3', 'evt_4'])
  })

  test('what happened while nobody listened comes then, though the first run saw nothing at all', async () => {
    await kill((await listenReady()).listener)
    api.happen('payment.created', 'payment.failed')
    await listenReady()
    await hook.had(2)
    expect(hook.ids()).toEqual(['evt_1', 'evt_2'])
  })

  test('another key has its own place', async () => {
    await kill((await listenReady()).listener)
    api.happen('payment.created')
    const ended = await run([...args('--json').filter((arg) => arg !== KEY), `${KEY}2`], { state })
    expect(ended.code).not.toBe(0)
    expect((await listenReady()).ready.after).toBe(0)
  })

  test('with --no-resume from now on, with --after from there, whatever was seen before', async () => {
    await kill((await listenReady()).listener)
    api.happen('payment.created', 'payment.failed', 'refund.created')
    const anew = await listenReady('--no-resume')
    expect(anew.ready.after).toBe(3)
    await kill(anew.listener)
    const again = await listenReady('--after', '1')
    expect(again.ready.after).toBe(1)
    await hook.had(2)
    expect(hook.ids()).toEqual(['evt_2', 'evt_3'])
  })
})

describe('--types', () => {
  test('lets types and families through, and the place moves past the others', async () => {
    const { listener } = await listenReady('--types', 'payment.succeeded, refund.*')
    api.happen('payment.created', 'payment.succeeded', 'refund.created', 'refund.succeeded', 'payment.failed')
    await hook.had(3)
    expect(hook.ids()).toEqual(['evt_2', 'evt_3', 'evt_4'])
    await api.idle()
    await kill(listener)
    expect((await listenReady()).ready.after).toBe(5)
  })

  test('that are none are told, with those that there are', async () => {
    const { code, stderr } = await run(args('--types', 'payment.paid,refund.*'), { state })
    expect(code).toBe(2)
    expect(stderr).toContain('There is no event type payment.paid. There are payment.created, payment.succeeded')
  })
})

describe('an API', () => {
  test('of before `wait` is asked each second', async () => {
    await api[Symbol.asyncDispose]()
    api = await startStandIn({ canWait: false })
    await listenReady()
    await api.idle()
    api.happen('payment.created')
    await hook.had(1)
    expect(api.asked.filter((asked) => asked.includes('wait='))).toHaveLength(1)
  })

  test.each([
    ['is down', { status: 503, code: 'internal_error' }],
    ['has had too many questions', { status: 429, code: 'rate_limited', headers: { 'retry-after': '1' } }],
    ['cuts the connection', 'reset'],
  ] as const)('that %s for a while is asked again, and nothing is missed', async (_, failure) => {
    const { listener } = await listenReady()
    await api.idle()
    api.fail(failure, 1)
    api.happen('payment.created')
    await hook.had(1)
    api.happen('payment.succeeded')
    await hook.had(2)
    expect(hook.ids()).toEqual(['evt_1', 'evt_2'])
    listener.child.kill('SIGINT')
    expect((await listener.ended).stderr).toContain('Trying again in 1 s.')
  })

  test('that ends the very first wait is asked again as well', async () => {
    await listenReady()
    await api.idle()
    api.cutWaiting()
    api.happen('payment.created')
    await hook.had(1)
  })

  test('that no longer takes the key ends it, with what to do', async () => {
    const { listener } = await listenReady()
    api.fail({ status: 401, code: 'api_key_revoked' }, 1)
    api.happen('payment.created')
    const { code, stderr } = await listener.ended
    expect(code).toBe(1)
    expect(jsonLines(stderr)).toEqual([
      { object: 'error', code: 'api_key_revoked', message: expect.stringContaining('Pass another key with --key') },
    ])
  })
})

describe('it ends', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('at %s, without complaint', async (signal) => {
    const { listener } = await listenReady()
    await api.idle()
    listener.child.kill(signal)
    expect(await listener.ended).toMatchObject({ code: 0, stderr: '' })
  })

  test('at SIGINT where it was handed over to another Node, which ends as well', async () => {
    const listener = start(args('--json'), { state, nodeOptions: ['--no-experimental-strip-types'] })
    listeners.push(listener)
    await listener.line()
    await api.idle()
    listener.child.kill('SIGINT')
    expect(await listener.ended).toMatchObject({ code: 0, stderr: '' })
  })

  test('at once where its key is for live events, or nothing can be forwarded to the address', async () => {
    const live = await run(['listen', '--api-url', api.url, '--key', 'pb_live_x', '--forward-to', hook.url], { state })
    expect(live).toMatchObject({ code: 2, stderr: expect.stringContaining('Only test events are forwarded') })
    const nowhere = await run(['listen', '--api-url', api.url, '--key', KEY, '--forward-to', 'localhost:3000'], {
      state,
    })
    expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining('is not an address to forward to') })
    expect(api.asked).toEqual([])
  })
})
