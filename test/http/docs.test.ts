/** The docs page: what a problem's `type` leads to is there, and nothing on it comes from elsewhere. */
import { expect, test } from 'vitest'
import { PROBLEMS } from '../../src/domain/problem.ts'
import { createWorld } from '../support/world.ts'

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
    '/docs-assets/swagger-ui-bundle.js',
    '/docs-assets/start.js',
  ])
  expect(response.headers.get('content-security-policy')).toContain("default-src 'self'; style-src")
})
