/** Programs that follow a shop's events: one asks again and again, another holds a socket. Each keeps the numbers it saw. */

import type { Socket } from '../../src/operations/events/reader.ts'
import { Lost } from '../requests.ts'
import type { Task } from '../scheduler.ts'
import type { OpenStream } from '../streams.ts'
import { requestOf } from './client.ts'
import type { Load } from './load.ts'
import type { Shop } from './shops.ts'

export interface StreamReader {
  name: string
  shop: Shop
  /** Numbers of events, as they came. */
  seen: number[]
  /** Reads on from where it is, whatever happened. */
  readOn(): Promise<void>
  /** Opens its socket anew, where it holds one. */
  cut(): void
}

/** A reader that asks for what is after the last number it saw. */
export function createPoller(load: Load, shop: Shop): StreamReader {
  const name = `${shop.name} poller`
  const task: Task = { name, isDead: false }
  const seen: number[] = []
  let polls = 0
  let isAtIt = false
  return {
    name,
    shop,
    seen,
    cut: () => {},
    async readOn() {
      if (isAtIt) return
      isAtIt = true
      try {
        for (;;) {
          polls += 1
          const path = `/api/v1/events/?after=${seen.at(-1) ?? 0}&limit=25`
          const asked = requestOf(shop.mode, shop.keys.at(-1)?.key ?? '', 'GET', path)
          const response = await load.platform.request(task, `${name} ${polls}`, asked)
          if (response.status !== 200) return
          const { data } = (await response.json()) as { data: { number: number }[] }
          seen.push(...data.map(({ number }) => number))
          if (data.length === 0) return
        }
      } catch (error) {
        if (!(error instanceof Lost)) throw error
      } finally {
        isAtIt = false
      }
    },
  }
}

const STREAM_PATH = '/api/v1/events/stream/'

/** A reader that holds a socket, acknowledges what it is sent, and opens another after the last number where it is cut. */
export function createFollower(load: Load, shop: Shop): StreamReader {
  const name = `${shop.name} follower`
  const task: Task = { name, isDead: false }
  const { chance, scheduler, story } = load.run
  const seen: number[] = []
  let last = 0
  let opened = 0
  let tries = 0
  let open: OpenStream | undefined
  let isOpening = false

  const socketOf = (number: number): Socket & { isClosed: boolean } => {
    const socket = {
      isClosed: false,
      send(text: string) {
        if (socket.isClosed || number !== opened) return
        const message = JSON.parse(text) as { object: string; number: number }
        last = Math.max(last, message.number)
        if (message.object === 'event') {
          seen.push(message.number)
          story.tell(name, `sees ${message.number}`)
        }
        scheduler.at(scheduler.now() + chance.int(`${name} acknowledges ${message.number}`, 5, 2_000), () => {
          if (!socket.isClosed && number === opened) open?.hear(JSON.stringify({ ack: message.number }))
        })
      },
      close(code: number, reason: string) {
        socket.isClosed = true
        story.tell(name, `is told goodbye, ${code} ${reason}`)
        if (number === opened) open = undefined
      },
      keep: () => {},
    }
    return socket
  }

  async function openAnew(): Promise<void> {
    if (isOpening) return
    isOpening = true
    try {
      tries += 1
      const token = () => shop.keys.at(-1)?.key ?? ''
      const ticketAsked = requestOf(shop.mode, token(), 'POST', '/api/v1/events/stream-ticket/', {})
      const made = await load.platform.request(task, `${name} ticket ${tries}`, ticketAsked)
      if (made.status !== 201) return
      const { ticket } = (await made.json()) as { ticket: string }
      opened += 1
      const asked = requestOf(shop.mode, token(), 'GET', `${STREAM_PATH}?ticket=${ticket}&after=${last}`)
      asked.headers.set('upgrade', 'websocket')
      const socket = socketOf(opened)
      const stream = await load.platform.openStream(task, `${name} stream ${tries}`, asked, socket)
      open = socket.isClosed ? undefined : stream
    } catch (error) {
      if (!(error instanceof Lost)) throw error
    } finally {
      isOpening = false
    }
  }

  return {
    name,
    shop,
    seen,
    cut() {
      open?.leave()
      open = undefined
    },
    readOn: async () => void (open === undefined && (await openAnew())),
  }
}
