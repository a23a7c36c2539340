/** The way out to merchants' endpoints: where it leads, and what it takes in. */

import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/domain/limits.ts'
import { createEgress, type EgressWorld } from '../../src/platform/egress.ts'
import { fakeClock } from '../support/clock.ts'
import { createReceiver } from '../support/receiver.ts'

const clock = fakeClock(new Date('2026-11-24T09:00:00.000Z'))
const receiver = createReceiver()
const names = new Map<string, readonly string[]>()
const asked: string[] = []
const world: EgressWorld = {
  clock,
  fetch: receiver.fetch,
  async resolve(name) {
    asked.push(name)
    return names.get(name)
  },
  allowLoopback: false,
}
const egress = createEgress(world)
const URL_OF_SHOP = 'https://shop.test/hook'

const post = (url = URL_OF_SHOP) => egress.post(url, { 'content-type': 'application/json' }, '{"é":1}')

describe('where it leads', () => {
  test('loopback is let through on the local platform only, and nothing else private is', async () => {
    const local = createEgress({ ...world, allowLoopback: true })
    const urls = [
      'http://localhost:9000/hook',
      'http://127.0.0.1:80/hook',
      'http://[::1]:22/hook',
      'http://user@localhost:9000/hook',
      'http://127.0.0.2:9000/hook',
      'http://10.0.0.1/',
      'http://localhost.shop.test/',
      'http://shop.test/',
      'https://localhost:9000/',
    ]
    expect(await Promise.all(urls.map(async (url) => (await local.judge(url)).ok))).toEqual([
      ...[true, true, true],
      ...Array(6).fill(false),
    ])
    expect(await Promise.all(urls.map(async (url) => (await egress.judge(url)).ok))).toEqual(Array(9).fill(false))
  })

  test('a name is looked up before each delivery, and an address is not', async () => {
    asked.length = 0
    await post()
    await post()
    await post('https://8.8.8.8/')
    expect(asked).toEqual(['shop.test', 'shop.test'])
  })

  test('a name that was fine when the endpoint was saved is refused once it leads to a private address', async () => {
    names.set('moved.test', ['93.184.215.14'])
    expect(await egress.judge('https://moved.test/hook')).toMatchObject({ ok: true })
    expect(await post('https://moved.test/hook')).toMatchObject({ kind: 'answered' })
    names.set('moved.test', ['93.184.215.14', '10.0.0.1'])
    const before = receiver.received.length
    expect(await post('https://moved.test/hook')).toEqual({ kind: 'failed', outcome: 'forbidden_url', durationMs: 0 })
    expect(receiver.received).toHaveLength(before)
    expect(await egress.judge('https://moved.test/hook')).toEqual({
      ok: false,
      reason: 'leads_to_private_address',
      message: 'has a name that leads into 10.0.0.0/8, which is for private use (RFC 1918)',
    })
  })

  test.each<[string, readonly string[] | undefined]>([
    ['whose addresses can’t be seen', undefined],
    ['that is not known', []],
    ['that leads to public addresses', ['93.184.215.14', '2606:4700:4700::1111']],
  ])('a name %s is sent to', async (_what, addresses) => {
    const seeing = createEgress({ ...world, resolve: async () => addresses })
    expect(await seeing.post(URL_OF_SHOP, {}, '{}')).toMatchObject({ kind: 'answered' })
  })
})

