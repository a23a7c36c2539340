/**
 * The object that holds the sockets of one merchant in one mode. It may be evicted while they stay open: each socket
 * carries what is known of its reader, and everything else is in Postgres.
 */

import { DurableObject } from 'cloudflare:workers'
import { LIMITS } from '../domain/limits.ts'
import { type Announcement, STREAM_ENDS } from '../domain/stream.ts'
import type { Env, EventStreamObject } from '../env.ts'
import { EventFeed, type FeedDeps } from '../operations/events/feed.ts'
import { Reader, ReaderStateSchema, type Socket } from '../operations/events/reader.ts'
import { SubscriberSchema } from '../operations/events/subscriber.ts'
import { systemClock } from './clock.ts'
import { begin } from './deps.ts'
import { AFTER_HEADER, SUBSCRIBER_HEADER } from './streams.ts'

export class EventStream extends DurableObject<Env> implements EventStreamObject {
  readonly #feed: EventFeed
  readonly #readers = new Map<WebSocket, Reader>()

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#feed = new EventFeed(this.feedDeps())
    for (const socket of ctx.getWebSockets()) this.#meetAgain(socket)
  }

  /** What the streams read with. */
  protected feedDeps(): FeedDeps {
    return begin(this.env, this.ctx).deps
  }

  /** When the streams are looked at next, by the platform's own clock: it is the platform that wakes this object. */
  protected nextLookAt(): number {
    return systemClock.now().getTime() + LIMITS.streamCheckMs
  }

  /** Opens a stream. */
  override async fetch(request: Request): Promise<Response> {
    const subscriber = SubscriberSchema.parse(JSON.parse(request.headers.get(SUBSCRIBER_HEADER) ?? ''))
    const { 0: client, 1: server } = new WebSocketPair()
    if (this.#feed.size >= LIMITS.streamsPerMode) {
      server.accept()
      server.close(STREAM_ENDS.tooMany, 'too_many_streams')
    } else {
      this.ctx.acceptWebSocket(server)
      const reader = Reader.begin(socketOf(server), subscriber, Number(request.headers.get(AFTER_HEADER)))
      this.#readers.set(server, reader)
      this.#feed.join(reader)
      await this.#lookLater()
    }
    return new Response(null, { status: 101, webSocket: client })
  }

  announce(news: Announcement): void {
    this.#feed.announce(news)
  }

  waitForEvents(after: number, ms: number): Promise<void> {
    return this.#feed.waitFor(after, ms)
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    const reader = this.#readers.get(socket)
    if (reader !== undefined) this.#feed.hear(reader, message)
  }

  override webSocketClose(socket: WebSocket): void {
    const isTheirs = this.#readers.get(socket)?.isOpen === true
    this.#forget(socket)
    // The client's goodbye is answered, unless it is itself the answer to ours. (workerd lets the connection of a client
    // that never said anything go only when this object sleeps, though both have said goodbye: hence clients are asked
    // to acknowledge the first cursor.)
    if (isTheirs) socket.close(1000)
  }

  override webSocketError(socket: WebSocket): void {
    this.#forget(socket)
  }

  /** While there are streams. The next one is set first: however long the reading takes, they are looked at in time. */
  override async alarm(): Promise<void> {
    if (this.#feed.size === 0) return
    await this.#lookLater()
    await this.#feed.look()
  }

  async #lookLater(): Promise<void> {
    const { storage } = this.ctx
    if ((await storage.getAlarm()) === null) await storage.setAlarm(this.nextLookAt())
  }

  /** After a sleep. A socket that has ended, and is only not gone yet, carries nothing. */
  #meetAgain(socket: WebSocket): void {
    const kept: unknown = socket.deserializeAttachment()
    if (kept === null) return
    const state = ReaderStateSchema.safeParse(kept)
    // Another version of this code kept it: the client begins anew, where it was.
    if (!state.success) {
      socket.close(STREAM_ENDS.restart, 'restart')
      return
    }
    const reader = new Reader(socketOf(socket), state.data)
    this.#readers.set(socket, reader)
    this.#feed.rejoin(reader)
  }

  #forget(socket: WebSocket): void {
    const reader = this.#readers.get(socket)
    if (reader !== undefined) this.#feed.leave(reader)
    this.#readers.delete(socket)
  }
}

function socketOf(socket: WebSocket): Socket {
  return {
    send: (text) => socket.send(text),
    close: (code, reason) => socket.close(code, reason),
    keep: (state) => socket.serializeAttachment(state ?? null),
  }
}
