/** The docs page: what a problem's `type` leads to is there, and nothing on it comes from elsewhere. */
import { describe, expect, test } from 'vitest'
import { EVENT_TYPES } from '../../src/domain/event.ts'
import { PROBLEMS } from '../../src/domain/problem.ts'
import { SNIPPETS } from '../../src/http/docs-snippets.ts'
import { createWorld } from '../support/world.ts'

const ENTITIES: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' }
const unescaped = (markup: string): string =>
  markup.replaceAll(/&(?:lt|gt|quot|#39|amp);/g, (entity) => ENTITIES[entity] ?? '')

const world = await createWorld('docs')
const response = await world.app.request('https://api.paybridge.test/api/docs/')
const page = await response.text()

test('every problem code is explained where its type leads, with its status', () => {
  const rows = [...page.matchAll(/<tr id="problem-(\w+)">.*?<td>(\d+)<\/td>/g)].map(([, code, status]) => [
    code,
    Number(status),
  ])
  expect(rows).toEqual(Object.entries(PROBLEMS).map(([code, { status }]) => [code, status]))
})

test('the page loads from its own origin only, and says so to the browser', () => {
  const loaded = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url]) => url)
  expect(loaded).toEqual([
    'data:,',
    '/docs-assets/swagger-ui.css',
    '/api/docs/webhooks/',
    '/docs-assets/swagger-ui-bundle.js',
    '/docs-assets/start.js',
  ])
  expect(response.headers.get('content-security-policy')).toContain("default-src 'self'; style-src")
})

describe('the page about webhooks', () => {
  test('loads nothing at all, and leads to the other page and to what it speaks of', async () => {
    const answer = await world.app.request('https://api.paybridge.test/api/docs/webhooks/')
    const webhooks = await answer.text()
    expect(webhooks).not.toMatch(/<script|<img| src=|@import|url\(/)
    expect([...webhooks.matchAll(/href="([^"]*)"/g)].map(([, url]) => url)).toEqual([
      'data:,',
      '/api/docs/',
      'https://www.standardwebhooks.com/',
      '/api/v1/webhooks/event-types/',
    ])
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'; style-src")
  })

  test('has the schedule that deliveries are tried by, and every type of event', async () => {
    const answer = await world.app.request('https://api.paybridge.test/api/docs/webhooks')
    const webhooks = await answer.text()
    const rows = [...webhooks.matchAll(/<tr><th scope="row">(\d+)<\/th><td>(.*?)<\/td>/g)]
    const AFTER = 'after the one before'
    expect(rows.map(([, number, when]) => `${number}: ${when}`)).toEqual([
      '1: at once',
      `2: 5 seconds ${AFTER}`,
      `3: 5 minutes ${AFTER}`,
      `4: 30 minutes ${AFTER}`,
      `5: 2 hours ${AFTER}`,
      `6: 5 hours ${AFTER}`,
      `7: 10 hours ${AFTER}`,
      `8: 14 hours ${AFTER}`,
      `9: 20 hours ${AFTER}`,
      `10: 24 hours ${AFTER}`,
    ])
    expect(webhooks).toContain('tried 10 times over 3 days')
    const types = [...webhooks.matchAll(/<th scope="row"><code>(.*?)<\/code>/g)].map(([, type]) => type)
    expect(types).toEqual([...EVENT_TYPES])
  })

  test('shows each snippet, letter by letter', async () => {
    const answer = await world.app.request('https://api.paybridge.test/api/docs/webhooks/')
    const shown = [...(await answer.text()).matchAll(/<pre data-file="(.*?)"><code>(.*?)<\/code><\/pre>/gs)]
    expect(Object.fromEntries(shown.map(([, file, markup = '']) => [file, unescaped(markup)]))).toEqual(SNIPPETS)
  })
})
