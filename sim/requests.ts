/** Requests to the app: on their way, worked on, and answered; any of it may be lost. */

import { newId } from '../src/domain/ids.ts'
import { createApp } from '../src/http/app.ts'
import type { Variables } from '../src/http/context.ts'
import type { Deps } from '../src/operations/deps.ts'
import type { Socket } from '../src/operations/events/reader.ts'
import type { Requested } from '../test/support/merchant.ts'
import { latencyOf } from './handler-waits.ts'
import type { Isolates } from './isolates.ts'
import type { Run } from './run.ts'
import type { Task } from './scheduler.ts'
import type { OpenStream, Streams } from './streams.ts'

export interface Requests {
  /** A request of somebody outside. @throws Lost where there is no answer */
  request(client: Task, name: string, request: Request): Promise<Response>
  /** A request that opens a stream. @throws Lost where there is no answer */
  openStream(client: Task, name: string, request: Request, socket: Socket): Promise<OpenStream | undefined>
  /** A request that has arrived; undefined where its handler died. */
  handle(name: string, asked: Request): Promise<Response | undefined>
  /** The app for what is outside of the run: what it waits for is there at once. */
  calmApp(deps: Deps): Requested
}

/** There was no answer: whether anything came of it, nobody knows. */
export class Lost extends Error {}

const variables = new WeakMap<Request, Variables>()
/** One for the process: it holds nothing of a run. */
const app = createApp((c) => {
  const found = variables.get(c.req.raw)
  if (found === undefined) throw new Error('a request came from outside of the run')
  return found
})

export function createRequests(run: Run, isolates: Isolates, streams: Streams): Requests {
  const { chance, counts, faults, scheduler } = run
  const opening = new WeakMap<Request, { socket: Socket; open: OpenStream | undefined }>()

  function variablesOf(deps: Deps, name: string): Variables {
    return {
      deps,
      requestId: newId('req', scheduler.now(), chance.bytes(`request id of ${name}`)),
      ipAddress: '203.0.113.10',
      merchantId: () => undefined,
      withinLimit: async () => true,
      openStream: () => Promise.reject(new Error('nobody waits for this socket')),
      refuseStream: (code) => new Response(code, { status: 400 }),
      defer: deps.defer,
      roundTrips: () => 0,
      routePattern: undefined,
    }
  }

  async function handle(name: string, asked: Request): Promise<Response | undefined> {
    const task = isolates.begin(name)
    variables.set(asked, {
      ...variablesOf(task.deps, name),
      async openStream(subscriber, after) {
        const waiting = opening.get(asked)
        if (waiting !== undefined) waiting.open = streams.open(subscriber, after, waiting.socket)
        return new Response(null, { status: waiting === undefined ? 400 : 200 })
      },
    })
    const response = await Promise.race([app.fetch(asked), task.died])
    isolates.end(task)
    return response ?? undefined
  }

  async function lost(client: Task, name: string): Promise<Lost> {
    await scheduler.wait(client, latencyOf(run, `patience of ${name}`, 100, 5_000))
    return new Lost(name)
  }

  const requests: Requests = {
    handle,
    async request(client, name, asked) {
      counts.requests += 1
      const fault = faults.befall('request', `${name} / way`)
      await scheduler.wait(client, latencyOf(run, `${name} way`, 5, 60))
      if (fault === 'request-lost') throw await lost(client, name)
      const response = await handle(name, asked)
      await scheduler.wait(client, latencyOf(run, `${name} way back`, 5, 60))
      if (response === undefined || fault === 'answer-lost') throw await lost(client, name)
      return response
    },
    async openStream(client, name, asked, socket) {
      const waiting = { socket, open: undefined }
      opening.set(asked, waiting)
      await requests.request(client, name, asked)
      return waiting.open
    },
    calmApp(deps) {
      let asked = 0
      return {
        request(url, init) {
          asked += 1
          const request = new Request(url, init)
          variables.set(request, variablesOf(deps, `calm ${asked}`))
          return app.fetch(request)
        },
      }
    },
  }
  return requests
}
