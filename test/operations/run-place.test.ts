/** Where a run stands, as it is kept: what was kept before there was a list of refunds means the same. */

import { expect, test } from 'vitest'
import { LISTS_ENDED, type RunPlace, readPlace, writePlace } from '../../src/operations/upkeep/run-place.ts'

test.each<[string, RunPlace, string | null]>([
  ['the first page of payments', { list: 'payments', cursor: undefined }, null],
  ['a later one', { list: 'payments', cursor: 'dW5kZWZpbmVkOjc+/w==' }, 'dW5kZWZpbmVkOjc+/w=='],
  ['the first page of refunds', { list: 'refunds', cursor: undefined }, 'refunds:'],
  ['a later one', { list: 'refunds', cursor: 're_4QmZt5Kd:2' }, 'refunds:re_4QmZt5Kd:2'],
  ['the end of all lists', LISTS_ENDED, ''],
])('%s: %j is kept as %j', (_what, place, text) => {
  expect(readPlace(text)).toEqual(place)
  if (text !== null) expect(writePlace(place)).toBe(text)
})
