/** Calls to a provider, and everything that the network may do to it: an answer, or a cause for not knowing. */

import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/domain/limits.ts'
import type { Conversation, ProviderCall } from '../../src/providers/contract.ts'
import { converse, type Exchanged, type ExchangeWorld, exchange } from '../../src/providers/exchange.ts'
import { PROVIDERS } from '../../src/providers/registry.ts'
import { type FakeClock, fakeClock } from '../support/clock.ts'

const GET: ProviderCall = { method: 'GET', path: '/balance', headers: { accept: 'application/json' } }
const POST: ProviderCall = {
  method: 'POST',
  path: '/transaction/initialize',
  headers: { 'content-type': 'application/json', authorization: 'Bearer sk_test_8f2b6d0a4c1e9753' },
  body: '{"amount":150000}',
}
const TOO_LONG_MS = LIMITS.providerTimeoutMs * 2

type Provider = (request: Request, clock: FakeClock) => Response | Promise<Response>

/** A world in which the provider does this, and what it was asked. */
function worldOf(provider: Provider, providersUrl?: ExchangeWorld['providersUrl']) {
  const clock = fakeClock(new Date('2026-11-24T09:00:00.000Z'))
  const requests: Request[] = []
  const world: ExchangeWorld = {
    fetch: async (request) => {
      requests.push(request)
      return provider(request, clock)
    },
    deadline: clock.deadline,
    providersUrl,
  }
  return { world, requests, clock }
}

/** Sends the call to a provider that does this. */
async function send(provider: Provider, call = GET, providersUrl?: ExchangeWorld['providersUrl']) {
  const { world, requests } = worldOf(provider, providersUrl)
  return { exchanged: await exchange(world, PROVIDERS.paystack, call), requests }
}

/** A body that comes in these pieces; undefined stands for a piece that takes longer than we wait. */
function inPieces(pieces: (string | Uint8Array | undefined)[], request: Request, clock: FakeClock): ReadableStream {
  const rest = [...pieces]
  return new ReadableStream({
    async pull(controller) {
      if (rest.length === 0) return controller.close()
      const piece = rest.shift()
      if (piece === undefined) await clock.sleep(TOO_LONG_MS, request.signal)
      else controller.enqueue(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece)
    },
  })
}

const unknown = (cause: string) => ({ kind: 'unknown', cause })
const answered = (status: number, body: unknown): Exchanged => ({ kind: 'answered', answer: { status, body } })

describe('a request', () => {
  test('goes to the provider’s own address, once, as the plug-in built it', async () => {
    const { requests } = await send(() => Response.json({}), POST)
    expect(requests).toHaveLength(1)
    const [request] = requests
    expect(request?.url).toBe('https://api.paystack.co/transaction/initialize')
    expect(request?.method).toBe('POST')
    expect(request?.headers.get('authorization')).toBe('Bearer sk_test_8f2b6d0a4c1e9753')
    expect(await request?.text()).toBe('{"amount":150000}')
  })

  test('goes elsewhere where the local platform says so', async () => {
    const { requests } = await send(() => Response.json({}), GET, 'http://127.0.0.1:4002')
    expect(requests[0]?.url).toBe('http://127.0.0.1:4002/paystack/balance')
    expect(requests[0]?.body).toBeNull()
  })

  test('is not sent again to where a redirect points', async () => {
    const { exchanged, requests } = await send(() =>
      Response.json({ status: true }, { status: 302, headers: { location: 'https://evil.test/' } }),
    )
    expect(requests.map(({ redirect }) => redirect)).toEqual(['manual'])
    expect(exchanged).toEqual(answered(302, { status: true }))
  })

  test('that cannot be built is a bug of ours, not news of the provider', async () => {
    const broken = { ...GET, headers: { authorization: 'Bearer a\nb' } }
    await expect(send(() => Response.json({}), broken)).rejects.toThrow(TypeError)
  })
})

