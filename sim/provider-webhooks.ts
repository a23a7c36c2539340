/** Webhooks of the providers on their way to us: posted when they are due, lost, doubled or late. */

import type { Simulators } from '../local/simulators/index.ts'
import { latencyOf } from './handler-waits.ts'
import type { Run } from './run.ts'
import type { Task } from './scheduler.ts'

/** @param handle undefined where the handler died */
export function createWebhookPost(
  run: Run,
  outside: Task,
  handle: (name: string, request: Request) => Promise<Response | undefined>,
): (posted: Request) => Promise<Response> {
  const { chance, faults, scheduler } = run
  let count = 0

  const later = (ms: number, name: string, request: Request) =>
    scheduler.at(scheduler.now() + ms, () => void handle(name, request))

  /** What the provider sees is our answer, or none. */
  return async (posted) => {
    count += 1
    const name = `webhook ${count}`
    const fault = faults.befall('webhook', name)
    if (fault === 'webhook-lost') return new Response('ok')
    if (fault === 'webhook-late') {
      // Another system in between took it, and passes it on when it can.
      later(chance.int(`lateness of ${name}`, 1_000, 900_000), name, posted)
      return new Response('ok')
    }
    if (fault === 'webhook-doubled') {
      later(latencyOf(run, `second ${name}`, 1, 5_000), `${name} again`, posted.clone())
    }
    await scheduler.wait(outside, latencyOf(run, name, 5, 200))
    const response = await handle(name, posted)
    await scheduler.wait(outside, latencyOf(run, `${name} back`, 5, 60))
    if (response === undefined) throw new TypeError('the connection was cut')
    return response
  }
}

/** Posts what is due now, and what is due later by itself. */
export function createWebhookPump(
  { scheduler }: Run,
  simulators: Simulators,
  noteError: (who: string, error: unknown) => void,
): () => void {
  let nextAt = Number.POSITIVE_INFINITY
  const pump = (): void => {
    const dueAt = simulators.nextDueAt()?.getTime()
    if (dueAt === undefined) return
    if (dueAt <= scheduler.now()) {
      simulators.deliverDueWebhooks().then(pump, (error) => noteError('webhooks', error))
    } else if (dueAt < nextAt) {
      nextAt = dueAt
      scheduler.at(dueAt, () => {
        nextAt = Number.POSITIVE_INFINITY
        pump()
      })
    }
  }
  return pump
}
