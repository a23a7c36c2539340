/** What a request carries through the app, and how each request is made ready. */

import type { Context } from 'hono'
import type { Id } from '../domain/ids.ts'
import type { Env } from '../env.ts'
import type { Deps } from '../operations/deps.ts'
import type { Subscriber } from '../operations/events/subscriber.ts'

/** Which requests are counted together by the platform's rate limit. */
export type RateLimit = (key: string) => Promise<boolean>

export interface Variables {
  deps: Deps
  requestId: Id<'req'>
  /** CF-Connecting-IP: set by the platform, not by the caller. */
  ipAddress: string | undefined
  /** Whom the gate let in, for the access log. */
  merchantId: () => string | undefined
  /** True while the platform lets this key go on. */
  withinLimit: RateLimit
  /** Answers with the WebSocket of a stream of what comes after this number. */
  openStream: (subscriber: Subscriber, after: number) => Promise<Response>
  /** Answers with a WebSocket that says why and closes: a browser is shown nothing of a refusal before. */
  refuseStream: (code: string) => Response
  /** Work that may go on after the answer. */
  defer: (work: Promise<unknown>) => void
  /** HTTP requests to the database so far. */
  roundTrips: () => number
  /** The route's declared path: a log of real paths would hold ids. */
  routePattern: string | undefined
}

export interface AppEnv {
  Bindings: Env
  Variables: Variables
}

export type AppContext = Context<AppEnv>