describe('an answer', () => {
  test.each([200, 201, 400, 401, 404, 422, 429])('that is JSON counts, with status %i', async (status) => {
    const { exchanged } = await send(() => Response.json({ status: false, message: 'No' }, { status }))
    expect(exchanged).toEqual(answered(status, { status: false, message: 'No' }))
  })

  test('is put together from its pieces, even where they part a character', async () => {
    const bytes = new TextEncoder().encode('{"name":"Adéọlá"}')
    const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte))
    const { exchanged } = await send((request, clock) => new Response(inPieces(pieces, request, clock)))
    expect(exchanged).toEqual(answered(200, { name: 'Adéọlá' }))
  })

  test('keeps the digits that a number cannot hold', async () => {
    const { exchanged } = await send(() => new Response('{"id":18446744073709551615,"amount":100.5,"fees":10}'))
    expect(exchanged).toEqual(answered(200, { id: '18446744073709551615', amount: '100.5', fees: 10 }))
  })

  test('may be as long as the bound', async () => {
    const { exchanged } = await send(() => new Response(`"${'a'.repeat(LIMITS.providerAnswerBytes - 2)}"`))
    expect(exchanged.kind).toBe('answered')
  })

  test('that takes long, but not too long, counts', async () => {
    const { exchanged } = await send(async (request, clock) => {
      await clock.sleep(LIMITS.providerTimeoutMs - 1, request.signal)
      return Response.json({})
    })
    expect(exchanged.kind).toBe('answered')
  })
})

describe('we do not know what happened', () => {
  const HTML = '<html><body>502 Bad Gateway</body></html>'

  test.each<[string, string, Provider]>([
    ['there is no connection', 'unreachable', () => Promise.reject(new TypeError('Network connection lost.'))],
    ['something else is thrown', 'unreachable', () => Promise.reject('lost')],
    [
      'the connection breaks in the middle of the body',
      'unreachable',
      () =>
        new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(new TextEncoder().encode('{"status":')),
            pull: (controller) => controller.error(new TypeError('Network connection lost.')),
          }),
        ),
    ],
    [
      'no answer comes in time',
      'timed_out',
      async (request, clock) => {
        await clock.sleep(TOO_LONG_MS, request.signal)
        return Response.json({ status: true })
      },
    ],
    [
      'the body stops half-way',
      'timed_out',
      (request, clock) => new Response(inPieces(['{"status":', undefined, 'true}'], request, clock)),
    ],
    ['500, though in JSON', 'server_error', () => Response.json({ status: false }, { status: 500 })],
    ['503', 'server_error', () => new Response(null, { status: 503 })],
    ['502 in HTML', 'server_error', () => new Response(HTML, { status: 502 })],
    ['the provider gave up on the request', 'server_error', () => Response.json({}, { status: 408 })],
    ['200 in HTML', 'answer_not_json', () => new Response(HTML)],
    ['429 in HTML', 'answer_not_json', () => new Response(HTML, { status: 429 })],
    ['JSON that breaks off', 'answer_not_json', () => new Response('{"status":true,"da')],
    ['two answers in one', 'answer_not_json', () => new Response('{}{}')],
    ['an empty body', 'answer_not_json', () => new Response('')],
    ['no body', 'answer_not_json', () => new Response(null, { status: 204 })],
    ['a body one byte too long', 'answer_not_json', () => new Response(`"${'a'.repeat(LIMITS.providerAnswerBytes)}"`)],
    ['JSON too deep to read', 'answer_not_json', () => new Response('['.repeat(400_000) + ']'.repeat(400_000))],
  ])('when %s: %s', async (_what, cause, provider) => {
    expect((await send(provider)).exchanged).toEqual(unknown(cause))
  })

  test('and do not read on when the body is longer than it may be', async () => {
    let sent = 0
    let isCancelled = false
    const endless = new ReadableStream({
      pull(controller) {
        sent += 65_536
        controller.enqueue(new Uint8Array(65_536))
      },
      cancel() {
        isCancelled = true
      },
    })
    const { exchanged } = await send(() => new Response(endless))
    expect(exchanged).toEqual(unknown('answer_not_json'))
    expect(isCancelled).toBe(true)
    expect(sent).toBeLessThanOrEqual(LIMITS.providerAnswerBytes + 4 * 65_536)
  })

  test('and tell the connection to stop when the time is over', async () => {
    const { requests } = await send(async (request, clock) => {
      await clock.sleep(TOO_LONG_MS, request.signal)
      return Response.json({})
    })
    expect(requests[0]?.signal.aborted).toBe(true)
  })
})

