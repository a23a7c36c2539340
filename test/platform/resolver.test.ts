/** What a name leads to: asked over HTTPS, kept for a minute. */

import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/domain/limits.ts'
import { createResolver, rememberNames } from '../../src/platform/resolver.ts'
import { fakeClock } from '../support/clock.ts'

const newClock = () => fakeClock(new Date('2026-11-24T09:00:00.000Z'))

/** Cloudflare's answer, in the form that its documentation shows. */
const answer = (records: { type: number; data: string }[], Status = 0) =>
  Response.json({
    Status,
    TC: false,
    RD: true,
    RA: true,
    AD: false,
    CD: false,
    Question: [{ name: 'hooks.shop.test', type: 1 }],
    ...(records.length > 0 && { Answer: records.map((record) => ({ name: 'hooks.shop.test', TTL: 300, ...record })) }),
  })

/** A resolver that is answered so, in turn for each kind of address. */
const resolverOf = (ipv4: () => Promise<Response>, ipv6: () => Promise<Response>) =>
  createResolver({
    deadline: newClock().deadline,
    fetch: (request) => (new URL(request.url).searchParams.get('type') === 'A' ? ipv4() : ipv6()),
  })

const ALIAS = { type: 5, data: 'shop.hosting.test.' }

describe('asking', () => {
  test('both kinds of address are asked for, by the name', async () => {
    const asked: [string, string | null][] = []
    const resolve = createResolver({
      deadline: newClock().deadline,
      async fetch(request) {
        asked.push([request.url, request.headers.get('accept')])
        return answer([])
      },
    })
    await resolve('hooks.shop.test')
    expect(asked).toEqual([
      ['https://cloudflare-dns.com/dns-query?name=hooks.shop.test&type=A', 'application/dns-json'],
      ['https://cloudflare-dns.com/dns-query?name=hooks.shop.test&type=AAAA', 'application/dns-json'],
    ])
  })

  const down = () => Promise.reject(new TypeError('connection reset'))
  const ipv4 = async () => answer([ALIAS, { type: 1, data: '93.184.215.14' }, { type: 1, data: '10.0.0.1' }])
  const ipv6 = async () => answer([ALIAS, { type: 28, data: '2606:4700:4700::1111' }])
  const empty = async () => answer([])

  test.each<[string, () => Promise<Response>, () => Promise<Response>, string[] | undefined]>([
    ['addresses of both kinds', ipv4, ipv6, ['93.184.215.14', '10.0.0.1', '2606:4700:4700::1111']],
    ['one kind only', empty, ipv6, ['2606:4700:4700::1111']],
    ['an alias that leads nowhere', async () => answer([ALIAS]), empty, []],
    ['no such name', async () => answer([], 3), async () => answer([], 3), []],
    ['one kind, while the other can’t be seen', ipv4, down, ['93.184.215.14', '10.0.0.1']],
    ['a failure of the name’s servers', async () => answer([], 2), async () => answer([], 2), undefined],
    ['nothing, for the resolver is down', down, down, undefined],
    ['a page that is no answer', async () => new Response('<html>'), async () => new Response('<html>'), undefined],
    ['an answer of another form', async () => Response.json({}), async () => Response.json([]), undefined],
  ])('of %s', async (_what, one, other, seen) => {
    expect(await resolverOf(one, other)('hooks.shop.test')).toEqual(seen)
  })

  test('a resolver that does not answer in time is not waited for', async () => {
    const clock = newClock()
    const resolve = createResolver({
      deadline: clock.deadline,
      async fetch(request) {
        await clock.sleep(60_000, request.signal)
        return answer([])
      },
    })
    const before = clock.now().getTime()
    expect(await resolve('hooks.shop.test')).toBeUndefined()
    expect(clock.now().getTime() - before).toBe(LIMITS.nameLookupMs)
  })
})

describe('remembering', () => {
  function newMemory() {
    const clock = newClock()
    const asked: string[] = []
    const resolve = rememberNames(async (name) => {
      asked.push(name)
      return name.startsWith('unseen') ? undefined : [`10.0.0.${asked.length}`]
    }, clock.now)
    return { clock, asked, resolve }
  }

  test('an answer is kept for a minute, and not longer', async () => {
    const { clock, asked, resolve } = newMemory()
    expect(await resolve('a.test')).toEqual(['10.0.0.1'])
    clock.advance(LIMITS.nameCacheMs - 1)
    expect(await resolve('a.test')).toEqual(['10.0.0.1'])
    clock.advance(1)
    expect(await resolve('a.test')).toEqual(['10.0.0.2'])
    expect(asked).toHaveLength(2)
  })

  test('so is that nothing could be seen', async () => {
    const { asked, resolve } = newMemory()
    expect([await resolve('unseen.test'), await resolve('unseen.test')]).toEqual([undefined, undefined])
    expect(asked).toHaveLength(1)
  })

  test('names are bounded: the oldest goes', async () => {
    const { asked, resolve } = newMemory()
    for (let i = 0; i <= LIMITS.nameCacheEntries; i++) await resolve(`${i}.test`)
    asked.length = 0
    for (const name of [`${LIMITS.nameCacheEntries}.test`, '1.test', '0.test']) await resolve(name)
    expect(asked).toEqual(['0.test'])
  })
})
