/**
 * One socket of a stream: how far it has come, and how much of what it was sent is not acknowledged. It never goes back
 * and never skips; where it may not be sent more, it waits.
 */

import * as z from 'zod'
import { LIMITS } from '../../domain/limits.ts'
import { cursorMessage, STREAM_ENDS, type StreamEnd } from '../../domain/stream.ts'
import { SubscriberSchema } from './subscriber.ts'

/** The socket, as the platform has it. */
export interface Socket {
  send(text: string): void
  close(code: number, reason: string): void
  /** Keeps this for when the object that holds the socket has slept; undefined once the stream has ended. */
  keep(state: ReaderState | undefined): void
}

export const ReaderStateSchema = z.object({
  subscriber: SubscriberSchema,
  /** The number up to which everything was shown, or is not to be. */
  cursor: z.number(),
  /** Whether everything that there was before it came has been sent. */
  isLive: z.boolean(),
  /** The number of the last event that was sent, and the last number that the client was told in any way, and when. */
  shown: z.number(),
  told: z.number(),
  toldAt: z.number(),
  /** What was sent since everything was acknowledged. */
  ahead: z.object({ events: z.number(), bytes: z.number() }),
  /** Since when no more may be sent. */
  fullSince: z.number().nullable(),
})

export type ReaderState = z.output<typeof ReaderStateSchema>

/** An event as it is sent. */
export interface Told {
  number: number
  text: string
  bytes: number
}

/** What the database told after some number. */
export interface Page {
  events: readonly Told[]
  /** Everything up to this number is in the page, or not to be shown. */
  upTo: number
  /** Whether there was nothing after it, at that moment. */
  isLast: boolean
}

export class Reader {
  readonly #socket: Socket
  readonly #state: ReaderState
  #isOpen = true

  constructor(socket: Socket, state: ReaderState) {
    this.#socket = socket
    this.#state = state
    socket.keep(state)
  }

  /** Somebody who has just come, and has seen everything up to this number. */
  static begin(socket: Socket, subscriber: ReaderState['subscriber'], after: number): Reader {
    return new Reader(socket, {
      subscriber,
      cursor: after,
      isLive: false,
      shown: after,
      told: after,
      toldAt: 0,
      ahead: { events: 0, bytes: 0 },
      fullSince: null,
    })
  }

  get subscriber() {
    return this.#state.subscriber
  }

  get cursor(): number {
    return this.#state.cursor
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Whether nothing more may be sent before something is acknowledged. */
  get isFull(): boolean {
    return this.#state.fullSince !== null
  }

  /** Whether it has been full for longer than is waited for. */
  isStalled(now: Date): boolean {
    const { fullSince } = this.#state
    return fullSince !== null && now.getTime() - fullSince >= LIMITS.streamStallMs
  }

  /** Sends what is new in the page, as far as may be. True where there is more to read now. */
  take({ events, upTo, isLast }: Page, now: Date): boolean {
    if (!this.#isOpen) return false
    for (const event of events) {
      if (this.isFull || !this.#isOpen) break
      if (event.number > this.#state.cursor) this.#show(event, now)
    }
    if (!this.isFull && this.#isOpen) {
      this.#state.cursor = Math.max(this.#state.cursor, upTo)
      if (isLast) this.#tellHowFar(now)
    }
    if (this.#isOpen) this.#socket.keep(this.#state)
    return !isLast && !this.isFull && this.#isOpen
  }

  /** The client has everything up to this number. False where it can't have. */
  acknowledge(number: number): boolean {
    if (number > this.#state.told) return false
    // What was sent is counted from one moment without a debt to the next, so that no list of it has to be kept.
    if (number >= this.#state.shown) {
      this.#state.ahead = { events: 0, bytes: 0 }
      this.#state.fullSince = null
      this.#socket.keep(this.#state)
    }
    return true
  }

  /** @param detail a code that says why, beside the kind of the end */
  end(end: StreamEnd, detail: string = end): void {
    if (!this.#isOpen) return
    this.gone()
    this.#socket.close(STREAM_ENDS[end], detail)
  }

  /** The socket is closed, or about to be. */
  gone(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#socket.keep(undefined)
  }

  #show({ number, text, bytes }: Told, now: Date): void {
    const { ahead } = this.#state
    this.#send(text, number, now)
    this.#state.cursor = number
    this.#state.shown = number
    ahead.events += 1
    ahead.bytes += bytes
    const isFull = ahead.events >= LIMITS.streamWindowEvents || ahead.bytes >= LIMITS.streamWindowBytes
    if (isFull) this.#state.fullSince = now.getTime()
  }

  /** That everything there was is sent; and from then on, now and then, how far the stream has come. */
  #tellHowFar(now: Date): void {
    const { isLive, cursor, told, toldAt } = this.#state
    const everyMs = cursor > told ? LIMITS.streamTellMs : LIMITS.streamQuietMs
    if (isLive && now.getTime() - toldAt < everyMs) return
    this.#state.isLive = true
    this.#send(cursorMessage(cursor), cursor, now)
  }

  #send(text: string, number: number, now: Date): void {
    try {
      this.#socket.send(text)
    } catch {
      // It is closed already, and nobody has said so yet.
      this.gone()
    }
    this.#state.told = number
    this.#state.toldAt = now.getTime()
  }
}