/** An errand of so many calls, which tells what it was answered. */
function* errand(calls: number): Conversation<unknown[]> {
  const heard: unknown[] = []
  for (let call = 1; call <= calls; call++) heard.push(yield { ...GET, path: `/step/${call}` })
  return heard
}

describe('a conversation', () => {
  const stepOf = (request: Request) => Number(new URL(request.url).pathname.split('/').at(-1))
  const echo: Provider = (request) => Response.json({ step: stepOf(request) })
  const late =
    (ms: number): Provider =>
    async (request, clock) => {
      await clock.sleep(ms, request.signal)
      return echo(request, clock)
    }

  test('hands each answer to the plug-in, and ends with what that says', async () => {
    const { world, requests } = worldOf(echo)
    const steps = [1, 2, 3].map((step) => ({ status: 200, body: { step } }))
    expect(await converse(world, PROVIDERS.paystack, errand(3))).toEqual(steps)
    expect(requests.map(stepOf)).toEqual([1, 2, 3])
  })

  test('may be over before anything is asked', async () => {
    const { world, requests } = worldOf(echo)
    expect(await converse(world, PROVIDERS.paystack, errand(0))).toEqual([])
    expect(requests).toEqual([])
  })

  test('goes on after a refusal: what that means is the plug-in’s to say', async () => {
    const { world } = worldOf(() => Response.json({ status: false }, { status: 404 }))
    expect(await converse(world, PROVIDERS.paystack, errand(2))).toEqual([
      { status: 404, body: { status: false } },
      { status: 404, body: { status: false } },
    ])
  })

  test.each<[string, Provider]>([
    ['server_error', () => new Response(null, { status: 503 })],
    ['unreachable', () => Promise.reject(new TypeError('Network connection lost.'))],
    ['answer_not_json', () => new Response('<html>')],
    ['timed_out', late(TOO_LONG_MS)],
  ])('ends as unknown (%s) at the first call without a clear answer, and asks no more', async (cause, provider) => {
    const { world, requests } = worldOf((request, clock) =>
      stepOf(request) === 2 ? provider(request, clock) : echo(request, clock),
    )
    expect(await converse(world, PROVIDERS.paystack, errand(3))).toEqual(unknown(cause))
    expect(requests.map(stepOf)).toEqual([1, 2])
  })

  test('of as many calls as the bound is held to its end', async () => {
    const { world } = worldOf(echo)
    expect(await converse(world, PROVIDERS.paystack, errand(LIMITS.callsPerConversation))).toHaveLength(
      LIMITS.callsPerConversation,
    )
  })

  test('that would never end is broken off as unknown', async () => {
    const { world, requests } = worldOf(echo)
    expect(await converse(world, PROVIDERS.paystack, errand(Number.POSITIVE_INFINITY))).toEqual(
      unknown('answer_unrecognised'),
    )
    expect(requests).toHaveLength(LIMITS.callsPerConversation)
  })

  test('gives each call its own time, and not all of them one', async () => {
    const { world } = worldOf(late(900))
    expect(await converse(world, PROVIDERS.paystack, errand(3), 1_000)).toHaveLength(3)
    const slow = worldOf(late(1_100))
    expect(await converse(slow.world, PROVIDERS.paystack, errand(3), 1_000)).toEqual(unknown('timed_out'))
    expect(slow.requests).toHaveLength(1)
  })

  test('gives a call ten seconds where nothing else is said', async () => {
    const patient = worldOf(late(LIMITS.providerTimeoutMs - 1))
    expect(await converse(patient.world, PROVIDERS.paystack, errand(1))).toHaveLength(1)
    const { world } = worldOf(late(LIMITS.providerTimeoutMs + 1))
    expect(await converse(world, PROVIDERS.paystack, errand(1))).toEqual(unknown('timed_out'))
  })

  test('whose plug-in throws is a bug of ours, not news of the provider', async () => {
    const { world, requests } = worldOf(echo)
    const broken = PROVIDERS.paystack.checkCredentials({})
    await expect(converse(world, PROVIDERS.paystack, broken)).rejects.toThrow(TypeError)
    expect(requests).toEqual([])
  })
})
