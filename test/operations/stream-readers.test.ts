/** A reader of a stream by itself, and what many readers ask for together. */

import { describe, expect, test } from 'vitest'
import { SUBSCRIPTIONS } from '../../src/domain/event.ts'
import { LIMITS } from '../../src/domain/limits.ts'
import { questionsOf } from '../../src/operations/events/questions.ts'
import {
  type Page,
  Reader,
  type ReaderState,
  ReaderStateSchema,
  type Told,
} from '../../src/operations/events/reader.ts'
import { SubscriberSchema } from '../../src/operations/events/subscriber.ts'

const NOW = new Date('2026-11-24T09:00:00.000Z')
const later = (ms: number) => new Date(NOW.getTime() + ms)
const ULID = '01kav3q2m8x4c5d6e7f8g9h0jk'

const subscriber = (wanted: object = {}) =>
  SubscriberSchema.parse({
    merchantId: `mer_${ULID}`,
    mode: 'test',
    access: { kind: 'api_key', hash: 'h' },
    requestId: `req_${ULID}`,
    eventTypes: ['*'],
    transactionId: null,
    ...wanted,
  })

function fakeSocket() {
  const sent: string[] = []
  const ends: [number, string][] = []
  const kept: (ReaderState | undefined)[] = []
  let isBroken = false
  return {
    sent,
    ends,
    /** What is known of the reader after a sleep. */
    last: () => ReaderStateSchema.parse(kept.at(-1)),
    lastKept: () => kept.at(-1),
    breaks: () => {
      isBroken = true
    },
    socket: {
      send(text: string) {
        if (isBroken) throw new TypeError('the socket is closed')
        sent.push(text)
      },
      close: (code: number, reason: string) => ends.push([code, reason]),
      keep: (state: ReaderState | undefined) => kept.push(structuredClone(state)),
    },
  }
}

const told = (number: number, bytes = 10): Told => ({ number, text: `event ${number}`, bytes })
const page = (events: Told[], { isLast = true, upTo = events.at(-1)?.number ?? 0 } = {}): Page => ({
  events,
  upTo,
  isLast,
})
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

function begin(after = 0) {
  const fake = fakeSocket()
  return { ...fake, reader: Reader.begin(fake.socket, subscriber(), after) }
}

