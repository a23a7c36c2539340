/** The queue: it takes messages, and hands each over until somebody takes it, or it has failed too often. */

import type { Job } from '../src/operations/deps.ts'
import { consume } from '../src/platform/queues.ts'
import { latencyOf, nextWait } from './handler-waits.ts'
import type { Invocation, Isolates } from './isolates.ts'
import type { Run } from './run.ts'

export interface Queue {
  /** As the platform's adapter does: a queue that is down costs time, not truth. */
  nudge(from: Invocation, jobs: Job[]): Promise<void>
}

interface QueueMessage {
  name: string
  job: Job
  tries: number
}

/** The last one is for the dead. */
const TRIES = 4
const LATE_MS = 180_000
const AGAIN_MS = 10_000

export function createQueue(run: Run, isolates: Isolates, noteError: (who: string, error: unknown) => void): Queue {
  const { faults, scheduler } = run

  async function send(from: Invocation, job: Job): Promise<void> {
    const wait = nextWait(from, `send ${job.kind}`)
    const name = `${from.name} > ${job.kind} ${from.waits}`
    const fault = faults.befall('send', wait)
    await scheduler.wait(from, latencyOf(run, wait, 1, 10))
    if (fault === 'queue-refuses') throw new Error('the queue is down')
    if (fault === 'message-lost') return
    const delayMs = ('delaySeconds' in job ? job.delaySeconds * 1000 : 0) + (fault === 'message-late' ? LATE_MS : 0)
    deliver({ name, job, tries: 0 }, delayMs)
    if (fault === 'message-doubled') deliver({ name: `${name} again`, job, tries: 0 }, delayMs)
  }

  function deliver(message: QueueMessage, delayMs: number): void {
    const onItsWay = latencyOf(run, `arrival of ${message.name} ${message.tries}`, 1, 60)
    scheduler.at(scheduler.now() + delayMs + onItsWay, () => void handOver(message))
  }

  async function handOver(message: QueueMessage): Promise<void> {
    message.tries += 1
    const isDead = message.tries >= TRIES
    const task = isolates.begin(message.tries === 1 ? message.name : `${message.name} (${message.tries})`)
    let isTaken = false
    const batch = batchOf(message, scheduler.now(), isDead, () => {
      isTaken = true
    })
    try {
      await Promise.race([consume(task.deps, batch), task.died])
    } catch (error) {
      noteError(task.name, error)
    }
    isolates.end(task)
    if (!isTaken && !isDead) deliver(message, AGAIN_MS)
  }

  return {
    async nudge(from, jobs) {
      try {
        await Promise.all(jobs.map((job) => send(from, job)))
      } catch (error) {
        from.deps.log.error('nudge_lost', error)
      }
    },
  }
}

function batchOf({ name, job, tries }: QueueMessage, now: number, isDead: boolean, ack: () => void): MessageBatch {
  const body: unknown = JSON.parse(JSON.stringify(job))
  return {
    queue: isDead ? 'paybridge-dead-letters' : 'paybridge-jobs',
    messages: [{ id: name, timestamp: new Date(now), body, attempts: tries, ack, retry: () => {} }],
    metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } },
    ackAll: () => {},
    retryAll: () => {},
  }
}
