/**
 * The streams of one merchant in one mode: first what Postgres holds after a reader's number, then, whenever there is
 * news, what came since. News only says that it is time to look: what is shown, and whether it may be, is read anew, once
 * for all readers of a credential.
 */

import type { Credential } from '../../db/gate.ts'
import { LIMITS } from '../../domain/limits.ts'
import { PROBLEMS, type Problem } from '../../domain/problem.ts'
import { type Announcement, parseAcknowledgement } from '../../domain/stream.ts'
import type { Deps } from '../deps.ts'
import { questionsOf } from './questions.ts'
import { readPages, readWatched } from './read-stream.ts'
import type { Reader } from './reader.ts'
import type { Access, Subscriber } from './subscriber.ts'

export type FeedDeps = Pick<Deps, 'api' | 'clock' | 'log'>

/** Readers that are read for together. */
interface Group {
  readers: Set<Reader>
  /** Those for whom there may be something new. */
  due: Set<Reader>
  isAtWork: boolean
  /** Told when the round of reading that begins next is over. */
  waiting: (() => void)[]
}

export class EventFeed {
  readonly #deps: FeedDeps
  readonly #groups = new Map<string, Group>()
  readonly #polls = new Set<() => void>()
  /** The highest number that was announced while this object lived. */
  #announced = 0

  constructor(deps: FeedDeps) {
    this.#deps = deps
  }

  /** How many streams there are. */
  get size(): number {
    return [...this.#groups.values()].reduce((sum, { readers }) => sum + readers.size, 0)
  }

  /** Somebody new, who is read for at once. */
  join(reader: Reader): void {
    this.#hurry(this.rejoin(reader), [reader])
  }

  /** Somebody who was here before, and is read for with the next news or look. */
  rejoin(reader: Reader): Group {
    const key = groupOf(reader.subscriber.access)
    const group = this.#groups.get(key) ?? { readers: new Set(), due: new Set(), isAtWork: false, waiting: [] }
    this.#groups.set(key, group)
    group.readers.add(reader)
    return group
  }

  /** The reader's socket has closed. */
  leave(reader: Reader): void {
    reader.gone()
    const key = groupOf(reader.subscriber.access)
    const group = this.#groups.get(key)
    group?.due.delete(reader)
    group?.readers.delete(reader)
    if (group?.readers.size === 0) this.#groups.delete(key)
  }

  announce({ number, transactionId }: Announcement): void {
    this.#announced = Math.max(this.#announced, number ?? 0)
    for (const resolve of [...this.#polls]) resolve()
    for (const group of this.#groups.values()) {
      this.#hurry(
        group,
        [...group.readers].filter((reader) => isNews(reader, number, transactionId)),
      )
    }
  }

  /** What a client said. */
  hear(reader: Reader, message: string | ArrayBuffer): void {
    const isShort = typeof message === 'string' && message.length <= LIMITS.streamMessageBytes
    const number = isShort ? parseAcknowledgement(message) : undefined
    const wasFull = reader.isFull
    if (number === undefined || !reader.acknowledge(number)) this.#end(reader, 'malformed')
    const group = this.#groups.get(groupOf(reader.subscriber.access))
    if (group !== undefined && wasFull && !reader.isFull) this.#hurry(group, [reader])
  }

  /** Finds what no news told of, ends the streams of whoever may read no more, and those that are not read. */
  async look(): Promise<void> {
    const now = this.#deps.clock.now()
    for (const { readers } of [...this.#groups.values()]) {
      for (const reader of [...readers]) if (reader.isStalled(now)) this.#end(reader, 'slow')
    }
    await Promise.all(
      [...this.#groups.values()].map((group) => {
        const { promise, resolve } = Promise.withResolvers<void>()
        group.waiting.push(resolve)
        this.#hurry(group, group.readers)
        return promise
      }),
    )
  }

  /** Resolves once an event after this number may be there, and at the latest after so long. */
  async waitFor(after: number, ms: number): Promise<void> {
    if (this.#announced > after || this.#polls.size >= LIMITS.longPollsPerMode) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#polls.add(resolve)
    this.#deps.clock.deadline(ms).addEventListener('abort', () => resolve(), { once: true })
    await promise
    this.#polls.delete(resolve)
  }

  #end(reader: Reader, ...why: Parameters<Reader['end']>): void {
    reader.end(...why)
    this.leave(reader)
  }

  #hurry(group: Group, readers: Iterable<Reader>): void {
    for (const reader of readers) group.due.add(reader)
    if (group.isAtWork || group.due.size === 0) return
    group.isAtWork = true
    this.#work(group).catch((error) => this.#deps.log.error('stream_broke_off', error))
  }

  /** Reads for whoever is due, round after round, until nobody is. A failure leaves the rest to the next look. */
  async #work(group: Group): Promise<void> {
    try {
      while (group.due.size > 0) {
        const round = [...group.due]
        group.due.clear()
        const waiting = group.waiting.splice(0)
        try {
          for (const reader of await this.#serve(group, round)) group.due.add(reader)
        } finally {
          for (const resolve of waiting) resolve()
        }
      }
    } finally {
      group.isAtWork = false
      for (const resolve of group.waiting.splice(0)) resolve()
    }
  }

  /** One round trip. @returns those for whom there is more to read */
  async #serve(group: Group, round: readonly Reader[]): Promise<Reader[]> {
    const subscriber = round[0]?.subscriber
    if (subscriber === undefined) return []
    const credential = credentialOf(subscriber)
    const behind =
      credential === undefined
        ? await this.#servePublic(round)
        : await this.#serveOwn(group, round, credential, subscriber)
    for (const reader of round) if (!reader.isOpen) this.leave(reader)
    return behind.filter(({ isOpen }) => isOpen)
  }

