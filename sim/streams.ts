/** The objects that hold the streams of a merchant: each has an isolate to itself, and where it dies its sockets are gone. */

import type { Mode } from '../src/domain/transaction.ts'
import type { Deps } from '../src/operations/deps.ts'
import { EventFeed } from '../src/operations/events/feed.ts'
import { Reader, type Socket } from '../src/operations/events/reader.ts'
import type { Subscriber } from '../src/operations/events/subscriber.ts'
import { nextWait } from './handler-waits.ts'
import type { Invocation, Isolates } from './isolates.ts'
import type { Run } from './run.ts'

export interface Streams extends Pick<Deps, 'waitForEvents'> {
  announce(from: Invocation, ...news: Parameters<Deps['announce']>): void
  open(subscriber: Subscriber, after: number, socket: Socket): OpenStream
  /** As their alarms do. */
  look(): void
}

/** The platform's end of a socket. */
export interface OpenStream {
  /** What the client says arrives. */
  hear(message: string): void
  /** The connection is gone. */
  leave(): void
}

interface StreamObject {
  feed: EventFeed
  sockets: Socket[]
}

const ANNOUNCING_MS = 10

export function createStreams(run: Run, isolates: Isolates, noteError: (who: string, error: unknown) => void): Streams {
  const { faults, scheduler } = run
  const objects = new Map<string, StreamObject>()
  let made = 0

  function objectOf(merchantId: string, mode: Mode): StreamObject {
    const key = `${merchantId}:${mode}`
    const living = objects.get(key)
    if (living !== undefined) return living
    made += 1
    const task = isolates.begin(`streams ${made}`, isolates.fresh())
    const object = { feed: new EventFeed(task.deps), sockets: [] as Socket[] }
    objects.set(key, object)
    task.died.then(() => {
      objects.delete(key)
      for (const socket of object.sockets) socket.close(1006, 'gone')
    })
    return object
  }

  return {
    announce(from, merchantId, mode, news) {
      if (faults.befall('announce', nextWait(from, 'announce')) !== undefined) return
      scheduler.at(scheduler.now() + ANNOUNCING_MS, () => objectOf(merchantId, mode).feed.announce(news))
    },
    waitForEvents: (merchantId, mode, after, ms) => objectOf(merchantId, mode).feed.waitFor(after, ms),
    open(subscriber, after, socket) {
      const { feed, sockets } = objectOf(subscriber.merchantId, subscriber.mode)
      const reader = Reader.begin(socket, subscriber, after)
      sockets.push(socket)
      feed.join(reader)
      return { hear: (message) => feed.hear(reader, message), leave: () => feed.leave(reader) }
    },
    look() {
      for (const { feed } of objects.values()) feed.look().catch((error) => noteError('streams', error))
    },
  }
}
