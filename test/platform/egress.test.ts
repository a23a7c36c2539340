/** The way out to merchants' endpoints: where it leads, and what it takes in. */

import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/domain/limits.ts'
import { createEgress } from '../../src/platform/egress.ts'
import { fakeClock } from '../support/clock.ts'
import { createReceiver } from '../support/receiver.ts'

const clock = fakeClock(new Date('2026-11-24T09:00:00.000Z'))
const receiver = createReceiver()
const egress = createEgress({ clock, fetch: receiver.fetch, allowLoopback: false })
const URL_OF_SHOP = 'https://shop.test/hook'

const post = (url = URL_OF_SHOP) => egress.post(url, { 'content-type': 'application/json' }, '{"é":1}')

describe('where it leads', () => {
  test.each([
    'https://shop.example.com/hook',
    'https://shop.example.com:8443/hook?a=b',
    'https://SHOP.example.com./hook',
    'https://münchen.example/hook',
    'https://8.8.8.8/hook',
    'https://100.63.255.255/',
    'https://100.128.0.1/',
    'https://172.15.255.255/',
    'https://172.32.0.1/',
    'https://192.169.0.1/',
    'https://223.255.255.255/',
    'https://localhost.example.com/',
    'https://internal.example.com/',
  ])('%s is a public https address', (url) => {
    expect(egress.allows(url)).toBe(true)
  })

  test.each([
    ['plain http', 'http://shop.example.com/hook'],
    ['another scheme', 'ftp://shop.example.com/'],
    ['a script', 'javascript:alert(1)'],
    ['a file', 'file:///etc/passwd'],
    ['nothing', ''],
    ['no URL', 'shop.example.com'],
    ['a user', 'https://user@shop.example.com/'],
    ['a user and a password', 'https://user:secret@shop.example.com/'],
    ['a public name before the @', 'https://shop.example.com@127.0.0.1/'],
    ['localhost', 'https://localhost/'],
    ['localhost in capitals', 'https://LOCALHOST/'],
    ['localhost with a dot', 'https://localhost./'],
    ['localhost with two dots', 'https://localhost../'],
    ['a name below localhost', 'https://a.localhost/'],
    ['localdomain', 'https://localhost.localdomain/'],
    ['a name without a dot', 'https://intranet/'],
    ['mDNS', 'https://printer.local/'],
    ['a cloud’s metadata', 'https://metadata.google.internal/'],
    ['a home network', 'https://router.home.arpa/'],
    ['this network', 'https://0.0.0.0/'],
    ['loopback', 'https://127.0.0.1/'],
    ['loopback with a dot', 'https://127.0.0.1./'],
    ['loopback, its end', 'https://127.255.255.254/'],
    ['loopback, shortened', 'https://127.1/'],
    ['loopback as one number', 'https://2130706433/'],
    ['loopback in octal', 'https://0177.0.0.1/'],
    ['loopback in hexadecimal', 'https://0x7f.0.0.1/'],
    ['loopback in percent signs', 'https://%31%32%37.0.0.1/'],
    ['loopback in wide digits', 'https://１２７.０.０.１/'],
    ['loopback after a tab', 'https://\t127.0.0.1/'],
    ['loopback behind backslashes', 'https:\\\\127.0.0.1\\'],
    ['10/8', 'https://10.20.30.40/'],
    ['172.16/12, its start', 'https://172.16.0.1/'],
    ['172.16/12, its end', 'https://172.31.255.255/'],
    ['192.168/16', 'https://192.168.1.1/'],
    ['link-local, a cloud’s metadata', 'https://169.254.169.254/'],
    ['shared addresses', 'https://100.64.0.1/'],
    ['shared addresses, their end', 'https://100.127.255.255/'],
    ['protocol assignments', 'https://192.0.0.8/'],
    ['documentation 1', 'https://192.0.2.1/'],
    ['documentation 2', 'https://198.51.100.1/'],
    ['documentation 3', 'https://203.0.113.1/'],
    ['6to4 relays', 'https://192.88.99.1/'],
    ['benchmarks', 'https://198.18.0.1/'],
    ['benchmarks, their end', 'https://198.19.255.255/'],
    ['multicast', 'https://224.0.0.1/'],
    ['reserved', 'https://240.0.0.1/'],
    ['broadcast', 'https://255.255.255.255/'],
    ['IPv6 loopback', 'https://[::1]/'],
    ['IPv4 in IPv6', 'https://[::ffff:10.0.0.1]/'],
    ['NAT64', 'https://[64:ff9b::a00:1]/'],
    ['unique local', 'https://[fd00::1]/'],
    ['IPv6 of any kind', 'https://[2606:4700::1111]/'],
  ])('%s is not', async (_what, url) => {
    expect(egress.allows(url)).toBe(false)
    const before = receiver.received.length
    expect(await post(url)).toEqual({ kind: 'failed', outcome: 'forbidden_url', durationMs: 0 })
    expect(receiver.received).toHaveLength(before)
  })

  test('loopback is let through on the local platform only, and nothing else private is', () => {
    const local = createEgress({ clock, fetch: receiver.fetch, allowLoopback: true })
    expect(local.allows('http://localhost:9000/hook')).toBe(true)
    expect(local.allows('http://127.0.0.1:9000/hook')).toBe(true)
    expect(local.allows('http://10.0.0.1/')).toBe(false)
    expect(local.allows('http://localhost.shop.test/')).toBe(false)
    expect(egress.allows('http://localhost:9000/hook')).toBe(false)
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