  async #serveOwn(
    group: Group,
    round: readonly Reader[],
    credential: Credential,
    subscriber: Subscriber,
  ): Promise<Reader[]> {
    const { questions, askedFor, unasked } = questionsOf(round)
    const pages = await readPages(this.#deps, subscriber, credential, questions)
    if (!pages.ok) {
      if (!isRefusal(pages.problem)) throw new Error(`streams were not read: ${pages.problem.code}`)
      for (const reader of [...group.readers]) this.#end(reader, 'accessEnded', pages.problem.code)
      return []
    }
    const now = this.#deps.clock.now()
    const behind = pages.value.flatMap((page, place) => (askedFor[place] ?? []).filter((one) => one.take(page, now)))
    return [...unasked, ...behind]
  }

  async #servePublic(round: readonly Reader[]): Promise<Reader[]> {
    const asked = new Map(round.slice(0, LIMITS.watchedPerRoundTrip).map((reader) => [ticketOf(reader), reader]))
    const watches = [...asked].map(([ticket, { cursor }]) => ({ ticket, after: cursor }))
    const watched = await readWatched(this.#deps, watches)
    if (!watched.ok) throw new Error(`public streams were not read: ${watched.problem.code}`)
    const now = this.#deps.clock.now()
    const behind: Reader[] = []
    for (const [ticket, reader] of asked) {
      const found = watched.value.get(ticket)
      if (found?.kind === 'refused') this.#end(reader, 'accessEnded', found.code)
      else if (found !== undefined && reader.take(found.page, now)) behind.push(reader)
    }
    return [...round.slice(LIMITS.watchedPerRoundTrip), ...behind]
  }
}

/** Whether a reader may see something new in what was announced. */
function isNews(
  { subscriber, cursor }: Reader,
  number: number | undefined,
  transactionId: string | undefined,
): boolean {
  const followed = subscriber.transactionId
  if (followed !== null && transactionId !== undefined && transactionId !== followed) return false
  // A public stream counts the changes of its own payment, and knows nothing of this number.
  return subscriber.access.kind === 'public' || number === undefined || number > cursor
}

/** Names what is read together: the streams of a credential, and all the public ones. */
function groupOf(access: Access): string {
  switch (access.kind) {
    case 'api_key':
      return access.hash
    case 'session':
      return access.sessionId
    case 'public':
      return 'public'
  }
}

/** Undefined for a public stream. */
function credentialOf({ access, merchantId, mode }: Subscriber): Credential | undefined {
  switch (access.kind) {
    case 'api_key':
      return { kind: 'api_key', hash: access.hash, mode }
    case 'session':
      return { kind: 'session', sessionId: access.sessionId, userId: access.userId, merchantId, mode }
    case 'public':
      return undefined
  }
}

const ticketOf = ({ subscriber: { access } }: Reader): string => (access.kind === 'public' ? access.ticketHash : '')

/** Who asks is refused; anything else passes. */
const isRefusal = ({ code }: Problem): boolean => PROBLEMS[code].status === 401 || PROBLEMS[code].status === 403
