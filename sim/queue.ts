/** The queue: it takes messages, and hands each over, alone or with others, until somebody takes it, or it has failed too often. */

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
  const { chance, faults, scheduler } = run

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

  const waiting: QueueMessage[] = []

  function deliver(message: QueueMessage, delayMs: number): void {
    const onItsWay = latencyOf(run, `arrival of ${message.name} ${message.tries}`, 1, 60)
    scheduler.at(scheduler.now() + delayMs + onItsWay, () => {
      waiting.push(message)
      // Whoever comes while a batch is made up goes with it.
      const making = chance.pick(`making up of ${message.name} ${message.tries}`, [0, 0, 50, 500])
      if (waiting.length === 1) scheduler.at(scheduler.now() + making, () => void handOver(waiting.splice(0)))
    })
  }

  async function handOver(messages: readonly QueueMessage[]): Promise<void> {
    for (const message of messages) message.tries += 1
    const dead = messages.filter(({ tries }) => tries >= TRIES)
    if (dead.length > 0) await work(dead, 'paybridge-dead-letters')
    const living = messages.filter(({ tries }) => tries < TRIES)
    if (living.length > 0) await work(living, 'paybridge-jobs')
  }

  async function work(messages: readonly QueueMessage[], queue: string): Promise<void> {
    const [first] = messages
    const others = messages.length > 1 ? ` and ${messages.length - 1} more` : ''
    const again = first === undefined || first.tries === 1 ? '' : ` (${first.tries})`
    const task = isolates.begin(`${first?.name}${others}${again}`)
    const taken = new Set<QueueMessage>()
    try {
      await Promise.race([consume(task.deps, batchOf(messages, queue, scheduler.now(), taken)), task.died])
    } catch (error) {
      noteError(task.name, error)
    }
    isolates.end(task)
    for (const message of messages) {
      if (!taken.has(message) && message.tries < TRIES) deliver(message, AGAIN_MS)
    }
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

function batchOf(
  messages: readonly QueueMessage[],
  queue: string,
  now: number,
  taken: Set<QueueMessage>,
): MessageBatch {
  return {
    queue,
    messages: messages.map((message) => ({
      id: message.name,
      timestamp: new Date(now),
      body: JSON.parse(JSON.stringify(message.job)),
      attempts: message.tries,
      ack: () => void taken.add(message),
      retry: () => {},
    })),
    metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } },
    ackAll: () => {},
    retryAll: () => {},
  }
}
