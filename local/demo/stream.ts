/** The merchant's live stream, as a back office would have it open: every event in order, without a gap or a repeat. */
import { equal } from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { z } from 'zod'
import type { ApiClient } from '../client.ts'

const TICKET = z.object({ url: z.url(), last_number: z.int() })
const EVENT = z.object({ object: z.literal('event'), id: z.string(), number: z.int(), type: z.string() })
const MESSAGE = z.discriminatedUnion('object', [EVENT, z.object({ object: z.literal('cursor'), number: z.int() })])

export type StreamedEvent = z.infer<typeof EVENT>

export interface LiveStream extends AsyncDisposable {
  /** The event with this id, which came or comes. @throws after `withinMs`, and where a number was left out or came again */
  event(id: string, withinMs: number): Promise<StreamedEvent>
  /** Everything that came, in its order. */
  readonly events: readonly StreamedEvent[]
}

/** Opens the stream with a ticket, after the last event there is. */
export async function openStream(api: ApiClient): Promise<LiveStream> {
  const { url, last_number: after } = await api.post('/api/v1/events/stream-ticket/', {}, TICKET)
  const socket = new WebSocket(`${url}&after=${after}`)
  const events: StreamedEvent[] = []
  const news = new EventEmitter()
  let failure: Error | undefined
  const fail = (error: Error): void => {
    failure ??= error
    news.emit('news')
  }
  socket.addEventListener('message', ({ data }) => {
    try {
      const message = MESSAGE.parse(JSON.parse(String(data)))
      if (message.object === 'event') {
        equal(message.number, after + events.length + 1, 'The stream left an event out, or repeated one')
        events.push(message)
      }
      socket.send(JSON.stringify({ ack: message.number }))
      news.emit('news')
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)))
    }
  })
  const ended = once(socket, 'close')
  socket.addEventListener('close', ({ code, reason }) => fail(new Error(`The stream was closed: ${code} ${reason}`)))
  await once(socket, 'open')
  return {
    events,
    async event(id, withinMs) {
      const signal = AbortSignal.timeout(withinMs)
      for (;;) {
        if (failure !== undefined) throw failure
        const wanted = events.find((event) => event.id === id)
        if (wanted !== undefined) return wanted
        await once(news, 'news', { signal }).catch(() => {
          throw new Error(`The stream did not tell of ${id} within ${withinMs} ms, but of ${events.length} others`)
        })
      }
    },
    async [Symbol.asyncDispose]() {
      socket.close()
      await ended
    },
  }
}
