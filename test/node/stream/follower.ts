/** A client that follows a merchant's events to a number, whatever the network does: it resumes after the last it saw. */

export interface Followed {
  /** The number of the last event that was seen; every one before it was seen once. */
  last: number
  connections: number
  /** What was not as it must be. */
  faults: string[]
}

export class Follower {
  readonly #newTicket: () => Promise<string>
  readonly #streamUrl: string
  readonly seen: Followed = { last: 0, connections: 0, faults: [] }
  /** Resolves when the stream that is open now is closed, with the code of the close. */
  ended: Promise<number> = Promise.resolve(0)
  isOpen = false

  /** @param streamUrl without a ticket */
  constructor(streamUrl: string, newTicket: () => Promise<string>) {
    this.#streamUrl = streamUrl
    this.#newTicket = newTicket
  }

  /** Resolves once the event of this number was seen; the stream stays open then. */
  async follow(target: number): Promise<void> {
    while (this.seen.last < target) await this.#connect(target)
  }

  async #connect(target: number): Promise<void> {
    const ticket = await this.#newTicket()
    const { promise: isThere, resolve } = Promise.withResolvers<void>()
    const { promise: ended, resolve: end } = Promise.withResolvers<number>()
    this.ended = ended
    const socket = new WebSocket(`${this.#streamUrl}?ticket=${ticket}&after=${this.seen.last}`)
    this.seen.connections += 1
    socket.onopen = () => {
      this.isOpen = true
    }
    socket.onmessage = ({ data }) => {
      this.#take(JSON.parse(String(data)), socket)
      if (this.seen.last >= target) resolve()
    }
    // A connection that is cut off is an error, and then a close.
    socket.onerror = () => {}
    socket.onclose = ({ code }) => {
      this.isOpen = false
      end(code)
      resolve()
    }
    await isThere
  }

  #take({ object, number }: { object: string; number: number }, socket: WebSocket): void {
    const { seen } = this
    if (object === 'cursor' && number !== seen.last) seen.faults.push(`told to be at ${number}, being at ${seen.last}`)
    if (object === 'event' && number !== seen.last + 1) seen.faults.push(`shown ${number} after ${seen.last}`)
    seen.last = number
    if (object === 'cursor' || number % 50 === 0) socket.send(JSON.stringify({ ack: number }))
  }
}
