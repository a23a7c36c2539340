/** No hostile URL gets through the guard, and no good one is kept back. */

import { describe, expect, test } from 'vitest'
import { judgeEndpointUrl } from '../../src/domain/endpoint-url.ts'
import { createEgress } from '../../src/platform/egress.ts'
import { fakeClock } from '../support/clock.ts'
import { createReceiver } from '../support/receiver.ts'
import { GOOD_URLS, HOSTILE_URLS, TRAPS } from './hostile-urls.ts'

const hostile = HOSTILE_URLS.flatMap(({ urls }) => urls)
const traps = TRAPS.flatMap(({ urls }) => urls)
const receiver = createReceiver()

/** Names lead where their traps do, and all others to a public address. */
const egress = createEgress({
  clock: fakeClock(new Date('2026-11-24T09:00:00.000Z')),
  fetch: receiver.fetch,
  resolve: async (name) => {
    const trap = TRAPS.find(({ urls }) => urls.some((url) => new URL(url).hostname.replace(/\.$/, '') === name))
    return trap?.leadsTo ?? ['93.184.215.14', '2606:4700:4700::1111']
  },
  allowLoopback: false,
})

/** With invisible characters escaped, for the eye and for the reporter. */
const shown = (urls: readonly string[]) => urls.map((url) => JSON.stringify(url))

const passes = (url: string, allowLoopback = false) => judgeEndpointUrl(url, { allowLoopback }).ok

test('the corpus is as large as it should be, and says each thing once', () => {
  expect(hostile.length + traps.length).toBeGreaterThanOrEqual(300)
  expect(GOOD_URLS.length).toBeGreaterThanOrEqual(50)
  const all = [...hostile, ...traps, ...GOOD_URLS]
  expect(shown(all.filter((url, at) => all.indexOf(url) !== at))).toEqual([])
  expect([...HOSTILE_URLS, ...TRAPS].filter(({ source }) => source === '')).toEqual([])
})

describe('when an endpoint is saved', () => {
  test('no hostile URL passes', () => {
    expect(shown(hostile.filter((url) => passes(url)))).toEqual([])
  })

  test('on the local platform none passes but plain http to this machine', () => {
    expect(shown(hostile.filter((url) => passes(url, true)))).toEqual(shown(HOSTILE_URLS.at(-1)?.urls ?? []))
  })

  test('written out by the URL parser, none passes but what is a plain URL then', () => {
    const written = hostile.filter((url) => URL.canParse(url)).map((url) => new URL(url))
    const passed = written.filter(({ href }) => passes(href))
    expect(passed.filter(({ host }) => !/^(127\.0\.0\.1\.)?hooks\.shop\.test$/.test(host))).toEqual([])
  })

  test('no name passes that leads to what is not public', async () => {
    const passed: string[] = []
    for (const url of traps) if ((await egress.judge(url)).ok) passed.push(url)
    expect(passed).toEqual([])
    // It is the addresses that give them away.
    expect(traps.filter((url) => !passes(url))).toEqual([])
  })

  test('every good URL passes', async () => {
    const refused: unknown[] = []
    for (const url of GOOD_URLS) {
      const verdict = await egress.judge(url)
      if (!verdict.ok) refused.push({ url, verdict })
    }
    expect(refused).toEqual([])
  })
})

describe('before each delivery', () => {
  test('nothing is sent to a hostile URL', async () => {
    const others: string[] = []
    for (const url of [...hostile, ...traps]) {
      const posted = await egress.post(url, {}, '{}')
      if (posted.kind !== 'failed' || posted.outcome !== 'forbidden_url') others.push(url)
    }
    expect(shown(others)).toEqual([])
    expect(receiver.received).toEqual([])
  })

  test('every good URL is sent to', async () => {
    for (const url of GOOD_URLS) expect(await egress.post(url, {}, '{}')).toMatchObject({ kind: 'answered' })
    expect(receiver.received.map(({ url }) => url)).toEqual(GOOD_URLS.map((url) => new URL(url).href))
  })
})