describe('what it takes in', () => {
  test('the bytes that it is given are the bytes that are sent', async () => {
    receiver.answerWith(() => new Response('thanks', { status: 202 }))
    expect(await post()).toEqual({ kind: 'answered', status: 202, body: 'thanks', durationMs: 0 })
    expect(receiver.received.at(-1)).toMatchObject({ url: URL_OF_SHOP, body: '{"é":1}' })
  })

  test('a redirect is an answer, and is not followed', async () => {
    receiver.answerWith(() => Response.redirect('https://elsewhere.test/', 307))
    const before = receiver.received.length
    expect(await post()).toMatchObject({ kind: 'answered', status: 307 })
    expect(receiver.received).toHaveLength(before + 1)
  })

  test('who never answers is given up at the time-out', async () => {
    receiver.answerWith(async (_request, signal) => {
      await clock.sleep(LIMITS.deliveryTimeoutMs, signal)
      return new Response('too late')
    })
    expect(await post()).toEqual({ kind: 'failed', outcome: 'timed_out', durationMs: LIMITS.deliveryTimeoutMs })
  })

  test('who answers just in time has answered', async () => {
    receiver.answerWith(async (_request, signal) => {
      await clock.sleep(LIMITS.deliveryTimeoutMs - 1, signal)
      return new Response('phew')
    })
    expect(await post()).toMatchObject({ kind: 'answered', body: 'phew', durationMs: LIMITS.deliveryTimeoutMs - 1 })
  })

  test('who cuts the connection is unreachable', async () => {
    receiver.answerWith(() => {
      throw new TypeError('connection reset')
    })
    expect(await post()).toEqual({ kind: 'failed', outcome: 'unreachable', durationMs: 0 })
  })

  test('an endless answer is not read to its end', async () => {
    let sent = 0
    let cancelled = false
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 4096
        controller.enqueue(new Uint8Array(4096).fill(97))
      },
      cancel() {
        cancelled = true
      },
    })
    receiver.answerWith(() => new Response(endless))
    const posted = await post()
    expect(posted).toMatchObject({ kind: 'answered', body: 'a'.repeat(LIMITS.deliveryAnswerBytesKept) })
    expect(cancelled).toBe(true)
    expect(sent).toBeLessThan(2 * LIMITS.deliveryAnswerBytesRead)
  })

  test.each<[string, (pulls: number, send: () => void) => Promise<never> | undefined]>([
    [
      'comes byte by byte, and never ends',
      (_pulls, send) => {
        clock.advance(1_000)
        send()
        return undefined
      },
    ],
    [
      'stops half-way',
      (pulls, send) => {
        if (pulls > 1) return new Promise(() => clock.advance(LIMITS.deliveryTimeoutMs))
        send()
        return undefined
      },
    ],
  ])('an answer that %s is given up at the time-out, whatever its stream makes of that', async (_what, pull) => {
    let pulls = 0
    const slow = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulls += 1
          return pull(pulls, () => controller.enqueue(new Uint8Array([97])))
        },
      },
      { highWaterMark: 0 },
    )
    receiver.answerWith(() => new Response(slow))
    expect(await post()).toEqual({ kind: 'failed', outcome: 'timed_out', durationMs: LIMITS.deliveryTimeoutMs })
  })

  test('looking the name up counts towards the time-out', async () => {
    const resolve = () => new Promise<never>(() => clock.advance(LIMITS.deliveryTimeoutMs))
    const unresolved = createEgress({ ...world, resolve })
    expect(await unresolved.post(URL_OF_SHOP, {}, '{}')).toMatchObject({ kind: 'failed', outcome: 'timed_out' })
  })

  const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill)
  test.each<[string, BodyInit | null, string]>([
    ['nothing', null, ''],
    ['a NUL, which Postgres does not store', 'a\0b', 'a\ufffdb'],
    ['what is no UTF-8', bytes(3, 0xff), '\ufffd'.repeat(3)],
    ['what is no UTF-8 and grows beyond the bound', bytes(5_000, 0xff), '\ufffd'.repeat(1_365)],
    ['a character that the bound cuts through', `a${'😀'.repeat(2_000)}`, `a${'😀'.repeat(1_023)}`],
    [
      'a surrogate pair that the bound would halve',
      new Blob([bytes(2, 0xff), '😀'.repeat(2_000)]),
      `\ufffd\ufffd${'😀'.repeat(1_022)}`,
    ],
  ])('of %s it keeps text that Postgres can store', async (_what, answered, kept) => {
    receiver.answerWith(() => new Response(answered))
    const posted = await post()
    expect(posted).toMatchObject({ kind: 'answered', body: kept })
    expect(new TextEncoder().encode(kept).length).toBeLessThanOrEqual(LIMITS.deliveryAnswerBytesKept)
    expect(kept.isWellFormed()).toBe(true)
  })
})
