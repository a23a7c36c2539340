/** What the benchmarks use of a package that brings no types. */

declare module 'autocannon' {
  import type { EventEmitter } from 'node:events'

  export interface LoadRequest {
    method?: string
    path?: string
    body?: string
    headers?: Record<string, string>
    /** Makes each request anew, before it is sent. */
    setupRequest?(request: LoadRequest): LoadRequest
  }

  export interface Result {
    errors: number
    timeouts: number
    non2xx: number
  }

  interface Options {
    url: string
    connections: number
    amount: number
    /** Milliseconds between two samples, and so how late the end is seen. */
    sampleInt: number
    /** Seconds. */
    timeout: number
    requests: LoadRequest[]
  }

  /** Emits `response` with the client, the status, the bytes and the milliseconds. */
  export default function autocannon(options: Options): EventEmitter & PromiseLike<Result>
}