describe('a reader', () => {
  test('is shown what comes after its number, and no number twice, whatever pages hold', () => {
    const { reader, sent } = begin(2)
    expect(reader.take(page([told(1), told(2), told(3)], { isLast: false }), NOW)).toBe(true)
    expect(reader.take(page([told(2), told(3), told(4)]), NOW)).toBe(false)
    expect(sent).toEqual(['event 3', 'event 4', '{"object":"cursor","number":4}'])
  })

  test('goes past what is not shown, and never back', () => {
    const { reader, sent } = begin()
    reader.take(page([], { upTo: 9 }), NOW)
    reader.take(page([], { upTo: 5 }), NOW)
    expect(reader.cursor).toBe(9)
    reader.take(page([told(7), told(10)]), NOW)
    expect(sent).toEqual(['{"object":"cursor","number":9}', 'event 10'])
  })

  test('is full after so many events, and takes more once the last is acknowledged', () => {
    const { reader, sent } = begin()
    const all = range(1, LIMITS.streamWindowEvents + 5)
    expect(reader.take(page(all.map((number) => told(number))), NOW)).toBe(false)
    expect(sent).toHaveLength(LIMITS.streamWindowEvents)
    expect(reader.cursor).toBe(LIMITS.streamWindowEvents)
    expect(reader.isFull).toBe(true)
    expect(reader.acknowledge(LIMITS.streamWindowEvents - 1)).toBe(true)
    expect(reader.isFull).toBe(true)
    expect(reader.acknowledge(LIMITS.streamWindowEvents)).toBe(true)
    expect(reader.isFull).toBe(false)
    reader.take(page(all.map((number) => told(number))), NOW)
    expect(sent.slice(0, -1)).toEqual(all.map((number) => `event ${number}`))
  })

  test('is full after so many bytes', () => {
    const { reader, sent } = begin()
    reader.take(page([told(1, LIMITS.streamWindowBytes - 1), told(2, 1), told(3, 1)]), NOW)
    expect(sent).toEqual(['event 1', 'event 2'])
    expect(reader.isFull).toBe(true)
  })

  test('owes nothing for what a cursor told it', () => {
    const { reader } = begin()
    reader.take(page([told(1, LIMITS.streamWindowBytes - 1)], { upTo: 1 }), NOW)
    reader.take(page([], { upTo: 9 }), later(LIMITS.streamTellMs))
    // The event was the last thing to acknowledge.
    expect(reader.acknowledge(1)).toBe(true)
    reader.take(page([told(10, LIMITS.streamWindowBytes - 1)]), later(LIMITS.streamTellMs))
    expect(reader.isFull).toBe(false)
  })

  test('has stalled when it has been full for so long', () => {
    const { reader } = begin()
    reader.take(page([told(1, LIMITS.streamWindowBytes)]), NOW)
    expect(reader.isStalled(later(LIMITS.streamStallMs - 1))).toBe(false)
    expect(reader.isStalled(later(LIMITS.streamStallMs))).toBe(true)
    reader.acknowledge(1)
    expect(reader.isStalled(later(LIMITS.streamStallMs))).toBe(false)
  })

  test.each([[4], [99]])('that was told of 3 cannot have %i', (number) => {
    const { reader } = begin(2)
    reader.take(page([told(3)]), NOW)
    expect(reader.acknowledge(number)).toBe(false)
  })

  test('may acknowledge what it had when it came', () => {
    expect(begin(7).reader.acknowledge(7)).toBe(true)
  })

  test('is the same after a sleep', () => {
    const { reader, last } = begin()
    reader.take(page([told(1), told(2)]), NOW)
    const again = fakeSocket()
    const woken = new Reader(again.socket, last())
    woken.take(page([told(2), told(3)]), NOW)
    expect(again.sent).toEqual(['event 3'])
    expect(woken.acknowledge(3)).toBe(true)
  })

  test('whose socket takes nothing more is gone, and keeps nothing', () => {
    const { reader, sent, breaks, lastKept } = begin()
    breaks()
    expect(reader.take(page([told(1), told(2)], { isLast: false }), NOW)).toBe(false)
    expect(reader.isOpen).toBe(false)
    expect(sent).toEqual([])
    expect(lastKept()).toBeUndefined()
  })

  test('ends once, and is sent nothing after', () => {
    const { reader, sent, ends, lastKept } = begin()
    reader.end('accessEnded', 'api_key_revoked')
    reader.end('slow')
    reader.take(page([told(1)]), NOW)
    expect(ends).toEqual([[4003, 'api_key_revoked']])
    expect(sent).toEqual([])
    expect(lastKept()).toBeUndefined()
  })

  test('keeps no more than a socket can carry through a sleep', () => {
    const wanted = {
      access: { kind: 'session', sessionId: `ses_${ULID}`, userId: `usr_${ULID}` },
      ipAddress: '2001:0db8:85a3:0000:0000:8a2e:0370:7334',
      eventTypes: [...SUBSCRIPTIONS],
      transactionId: `txn_${ULID}`,
    }
    const fake = fakeSocket()
    Reader.begin(fake.socket, subscriber(wanted), Number.MAX_SAFE_INTEGER)
    // 2,048 bytes (developers.cloudflare.com/durable-objects/api/websockets).
    expect(JSON.stringify(fake.last()).length).toBeLessThan(1_500)
  })
})

describe('readers together', () => {
  const at = (after: number, wanted: object = {}) => Reader.begin(fakeSocket().socket, subscriber(wanted), after)

  test('that want the same and stand near each other ask once', () => {
    const [ahead, behind, far] = [at(60), at(55), at(60 + LIMITS.streamPageEvents)]
    const same = at(60)
    const { questions, askedFor } = questionsOf([behind, ahead, same, far])
    expect(questions.map(({ after }) => after)).toEqual([55, 60 + LIMITS.streamPageEvents])
    expect(askedFor).toEqual([[behind, ahead, same], [far]])
  })

  test('that want something else ask for it', () => {
    const readers = [at(1), at(1, { eventTypes: ['refund.*'] }), at(1, { transactionId: `txn_${ULID}` })]
    expect(questionsOf(readers).askedFor).toEqual(readers.map((reader) => [reader]))
  })

  test('that are full ask nothing', () => {
    const full = at(0)
    full.take(page([told(1, LIMITS.streamWindowBytes)]), NOW)
    expect(questionsOf([full])).toEqual({ questions: [], askedFor: [], unasked: [] })
  })

  test('ask so much at a time, and the others wait for their turn', () => {
    const readers = range(0, LIMITS.streamQuestionsMax + 1).map((index) => at(index * LIMITS.streamPageEvents))
    const { questions, unasked } = questionsOf(readers)
    expect(questions).toHaveLength(LIMITS.streamQuestionsMax)
    expect(unasked).toEqual(readers.slice(LIMITS.streamQuestionsMax))
  })
})
