import { describe, expect, test } from 'vitest'
import { cursorMessage, parseAcknowledgement, STREAM_ENDS } from '../../src/domain/stream.ts'

describe('an acknowledgement', () => {
  test.each([
    ['{"ack":7}', 7],
    [' { "ack" : 0 } ', 0],
    [`{"ack":${Number.MAX_SAFE_INTEGER}}`, Number.MAX_SAFE_INTEGER],
    ['{"ack":9007199254740992}', undefined],
    ['{"ack":-1}', undefined],
    ['{"ack":1.5}', undefined],
    ['{"ack":"7"}', undefined],
    ['{"ack":7,"more":1}', undefined],
    ['[7]', undefined],
    ['7', undefined],
    ['', undefined],
    ['{"ack":1e3}', undefined],
  ])('%s is of %s', (text, number) => {
    expect(parseAcknowledgement(text)).toBe(number)
  })
})

test('a cursor says how far the stream has come', () => {
  expect(JSON.parse(cursorMessage(7))).toEqual({ object: 'cursor', number: 7 })
})

test('a stream ends with a code that a client can tell from every other, and that may be sent', () => {
  const codes = Object.values(STREAM_ENDS)
  expect(new Set(codes).size).toBe(codes.length)
  // RFC 6455, section 7.4.
  for (const code of codes)
    expect((code >= 1007 && code <= 1014) || (code >= 4000 && code <= 4999), `${code}`).toBe(true)
})
