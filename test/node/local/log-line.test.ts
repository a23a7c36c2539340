/** The Worker's log on a terminal: short lines for people, and nothing lost that is of another kind. */
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { renderLogLine } from '../../../local/platform/log-line.ts'

const NOW = new Date(2026, 10, 24, 9, 5, 7)
const render = (entry: object): string => stripVTControlCharacters(renderLogLine(JSON.stringify(entry), NOW))

test('a request is its status, what was asked, and what it cost', () => {
  const request = {
    method: 'GET',
    route: '/health/',
    status: 200,
    duration_ms: 12,
    round_trips: 1,
    request_id: 'req_1',
  }
  expect(render({ level: 'info', event: 'request', ...request, merchant: null })).toBe(
    '09:05:07 200 GET    /health/  12 ms, 1 round trip',
  )
})

test('any other event keeps its fields', () => {
  const lost = { level: 'error', event: 'nudge_lost', error: 'TypeError: no queue', attempts: 2 }
  expect(render(lost)).toBe('09:05:07 nudge_lost error=TypeError: no queue attempts=2')
})

test.each(['⎔ Reloading local server...', '{ not: json', '{"level":"info"}', '[1]'])('%j passes as it is', (line) => {
  expect(renderLogLine(line, NOW)).toBe(line)
})
