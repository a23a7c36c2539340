/** The way to the objects that hold the streams: one for each merchant and mode. What is lost on it costs time only. */

import { type Announcement, STREAM_ENDS } from '../domain/stream.ts'
import type { Mode } from '../domain/transaction.ts'
import type { Env } from '../env.ts'
import type { Log } from '../operations/deps.ts'
import type { Subscriber } from '../operations/events/subscriber.ts'

type Streams = Env['EVENT_STREAMS']

const objectOf = (streams: Streams, merchantId: string, mode: Mode) => streams.getByName(`${merchantId}:${mode}`)

export async function announceTo(
  streams: Streams,
  log: Log,
  merchantId: string,
  mode: Mode,
  news: Announcement,
): Promise<void> {
  try {
    await objectOf(streams, merchantId, mode).announce(news)
  } catch (error) {
    log.error('announcement_lost', error)
  }
}

export async function waitAt(
  streams: Streams,
  log: Log,
  merchantId: string,
  mode: Mode,
  after: number,
  ms: number,
): Promise<void> {
  try {
    await objectOf(streams, merchantId, mode).waitForEvents(after, ms)
  } catch (error) {
    log.error('wait_broke_off', error)
  }
}

/** Where the object finds for whom a socket is. Nobody but this Worker can send it a request. */
export const SUBSCRIBER_HEADER = 'paybridge-subscriber'
export const AFTER_HEADER = 'paybridge-after'

export function openStream(streams: Streams, subscriber: Subscriber, after: number): Promise<Response> {
  const headers = {
    upgrade: 'websocket',
    [SUBSCRIBER_HEADER]: JSON.stringify(subscriber),
    [AFTER_HEADER]: String(after),
  }
  return objectOf(streams, subscriber.merchantId, subscriber.mode).fetch('https://event-stream.internal/', { headers })
}

/** @param code the problem's */
export function refuseStream(code: string): Response {
  const { 0: client, 1: server } = new WebSocketPair()
  server.accept()
  server.close(STREAM_ENDS.ticketRefused, code)
  return new Response(null, { status: 101, webSocket: client })
}
