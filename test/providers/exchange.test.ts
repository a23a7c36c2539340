/** One call to a provider, and everything that the network may do to it: an answer, or a cause for not knowing. */

import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/domain/limits.ts'
import type { ProviderCall } from '../../src/providers/contract.ts'
import { type Exchanged, type ExchangeWorld, exchange } from '../../src/providers/exchange.ts'
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

/** Sends the call to a provider that does this. */
async function send(provider: Provider, call = GET, providerUrls: ExchangeWorld['providerUrls'] = {}) {
  const clock = fakeClock(new Date('2026-11-24T09:00:00.000Z'))
  const requests: Request[] = []
  const exchanged = await exchange(
    {
      fetch: async (request) => {
        requests.push(request)
        return provider(request, clock)
      },
      deadline: clock.deadline,
      providerUrls,
    },
    PROVIDERS.paystack,
    call,
  )
  return { exchanged, requests }
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
    const { requests } = await send(() => Response.json({}), GET, { paystack: 'http://127.0.0.1:4002' })
    expect(requests[0]?.url).toBe('http://127.0.0.1:4002/balance')
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
